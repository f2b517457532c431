//! [`ViolationRules`], and the comparison of samples with them.

use std::collections::{BTreeMap, VecDeque};

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::policy::{Violation, ViolationKind};
use crate::sample::{Sample, Timestamp};

/// The counters of NVLink errors: the totals of all links of a GPU.
const NVLINK_ERRORS: [FieldId; 4] = [
    FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_REPLAY_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
];

/// The time in which `PCIe` replays are counted, in microseconds.
const MINUTE: i64 = 60_000_000;

/// Limits for GPUs, which a [`Monitor`](super::Monitor) compares samples of its own watches with. The default
/// has none.
///
/// Unlike the [policies](crate::policy) of the engine, these belong to this program: no other client can
/// replace them, and they are compared with each sample of the monitor's interval. A limit is reported once
/// when it is exceeded, and again after the value was within the limit. New errors are reported once; those
/// from before the first sample, and those while there is no connection, are not.
///
/// ```
/// use dcgm::monitor::ViolationRules;
///
/// let mut rules = ViolationRules::default();
/// rules.dbe = true;
/// rules.max_temperature = Some(90);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ViolationRules {
    /// New uncorrectable memory errors (field 311).
    pub dbe: bool,
    /// The most `PCIe` replays (field 202) within a minute of samples.
    pub max_pcie_replays: Option<u32>,
    /// The most retired memory pages, for correctable and uncorrectable errors together (fields 390, 391).
    pub max_retired_pages: Option<u32>,
    /// The highest temperature in °C (field 150).
    pub max_temperature: Option<i32>,
    /// The highest power draw in W (field 155), without its fraction: with 500, 500.9 W is no violation.
    pub max_power: Option<u32>,
    /// New NVLink errors (fields 409, 419, 429 and 439).
    pub nvlink: bool,
}

impl ViolationRules {
    /// Returns the fields that the rules need.
    pub(super) fn fields(&self) -> Vec<FieldId> {
        let mut fields = Vec::new();
        let mut add = |is_wanted: bool, more: &[FieldId]| {
            if is_wanted {
                fields.extend_from_slice(more);
            }
        };
        add(self.dbe, &[FieldId::ECC_DBE_VOL_TOTAL]);
        add(
            self.max_pcie_replays.is_some(),
            &[FieldId::PCIE_REPLAY_COUNTER],
        );
        add(
            self.max_retired_pages.is_some(),
            &[FieldId::RETIRED_SBE, FieldId::RETIRED_DBE],
        );
        add(self.max_temperature.is_some(), &[FieldId::GPU_TEMP]);
        add(self.max_power.is_some(), &[FieldId::POWER_USAGE]);
        add(self.nvlink, &NVLINK_ERRORS);
        fields
    }
}

/// Compares samples with the rules.
#[derive(Debug, Default)]
pub(super) struct ViolationDetector {
    pub(super) rules: ViolationRules,
    /// The last value of each counter.
    counters: BTreeMap<(EntityId, FieldId), i64>,
    /// The replays of the last minute, each with its time.
    replays: BTreeMap<EntityId, VecDeque<(Timestamp, i64)>>,
    /// GPUs above a limit, by the field of the limit.
    exceeded: BTreeMap<(EntityId, FieldId), bool>,
}

impl ViolationDetector {
    /// Forgets the samples: after a new connection, a number can be that of another GPU.
    pub(super) fn forget_samples(&mut self) {
        self.counters.clear();
        self.replays.clear();
        self.exceeded.clear();
    }

    /// Compares a new sample. Returns the violation, if it is one that was not reported yet.
    pub(super) fn check(&mut self, sample: &Sample<'_>) -> Option<Violation> {
        let value = sample.value.ok()?;
        let number = value.as_i64();
        let rules = self.rules;
        let kind = match sample.field {
            FieldId::ECC_DBE_VOL_TOTAL if rules.dbe => {
                let count = self.risen(sample, number?)?;
                ViolationKind::Dbe { count }
            }
            FieldId::PCIE_REPLAY_COUNTER => {
                let count = self.replayed(sample, number?, rules.max_pcie_replays?)?;
                ViolationKind::Pcie { count }
            }
            FieldId::RETIRED_SBE | FieldId::RETIRED_DBE => {
                self.retired(sample, number?, rules.max_retired_pages?)?
            }
            FieldId::GPU_TEMP => {
                let celsius = i32::try_from(number?).ok()?;
                let is_over = celsius > rules.max_temperature?;
                self.exceeds(sample, is_over)
                    .then_some(ViolationKind::Thermal { celsius })?
            }
            FieldId::POWER_USAGE => {
                let watts = whole_watts(value.as_f64()?)?;
                let is_over = watts > rules.max_power?;
                self.exceeds(sample, is_over)
                    .then_some(ViolationKind::Power { watts })?
            }
            field if rules.nvlink && NVLINK_ERRORS.contains(&field) => {
                let count = self.risen(sample, number?)?;
                ViolationKind::NvLink { field, count }
            }
            _ => return None,
        };
        Some(Violation::new(sample.entity, sample.timestamp, kind))
    }

    /// Returns the value of a counter that is higher than before.
    fn risen(&mut self, sample: &Sample<'_>, value: i64) -> Option<u32> {
        let before = self.counters.insert((sample.entity, sample.field), value)?;
        (value > before).then(|| clamp(value))
    }

    /// Returns the value of the counter if it rose by more than `limit` within a minute, and begins a new
    /// minute then.
    fn replayed(&mut self, sample: &Sample<'_>, value: i64, limit: u32) -> Option<u32> {
        let window = self.replays.entry(sample.entity).or_default();
        // A counter that falls was reset.
        if window.back().is_some_and(|(_, last)| value < *last) {
            window.clear();
        }
        let start = sample.timestamp.micros().saturating_sub(MINUTE);
        while window.front().is_some_and(|(at, _)| at.micros() < start) {
            window.pop_front();
        }
        window.push_back((sample.timestamp, value));
        let first = window.front().map_or(value, |(_, first)| *first);
        if value - first <= i64::from(limit) {
            return None;
        }
        window.clear();
        window.push_back((sample.timestamp, value));
        Some(clamp(value))
    }

    fn retired(&mut self, sample: &Sample<'_>, value: i64, limit: u32) -> Option<ViolationKind> {
        self.counters.insert((sample.entity, sample.field), value);
        let pages = |field| self.counters.get(&(sample.entity, field)).copied();
        let corrected = pages(FieldId::RETIRED_SBE).unwrap_or(0);
        let uncorrectable = pages(FieldId::RETIRED_DBE).unwrap_or(0);
        let is_over = corrected.saturating_add(uncorrectable) > i64::from(limit);
        // Both fields are one limit.
        let both = Sample {
            field: FieldId::RETIRED_SBE,
            ..*sample
        };
        self.exceeds(&both, is_over)
            .then(|| ViolationKind::RetiredPages {
                corrected: clamp(corrected),
                uncorrectable: clamp(uncorrectable),
            })
    }

    /// Returns `true` if the limit of a field was not exceeded before.
    fn exceeds(&mut self, sample: &Sample<'_>, is_over: bool) -> bool {
        let before = self
            .exceeded
            .insert((sample.entity, sample.field), is_over)
            .unwrap_or(false);
        is_over && !before
    }
}

fn clamp(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// Cuts the fraction; `None` for a value that is no power.
fn whole_watts(watts: f64) -> Option<u32> {
    if !(0.0..f64::from(u32::MAX)).contains(&watts) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    Some(watts as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    const GPU: EntityId = EntityId::gpu(0);

    fn detector() -> ViolationDetector {
        ViolationDetector {
            rules: ViolationRules {
                dbe: true,
                max_pcie_replays: Some(8),
                max_retired_pages: Some(10),
                max_temperature: Some(90),
                max_power: Some(500),
                nvlink: true,
            },
            ..ViolationDetector::default()
        }
    }

    /// Passes values one second apart, and returns which of them are violations.
    fn violations<'a>(field: FieldId, values: impl IntoIterator<Item = Value<'a>>) -> Vec<usize> {
        let mut detector = detector();
        let mut check = |(at, value): (usize, Value<'a>)| {
            let seconds = i64::try_from(at).ok()?;
            let sample = Sample {
                entity: GPU,
                field,
                timestamp: Timestamp::from_micros((seconds + 1) * 1_000_000),
                value: Ok(value),
            };
            detector.check(&sample).map(|_| at)
        };
        values
            .into_iter()
            .enumerate()
            .filter_map(&mut check)
            .collect()
    }

    fn ints(values: &[i64]) -> Vec<Value<'static>> {
        values.iter().copied().map(Value::Int).collect()
    }

    #[test]
    fn errors_are_reported_when_they_are_new() {
        let values = [5, 5, 6, 6, 0, 1];
        for field in [FieldId::ECC_DBE_VOL_TOTAL, NVLINK_ERRORS[3]] {
            assert_eq!(violations(field, ints(&values)), [2, 5], "{field}");
        }
    }

    #[test]
    fn limits_are_reported_when_they_are_exceeded() {
        let values = [90, 91, 95, 90, 91, -5];
        assert_eq!(violations(FieldId::GPU_TEMP, ints(&values)), [1, 4]);
        let watts = [500.9, 501.0, 700.5, -1.0, f64::NAN, 499.0, 501.0];
        let watts = watts.map(Value::Double);
        assert_eq!(violations(FieldId::POWER_USAGE, watts), [1, 6]);
        let pages = ints(&[10, 11, 12, 0, 11]);
        assert_eq!(violations(FieldId::RETIRED_DBE, pages), [1, 4]);
    }

    #[test]
    fn replays_count_within_a_minute() {
        let slow: Vec<_> = (0..300).map(|at| Value::Int(at / 8)).collect();
        let field = FieldId::PCIE_REPLAY_COUNTER;
        assert!(violations(field, slow).is_empty());
        // 9 at once; those after it count from there.
        let burst = ints(&[0, 9, 12, 17, 18, 18, 0, 9, 10]);
        assert_eq!(violations(field, burst), [1, 4, 7]);
    }

    #[test]
    fn retired_pages_of_both_causes_count_together() {
        let mut detector = detector();
        let mut check = |field, value| {
            detector.check(&Sample {
                entity: GPU,
                field,
                timestamp: Timestamp::from_micros(1),
                value: Ok(Value::Int(value)),
            })
        };
        assert_eq!(check(FieldId::RETIRED_SBE, 6), None);
        let found = check(FieldId::RETIRED_DBE, 5).unwrap().kind;
        let expected = ViolationKind::RetiredPages {
            corrected: 6,
            uncorrectable: 5,
        };
        assert_eq!(found, expected);
        assert_eq!(check(FieldId::RETIRED_SBE, 7), None, "reported");
    }

    #[test]
    fn without_rules_there_is_no_violation() {
        let mut detector = ViolationDetector::default();
        assert_eq!(detector.rules.fields(), []);
        for field in self::detector().rules.fields() {
            let sample = Sample {
                entity: GPU,
                field,
                timestamp: Timestamp::from_micros(1),
                value: Ok(Value::Int(1_000_000)),
            };
            assert_eq!(detector.check(&sample), None);
        }
    }
}
