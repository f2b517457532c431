//! The worker process, as its parent sees it: starting, exchanging frames until a deadline, ending.
//!
//! The parent may ignore `SIGCHLD`, or have a thread that reaps every child, so that a process id can be
//! another process's at any time. Signals are therefore sent by a descriptor of the process, and the end of
//! the process is seen by the end of its socket; its exit status is only for the error.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::environment::{WORKER_ARGUMENT, worker_variables};
use super::frame::{HEADER_BYTES, content_len};
use super::wire::{Input, Malformed};
use crate::error::{WorkerEnd, WorkerError};

/// The time that a killed process is waited for. One that a driver holds ends later, and is reaped when
/// the next one is started.
const PATIENCE: Duration = Duration::from_millis(200);

/// Processes that had not ended in time.
static UNREAPED: Mutex<Vec<Child>> = Mutex::new(Vec::new());

/// A worker process. It is killed when this is dropped, but not in a fork of the parent.
#[derive(Debug)]
pub(super) struct WorkerProcess {
    socket: UnixStream,
    child: Mutex<Option<Child>>,
    /// `None` on kernels before 5.3.
    pidfd: Option<OwnedFd>,
    /// The process that started the worker.
    parent: u32,
    /// Set when another thread has closed the client.
    closed: AtomicBool,
}

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The deadline passed.
    Late,
    /// The socket ended.
    Ended,
    /// The worker sent something invalid.
    Invalid(&'static str),
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::Invalid(malformed.0)
    }
}

impl WorkerProcess {
    /// Starts `program`, with a socket as its standard input.
    pub(super) fn start(program: &Path, name: Option<&OsStr>) -> Result<Self, WorkerError> {
        // In a fork, a thread that does not exist may hold the lock.
        if let Some(mut unreaped) = UNREAPED.try_lock() {
            unreaped.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        }
        let (socket, end) = UnixStream::pair().map_err(|error| start_error(&error))?;
        let mut command = Command::new(program);
        if let Some(name) = name {
            command.arg0(name);
        }
        command
            .arg(WORKER_ARGUMENT)
            .env_clear()
            .envs(worker_variables())
            .current_dir("/")
            // Ctrl+C in a terminal is for the host program, which ends the worker.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(end)))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().map_err(|error| start_error(&error))?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pidfd = pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Ok(Self {
            socket,
            child: Mutex::new(Some(child)),
            pidfd,
            parent: std::process::id(),
            closed: AtomicBool::new(false),
        })
    }

    /// Returns the process id.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.lock().as_ref().map(Child::id)
    }

    /// Sends bytes until `until`.
    pub(super) fn send(&self, mut bytes: &[u8], until: Instant) -> Result<(), Failure> {
        while !bytes.is_empty() {
            // Without a signal if the peer is gone.
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match send(&self.socket, bytes, flags) {
                Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => self.wait(PollFlags::OUT, until)?,
                Err(_) => return Err(Failure::Ended),
            }
        }
        Ok(())
    }

    /// Receives one frame until `until`, and returns its content. `buffer` is reused and grows with what
    /// arrives, not with what a header announces.
    pub(super) fn receive<'a>(
        &self,
        buffer: &'a mut Vec<u8>,
        until: Instant,
    ) -> Result<Input<'a>, Failure> {
        const FIRST_BYTES: usize = 64 << 10;
        if buffer.len() < FIRST_BYTES {
            buffer.resize(FIRST_BYTES, 0);
        }
        let (mut filled, mut len) = (0, None);
        loop {
            if len.is_none() {
                if let Some(header) = buffer.first_chunk::<HEADER_BYTES>() {
                    if filled >= HEADER_BYTES {
                        len = Some(HEADER_BYTES + content_len(*header)?);
                    }
                }
            }
            match len {
                Some(len) if filled == len => break,
                // There is one reply to one request.
                Some(len) if filled > len => return Err(Failure::Invalid("it is too long")),
                _ => {}
            }
            if filled == buffer.len() {
                buffer.resize(filled.saturating_mul(2), 0);
            }
            self.wait(PollFlags::IN, until)?;
            let free = buffer.get_mut(filled..).unwrap_or_default();
            match recv(&self.socket, free, RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Err(Failure::Ended),
                Ok((received, _)) => filled += received,
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return Err(Failure::Ended),
            }
        }
        let content = buffer.get(HEADER_BYTES..filled).unwrap_or_default();
        Ok(Input::reply(content))
    }

    /// Waits until the socket is ready.
    fn wait(&self, events: PollFlags, until: Instant) -> Result<(), Failure> {
        if wait_for(&mut [PollFd::new(&self.socket, events)], until) {
            Ok(())
        } else {
            Err(Failure::Late)
        }
    }

    /// Ends the exchange of another thread, and so the worker. For closing while a call is in progress.
    pub(super) fn cut(&self) {
        self.closed.store(true, Ordering::Relaxed);
        drop(self.socket.shutdown(std::net::Shutdown::Both));
    }

    /// Returns `true` after [`cut`](Self::cut).
    pub(super) fn was_cut(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Waits shortly for a worker whose socket has ended, and returns how it ended.
    pub(super) fn end(&self) -> WorkerEnd {
        if !self.reap() {
            self.kill();
            self.reap();
        }
        let mut child = self.child.lock();
        let Some(Ok(Some(status))) = child.as_mut().map(Child::try_wait) else {
            return WorkerEnd::Unknown;
        };
        match (status.signal(), status.code()) {
            (Some(signal), _) => WorkerEnd::Signal(signal),
            (None, Some(code)) => WorkerEnd::Status(code),
            (None, None) => WorkerEnd::Unknown,
        }
    }

    /// Kills the process: a signal that it cannot block, even if it is stopped.
    pub(super) fn kill(&self) {
        drop(self.socket.shutdown(std::net::Shutdown::Both));
        if let Some(pidfd) = &self.pidfd {
            // It fails if the process has ended.
            let _ = pidfd_send_signal(pidfd, Signal::KILL);
            return;
        }
        if let Some(child) = self.child.lock().as_mut() {
            // Only while its id is known to be its own.
            if matches!(child.try_wait(), Ok(None)) {
                drop(child.kill());
            }
        }
    }

    /// Waits for the end of the process, at most [`PATIENCE`]. Returns `true` if it has ended.
    fn reap(&self) -> bool {
        let until = Instant::now() + PATIENCE;
        if let Some(pidfd) = &self.pidfd {
            if !wait_for(&mut [PollFd::new(pidfd, PollFlags::IN)], until) {
                return false;
            }
        }
        loop {
            // Any error is that another has reaped it.
            let child = self.child.lock().as_mut().map(Child::try_wait);
            if !matches!(child, Some(Ok(None))) {
                return true;
            }
            if Instant::now() >= until {
                return false;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if std::process::id() != self.parent {
            return;
        }
        self.kill();
        if !self.reap() {
            if let Some(mut unreaped) = UNREAPED.try_lock() {
                unreaped.extend(self.child.lock().take());
            }
        }
    }
}

/// Waits until a descriptor is ready. Returns `false` if `until` passes first.
fn wait_for(descriptors: &mut [PollFd<'_>], until: Instant) -> bool {
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let limit = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(descriptors, Some(&limit)) {
            Ok(0) if left.is_zero() => return false,
            Ok(0) | Err(Errno::INTR) => {}
            // The next use of the descriptor reports its error.
            Ok(_) | Err(_) => return true,
        }
    }
}

fn start_error(error: &io::Error) -> WorkerError {
    let reason = error.to_string();
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    match code {
        Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE) => {
            WorkerError::Limit { reason }
        }
        _ => WorkerError::NotStarted { reason },
    }
}
