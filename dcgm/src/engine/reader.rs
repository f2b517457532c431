//! [`Reader`]: reads the latest samples of a query, and the samples of a watch since a cursor.
//!
//! ```text
//!  read_latest ── engine knows the request ──► request_planned: Plan ──► by groups or by lists
//!       └──────── it does not (older than libdcgm) ──► CollectedSamples: all new samples of every watch
//!  read_events ──► samples since the cursor, each once
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use super::collected::CollectedSamples;
use super::connection::EngineConnection;
use super::grouped::{MAX_LISTED_VALUES, ReadStrategy};
use super::open_watches::{OpenWatches, Watched};
use super::plan::{Limits, Plan, ReadCall};
use super::release::Release;
use super::shared_groups::SharedGroups;
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::ffi::{self, Records, Transport};
use crate::field::FieldId;
use crate::query::Query;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::NoValue;

/// The maximum number of plans that are kept; a client has a handful of queries.
const MAX_PLANS: usize = 16;

/// The error of an engine that does not know a field of a request.
const REFUSAL: Error = Error::Call {
    function: "dcgmEntitiesGetLatestValues",
    code: ReturnCode::GENERIC_ERROR,
};

/// The plans of the queries that were read, and the memory for reading.
#[derive(Debug, Default)]
pub(super) struct Reader {
    plans: HashMap<u64, PlannedQuery>,
    records: Records,
    buffer: ffi::GroupBuffer,
    scratch: String,
    /// Set for an engine that does not know the request for latest values.
    collected: Option<CollectedSamples>,
}

/// A plan with the strategy for reading it.
#[derive(Debug)]
struct PlannedQuery {
    plan: Plan,
    strategy: ReadStrategy,
}

impl Reader {
    /// Reads the latest sample of each pair of the query.
    pub(super) fn read_latest(
        &mut self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        watches: &OpenWatches,
        query: &Query,
        into: &mut Samples,
    ) -> Result<()> {
        if self.collected.is_none() {
            match self.request_planned(connection, groups, query, into) {
                // The library may be newer than the engine within a major version, and use a request
                // that the engine does not know, or in another version.
                Err(error) if Release::is_request_unknown(&error) => {
                    tracing::warn!(
                        library = %connection.library,
                        engine = %connection.engine,
                        "the host engine does not know libdcgm's request for latest values; every sample is read \
                         instead, which costs more. Install the same release of both"
                    );
                }
                outcome => return outcome,
            }
        }
        into.clear();
        let collected = self.collected.get_or_insert_default();
        collected.read_latest(connection, &watches.to_vec(), query, into)
    }

    /// Reads a query by its plan, which is made first if there is none.
    fn request_planned(
        &mut self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        query: &Query,
        into: &mut Samples,
    ) -> Result<()> {
        let mut planned = match self.plans.remove(&query.query_id()) {
            Some(planned) => planned,
            None => self.make_plan(connection, groups, query)?,
        };
        into.reserve(query.len());
        let outcome = match self.read_groups(connection, groups, &mut planned, into) {
            Ok(true) => Ok(()),
            Ok(false) => self.read_lists(connection, &mut planned, into),
            Err(error) => Err(error),
        };
        if outcome.is_ok() {
            for (entity, field) in planned.plan.excluded_pairs() {
                into.push(Sample {
                    entity,
                    field,
                    timestamp: Timestamp::NEVER,
                    value: Err(NoValue::NotSupported),
                });
            }
        }
        // An engine that refuses every field has a fault. If the plan were kept, the fields would stay
        // excluded after the engine has recovered.
        if !planned.plan.calls.is_empty() || outcome.is_ok() {
            self.plans.insert(query.query_id(), planned);
        }
        outcome
    }

    /// Makes a plan for a query, and drops plans of dropped queries.
    fn make_plan(
        &mut self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        query: &Query,
    ) -> Result<PlannedQuery> {
        let is_full = self.plans.len() >= MAX_PLANS;
        let (dropped, kept) = core::mem::take(&mut self.plans)
            .into_iter()
            .partition(|(_, planned)| is_full || planned.plan.query_dropped());
        self.plans = kept;
        for planned in HashMap::into_values(dropped) {
            planned.strategy.release_groups(connection, groups)?;
        }
        // A field that the library does not know fails the whole call.
        let is_known = |field| connection.dcgm().knows_field(field);
        Ok(PlannedQuery {
            plan: Plan::new(query, list_limits(connection), is_known),
            strategy: ReadStrategy::default(),
        })
    }

    /// Reads by groups, and returns `true`; or returns `false` without reading if the plan is read by
    /// lists.
    fn read_groups(
        &mut self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
        PlannedQuery { plan, strategy }: &mut PlannedQuery,
        into: &mut Samples,
    ) -> Result<bool> {
        if matches!(strategy, ReadStrategy::Read) {
            *strategy = ReadStrategy::choose(connection, groups, plan, list_limits(connection))?;
        }
        let ReadStrategy::Groups(calls) = &*strategy else {
            return Ok(false);
        };
        let outcome = calls.iter().try_for_each(|call| {
            let outcome = call.read(connection, &mut self.buffer, into);
            if let Err(error) = &outcome {
                groups.drop_gone(call.pair, error);
            }
            outcome
        });
        let Err(error) = outcome else {
            return Ok(true);
        };
        if error.ends_connection() {
            return Err(error);
        }
        // Another client has destroyed a group, or the engine refuses a field: reading by lists finds
        // out which.
        tracing::debug!(%error, "reading by groups failed; reading by lists from now on");
        into.clear();
        core::mem::take(strategy).release_groups(connection, groups)?;
        *strategy = ReadStrategy::Lists;
        Ok(false)
    }

    /// Reads by lists of pairs. Fields that the engine refuses are excluded from the plan.
    fn read_lists(
        &mut self,
        connection: &EngineConnection,
        PlannedQuery { plan, strategy }: &mut PlannedQuery,
        into: &mut Samples,
    ) -> Result<()> {
        while let Some(fields) = self.read_calls(connection, plan, into)? {
            // No single field is refused: there is nothing to exclude.
            if fields.is_empty() {
                return Err(REFUSAL);
            }
            plan.exclude_fields(&fields, list_limits(connection));
            *strategy = ReadStrategy::default();
            if plan.calls.is_empty() {
                return Err(REFUSAL);
            }
            tracing::warn!(
                ?fields,
                "the engine refuses to read these fields; they are excluded"
            );
        }
        if matches!(strategy, ReadStrategy::Unread) {
            *strategy = ReadStrategy::Read;
            // Most queries are read by groups from now on, or never again.
            if plan.value_count() > MAX_LISTED_VALUES {
                self.records = Records::default();
            }
        }
        Ok(())
    }

    /// Makes the calls of a plan. Returns the fields that the engine refuses if it refuses a call.
    fn read_calls(
        &mut self,
        connection: &EngineConnection,
        plan: &mut Plan,
        into: &mut Samples,
    ) -> Result<Option<Vec<FieldId>>> {
        into.clear();
        for call in &mut plan.calls {
            // C takes the lists as mutable, and DCGM does not guarantee that it does not write to them.
            let (mut entities, mut fields) = (
                core::mem::take(&mut call.entities),
                core::mem::take(&mut call.fields),
            );
            let outcome = self.records.read_list(
                connection,
                &mut entities,
                &mut fields,
                |entity, field, sample| {
                    if call.is_requested(entity, field) {
                        into.push(sample);
                    }
                },
            );
            (call.entities, call.fields) = (entities, fields);
            if is_refusal(&outcome) {
                // An engine that does not know one of the fields does not say which.
                return self.find_refused_fields(connection, call).map(Some);
            }
            outcome?;
        }
        Ok(None)
    }

    /// Finds the fields of a call that the engine refuses, by requesting each alone; those that fail are
    /// requested once more, so that a temporary refusal does not exclude a field.
    fn find_refused_fields(
        &mut self,
        connection: &EngineConnection,
        call: &ReadCall,
    ) -> Result<Vec<FieldId>> {
        let entity: Vec<_> = call.entities.iter().take(1).copied().collect();
        let mut refused = call.fields.clone();
        for _ in 0..2 {
            let mut still_refused = Vec::new();
            for field in refused {
                let mut entity = entity.clone();
                let outcome =
                    self.records
                        .read_list(connection, &mut entity, &mut [field], |_, _, _| {});
                if is_refusal(&outcome) {
                    still_refused.push(field);
                } else {
                    outcome?;
                }
            }
            refused = still_refused;
        }
        Ok(refused.into_iter().map(FieldId::from_raw).collect())
    }

    /// Reads the samples of a watch since the cursor, each once.
    pub(super) fn read_events(
        &mut self,
        connection: &EngineConnection,
        watched: &Arc<Watched>,
        cursor: &mut Cursor,
        into: &mut Samples,
    ) -> Result<()> {
        check_session(connection, watched)?;
        let from = cursor.begin_read(
            (&watched.entities, &watched.fields),
            watched.began,
            watched.session,
        );
        let next = watched.read_since(connection, from, &mut self.scratch, &mut |sample| {
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

    /// Passes every sample of a watch since a time to `take`. Returns the start of the next read.
    #[cfg(all(feature = "isolated", target_os = "linux"))]
    pub(super) fn read_since(
        &mut self,
        connection: &EngineConnection,
        watched: &Watched,
        from: Timestamp,
        take: &mut dyn FnMut(Sample<'_>),
    ) -> Result<Option<Timestamp>> {
        check_session(connection, watched)?;
        watched.read_since(connection, from, &mut self.scratch, take)
    }

    /// Releases the groups of all plans.
    pub(super) fn release_plans(
        &mut self,
        connection: &EngineConnection,
        groups: &mut SharedGroups,
    ) {
        for (_, planned) in core::mem::take(&mut self.plans) {
            drop(planned.strategy.release_groups(connection, groups));
        }
    }
}

/// Fails for a watch of an earlier connection, which the engine no longer has.
fn check_session(connection: &EngineConnection, watched: &Watched) -> Result<()> {
    if watched.session == connection.number {
        return Ok(());
    }
    Err(Error::Call {
        function: "dcgmGetValuesSince_v2",
        code: ReturnCode::NOT_WATCHED,
    })
}

/// Returns the limits of a call for latest values by lists.
fn list_limits(connection: &EngineConnection) -> Limits {
    Limits {
        entities: connection.release.max_entities(),
        fields: 128,
        // 4 MiB of buffer.
        values: 1024,
        bytes: match connection.transport {
            Transport::Tcp => Some(connection.release.max_tcp_bytes()),
            Transport::Embedded | Transport::Unix | Transport::Vsock => None,
        },
    }
}

fn is_refusal(outcome: &Result<()>) -> bool {
    let code = outcome.as_ref().err().and_then(Error::code);
    code == Some(ReturnCode::GENERIC_ERROR)
}
