//! Claims about deadlines, without a library: the jobs are closures that hang as they are told.

use super::*;

/// A state whose jobs are closures.
struct Bench;

type Task = Box<dyn FnOnce() -> u32 + Send>;

impl State for Bench {
    type Job = Task;
    type Done = u32;

    fn work(&mut self, job: Task) -> u32 {
        job()
    }

    fn abandon(&mut self) {}
}

fn worker() -> Arc<Worker<Bench>> {
    Arc::new(Worker::new(|_| Bench))
}

fn run(worker: &Arc<Worker<Bench>>, job: impl FnOnce() -> u32 + Send + 'static) -> Result<u32> {
    worker.run(Operation::Read, Duration::from_millis(20), Box::new(job))
}

/// A job that hangs until it is let go.
fn hang() -> (Sender<()>, impl FnOnce() -> u32 + Send + 'static) {
    let (let_go, wait) = mailbox::<()>();
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
fn a_job_is_done_and_answered() {
    let worker = worker();
    let answer = worker.run(Operation::Read, Duration::from_secs(20), Box::new(|| 7));
    assert_eq!(answer.unwrap(), 7);
    worker.shut_down();
    assert!(!worker.has_thread());
}

#[test]
fn two_threads_are_left_behind_and_no_more_and_one_that_ends_makes_room() {
    let worker = worker();
    let (let_first_go, first) = hang();
    let (_second_hangs_on, second) = hang();
    assert!(run(&worker, first).unwrap_err().is_timeout());
    assert!(run(&worker, second).unwrap_err().is_timeout());
    let error = run(&worker, || 3).unwrap_err();
    assert!(matches!(error, Error::Wedged { abandoned: 2 }), "{error}");
    drop(let_first_go);
    assert!(eventually(|| worker.abandoned.load(Ordering::Acquire) == 1));
    let answer = worker.run(Operation::Read, Duration::from_secs(20), Box::new(|| 3));
    assert_eq!(answer.unwrap(), 3);
}

#[test]
fn an_answer_within_the_grace_keeps_the_thread() {
    let worker = worker();
    let freed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&freed);
    // It ends after its time and before the grace does.
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
    let answer = worker.run(Operation::Read, Duration::from_secs(20), Box::new(|| 2));
    assert_eq!(answer.unwrap(), 2);
}

#[test]
fn a_panic_costs_the_job_and_not_the_thread() {
    let worker = worker();
    let limit = Duration::from_secs(20);
    let error = worker
        .run(Operation::Read, limit, Box::new(|| panic!("a bug")))
        .unwrap_err();
    assert!(matches!(error, Error::Panicked), "{error}");
    assert_eq!(
        worker.run(Operation::Read, limit, Box::new(|| 5)).unwrap(),
        5
    );
}

#[test]
fn shutting_down_does_not_wait_for_a_call_that_hangs() {
    let worker = worker();
    let (_hangs_on, job) = hang();
    let other = Arc::clone(&worker);
    let caller = thread::spawn(move || run(&other, job));
    assert!(caller.join().unwrap().is_err());
    worker.shut_down();
    assert!(!worker.has_thread());
}

#[test]
fn whoever_waits_for_others_in_vain_is_busy_and_nothing_is_cut() {
    let worker = worker();
    let (let_go, job) = hang();
    let other = Arc::clone(&worker);
    let slow =
        thread::spawn(move || other.run(Operation::Watch, Duration::from_secs(20), Box::new(job)));
    assert!(eventually(|| worker.is_busy()));
    let error = run(&worker, || 3).unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert!(error.is_transient() && !error.is_disconnected());
    drop(let_go);
    assert_eq!(slow.join().unwrap().unwrap(), 0);
    let answer = worker.run(Operation::Read, Duration::from_secs(20), Box::new(|| 3));
    assert_eq!(answer.unwrap(), 3);
}

#[test]
fn nobody_waits_for_a_job_that_was_only_given() {
    let worker = worker();
    let limit = Duration::from_secs(20);
    assert_eq!(
        worker.run(Operation::Read, limit, Box::new(|| 1)).unwrap(),
        1
    );
    let (let_go, job) = hang();
    worker.poke(Box::new(job));
    // Its answer is not taken for another's.
    drop(let_go);
    assert_eq!(
        worker.run(Operation::Read, limit, Box::new(|| 2)).unwrap(),
        2
    );
}

#[test]
fn a_worker_that_was_shut_down_starts_no_thread() {
    let worker = worker();
    worker.shut_down();
    worker.poke(Box::new(|| 1));
    assert!(run(&worker, || 1).is_err());
    assert!(!worker.has_thread());
}
