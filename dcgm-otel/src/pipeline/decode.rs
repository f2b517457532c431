//! Decoders: one per source, made once, as they run for each value.

use dcgm::Value;

use super::resolve::Input;
use super::snapshot::Number;
use crate::catalogue::{Condition, Kind, Metric, Op, Scale};

/// 2^63, the first number above the range of `i64`: a conversion would saturate instead of failing.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Conversion of a source's values to the number of its metric.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decoder {
    /// A number in the metric's unit.
    Plain(Unit),
    /// The result of an operation other than the newest sample.
    By(Op),
}

/// Unit and valid range of a metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    scale: Scale,
    /// Finite bounds, so that values between them are finite.
    least: f64,
    most: f64,
    /// Set if 0 means that there is no sensor.
    zero_is_none: bool,
    is_whole: bool,
    /// Set if whole numbers are passed on unchanged, since a float would lose digits.
    is_raw: bool,
}

impl Decoder {
    pub(super) fn new(metric: &Metric, input: &Input) -> Self {
        if !matches!(input.op, Op::Last | Op::NonZero | Op::Peak(_)) {
            return Self::By(input.op);
        }
        let (least, most) = metric.range;
        Self::Plain(Unit {
            scale: input.scale,
            least: least.max(f64::MIN),
            most: most.min(f64::MAX),
            zero_is_none: matches!(input.op, Op::NonZero),
            is_whole: metric.kind != Kind::GaugeF64,
            is_raw: metric.kind == Kind::GaugeI64 && metric.is_raw(),
        })
    }

    pub(super) const fn is_status(&self) -> bool {
        matches!(self, Self::By(Op::Status(_)))
    }

    pub(super) const fn is_transient(&self) -> bool {
        matches!(self, Self::By(Op::Transient(_)))
    }

    /// Returns the number; `None` for an invalid value.
    #[inline]
    pub(super) fn decode_value(&self, value: Value<'_>) -> Option<Number> {
        match self {
            Self::Plain(unit) => unit.decode_number(value),
            Self::By(op) => decode_other(op, value),
        }
    }
}

impl Unit {
    #[inline]
    fn decode_number(&self, value: Value<'_>) -> Option<Number> {
        if let (Value::Int(value), true) = (value, self.is_whole) {
            if self.is_raw {
                return Some(Number::I64(value));
            }
            // Without conversion to a float and back, which dominates the cost.
            if let Scale::Times(factor) = self.scale {
                let number = value.checked_mul(factor.into())?;
                #[expect(clippy::cast_precision_loss, reason = "compared only")]
                return self
                    .accepts_number(number as f64)
                    .then_some(Number::I64(number));
            }
        }
        let scaled = self.scale.scale_number(value.as_f64()?);
        if !self.accepts_number(scaled) {
            return None;
        }
        if !self.is_whole {
            return Some(Number::F64(scaled));
        }
        #[expect(clippy::cast_possible_truncation, reason = "what does not fit is none")]
        (scaled.abs() < TOO_LARGE).then(|| Number::I64(scaled.round() as i64))
    }

    /// Returns `true` for a valid number; a NaN is none.
    #[inline]
    fn accepts_number(&self, scaled: f64) -> bool {
        let is_none = self.zero_is_none && scaled.abs() < f64::EPSILON;
        self.least <= scaled && scaled <= self.most && !is_none
    }
}

/// Decodes the operations that are rare, out of line.
#[cold]
fn decode_other(op: &Op, value: Value<'_>) -> Option<Number> {
    let flag = |is: bool| Some(Number::I64(i64::from(is)));
    match *op {
        Op::Bit(bit) => flag(value.as_i64()? & bit != 0),
        Op::OneOf(set, (from, to)) => {
            let value = value.as_i64().filter(|value| (from..=to).contains(value))?;
            flag(set.contains(&value))
        }
        Op::TextEquals(text, all) => {
            let facts = value.as_str().filter(|facts| all.contains(facts))?;
            flag(facts == text)
        }
        Op::Word(word) => {
            let Value::Blob(bytes) = value else {
                return None;
            };
            let bytes: &[u8; 4] = bytes.chunks_exact(4).nth(word)?.try_into().ok()?;
            Some(Number::I64(u32::from_ne_bytes(*bytes).into()))
        }
        Op::Status(rules) | Op::Transient(rules) => {
            let value = value.as_i64()?;
            let rule = rules
                .iter()
                .find(|(from, to, _)| (*from..=*to).contains(&value));
            rule.map(|(.., condition): &(_, _, Condition)| Number::I64(*condition as i64))
        }
        Op::Last
        | Op::NonZero
        | Op::Peak(_)
        | Op::Counter
        | Op::FractionCounter
        | Op::Sum
        | Op::Integrate
        | Op::Event
        | Op::ActiveLinks
        | Op::LinkUp
        | Op::Allocation
        | Op::Instances
        | Op::Gpus
        | Op::Unavailable(_)
        | Op::Health(_)
        | Op::Fact(..) => None,
    }
}

#[cfg(test)]
mod tests;
