//! The embedded engine: one in a process, shared by all clients.
//!
//! libdcgm has one embedded engine a process. [`start_or_share`] starts it or returns a [`Lease`] of
//! the running one; the drop of the last lease stops it, if it was started here. An engine that other
//! code in the process started is used and never stopped. If a stop fails, the engine is kept with 0
//! leases, so that the next client can use it and its end tries to stop it again.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use super::options::{Embedded, EmbeddedMode};
use crate::code::ReturnCode;
use crate::error::{Error, Operation, Result};
use crate::ffi::{Dcgm, EngineHandle};

/// A use of the embedded engine. Dropping the last one stops the engine, if it was started here.
#[derive(Debug)]
pub(super) struct Lease {
    engine: EngineHandle,
}

#[derive(Debug)]
struct RunningEngine {
    engine: EngineHandle,
    started_by: StartedBy,
    /// The number of users; 0 after a failed stop.
    leases: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum StartedBy {
    Us(EmbeddedMode),
    /// Other code in the process: the engine is never stopped here, and its mode is unknown.
    OtherCode,
}

/// The embedded engine. Locked while it is started or stopped, since libdcgm changes the working
/// directory of the process meanwhile.
///
/// A start or a stop may hang. Neither is in progress while a lease exists, so that dropping a lease
/// that is not the last never waits.
static ENGINE: Mutex<Option<RunningEngine>> = Mutex::new(None);

/// The process that uses libdcgm. A fork of it has libdcgm's state without its threads, and cannot
/// use the library.
pub(super) static PROCESS: ProcessOwner = ProcessOwner(AtomicU32::new(0));

/// Returns a lease of the embedded engine, which is started if it does not run. Waits until `until`
/// for other callers that start or stop it.
pub(super) fn start_or_share(dcgm: Dcgm, options: &Embedded, until: Instant) -> Result<Lease> {
    let begin = Instant::now();
    let mut engine = ENGINE.try_lock_until(until).ok_or_else(|| Error::Timeout {
        operation: Operation::Connect,
        after: begin.elapsed(),
    })?;
    if engine
        .as_mut()
        .is_some_and(|running| running.stop_if_unusable(dcgm, options.mode))
    {
        *engine = None;
    }
    match &mut *engine {
        Some(running) if running.leases > 0 => return running.new_lease(dcgm, options.mode),
        Some(running) => running.check_compatible(dcgm, options.mode)?,
        None => {}
    }
    // By default the engine writes to /var/log.
    let log = options
        .log_file
        .as_deref()
        .unwrap_or(Path::new("/dev/null"));
    let log = path_to_c(log).ok_or(Error::Request(
        "the path of the log file contains a NUL character",
    ))?;
    let directory = std::env::current_dir().ok();
    let started = dcgm.start_embedded(options.mode == EmbeddedMode::Manual, &log);
    restore_directory(directory);
    let (handle, is_started) = started?;
    let started_by = match &*engine {
        _ if is_started => StartedBy::Us(options.mode),
        // A start that reports a running engine: the one that failed to stop before.
        Some(running) => running.started_by,
        None => StartedBy::OtherCode,
    };
    let lease = Lease {
        engine: handle.clone(),
    };
    *engine = Some(RunningEngine {
        engine: handle,
        started_by,
        leases: 1,
    });
    Ok(lease)
}

impl RunningEngine {
    fn new_lease(&mut self, dcgm: Dcgm, wanted: EmbeddedMode) -> Result<Lease> {
        self.check_compatible(dcgm, wanted)?;
        self.leases += 1;
        Ok(Lease {
            engine: self.engine.clone(),
        })
    }

    /// Checks that the engine runs in this libdcgm and in the requested mode.
    fn check_compatible(&self, dcgm: Dcgm, wanted: EmbeddedMode) -> Result<()> {
        if !std::ptr::eq(self.engine.dcgm().library(), dcgm.library()) {
            return Err(Error::Request(
                "the embedded engine of this process runs in another libdcgm; a process has one embedded engine",
            ));
        }
        match self.started_by {
            StartedBy::Us(mode) if mode != wanted => Err(Error::EmbeddedMode {
                running: mode.name(),
            }),
            StartedBy::Us(_) | StartedBy::OtherCode => Ok(()),
        }
    }

    /// Stops an engine that has no users and is not compatible with the request. Returns `true` if it
    /// was stopped.
    fn stop_if_unusable(&self, dcgm: Dcgm, wanted: EmbeddedMode) -> bool {
        self.leases == 0 && self.check_compatible(dcgm, wanted).is_err() && self.try_stop()
    }

    /// Stops the engine, if it was started here. Returns `true` if it needs no further stop: it was
    /// stopped, or belongs to other code.
    fn try_stop(&self) -> bool {
        match self.started_by {
            StartedBy::Us(_) => match self.engine.stop_embedded() {
                Ok(()) => true,
                // A `dcgmShutdown` of other code has stopped it. After any other failure it may run on.
                Err(error) => error.code() == Some(ReturnCode::UNINITIALIZED),
            },
            StartedBy::OtherCode => true,
        }
    }
}

impl Lease {
    /// Returns the handle of the engine.
    pub(super) const fn engine(&self) -> &EngineHandle {
        &self.engine
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // In a fork the engine belongs to the parent, and its threads do not exist.
        if PROCESS.claim_for(std::process::id()).is_err() {
            return;
        }
        let mut engine = ENGINE.lock();
        let Some(running) = &mut *engine else { return };
        running.leases -= 1;
        // An engine that does not stop is kept. Otherwise the next start would take it for one of
        // other code and never stop it.
        if running.leases == 0 && running.try_stop() {
            *engine = None;
        }
    }
}

/// The first process that used libdcgm. Forks inherit the value, and recognize by it that they are
/// not the owner.
#[derive(Debug)]
pub(super) struct ProcessOwner(AtomicU32);

impl ProcessOwner {
    /// Makes `process` the owner. Fails in a fork of the owner.
    pub(super) fn claim_for(&self, process: u32) -> Result<()> {
        match self
            .0
            .compare_exchange(0, process, Ordering::AcqRel, Ordering::Acquire)
        {
            Err(owner) if owner != process => Err(Error::Forked),
            _ => Ok(()),
        }
    }
}

/// Restores the working directory, which a start with `DCGM_HOME_DIR` in the environment changes.
fn restore_directory(directory: Option<PathBuf>) {
    if let Some(directory) = directory {
        if std::env::current_dir().ok().as_ref() != Some(&directory) {
            // The directory may have been removed meanwhile; then nothing can be restored.
            drop(std::env::set_current_dir(directory));
        }
    }
}

#[cfg(unix)]
fn path_to_c(path: &Path) -> Option<CString> {
    use std::os::unix::ffi::OsStrExt as _;
    CString::new(path.as_os_str().as_bytes()).ok()
}

#[cfg(not(unix))]
fn path_to_c(path: &Path) -> Option<CString> {
    CString::new(path.to_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fork_cannot_use_the_engine_of_its_parent() {
        let owner = ProcessOwner(AtomicU32::new(0));
        assert!(owner.claim_for(7).is_ok() && owner.claim_for(7).is_ok());
        assert!(matches!(owner.claim_for(8), Err(Error::Forked)));
        assert!(owner.claim_for(7).is_ok());
    }
}
