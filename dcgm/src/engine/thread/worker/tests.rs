//! Tests of deadlines, without a library: the jobs are closures that hang as requested.

use std::sync::mpsc;

use super::*;

/// A handler whose jobs are closures.
struct ClosureHandler;

/// A target whose calls cannot be cancelled.
struct Uncancellable;

impl Cancel for Uncancellable {
    type Stage = ();

    fn can_cancel(&self) -> bool {
        false
    }

    fn cancel_calls(&self) {}
}

type Task = Box<dyn FnOnce() -> u32 + Send>;

impl JobHandler for ClosureHandler {
    type Job = Task;
    type Reply = u32;
    type Target = Uncancellable;

    fn handle_job(&mut self, job: Task) -> u32 {
        job()
    }

    fn recover_from_panic(&mut self) {}
}

fn worker() -> Arc<Worker<ClosureHandler>> {
    Arc::new(Worker::new(|_| ClosureHandler))
}

fn run(
    worker: &Arc<Worker<ClosureHandler>>,
    job: impl FnOnce() -> u32 + Send + 'static,
) -> Result<u32> {
    worker.run_job(Operation::Read, Duration::from_millis(20), Box::new(job))
}

/// Returns a job that hangs until the sender is dropped or used.
fn hanging_job() -> (mpsc::Sender<()>, impl FnOnce() -> u32 + Send + 'static) {
    let (let_go, wait) = mpsc::channel::<()>();
    (let_go, move || u32::from(wait.recv().is_ok()))
}

fn eventually(claim: impl Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while !claim() {
        if Instant::now() > until {
            return false;
        }
        thread::yield_now();
    }
    true
}

#[test]
fn a_job_returns_its_reply() {
    let worker = worker();
    let answer = worker.run_job(Operation::Read, Duration::from_secs(20), Box::new(|| 7));
    assert_eq!(answer.unwrap(), 7);
    worker.shut_down();
    assert!(!worker.has_thread());
}

#[test]
fn at_most_two_threads_are_abandoned_and_one_that_ends_allows_another() {
    let worker = worker();
    let (let_first_go, first) = hanging_job();
    let (_second_hangs_on, second) = hanging_job();
    assert!(run(&worker, first).unwrap_err().is_timeout());
    assert!(run(&worker, second).unwrap_err().is_timeout());
    let error = run(&worker, || 3).unwrap_err();
    assert!(matches!(error, Error::Wedged { abandoned: 2 }), "{error}");
    drop(let_first_go);
    assert!(eventually(|| worker.abandoned.load(Ordering::Acquire) == 1));
    let answer = worker.run_job(Operation::Read, Duration::from_secs(20), Box::new(|| 3));
    assert_eq!(answer.unwrap(), 3);
}

#[test]
fn a_reply_within_the_cancel_timeout_keeps_the_thread() {
    let worker = worker();
    let freed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&freed);
    // It ends after its deadline and before the cancel timeout.
    let late = move || {
        while !seen.load(Ordering::Acquire) {
            thread::yield_now();
        }
        1
    };
    let other = Arc::clone(&freed);
    let freeing = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        other.store(true, Ordering::Release);
    });
    assert!(run(&worker, late).unwrap_err().is_timeout());
    assert_eq!(worker.abandoned.load(Ordering::Acquire), 0);
    freeing.join().unwrap();
    let answer = worker.run_job(Operation::Read, Duration::from_secs(20), Box::new(|| 2));
    assert_eq!(answer.unwrap(), 2);
}

#[test]
fn a_panic_fails_the_job_and_keeps_the_thread() {
    let worker = worker();
    let limit = Duration::from_secs(20);
    let error = worker
        .run_job(Operation::Read, limit, Box::new(|| panic!("a bug")))
        .unwrap_err();
    assert!(matches!(error, Error::Panicked), "{error}");
    assert_eq!(
        worker
            .run_job(Operation::Read, limit, Box::new(|| 5))
            .unwrap(),
        5
    );
}

#[test]
fn shutting_down_does_not_wait_for_a_hanging_call() {
    let worker = worker();
    let (_hangs_on, job) = hanging_job();
    let other = Arc::clone(&worker);
    let caller = thread::spawn(move || run(&other, job));
    assert!(caller.join().unwrap().is_err());
    worker.shut_down();
    assert!(!worker.has_thread());
}

#[test]
fn a_caller_behind_a_slow_job_gets_busy_and_nothing_is_cancelled() {
    let worker = worker();
    let (let_go, job) = hanging_job();
    let other = Arc::clone(&worker);
    let slow = thread::spawn(move || {
        other.run_job(Operation::Watch, Duration::from_secs(20), Box::new(job))
    });
    assert!(eventually(|| worker.is_busy()));
    let error = run(&worker, || 3).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert!(error.is_transient() && !error.is_disconnected());
    drop(let_go);
    assert_eq!(slow.join().unwrap().unwrap(), 0);
    let answer = worker.run_job(Operation::Read, Duration::from_secs(20), Box::new(|| 3));
    assert_eq!(answer.unwrap(), 3);
}

#[test]
fn a_detached_job_is_not_waited_for() {
    let worker = worker();
    let limit = Duration::from_secs(20);
    assert_eq!(
        worker
            .run_job(Operation::Read, limit, Box::new(|| 1))
            .unwrap(),
        1
    );
    let (let_go, job) = hanging_job();
    worker.submit_detached(Box::new(job));
    // Its reply is not taken for that of another job.
    drop(let_go);
    assert_eq!(
        worker
            .run_job(Operation::Read, limit, Box::new(|| 2))
            .unwrap(),
        2
    );
}

#[test]
fn a_worker_that_was_shut_down_starts_no_thread() {
    let worker = worker();
    worker.shut_down();
    worker.submit_detached(Box::new(|| 1));
    assert!(run(&worker, || 1).is_err());
    assert!(!worker.has_thread());
}
