//! Totals that never decrease: the growth of DCGM's counters since they were first read.
//!
//! A counter of DCGM starts when the driver is loaded, and starts at zero again with the next load.
//! The SDK fixes the start time of a stream when the instrument is made, reports the first value of
//! a delta stream unchanged, and panics in builds with overflow checks if a total decreases. So the
//! meter exports the growth since its installation, and holds a total without new readings.
//!
//! ```text
//!  reading    100   130   129   150     5    20        (129: jitter; 5: reset)
//!  baseline   100   130   130   150     5    20
//!  growth       0   +30    +0   +20    +5   +15
//!  total        0    30    30    50    55    70
//! ```
//!
//! The first reading only sets the baseline, unless the origin is the device's. A reading below the
//! baseline is a reset and counts in full; a dip of less than one percent is jitter and counts
//! nothing. Some DCGM fields named `_TOTAL` are rates: these are integrated over time, except over
//! gaps. The [`Ledger`] holds the totals of all series and outlives sessions and tables.
//!
//! Drivers report single bad readings. Growth beyond what the hardware can do is held until the next
//! reading confirms it, and a counter that returns from 0 to its old value was not reset:
//!
//! ```text
//!  reading    100   130     0   140    2^62   150
//!  total        0    30    30    40      40    50
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dcgm::{Timestamp, Value};

use super::cardinality::DropUnit;
use super::index::{CounterIdx, IndexVec};
use super::resolve::Input;
use super::snapshot::{Number, Series};
use crate::catalogue::{Kind, Op, Scale};
use crate::config::CounterOrigin;

/// OTLP carries totals as signed numbers, and turns larger ones into 0.
const LARGEST: u64 = i64::MAX.unsigned_abs();

/// Longest gap between samples of a rate that is integrated, in intervals: the traffic of longer
/// gaps is unknown and not invented.
const LONGEST_GAP: f64 = 2.5;

/// The growth of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Total {
    /// Total of the last meter of this provider, which this one continues.
    origin: Number,
    /// Growth since then, in the source's unit…
    grown: u64,
    /// …and the part of a unit that a rate left over.
    remainder: f64,
    scale: Scale,
    /// Largest possible growth per second, in the metric's unit.
    most_per_second: f64,
    /// Origin of the total, used at the first reading.
    origin_policy: CounterOrigin,
    /// Summands, usually one.
    parts: Vec<Part>,
    /// Set if it was exported with sources that it no longer has.
    was_shown: bool,
}

/// The amount of a total, in the units in which it is counted: those of the source if fractions are
/// exported, else those of the metric. Amounts of one total can be added without an error.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Amount {
    /// The part that other sources have counted, in the metric's unit.
    pub(crate) origin: f64,
    pub(crate) units: u64,
    /// The part of a unit that a rate left over.
    rest: f64,
}

impl Amount {
    pub(crate) fn from_units(units: u64) -> Self {
        Self {
            units,
            ..Self::default()
        }
    }

    /// Makes an amount of a number in the metric's unit.
    pub(crate) fn from_scaled(origin: f64) -> Self {
        Self {
            origin,
            ..Self::default()
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.origin += other.origin;
        self.units = self.units.saturating_add(other.units);
        self.rest += other.rest;
    }

    /// Returns the growth since an earlier amount of the same sources.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            origin: 0.0,
            units: self.units.saturating_sub(before.units),
            rest: self.rest - before.rest,
        }
    }

    /// Returns the number of a metric that exports fractions.
    #[expect(clippy::cast_precision_loss, reason = "a fraction is what is exported")]
    pub(crate) fn scaled(&self, scale: Scale) -> f64 {
        self.origin + scale.scale_number(self.units as f64 + self.rest)
    }
}

/// One source of a total.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    input: Input,
    /// Last reading, which growth is measured against. `None` before the first.
    last: Option<u64>,
    /// Set after the first reading.
    was_read: bool,
    /// Time of the last reading.
    at: Timestamp,
    /// Reading before a reset, and the growth that the reset counted, until the counter has grown
    /// again.
    before_reset: Option<(u64, u64)>,
    /// An impossible reading, which the next one can confirm.
    suspect: Option<(u64, Timestamp)>,
}

/// Growth that is possible for a counter.
#[derive(Clone, Copy, Debug)]
struct GrowthLimit {
    scale: Scale,
    most_per_second: f64,
    interval: Duration,
}

impl GrowthLimit {
    /// Returns `true` if a counter can grow by `growth` between two readings. Their times are the
    /// engine's, whose clock can be set back.
    fn allows(&self, growth: u64, (from, to): (Timestamp, Timestamp)) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "compared with an estimate")]
        let grown = self.scale.scale_number(growth as f64);
        let time = to.since(from).max(self.interval);
        grown <= self.most_per_second * time.as_secs_f64()
    }
}

/// Effect of a reading on a total.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// The total grew or stayed.
    Counted,
    /// The source was reset.
    Reset,
    /// The total was held: nothing to count.
    Held,
}

impl Total {
    pub(crate) fn new(inputs: &[Input], origin: Number, origin_policy: CounterOrigin) -> Self {
        let part = |input: &Input| Part {
            input: *input,
            last: None,
            was_read: false,
            at: Timestamp::NEVER,
            before_reset: None,
            suspect: None,
        };
        Self {
            origin,
            grown: 0,
            remainder: 0.0,
            scale: inputs.first().map_or(Scale::Times(1), |input| input.scale),
            most_per_second: f64::INFINITY,
            // An exported total includes the device's count already.
            origin_policy: if origin.is_positive() {
                CounterOrigin::Rebased
            } else {
                origin_policy
            },
            parts: inputs.iter().map(part).collect(),
            was_shown: false,
        }
    }

    /// Adds a reading of one source.
    pub(crate) fn add_reading(
        &mut self,
        part: usize,
        value: &Value<'_>,
        at: Timestamp,
        interval: Duration,
    ) -> Step {
        let limit = GrowthLimit {
            scale: self.scale,
            most_per_second: self.most_per_second,
            interval,
        };
        let Some(part) = self.parts.get_mut(part) else {
            return Step::Held;
        };
        match part.input.op {
            Op::Counter | Op::Sum | Op::FractionCounter => {
                let raw = match part.input.op {
                    Op::FractionCounter => number_of_parts(value, part.input.scale.parts()),
                    _ => whole_number(value),
                };
                raw.map_or(Step::Held, |raw| {
                    part.count_reading(&mut self.grown, self.origin_policy, (raw, at), limit)
                })
            }
            Op::Integrate => {
                let growth = (&mut self.grown, &mut self.remainder);
                part.integrate_rate(growth, value, at, limit)
            }
            _ => Step::Held,
        }
    }

    /// Counts an event.
    pub(crate) fn count_event(&mut self) {
        self.grown = self.grown.saturating_add(1);
    }

    /// Drops the baseline, because the next reading is of another device under the same name.
    pub(crate) fn forget_baseline(&mut self) {
        self.was_shown = self.is_shown();
        for part in &mut self.parts {
            part.set_baseline(None);
            part.at = Timestamp::NEVER;
        }
    }

    /// Sets the baseline to zero: the devices restarted, so all that they report is growth.
    pub(crate) fn restart_sources(&mut self) {
        let running = |part: &&mut Part| part.last.is_some() && part.input.op != Op::Integrate;
        for part in self.parts.iter_mut().filter(running) {
            part.set_baseline(Some(0));
        }
    }

    /// Returns the whole total.
    pub(crate) fn amount(&self, kind: Kind) -> Amount {
        match (kind, self.exported_number(kind)) {
            (Kind::CounterF64, _) => Amount {
                units: self.grown,
                rest: self.remainder,
                ..self.origin_amount(kind)
            },
            (_, Number::U64(number)) => Amount::from_units(number),
            _ => Amount::default(),
        }
    }

    /// Returns the part of the total that this meter has not counted.
    pub(crate) fn origin_amount(&self, kind: Kind) -> Amount {
        match (kind, self.origin) {
            (Kind::CounterF64, Number::F64(origin)) => Amount::from_scaled(origin),
            (Kind::CounterU64, Number::U64(origin)) => Amount::from_units(origin.min(LARGEST)),
            _ => Amount::default(),
        }
    }

    pub(crate) const fn scale(&self) -> Scale {
        self.scale
    }

    /// Returns `true` if it counts events.
    pub(crate) fn is_of_events(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.input.op == Op::Event)
    }

    /// Returns `true` if it has exactly these sources.
    fn is_of(&self, inputs: &[Input]) -> bool {
        self.parts.iter().map(|part| &part.input).eq(inputs)
    }

    /// Returns the total in the unit and type of the instrument.
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
    /// Sets the reading that growth is measured against.
    fn set_baseline(&mut self, last: Option<u64>) {
        self.last = last;
        self.before_reset = None;
        self.suspect = None;
    }

    fn count_reading(
        &mut self,
        grown: &mut u64,
        origin_policy: CounterOrigin,
        (raw, at): (u64, Timestamp),
        limit: GrowthLimit,
    ) -> Step {
        let (growth, step) = match self.last {
            None if origin_policy == CounterOrigin::Device && !self.was_read => {
                (raw, Step::Counted)
            }
            None => (0, Step::Counted),
            Some(last) => match self.measure_growth(last, (raw, at), limit) {
                Some(measured) => measured,
                None => return Step::Held,
            },
        };
        if step == Step::Reset {
            self.before_reset = self.last.map(|last| (last, growth));
        } else if growth > 0 {
            self.before_reset = None;
        }
        *grown = grown.saturating_add(growth);
        self.last = Some(raw);
        self.was_read = true;
        self.at = at;
        step
    }

    /// Returns the growth since `last`; `None` if the reading does not count.
    fn measure_growth(
        &mut self,
        last: u64,
        (raw, at): (u64, Timestamp),
        limit: GrowthLimit,
    ) -> Option<(u64, Step)> {
        let is_possible = |growth| limit.allows(growth, (self.at, at));
        let suspect = self.suspect.take();
        let is_confirmed = suspect.is_some_and(|(suspect, since)| {
            let growth = raw.checked_sub(suspect);
            growth.is_some_and(|growth| limit.allows(growth, (since, at)))
        });
        if let Some(growth) = raw.checked_sub(last) {
            let before = self.before_reset.and_then(|(before, counted)| {
                let growth = raw.checked_sub(before)?;
                is_possible(growth).then(|| growth.saturating_sub(counted))
            });
            match before {
                // It was not reset: it returns from a bad reading.
                Some(since_before) if last == 0 || !is_possible(growth) => {
                    return Some((since_before, Step::Counted));
                }
                _ if is_possible(growth) || is_confirmed => return Some((growth, Step::Counted)),
                _ => {}
            }
        } else {
            // A dip of less than one percent is jitter. `last` stays, or the way back up would be
            // counted twice.
            if u128::from(raw) * 100 > u128::from(last) * 99 {
                return None;
            }
            if is_possible(raw) {
                return Some((raw, Step::Reset));
            }
            // Too high for a counter that was reset since the last reading.
            if is_confirmed {
                return Some((0, Step::Reset));
            }
        }
        self.suspect = Some((raw, at));
        None
    }

    fn integrate_rate(
        &mut self,
        (grown, remainder): (&mut u64, &mut f64),
        value: &Value<'_>,
        at: Timestamp,
        limit: GrowthLimit,
    ) -> Step {
        let is_possible = |rate: &f64| {
            let scaled = limit.scale.scale_number(*rate);
            rate.is_finite() && (0.0..=limit.most_per_second).contains(&scaled)
        };
        let Some(rate) = value.as_f64().filter(is_possible) else {
            return Step::Held;
        };
        if self.last.is_some() && at == self.at {
            return Step::Held;
        }
        // Without an earlier reading, or after the engine's clock was set back, there is no time that
        // the rate covers.
        let is_baseline = self.last.is_none() || at < self.at;
        let since = at.since(self.at);
        self.last = Some(0);
        self.at = at;
        if is_baseline || since.as_secs_f64() > limit.interval.as_secs_f64() * LONGEST_GAP {
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

/// Returns a reading with a fraction in parts of its unit; `None` if it is no number of a total.
fn number_of_parts(value: &Value<'_>, parts: u32) -> Option<u64> {
    if let Some(value) = value.as_i64() {
        return u64::try_from(value).ok()?.checked_mul(parts.into());
    }
    let parts = value.as_f64()? * f64::from(parts);
    // Rounded: 0.3 s are 300,000,000 ns and not one less.
    whole_number(&Value::Double(parts.round()))
}

/// The totals of a meter, also of entities that are gone. A total keeps its index for good.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    totals: IndexVec<CounterIdx, Entry>,
    indices: HashMap<Series, CounterIdx>,
    /// Totals that earlier meters of the same provider exported.
    origins: HashMap<Series, Number>,
    /// Origin of new totals.
    origin_policy: CounterOrigin,
}

#[derive(Debug)]
struct Entry {
    series: Series,
    /// The `hw.id` of the entity.
    owner: Option<Arc<str>>,
    unit: DropUnit,
    total: Total,
    /// Set if the device was removed on purpose: the total is not exported until it is back.
    is_forgotten: bool,
}

impl Ledger {
    /// Makes a ledger that continues the totals of earlier meters of the same provider.
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

    /// Returns the index of a series' total and adds it if it is new. If its sources have changed,
    /// it continues from the exported value: the counters of two sources have only the name in
    /// common.
    pub(crate) fn get_or_insert(
        &mut self,
        series: &Series,
        owner: Option<&Arc<str>>,
        unit: DropUnit,
        inputs: &[Input],
        kind: Kind,
    ) -> CounterIdx {
        if let Some(index) = self.indices.get(series) {
            if let Some(Entry {
                total,
                is_forgotten,
                ..
            }) = self.totals.get_mut(*index)
            {
                *is_forgotten = false;
                if !total.is_of(inputs) {
                    *total = Total {
                        was_shown: total.is_shown(),
                        ..Total::new(inputs, total.exported_number(kind), CounterOrigin::Rebased)
                    };
                }
            }
            return *index;
        }
        let origin = self.origins.get(series).copied().unwrap_or(match kind {
            Kind::CounterF64 => Number::F64(0.0),
            _ => Number::U64(0),
        });
        let index = self.totals.push(Entry {
            series: series.clone(),
            owner: owner.cloned(),
            unit,
            total: Total::new(inputs, origin, self.origin_policy),
            is_forgotten: false,
        });
        self.indices.insert(series.clone(), index);
        index
    }

    /// Handles a restart of a device: its counters started at zero.
    pub(crate) fn restart_device(&mut self, id: &str) {
        let of = |entry: &&mut Entry| entry.owner.as_deref() == Some(id);
        for entry in self.totals.as_mut_slice().iter_mut().filter(of) {
            entry.total.restart_sources();
        }
    }

    /// Ends the totals of a device and of its parts.
    pub(crate) fn forget_device(&mut self, id: &str) {
        let is_of = |owner: &str| {
            let part = owner.strip_prefix(id);
            part.is_some_and(|part| part.is_empty() || part.starts_with('/'))
        };
        for entry in self.totals.as_mut_slice() {
            entry.is_forgotten |= entry.owner.as_deref().is_some_and(is_of);
        }
    }

    /// Sets the largest possible growth of a total per second, in the metric's unit.
    pub(crate) fn limit_growth(&mut self, index: CounterIdx, most_per_second: f64) {
        if let Some(total) = self.get_mut(index) {
            total.most_per_second = most_per_second;
        }
    }

    pub(crate) fn get_mut(&mut self, index: CounterIdx) -> Option<&mut Total> {
        self.totals.get_mut(index).map(|entry| &mut entry.total)
    }

    pub(crate) fn get(&self, index: CounterIdx) -> Option<&Total> {
        self.totals.get(index).map(|entry| &entry.total)
    }

    /// Takes out the total of a series that an earlier meter exported.
    pub(crate) fn take_origin(&mut self, series: &Series) -> Option<Number> {
        self.origins.remove(series)
    }

    /// Returns each series that has been counted, with its index.
    pub(crate) fn counted_series(&self) -> impl Iterator<Item = (CounterIdx, &Series, DropUnit)> {
        let totals = self.totals.iter_indexed();
        totals
            .filter(|(_, entry)| entry.total.is_shown() && !entry.is_forgotten)
            .map(|(index, entry)| (index, &entry.series, entry.unit))
    }
}

impl Total {
    /// Returns `true` if there is something to export: a reading, or the total of an earlier meter.
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
