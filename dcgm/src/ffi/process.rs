//! What a worker process does to itself and what has no safe function.

use std::os::fd::RawFd;

/// Closes every descriptor that the process has inherited, except for the first three.
///
/// For the start of a worker: nothing of this process has opened a descriptor yet.
pub(crate) fn close_inherited_descriptors() {
    // SAFETY: the call has no pointers. No object of this process owns a descriptor yet, as the caller
    // ensures, so that none is closed under its owner.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    if closed == 0 {
        return;
    }
    // Before Linux 5.9.
    let Ok(open) = std::fs::read_dir("/proc/self/fd") else {
        return;
    };
    let number = |name: std::ffi::OsString| name.to_str()?.parse::<RawFd>().ok();
    let numbers: Vec<_> = open
        .flatten()
        .filter_map(|entry| number(entry.file_name()))
        .filter(|number| *number > 2)
        .collect();
    for number in numbers {
        // SAFETY: as above. That of the directory is closed already, which is a harmless error.
        unsafe { libc::close(number) };
    }
}

/// Gives signals their default effect: the process can wait for its children, although its parent ignores
/// their end, and a fault ends it at once, without the message of Rust's handler, which would be lost.
pub(crate) fn reset_signals() {
    for signal in [libc::SIGCHLD, libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: it sets no handler, but the default.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Ends the process at once, without the exit handlers of libdcgm.
pub(crate) fn exit_now(status: i32) -> ! {
    // SAFETY: it may be called at any time, and does not return.
    unsafe { libc::_exit(status) }
}
