//! The thread that samples: connect, enumerate, watch, read, publish, and all of it again after a
//! failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use dcgm::{Client, EntityId, EntityKind, Samples};

use crate::candidates::{self, Answers};
use crate::clock::Clock;
use crate::counters::Ledger;
use crate::health::{ErrorKind, Failure, Shared, State};
use crate::instruments::Hub;
use crate::plan::Plan;
use crate::schedule::Schedule;
use crate::session::{self, Interrupted, Session};
use crate::snapshot::{Cell, Snapshot};
use crate::telemetry::Telemetry;

/// What the thread can be asked.
#[derive(Debug)]
pub(crate) enum Command {
    /// To sample now, and to say how that went.
    Sample(Sender<Result<(), Failure>>),
    /// To end.
    Stop,
}

/// What the thread works with.
#[derive(Debug)]
pub(crate) struct Sampler {
    client: Arc<dyn Client>,
    hub: Arc<Hub>,
    shared: Arc<Shared>,
    clock: Clock,
    interval: Duration,
    kinds: Vec<EntityKind>,
    ledger: Ledger,
    connected: bool,
    session: Option<Session>,
    /// The entities of the session, and those of this tick.
    entities: Vec<EntityId>,
    listed: Vec<EntityId>,
    /// Something is amiss that the list of entities does not show.
    suspicious: bool,
    scratch: Vec<EntityId>,
    samples: Samples,
    cells: Vec<Option<Cell>>,
    /// The snapshot before the one that is shown, whose memory the next one gets.
    spare: Option<Arc<Snapshot>>,
}

impl Sampler {
    pub(crate) fn new(
        client: Arc<dyn Client>,
        hub: Arc<Hub>,
        shared: Arc<Shared>,
        clock: Clock,
        interval: Duration,
        ledger: Ledger,
    ) -> Self {
        Self {
            client,
            hub,
            shared,
            clock,
            interval,
            kinds: candidates::kinds(),
            ledger,
            connected: false,
            session: None,
            entities: Vec::new(),
            listed: Vec::new(),
            suspicious: false,
            scratch: Vec::new(),
            samples: Samples::new(),
            cells: Vec::new(),
            spare: None,
        }
    }

    fn telemetry(&self) -> &Telemetry {
        self.hub.telemetry()
    }

    /// Samples until told to end.
    pub(crate) fn run(mut self, commands: &Receiver<Command>, initial_delay: Duration) {
        let mut schedule = Schedule::new(self.clock.now(), initial_delay, self.interval);
        loop {
            let command = if self.clock.runs() {
                commands.recv_deadline(schedule.next())
            } else {
                commands.recv().map_err(RecvTimeoutError::from)
            };
            let reply = match command {
                Ok(Command::Sample(reply)) => Some(reply),
                Err(RecvTimeoutError::Timeout) => None,
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            };
            let began = self.clock.now();
            let outcome = self.contained_tick();
            let now = self.clock.now();
            self.telemetry().tick(now.saturating_duration_since(began));
            self.telemetry().warn_if_unread(now);
            match &outcome {
                Ok(()) => schedule.succeeded(now),
                Err(_) => schedule.failed(now),
            }
            if let Some(reply) = reply {
                // Who asked may have gone.
                let _ = reply.send(outcome);
            }
        }
        self.end();
    }

    /// A tick whose panic, the client's perhaps, ends the session and nothing else.
    fn contained_tick(&mut self) -> Result<(), Failure> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.tick())).unwrap_or_else(|panic| {
            let words = panic
                .downcast_ref::<&str>()
                .map(ToString::to_string)
                .or_else(|| panic.downcast_ref::<String>().cloned());
            let message = words.unwrap_or_else(|| "panicked".to_owned());
            Err(Interrupted {
                failure: Failure::new(ErrorKind::Panic, message),
                lost: true,
            })
        });
        outcome.map_err(|Interrupted { failure, lost }| {
            if lost {
                self.close_session();
                self.connected = false;
                // A client that panicked may be left connected in a state that nobody knows.
                if failure.kind == ErrorKind::Panic {
                    self.close_client();
                }
            }
            // Levels vanish with their session. While it is only replaced by another they stay.
            if self.session.is_none() {
                self.show_held();
            }
            self.degrade(&failure);
            failure
        })
    }

    fn tick(&mut self) -> Result<(), Interrupted> {
        let client = Arc::clone(&self.client);
        let client = &*client;
        if !self.connected {
            self.connect(client)?;
        }
        session::list(client, &self.kinds, &mut self.scratch, &mut self.listed)?;
        if self.session.is_none() || self.suspicious || self.listed != self.entities {
            self.enumerate(client)?;
        }
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let intake = session.read(client, &mut self.ledger, &mut self.samples, &self.clock)?;
        self.suspicious = intake.gone > 0;

        let now = self.clock.now();
        let silent_for = session.plan.silent_for(now);
        let too_long = session.plan.max_age();
        let last_sample = session.plan.changed();
        session.plan.cells(&self.ledger, &mut self.cells);
        let layout = Arc::clone(session.plan.layout());
        let snapshot = self.snapshot(&layout);
        self.spare = Some(self.hub.publish(snapshot));

        let series = self.cells.iter().flatten().count();
        self.shared.update(|report| {
            report.series = series;
        });
        if let Some(at) = last_sample {
            self.telemetry().sampled(at);
        }
        self.telemetry().samples(intake.values);
        self.telemetry().resets(intake.resets);
        // Not a reason to be degraded: the others are fine.
        if intake.failed > 0 {
            self.telemetry().failed(ErrorKind::Read);
        }
        if silent_for >= too_long {
            let message = format!("the engine has sampled nothing for {silent_for:.0?}");
            return Err(Interrupted::plain(ErrorKind::Stale, message));
        }
        if intake.values == 0 {
            let message = "the engine has a value of no field";
            return Err(Interrupted::plain(ErrorKind::Read, message));
        }
        self.recover();
        Ok(())
    }

    fn connect(&mut self, client: &dyn Client) -> Result<(), Interrupted> {
        let engine = session::connect(client)?;
        self.connected = true;
        let backend = client.backend();
        tracing::debug!(target = %backend.target, engine = engine.raw(), "connected");
        self.shared.connected(backend, engine);
        Ok(())
    }

    fn enumerate(&mut self, client: &dyn Client) -> Result<(), Interrupted> {
        // First the watches of the old session, so that the engine never has both.
        self.close_session();
        if self.listed.is_empty() {
            let message = "the engine has no GPU";
            return Err(Interrupted::plain(ErrorKind::Enumerate, message));
        }
        let session = Session::open(
            client,
            &self.kinds,
            self.interval,
            &mut self.ledger,
            &mut self.samples,
            self.clock.now(),
        )?;
        if session.plan.is_empty() {
            let message = "the engine's entities have none of the fields";
            return Err(Interrupted::plain(ErrorKind::Watch, message));
        }
        if let Some(refused) = &session.refused {
            tracing::warn!(error = %refused, "no profiling metrics");
        }
        self.shared
            .update(|report| report.entities = session.entities);
        if let Some(refused) = &session.refused {
            self.telemetry().failed(refused.kind);
        }
        self.entities.clone_from(&self.listed);
        self.session = Some(session);
        Ok(())
    }

    /// The values in memory that is used again, unless somebody still looks at it.
    fn snapshot(&mut self, layout: &Arc<crate::snapshot::Layout>) -> Arc<Snapshot> {
        match self.spare.take() {
            Some(mut spare) => {
                if let Some(snapshot) = Arc::get_mut(&mut spare) {
                    snapshot.refill(layout, &self.cells);
                    return spare;
                }
                Arc::new(Snapshot::new(layout, &self.cells))
            }
            None => Arc::new(Snapshot::new(layout, &self.cells)),
        }
    }

    /// Ends the session, if there is one.
    fn close_session(&mut self) {
        let Some(session) = self.session.take() else {
            return;
        };
        session.plan.forget_instances(&mut self.ledger);
        // Ending a watch calls the client, which may be what panicked.
        if catch_unwind(AssertUnwindSafe(|| drop(session))).is_err() {
            self.telemetry().failed(ErrorKind::Panic);
        }
        self.entities.clear();
    }

    /// Shows the counters, which hold, and nothing else.
    fn show_held(&mut self) {
        let now = self.clock.now();
        let held = Plan::new(
            Vec::new(),
            &Answers::default(),
            &mut self.ledger,
            self.interval,
            now,
        );
        held.cells(&self.ledger, &mut self.cells);
        let snapshot = self.snapshot(held.layout());
        self.spare = Some(self.hub.publish(snapshot));
        let series = self.cells.iter().flatten().count();
        self.shared.update(|report| {
            report.series = series;
            report.entities = 0;
        });
    }

    fn close_client(&self) {
        if catch_unwind(AssertUnwindSafe(|| self.client.close())).is_err() {
            self.telemetry().failed(ErrorKind::Panic);
        }
    }

    fn degrade(&self, failure: &Failure) {
        let now = self.clock.now();
        self.telemetry().failed(failure.kind);
        let news = self.shared.update(|report| {
            let before = report.reason.as_ref().map(|reason| reason.kind);
            if report.state != State::Degraded {
                report.state = State::Degraded;
                report.since = now;
            }
            report.reason = Some(failure.clone());
            before != Some(failure.kind)
        });
        if news {
            let hint = failure.hint.as_deref().unwrap_or_default();
            tracing::warn!(kind = %failure.kind, error = failure.message, hint, "no GPU metrics");
        }
    }

    fn recover(&self) {
        let now = self.clock.now();
        let news = self.shared.update(|report| {
            let news = report.state != State::Ready;
            if news {
                report.state = State::Ready;
                report.since = now;
                report.reason = None;
            }
            news.then_some((report.entities, report.series))
        });
        if let Some((entities, series)) = news {
            tracing::info!(entities, series, "GPU metrics");
        }
    }

    fn end(mut self) {
        self.close_session();
        self.show_held();
        self.close_client();
        let now = self.clock.now();
        self.shared.update(|report| {
            report.state = State::Stopped;
            report.since = now;
        });
    }
}
