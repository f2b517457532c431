//! The table of series: their values from tick to tick. Built by [`builder`](super::builder).

use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::health::HealthReport;
use dcgm::{EntityId, Link, Query, Samples, Timestamp};

use super::allocations::{AllocationBook, BaseSeries};
use super::cardinality::Caps;
use super::counters::Ledger;
use super::events::EventSource;
use super::health::with_error_code;
use super::history::{Ages, History};
use super::index::Pair;
use super::index::{CounterIdx, Index, IndexVec, SeriesIdx, SourceIdx};
use super::ingest::{ReadStats, Router};
use super::mute::{GpuRead, MuteGpus};
use super::peaks::PeakWindows;
use super::reduce::{Reducers, Slots};
use super::resolve::{self, Blocks, Input};
use super::snapshot::{Layout, Number, Point, Series, Snapshot};
use super::source::{SourceRow, Target};
use crate::catalogue::{Kind, Metric, Op};
use crate::clock::MAX_DELAY;
use crate::config::Config;
use crate::topology::is_instance;

/// The series that exist, their sources, and their current values.
#[derive(Debug)]
pub(crate) struct SeriesTable {
    metrics: &'static [Metric],
    layout: Arc<Layout>,
    /// The entity of each series; `None` if it is gone.
    owners: Vec<Option<EntityId>>,
    /// Sources that are read…
    sources: IndexVec<SourceIdx, SourceRow>,
    /// …and the last value of each.
    slots: Slots,
    reducers: Reducers,
    /// Query that reads the sources.
    query: Query,
    router: Router,
    events: Vec<EventSource>,
    peaks: PeakWindows,
    caps: Caps,
    omissions: Omissions,
    /// Sampling interval, which rates are integrated with.
    interval: Duration,
    /// Longest time without a new sample before the engine counts as stale: the maximum age of the
    /// fastest source.
    max_age: Duration,
    made: Instant,
    /// Time of the last new value.
    changed: Option<Instant>,
    /// Highest timestamp of the last read, of values and of blanks.
    newest: Timestamp,
}

/// Series and devices that a table does not show.
#[derive(Debug, Default)]
pub(crate) struct Omissions {
    /// Number of series above the caps.
    pub(crate) over_caps: usize,
    /// Number of series that were left out because another one has the same attributes.
    pub(crate) duplicates: usize,
    /// `hw.id`s of the GPUs, switches and adapters that were lost since the table before.
    pub(crate) lost: Vec<Arc<str>>,
}

impl Omissions {
    /// Returns the number of series that were left out.
    pub(crate) const fn series(&self) -> usize {
        self.over_caps + self.duplicates
    }
}

impl SeriesTable {
    #[expect(clippy::too_many_arguments, reason = "the parts that the builder made")]
    pub(super) fn new(
        (metrics, layout, owners): (&'static [Metric], Arc<Layout>, Vec<Option<EntityId>>),
        (sources, slots): (IndexVec<SourceIdx, SourceRow>, Slots),
        reducers: Reducers,
        (query, router): (Query, Router),
        events: Vec<EventSource>,
        (caps, omissions): (Caps, Omissions),
        config: &Config,
        now: Instant,
    ) -> Self {
        let fastest = router.entities.as_slice().iter().map(|read| read.max_age);
        let fastest = fastest.min().unwrap_or_default();
        let times = (config.peaks().unwrap_or_default(), config.peaks_keep_age());
        Self {
            peaks: PeakWindows::new(metrics, sources.as_slice(), times),
            metrics,
            layout,
            owners,
            sources,
            slots,
            reducers,
            query,
            router,
            events,
            caps,
            omissions,
            interval: config.interval(),
            max_age: config.max_age(config.interval()).max(fastest),
            made: now,
            changed: None,
            newest: Timestamp::NEVER,
        }
    }

    /// Takes over what is known of the sources that a table before had, too: values, and when each was
    /// new. `before` keeps nothing; the ages of sources that this table does not have stay in the
    /// history.
    pub(crate) fn take_over(&mut self, before: &Self, history: &mut History) {
        before.save_ages(history);
        self.take_values(before);
        self.peaks.take_over(&before.peaks);
        self.router.take_activity(&before.router);
        // Silence goes on, whatever the table.
        self.made = self.made.min(before.made);
        self.restore_ages(history);
    }

    fn take_values(&mut self, before: &Self) {
        let sources = self.sources.as_slice().iter();
        for (source, slot) in sources.zip(self.slots.as_mut_slice()) {
            let same = before.router.sources_of(source.input.pair()).find(|at| {
                let known = before.sources.as_slice().get(*at);
                known.is_some_and(|known| {
                    (known.metric, known.input) == (source.metric, source.input)
                })
            });
            let known = same.and_then(|at| before.slots.as_slice().get(at));
            slot.point = known.and_then(|known| known.point);
        }
    }

    /// Saves when each sample was new, for the next table.
    pub(crate) fn save_ages(&self, history: &mut History) {
        history.changed = history.changed.max(self.changed);
        self.router.save_ages(&mut history.ages);
    }

    /// Restores the ages of samples. A new table does not make old samples newer.
    fn restore_ages(&mut self, history: &mut History) {
        let ages: &mut Ages = &mut history.ages;
        let newest = self.router.restore_ages(ages, &mut self.slots);
        self.changed = history.changed.max(newest);
    }

    /// Puts the samples of one read into the table.
    pub(crate) fn ingest_samples(
        &mut self,
        samples: &Samples,
        ledger: &mut Ledger,
        now: Instant,
    ) -> ReadStats {
        let into = (&mut self.slots, ledger);
        let routed = self
            .router
            .route_samples(samples, into, (now, self.interval));
        self.newest = routed.newest;
        let mut stats = routed.stats;
        if routed.is_new {
            self.changed = Some(now);
            stats.replaceable = self.router.find_replaceable(&self.sources, now);
        }
        stats
    }

    /// Returns `true` if there are statistics of all samples since the last tick.
    pub(crate) fn has_peaks(&self) -> bool {
        !self.peaks.is_empty()
    }

    /// Returns the start of the next read of all samples; `None` for the start of the watches.
    pub(crate) fn peaks_start(&self) -> Option<Timestamp> {
        self.peaks.read_start()
    }

    /// Adds new samples to the statistics.
    pub(crate) fn add_peak_samples(&mut self, samples: &Samples) {
        self.peaks.add_samples(samples);
    }

    /// Sets the statistics of all samples since the last tick, after all up to a time were read.
    pub(crate) fn show_peaks(&mut self, read_until: Option<Timestamp>) {
        self.peaks.end_read(read_until);
        let sources = self.sources.as_slice().iter();
        for (source, slot) in sources.zip(self.slots.as_mut_slice()) {
            if let Op::Peak(statistic) = source.input.op {
                let pair = source.input.pair();
                slot.set_number(self.peaks.statistic(pair, source.metric, statistic));
            }
        }
        self.peaks.begin_windows();
    }

    /// Removes the statistics: those of the window before are no longer right, and the new samples could
    /// not be read. The windows go on.
    pub(crate) fn hide_peaks(&mut self) {
        for slot in self.slots.as_mut_slice() {
            if slot.target == Target::Peaks {
                slot.set_number(None);
            }
        }
    }

    /// Returns the query that reads all sources.
    pub(crate) const fn query(&self) -> &Query {
        &self.query
    }

    /// Returns the fields that the engine must sample, each with its period.
    pub(crate) fn required_inputs(&self, config: &Config) -> Vec<(Input, Duration)> {
        let sources = self.sources.as_slice().iter();
        sources
            .map(|source| (source.input, source.rate.sampling_period(config)))
            .collect()
    }

    /// Returns the events that must be watched.
    pub(crate) fn required_events(&self) -> Blocks {
        resolve::group_fields(self.events.iter().map(|source| source.input))
    }

    #[cfg(test)]
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Returns a GPU as the last read found it; one that is not read has no values.
    pub(crate) fn gpu_read(&self, id: EntityId) -> GpuRead {
        let read = self.router.find_entity(id);
        GpuRead {
            id,
            last_value: read.and_then(|read| read.last_value),
            max_age: read.map_or(self.max_age, |read| read.max_age),
            basic_fields: read.map_or(0, |read| read.basic_fields),
        }
    }

    /// Returns `true` if a field of the entity is read.
    pub(crate) fn reads_entity(&self, id: EntityId) -> bool {
        self.router.find_entity(id).is_some()
    }

    /// Returns the highest timestamp of the last read, of values and of blanks.
    pub(crate) const fn newest(&self) -> Timestamp {
        self.newest
    }

    /// Returns the time without a new sample after which the engine counts as stale.
    pub(crate) const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// Sets the GPUs whose status is failed because they are mute.
    pub(crate) fn set_mute_gpus(&mut self, mute: &MuteGpus) {
        self.reducers.set_mute_gpus(mute);
    }

    /// Sets the states of the links; `None` if they could not be read.
    pub(crate) fn set_links(&mut self, links: Option<&[Link]>) {
        self.reducers.set_links(links);
    }

    /// Returns the entities whose health is reported, sorted.
    pub(crate) fn health_entities(&self) -> Vec<EntityId> {
        let mut entities: Vec<_> = self.reducers.health_rows().map(|row| row.entity).collect();
        entities.sort_unstable();
        entities.dedup();
        entities
    }

    /// Sets the health of all systems from a report, whose values expire at `until`. A series without
    /// a state carries the code of the worst incident as an attribute, which changes with it.
    pub(crate) fn set_health(&mut self, report: &HealthReport, until: Option<Instant>) {
        let mut changed: Option<Vec<Series>> = None;
        for (at, row) in self.reducers.health_rows_mut() {
            let Some(code) = row.set_health(report, until) else {
                continue;
            };
            let all = self.layout.series();
            let attributes = all.get(at).map(|series| &*series.attributes);
            let Some(attributes) = attributes.and_then(|all| with_error_code(all, code)) else {
                continue;
            };
            let series = changed.get_or_insert_with(|| all.to_vec());
            if let Some(series) = series.get_mut(at) {
                series.attributes = attributes;
            }
        }
        if let Some(series) = changed {
            self.layout = Arc::new(Layout::new(self.metrics, series));
        }
    }

    /// Returns `true` if there are neither series nor events.
    pub(crate) fn is_empty(&self) -> bool {
        self.reducers.len() == 0 && self.events.is_empty()
    }

    /// Returns `true` if fields are read, not only events.
    pub(crate) fn reads_fields(&self) -> bool {
        !self.slots.as_slice().is_empty()
    }

    /// Returns what the table does not show.
    pub(crate) const fn omissions(&self) -> &Omissions {
        &self.omissions
    }

    /// Returns the maximum number of series.
    pub(crate) const fn series_cap(&self) -> usize {
        self.caps.all
    }

    /// Returns the time since the last new sample, if it is too long. The status of calls does not
    /// show this: an engine whose sampling hangs still answers them.
    pub(crate) fn silent_for(&self, now: Instant) -> Option<Duration> {
        let silent = now.saturating_duration_since(self.changed.unwrap_or(self.made));
        (silent >= self.max_age).then_some(silent)
    }

    /// Computes the values of all series, in the order of the layout.
    fn compute_points(
        &self,
        ledger: &Ledger,
        now: Instant,
        points: &mut Vec<Option<Point>>,
    ) -> usize {
        let from = (&self.slots, ledger);
        self.reducers
            .reduce_slots(from, (now, self.gauges_until()), points)
    }

    /// Fills a snapshot with series that have the attributes of the workloads there; returns the number
    /// of series with a value.
    pub(crate) fn fill_attributed(
        &self,
        book: &mut AllocationBook,
        ledger: &mut Ledger,
        snapshot: &mut Snapshot,
        at: (Instant, u64),
    ) -> usize {
        let mut points = book.take_points();
        self.compute_points(ledger, at.0, &mut points);
        let base = BaseSeries {
            metrics: self.metrics,
            layout: &self.layout,
            owners: &self.owners,
            reducers: &self.reducers,
            caps: &self.caps,
            until: self.gauges_until(),
        };
        book.fill_snapshot(&base, points, ledger, snapshot, at)
    }

    /// Returns the time at which values that are not sampled expire: with the last sampled value.
    fn gauges_until(&self) -> Option<Instant> {
        self.changed
            .unwrap_or(self.made)
            .checked_add(self.max_age.min(MAX_DELAY))
    }

    /// Fills a snapshot; returns the number of series with a value.
    pub(crate) fn fill_snapshot(
        &self,
        snapshot: &mut Snapshot,
        ledger: &Ledger,
        now: Instant,
    ) -> usize {
        // Values that rarely change also expire once no sample arrives.
        let until = self.gauges_until();
        let points = snapshot.replace_layout(&self.layout, until);
        self.compute_points(ledger, now, points)
    }

    /// Returns the time of the last new sample.
    pub(crate) const fn last_change(&self) -> Option<Instant> {
        self.changed
    }

    /// Returns the totals that stay dropped.
    pub(crate) fn retired_totals(&self, history: &History) -> Vec<(Series, Number)> {
        let dropped = history
            .ledger
            .counted_series()
            .filter(|(.., unit)| history.dropped.contains(unit));
        let numbered = dropped.filter_map(|(index, series, _)| {
            let kind = self.metrics.get(series.metric)?.kind;
            let total = history.ledger.get(index)?;
            // Those of workloads have ended.
            let own = history.allocations.as_ref();
            let own = own.and_then(|book| book.own_number(index));
            let number = own.unwrap_or_else(|| total.exported_number(kind));
            Some((series.clone(), number))
        });
        numbered.collect()
    }

    /// Drops the baselines and values of MIG instances: a new instance can have the name of an old
    /// one.
    pub(crate) fn forget_instances(&mut self, ledger: &mut Ledger) {
        let sources = self.sources.as_slice().iter();
        for (source, slot) in sources.zip(self.slots.as_mut_slice()) {
            if !is_instance(source.input.entity.kind) {
                continue;
            }
            slot.point = None;
            if let Target::Counter(counter, _) = slot.target {
                if let Some(total) = ledger.get_mut(counter) {
                    total.forget_baseline();
                }
            }
        }
    }

    /// Counts events. Returns `false` if there was no room for a new series.
    pub(crate) fn count_events(&mut self, samples: &Samples, history: &mut History) -> bool {
        let mut has_room = true;
        for sample in samples {
            let code = sample.value.ok().and_then(|value| value.as_i64());
            // 0 means that there was no event.
            let Some(code) = code.filter(|code| *code > 0) else {
                continue;
            };
            let Some((metric, source)) = self.find_event((sample.entity, sample.field)) else {
                continue;
            };
            let (unit, owner) = (source.unit, source.owner.as_ref());
            let series = source.series_of_code(code);
            let ledger = &mut history.ledger;
            let index = ledger.get_or_insert(&series, owner, unit, &[source.input], metric.kind);
            if let Some(total) = ledger.get_mut(index) {
                total.count_event();
            }
            let is_dropped = history.dropped.contains(&unit);
            let shown = (index, metric.kind, sample.entity);
            has_room &= is_dropped || self.show_counter(shown, series);
        }
        has_room
    }

    /// Returns the row of the metric and the source of an event.
    fn find_event(&self, pair: Pair) -> Option<(&'static Metric, &EventSource)> {
        let source = self
            .events
            .iter()
            .find(|source| source.input.pair() == pair)?;
        Some((self.metrics.get(source.series.metric)?, source))
    }

    /// Adds the series of a counter if it is new. Returns `false` if there is no room for it.
    fn show_counter(
        &mut self,
        (counter, kind, entity): (CounterIdx, Kind, EntityId),
        series: Series,
    ) -> bool {
        if self.layout.series().contains(&series) {
            return true;
        }
        let same = self.layout.series().iter();
        let same = same.filter(|one| one.metric == series.metric).count();
        let counters = self.reducers.counters().flatten().count();
        let with_new = |rows: usize, counters| rows + 1 + self.caps.extra_series(counters + 1);
        let all = with_new(self.reducers.len(), counters);
        if all > self.caps.all || with_new(same, same) > self.caps.metric {
            return false;
        }
        let mut all = self.layout.series().to_vec();
        let at = all.partition_point(|one| one.metric <= series.metric);
        all.insert(at, series);
        self.owners.insert(at, Some(entity));
        let at = SeriesIdx::from_position(at);
        self.reducers.insert_counter(at, counter, kind);
        self.layout = Arc::new(Layout::new(self.metrics, all));
        true
    }
}
