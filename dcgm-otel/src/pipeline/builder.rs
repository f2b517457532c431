//! The builder of a [`SeriesTable`]: which series exist, from which sources.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use dcgm::{EntityId, Query};
use opentelemetry::KeyValue;

use super::availability::SourceStates;
use super::cardinality::{Caps, DropUnit, SeriesCounts};
use super::events::EventSource;
use super::health::HealthRow;
use super::history::{History, Status};
use super::index::{CounterIdx, Index, SourceIdx};
use super::ingest::Router;
use super::reduce::{Reducer, Reducers, Slots};
use super::resolve::{self, Input, SeriesSpec, Specs, StaticValue};
use super::snapshot::{Layout, Series};
use super::source::{MaxAges, SampleRate, Slot, SourceRow, Target};
use super::table::{Omissions, SeriesTable};
use crate::attributes::sort_by_key;
use crate::catalogue::{Condition, Metric, Op};
use crate::config::Config;
use crate::naming;

/// A series that exists, with the sources that it has at present.
type Chosen<'a> = (&'a SeriesSpec, Vec<Input>);

/// Collects the rows of a table.
#[derive(Debug)]
struct TableBuilder<'a> {
    metrics: &'static [Metric],
    states: &'a SourceStates,
    sources: Vec<SourceRow>,
    slots: Vec<Slot>,
    events: Vec<EventSource>,
    /// Each series, its entity and its reducer. Indices of sources are positions in `sources`.
    rows: Vec<(Series, Option<EntityId>, Reducer)>,
    /// Sources of the values that have several.
    parts: Vec<SourceIdx>,
}

impl SeriesTable {
    /// Builds the table of the series that have sources. It has no values yet.
    pub(crate) fn build(
        specs: &Specs,
        states: &SourceStates,
        history: &mut History,
        config: &Config,
        now: Instant,
    ) -> Self {
        history.note_drivers(&specs.drivers);
        let entities = history.note_entities(specs.monitored);
        let caps = Caps::from_config(config, entities, history.divides_counters());
        let mut chosen = choose_sources(&specs.list, states);
        let missing = missing_statuses(&chosen, history);
        let lost = history.note_lost(lost_ids(&chosen, history));
        let (dropped, over_caps) = apply_caps(&caps, &mut chosen, states, &missing, history);
        let mut builder = TableBuilder {
            metrics: naming::metrics_for(config),
            states,
            sources: Vec::new(),
            slots: Vec::new(),
            events: Vec::new(),
            rows: Vec::new(),
            parts: Vec::new(),
        };
        for (spec, inputs) in chosen {
            if !dropped.contains(&spec.unit) {
                builder.add_series(spec, &inputs, history);
            }
        }
        builder.add_failed(missing, &dropped);
        builder.add_held(history, &dropped);
        let omissions = Omissions {
            over_caps,
            duplicates: specs.duplicates,
            lost,
        };
        builder.finish((caps, omissions), config, now)
    }

    /// Builds a table without entities, for counters, which are held. `all_gone` if the engine
    /// reports that there are no entities: then the known ones have failed.
    pub(crate) fn without_entities(
        history: &mut History,
        config: &Config,
        all_gone: bool,
        now: Instant,
    ) -> Self {
        let none = (Specs::default(), SourceStates::default());
        let build = |history: &mut History| Self::build(&none.0, &none.1, history, config, now);
        if all_gone {
            build(history)
        } else {
            // Without a session nothing is known about losses.
            history.without_losses(build)
        }
    }
}

impl TableBuilder<'_> {
    /// Adds a series. One of events is only prepared: it appears with the first event.
    fn add_series(&mut self, spec: &SeriesSpec, inputs: &[Input], history: &mut History) {
        let Some(metric) = self.metrics.get(spec.series.metric) else {
            return;
        };
        if let Some(input) = inputs.first().filter(|input| input.op == Op::Event) {
            self.events.push(EventSource {
                input: *input,
                owner: spec.id.clone(),
                unit: spec.unit,
                series: spec.series.clone(),
            });
            return;
        }
        let mut series = spec.series.clone();
        let counter = metric.kind.is_counter().then(|| {
            let ledger = &mut history.ledger;
            let owner = spec.id.as_ref();
            let index = ledger.get_or_insert(&series, owner, spec.unit, inputs, metric.kind);
            ledger.limit_growth(index, metric.range.1);
            index
        });
        let sources = self.add_sources(spec, inputs, (metric, counter));
        let reducer = match (counter, &spec.value) {
            (Some(index), _) => Reducer::Counter(index, metric.kind),
            (None, StaticValue::Number(number)) => {
                let facts = spec.inputs.iter();
                let facts = facts.filter_map(|input| self.states.fact_attribute(input));
                series.attributes = add_attributes(&series.attributes, facts);
                Reducer::Constant(*number)
            }
            (None, StaticValue::Condition(minimum, reported)) => {
                if let Some(id) = &spec.id {
                    let status = Status {
                        series: series.clone(),
                        unit: spec.unit,
                        state: *reported,
                    };
                    history.note_status(id, status, *minimum == Condition::Unavailable);
                }
                Reducer::Status {
                    entity: spec.entity,
                    parts: self.add_parts(sources),
                    minimum: *minimum,
                    reported: *reported,
                    is_mute: false,
                }
            }
            (None, StaticValue::Allocation) => Reducer::Constant(1),
            (None, StaticValue::ActiveLinks(of)) => Reducer::ActiveLinks(*of, None),
            (None, StaticValue::Health(system, reported)) => {
                Reducer::Health(HealthRow::new(spec.entity, *system, *reported))
            }
            (None, StaticValue::Nothing) if inputs.iter().any(|one| one.op.is_joint()) => {
                Reducer::Sum(self.add_parts(sources))
            }
            (None, StaticValue::Nothing) => Reducer::Gauge(SourceIdx::from_position(sources.start)),
        };
        self.rows.push((series, Some(spec.entity), reducer));
    }

    fn add_sources(
        &mut self,
        spec: &SeriesSpec,
        inputs: &[Input],
        (metric, counter): (&Metric, Option<CounterIdx>),
    ) -> Range<usize> {
        let first = self.sources.len();
        for (part, input) in inputs.iter().enumerate() {
            let source = SourceRow {
                input: *input,
                metric: spec.series.metric,
                rate: SampleRate::of_input(spec.family, input),
                has_alternatives: spec.inputs.len() > 1 && !input.op.is_joint(),
            };
            let target = match counter {
                Some(counter) => Target::Counter(counter, part),
                None if source.rate == SampleRate::Peak => Target::Peaks,
                None => Target::Slot,
            };
            self.slots.push(Slot::new(metric, &source, target));
            self.sources.push(source);
        }
        first..self.sources.len()
    }

    fn add_parts(&mut self, sources: Range<usize>) -> Range<usize> {
        let first = self.parts.len();
        self.parts.extend(sources.map(SourceIdx::from_position));
        first..self.parts.len()
    }

    /// Adds the statuses of entities that are gone: they have failed.
    fn add_failed(&mut self, missing: Vec<Status>, dropped: &BTreeSet<DropUnit>) {
        let missing = missing.into_iter();
        let kept = missing.filter(|one| !dropped.contains(&one.unit));
        self.rows.extend(kept.map(|one| {
            let failed = i64::from(one.state == Condition::Failed);
            (one.series, None, Reducer::Constant(failed))
        }));
    }

    /// Adds the counters of entities that are gone: they are held.
    fn add_held(&mut self, history: &History, dropped: &BTreeSet<DropUnit>) {
        let is_counter = |(.., reducer): &(Series, Option<EntityId>, Reducer)| match reducer {
            Reducer::Counter(index, _) => Some(*index),
            _ => None,
        };
        let live: HashSet<CounterIdx> = self.rows.iter().filter_map(is_counter).collect();
        let counted = history.ledger.counted_series();
        let held =
            counted.filter(|(index, _, unit)| !live.contains(index) && !dropped.contains(unit));
        for (index, series, _) in held {
            if let Some(metric) = self.metrics.get(series.metric) {
                let reducer = Reducer::Counter(index, metric.kind);
                self.rows.push((series.clone(), None, reducer));
            }
        }
    }

    /// Orders the series by metric and the sources by route.
    fn finish(
        self,
        (caps, omissions): (Caps, Omissions),
        config: &Config,
        now: Instant,
    ) -> SeriesTable {
        // The latest sample of an event shows whether there are new ones.
        let events = self.events.iter().filter(|_| !self.sources.is_empty());
        let inputs = self.sources.iter().map(|source| source.input);
        let inputs = inputs.chain(events.map(|event| event.input));
        let query = Query::new(resolve::group_fields(inputs));
        let ages = MaxAges::new(config);
        let (router, order) = Router::new(&query, &self.sources, ages, now);
        let mut moved = vec![SourceIdx::from_position(usize::MAX); order.len()];
        for (position, before) in order.iter().enumerate() {
            if let Some(moved) = moved.get_mut(*before) {
                *moved = SourceIdx::from_position(position);
            }
        }
        let index = |before: SourceIdx| moved.get(before.position()).copied().unwrap_or(before);
        let mut rows = self.rows;
        rows.sort_by_key(|(series, ..)| series.metric);
        let (mut series, mut owners, mut reducers) = (Vec::new(), Vec::new(), Vec::new());
        for (one, owner, reducer) in rows {
            series.push(one);
            owners.push(owner);
            reducers.push(reducer);
        }
        for reducer in &mut reducers {
            if let Reducer::Gauge(source) = reducer {
                *source = index(*source);
            }
        }
        let parts = self.parts.into_iter().map(index).collect();
        let slots: Slots = copy_at(&self.slots, &order).into();
        SeriesTable::new(
            (
                self.metrics,
                Arc::new(Layout::new(self.metrics, series)),
                owners,
            ),
            (copy_at(&self.sources, &order).into(), slots),
            Reducers::new(reducers, parts),
            (query, router),
            self.events,
            (caps, omissions),
            config,
            now,
        )
    }
}

/// Applies the caps: returns the units to drop, and the number of their series.
///
/// Series without a value take no place from others: where not all fit, they are left out until a
/// check finds values.
fn apply_caps(
    caps: &Caps,
    chosen: &mut Vec<Chosen<'_>>,
    states: &SourceStates,
    missing: &[Status],
    history: &mut History,
) -> (BTreeSet<DropUnit>, usize) {
    let alive = states.entities_with_values();
    let has_values = |(spec, inputs): &Chosen<'_>| states.expects_values(spec, inputs, &alive);
    let with_values = chosen.iter().filter(|one| has_values(one));
    let counts = count_series(caps, with_values, missing, history);
    let dropped = caps.units_over_caps(&counts, &history.dropped);
    let all = count_series(caps, chosen.iter(), missing, history);
    if caps.units_over_caps(&all, &history.dropped) != dropped {
        chosen.retain(has_values);
    }
    let over_caps = dropped.iter().filter_map(|unit| counts.get(unit)).sum();
    let counters = dropped.iter().filter(|unit| unit.is_counter());
    history.dropped.extend(counters.copied());
    (dropped, over_caps)
}

/// Counts the series of each unit, with those of entities that are gone.
fn count_series<'a>(
    caps: &Caps,
    chosen: impl Iterator<Item = &'a Chosen<'a>>,
    missing: &[Status],
    history: &History,
) -> SeriesCounts {
    let mut counts = SeriesCounts::new();
    let mut live = HashSet::new();
    for (spec, _) in chosen.filter(|(spec, _)| !spec.is_event()) {
        *counts.entry(spec.unit).or_default() += 1;
        live.insert(&spec.series);
    }
    let counted = history.ledger.counted_series();
    let held = counted.filter(|(_, series, _)| !live.contains(series));
    let units = held.map(|(.., unit)| unit);
    for unit in units.chain(missing.iter().map(|one| one.unit)) {
        *counts.entry(unit).or_default() += 1;
    }
    for (_, count) in counts.iter_mut().filter(|(unit, _)| unit.is_counter()) {
        *count += caps.extra_series(*count);
    }
    counts
}

/// Copies the items at these positions.
fn copy_at<T: Copy>(all: &[T], positions: &[usize]) -> Vec<T> {
    let picked = positions.iter().filter_map(|position| all.get(*position));
    picked.copied().collect()
}

/// Selects the series that have sources; those that others supersede are left out.
fn choose_sources<'a>(specs: &'a [SeriesSpec], states: &SourceStates) -> Vec<Chosen<'a>> {
    let with_sources = specs.iter().filter_map(|spec| {
        let inputs = states.choose_inputs(spec)?;
        Some((spec, inputs))
    });
    let mut chosen: Vec<Chosen<'_>> = with_sources.collect();
    let counts_growth = |input: &Input| matches!(input.op, Op::Counter | Op::FractionCounter);
    let is_counted = |inputs: &[Input]| inputs.first().is_some_and(counts_growth);
    let counted: HashSet<_> = chosen
        .iter()
        .filter(|(_, inputs)| is_counted(inputs))
        .map(|(spec, _)| ((spec.series.metric, spec.family.name), spec.entity))
        .collect();
    chosen.retain(|(spec, _)| {
        let family = (spec.series.metric, spec.family.superseded_if_counted);
        let mut wholes = [Some(spec.entity), spec.parent].into_iter().flatten();
        !wholes.any(|whole| counted.contains(&(family, whole)))
    });
    let mut detailed = HashSet::new();
    for (spec, _) in &chosen {
        let family = (spec.series.metric, spec.family.name);
        detailed.insert((family, spec.entity));
        detailed.extend(spec.parent.map(|parent| (family, parent)));
    }
    chosen.retain(|(spec, _)| {
        let detail = (spec.series.metric, spec.family.superseded_by_family);
        !detailed.contains(&(detail, spec.entity))
    });
    chosen
}

/// Returns the series that report the state of their entity.
fn status_specs<'a>(chosen: &'a [Chosen<'_>]) -> impl Iterator<Item = &'a SeriesSpec> + Clone {
    let specs = chosen.iter().map(|(spec, _)| *spec);
    specs.filter(|spec| matches!(spec.value, StaticValue::Condition(..)))
}

/// Returns the status series of known entities that are missing now.
fn missing_statuses(chosen: &[Chosen<'_>], history: &History) -> Vec<Status> {
    let present = status_specs(chosen).filter_map(|spec| spec.id.as_deref());
    let present: HashSet<&str> = present.collect();
    history
        .statuses
        .iter()
        .filter(|(id, _)| !present.contains(&***id) && !history.planned.contains(*id))
        .flat_map(|(_, statuses)| statuses.iter().cloned())
        .collect()
}

/// Returns the `hw.id` of each known entity that is missing, or lost by the engine's list.
fn lost_ids(chosen: &[Chosen<'_>], history: &History) -> BTreeSet<Arc<str>> {
    let is_failed =
        |spec: &&SeriesSpec| matches!(spec.value, StaticValue::Condition(Condition::Failed, _));
    let there = status_specs(chosen);
    let well = there.clone().filter(|spec| !is_failed(spec));
    let well: BTreeSet<_> = well.filter_map(|spec| spec.id.clone()).collect();
    let ids = there.filter_map(|spec| spec.id.clone());
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
