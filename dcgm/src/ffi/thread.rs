//! What a thread needs before it calls libdcgm.

/// Blocks every signal on this thread.
///
/// libdcgm's own threads inherit the mask of the thread that makes the first call. Signals that the host
/// program expects must not end up there.
#[cfg(unix)]
pub(crate) fn block_signals() {
    let mut all = core::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: it fills the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set was filled, and there is no interest in the mask before.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), core::ptr::null_mut()) };
}

/// There are no signals here, and no DCGM.
#[cfg(not(unix))]
pub(crate) fn block_signals() {}
