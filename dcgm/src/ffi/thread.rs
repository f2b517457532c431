//! What a thread needs before it calls libdcgm.

/// Blocks every signal on this thread but those of its own faults.
///
/// libdcgm's own threads inherit the mask of the thread that makes the first call. Signals that the
/// host program expects must not end up there. A fault of the thread itself can end up nowhere
/// else: blocked, it would kill the process before the host's crash handler ran.
#[cfg(unix)]
pub(crate) fn block_signals() {
    let mut set = core::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: it fills the set that it is given.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    for signal in FAULTS {
        // SAFETY: the set was filled.
        unsafe { libc::sigdelset(set.as_mut_ptr(), signal) };
    }
    // SAFETY: the set was filled, and there is no interest in the mask before.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), core::ptr::null_mut()) };
}

/// Raised by what a thread itself does.
#[cfg(unix)]
const FAULTS: [libc::c_int; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGSYS,
];

/// There are no signals here, and no DCGM.
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
    fn the_hosts_signals_are_blocked_and_its_crash_handler_still_runs() {
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
