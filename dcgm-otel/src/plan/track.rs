//! What was last read of a field of an entity, and what value that makes.

use std::time::{Duration, Instant};

use dcgm::{Absent, ReturnCode, Timestamp, Value};

use crate::candidates::Input;
use crate::catalogue::{Condition, Kind, Metric, Op};
use crate::counters::{Ledger, Step};
use crate::snapshot::Number;

/// What 64 bits with a sign do not hold: 2^63. The largest that they do hold would be no level, but
/// what was left of one.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// As good as for ever.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What was last read for a series.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) metric: &'static Metric,
    pub(crate) input: Input,
    /// Where a counter is counted, and as which of its parts.
    pub(crate) total: Option<(usize, usize)>,
    /// How often the engine samples it.
    pub(crate) period: Duration,
    /// How long its samples may stay as they are.
    pub(crate) max_age: Duration,
    /// How long a value may be shown after it last changed.
    lasts: Duration,
    pub(crate) value: Option<Number>,
    timestamp: Timestamp,
    /// When its timestamp last changed, by our own clock: the engine's may be skewed.
    changed: Option<Instant>,
    /// How long its value may be shown.
    until: Option<Instant>,
}

impl Track {
    pub(crate) fn new(
        metric: &'static Metric,
        input: Input,
        total: Option<(usize, usize)>,
        period: Duration,
        max_age: Duration,
    ) -> Self {
        // What happened once stays so.
        let stays = input.field.is_event() && matches!(input.op, Op::Status(_));
        Self {
            metric,
            input,
            total,
            period,
            max_age,
            lasts: if stays { CENTURY } else { max_age.min(CENTURY) },
            value: None,
            timestamp: Timestamp::NEVER,
            changed: None,
            until: None,
        }
    }

    /// The last timestamp, and when it changed.
    pub(crate) fn age(&self) -> Option<(Timestamp, Instant)> {
        self.changed.map(|changed| (self.timestamp, changed))
    }

    /// Goes on from that: a sample with the same timestamp is no newer for being read anew.
    pub(crate) fn resume(&mut self, (timestamp, changed): (Timestamp, Instant)) {
        self.timestamp = timestamp;
        self.changed = Some(changed);
        self.until = changed.checked_add(self.lasts);
    }

    /// Notes a timestamp; whether it is another than before.
    pub(crate) fn moved_to(&mut self, timestamp: Timestamp, now: Instant) -> bool {
        let moved = self.changed.is_none() || self.timestamp != timestamp;
        if moved {
            self.resume((timestamp, now));
        }
        moved
    }

    /// How long its value may be shown.
    pub(crate) const fn until(&self) -> Option<Instant> {
        self.until
    }

    pub(crate) fn take(
        &mut self,
        value: Result<Value<'_>, Absent>,
        at: Timestamp,
        ledger: &mut Ledger,
    ) -> Step {
        // Without a value a counter holds.
        if let Some((place, part)) = self.total {
            let total = ledger.get_mut(place);
            let step = value.ok().zip(total);
            return step.map_or(Step::Held, |(value, total)| {
                total.add(part, &value, at, self.period)
            });
        }
        self.value = match value {
            Ok(value) => level(self.metric, &self.input, &value),
            Err(Absent::Code(ReturnCode::GPU_IS_LOST))
                if matches!(self.input.op, Op::Status(_)) =>
            {
                Some(Number::I64(Condition::Failed as i64))
            }
            Err(_) => None,
        };
        Step::Held
    }
}

/// A level in the metric's unit and type; `None` if it can be none.
fn level(metric: &Metric, input: &Input, value: &Value<'_>) -> Option<Number> {
    let flag = |is: bool| Some(Number::I64(i64::from(is)));
    match input.op {
        Op::Last | Op::NonZero => plain(metric, input, value),
        Op::Bit(bit) => flag(value.as_i64()? & bit != 0),
        Op::Among(set, (from, to)) => {
            let value = value.as_i64().filter(|value| (from..=to).contains(value))?;
            flag(set.contains(&value))
        }
        Op::Says(text, all) => {
            let said = value.as_str().filter(|said| all.contains(said))?;
            flag(said == text)
        }
        // Active, or asleep.
        Op::CountActive => flag(matches!(value.as_i64()?, 1 | 2)),
        Op::Word(word) => {
            let Value::Blob(bytes) = value else {
                return None;
            };
            let bytes: &[u8; 4] = bytes.chunks_exact(4).nth(word)?.try_into().ok()?;
            Some(Number::I64(u32::from_ne_bytes(*bytes).into()))
        }
        Op::Status(rules) | Op::Passing(rules) => {
            let value = value.as_i64()?;
            let rule = rules
                .iter()
                .find(|(from, to, _)| (*from..=*to).contains(&value));
            rule.map(|(.., condition)| Number::I64(*condition as i64))
        }
        Op::Counter | Op::Sum | Op::Integrate | Op::Event | Op::Instances | Op::Fact(..) => None,
    }
}

/// A number in the metric's unit, unless it is none that can be.
fn plain(metric: &Metric, input: &Input, value: &Value<'_>) -> Option<Number> {
    // As it is, where a float would not hold all of it.
    if let (Kind::GaugeI64, Value::Int(value), true) = (metric.kind, value, metric.is_raw()) {
        return Some(Number::I64(*value));
    }
    let scaled = input.scale.of(value.as_f64()?);
    let (least, most) = metric.range;
    let is_none = matches!(input.op, Op::NonZero) && scaled.abs() < f64::EPSILON;
    if is_none || !scaled.is_finite() || scaled < least || scaled > most {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is none")]
    match metric.kind {
        Kind::GaugeF64 => Some(Number::F64(scaled)),
        Kind::GaugeI64 | Kind::UpDownI64 => {
            (scaled.abs() < TOO_LARGE).then(|| Number::I64(scaled.round() as i64))
        }
        Kind::CounterF64 | Kind::CounterU64 => None,
    }
}

#[cfg(test)]
mod tests;
