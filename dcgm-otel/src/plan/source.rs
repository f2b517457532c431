//! What is read of a field of an entity for a series, and where it goes.

use std::time::{Duration, Instant};

use dcgm::{NoValue, ReturnCode, Value};

use super::decode::Decoder;
use crate::candidates::Input;
use crate::catalogue::{Condition, Family, Metric, Op};
use crate::config::Config;
use crate::snapshot::{Number, Point};

/// How often what hardly ever changes is sampled.
const AT_REST: Duration = Duration::from_secs(3600);

/// As good as for ever.
pub(super) const LONGEST_TIME: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What the engine is to sample for a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedSource {
    pub(super) input: Input,
    pub(super) rate: SampleRate,
    /// Whether its series could have another source.
    pub(super) has_alternatives: bool,
}

/// How often something is sampled.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum SampleRate {
    /// At each tick.
    EachTick,
    /// Now and then: it hardly ever changes.
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

/// How long a value may be shown after its sample last changed.
#[derive(Clone, Copy, Debug)]
enum Retention {
    /// As long as the engine may take to change it.
    Expires(SampleRate),
    /// What happened once stays so.
    Permanent,
}

/// For how long values may be shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaxAges {
    each_tick: Duration,
    at_rest: Duration,
}

impl MaxAges {
    pub(super) fn new(config: &Config) -> Self {
        let age = |rate: SampleRate| {
            config
                .max_age(rate.sampling_period(config))
                .min(LONGEST_TIME)
        };
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

    /// Until when what changed then may be shown.
    pub(super) fn expiry_times(&self, changed: Instant) -> Limits {
        Limits {
            each_tick: changed.checked_add(self.each_tick),
            at_rest: changed.checked_add(self.at_rest),
            permanent: changed.checked_add(LONGEST_TIME),
        }
    }
}

/// Until when values that changed at the same time may be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    each_tick: Option<Instant>,
    at_rest: Option<Instant>,
    permanent: Option<Instant>,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// To that place among the [`Values`](super::shown::Values): it is what a series shows, or a
    /// part of that.
    Point(usize),
    /// It is counted there, as that part of the total.
    Total(usize, usize),
}

/// What becomes of a value. Small, as there are many.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceState {
    pub(super) target: Target,
    decoder: Decoder,
    retention: Retention,
    /// Until when its value may be shown.
    until: Option<Instant>,
}

impl SourceState {
    pub(super) fn new(metric: &Metric, source: &PlannedSource, target: Target) -> Self {
        let PlannedSource { input, rate, .. } = source;
        let stays = input.field.is_event() && matches!(input.op, Op::Status(_));
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

    /// Notes that its sample is another.
    #[inline]
    pub(super) fn extend_expiry(&mut self, limits: &Limits) {
        self.until = match self.retention {
            Retention::Expires(SampleRate::EachTick) => limits.each_tick,
            Retention::Expires(SampleRate::AtRest) => limits.at_rest,
            Retention::Permanent => limits.permanent,
        };
    }

    /// The level, or part of one, that was read.
    #[inline]
    pub(super) fn decode_point(&self, value: Result<Value<'_>, NoValue>) -> Option<Point> {
        let number = match value {
            Ok(value) => self.decoder.decode_value(value)?,
            Err(NoValue::Code(ReturnCode::GPU_IS_LOST)) if self.decoder.is_status() => {
                Number::I64(Condition::Failed as i64)
            }
            Err(_) => return None,
        };
        Some(Point {
            number,
            until: self.until,
        })
    }

    /// Whether it is a sign of how the entity is for a while only.
    pub(super) const fn is_transient(&self) -> bool {
        self.decoder.is_transient()
    }
}
