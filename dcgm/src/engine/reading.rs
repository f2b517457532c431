//! Reads the latest samples of a query, and the samples of a watch since a cursor.
//!
//! ```text
//!  read_latest ── engine knows the request ──► request_planned: Plan ──► read_groups or read_lists
//!       └──────── it does not (older than libdcgm) ──► collect_latest: all new samples of every watch
//!  read_events ──► samples since the cursor, each once
//! ```

use std::collections::HashMap;

use super::connection::Connection;
use super::groups::ReadStrategy;
use super::plan::{Plan, ReadCall};
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

/// The maximum number of plans that are kept; a client has a handful of queries.
const MAX_PLANS: usize = 16;

/// The latest samples, collected from all samples.
#[derive(Debug, Default)]
pub(super) struct CollectedSamples {
    latest: HashMap<(EntityId, FieldId), (Samples, Timestamp)>,
    /// The time up to which each watch was read.
    positions: HashMap<u64, Timestamp>,
}

impl Session {
    /// Reads the latest sample of each pair of the query.
    pub(super) fn read_latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        if self.without_latest.is_none() {
            match self.request_planned(query, into) {
                // The library may be newer than the engine within a major version, and use a request
                // that the engine does not know.
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
                    self.without_latest = Some(CollectedSamples::default());
                    into.clear();
                }
                outcome => return outcome,
            }
        }
        self.collect_latest(query, into)
    }

    /// Reads a query by its plan, which is made first if there is none.
    fn request_planned(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        let mut plan = match self.plans.remove(&query.query_id()) {
            Some(plan) => plan,
            None => self.make_plan(query)?,
        };
        into.reserve(query.len());
        let outcome = match self.read_groups(&mut plan, into) {
            Ok(true) => Ok(()),
            Ok(false) => self.read_lists(&mut plan, into),
            Err(error) => Err(error),
        };
        if outcome.is_ok() {
            for (entity, field) in plan.excluded_pairs() {
                let value = Err(NoValue::NotSupported);
                into.push(Sample {
                    entity,
                    field,
                    timestamp: Timestamp::NEVER,
                    value,
                });
            }
        }
        // An engine that refuses every field has a fault. If the plan were kept, the fields would stay
        // excluded after the engine has recovered.
        if !plan.calls.is_empty() || outcome.is_ok() {
            self.plans.insert(query.query_id(), plan);
        }
        outcome
    }

    /// Makes a plan for a query, and drops plans of dropped queries.
    fn make_plan(&mut self, query: &Query) -> Result<Plan> {
        let is_full = self.plans.len() >= MAX_PLANS;
        let (dropped, kept) = core::mem::take(&mut self.plans)
            .into_iter()
            .partition(|(_, plan)| is_full || plan.query_dropped());
        self.plans = kept;
        for mut plan in HashMap::into_values(dropped) {
            self.release_plan(&mut plan)?;
        }
        let dcgm = self.connection.dcgm();
        // A field that the library does not know fails the whole call.
        let known = |field| dcgm.knows_field(field);
        Ok(Plan::new(query, self.call_limits(), known))
    }

    /// Reads by lists of pairs. Fields that the engine refuses are excluded from the plan.
    fn read_lists(&mut self, plan: &mut Plan, into: &mut Samples) -> Result<()> {
        let refusal = Error::Call {
            function: "dcgmEntitiesGetLatestValues",
            code: ReturnCode::GENERIC_ERROR,
        };
        let limits = self.call_limits();
        let Self {
            records,
            connection,
            ..
        } = self;
        loop {
            let mut refused = None;
            for call in &mut plan.calls {
                match request_latest(connection, records, call, |sample| into.push(sample)) {
                    Ok(()) => {}
                    // An engine that does not know one of the fields does not say which.
                    Err(Error::Call {
                        code: ReturnCode::GENERIC_ERROR,
                        ..
                    }) => {
                        refused = Some(find_refused_fields(connection, records, call)?);
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            match refused {
                None => break,
                // No single field is refused: there is nothing to exclude.
                Some(fields) if fields.is_empty() => return Err(refusal),
                Some(fields) => {
                    plan.exclude_fields(&fields, limits);
                    into.clear();
                    if plan.calls.is_empty() {
                        return Err(refusal);
                    }
                    tracing::warn!(
                        ?fields,
                        "the engine refuses to read these fields; they are excluded"
                    );
                }
            }
        }
        if matches!(plan.strategy, ReadStrategy::Unread) {
            plan.strategy = ReadStrategy::Read;
        }
        Ok(())
    }

    /// Reads the new samples of every watch, and fills in the query from the samples read so far.
    fn collect_latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        let Self {
            without_latest,
            watches,
            connection,
            scratch,
            ..
        } = self;
        let Some(CollectedSamples { latest, positions }) = without_latest else {
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
            let next = read_pairs_since(connection, watched, from, scratch, &mut |sample| {
                let (kept, newest) = latest.entry((sample.entity, sample.field)).or_default();
                if sample.timestamp >= *newest {
                    *newest = sample.timestamp;
                    kept.clear();
                    kept.push(sample);
                }
            })?;
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

    /// Reads the samples of a watch since the cursor, each once.
    pub(super) fn read_events(
        &mut self,
        watched: &Watched,
        cursor: &mut Cursor,
        into: &mut Samples,
    ) -> Result<()> {
        into.clear();
        let ended = Error::Call {
            function: "dcgmGetValuesSince_v2",
            code: ReturnCode::NOT_WATCHED,
        };
        if watched.session != self.number {
            return Err(ended);
        }
        let from = cursor.begin_read(
            (&watched.entities, &watched.fields),
            watched.began,
            watched.session,
        );
        let Self {
            connection,
            scratch,
            ..
        } = self;
        let next = read_pairs_since(connection, watched, from, scratch, &mut |sample| {
            if cursor.is_new(&sample) {
                into.push(sample);
            }
        })?;
        // Only now, when every call has succeeded.
        if let Some(next) = next {
            cursor.commit(&watched.entities, into.iter(), next);
        }
        Ok(())
    }
}

/// Passes every sample of a watch since a time to `take`. Returns the start of the next read, or `None`
/// if the watch has no pair of groups.
fn read_pairs_since(
    connection: &Connection,
    watched: &Watched,
    from: Timestamp,
    scratch: &mut String,
    take: &mut dyn FnMut(Sample<'_>),
) -> Result<Option<Timestamp>> {
    let mut next: Option<Timestamp> = None;
    for pair in watched.group_pairs() {
        let read_until = connection.dcgm().read_since(
            connection.handle(),
            pair,
            from,
            scratch,
            &mut |sample| {
                // A pair without a new sample is reported by a sample without data.
                if sample.value != Err(NoValue::NoData) {
                    take(sample);
                }
            },
        )?;
        // The earliest time, so that samples taken between the calls are not skipped.
        next = Some(next.map_or(read_until, |earlier| earlier.min(read_until)));
    }
    Ok(next)
}

/// Makes one call, and passes the requested samples to `take`.
fn request_latest(
    connection: &Connection,
    records: &mut Records,
    call: &mut ReadCall,
    mut take: impl FnMut(Sample<'_>),
) -> Result<()> {
    // C takes the lists as mutable, and DCGM does not guarantee that it does not write to them.
    let (mut entities, mut fields) = (
        std::mem::take(&mut call.entities),
        std::mem::take(&mut call.fields),
    );
    let outcome = records.read_list(
        connection.dcgm(),
        connection.handle(),
        &mut entities,
        &mut fields,
        |entity, field, sample| {
            if call.is_requested(entity, field) {
                take(sample);
            }
        },
    );
    (call.entities, call.fields) = (entities, fields);
    outcome
}

/// Finds the fields of a call that the engine refuses, by requesting each alone; those that fail are
/// requested once more, so that a temporary refusal does not exclude a field.
fn find_refused_fields(
    connection: &Connection,
    records: &mut Records,
    call: &ReadCall,
) -> Result<Vec<FieldId>> {
    let entity: Vec<_> = call.entities.iter().take(1).copied().collect();
    let mut refused = call.fields.clone();
    for _ in 0..2 {
        let mut still_refused = Vec::new();
        for field in refused {
            let mut entity = entity.clone();
            match records.read_list(
                connection.dcgm(),
                connection.handle(),
                &mut entity,
                &mut [field],
                |_, _, _| {},
            ) {
                Ok(()) => {}
                Err(Error::Call {
                    code: ReturnCode::GENERIC_ERROR,
                    ..
                }) => still_refused.push(field),
                Err(error) => return Err(error),
            }
        }
        refused = still_refused;
    }
    Ok(refused.into_iter().map(FieldId::from_raw).collect())
}
