//! Sources: the fields that are read for a series, and the slot of each.

use std::time::{Duration, Instant};

use dcgm::{NoValue, ReturnCode, Value};

use super::decode::Decoder;
use super::index::CounterIdx;
use super::resolve::Input;
use super::snapshot::{Number, Point};
use crate::catalogue::{Condition, Family, Metric, Op};
use crate::clock::MAX_DELAY;
use crate::config::Config;

/// Sampling period of values that rarely change.
const AT_REST: Duration = Duration::from_secs(3600);

/// A field that the engine samples for a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceRow {
    pub(super) input: Input,
    /// Index of the metric.
    pub(super) metric: usize,
    pub(super) rate: SampleRate,
    /// Set if the series has other possible sources.
    pub(super) has_alternatives: bool,
}

/// Sampling rate of a source.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SampleRate {
    /// Sampled many times between two ticks, for peaks.
    Peak,
    /// Sampled at each tick.
    EachTick,
    /// Sampled once an hour: it rarely changes.
    AtRest,
}

impl SampleRate {
    pub(super) const fn of_input(family: &Family, input: &Input) -> Self {
        if matches!(input.op, Op::Peak(_)) {
            Self::Peak
        } else if family.at_rest {
            Self::AtRest
        } else {
            Self::EachTick
        }
    }

    pub(super) fn sampling_period(self, config: &Config) -> Duration {
        match self {
            Self::Peak => config.peaks().unwrap_or(config.interval()),
            Self::EachTick => config.interval(),
            Self::AtRest => AT_REST,
        }
    }
}

/// Retention of a value after its sample last changed.
#[derive(Clone, Copy, Debug)]
enum Retention {
    /// Expires at the maximum age of its sampling rate.
    Expires(SampleRate),
    /// Never expires: an event that is a lasting state, or the code of the last event.
    Permanent,
}

/// Maximum age of values, by sampling rate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaxAges {
    each_tick: Duration,
    at_rest: Duration,
}

impl MaxAges {
    pub(super) fn new(config: &Config) -> Self {
        let age = |rate: SampleRate| config.max_age(rate.sampling_period(config)).min(MAX_DELAY);
        Self {
            each_tick: age(SampleRate::EachTick),
            at_rest: age(SampleRate::AtRest),
        }
    }

    pub(super) const fn for_rate(&self, rate: SampleRate) -> Duration {
        match rate {
            SampleRate::Peak | SampleRate::EachTick => self.each_tick,
            SampleRate::AtRest => self.at_rest,
        }
    }

    /// Returns the expiry times of values that changed at `changed`.
    pub(super) fn expiry_times(&self, changed: Instant) -> Expiries {
        Expiries {
            each_tick: changed.checked_add(self.each_tick),
            at_rest: changed.checked_add(self.at_rest),
            permanent: changed.checked_add(MAX_DELAY),
        }
    }
}

/// Expiry times of values that changed at the same time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expiries {
    each_tick: Option<Instant>,
    at_rest: Option<Instant>,
    permanent: Option<Instant>,
}

/// Returns `true` if the next sample may have a value again: profiling fields that share a counter
/// are blank in turns.
const fn is_passing(reason: NoValue) -> bool {
    matches!(reason, NoValue::Blank | NoValue::NoData)
}

/// Destination of a source's values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// The value of its own slot.
    Slot,
    /// A total, and its summand.
    Counter(CounterIdx, usize),
    /// The statistics of all samples since the last tick, which are read apart.
    Peaks,
}

/// The last value of a source, and the way samples become one. Kept small, as there are many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) target: Target,
    decoder: Decoder,
    retention: Retention,
    /// Time at which a value of the last timestamp expires.
    until: Option<Instant>,
    pub(super) point: Option<Point>,
}

impl Slot {
    pub(super) fn new(metric: &Metric, source: &SourceRow, target: Target) -> Self {
        let SourceRow { input, rate, .. } = source;
        let stays = input.field.is_event() && matches!(input.op, Op::Status(_) | Op::Last);
        Self {
            target,
            decoder: Decoder::new(metric, input),
            retention: if stays {
                Retention::Permanent
            } else {
                Retention::Expires(*rate)
            },
            until: None,
            point: None,
        }
    }

    /// Extends the expiry time after a new sample.
    #[inline]
    pub(super) fn extend_expiry(&mut self, expiries: &Expiries) {
        self.until = match self.retention {
            Retention::Expires(SampleRate::Peak | SampleRate::EachTick) => expiries.each_tick,
            Retention::Expires(SampleRate::AtRest) => expiries.at_rest,
            Retention::Permanent => expiries.permanent,
        };
    }

    /// Decodes a sample. Without a value at present, the last one stays until it expires.
    #[inline]
    pub(super) fn take_value(&mut self, value: Result<Value<'_>, NoValue>) {
        let number = match value {
            Ok(value) => self.decoder.decode_value(value),
            Err(NoValue::Code(ReturnCode::GPU_IS_LOST)) if self.decoder.is_status() => {
                Some(Number::I64(Condition::Failed as i64))
            }
            Err(reason) if is_passing(reason) => return,
            Err(_) => None,
        };
        self.set_number(number);
    }

    /// Sets the number, of the samples up to the last one.
    pub(super) fn set_number(&mut self, number: Option<Number>) {
        let until = self.until;
        self.point = number.map(|number| Point { number, until });
    }

    /// Returns `true` if the source is a sign that expires.
    pub(super) const fn is_transient(&self) -> bool {
        self.decoder.is_transient()
    }
}
