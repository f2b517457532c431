//! The engine in this process: there is one, and everybody shares it.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use parking_lot::Mutex;

use super::options::{Embedded, EmbeddedMode};
use crate::error::{Error, Result};
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
    mode: EmbeddedMode,
    /// Somebody else's engine is used, and never stopped.
    ours: bool,
    leases: usize,
}

/// Held while an engine is started or stopped: libdcgm has one a process, and changes the process's working
/// directory meanwhile.
static ENGINE: Mutex<Option<Running>> = Mutex::new(None);

/// The process's engine, started if it is not.
pub(super) fn start(dcgm: Dcgm, options: &Embedded, until: Instant) -> Result<Lease> {
    let mut engine = ENGINE.try_lock_until(until).ok_or(Error::NotConnected)?;
    if let Some(running) = &mut *engine {
        if running.mode != options.mode {
            return Err(Error::EmbeddedMode {
                running: running.mode.name(),
            });
        }
        running.leases += 1;
        return Ok(Lease {
            handle: running.handle.copy(),
        });
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
    let ours = started?;
    let lease = Lease {
        handle: handle.copy(),
    };
    *engine = Some(Running {
        dcgm,
        handle,
        mode: options.mode,
        ours,
        leases: 1,
    });
    Ok(lease)
}

impl Lease {
    /// The handle under which the engine is known.
    pub(super) fn handle(&self) -> HandleCell {
        self.handle.copy()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut engine = ENGINE.lock();
        let Some(running) = &mut *engine else { return };
        running.leases -= 1;
        if running.leases == 0 {
            if running.ours {
                // An error means that somebody else has stopped it.
                drop(running.dcgm.stop_embedded(&running.handle));
            }
            *engine = None;
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
