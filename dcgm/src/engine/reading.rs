//! Reading: the latest samples, and samples since a cursor.

use std::collections::HashMap;

use super::groups::Way;
use super::line::Line;
use super::plan::{Call, Plan};
use super::session::Session;
use super::watching::Watched;
use crate::client::Query;
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::ffi::Records;
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::NoValue;

/// Plans are kept for as many queries; a client has a handful.
const MOST_PLANS: usize = 16;

/// The latest samples, as put together from all samples.
#[derive(Debug, Default)]
pub(super) struct Collected {
    latest: HashMap<(EntityId, FieldId), (Samples, Timestamp)>,
    /// How far each watch was read.
    positions: HashMap<u64, Timestamp>,
}

impl Session {
    /// The latest sample of each pair of the query.
    pub(super) fn latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        if self.without_latest.is_none() {
            match self.ask_latest(query, into) {
                // Within a major, the library may be newer than the engine, and ask in a form that
                // it does not know.
                Err(Error::Call {
                    code: ReturnCode::FUNCTION_NOT_FOUND,
                    ..
                }) => {
                    tracing::warn!(
                        library = %self.library,
                        engine = %self.engine,
                        "the host engine is older than libdcgm and does not know its request for latest values; \
                         every sample is read instead, which costs more. Upgrade the engine"
                    );
                    self.without_latest = Some(Collected::default());
                    into.clear();
                }
                outcome => return outcome,
            }
        }
        self.collect_latest(query, into)
    }

    fn ask_latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        let mut plan = match self.plans.remove(&query.id()) {
            Some(plan) => plan,
            None => self.plan(query)?,
        };
        into.reserve(query.len());
        let outcome = match self.read_groups(&mut plan, into) {
            Ok(true) => Ok(()),
            Ok(false) => self.read_lists(&mut plan, into),
            Err(error) => Err(error),
        };
        if outcome.is_ok() {
            for (entity, field) in plan.left_out() {
                let value = Err(NoValue::NotSupported);
                into.push(Sample {
                    entity,
                    field,
                    timestamp: Timestamp::NEVER,
                    value,
                });
            }
        }
        // An engine that refuses everything is sick. Left out for good, the fields would be missed
        // when it is well again.
        if !plan.calls.is_empty() || outcome.is_ok() {
            self.plans.insert(query.id(), plan);
        }
        outcome
    }

    /// How a query is to be read.
    fn plan(&mut self, query: &Query) -> Result<Plan> {
        let is_full = self.plans.len() >= MOST_PLANS;
        let (forgotten, kept) = core::mem::take(&mut self.plans)
            .into_iter()
            .partition(|(_, plan)| is_full || plan.is_forgotten());
        self.plans = kept;
        for mut plan in HashMap::into_values(forgotten) {
            self.release_plan(&mut plan)?;
        }
        let dcgm = self.line.dcgm();
        // One field that the library does not know fails a whole call.
        let known = |field| dcgm.knows_field(field);
        Ok(Plan::new(query, self.limits(), known))
    }

    /// Asks for a list of pairs in each call.
    fn read_lists(&mut self, plan: &mut Plan, into: &mut Samples) -> Result<()> {
        let refusal = Error::Call {
            function: "dcgmEntitiesGetLatestValues",
            code: ReturnCode::GENERIC_ERROR,
        };
        let limits = self.limits();
        let Self { records, line, .. } = self;
        loop {
            let mut refused = None;
            for call in &mut plan.calls {
                match ask(line, records, call, |sample| into.push(sample)) {
                    Ok(()) => {}
                    // An engine that does not know one of the fields explains as little.
                    Err(Error::Call {
                        code: ReturnCode::GENERIC_ERROR,
                        ..
                    }) => {
                        refused = Some(refused_fields(line, records, call)?);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            match refused {
                None => break,
                // None by itself: there is nothing to leave out.
                Some(fields) if fields.is_empty() => return Err(refusal),
                Some(fields) => {
                    plan.leave_out(&fields, limits);
                    into.clear();
                    if plan.calls.is_empty() {
                        return Err(refusal);
                    }
                    tracing::warn!(
                        ?fields,
                        "the engine refuses to read these fields; they are left out"
                    );
                }
            }
        }
        if matches!(plan.way, Way::Unread) {
            plan.way = Way::Read;
        }
        Ok(())
    }

    /// Reads what is new of every watch, and answers the query from what was read so far.
    fn collect_latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        let Self {
            without_latest,
            watches,
            line,
            scratch,
            ..
        } = self;
        let Some(Collected { latest, positions }) = without_latest else {
            return Ok(());
        };
        let open_watches = watches.lock().clone();
        let open = |number: &u64| open_watches.iter().any(|watched| watched.number == *number);
        positions.retain(|number, _| open(number));
        for watched in &open_watches {
            let from = positions
                .get(&watched.number)
                .copied()
                .unwrap_or(Timestamp::NEVER);
            let mut next: Option<Timestamp> = None;
            for pair in watched.pairs() {
                let answered =
                    line.dcgm()
                        .since(line.handle(), pair, from, scratch, &mut |sample| {
                            if sample.value == Err(NoValue::NoData) {
                                return;
                            }
                            let (kept, newest) =
                                latest.entry((sample.entity, sample.field)).or_default();
                            if sample.timestamp >= *newest {
                                *newest = sample.timestamp;
                                kept.clear();
                                kept.push(sample);
                            }
                        })?;
                // The earliest answer, so that what came in between the calls is not passed over.
                next = Some(next.map_or(answered, |earlier| earlier.min(answered)));
            }
            positions.insert(watched.number, next.unwrap_or(from));
        }
        for (entities, fields) in query.blocks() {
            for entity in entities {
                for field in fields {
                    let known = latest
                        .get(&(*entity, *field))
                        .and_then(|(samples, _)| samples.get(0));
                    let is_watched = || {
                        open_watches
                            .iter()
                            .any(|w| w.entities.contains(entity) && w.fields.contains(field))
                    };
                    into.push(known.unwrap_or_else(|| Sample {
                        entity: *entity,
                        field: *field,
                        timestamp: Timestamp::NEVER,
                        value: Err(if is_watched() {
                            NoValue::NoData
                        } else {
                            NoValue::NotWatched
                        }),
                    }));
                }
            }
        }
        Ok(())
    }

    /// The samples of a watch since the cursor, each once.
    pub(super) fn events(
        &mut self,
        watched: &Watched,
        cursor: &mut Cursor,
        into: &mut Samples,
    ) -> Result<()> {
        let gone = Error::Call {
            function: "dcgmGetValuesSince_v2",
            code: ReturnCode::NOT_WATCHED,
        };
        if watched.session != self.number {
            return Err(gone);
        }
        let from = cursor.begin_read(&watched.entities, watched.began);
        let mut next: Option<Timestamp> = None;
        let Self { line, scratch, .. } = self;
        for pair in watched.pairs() {
            let answered =
                line.dcgm()
                    .since(line.handle(), pair, from, scratch, &mut |sample| {
                        // A pair without a new sample comes as one that says so.
                        if sample.value != Err(NoValue::NoData) && cursor.is_new(&sample) {
                            into.push(sample);
                        }
                    })?;
            // The earliest answer: what came in between the calls is asked for again.
            next = Some(next.map_or(answered, |earlier| earlier.min(answered)));
        }
        // Only now, when every call has answered 0.
        if let Some(next) = next {
            cursor.commit(&watched.entities, into.iter(), next);
        }
        Ok(())
    }
}

fn ask(
    line: &Line,
    records: &mut Records,
    call: &mut Call,
    mut take: impl FnMut(Sample<'_>),
) -> Result<()> {
    // The lists are C's to read; nobody promises that it does not write to them.
    let (mut entities, mut fields) = (
        std::mem::take(&mut call.entities),
        std::mem::take(&mut call.fields),
    );
    let outcome = records.latest(
        line.dcgm(),
        line.handle(),
        &mut entities,
        &mut fields,
        |entity, field, sample| {
            if call.wants(entity, field) {
                take(sample);
            }
        },
    );
    (call.entities, call.fields) = (entities, fields);
    outcome
}

/// Which of a call's fields the engine refuses, found by asking for each; and for those once more,
/// because what it refuses only for a moment is not to be left out.
fn refused_fields(line: &Line, records: &mut Records, call: &Call) -> Result<Vec<FieldId>> {
    let entity: Vec<_> = call.entities.iter().take(1).copied().collect();
    let mut refused = call.fields.clone();
    for _ in 0..2 {
        let mut again = Vec::new();
        for field in refused {
            let mut entity = entity.clone();
            match records.latest(
                line.dcgm(),
                line.handle(),
                &mut entity,
                &mut [field],
                |_, _, _| {},
            ) {
                Ok(()) => {}
                Err(Error::Call {
                    code: ReturnCode::GENERIC_ERROR,
                    ..
                }) => again.push(field),
                Err(error) => return Err(error),
            }
        }
        refused = again;
    }
    Ok(refused.into_iter().map(FieldId::from_raw).collect())
}
