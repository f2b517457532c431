//! What a worker process gets of its parent's environment, and how a process knows that it is a worker.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// The only argument of a worker process.
pub(super) const WORKER_ARGUMENT: &str = "--dcgm-isolated-worker";

/// Variables that libdcgm, the driver's libraries, the C library and the dynamic linker read.
const NAMES: [&str; 3] = ["LD_LIBRARY_PATH", "PATH", "TZ"];

/// The first letters of such variables.
const PREFIXES: [&str; 3] = ["DCGM_", "__DCGM_", "NVVS_"];

/// Variables of this project's meter, which are not libdcgm's.
const METER_PREFIX: &str = "DCGM_OTEL_";

/// Returns the variables that a worker gets.
pub(super) fn worker_variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| is_passed_on(name))
}

fn is_passed_on(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let begins = |prefix: &&str| name.starts_with(prefix.as_bytes());
    let is_of_libdcgm = PREFIXES.iter().any(begins) && !begins(&METER_PREFIX);
    is_of_libdcgm || NAMES.iter().any(|known| known.as_bytes() == name)
}

/// Returns `true` if this process was started as a worker.
pub(super) fn is_worker() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    arguments.next().as_deref() == Some(OsStr::new(WORKER_ARGUMENT)) && arguments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documented_variables_are_passed_on() {
        for name in ["LD_LIBRARY_PATH", "DCGM_HOME_DIR", "__DCGM_DBG_LVL", "TZ"] {
            assert!(is_passed_on(OsStr::new(name)), "{name}");
        }
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "LD_PRELOAD",
            "DCGM_OTEL_ENDPOINT",
            "TZDIR",
        ] {
            assert!(!is_passed_on(OsStr::new(name)), "{name}");
        }
    }
}
