//! Models of cancelling, under a scheduler that decides which thread runs next.
//!
//! ```sh
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/models cargo test -p dcgm --lib model::
//! ```
//!
//! [`super::cancel`], [`super::exchange`] and [`super::worker`] run unchanged; locks, atomics, threads
//! and time are those of [`sync`]. `engine/model.rs` has the models with a session and libdcgm. Small
//! models run in every possible order, larger ones in `DCGM_MODEL_RUNS` random orders. Memory is
//! sequentially consistent there, so that a memory ordering that is too weak is not found.

pub(in crate::engine) mod sync;

use std::sync::Arc;
use std::time::Duration;

use super::cancel::{Cancel, CancelSlot, Cancellable};
use super::exchange::{NoReply, new_exchange};
use sync::{AtomicUsize, Ordering, thread};

fn run_count() -> usize {
    let setting = std::env::var("DCGM_MODEL_RUNS").ok();
    setting.and_then(|runs| runs.parse().ok()).unwrap_or(1000)
}

/// Runs a model in random orders, and in orders with few switches of threads.
pub(in crate::engine) fn check_some(model: impl Fn() + Clone + Send + Sync + 'static) {
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

/// A target without calls.
struct IdleTarget;

impl Cancel for IdleTarget {
    type Stage = ();

    fn can_cancel(&self) -> bool {
        true
    }

    fn cancel_calls(&self) {}
}

#[test]
fn exactly_one_thread_closes_a_connection() {
    check_all("two cancel one", || {
        let slot = CancelSlot::default();
        slot.start_job();
        let cancellers = [(); 2].map(|()| {
            let slot = slot.clone();
            thread::spawn(move || slot.expire().is_some())
        });
        let connection = Arc::new(Cancellable::new(IdleTarget));
        slot.set_target(Some(Arc::clone(&connection)));
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
        let (caller, end) = new_exchange::<(), ()>(&count);
        let thread = thread::spawn(move || drop(end));
        let seen = {
            let count = Arc::clone(&count);
            thread::spawn(move || count.load(Ordering::Acquire))
        };
        caller.abandon(&count);
        // Never below 0, where it would wrap.
        assert!(seen.join().unwrap() <= 1);
        thread.join().unwrap();
        assert_eq!(count.load(Ordering::Acquire), 0);
    });
    check_all("one abandoned, none ends", || {
        let count = Arc::new(AtomicUsize::new(0));
        let (caller, end) = new_exchange::<(), ()>(&count);
        caller.abandon(&count);
        assert_eq!(count.load(Ordering::Acquire), 1);
        drop(end);
        assert_eq!(count.load(Ordering::Acquire), 0);
    });
}

#[test]
fn a_thread_gets_its_job_and_ends_when_its_caller_does() {
    check_all("one job, no reply is waited for", || {
        let (caller, end) = new_exchange::<u32, u32>(&Arc::default());
        let thread = thread::spawn(move || {
            let mut done = 0;
            while let Some(job) = end.next_job() {
                done += job;
                if !end.send_reply(done) {
                    break;
                }
            }
            done
        });
        assert!(caller.send_job(7));
        drop(caller);
        assert_eq!(thread.join().unwrap(), 7);
    });
}

#[test]
fn a_reply_comes_before_the_end_of_its_thread() {
    const LONG: Duration = Duration::from_secs(3600);

    check_some(|| {
        let (caller, end) = new_exchange::<u32, u32>(&Arc::default());
        let thread = thread::spawn(move || {
            let job = end.next_job().unwrap();
            assert!(end.send_reply(job + 1));
        });
        assert!(caller.send_job(7));
        let reply = loop {
            match caller.wait_reply(LONG) {
                Ok(reply) => break reply,
                Err(cause) => assert_eq!(cause, NoReply::TimedOut),
            }
        };
        assert_eq!(reply, 8);
        thread.join().unwrap();
        assert!(caller.has_ended_within(LONG));
        assert_eq!(caller.wait_reply(LONG), Err(NoReply::Ended));
    });
}
