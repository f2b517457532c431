//! Totals that never decrease: what DCGM's counters have grown by since they were first seen.
//!
//! A counter of DCGM's starts at the driver's age and at zero again when the driver loads. The SDK
//! fixes the start of a stream when the instrument is made, reports the first value of a delta
//! stream as it is, and panics in builds with overflow checks if a total decreases. So what is
//! exported is the growth since installation, and what was exported once is held.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dcgm::{Timestamp, Value};

use crate::candidates::Input;
use crate::cardinality::DropUnit;
use crate::catalogue::{Kind, Op, Scale};
use crate::config::CounterOrigin;
use crate::snapshot::{Number, Series};

/// OTLP carries totals as signed numbers, and turns larger ones into 0.
const LARGEST: u64 = i64::MAX.unsigned_abs();

/// A rate is not carried over a gap longer than this many intervals: traffic is not invented.
const LONGEST_GAP: f64 = 2.5;

/// The growth of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Total {
    /// What it showed when the last meter of this provider ended.
    origin: Number,
    /// What it has grown by since, in the source's unit…
    grown: u64,
    /// …and the part of a unit that a rate left over.
    remainder: f64,
    scale: Scale,
    /// Where it begins, if it has not begun.
    origin_policy: CounterOrigin,
    /// What is added up: one source, as a rule.
    parts: Vec<Part>,
    /// Whether it was shown with sources that it does not have any more, or does not go on from.
    was_shown: bool,
}

/// One source of a total.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    input: Input,
    /// What the growth is measured against: the last reading. `None` before the first.
    last: Option<u64>,
    /// Whether there ever was one.
    was_read: bool,
    /// When that was taken.
    at: Timestamp,
}

/// What a reading did to a total.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// It grew, or stayed.
    Counted,
    /// The source began anew.
    Reset,
    /// There was nothing to count.
    Held,
}

impl Total {
    pub(crate) fn new(inputs: &[Input], origin: Number, origin_policy: CounterOrigin) -> Self {
        let part = |input: &Input| Part {
            input: *input,
            last: None,
            was_read: false,
            at: Timestamp::NEVER,
        };
        Self {
            origin,
            grown: 0,
            remainder: 0.0,
            scale: inputs.first().map_or(Scale::Times(1), |input| input.scale),
            // What was shown holds what the device had counted.
            origin_policy: if origin.is_positive() {
                CounterOrigin::Rebased
            } else {
                origin_policy
            },
            parts: inputs.iter().map(part).collect(),
            was_shown: false,
        }
    }

    /// Takes a reading of one of its sources.
    pub(crate) fn add_reading(
        &mut self,
        part: usize,
        value: &Value<'_>,
        at: Timestamp,
        interval: Duration,
    ) -> Step {
        let Some(part) = self.parts.get_mut(part) else {
            return Step::Held;
        };
        match part.input.op {
            Op::Counter | Op::Sum => whole_number(value).map_or(Step::Held, |raw| {
                part.count_reading(&mut self.grown, self.origin_policy, raw, at)
            }),
            Op::Integrate => {
                let growth = (&mut self.grown, &mut self.remainder);
                part.integrate_rate(growth, value, at, interval)
            }
            _ => Step::Held,
        }
    }

    /// Counts an event.
    pub(crate) fn count_event(&mut self) {
        self.grown = self.grown.saturating_add(1);
    }

    /// The next reading is a new beginning: it is of another thing under the same name.
    pub(crate) fn forget_baseline(&mut self) {
        self.was_shown = self.is_shown();
        for part in &mut self.parts {
            part.last = None;
            part.at = Timestamp::NEVER;
        }
    }

    /// The devices began at zero, whatever they say now: what they say has grown since.
    pub(crate) fn restart_sources(&mut self) {
        let running = |part: &&mut Part| part.last.is_some() && part.input.op != Op::Integrate;
        for part in self.parts.iter_mut().filter(running) {
            part.last = Some(0);
        }
    }

    /// Whether it is made of these sources.
    fn is_of(&self, inputs: &[Input]) -> bool {
        self.parts.iter().map(|part| &part.input).eq(inputs)
    }

    /// The total, in the unit and type of the instrument.
    pub(crate) fn exported_number(&self, kind: Kind) -> Number {
        #[expect(clippy::cast_precision_loss, reason = "a fraction is what is exported")]
        let fraction = self.scale.scale_number(self.grown as f64 + self.remainder);
        match (kind, self.origin) {
            (Kind::CounterF64, Number::F64(origin)) => Number::F64(origin + fraction),
            (Kind::CounterF64, _) => Number::F64(fraction),
            (_, Number::U64(origin)) => {
                let grown = self.scale.scale_total(self.grown);
                Number::U64(origin.saturating_add(grown).min(LARGEST))
            }
            _ => Number::U64(self.scale.scale_total(self.grown).min(LARGEST)),
        }
    }
}

impl Part {
    fn count_reading(
        &mut self,
        grown: &mut u64,
        origin_policy: CounterOrigin,
        raw: u64,
        at: Timestamp,
    ) -> Step {
        let step = match self.last {
            None if origin_policy == CounterOrigin::Device && !self.was_read => {
                *grown = grown.saturating_add(raw);
                Step::Counted
            }
            None => Step::Counted,
            Some(last) if raw >= last => {
                *grown = grown.saturating_add(raw - last);
                Step::Counted
            }
            // A dip of less than a hundredth is a jitter of the reading. `last` stays, or the way
            // back up would be counted twice.
            Some(last) if u128::from(raw) * 100 > u128::from(last) * 99 => return Step::Held,
            Some(_) => {
                *grown = grown.saturating_add(raw);
                Step::Reset
            }
        };
        self.last = Some(raw);
        self.was_read = true;
        self.at = at;
        step
    }

    fn integrate_rate(
        &mut self,
        (grown, remainder): (&mut u64, &mut f64),
        value: &Value<'_>,
        at: Timestamp,
        interval: Duration,
    ) -> Step {
        let Some(rate) = value
            .as_f64()
            .filter(|rate| rate.is_finite() && *rate >= 0.0)
        else {
            return Step::Held;
        };
        let since = at.since(self.at);
        let first = self.last.is_none();
        if !first && since.is_zero() {
            return Step::Held;
        }
        self.last = Some(0);
        self.at = at;
        if first || since.as_secs_f64() > interval.as_secs_f64() * LONGEST_GAP {
            return Step::Held;
        }
        let sum = *remainder + rate * since.as_secs_f64();
        if !sum.is_finite() {
            return Step::Held;
        }
        let units = sum.floor();
        *remainder = sum - units;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and a conversion ends at the largest"
        )]
        let units = units as u64;
        *grown = grown.saturating_add(units);
        Step::Counted
    }
}

fn whole_number(value: &Value<'_>) -> Option<u64> {
    if let Some(value) = value.as_i64() {
        return u64::try_from(value).ok();
    }
    let value = value
        .as_f64()
        .filter(|value| value.is_finite() && *value >= 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and a conversion ends at the largest"
    )]
    Some(value as u64)
}

/// The totals of a meter, those of entities that are gone too. A total keeps its place for good.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    totals: Vec<Entry>,
    places: HashMap<Series, usize>,
    /// What earlier meters of the same provider had shown.
    origins: HashMap<Series, Number>,
    /// Where new totals begin.
    origin_policy: CounterOrigin,
}

#[derive(Debug)]
struct Entry {
    series: Series,
    /// The `hw.id` of the entity.
    owner: Option<Arc<str>>,
    unit: DropUnit,
    total: Total,
}

impl Ledger {
    /// That goes on where earlier meters of the same provider ended.
    pub(crate) fn continue_from(
        origins: HashMap<Series, Number>,
        origin_policy: CounterOrigin,
    ) -> Self {
        Self {
            origins,
            origin_policy,
            ..Self::default()
        }
    }

    /// The place of a series' total. One whose sources are others than before begins anew, on top
    /// of what it showed: two counters have nothing in common but their name.
    pub(crate) fn get_or_insert(
        &mut self,
        series: &Series,
        owner: Option<&Arc<str>>,
        unit: DropUnit,
        inputs: &[Input],
        kind: Kind,
    ) -> usize {
        if let Some(place) = self.places.get(series) {
            if let Some(Entry { total, .. }) = self.totals.get_mut(*place) {
                if !total.is_of(inputs) {
                    *total = Total {
                        was_shown: total.is_shown(),
                        ..Total::new(inputs, total.exported_number(kind), CounterOrigin::Rebased)
                    };
                }
            }
            return *place;
        }
        let origin = self.origins.get(series).copied().unwrap_or(match kind {
            Kind::CounterF64 => Number::F64(0.0),
            _ => Number::U64(0),
        });
        let place = self.totals.len();
        self.totals.push(Entry {
            series: series.clone(),
            owner: owner.cloned(),
            unit,
            total: Total::new(inputs, origin, self.origin_policy),
        });
        self.places.insert(series.clone(), place);
        place
    }

    /// The devices of that `hw.id` began at zero.
    pub(crate) fn restart_device(&mut self, id: &str) {
        let of = |entry: &&mut Entry| entry.owner.as_deref() == Some(id);
        for entry in self.totals.iter_mut().filter(of) {
            entry.total.restart_sources();
        }
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Total> {
        self.totals.get_mut(place).map(|entry| &mut entry.total)
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Total> {
        self.totals.get(place).map(|entry| &entry.total)
    }

    /// Every series that has been counted, and its place.
    pub(crate) fn counted_series(&self) -> impl Iterator<Item = (usize, &Series, DropUnit)> {
        let totals = self.totals.iter().enumerate();
        totals
            .filter(|(_, entry)| entry.total.is_shown())
            .map(|(place, entry)| (place, &entry.series, entry.unit))
    }
}

impl Total {
    /// Whether there is anything to show: a reading, or what an earlier meter had shown.
    pub(crate) fn is_shown(&self) -> bool {
        self.was_shown
            || self.grown > 0
            || self.origin.is_positive()
            || self.parts.iter().any(|part| part.last.is_some())
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
