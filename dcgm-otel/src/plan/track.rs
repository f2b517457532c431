//! What is read of a field of an entity for a series, and where it goes.

use std::time::{Duration, Instant};

use dcgm::{NoValue, ReturnCode, Value};

use super::decode::Decoder;
use crate::candidates::Input;
use crate::catalogue::{Condition, Family, Metric, Op};
use crate::config::Config;
use crate::snapshot::{Cell, Number};

/// How often what hardly ever changes is sampled.
const AT_REST: Duration = Duration::from_secs(3600);

/// As good as for ever.
pub(super) const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What the engine is to sample for a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) input: Input,
    pub(super) pace: Pace,
    /// Whether its series could have another source.
    pub(super) has_alternatives: bool,
}

/// How often something is sampled.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Pace {
    /// At each tick.
    EachTick,
    /// Now and then: it hardly ever changes.
    AtRest,
}

impl Pace {
    pub(super) const fn of(family: &Family) -> Self {
        if family.at_rest {
            Self::AtRest
        } else {
            Self::EachTick
        }
    }

    pub(super) const fn period(self, config: &Config) -> Duration {
        match self {
            Self::EachTick => config.interval(),
            Self::AtRest => AT_REST,
        }
    }
}

/// How long a value may be shown after its sample last changed.
#[derive(Clone, Copy, Debug)]
enum Lasts {
    /// As long as the engine may take to change it.
    For(Pace),
    /// What happened once stays so.
    Ever,
}

/// For how long values may be shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ages {
    each_tick: Duration,
    at_rest: Duration,
}

impl Ages {
    pub(super) fn new(config: &Config) -> Self {
        let age = |pace: Pace| config.max_age(pace.period(config)).min(CENTURY);
        Self {
            each_tick: age(Pace::EachTick),
            at_rest: age(Pace::AtRest),
        }
    }

    pub(super) const fn of(&self, pace: Pace) -> Duration {
        match pace {
            Pace::EachTick => self.each_tick,
            Pace::AtRest => self.at_rest,
        }
    }

    /// Until when what changed then may be shown.
    pub(super) fn limits(&self, changed: Instant) -> Limits {
        Limits {
            each_tick: changed.checked_add(self.each_tick),
            at_rest: changed.checked_add(self.at_rest),
            ever: changed.checked_add(CENTURY),
        }
    }
}

/// Until when values that changed at the same time may be shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    each_tick: Option<Instant>,
    at_rest: Option<Instant>,
    ever: Option<Instant>,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// To that place among the [`Values`](super::shown::Values): it is what a series shows, or a
    /// part of that.
    Cell(usize),
    /// It is counted there, as that part of the total.
    Total(usize, usize),
}

/// What becomes of a value. Small, as there are many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    pub(super) target: Target,
    decoder: Decoder,
    lasts: Lasts,
    /// Until when its value may be shown.
    until: Option<Instant>,
}

impl Track {
    pub(super) fn new(metric: &Metric, source: &Source, target: Target) -> Self {
        let Source { input, pace, .. } = source;
        let stays = input.field.is_event() && matches!(input.op, Op::Status(_));
        Self {
            target,
            decoder: Decoder::new(metric, input),
            lasts: if stays {
                Lasts::Ever
            } else {
                Lasts::For(*pace)
            },
            until: None,
        }
    }

    /// Notes that its sample is another.
    #[inline]
    pub(super) fn renew(&mut self, limits: &Limits) {
        self.until = match self.lasts {
            Lasts::For(Pace::EachTick) => limits.each_tick,
            Lasts::For(Pace::AtRest) => limits.at_rest,
            Lasts::Ever => limits.ever,
        };
    }

    /// The level, or part of one, that was read.
    #[inline]
    pub(super) fn cell(&self, value: Result<Value<'_>, NoValue>) -> Option<Cell> {
        let number = match value {
            Ok(value) => self.decoder.level(value)?,
            Err(NoValue::Code(ReturnCode::GPU_IS_LOST)) if self.decoder.is_status() => {
                Number::I64(Condition::Failed as i64)
            }
            Err(_) => return None,
        };
        Some(Cell {
            number,
            until: self.until,
        })
    }

    /// Whether it is a sign of how the entity is for a while only.
    pub(super) const fn is_passing(&self) -> bool {
        self.decoder.is_passing()
    }
}
