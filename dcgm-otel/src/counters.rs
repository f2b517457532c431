//! Totals that never decrease: what DCGM's counters have grown by since they were first seen.
//!
//! A counter of DCGM's starts at the driver's age and at zero again when the driver loads. The SDK
//! fixes the start of a stream when the instrument is made, reports the first value of a delta
//! stream as it is, and panics in builds with overflow checks if a total decreases. So what is
//! exported is the growth since installation, and what was exported once is held.

use std::collections::HashMap;
use std::time::Duration;

use dcgm::{Timestamp, Value};

use crate::catalogue::{Kind, Op, Source};
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
    /// What the growth is measured against: the last reading. `None` before the first.
    last: Option<u64>,
    /// When that was taken.
    at: Timestamp,
    source: Source,
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
    pub(crate) const fn new(source: Source, origin: Number) -> Self {
        Self {
            origin,
            grown: 0,
            remainder: 0.0,
            last: None,
            at: Timestamp::NEVER,
            source,
        }
    }

    /// Takes a reading.
    pub(crate) fn add(&mut self, value: &Value<'_>, at: Timestamp, interval: Duration) -> Step {
        match self.source.op {
            Op::Counter => whole(value).map_or(Step::Held, |raw| self.count(raw, at)),
            Op::Integrate => self.integrate(value, at, interval),
            Op::Last => Step::Held,
        }
    }

    /// The next reading is a new beginning: it is of another thing under the same name.
    pub(crate) fn forget_baseline(&mut self) {
        self.last = None;
        self.at = Timestamp::NEVER;
    }

    /// The total, in the unit and type of the instrument.
    pub(crate) fn number(&self, kind: Kind) -> Number {
        #[expect(clippy::cast_precision_loss, reason = "a fraction is what is exported")]
        let fraction = self.source.scale.of(self.grown as f64 + self.remainder);
        match (kind, self.origin) {
            (Kind::CounterF64, Number::F64(origin)) => Number::F64(origin + fraction),
            (Kind::CounterF64, _) => Number::F64(fraction),
            (_, Number::U64(origin)) => {
                let grown = self.source.scale.of_total(self.grown);
                Number::U64(origin.saturating_add(grown).min(LARGEST))
            }
            _ => Number::U64(self.source.scale.of_total(self.grown).min(LARGEST)),
        }
    }

    fn count(&mut self, raw: u64, at: Timestamp) -> Step {
        let step = match self.last {
            None => Step::Counted,
            Some(last) if raw >= last => {
                self.grown = self.grown.saturating_add(raw - last);
                Step::Counted
            }
            // A dip of less than a hundredth is a jitter of the reading. `last` stays, or the way
            // back up would be counted twice.
            Some(last) if u128::from(raw) * 100 > u128::from(last) * 99 => return Step::Held,
            Some(_) => {
                self.grown = self.grown.saturating_add(raw);
                Step::Reset
            }
        };
        self.last = Some(raw);
        self.at = at;
        step
    }

    fn integrate(&mut self, value: &Value<'_>, at: Timestamp, interval: Duration) -> Step {
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
        let sum = self.remainder + rate * since.as_secs_f64();
        let units = sum.floor();
        self.remainder = sum - units;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and a conversion ends at the largest"
        )]
        let units = units as u64;
        self.grown = self.grown.saturating_add(units);
        Step::Counted
    }
}

fn whole(value: &Value<'_>) -> Option<u64> {
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
    totals: Vec<(Series, Total)>,
    places: HashMap<Series, usize>,
    /// What earlier meters of the same provider had shown.
    origins: HashMap<Series, Number>,
}

impl Ledger {
    /// That goes on where earlier meters of the same provider ended.
    pub(crate) fn continuing(origins: HashMap<Series, Number>) -> Self {
        Self {
            origins,
            ..Self::default()
        }
    }

    /// The place of a series' total. One whose source is another than before begins anew, on top of
    /// what it showed: two counters have nothing in common but their name.
    pub(crate) fn open(&mut self, series: &Series, source: Source, kind: Kind) -> usize {
        if let Some(place) = self.places.get(series) {
            if let Some((_, total)) = self.totals.get_mut(*place) {
                if total.source != source {
                    *total = Total::new(source, total.number(kind));
                }
            }
            return *place;
        }
        let origin = self.origins.get(series).copied().unwrap_or(match kind {
            Kind::CounterF64 => Number::F64(0.0),
            _ => Number::U64(0),
        });
        let place = self.totals.len();
        self.totals
            .push((series.clone(), Total::new(source, origin)));
        self.places.insert(series.clone(), place);
        place
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut Total> {
        self.totals.get_mut(place).map(|(_, total)| total)
    }

    pub(crate) fn get(&self, place: usize) -> Option<&Total> {
        self.totals.get(place).map(|(_, total)| total)
    }

    /// Every series that has been counted, and its place.
    pub(crate) fn series(&self) -> impl Iterator<Item = (usize, &Series)> {
        let totals = self.totals.iter().enumerate();
        totals
            .filter(|(_, (_, total))| total.is_shown())
            .map(|(place, (series, _))| (place, series))
    }
}

impl Total {
    /// Whether there is anything to show: a reading, or what an earlier meter had shown.
    pub(crate) fn is_shown(&self) -> bool {
        let begun = match self.origin {
            Number::F64(origin) => origin > 0.0,
            Number::U64(origin) => origin > 0,
            Number::I64(_) => false,
        };
        self.last.is_some() || self.grown > 0 || begun
    }
}

#[cfg(test)]
mod tests;
