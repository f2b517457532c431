//! The cancel path under a scheduler that picks which thread runs next.
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/models cargo test -p dcgm --lib model::
//! ```
//!
//! What runs is [`super::line`], [`super::worker`] and [`super::session`] themselves; locks,
//! atomics, channels, threads and time are those of [`sync`], libdcgm is that of
//! [`crate::ffi::peer`]. Small models are run in every order that there is, larger ones in as many
//! as `DCGM_MODEL_RUNS` says. Memory is sequentially consistent there: an ordering that is too weak
//! is not found.

pub(super) mod sync;

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use super::line::{Line, LineSlot};
use super::options::EngineOptions;
use super::session::{Done, Job, Seat, Session, Shared};
use super::worker::{Fate, MOST_ABANDONED, Worker};
use crate::endpoint::Endpoint;
use crate::error::{Error, Operation, Result};
use crate::ffi::peer::{self, Peer};

use self::sync::{AtomicUsize, Mutex, Ordering, one_in, thread};

fn runs() -> usize {
    let told = std::env::var("DCGM_MODEL_RUNS").ok();
    told.and_then(|runs| runs.parse().ok()).unwrap_or(1000)
}

/// In random orders, and in those that differ from others by few switches.
fn check(model: impl Fn() + Clone + Send + Sync + 'static) {
    shuttle::check_random(model.clone(), runs());
    shuttle::check_pct(model, runs(), 3);
}

/// In every order.
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
fn a_connection_is_cut_by_exactly_one_of_those_that_meet() {
    check_all("two cut one", || {
        let slot = LineSlot::default();
        slot.begin();
        let cutters = [(); 2].map(|()| {
            let slot = slot.clone();
            thread::spawn(move || slot.doom().is_some())
        });
        let line = Arc::new(Line::remote(peer::dcgm()));
        slot.set(Some(Arc::clone(&line)));
        let cut_at_once = line.is_cut();
        let to_cut = cutters.map(|cutter| usize::from(cutter.join().unwrap()));
        let to_cut: usize = to_cut.into_iter().sum();
        assert!(line.is_cut());
        // Whoever goes on with it after it was set is cut off; if it was cut before, that thread
        // knows, and nobody else is sent to do it.
        assert!(to_cut <= 1);
        assert!(cut_at_once || to_cut == 1);
    });
}

#[test]
fn the_count_of_those_left_behind_is_right_whoever_comes_first() {
    check_all("one left behind, one ends", || {
        let count = Arc::new(AtomicUsize::new(0));
        let fate = Arc::new(Fate::default());
        let end = fate.end(&count);
        let thread = thread::spawn(move || drop(end));
        let seen = {
            let count = Arc::clone(&count);
            thread::spawn(move || count.load(Ordering::Acquire))
        };
        fate.abandon(&count);
        // Never below none, which would be very many.
        assert!(seen.join().unwrap() <= 1);
        thread.join().unwrap();
        assert_eq!(count.load(Ordering::Acquire), 0);
    });
    check_all("one left behind, none ends", || {
        let count = Arc::new(AtomicUsize::new(0));
        let fate = Arc::new(Fate::default());
        let end = fate.end(&count);
        fate.abandon(&count);
        assert_eq!(count.load(Ordering::Acquire), 1);
        drop(end);
        assert_eq!(count.load(Ordering::Acquire), 0);
    });
}

/// An engine's thread and its callers, with a peer that calls hang on.
#[derive(Clone)]
struct Bench {
    worker: Arc<Worker<Seat>>,
    /// Jobs that were begun, and those that came to their end.
    begun: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

fn update(session: &mut Session) -> Result<()> {
    session.line.dcgm().update(session.line.handle())
}

/// Somebody who accepts: the address is tried with a socket of the system's.
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

    fn drain(&self) {
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

impl Bench {
    fn new(listener: &Listener, peer: Peer) -> Self {
        peer::begin(peer);
        listener.drain();
        let options = Arc::new(EngineOptions::standalone(listener.endpoint.clone()));
        let shared = Arc::new(Shared::default());
        let make = move |line| Seat::new(Arc::clone(&options), Arc::clone(&shared), line);
        Self {
            worker: Arc::new(Worker::new(make)),
            begun: Arc::default(),
            ended: Arc::default(),
        }
    }

    fn job(&self, task: impl FnOnce(&mut Seat) + Send + 'static) -> Job {
        let (begun, ended) = (Arc::clone(&self.begun), Arc::clone(&self.ended));
        Job::Task(Box::new(move |seat| {
            begun.fetch_add(1, Ordering::AcqRel);
            task(seat);
            ended.fetch_add(1, Ordering::AcqRel);
        }))
    }

    fn run<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Seat) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let answer = Arc::new(Mutex::new(None));
        let put = Arc::clone(&answer);
        let job = self.job(move |seat| *put.lock() = Some(ask(seat)));
        let limit = Duration::from_secs(3600);
        match self.worker.run(Operation::Connect, limit, job)? {
            Done::Task | Done::Read { .. } => {}
        }
        let answer = answer.lock().take();
        answer.unwrap_or(Err(Error::NotConnected))
    }

    /// As `Engine::connect` has it done, with a library that is found already.
    fn connect(&self) -> Result<()> {
        let until = std::time::Instant::now() + Duration::from_secs(3600);
        self.run(move |seat| {
            if seat.session().is_ok() {
                return Ok(());
            }
            let opened = seat.open(peer::library(), until);
            seat.keep(opened)
        })
    }

    /// A call that can hang.
    fn update(&self) -> Result<()> {
        self.run(|seat| seat.with(update))
    }

    fn is_connected(&self) -> bool {
        self.run(|seat| Ok(seat.session().is_ok())).unwrap_or(false)
    }

    fn abandoned(&self) -> usize {
        self.worker.abandoned.load(Ordering::Acquire)
    }

    /// Waits for what must come.
    fn until(&self, claim: impl Fn() -> bool) {
        for _ in 0..100_000 {
            if claim() {
                return;
            }
            thread::yield_now();
        }
        panic!(
            "begun {:?}, ended {:?}, left behind {}, open and inside {:?}",
            self.begun,
            self.ended,
            self.abandoned(),
            peer::open_and_inside()
        );
    }

    /// That nothing is left of anything.
    fn is_clean(&self) {
        self.until(|| {
            let all = self.begun.load(Ordering::Acquire) == self.ended.load(Ordering::Acquire);
            all && self.abandoned() == 0 && peer::open_and_inside() == (0, 0)
        });
    }
}

#[test]
fn every_call_that_ran_out_of_time_is_freed_and_its_connection_closed() {
    let listener = Listener::new("freed");
    check(move || {
        let bench = Bench::new(&listener, Peer::Frees);
        let other = bench.clone();
        let caller = thread::spawn(move || {
            drop(other.connect());
            drop(other.update());
        });
        drop(bench.connect());
        drop(bench.update());
        caller.join().unwrap();
        assert!(bench.abandoned() <= MOST_ABANDONED);
        // The last may hang still, as a thread that is left behind before its cut came.
        bench.until(|| peer::open_and_inside().1 == 0);
        bench.worker.shut_down();
        bench.is_clean();
    });
}

#[test]
fn a_connection_that_came_too_late_is_not_used() {
    let listener = Listener::new("late");
    check(move || {
        let bench = Bench::new(&listener, Peer::Frees);
        let outcome = bench.connect();
        let used = bench.is_connected();
        // It can be lost after it was made, and not be there after it was not.
        assert!(outcome.is_ok() || !used, "{outcome:?}");
        bench.worker.shut_down();
        bench.is_clean();
    });
}

#[test]
fn whoever_closes_frees_whoever_waits() {
    let listener = Listener::new("closed");
    check(move || {
        let bench = Bench::new(&listener, Peer::Frees);
        drop(bench.connect());
        let other = bench.clone();
        let caller = thread::spawn(move || drop(other.update()));
        if bench.worker.is_busy() {
            drop(bench.worker.cut());
        }
        caller.join().unwrap();
        if one_in(2) {
            let other = bench.clone();
            let last = thread::spawn(move || drop(other.connect()));
            bench.worker.shut_down();
            last.join().unwrap();
        }
        // Somebody held it for too long for the first.
        bench.worker.shut_down();
        bench.is_clean();
        assert!(bench.connect().is_err());
        assert!(!bench.worker.has_thread());
    });
}

#[test]
fn the_end_frees_a_call_that_nobody_waits_for() {
    let listener = Listener::new("owed");
    check(move || {
        let bench = Bench::new(&listener, Peer::Frees);
        drop(bench.connect());
        let job = bench.job(|seat| drop(seat.with(update)));
        bench.worker.poke(job);
        bench.worker.shut_down();
        bench.is_clean();
    });
}

#[test]
fn a_handle_that_comes_after_the_grace_is_not_used() {
    let listener = Listener::new("slow");
    check(move || {
        let bench = Bench::new(&listener, Peer::Slow);
        drop(bench.connect());
        drop(bench.connect());
        bench.worker.shut_down();
        bench.is_clean();
    });
}

#[test]
fn threads_that_nothing_frees_are_counted_while_they_are_there() {
    let listener = Listener::new("stubborn");
    check(move || {
        let bench = Bench::new(&listener, Peer::Holds);
        for _ in 0..4 {
            match bench.connect() {
                Err(Error::Wedged { abandoned }) => assert_eq!(abandoned, MOST_ABANDONED),
                Ok(()) => drop(bench.update()),
                Err(_) => {}
            }
            assert!(bench.abandoned() <= MOST_ABANDONED);
        }
        bench.worker.shut_down();
        // The thread that shutting down leaves behind is one more.
        assert!(bench.abandoned() <= MOST_ABANDONED + 1);
        peer::let_go();
        bench.is_clean();
    });
}
