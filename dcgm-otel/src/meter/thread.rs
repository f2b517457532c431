//! The meter's thread: started, restarted after a panic, and stopped within a bounded time.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded, unbounded};
use dcgm::Client;

use crate::attribution::poller::PolledSource;
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::config::Config;
use crate::error_kind::{ErrorKind, SampleError};
use crate::health::{HealthReporter, MeterState};
use crate::hook::AttributeHook;
use crate::instruments::MeterFeed;
use crate::logging::write_line;
use crate::pipeline::allocations::AllocationBook;
use crate::pipeline::counters::Ledger;
use crate::pipeline::history::History;
use crate::pipeline::snapshot::{Number, Series};
use crate::sampling::{Command, OwnCounts, Sampler};

/// Time that the thread has to end by itself: far longer than a tick takes that does not hang.
const STOP_TIMEOUT: Duration = Duration::from_millis(250);

/// Time that the thread has after its client was closed, which ends most calls that hang. Both
/// together are less than the second that dropping a meter may take.
const CANCEL_TIMEOUT: Duration = Duration::from_millis(600);

/// The reason why a meter's thread did not end normally. The meter's series are removed in any case.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// A call into DCGM did not return, even after the meter had closed its client. The thread is
    /// abandoned, and ends when the call returns.
    #[error("the sampling thread did not end within 850 ms and was abandoned")]
    ThreadAbandoned,
    /// The thread ended in a panic, which is a bug. A panic during a tick does not end the thread.
    #[error("the sampling thread had panicked")]
    ThreadPanicked,
}

/// The thread that samples.
#[derive(Debug)]
pub(crate) struct SamplerThread {
    commands: Sender<Command>,
    /// Closed when the thread ends.
    ended: Receiver<()>,
    thread: JoinHandle<()>,
    /// Weak, so that the client is dropped on its own thread: dropping it may block.
    client: Weak<dyn Client>,
}

/// The parts of a sampler, kept so that another can be made after a panic.
#[derive(Debug)]
pub(crate) struct SamplerFactory {
    pub(crate) client: Arc<dyn Client>,
    pub(crate) feed: Arc<MeterFeed>,
    pub(crate) shared: Arc<HealthReporter>,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    pub(crate) hook: Option<AttributeHook>,
    /// Totals that the meters before this one exported.
    pub(crate) totals: HashMap<Series, Number>,
    /// Sources of allocations.
    pub(crate) sources: Arc<[Arc<PolledSource>]>,
    /// The same of the metrics of dcgm-exporter itself.
    pub(crate) counts: OwnCounts,
}

impl SamplerThread {
    /// Starts the thread.
    pub(crate) fn start(factory: SamplerFactory) -> io::Result<Self> {
        let (commands, received) = unbounded();
        let (ends, ended) = bounded(0);
        let client = Arc::downgrade(&factory.client);
        let thread = thread::Builder::new()
            .name("dcgm-meter".to_owned())
            .spawn(move || {
                let _ends: Sender<()> = ends;
                factory.run_sampler(&received);
            })?;
        Ok(Self {
            commands,
            ended,
            thread,
            client,
        })
    }

    /// Has the thread sample now and waits for the outcome.
    pub(crate) fn request_sample(&self) -> Result<(), SampleError> {
        let (reply, outcome) = bounded(1);
        // A thread that has ended receives nothing; the reply channel then closes.
        let _ = self.commands.send(Command::Sample(reply));
        outcome.recv().unwrap_or_else(|_| {
            Err(SampleError::new(
                ErrorKind::Panic,
                "the sampling thread has ended",
            ))
        })
    }

    /// Has the thread forget a lost device; returns `true` if there was one.
    pub(crate) fn forget_device(&self, hw_id: &str) -> bool {
        let (reply, outcome) = bounded(1);
        let _ = self.commands.send(Command::Forget(hw_id.into(), reply));
        outcome.recv().unwrap_or(false)
    }

    /// Stops the thread, for at most [`STOP_TIMEOUT`] and [`CANCEL_TIMEOUT`] together. A thread
    /// that a call still blocks then is abandoned.
    pub(crate) fn stop(self) -> Result<(), ShutdownError> {
        let Self {
            commands,
            ended,
            thread,
            client,
        } = self;
        // Fails if the thread has ended already.
        let _ = commands.send(Command::Stop);
        drop(commands);
        // Nothing is ever sent: the channel closes when the thread drops its end.
        let ends_within = |limit| {
            matches!(
                ended.recv_timeout(limit),
                Err(RecvTimeoutError::Disconnected)
            )
        };
        let in_time = ends_within(STOP_TIMEOUT) || {
            close_in_background(&client);
            ends_within(CANCEL_TIMEOUT)
        };
        if !in_time {
            write_line(|| tracing::warn!("libdcgm call timed out; abandoning its thread"));
            return Err(ShutdownError::ThreadAbandoned);
        }
        thread.join().map_err(|_payload| {
            write_line(|| tracing::warn!("sampling thread panicked"));
            ShutdownError::ThreadPanicked
        })
    }
}

/// Closes the client, which ends a call that blocks its thread. Done on another thread, as `close`
/// may block, too.
fn close_in_background(client: &Weak<dyn Client>) {
    let Some(client) = client.upgrade() else {
        return;
    };
    let close = move || {
        // After a panic there is nothing more to close.
        let _ = catch_unwind(AssertUnwindSafe(|| client.close()));
    };
    // If no thread can be started the call is not cancelled, and its thread is abandoned.
    let _ = thread::Builder::new()
        .name("dcgm-meter-end".to_owned())
        .spawn(close);
}

impl SamplerFactory {
    /// Samples until stopped. A sampler that panics is replaced after a delay.
    fn run_sampler(&self, commands: &Receiver<Command>) {
        let mut backoff = Backoff::of_ticks(self.config.interval());
        let mut delay = self.config.initial_delay();
        loop {
            let began = Instant::now();
            let sampler = self.make_sampler();
            let ran = catch_unwind(AssertUnwindSafe(|| {
                sampler.run_until_stopped(commands, delay);
            }));
            if ran.is_ok() {
                return;
            }
            let stopped = self.handle_sampler_panic(commands);
            if stopped {
                return;
            }
            if began.elapsed() > 4 * backoff.longest_delay() {
                backoff.reset();
            }
            delay = backoff.next_delay();
        }
    }

    fn make_sampler(&self) -> Sampler {
        let metrics = self.feed.metrics();
        let mut totals = self.totals.clone();
        for (series, number) in self.feed.latest_snapshot().counter_totals(metrics) {
            totals.insert(series.clone(), number);
        }
        let ledger = Ledger::continue_from(totals, self.config.counter_origin());
        let has_sources = !self.sources.is_empty();
        let book = has_sources.then(|| AllocationBook::new(&self.sources, &self.config));
        Sampler::new(
            Arc::clone(&self.client),
            Arc::clone(&self.feed),
            Arc::clone(&self.shared),
            self.clock.clone(),
            (self.config.clone(), self.hook.clone()),
            (History::new(ledger, book), Arc::clone(&self.counts)),
        )
    }

    /// Closes the client, answers waiting commands and reports the panic. Returns `true` if the
    /// meter is to stop.
    fn handle_sampler_panic(&self, commands: &Receiver<Command>) -> bool {
        let error = SampleError::new(ErrorKind::Panic, "the sampler panicked");
        write_line(|| tracing::error!("GPU metrics unavailable: {error}"));
        self.feed.telemetry().record_error(error.kind);
        let now = self.clock.now();
        // The panic may have left the client in an unknown state.
        if catch_unwind(AssertUnwindSafe(|| self.client.close())).is_err() {
            self.feed.telemetry().record_error(ErrorKind::Panic);
        }
        let stopped = loop {
            match commands.try_recv() {
                // The caller may have gone.
                Ok(Command::Sample(reply)) => drop(reply.send(Err(error.clone()))),
                Ok(Command::Forget(_, reply)) => drop(reply.send(false)),
                Ok(Command::Stop) | Err(TryRecvError::Disconnected) => break true,
                Err(TryRecvError::Empty) => break false,
            }
        };
        self.shared.update_report(|report| {
            report.state = if stopped {
                MeterState::Stopped
            } else {
                MeterState::Degraded
            };
            report.since = now;
            report.reason = Some(error);
            report.entities = 0;
        });
        stopped
    }
}
