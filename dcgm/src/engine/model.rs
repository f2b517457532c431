//! Models of cancelling, under a scheduler that decides which thread runs next.
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/models cargo test -p dcgm --lib model::
//! ```
//!
//! [`super::connection`], [`super::worker`] and [`super::session`] run unchanged; locks, atomics,
//! channels, threads and time are those of [`sync`], and libdcgm is [`crate::ffi::peer`]. Small models
//! run in every possible order, larger ones in `DCGM_MODEL_RUNS` random orders. Memory is
//! sequentially consistent there, so that a memory ordering that is too weak is not found.

pub(super) mod sync;

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use super::connection::{Connection, ConnectionSlot};
use super::options::EngineOptions;
use super::session::{EngineThread, Job, JobReply, Session, SharedState};
use super::worker::{ExitState, MAX_ABANDONED_THREADS, Worker};
use crate::endpoint::Endpoint;
use crate::error::{Error, Operation, Result};
use crate::ffi::peer::{self, Peer};

use self::sync::{AtomicUsize, Mutex, Ordering, one_in, thread};

fn run_count() -> usize {
    let setting = std::env::var("DCGM_MODEL_RUNS").ok();
    setting.and_then(|runs| runs.parse().ok()).unwrap_or(1000)
}

/// Runs a model in random orders, and in orders with few switches of threads.
fn check_some(model: impl Fn() + Clone + Send + Sync + 'static) {
    shuttle::check_random(model.clone(), run_count());
    shuttle::check_pct(model, run_count(), 3);
}

/// Runs a model in every order.
fn check_all(name: &str, model: impl Fn() + Send + Sync + 'static) {
    let orders = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&orders);
    shuttle::check_dfs(
        move || {
            count.fetch_add(1, Ordering::Relaxed);
            model();
        },
        None,
    );
    println!("{name}: {orders:?} orders");
}

#[test]
fn exactly_one_thread_closes_a_connection() {
    check_all("two cancel one", || {
        let slot = ConnectionSlot::default();
        slot.start_job();
        let cancellers = [(); 2].map(|()| {
            let slot = slot.clone();
            thread::spawn(move || slot.expire().is_some())
        });
        let connection = Arc::new(Connection::new_remote(peer::dcgm()));
        slot.set_connection(Some(Arc::clone(&connection)));
        let cancelled_at_once = connection.is_cancelled();
        let to_close = cancellers.map(|canceller| usize::from(canceller.join().unwrap()));
        let to_close: usize = to_close.into_iter().sum();
        assert!(connection.is_cancelled());
        // If it was cancelled as it was stored, the thread that stored it knows, and no other closes
        // it. Otherwise exactly one does.
        assert!(to_close <= 1);
        assert!(cancelled_at_once || to_close == 1);
    });
}

#[test]
fn abandoned_threads_are_counted_right_in_every_order() {
    check_all("one abandoned, one ends", || {
        let count = Arc::new(AtomicUsize::new(0));
        let exit_state = Arc::new(ExitState::default());
        let guard = exit_state.exit_guard(&count);
        let thread = thread::spawn(move || drop(guard));
        let seen = {
            let count = Arc::clone(&count);
            thread::spawn(move || count.load(Ordering::Acquire))
        };
        exit_state.mark_abandoned(&count);
        // Never below 0, where it would wrap.
        assert!(seen.join().unwrap() <= 1);
        thread.join().unwrap();
        assert_eq!(count.load(Ordering::Acquire), 0);
    });
    check_all("one abandoned, none ends", || {
        let count = Arc::new(AtomicUsize::new(0));
        let exit_state = Arc::new(ExitState::default());
        let guard = exit_state.exit_guard(&count);
        exit_state.mark_abandoned(&count);
        assert_eq!(count.load(Ordering::Acquire), 1);
        drop(guard);
        assert_eq!(count.load(Ordering::Acquire), 0);
    });
}

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
    session
        .connection
        .dcgm()
        .update_samples(session.connection.handle())
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
