//! Models of a session whose calls hang, under a scheduler that decides which thread runs next: see
//! [`super::thread::model`].
//!
//! [`super::thread`], [`super::open`] and [`super::engine_thread`] run unchanged; libdcgm is
//! [`crate::ffi::peer`].

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use super::engine_thread::{EngineThread, Job, JobReply, SharedState};
use super::options::EngineOptions;
use super::session::Session;
use super::thread::model::check_some;
use super::thread::model::sync::{AtomicUsize, Mutex, Ordering, hold_timeouts, one_in, thread};
use super::thread::{CANCEL_TIMEOUT, MAX_ABANDONED_THREADS, Worker};
use crate::endpoint::Endpoint;
use crate::error::{Error, Operation, Result};
use crate::ffi::peer::{self, Peer};

/// An engine's thread and its callers, with a peer on which calls hang.
#[derive(Clone)]
struct Harness {
    worker: Arc<Worker<EngineThread>>,
    /// The number of jobs that were started.
    started: Arc<AtomicUsize>,
    /// The number of jobs that ended.
    ended: Arc<AtomicUsize>,
}

fn update_samples(session: &mut Session) -> Result<()> {
    session.connection().update_samples()
}

/// A peer that accepts: the address is tried with a socket of the operating system.
struct Listener {
    socket: UnixListener,
    endpoint: Endpoint,
}

impl Listener {
    fn new(name: &str) -> Arc<Self> {
        let name = format!("dcgm-model-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        drop(std::fs::remove_file(&path));
        let socket = UnixListener::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Arc::new(Self {
            socket,
            endpoint: Endpoint::Unix(path),
        })
    }

    fn accept_all(&self) {
        while self.socket.accept().is_ok() {}
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.endpoint {
            drop(std::fs::remove_file(path));
        }
    }
}

impl Harness {
    fn new(listener: &Listener, peer: Peer) -> Self {
        peer::begin(peer);
        // Writing a handle takes less time than the cancel timeout.
        hold_timeouts(|limit| limit <= CANCEL_TIMEOUT && peer::is_connecting());
        listener.accept_all();
        let options = Arc::new(EngineOptions::standalone(listener.endpoint.clone()));
        let shared = Arc::new(SharedState::default());
        let make_handler =
            move |slot| EngineThread::new(Arc::clone(&options), Arc::clone(&shared), slot);
        Self {
            worker: Arc::new(Worker::new(make_handler)),
            started: Arc::default(),
            ended: Arc::default(),
        }
    }

    fn counted_job(&self, task: impl FnOnce(&mut EngineThread) + Send + 'static) -> Job {
        let (started, ended) = (Arc::clone(&self.started), Arc::clone(&self.ended));
        Job::Task(Box::new(move |thread| {
            started.fetch_add(1, Ordering::AcqRel);
            task(thread);
            ended.fetch_add(1, Ordering::AcqRel);
        }))
    }

    fn run_task<T: Send + 'static>(
        &self,
        request: impl FnOnce(&mut EngineThread) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let result = Arc::new(Mutex::new(None));
        let target = Arc::clone(&result);
        let job = self.counted_job(move |thread| *target.lock() = Some(request(thread)));
        let limit = Duration::from_secs(3600);
        match self.worker.run_job(Operation::Connect, limit, job)? {
            JobReply::Task | JobReply::Listed { .. } | JobReply::Read { .. } => {}
        }
        let result = result.lock().take();
        result.unwrap_or(Err(Error::NotConnected))
    }

    /// Connects like `Engine::connect`, with a library that is loaded already.
    fn connect(&self) -> Result<()> {
        let until = std::time::Instant::now() + Duration::from_secs(3600);
        self.run_task(move |thread| {
            if thread.session_mut().is_ok() {
                return Ok(());
            }
            let opened = thread.open_session(peer::library(), until);
            thread.store_session(opened)
        })
    }

    /// Makes a call that can hang.
    fn update(&self) -> Result<()> {
        self.run_task(|thread| thread.with_session(update_samples))
    }

    fn is_connected(&self) -> bool {
        self.run_task(|thread| Ok(thread.session_mut().is_ok()))
            .unwrap_or(false)
    }

    fn abandoned(&self) -> usize {
        self.worker.abandoned.load(Ordering::Acquire)
    }

    /// Waits until `claim` holds; fails if it never does.
    fn wait_until(&self, claim: impl Fn() -> bool) {
        for _ in 0..100_000 {
            if claim() {
                return;
            }
            thread::yield_now();
        }
        panic!(
            "started {:?}, ended {:?}, abandoned {}, open connections and active calls {:?}",
            self.started,
            self.ended,
            self.abandoned(),
            peer::open_and_active()
        );
    }

    /// Asserts that no job, thread, connection or call is left.
    fn assert_clean(&self) {
        self.wait_until(|| {
            let all = self.started.load(Ordering::Acquire) == self.ended.load(Ordering::Acquire);
            all && self.abandoned() == 0 && peer::open_and_active() == (0, 0)
        });
    }
}

#[test]
fn every_call_that_times_out_returns_and_its_connection_is_closed() {
    let listener = Listener::new("freed");
    check_some(move || {
        let harness = Harness::new(&listener, Peer::Frees);
        let other = harness.clone();
        let caller = thread::spawn(move || {
            drop(other.connect());
            drop(other.update());
        });
        drop(harness.connect());
        drop(harness.update());
        caller.join().unwrap();
        assert!(harness.abandoned() <= MAX_ABANDONED_THREADS);
        // The last call may still hang, in a thread that was abandoned before it was cancelled.
        harness.wait_until(|| peer::open_and_active().1 == 0);
        harness.worker.shut_down();
        harness.assert_clean();
    });
}

#[test]
fn a_connection_after_the_deadline_is_not_used() {
    let listener = Listener::new("late");
    check_some(move || {
        let harness = Harness::new(&listener, Peer::Frees);
        let outcome = harness.connect();
        let used = harness.is_connected();
        // A connection can be lost after a success, but must not exist after a failure.
        assert!(outcome.is_ok() || !used, "{outcome:?}");
        harness.worker.shut_down();
        harness.assert_clean();
    });
}

#[test]
fn closing_unblocks_a_waiting_caller() {
    let listener = Listener::new("closed");
    check_some(move || {
        let harness = Harness::new(&listener, Peer::Frees);
        drop(harness.connect());
        let other = harness.clone();
        let caller = thread::spawn(move || drop(other.update()));
        if harness.worker.is_busy() {
            drop(harness.worker.cancel_call());
        }
        caller.join().unwrap();
        if one_in(2) {
            let other = harness.clone();
            let last = thread::spawn(move || drop(other.connect()));
            harness.worker.shut_down();
            last.join().unwrap();
        }
        // The first may have failed because another caller held the thread for too long.
        harness.worker.shut_down();
        harness.assert_clean();
        assert!(harness.connect().is_err());
        assert!(!harness.worker.has_thread());
    });
}

#[test]
fn shutting_down_unblocks_a_detached_call() {
    let listener = Listener::new("reply_pending");
    check_some(move || {
        let harness = Harness::new(&listener, Peer::Frees);
        drop(harness.connect());
        let job = harness.counted_job(|thread| drop(thread.with_session(update_samples)));
        harness.worker.submit_detached(job);
        harness.worker.shut_down();
        harness.assert_clean();
    });
}

#[test]
fn a_handle_after_the_cancel_timeout_is_not_used() {
    let listener = Listener::new("slow");
    check_some(move || {
        let harness = Harness::new(&listener, Peer::Slow);
        drop(harness.connect());
        drop(harness.connect());
        harness.worker.shut_down();
        harness.assert_clean();
    });
}

#[test]
fn abandoned_threads_are_counted_until_they_end() {
    let listener = Listener::new("stubborn");
    check_some(move || {
        let harness = Harness::new(&listener, Peer::Holds);
        for _ in 0..4 {
            match harness.connect() {
                Err(Error::Wedged { abandoned }) => assert_eq!(abandoned, MAX_ABANDONED_THREADS),
                Ok(()) => drop(harness.update()),
                Err(_) => {}
            }
            assert!(harness.abandoned() <= MAX_ABANDONED_THREADS);
        }
        harness.worker.shut_down();
        // Shutting down may abandon one thread more.
        assert!(harness.abandoned() <= MAX_ABANDONED_THREADS + 1);
        peer::let_go();
        harness.assert_clean();
    });
}
