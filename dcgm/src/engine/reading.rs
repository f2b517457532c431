//! Reading: the latest samples, and samples since a cursor.

use std::collections::HashMap;

use super::plan::plan;
use super::session::Session;
use super::watching::Watched;
use crate::client::Query;
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::entity::EntityId;
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::Absent;

/// Plans are kept for as many queries; a client has a handful.
const MOST_PLANS: usize = 16;

/// The latest samples, as put together from all samples.
#[derive(Debug, Default)]
pub(super) struct Collected {
    latest: HashMap<(EntityId, FieldId), (Samples, Timestamp)>,
    /// How far each watch was read.
    positions: HashMap<usize, Timestamp>,
}

impl Session {
    /// The latest sample of each pair of the query.
    pub(super) fn latest(&mut self, query: &Query, into: &mut Samples) -> Result<()> {
        if self.without_latest.is_none() {
            match self.ask_latest(query, into) {
                // Within a major, the library may be newer than the engine, and ask in a form that it does not know.
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
        if !self.plans.contains_key(&query.id()) {
            if self.plans.len() >= MOST_PLANS {
                self.plans.clear();
            }
            let calls = plan(query, self.limits());
            self.plans.insert(query.id(), (query.clone(), calls));
        }
        let Self {
            plans,
            records,
            line,
            ..
        } = self;
        let Some((_, calls)) = plans.get_mut(&query.id()) else {
            return Ok(());
        };
        into.reserve(query.len());
        for call in calls {
            // The lists are C's to read; it is not said that it does not write to them.
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
                        into.push(sample);
                    }
                },
            );
            (call.entities, call.fields) = (entities, fields);
            outcome?;
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
        for watched in watches.iter() {
            let key = std::sync::Arc::as_ptr(watched) as usize;
            let from = positions.get(&key).copied().unwrap_or(Timestamp::NEVER);
            let mut next = from;
            for pair in watched.pairs() {
                next = line
                    .dcgm()
                    .since(line.handle(), pair, from, scratch, &mut |sample| {
                        if sample.value == Err(Absent::NoData) {
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
            }
            positions.insert(key, next);
        }
        for (entities, fields) in query.blocks() {
            for entity in entities {
                for field in fields {
                    let known = latest
                        .get(&(*entity, *field))
                        .and_then(|(samples, _)| samples.nth(0));
                    let watched = || {
                        watches
                            .iter()
                            .any(|w| w.entities.contains(entity) && w.fields.contains(field))
                    };
                    into.push(known.unwrap_or_else(|| Sample {
                        entity: *entity,
                        field: *field,
                        timestamp: Timestamp::NEVER,
                        value: Err(if watched() {
                            Absent::NoData
                        } else {
                            Absent::NotWatched
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
        let from = cursor.ask_from(watched.began);
        let mut next: Option<Timestamp> = None;
        let Self { line, scratch, .. } = self;
        for pair in watched.pairs() {
            let answered =
                line.dcgm()
                    .since(line.handle(), pair, from, scratch, &mut |sample| {
                        // A pair without a new sample comes as one that says so.
                        if sample.value != Err(Absent::NoData) && cursor.is_new(&sample) {
                            into.push(sample);
                        }
                    })?;
            // The earliest answer: what came in between the calls is asked for again.
            next = Some(next.map_or(answered, |earlier| earlier.min(answered)));
        }
        // Only now, when every call has answered 0.
        if let Some(next) = next {
            cursor.commit(into.iter(), next);
        }
        Ok(())
    }
}
