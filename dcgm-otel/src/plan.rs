//! The plan: the series that exist, and the way from samples to their values.
//!
//! A plan is made when the entities or the probe results change. Until then it only runs:
//!
//! ```text
//!  make   Candidates ──choose_sources──► rows ──assign_slots──► Layout, Values, Routes
//!                        (ProbeResults,    │
//!                         Caps)            └──► Query
//!
//!  run    Samples ──Routes──► SourceState ──► slot in Values ──┐
//!                                  │                           ├─compute_points──► Snapshot
//!                                  └──────► total in Ledger ───┘
//! ```
//!
//! A *source* is a field of an entity. A *route* leads from a sample to all sources that read it,
//! because several series can use one field. A gauge is decoded into the slot of its series; a value
//! with several parts (a sum, a status) has a slot per part, behind the slots of the series. A
//! counter is added to its total in the [`Ledger`], which outlives the plan.
//!
//! Each value has an expiry time, which a new timestamp of its sample extends. So a gauge disappears
//! when its sample stops changing, even if the engine keeps answering with the old one. A new plan
//! takes over timestamps and ages from the plan before (`save_ages`, `restore_ages`).

mod decode;
mod events;
mod ingest;
mod reduce;
mod source;

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{EntityId, FieldId, Link, Query, Timestamp};
use opentelemetry::KeyValue;

use crate::attributes::sort_by_key;
use crate::candidates::{self, Candidate, Candidates, Input, StaticValue};
use crate::cardinality::{Caps, DropUnit, SeriesCounts};
use crate::catalogue::{Condition, Metric, Op};
use crate::clock::MAX_DELAY;
use crate::config::Config;
use crate::counters::Ledger;
use crate::history::{History, Status};
use crate::mute::{GpuRead, MuteGpus};
use crate::naming;
use crate::probe_results::ProbeResults;
use crate::snapshot::{Layout, Number, Series, Snapshot};
use crate::topology::is_instance;
use events::EventSource;
pub(crate) use ingest::ReadStats;
use ingest::Routes;
use reduce::{Reducer, Values};
use source::{MaxAges, PlannedSource, SampleRate, SourceState, Target};

/// The series that exist, their sources, and their current values.
#[derive(Debug)]
pub(crate) struct Plan {
    metrics: &'static [Metric],
    /// Sources that are read…
    sources: Vec<PlannedSource>,
    /// …and the state of each, at the same index.
    states: Vec<SourceState>,
    ages: MaxAges,
    /// Query that reads the sources.
    query: Query,
    /// Routes from samples to sources.
    routes: Routes,
    layout: Arc<Layout>,
    /// Current value of each series of the layout.
    values: Values,
    /// Sampling interval, which rates are integrated with.
    interval: Duration,
    events: Vec<EventSource>,
    caps: Caps,
    /// Number of series above the caps.
    dropped: usize,
    /// Number of series that were left out because another one has the same attributes.
    duplicates: usize,
    /// `hw.id`s of the GPUs, switches and adapters that were lost since the plan before.
    lost: Vec<Arc<str>>,
    /// Longest time without a new sample before the engine counts as stale: the maximum age of the
    /// fastest source.
    max_age: Duration,
    made: Instant,
    /// Time of the last new value.
    changed: Option<Instant>,
    /// Highest timestamp of the last read, of values and of blanks.
    newest: Timestamp,
    /// Time of the next check for sources without values.
    next_look: Option<Instant>,
}

/// A series, its reducer, and the range of its sources.
type Row = (Series, Reducer, Range<usize>);

impl Plan {
    pub(crate) fn new(
        candidates: Candidates,
        results: &ProbeResults,
        history: &mut History,
        config: &Config,
        now: Instant,
    ) -> Self {
        history.note_drivers(&candidates.drivers);
        let duplicates = candidates.duplicates;
        let caps = Caps::from_config(config, history.note_entities(candidates.monitored));
        let chosen = choose_sources(candidates.list, results);
        let missing = missing_statuses(&chosen, history);
        let lost = history.note_lost(lost_ids(&chosen, history));
        let mut plan = Self {
            metrics: naming::metrics_for(config.naming()),
            sources: Vec::new(),
            states: Vec::new(),
            ages: MaxAges::new(config),
            query: Query::new([]),
            routes: Routes::default(),
            layout: Arc::default(),
            values: Values::default(),
            interval: config.interval(),
            events: Vec::new(),
            caps,
            dropped: 0,
            duplicates,
            lost,
            max_age: config.max_age(config.interval()),
            made: now,
            changed: None,
            newest: Timestamp::NEVER,
            next_look: None,
        };
        let dropped = plan.apply_caps(&chosen, &missing, history);
        let mut rows: Vec<Row> = Vec::new();
        for (candidate, inputs) in chosen {
            if !dropped.contains(&candidate.unit) {
                rows.extend(plan.add_candidate(candidate, &inputs, results, history));
            }
        }
        // Entities that are gone have failed…
        rows.extend(
            missing
                .into_iter()
                .filter(|one| !dropped.contains(&one.unit))
                .map(|one| {
                    let failed = i64::from(one.state == Condition::Failed);
                    (one.series, Reducer::Fixed(failed), 0..0)
                }),
        );
        // …and their counters are held.
        let live: HashSet<usize> = plan.live_totals().collect();
        let held = history
            .ledger
            .counted_series()
            .filter(|(index, _, unit)| !live.contains(index) && !dropped.contains(unit));
        rows.extend(held.filter_map(|(index, series, _)| {
            let kind = plan.metrics.get(series.metric)?.kind;
            Some((series.clone(), Reducer::Total(index, kind), 0..0))
        }));
        plan.assign_slots(rows);
        let inputs = plan.sources.iter().map(|source| source.input);
        plan.query = Query::new(candidates::group_fields(inputs));
        let (routes, order) = Routes::new(&plan.query, &plan.sources, plan.ages);
        plan.routes = routes;
        plan.sources = copy_at(&plan.sources, &order);
        plan.states = copy_at(&plan.states, &order);
        let fastest = plan
            .routes
            .entities
            .iter()
            .map(|watched| watched.max_age)
            .min();
        plan.max_age = plan.max_age.max(fastest.unwrap_or_default());
        plan
    }

    /// Makes a plan without entities, for counters, which are held. `all_gone` if the engine
    /// reports that there are no entities: then the known ones have failed.
    pub(crate) fn without_entities(
        history: &mut History,
        config: &Config,
        all_gone: bool,
        now: Instant,
    ) -> Self {
        let none = Candidates::default();
        if all_gone {
            return Self::new(none, &ProbeResults::default(), history, config, now);
        }
        // Without a session nothing is known about losses.
        let (statuses, lost) = (std::mem::take(&mut history.statuses), history.lost.clone());
        let plan = Self::new(none, &ProbeResults::default(), history, config, now);
        (history.statuses, history.lost) = (statuses, lost);
        plan
    }

    /// Applies the caps: returns the units to drop, and counts their series.
    fn apply_caps(
        &mut self,
        chosen: &[(Candidate, Vec<Input>)],
        missing: &[Status],
        history: &mut History,
    ) -> BTreeSet<DropUnit> {
        let mut counts = SeriesCounts::new();
        let mut live = HashSet::new();
        for (candidate, inputs) in chosen {
            if inputs.first().is_none_or(|input| input.op != Op::Event) {
                *counts.entry(candidate.unit).or_default() += 1;
                live.insert(&candidate.series);
            }
        }
        let held = history
            .ledger
            .counted_series()
            .filter(|(_, series, _)| !live.contains(series));
        for unit in held
            .map(|(.., unit)| unit)
            .chain(missing.iter().map(|one| one.unit))
        {
            *counts.entry(unit).or_default() += 1;
        }
        let dropped = self.caps.units_over_caps(&counts, &history.dropped);
        self.dropped = dropped.iter().filter_map(|unit| counts.get(unit)).sum();
        let counters = dropped.iter().filter(|unit| unit.is_counter());
        history.dropped.extend(counters.copied());
        dropped
    }

    /// Adds a series and returns its row; `None` for event counters, whose series appear with the
    /// first event.
    fn add_candidate(
        &mut self,
        candidate: Candidate,
        inputs: &[Input],
        results: &ProbeResults,
        history: &mut History,
    ) -> Option<Row> {
        let metric = self.metrics.get(candidate.series.metric)?;
        let mut series = candidate.series;
        let owner = candidate.id;
        let unit = candidate.unit;
        if let Some(input) = inputs.first().filter(|input| input.op == Op::Event) {
            self.events.push(EventSource {
                input: *input,
                owner,
                unit,
                series,
            });
            return None;
        }
        let total = metric.kind.is_counter().then(|| {
            let ledger = &mut history.ledger;
            let index = ledger.get_or_insert(&series, owner.as_ref(), unit, inputs, metric.kind);
            ledger.limit_growth(index, metric.range.1);
            index
        });
        let reducer = match (total, candidate.value) {
            (Some(index), _) => Reducer::Total(index, metric.kind),
            (None, StaticValue::Number(number)) => {
                let facts = candidate
                    .inputs
                    .iter()
                    .filter_map(|input| results.fact_attribute(input));
                series.attributes = add_attributes(&series.attributes, facts);
                Reducer::Fixed(number)
            }
            (None, StaticValue::Condition(minimum, reported)) => {
                if let Some(id) = &owner {
                    let series = series.clone();
                    history.note_status(
                        id,
                        Status {
                            series,
                            unit,
                            state: reported,
                        },
                        minimum == Condition::Unavailable,
                    );
                }
                Reducer::Status {
                    entity: candidate.entity,
                    parts: 0..0,
                    minimum,
                    reported,
                    is_mute: false,
                }
            }
            (None, StaticValue::ActiveLinks(of)) => Reducer::ActiveLinks(of, None),
            (None, StaticValue::Nothing) if inputs.iter().any(|one| one.op.is_joint()) => {
                Reducer::Sum(0..0)
            }
            (None, StaticValue::Nothing) => Reducer::Gauge,
        };
        let rate = SampleRate::of_family(candidate.family);
        let first = self.states.len();
        for (part, input) in inputs.iter().enumerate() {
            let source = PlannedSource {
                input: *input,
                rate,
                has_alternatives: candidate.inputs.len() > 1 && !input.op.is_joint(),
            };
            // `assign_slots` sets the index.
            let target = total.map_or(Target::Point(usize::MAX), |index| {
                Target::Total(index, part)
            });
            self.states.push(SourceState::new(metric, &source, target));
            self.sources.push(source);
        }
        Some((series, reducer, first..self.states.len()))
    }

    /// Assigns a slot to each series, and to each part of a value that has several.
    fn assign_slots(&mut self, mut rows: Vec<Row>) {
        rows.sort_by_key(|(series, ..)| series.metric);
        let count = rows.len();
        let (mut all, mut values, mut transient) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (series, mut reducer, states)) in rows.into_iter().enumerate() {
            let states = self.states.get_mut(states).unwrap_or_default();
            let parts = reducer.parts_mut();
            let mut next = parts.as_ref().map(|_| count + transient.len());
            let first = transient.len();
            for state in states {
                if let Target::Point(at) = &mut state.target {
                    *at = next.unwrap_or(index);
                }
                if let Some(next) = &mut next {
                    transient.push(state.is_transient());
                    *next += 1;
                }
            }
            if let Some(parts) = parts {
                *parts = first..transient.len();
            }
            all.push(series);
            values.push(reducer);
        }
        self.layout = Arc::new(Layout::new(self.metrics, all));
        self.values = Values::new(values, transient);
    }

    fn live_totals(&self) -> impl Iterator<Item = usize> + '_ {
        self.states.iter().filter_map(|state| match state.target {
            Target::Total(index, _) => Some(index),
            Target::Point(_) => None,
        })
    }

    /// Returns the query that reads all sources.
    pub(crate) fn query(&self) -> Query {
        self.query.clone()
    }

    /// Returns the fields that the engine must sample, each with its period.
    pub(crate) fn required_inputs(&self, config: &Config) -> Vec<(Input, Duration)> {
        let needs = self.sources.iter();
        needs
            .map(|source| (source.input, source.rate.sampling_period(config)))
            .collect()
    }

    /// Returns the events that must be watched.
    pub(crate) fn required_events(&self) -> Vec<(Vec<EntityId>, Vec<FieldId>)> {
        candidates::group_fields(self.events.iter().map(|source| source.input))
    }

    #[cfg(test)]
    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Returns a GPU as the last read found it; one that is not read has no values.
    pub(crate) fn gpu_read(&self, id: EntityId) -> GpuRead {
        let entities = &self.routes.entities;
        let at = entities.binary_search_by_key(&id, |read| read.entity);
        let read = at.ok().and_then(|at| entities.get(at));
        GpuRead {
            id,
            last_value: read.and_then(|read| read.last_value),
            max_age: read.map_or(self.max_age, |read| read.max_age),
            basic_fields: read.map_or(0, |read| read.basic_fields),
        }
    }

    /// Returns `true` if a field of the entity is read.
    pub(crate) fn reads_entity(&self, id: EntityId) -> bool {
        let entities = &self.routes.entities;
        entities
            .binary_search_by_key(&id, |read| read.entity)
            .is_ok()
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
        self.values.set_mute_gpus(mute);
    }

    /// Sets the states of the links; `None` if they could not be read.
    pub(crate) fn set_links(&mut self, links: Option<&[Link]>) {
        self.values.set_links(links);
    }

    /// Returns `true` if there are neither series nor events.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.len() == 0 && self.events.is_empty()
    }

    /// Returns `true` if fields are read, not only events.
    pub(crate) fn reads_fields(&self) -> bool {
        !self.states.is_empty()
    }

    /// Returns the number of series that were left out.
    pub(crate) const fn dropped_series(&self) -> usize {
        self.dropped + self.duplicates
    }

    /// Returns the number of series above the caps.
    pub(crate) const fn series_over_caps(&self) -> usize {
        self.dropped
    }

    /// Returns the maximum number of series.
    pub(crate) const fn series_cap(&self) -> usize {
        self.caps.all
    }

    /// Returns the number of series that were left out because another one has the same attributes.
    pub(crate) const fn duplicate_series(&self) -> usize {
        self.duplicates
    }

    /// Returns the `hw.id`s of newly lost devices.
    pub(crate) fn newly_lost(&self) -> &[Arc<str>] {
        &self.lost
    }

    /// Returns the time since the last new sample, if it is too long. The status of calls does not
    /// show this: an engine whose sampling hangs still answers them.
    pub(crate) fn silent_for(&self, now: Instant) -> Option<Duration> {
        let silent = now.saturating_duration_since(self.changed.unwrap_or(self.made));
        (silent >= self.max_age).then_some(silent)
    }

    /// Fills a snapshot; returns the number of series with a value.
    pub(crate) fn fill_snapshot(
        &mut self,
        snapshot: &mut Snapshot,
        ledger: &Ledger,
        now: Instant,
    ) -> usize {
        // Values that rarely change also expire once no sample arrives.
        let until = self.gauges_until();
        let points = self.values.compute_points(ledger, (now, until));
        snapshot
            .replace_layout(&self.layout, until)
            .extend_from_slice(points);
        points.iter().flatten().count()
    }

    /// Returns the time at which values that are not sampled expire: with the last sampled value.
    fn gauges_until(&self) -> Option<Instant> {
        self.changed
            .unwrap_or(self.made)
            .checked_add(self.max_age.min(MAX_DELAY))
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
            Some((
                series.clone(),
                history.ledger.get(index)?.exported_number(kind),
            ))
        });
        numbered.collect()
    }

    /// Drops the baselines of MIG instances: a new instance can have the name of an old one.
    pub(crate) fn forget_instances(&self, ledger: &mut Ledger) {
        for (source, state) in self.sources.iter().zip(&self.states) {
            let Target::Total(index, _) = state.target else {
                continue;
            };
            if !is_instance(source.input.entity.kind) {
                continue;
            }
            if let Some(total) = ledger.get_mut(index) {
                total.forget_baseline();
            }
        }
    }
}

/// Copies the items at these indices.
fn copy_at<T: Copy>(all: &[T], indices: &[usize]) -> Vec<T> {
    let picked = indices.iter().filter_map(|index| all.get(*index));
    picked.copied().collect()
}

/// Selects the candidates that have sources; candidates that others supersede are left out.
fn choose_sources(
    candidates: Vec<Candidate>,
    results: &ProbeResults,
) -> Vec<(Candidate, Vec<Input>)> {
    let mut chosen: Vec<(Candidate, Vec<Input>)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let inputs = results.choose_inputs(&candidate)?;
            Some((candidate, inputs))
        })
        .collect();
    let is_counted = |inputs: &[Input]| inputs.first().is_some_and(|one| one.op == Op::Counter);
    let counted: HashSet<_> = chosen
        .iter()
        .filter(|(_, inputs)| is_counted(inputs))
        .map(|(candidate, _)| {
            let family = (candidate.series.metric, candidate.family.name);
            (family, candidate.entity)
        })
        .collect();
    chosen.retain(|(candidate, _)| {
        let family = (
            candidate.series.metric,
            candidate.family.superseded_if_counted,
        );
        let mut wholes = [Some(candidate.entity), candidate.parent]
            .into_iter()
            .flatten();
        !wholes.any(|whole| counted.contains(&(family, whole)))
    });
    let mut detailed = HashSet::new();
    for (candidate, _) in &chosen {
        let family = (candidate.series.metric, candidate.family.name);
        detailed.insert((family, candidate.entity));
        detailed.extend(candidate.parent.map(|parent| (family, parent)));
    }
    chosen.retain(|(candidate, _)| {
        let detail = (
            candidate.series.metric,
            candidate.family.superseded_by_family,
        );
        !detailed.contains(&(detail, candidate.entity))
    });
    chosen
}

/// Returns the status series of known entities that are missing now.
fn missing_statuses(chosen: &[(Candidate, Vec<Input>)], history: &History) -> Vec<Status> {
    let present: HashSet<&str> = chosen
        .iter()
        .filter(|(candidate, _)| matches!(candidate.value, StaticValue::Condition(..)))
        .filter_map(|(candidate, _)| candidate.id.as_deref())
        .collect();
    history
        .statuses
        .iter()
        .filter(|(id, _)| !present.contains(&***id) && !history.planned.contains(*id))
        .flat_map(|(_, statuses)| statuses.iter().cloned())
        .collect()
}

/// Returns the `hw.id` of each known entity that is missing, or lost by the engine's list.
fn lost_ids(chosen: &[(Candidate, Vec<Input>)], history: &History) -> BTreeSet<Arc<str>> {
    let failed =
        |known: &StaticValue| matches!(known, StaticValue::Condition(Condition::Failed, _));
    let there = chosen
        .iter()
        .filter(|(candidate, _)| matches!(candidate.value, StaticValue::Condition(..)));
    let well: BTreeSet<_> = there
        .clone()
        .filter(|(candidate, _)| !failed(&candidate.value))
        .filter_map(|(candidate, _)| candidate.id.clone())
        .collect();
    let ids = there.filter_map(|(candidate, _)| candidate.id.clone());
    let all = history.statuses.keys().cloned().chain(ids);
    all.filter(|id| !well.contains(id) && !history.planned.contains(id))
        .collect()
}

/// Adds attributes; an existing key keeps its value.
fn add_attributes(
    attributes: &[KeyValue],
    more: impl IntoIterator<Item = (&'static str, opentelemetry::Value)>,
) -> Arc<[KeyValue]> {
    let more = more
        .into_iter()
        .map(|(key, value)| KeyValue::new(key, value));
    sort_by_key(more.chain(attributes.iter().cloned()).collect()).into()
}
