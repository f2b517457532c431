//! The meter's thread: started, started anew after a bug, and ended within a budget.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use dcgm::Client;

use crate::clock::Clock;
use crate::config::Config;
use crate::counters::Ledger;
use crate::health::{ErrorKind, MeterState, SampleError, Shared};
use crate::hook::Hook;
use crate::instruments::Hub;
use crate::past::Past;
use crate::sampler::{Command, Sampler};
use crate::snapshot::{Number, Series};

/// How long the thread has to end by itself: far longer than a tick takes that does not hang.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long it has after the client was closed, which ends a call that hangs if anything does.
/// Together they are less than the second that dropping a meter may take.
const GRACE: Duration = Duration::from_millis(600);

/// After a panic that ended the sampler it is started anew this soon, and then after twice that…
const SHORTEST_BACKOFF: Duration = Duration::from_millis(250);

/// …up to this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);

/// A thread that samples.
#[derive(Debug)]
pub(super) struct Keeper {
    commands: Sender<Command>,
    /// Closed when the thread ends.
    ended: Receiver<()>,
    thread: JoinHandle<()>,
    /// The thread's own: whoever ends the meter must not be the one who drops the client, which may
    /// take its time.
    client: Weak<dyn Client>,
}

/// What a sampler is made of, so that another can be made.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) client: Arc<dyn Client>,
    pub(super) hub: Arc<Hub>,
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Clock,
    pub(super) config: Config,
    pub(super) hook: Option<Hook>,
    /// The totals of the meters before this one.
    pub(super) totals: HashMap<Series, Number>,
}

impl Keeper {
    pub(super) fn start(work: Work) -> io::Result<Self> {
        let (commands, received) = unbounded();
        let (ends, ended) = bounded(0);
        let client = Arc::downgrade(&work.client);
        let thread = thread::Builder::new()
            .name("dcgm-meter".to_owned())
            .spawn(move || {
                let _ends: Sender<()> = ends;
                work.run(&received);
            })?;
        Ok(Self {
            commands,
            ended,
            thread,
            client,
        })
    }

    /// Samples now, and waits for it.
    pub(super) fn sample(&self) -> Result<(), SampleError> {
        let (reply, outcome) = bounded(1);
        // A thread that has ended takes no command, and its channels close.
        let _ = self.commands.send(Command::Sample(reply));
        outcome.recv().unwrap_or_else(|_| {
            Err(SampleError::new(
                ErrorKind::Panic,
                "the sampling thread has ended",
            ))
        })
    }

    /// Ends the thread. One that a call keeps although the client was closed is left behind.
    pub(super) fn end(self) {
        let Self {
            commands,
            ended,
            thread,
            client,
        } = self;
        // If it has ended already, there is nobody to tell.
        let _ = commands.send(Command::Stop);
        drop(commands);
        // Nothing is ever sent: the channel closes when the thread lets go of it.
        let ends = |limit| {
            matches!(
                ended.recv_timeout(limit),
                Err(RecvTimeoutError::Disconnected)
            )
        };
        let in_time = ends(PATIENCE) || {
            cancel(&client);
            ends(GRACE)
        };
        if !in_time {
            tracing::warn!("a call into DCGM does not end; its thread is left behind");
        } else if thread.join().is_err() {
            tracing::warn!("the sampling thread had panicked");
        }
    }
}

/// Closes the client, which ends the call that its thread hangs in. On a thread of its own: if the
/// call cannot be ended, the close may hang, too.
fn cancel(client: &Weak<dyn Client>) {
    let Some(client) = client.upgrade() else {
        return;
    };
    let close = move || {
        // A client that panics has done what it could.
        let _ = catch_unwind(AssertUnwindSafe(|| client.close()));
    };
    // Without a thread nothing is cancelled, and the call is left behind.
    let _ = thread::Builder::new()
        .name("dcgm-meter-end".to_owned())
        .spawn(close);
}

impl Work {
    /// Samples until told to end. A panic costs the sampler, and another follows it.
    fn run(&self, commands: &Receiver<Command>) {
        let longest = self.config.interval().min(LONGEST_BACKOFF);
        let mut delay = self.config.initial_delay();
        let mut backoff = SHORTEST_BACKOFF.min(longest);
        loop {
            let began = Instant::now();
            let sampler = self.sampler();
            let ran = catch_unwind(AssertUnwindSafe(|| sampler.run(commands, delay)));
            if ran.is_ok() {
                return;
            }
            if self.has_to_end(commands) {
                return;
            }
            if began.elapsed() > 4 * longest {
                backoff = SHORTEST_BACKOFF.min(longest);
            }
            delay = backoff;
            backoff = (2 * backoff).min(longest);
        }
    }

    fn sampler(&self) -> Sampler {
        let metrics = self.hub.metrics();
        let mut totals = self.totals.clone();
        for (series, number) in self.hub.shown().totals(metrics) {
            totals.insert(series.clone(), number);
        }
        let ledger = Ledger::continuing(totals, self.config.counter_origin());
        Sampler::new(
            Arc::clone(&self.client),
            Arc::clone(&self.hub),
            Arc::clone(&self.shared),
            self.clock.clone(),
            (self.config.clone(), self.hook.clone()),
            Past::with(ledger),
        )
    }

    /// Tells that the sampler panicked, and whether it was its end that did.
    fn has_to_end(&self, commands: &Receiver<Command>) -> bool {
        let failure = SampleError::new(ErrorKind::Panic, "the sampler panicked");
        tracing::error!(error = failure.message, "no GPU metrics");
        self.hub.telemetry().failed(failure.kind);
        let now = self.clock.now();
        // A client that was left in the middle of something may be in a state that nobody knows.
        if catch_unwind(AssertUnwindSafe(|| self.client.close())).is_err() {
            self.hub.telemetry().failed(ErrorKind::Panic);
        }
        let ends = loop {
            match commands.try_recv() {
                // Who asked may have gone.
                Ok(Command::Sample(reply)) => drop(reply.send(Err(failure.clone()))),
                Ok(Command::Stop) | Err(crossbeam_channel::TryRecvError::Disconnected) => {
                    break true;
                }
                Err(crossbeam_channel::TryRecvError::Empty) => break false,
            }
        };
        self.shared.update(|report| {
            report.state = if ends {
                MeterState::Stopped
            } else {
                MeterState::Degraded
            };
            report.since = now;
            report.reason = Some(failure);
            report.entities = 0;
        });
        ends
    }
}
