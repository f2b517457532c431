//! The series that there are, and their values: what each sample becomes.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{Absent, EntityId, EntityKind, FieldId, Query, Samples, Timestamp, Value};

use crate::attributes::is_instance;
use crate::candidates::{Answers, Candidate};
use crate::catalogue::{CATALOGUE, Kind, Metric, Op, Source};
use crate::counters::{Ledger, Step};
use crate::snapshot::{Cell, Layout, Number, Series};

/// Values are shown for so many of the engine's sampling intervals after they last changed.
const SHOWN_FOR: u32 = 3;

/// The series that there are, each with its source, and their present values.
#[derive(Debug)]
pub(crate) struct Plan {
    tracks: Vec<Track>,
    /// Which tracks a sample goes to, sorted.
    routes: Vec<((EntityId, FieldId), usize)>,
    /// The entities read, sorted, and whether the last read found any of their fields watched.
    entities: Vec<(EntityId, bool)>,
    layout: Arc<Layout>,
    /// Where each series of the layout has its value from.
    shown: Vec<Shown>,
    made: Instant,
    changed: Option<Instant>,
    interval: Duration,
}

/// Where a series has its value from.
#[derive(Clone, Copy, Debug)]
enum Shown {
    /// A level: the track that was read.
    Level(usize),
    /// A counter: the place of its total, which outlives the track.
    Total(usize),
}

/// What was last read for a series.
#[derive(Debug)]
struct Track {
    metric: usize,
    source: Source,
    /// Where a counter is counted.
    total: Option<usize>,
    timestamp: Timestamp,
    /// When its timestamp last changed, by our own clock: the engine's may be skewed.
    changed: Option<Instant>,
    value: Option<Number>,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Intake {
    /// Samples with a value.
    pub(crate) values: usize,
    /// Samples that failed, other than for want of a value.
    pub(crate) failed: usize,
    /// Entities of which nothing is watched any more: they are gone.
    pub(crate) gone: usize,
    /// Counters that began anew.
    pub(crate) resets: u64,
}

impl Plan {
    pub(crate) fn new(
        candidates: Vec<Candidate>,
        answers: &Answers,
        ledger: &mut Ledger,
        interval: Duration,
        now: Instant,
    ) -> Self {
        let mut tracks = Vec::new();
        let mut routes = Vec::new();
        let mut shown: Vec<(Series, Shown)> = Vec::new();
        for candidate in candidates {
            let Some(source) = answers.choose(&candidate) else {
                continue;
            };
            let series = candidate.series;
            let kind = kind_of(&series).filter(|kind| kind.is_counter());
            let total = kind.map(|kind| ledger.open(&series, source, kind));
            let track = tracks.len();
            routes.push(((candidate.entity, source.field), track));
            tracks.push(Track {
                metric: series.metric,
                source,
                total,
                timestamp: Timestamp::NEVER,
                changed: None,
                value: None,
            });
            shown.push((series, total.map_or(Shown::Level(track), Shown::Total)));
        }
        routes.sort_unstable();
        let entities: BTreeSet<EntityId> = routes.iter().map(|((entity, _), _)| *entity).collect();

        // And the counters of what is gone.
        let live: HashSet<usize> = tracks.iter().filter_map(|track| track.total).collect();
        let held = ledger.series().filter(|(place, _)| !live.contains(place));
        shown.extend(held.map(|(place, series)| (series.clone(), Shown::Total(place))));
        shown.sort_by_key(|(series, _)| series.metric);
        let (series, shown): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
        Self {
            tracks,
            routes,
            entities: entities.into_iter().map(|entity| (entity, true)).collect(),
            layout: Arc::new(Layout::new(series)),
            shown,
            made: now,
            changed: None,
            interval,
        }
    }

    /// What to read.
    pub(crate) fn query(&self) -> Query {
        let mut kinds: BTreeMap<EntityKind, (BTreeSet<EntityId>, BTreeSet<FieldId>)> =
            BTreeMap::new();
        for ((entity, field), _) in &self.routes {
            let of_kind = kinds.entry(entity.kind).or_default();
            of_kind.0.insert(*entity);
            of_kind.1.insert(*field);
        }
        Query::new(kinds.into_values().map(|(entities, fields)| {
            (entities.into_iter().collect(), fields.into_iter().collect())
        }))
    }

    pub(crate) fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// How long the engine has brought nothing new. Status "fine" does not tell: an engine whose
    /// sampling hangs goes on answering so.
    pub(crate) fn silent_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.changed.unwrap_or(self.made))
    }

    /// How long a value may be shown after it last changed.
    pub(crate) fn max_age(&self) -> Duration {
        self.interval.saturating_mul(SHOWN_FOR)
    }

    /// When the engine last brought something new.
    pub(crate) fn changed(&self) -> Option<Instant> {
        self.changed
    }

    /// Takes what was read.
    pub(crate) fn take(&mut self, samples: &Samples, ledger: &mut Ledger, now: Instant) -> Intake {
        let mut intake = Intake::default();
        for (_, watched) in &mut self.entities {
            *watched = false;
        }
        for sample in samples {
            match sample.value {
                Ok(_) => intake.values += 1,
                Err(Absent::Stale | Absent::Malformed | Absent::Code(_)) => intake.failed += 1,
                Err(_) => {}
            }
            let at = self
                .entities
                .binary_search_by_key(&sample.entity, |(entity, _)| *entity);
            if let Some((_, watched)) = at.ok().and_then(|at| self.entities.get_mut(at)) {
                *watched |= sample.value != Err(Absent::NotWatched);
            }
            let key = (sample.entity, sample.field);
            let from = self.routes.partition_point(|(other, _)| *other < key);
            let routes = self
                .routes
                .iter()
                .skip(from)
                .take_while(|(other, _)| *other == key);
            for (_, track) in routes {
                let Some(track) = self.tracks.get_mut(*track) else {
                    continue;
                };
                if sample.value.is_ok() && track.moved_to(sample.timestamp, now) {
                    self.changed = Some(now);
                }
                let step = track.take(sample.value, sample.timestamp, ledger, self.interval);
                intake.resets += u64::from(step == Step::Reset);
            }
        }
        intake.gone = self.entities.iter().filter(|(_, watched)| !watched).count();
        intake
    }

    /// What is to be shown: one cell for each series of the layout.
    pub(crate) fn cells(&self, ledger: &Ledger, into: &mut Vec<Option<Cell>>) {
        let max_age = self.max_age();
        into.clear();
        into.extend(self.layout.series().iter().zip(&self.shown).map(
            |(series, shown)| match shown {
                Shown::Total(place) => {
                    let total = ledger.get(*place).filter(|total| total.is_shown())?;
                    let number = total.number(kind_of(series)?);
                    Some(Cell {
                        number,
                        until: None,
                    })
                }
                Shown::Level(track) => {
                    let track = self.tracks.get(*track)?;
                    let until = track.changed?.checked_add(max_age);
                    track.value.map(|number| Cell { number, until })
                }
            },
        ));
    }

    /// The instances of a GPU that are gone may come back under the same name and be others.
    pub(crate) fn forget_instances(&self, ledger: &mut Ledger) {
        for ((entity, _), track) in &self.routes {
            if is_instance(entity.kind) {
                let place = self.tracks.get(*track).and_then(|track| track.total);
                if let Some(total) = place.and_then(|place| ledger.get_mut(place)) {
                    total.forget_baseline();
                }
            }
        }
    }
}

impl Track {
    /// Notes a timestamp; whether it is another than before.
    fn moved_to(&mut self, timestamp: Timestamp, now: Instant) -> bool {
        let moved = self.changed.is_none() || self.timestamp != timestamp;
        if moved {
            self.timestamp = timestamp;
            self.changed = Some(now);
        }
        moved
    }

    fn take(
        &mut self,
        value: Result<Value<'_>, Absent>,
        at: Timestamp,
        ledger: &mut Ledger,
        interval: Duration,
    ) -> Step {
        let metric = CATALOGUE.get(self.metric);
        if self.source.op == Op::Last {
            self.value = value
                .ok()
                .zip(metric)
                .and_then(|(value, metric)| level(metric, self.source, &value));
            return Step::Held;
        }
        // Without a value a counter holds.
        let total = self.total.and_then(|place| ledger.get_mut(place));
        value
            .ok()
            .zip(total)
            .map_or(Step::Held, |(value, total)| total.add(&value, at, interval))
    }
}

/// A level in the metric's unit and type; `None` if it can be none.
fn level(metric: &Metric, source: Source, value: &Value<'_>) -> Option<Number> {
    let scaled = source.scale.of(value.as_f64()?);
    let (least, most) = metric.range;
    if !scaled.is_finite() || scaled < least || scaled > most {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a conversion ends at the largest"
    )]
    let number = match metric.kind {
        Kind::GaugeF64 => Number::F64(scaled),
        Kind::GaugeI64 | Kind::UpDownI64 => Number::I64(scaled.round() as i64),
        Kind::CounterF64 | Kind::CounterU64 => return None,
    };
    Some(number)
}

fn kind_of(series: &Series) -> Option<Kind> {
    CATALOGUE.get(series.metric).map(|metric| metric.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_that_cannot_be_is_none() {
        let power = CATALOGUE
            .iter()
            .find(|metric| metric.name == "hw.power")
            .unwrap();
        let source = power.families[0].points[0].sources[0];
        assert_eq!(
            level(power, source, &Value::Double(3.5)),
            Some(Number::F64(3.5))
        );
        for value in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(level(power, source, &Value::Double(value)), None);
        }
        assert_eq!(level(power, source, &Value::Text("3.5")), None);
    }
}
