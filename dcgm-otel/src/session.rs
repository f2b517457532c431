//! A session with an engine: from the connection to the samples, a step a function.

use std::time::{Duration, Instant};

use dcgm::{BuildInfo, Client, EntityId, EntityKind, Error, Query, Samples, Watch, WatchRequest};

use crate::candidates::{self, Answers, Candidate};
use crate::clock::Clock;
use crate::counters::Ledger;
use crate::health::{ErrorKind, Failure};
use crate::plan::{Intake, Plan};

/// What ended a tick before its time.
#[derive(Debug)]
pub(crate) struct Interrupted {
    pub(crate) failure: Failure,
    /// Whether the connection is lost with it.
    pub(crate) lost: bool,
}

impl Interrupted {
    pub(crate) fn plain(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            failure: Failure::new(kind, message),
            lost: false,
        }
    }
}

/// An error of the client's, met in a step.
fn during(kind: ErrorKind) -> impl Fn(Error) -> Interrupted {
    move |error| Interrupted {
        failure: Failure::of(kind, &error),
        // A connection on which a call hung is not worth another try.
        lost: error.is_disconnected() || error.is_timeout(),
    }
}

/// Connects, and asks the engine what it is.
pub(crate) fn connect(client: &dyn Client) -> Result<BuildInfo, Interrupted> {
    match client.connect() {
        Ok(()) | Err(Error::AlreadyConnected) => {}
        Err(error) => {
            return Err(Interrupted {
                lost: true,
                ..during(ErrorKind::Connect)(error)
            });
        }
    }
    client.engine().map_err(during(ErrorKind::Init))
}

/// The entities that there are, of the kinds that matter. `buffer` is scratch memory.
pub(crate) fn list(
    client: &dyn Client,
    kinds: &[EntityKind],
    buffer: &mut Vec<EntityId>,
    into: &mut Vec<EntityId>,
) -> Result<(), Interrupted> {
    into.clear();
    for kind in kinds {
        match client.list(*kind, buffer) {
            Ok(()) => into.extend_from_slice(buffer),
            Err(error) if error.is_disconnected() || error.is_timeout() => {
                return Err(during(ErrorKind::Enumerate)(error));
            }
            // An engine that cannot list a kind has none of it. GPUs every engine can list.
            Err(error) if *kind == EntityKind::GPU => {
                return Err(during(ErrorKind::Enumerate)(error));
            }
            Err(_) => {}
        }
    }
    Ok(())
}

/// The entities of a host, watched.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) plan: Plan,
    /// How many entities there are.
    pub(crate) entities: usize,
    /// Why there are no profiling metrics although the hardware has them.
    pub(crate) refused: Option<Failure>,
    query: Query,
    /// Whose end would end the sampling.
    _watches: Vec<Watch>,
}

impl Session {
    /// Enumerates, has the engine sample what the catalogue needs, and finds out which source each
    /// series has.
    pub(crate) fn open(
        client: &dyn Client,
        kinds: &[EntityKind],
        interval: Duration,
        ledger: &mut Ledger,
        samples: &mut Samples,
        now: Instant,
    ) -> Result<Self, Interrupted> {
        let mut entities = client
            .entities(kinds)
            .map_err(during(ErrorKind::Enumerate))?;
        entities.sort_by_key(|entity| entity.id);
        let candidates = candidates::of(&entities);
        let mut watches = Vec::new();
        let mut answers = Answers::default();

        let wanted = candidates::fields(&candidates, false);
        watch(client, wanted, interval, &mut watches).map_err(during(ErrorKind::Watch))?;
        ask(client, &watches, samples, &mut answers)?;

        // Profiling counters are scarce, have one owner a host, and some hardware has none: they
        // have watches of their own, are asked for where nothing else has the value, and cost only
        // themselves if refused.
        let rest = candidates
            .iter()
            .filter(|candidate| is_open(candidate, &answers));
        let profiling = candidates::fields(rest, true);
        let before = watches.len();
        let refused = match watch(client, profiling, interval, &mut watches) {
            Ok(()) => None,
            Err(error) if error.is_disconnected() || error.is_timeout() => {
                return Err(during(ErrorKind::Watch)(error));
            }
            Err(error) if error.is_unsupported() => None,
            Err(error) => Some(Failure::of(ErrorKind::Watch, &error)),
        };
        ask(
            client,
            watches.get(before..).unwrap_or_default(),
            samples,
            &mut answers,
        )?;

        let plan = Plan::new(candidates, &answers, ledger, interval, now);
        let query = plan.query();
        Ok(Self {
            plan,
            entities: entities.len(),
            refused,
            query,
            _watches: watches,
        })
    }

    /// Reads, and counts.
    pub(crate) fn read(
        &mut self,
        client: &dyn Client,
        ledger: &mut Ledger,
        samples: &mut Samples,
        clock: &Clock,
    ) -> Result<Intake, Interrupted> {
        client.update().map_err(during(ErrorKind::Read))?;
        client
            .latest(&self.query, samples)
            .map_err(during(ErrorKind::Read))?;
        Ok(self.plan.take(samples, ledger, clock.now()))
    }
}

/// Whether a better source than those found so far may be among the profiling fields.
fn is_open(candidate: &Candidate, answers: &Answers) -> bool {
    let chosen = answers.choose(candidate);
    candidate.sources.first() != chosen.as_ref()
}

fn watch(
    client: &dyn Client,
    blocks: Vec<(Vec<EntityId>, Vec<dcgm::FieldId>)>,
    interval: Duration,
    watches: &mut Vec<Watch>,
) -> dcgm::Result<()> {
    let wanted = blocks.len();
    let before = watches.len();
    let mut first = None;
    for (entities, fields) in blocks {
        match client.watch(&WatchRequest::new(entities, fields).every(interval)) {
            Ok(watch) => watches.push(watch),
            Err(error) if error.is_disconnected() || error.is_timeout() => return Err(error),
            // The other kinds may still be watched.
            Err(error) => first = first.or(Some(error)),
        }
    }
    match first {
        Some(error) if wanted > 0 && watches.len() == before => Err(error),
        _ => Ok(()),
    }
}

fn ask(
    client: &dyn Client,
    watches: &[Watch],
    samples: &mut Samples,
    answers: &mut Answers,
) -> Result<(), Interrupted> {
    let query = Query::of(watches);
    if !query.is_empty() {
        client.update().map_err(during(ErrorKind::Read))?;
        client
            .latest(&query, samples)
            .map_err(during(ErrorKind::Read))?;
        answers.take(samples);
    }
    Ok(())
}
