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
//! gaps. The [`Ledger`] holds the totals of all series and outlives sessions and plans.

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
    /// Origin of the total, used at the first reading.
    origin_policy: CounterOrigin,
    /// Summands, usually one.
    parts: Vec<Part>,
    /// Set if it was exported with sources that it no longer has.
    was_shown: bool,
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
        };
        Self {
            origin,
            grown: 0,
            remainder: 0.0,
            scale: inputs.first().map_or(Scale::Times(1), |input| input.scale),
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

    /// Drops the baseline, because the next reading is of another device under the same name.
    pub(crate) fn forget_baseline(&mut self) {
        self.was_shown = self.is_shown();
        for part in &mut self.parts {
            part.last = None;
            part.at = Timestamp::NEVER;
        }
    }

    /// Sets the baseline to zero: the devices restarted, so all that they report is growth.
    pub(crate) fn restart_sources(&mut self) {
        let running = |part: &&mut Part| part.last.is_some() && part.input.op != Op::Integrate;
        for part in self.parts.iter_mut().filter(running) {
            part.last = Some(0);
        }
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
            // A dip of less than one percent is jitter. `last` stays, or the way back up would be
            // counted twice.
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

/// The totals of a meter, also of entities that are gone. A total keeps its index for good.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    totals: Vec<Entry>,
    indices: HashMap<Series, usize>,
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
    ) -> usize {
        if let Some(index) = self.indices.get(series) {
            if let Some(Entry { total, .. }) = self.totals.get_mut(*index) {
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
        let index = self.totals.len();
        self.totals.push(Entry {
            series: series.clone(),
            owner: owner.cloned(),
            unit,
            total: Total::new(inputs, origin, self.origin_policy),
        });
        self.indices.insert(series.clone(), index);
        index
    }

    /// Handles a restart of a device: its counters started at zero.
    pub(crate) fn restart_device(&mut self, id: &str) {
        let of = |entry: &&mut Entry| entry.owner.as_deref() == Some(id);
        for entry in self.totals.iter_mut().filter(of) {
            entry.total.restart_sources();
        }
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Total> {
        self.totals.get_mut(index).map(|entry| &mut entry.total)
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Total> {
        self.totals.get(index).map(|entry| &entry.total)
    }

    /// Returns each series that has been counted, with its index.
    pub(crate) fn counted_series(&self) -> impl Iterator<Item = (usize, &Series, DropUnit)> {
        let totals = self.totals.iter().enumerate();
        totals
            .filter(|(_, entry)| entry.total.is_shown())
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
