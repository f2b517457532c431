//! [`CollectedSamples`]: the latest samples of an engine that does not know the request for them,
//! collected from all samples of every watch.

use std::collections::HashMap;
use std::sync::Arc;

use super::connection::EngineConnection;
use super::open_watches::Watched;
use crate::entity::EntityId;
use crate::error::Result;
use crate::field::FieldId;
use crate::query::Query;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::NoValue;

/// The latest samples of all watches.
#[derive(Debug, Default)]
pub(super) struct CollectedSamples {
    latest: HashMap<(EntityId, FieldId), (Samples, Timestamp)>,
    /// The time up to which each watch was read.
    positions: HashMap<u64, Timestamp>,
}

impl CollectedSamples {
    /// Reads the new samples of every watch, and fills in the query from the samples read so far.
    pub(super) fn read_latest(
        &mut self,
        connection: &EngineConnection,
        watches: &[Arc<Watched>],
        query: &Query,
        into: &mut Samples,
    ) -> Result<()> {
        self.collect_new(connection, watches)?;
        for (entity, field) in query.pairs() {
            let known = self
                .latest
                .get(&(entity, field))
                .and_then(|(samples, _)| samples.get(0));
            let is_watched = || {
                watches
                    .iter()
                    .any(|w| w.entities.contains(&entity) && w.fields.contains(&field))
            };
            into.push(known.unwrap_or_else(|| Sample {
                entity,
                field,
                timestamp: Timestamp::NEVER,
                value: Err(if is_watched() {
                    NoValue::NoData
                } else {
                    NoValue::NotWatched
                }),
            }));
        }
        Ok(())
    }

    fn collect_new(
        &mut self,
        connection: &EngineConnection,
        watches: &[Arc<Watched>],
    ) -> Result<()> {
        let Self { latest, positions } = self;
        let is_open = |number: &u64| watches.iter().any(|watched| watched.number == *number);
        positions.retain(|number, _| is_open(number));
        let mut scratch = String::new();
        for watched in watches {
            let from = positions
                .get(&watched.number)
                .copied()
                .unwrap_or(Timestamp::NEVER);
            let next = watched.read_since(connection, from, &mut scratch, &mut |sample| {
                let (kept, newest) = latest.entry((sample.entity, sample.field)).or_default();
                if sample.timestamp >= *newest {
                    *newest = sample.timestamp;
                    kept.clear();
                    kept.push(sample);
                }
            })?;
            positions.insert(watched.number, next.unwrap_or(from));
        }
        Ok(())
    }
}
