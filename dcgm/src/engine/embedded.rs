//! The engine in this process: there is one, and everybody shares it.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

use super::options::{Embedded, EmbeddedMode};
use crate::code::ReturnCode;
use crate::error::{Error, Operation, Result};
use crate::ffi::{Dcgm, HandleCell};

/// A use of the process's engine. The last one that goes stops it, if it was started here.
#[derive(Debug)]
pub(super) struct Lease {
    handle: HandleCell,
}

#[derive(Debug)]
struct Running {
    dcgm: Dcgm,
    handle: HandleCell,
    by: StartedBy,
    /// None: it was to stop and did not, so it is still ours.
    leases: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum StartedBy {
    Us(EmbeddedMode),
    /// Somebody else in the process: it is never stopped here, and nothing tells its mode.
    Another,
}

/// Held while an engine is started or stopped: libdcgm has one a process, and changes the process's
/// working directory meanwhile.
///
/// A start or a stop may hang. While somebody has a lease neither is under way, so giving one back
/// waits for nobody.
static ENGINE: Mutex<Option<Running>> = Mutex::new(None);

/// The process that uses libdcgm. In a fork of it libdcgm's state is there and its threads are not:
/// nothing of it can be used.
pub(super) static PROCESS: Owner = Owner(AtomicU32::new(0));

/// The process's engine, started if it is not. Waits until then for others that start or stop it.
pub(super) fn start(dcgm: Dcgm, options: &Embedded, until: Instant) -> Result<Lease> {
    let begin = Instant::now();
    let mut engine = ENGINE.try_lock_until(until).ok_or_else(|| Error::Timeout {
        operation: Operation::Connect,
        after: begin.elapsed(),
    })?;
    if engine
        .as_mut()
        .is_some_and(|running| running.gives_way(dcgm, options.mode))
    {
        *engine = None;
    }
    match &mut *engine {
        Some(running) if running.leases > 0 => return running.lease(dcgm, options.mode),
        Some(running) => running.fits(dcgm, options.mode)?,
        None => {}
    }
    // Left to itself, the engine writes to /var/log.
    let log = options
        .log_file
        .as_deref()
        .unwrap_or(Path::new("/dev/null"));
    let log = path_to_c(log).ok_or(Error::Request("the log file's path holds a NUL"))?;
    let handle = HandleCell::default();
    let directory = std::env::current_dir().ok();
    let started = dcgm.start_embedded(options.mode == EmbeddedMode::Manual, &log, &handle);
    restore(directory);
    let by = match &*engine {
        _ if started? => StartedBy::Us(options.mode),
        // It has not stopped when it was told to, and nobody tells of another.
        Some(running) => running.by,
        None => StartedBy::Another,
    };
    let lease = Lease {
        handle: handle.copy(),
    };
    *engine = Some(Running {
        dcgm,
        handle,
        by,
        leases: 1,
    });
    Ok(lease)
}

impl Running {
    fn lease(&mut self, dcgm: Dcgm, wanted: EmbeddedMode) -> Result<Lease> {
        self.fits(dcgm, wanted)?;
        self.leases += 1;
        Ok(Lease {
            handle: self.handle.copy(),
        })
    }

    /// Whether it is what is wanted.
    fn fits(&self, dcgm: Dcgm, wanted: EmbeddedMode) -> Result<()> {
        if !std::ptr::eq(self.dcgm.library(), dcgm.library()) {
            return Err(Error::Request(
                "the embedded engine of this process runs in another libdcgm; a process has one",
            ));
        }
        match self.by {
            StartedBy::Us(mode) if mode != wanted => Err(Error::EmbeddedMode {
                running: mode.name(),
            }),
            StartedBy::Us(_) | StartedBy::Another => Ok(()),
        }
    }

    /// Whether it is gone now: nobody uses it, something else is wanted, and this time it stops.
    fn gives_way(&self, dcgm: Dcgm, wanted: EmbeddedMode) -> bool {
        self.leases == 0 && self.fits(dcgm, wanted).is_err() && self.stop()
    }

    /// Stops it, if it was started here. Answers whether it is nothing to us any more: stopped, or
    /// somebody else's.
    fn stop(&self) -> bool {
        match self.by {
            StartedBy::Us(_) => match self.dcgm.stop_embedded(&self.handle) {
                Ok(()) => true,
                // Somebody's `dcgmShutdown` has stopped it. After any other failure it may run on.
                Err(error) => error.code() == Some(ReturnCode::UNINITIALIZED),
            },
            StartedBy::Another => true,
        }
    }
}

impl Lease {
    /// The handle under which the engine is known.
    pub(super) fn handle(&self) -> HandleCell {
        self.handle.copy()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // The engine is the parent's, and its threads are not here.
        if PROCESS.claim(std::process::id()).is_err() {
            return;
        }
        let mut engine = ENGINE.lock();
        let Some(running) = &mut *engine else { return };
        running.leases -= 1;
        // One that does not stop is kept: it is not to be taken for somebody else's, which nobody
        // here would ever stop. Whoever comes next uses it, and the end of that stops it.
        if running.leases == 0 && running.stop() {
            *engine = None;
        }
    }
}

/// The first process that came. A fork of it inherits this, and with it all that it must not touch.
#[derive(Debug)]
pub(super) struct Owner(AtomicU32);

impl Owner {
    pub(super) fn claim(&self, process: u32) -> Result<()> {
        match self
            .0
            .compare_exchange(0, process, Ordering::AcqRel, Ordering::Acquire)
        {
            Err(owner) if owner != process => Err(Error::Forked),
            _ => Ok(()),
        }
    }
}

/// A start with `DCGM_HOME_DIR` in the environment leaves the process elsewhere.
fn restore(directory: Option<PathBuf>) {
    if let Some(directory) = directory {
        if std::env::current_dir().ok().as_ref() != Some(&directory) {
            // If it is gone meanwhile, there is nothing to go back to.
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
    fn whoever_forks_leaves_the_engine_to_the_parent() {
        let owner = Owner(AtomicU32::new(0));
        assert!(owner.claim(7).is_ok() && owner.claim(7).is_ok());
        assert!(matches!(owner.claim(8), Err(Error::Forked)));
        assert!(owner.claim(7).is_ok());
    }
}
