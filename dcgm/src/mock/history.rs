//! The implementation of [`HistoryClient`] for [`Mock`].

use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::history::{
    FieldMeta, FieldSummary, FieldWatcher, FieldWatchers, HistoryClient, MAX_HISTORY_SAMPLES,
    SampleOrder, TimeWindow, WatcherKind,
};
use crate::mock::engine::refusal_error;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::ValueType;

/// The mock does not discard samples.
const KEEP_AGE: Duration = Duration::from_secs(3600);

/// The engine lists no more watchers.
const MAX_WATCHERS: usize = 10;

impl Mock {
    /// Returns the cached samples of a period, ascending; an error if there is none and no client watches.
    fn cached(&self, entity: EntityId, field: FieldId, window: TimeWindow) -> Result<Samples> {
        let refused = |code| Err(refusal_error(Call::History, code));
        if field.info().is_none() {
            return refused(ReturnCode::UNKNOWN_FIELD);
        }
        let clock = &self.inner.clock;
        let state = self.inner.state.lock();
        let readings = state.cached_samples((entity, field), Duration::ZERO, clock.now());
        let mut samples = Samples::new();
        for (at, reading) in &readings {
            let sample = Sample {
                entity,
                field,
                timestamp: clock.timestamp(*at),
                value: reading
                    .as_ref()
                    .map(|value| value.as_value())
                    .map_err(|reason| *reason),
            };
            if window.contains(sample.timestamp) {
                samples.push(sample);
            }
        }
        if samples.is_empty() && !state.has_watcher((entity, field)) {
            return refused(ReturnCode::NOT_WATCHED);
        }
        Ok(samples)
    }
}

impl HistoryClient for Mock {
    fn summary(
        &self,
        entity: EntityId,
        field: FieldId,
        window: TimeWindow,
    ) -> Result<Option<FieldSummary>> {
        self.inner.enter_call(Call::History)?;
        let is_number =
            |info: &crate::FieldInfo| matches!(info.value_type, ValueType::Int | ValueType::Double);
        if field.info().is_some_and(|info| !is_number(info)) {
            let code = ReturnCode::FIELD_UNSUPPORTED_BY_API;
            return Err(refusal_error(Call::History, code));
        }
        let samples = self.cached(entity, field, window)?;
        let is_complete = samples.iter().all(|sample| sample.value.is_ok());
        let valued = samples.iter().filter(|sample| sample.value.is_ok());
        let summary = FieldSummary::of_samples(valued);
        Ok(summary.map(|mut summary| {
            summary.integral = summary.integral.filter(|_| is_complete);
            summary
        }))
    }

    fn samples(
        &self,
        gpu: EntityId,
        field: FieldId,
        window: TimeWindow,
        order: SampleOrder,
        max: usize,
    ) -> Result<Samples> {
        if gpu.kind != EntityKind::GPU {
            return Err(Error::Request(
                "expected a GPU: DCGM has no history of other entities",
            ));
        }
        self.inner.enter_call(Call::History)?;
        let all = self.cached(gpu, field, window)?;
        let max = max.min(MAX_HISTORY_SAMPLES);
        let indices: Vec<_> = match order {
            SampleOrder::OldestFirst => (0..all.len()).take(max).collect(),
            SampleOrder::NewestFirst => (0..all.len()).rev().take(max).collect(),
        };
        Ok(indices.into_iter().filter_map(|at| all.get(at)).collect())
    }

    fn field_meta(&self, field: FieldId) -> Result<Option<FieldMeta>> {
        self.inner.enter_call(Call::History)?;
        // Fields without a tag are newer than the simulated engine.
        let known = field.info().filter(|info| !info.tag.is_empty());
        Ok(known.map(|info| {
            let mut meta = FieldMeta::new(field, info.tag, info.value_type);
            meta.is_global = info.scope == EntityKind::HOST;
            meta.entity_level = info.scope;
            meta
        }))
    }

    fn watchers(&self, entity: EntityId, field: FieldId) -> Result<Option<FieldWatchers>> {
        self.inner.enter_call(Call::History)?;
        if field.info().is_none() {
            return Err(refusal_error(Call::History, ReturnCode::BAD_PARAM));
        }
        let clock = &self.inner.clock;
        let state = self.inner.state.lock();
        let grids = state.watched.get(&(entity, field)).into_iter().flatten();
        let live = grids.filter(|grid| grid.ended.is_none());
        let watchers: Vec<_> = live
            .take(MAX_WATCHERS)
            .map(|grid| {
                // Those of sessions are of one connection, which is 1.
                let connection = u32::from(state.open.contains(&grid.watch));
                FieldWatcher::new(WatcherKind::CLIENT, connection, grid.interval, KEEP_AGE)
            })
            .collect();
        let Some(mut watched) = FieldWatchers::new(watchers) else {
            return Ok(None);
        };
        let samples = state.cached_samples((entity, field), Duration::ZERO, clock.now());
        let time = |at: Option<&Duration>| at.map_or(Timestamp::NEVER, |at| clock.timestamp(*at));
        watched.oldest = time(samples.keys().next());
        watched.newest = time(samples.keys().next_back());
        watched.samples = u64::try_from(samples.len()).unwrap_or(u64::MAX);
        watched.fetches = watched.samples;
        Ok(Some(watched))
    }
}
