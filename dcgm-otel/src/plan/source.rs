//! Sources: the fields that are read for a series, and the state of each.

use std::time::{Duration, Instant};

use dcgm::{NoValue, ReturnCode, Value};

use super::decode::Decoder;
use crate::candidates::Input;
use crate::catalogue::{Condition, Family, Metric, Op};
use crate::clock::MAX_DELAY;
use crate::config::Config;
use crate::snapshot::{Number, Point};

/// Sampling period of values that rarely change.
const AT_REST: Duration = Duration::from_secs(3600);

/// A field that the engine samples for a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedSource {
    pub(super) input: Input,
    pub(super) rate: SampleRate,
    /// Set if the series has other possible sources.
    pub(super) has_alternatives: bool,
}

/// Sampling rate of a source.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SampleRate {
    /// Sampled at each tick.
    EachTick,
    /// Sampled once an hour: it rarely changes.
    AtRest,
}

impl SampleRate {
    pub(super) const fn of_family(family: &Family) -> Self {
        if family.at_rest {
            Self::AtRest
        } else {
            Self::EachTick
        }
    }

    pub(super) const fn sampling_period(self, config: &Config) -> Duration {
        match self {
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
            SampleRate::EachTick => self.each_tick,
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

/// Destination of a source's values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// A slot of [`Values`](super::reduce::Values): the value of a series, or a part of it.
    Point(usize),
    /// A total: its index, and the summand.
    Total(usize, usize),
}

/// Effect of a sample on the value of a source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// It replaces the value; `None` ends it.
    New(Option<Point>),
    /// It has none at present: the last value stays until it expires.
    Unchanged,
}

/// Returns `true` if the next sample may have a value again: profiling fields that share a counter
/// are blank in turns.
const fn is_passing(reason: NoValue) -> bool {
    matches!(reason, NoValue::Blank | NoValue::NoData)
}

/// Run-time state of a source. Kept small, as there are many.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceState {
    pub(super) target: Target,
    decoder: Decoder,
    retention: Retention,
    /// Time at which its value expires.
    until: Option<Instant>,
}

impl SourceState {
    pub(super) fn new(metric: &Metric, source: &PlannedSource, target: Target) -> Self {
        let PlannedSource { input, rate, .. } = source;
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
        }
    }

    /// Extends the expiry time after a new sample.
    #[inline]
    pub(super) fn extend_expiry(&mut self, expiries: &Expiries) {
        self.until = match self.retention {
            Retention::Expires(SampleRate::EachTick) => expiries.each_tick,
            Retention::Expires(SampleRate::AtRest) => expiries.at_rest,
            Retention::Permanent => expiries.permanent,
        };
    }

    /// Decodes a gauge, or a part of one.
    #[inline]
    pub(super) fn decode_point(&self, value: Result<Value<'_>, NoValue>) -> Reading {
        let number = match value {
            Ok(value) => self.decoder.decode_value(value),
            Err(NoValue::Code(ReturnCode::GPU_IS_LOST)) if self.decoder.is_status() => {
                Some(Number::I64(Condition::Failed as i64))
            }
            Err(reason) if is_passing(reason) => return Reading::Unchanged,
            Err(_) => None,
        };
        Reading::New(number.map(|number| Point {
            number,
            until: self.until,
        }))
    }

    /// Returns `true` if the source is a sign that expires.
    pub(super) const fn is_transient(&self) -> bool {
        self.decoder.is_transient()
    }
}
