//! Signal masks of threads that call libdcgm.

/// Blocks every signal on this thread except those of its own faults.
///
/// libdcgm's threads inherit the mask of the thread that makes the first call, and must not receive the
/// signals that the host program expects. A fault is delivered to the faulting thread: if it were blocked,
/// the process would be killed before the host's crash handler runs.
#[cfg(unix)]
pub(crate) fn block_signals() {
    let mut set = core::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: it fills the given set.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    for signal in FAULTS {
        // SAFETY: the set was filled.
        unsafe { libc::sigdelset(set.as_mut_ptr(), signal) };
    }
    // SAFETY: the set was filled, and the old mask is not requested.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), core::ptr::null_mut()) };
}

/// Signals that a thread raises by its own faults.
#[cfg(unix)]
const FAULTS: [libc::c_int; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
];

/// Does nothing: this platform has neither signals nor DCGM.
#[cfg(not(unix))]
pub(crate) fn block_signals() {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn is_blocked(signal: libc::c_int) -> bool {
        let mut set = core::mem::MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: without a set to block it only writes the mask as it is.
        let answer =
            unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), set.as_mut_ptr()) };
        assert_eq!(answer, 0);
        // SAFETY: the mask was written.
        unsafe { libc::sigismember(set.as_ptr(), signal) == 1 }
    }

    #[test]
    fn host_signals_are_blocked_and_faults_are_not() {
        std::thread::spawn(|| {
            let asynchronous = [libc::SIGTERM, libc::SIGINT, libc::SIGCHLD, libc::SIGPROF];
            assert!(!asynchronous.into_iter().any(is_blocked));
            block_signals();
            assert!(asynchronous.into_iter().all(is_blocked));
            assert!(!FAULTS.into_iter().any(is_blocked));
        })
        .join()
        .unwrap();
    }
}
