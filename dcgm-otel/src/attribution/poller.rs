//! Polling of a source of allocations, on a thread of its own.
//!
//! The thread writes the last answer to a [`PolledSource`], from which the sampling thread reads it
//! without a lock. Nothing waits for the thread: one that hangs in its source is left behind when the
//! meter ends, and ends with its call.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use opentelemetry::Value;
use parking_lot::Mutex;

use super::{Allocation, Attribution, AttributionError};
use crate::attributes::{shared_text, sort_by_key};
use crate::clock::Clock;
use crate::logging::write_line;

/// Number of polling intervals for which an answer is used.
const MAX_AGE_INTERVALS: u32 = 6;

/// Longest time that a source has for an answer.
const MAX_TIMEOUT: Duration = Duration::from_secs(10);

/// Most allocations of one answer. A host has a few for each device.
const MAX_ALLOCATIONS: usize = 4096;

/// A source that several meters can poll, one at a time.
#[derive(Clone)]
pub(crate) struct SharedSource {
    name: &'static str,
    source: Arc<Mutex<dyn Attribution>>,
}

impl SharedSource {
    pub(crate) fn new(source: impl Attribution) -> Self {
        Self {
            name: source.name(),
            source: Arc::new(Mutex::new(source)),
        }
    }
}

impl fmt::Debug for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The lock may be held by a call that hangs.
        f.debug_tuple("SharedSource").field(&self.name).finish()
    }
}

/// The last answer of a source, and the errors since.
#[derive(Debug)]
pub(crate) struct PolledSource {
    name: &'static str,
    timeout: Duration,
    max_age: Duration,
    /// Replaced only if the allocations have changed.
    answer: ArcSwap<Vec<Allocation>>,
    /// Origin of the times below, which are nanoseconds since then plus 1, or 0 for none.
    made: Instant,
    answered: AtomicU64,
    /// Begin of the call that is under way.
    called: AtomicU64,
    errors: AtomicU64,
    /// Number of allocations of unknown devices.
    unresolved: AtomicUsize,
    last_error: Mutex<Option<String>>,
}

impl PolledSource {
    fn new(name: &'static str, interval: Duration, now: Instant) -> Self {
        Self {
            name,
            timeout: interval.min(MAX_TIMEOUT),
            max_age: interval.saturating_mul(MAX_AGE_INTERVALS),
            answer: ArcSwap::default(),
            made: now,
            answered: AtomicU64::new(0),
            called: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            unresolved: AtomicUsize::new(0),
            last_error: Mutex::new(None),
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the last answer.
    pub(crate) fn answer(&self) -> Arc<Vec<Allocation>> {
        self.answer.load_full()
    }

    /// Returns the time of the last answer.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.time_at(&self.answered)
    }

    /// Returns the time of the last answer, or before the first that at which polling began.
    pub(crate) fn answered_or_made(&self) -> Instant {
        self.answered().unwrap_or(self.made)
    }

    /// Returns `true` if there was an answer and it is too old to be used.
    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        let age = self.answered().map(|at| now.saturating_duration_since(at));
        age.is_some_and(|age| age >= self.max_age)
    }

    /// Returns the begin of a call that has exceeded its time limit.
    pub(crate) fn overdue_call(&self, now: Instant) -> Option<Instant> {
        let began = self.time_at(&self.called)?;
        (now.saturating_duration_since(began) > self.timeout).then_some(began)
    }

    /// Returns the number of failed calls.
    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    /// Returns the error of the last call; `None` if it succeeded. Does not wait, so that it can be
    /// called in a fork of the process.
    fn last_error(&self) -> Option<String> {
        self.last_error.try_lock().and_then(|error| error.clone())
    }

    /// Returns the reason why there is no new answer, if there is one.
    pub(crate) fn describe_error(&self, now: Instant) -> Option<String> {
        let began = self.overdue_call(now);
        let overdue = began.map(|began| {
            let since = now.saturating_duration_since(began);
            format!("no answer for {since:.0?}")
        });
        overdue.or_else(|| self.last_error())
    }

    pub(crate) fn unresolved(&self) -> usize {
        self.unresolved.load(Relaxed)
    }

    pub(crate) fn set_unresolved(&self, count: usize) {
        self.unresolved.store(count, Relaxed);
    }

    fn time_at(&self, nanos: &AtomicU64) -> Option<Instant> {
        let nanos = nanos.load(Relaxed).checked_sub(1)?;
        self.made.checked_add(Duration::from_nanos(nanos))
    }

    fn set_time(&self, nanos: &AtomicU64, at: Instant) {
        let since = at.saturating_duration_since(self.made).as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX).saturating_add(1);
        nanos.store(since, Relaxed);
    }

    /// Calls the source once.
    fn poll(&self, source: &Mutex<dyn Attribution>, clock: &Clock) {
        self.set_time(&self.called, clock.now());
        let call = || source.lock().allocations(self.timeout);
        let outcome = catch_unwind(AssertUnwindSafe(call));
        self.called.store(0, Relaxed);
        let outcome = match outcome {
            Ok(Ok(all)) if all.len() > MAX_ALLOCATIONS => Err(AttributionError::TooLarge {
                limit: MAX_ALLOCATIONS,
                unit: "allocations",
            }
            .to_string()),
            Ok(Ok(all)) => Ok(all),
            Ok(Err(error)) => Err(dcgm::sanitize(&error.to_string()).into_owned()),
            Err(_) => Err("the source panicked".to_owned()),
        };
        match outcome {
            Ok(mut all) => {
                all.iter_mut().for_each(share_texts);
                if **self.answer.load() != all {
                    self.answer.store(Arc::new(all));
                }
                // After the answer: who sees the time sees the answer, too.
                self.set_time(&self.answered, clock.now());
                self.note_success();
            }
            Err(error) => self.note_error(&error),
        }
    }

    fn note_success(&self) {
        if self.last_error.lock().take().is_some() {
            let source = self.name;
            write_line(|| tracing::info!(source, "GPU allocations available"));
        }
    }

    fn note_error(&self, error: &str) {
        self.errors.fetch_add(1, Relaxed);
        let before = self.last_error.lock().replace(error.to_owned());
        if before.is_none() {
            let source = self.name;
            write_line(|| tracing::warn!(source, "GPU allocations unavailable: {error}"));
        }
    }
}

/// Sorts the attributes, and has copies of them share their texts.
fn share_texts(allocation: &mut Allocation) {
    let mut attributes = std::mem::take(&mut allocation.attributes);
    for one in &mut attributes {
        if let Value::String(text) = &one.value {
            one.value = shared_text(text.as_str().to_owned()).into();
        }
    }
    allocation.attributes = sort_by_key(attributes);
}

/// The threads that poll the sources of a meter. They end when this is dropped, unless they hang.
#[derive(Debug, Default)]
pub(crate) struct Pollers {
    states: Arc<[Arc<PolledSource>]>,
    /// Nothing is sent but in tests: the threads end when the channels close.
    #[cfg_attr(not(test), expect(dead_code, reason = "kept to be dropped"))]
    commands: Vec<Sender<Sender<()>>>,
}

impl Pollers {
    /// Starts a thread for each source.
    pub(crate) fn start(
        sources: &[SharedSource],
        interval: Duration,
        clock: &Clock,
    ) -> std::io::Result<Self> {
        let mut states = Vec::new();
        let mut commands = Vec::new();
        for SharedSource { name, source } in sources {
            let state = Arc::new(PolledSource::new(name, interval, clock.now()));
            let (sender, received) = unbounded();
            let (polled, source, clock) = (Arc::clone(&state), Arc::clone(source), clock.clone());
            thread::Builder::new()
                .name("dcgm-meter-attr".to_owned())
                .spawn(move || run_poller(&polled, &source, &clock, (&received, interval)))?;
            states.push(state);
            commands.push(sender);
        }
        Ok(Self {
            states: states.into(),
            commands,
        })
    }

    /// Returns the states of the sources, in the order in which they were added.
    pub(crate) const fn states(&self) -> &Arc<[Arc<PolledSource>]> {
        &self.states
    }

    /// Polls all sources now, and waits for the answers of those that return.
    #[cfg(test)]
    pub(crate) fn poll_now(&self, timeout: Duration) {
        for commands in &self.commands {
            let (reply, done) = crossbeam_channel::bounded(1);
            let _ = commands.send(reply);
            let _ = done.recv_timeout(timeout);
        }
    }
}

fn run_poller(
    state: &PolledSource,
    source: &Mutex<dyn Attribution>,
    clock: &Clock,
    (commands, interval): (&Receiver<Sender<()>>, Duration),
) {
    // With the clock of a test on request only.
    if clock.runs_by_itself() {
        state.poll(source, clock);
    }
    loop {
        let command = if clock.runs_by_itself() {
            commands.recv_timeout(interval)
        } else {
            commands.recv().map_err(RecvTimeoutError::from)
        };
        match command {
            Ok(done) => {
                state.poll(source, clock);
                // The test may have stopped waiting.
                let _ = done.send(());
            }
            Err(RecvTimeoutError::Timeout) => state.poll(source, clock),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
