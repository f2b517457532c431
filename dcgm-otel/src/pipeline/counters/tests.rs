//! The rules of counting, one by one and all at once.

use dcgm::{EntityId, FieldId};

use super::*;
use crate::catalogue::Scale;

const SECOND: Duration = Duration::from_secs(1);

const COUNTER: Input = Input {
    entity: EntityId::gpu(0),
    field: FieldId::PCIE_REPLAY_COUNTER,
    op: Op::Counter,
    scale: Scale::Times(1),
};
const RATE: Input = Input {
    field: FieldId::PROF_PCIE_RX_BYTES,
    op: Op::Integrate,
    ..COUNTER
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
}

fn rebased(inputs: &[Input], origin: Number) -> Total {
    Total::new(inputs, origin, CounterOrigin::Rebased)
}

fn counted(readings: &[i64]) -> (u64, Vec<Step>) {
    let mut total = rebased(&[COUNTER], Number::U64(0));
    let steps = readings
        .iter()
        .zip(1..)
        .map(|(reading, second)| total.add_reading(0, &Value::Int(*reading), at(second), SECOND))
        .collect();
    (value(&total), steps)
}

fn unit() -> DropUnit {
    let metric = &crate::catalogue::CATALOGUE[0];
    let family = &metric.families[0];
    DropUnit::new((0, metric), (0, family), crate::catalogue::EntityScope::Gpu)
}

fn value(total: &Total) -> u64 {
    match total.exported_number(Kind::CounterU64) {
        Number::U64(value) => value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_reading_is_the_baseline() {
    assert_eq!(counted(&[1_000_000]).0, 0);
    assert_eq!(counted(&[1_000_000, 1_000_003]).0, 3);
}

#[test]
fn a_counter_that_reset_adds_its_new_value() {
    use Step::{Counted, Reset};
    assert_eq!(
        counted(&[100, 110, 4, 5]),
        (15, vec![Counted, Counted, Reset, Counted])
    );
}

#[test]
fn a_dip_of_less_than_a_hundredth_is_no_reset_and_is_not_counted_twice() {
    use Step::{Counted, Held};
    assert_eq!(
        counted(&[1_000_000, 1_000_100, 1_000_050, 1_000_120]),
        (120, vec![Counted, Counted, Held, Counted])
    );
    // A dip of a full percent is a reset.
    assert_eq!(counted(&[1000, 990]).1, [Counted, Step::Reset]);
}

#[test]
fn values_that_are_no_reading_hold_the_total() {
    let mut total = rebased(&[COUNTER], Number::U64(0));
    assert!(!total.is_shown());
    total.add_reading(0, &Value::Int(5), at(1), SECOND);
    assert!(total.is_shown());
    for value in [
        Value::Int(-1),
        Value::Double(f64::NAN),
        Value::Double(-3.0),
        Value::Text("x"),
    ] {
        assert_eq!(total.add_reading(0, &value, at(2), SECOND), Step::Held);
    }
    total.add_reading(0, &Value::Int(9), at(3), SECOND);
    assert_eq!(value(&total), 4);
}

#[test]
fn a_total_ends_at_the_largest_signed_number() {
    let (total, _) = counted(&[0, i64::MAX, 0, i64::MAX, 5, i64::MAX]);
    assert_eq!(total, i64::MAX.unsigned_abs());
    let source = Input {
        scale: Scale::Times(u32::MAX),
        ..COUNTER
    };
    let mut total = rebased(&[source], Number::U64(u64::MAX));
    total.add_reading(0, &Value::Int(0), at(1), SECOND);
    total.add_reading(0, &Value::Int(i64::MAX), at(2), SECOND);
    assert_eq!(value(&total), i64::MAX.unsigned_abs());
}

#[test]
fn a_rate_is_summed_over_time_and_its_fractions_are_kept() {
    let mut total = rebased(&[RATE], Number::U64(0));
    for second in 0..=12 {
        total.add_reading(0, &Value::Double(0.25), at(second), SECOND);
    }
    assert_eq!(value(&total), 3);
}

#[test]
fn a_gap_in_a_rate_invents_nothing() {
    let mut total = rebased(&[RATE], Number::U64(0));
    for second in [0, 1, 100, 101] {
        total.add_reading(0, &Value::Int(1000), at(second), SECOND);
    }
    assert_eq!(value(&total), 2000);
}

#[test]
fn a_sample_that_is_seen_twice_counts_once() {
    let mut total = rebased(&[RATE], Number::U64(0));
    for second in [0, 1, 1, 1, 2] {
        total.add_reading(0, &Value::Int(1000), at(second), SECOND);
    }
    assert_eq!(value(&total), 2000);
}

#[test]
fn another_source_continues_from_the_exported_total() {
    let mut ledger = Ledger::default();
    let series = Series {
        metric: 0,
        attributes: [].into(),
    };
    let unit = unit();
    let place = ledger.get_or_insert(&series, None, unit, &[COUNTER], Kind::CounterU64);
    let total = ledger.get_mut(place).unwrap();
    total.add_reading(0, &Value::Int(10), at(1), SECOND);
    total.add_reading(0, &Value::Int(17), at(2), SECOND);
    assert_eq!(
        ledger.get_or_insert(&series, None, unit, &[COUNTER], Kind::CounterU64),
        place
    );
    assert_eq!(value(ledger.get(place).unwrap()), 7);
    assert_eq!(
        ledger.get_or_insert(&series, None, unit, &[RATE], Kind::CounterU64),
        place
    );
    let total = ledger.get_mut(place).unwrap();
    assert_eq!(value(total), 7);
    total.add_reading(0, &Value::Int(5), at(3), SECOND);
    total.add_reading(0, &Value::Int(5), at(4), SECOND);
    assert_eq!(value(total), 12);
}

#[test]
fn a_device_origin_total_starts_at_the_count_and_grows() {
    let mut total = Total::new(&[COUNTER], Number::U64(0), CounterOrigin::Device);
    total.add_reading(0, &Value::Int(1000), at(1), SECOND);
    assert_eq!(value(&total), 1000);
    total.add_reading(0, &Value::Int(1003), at(2), SECOND);
    assert_eq!(value(&total), 1003);
    // The driver was reloaded; the total never decreases.
    assert_eq!(
        total.add_reading(0, &Value::Int(4), at(3), SECOND),
        Step::Reset
    );
    assert_eq!(value(&total), 1007);
    total.forget_baseline();
    total.add_reading(0, &Value::Int(1_000_000), at(4), SECOND);
    assert_eq!(value(&total), 1007);
    // The next meter continues the total of the one before.
    let mut next = Total::new(&[COUNTER], Number::U64(1007), CounterOrigin::Device);
    next.add_reading(0, &Value::Int(1_000_000), at(5), SECOND);
    assert_eq!(value(&next), 1007);
}

#[test]
fn counts_of_another_driver_are_new_even_if_higher() {
    let mut total = rebased(&[COUNTER], Number::U64(0));
    total.add_reading(0, &Value::Int(10), at(1), SECOND);
    total.restart_sources();
    total.add_reading(0, &Value::Int(25), at(2), SECOND);
    assert_eq!(value(&total), 25);
}

/// A generator that gives the same numbers at every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn no_sequence_of_readings_makes_a_total_decrease() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for kind in [Kind::CounterU64, Kind::CounterF64] {
        for source in [
            COUNTER,
            RATE,
            Input {
                scale: Scale::Per(1000),
                ..COUNTER
            },
        ] {
            for _ in 0..200 {
                let origin = match kind {
                    Kind::CounterF64 => Number::F64(0.125),
                    _ => Number::U64(3),
                };
                let mut total = rebased(&[source], origin);
                let mut last = total.exported_number(kind).as_f64();
                let mut second = 0;
                for _ in 0..50 {
                    let bits = numbers.next();
                    second += i64::try_from(bits % 5).unwrap() - 1;
                    let value = match bits >> 61 {
                        0 => Value::Int((bits >> 8).cast_signed()),
                        1 => Value::Double(f64::from_bits(bits)),
                        2 => Value::Text("blank"),
                        3 => Value::Int(0),
                        4 => {
                            total.forget_baseline();
                            Value::Int(i64::MAX)
                        }
                        _ => Value::Int(i64::try_from(bits % 10_000).unwrap()),
                    };
                    total.add_reading(0, &value, at(second), SECOND);
                    let now = total.exported_number(kind).as_f64();
                    assert!(
                        now >= last && now.is_finite(),
                        "{source:?} {value:?}: {now} < {last}"
                    );
                    last = now;
                }
            }
        }
    }
}

#[test]
fn an_exported_total_is_held_without_its_source() {
    let series = Series {
        metric: 0,
        attributes: [].into(),
    };
    let unit = unit();
    for forget in [false, true] {
        let mut ledger = Ledger::default();
        let open = |ledger: &mut Ledger, input| {
            ledger.get_or_insert(&series, None, unit, &[input], Kind::CounterU64)
        };
        let place = open(&mut ledger, COUNTER);
        assert!(!ledger.get(place).unwrap().is_shown());
        let total = ledger.get_mut(place).unwrap();
        total.add_reading(0, &Value::Int(5), at(1), SECOND);
        if forget {
            total.forget_baseline();
        } else {
            open(&mut ledger, RATE);
        }
        // The total has not grown, and the new source has not been read.
        assert!(ledger.get(place).unwrap().is_shown(), "{forget}");
        assert_eq!(value(ledger.get(place).unwrap()), 0);
    }
}

/// Counts readings of an energy counter in mJ, one per second.
fn energy(readings: &[i64]) -> f64 {
    let counter = Input {
        scale: Scale::Per(1000),
        ..COUNTER
    };
    let mut total = rebased(&[counter], Number::F64(0.0));
    total.most_per_second = 3000.0;
    for (reading, second) in readings.iter().zip(1..) {
        total.add_reading(0, &Value::Int(*reading), at(second), SECOND);
    }
    match total.exported_number(Kind::CounterF64) {
        Number::F64(value) => value,
        other => panic!("{other:?}"),
    }
}

fn assert_energy(readings: &[i64], joules: f64) {
    let counted = energy(readings);
    assert!((counted - joules).abs() < 1e-6, "{readings:?}: {counted}");
}

#[test]
fn a_single_bad_reading_adds_nothing() {
    let high = 1_i64 << 62;
    let base = 5_000_000_000;
    let (second, third) = (base + 200_000, base + 400_000);
    // Each bad reading is followed by good ones, which count from the last good one.
    for bad in [
        0,
        1,
        17,
        base / 2,
        base - base / 50,
        base + 10_000_000_000,
        high,
        i64::MAX,
    ] {
        assert_energy(&[base, bad, second, third], 400.0);
        assert_energy(&[base, second, bad, third], 400.0);
    }
    assert_energy(&[base, 0, 0, 0, third], 400.0);
    assert_energy(&[base, high, high - 5, third], 400.0);
    assert_energy(&[base, high, 0, second, 0, high, third], 400.0);
    // Without a limit, as for an error counter of an unknown kind.
    assert_eq!(counted(&[100, 0, 100, 103]).0, 3);
    assert_eq!(counted(&[100, 0, 0, 103]).0, 3);
}

#[test]
fn a_confirmed_reading_counts() {
    // The engine had not sampled for long, by a clock that did not advance.
    assert_energy(&[0, 100_000_000, 100_200_000, 100_400_000], 100_400.0);
    // The driver was loaded again, and counts from zero.
    assert_energy(&[5_000_000_000, 150_000, 300_000], 300.0);
    // Another device, whose counter is lower: what it counted before is not growth.
    assert_energy(
        &[5_000_000_000, 4_000_000_000, 4_000_200_000, 4_000_400_000],
        200.0,
    );
}

#[test]
fn a_rate_that_is_impossible_is_not_integrated() {
    let mut total = rebased(&[RATE], Number::U64(0));
    total.most_per_second = 1e6;
    let readings = [1000, 1000, 1 << 62, 1000, 2_000_000, 1000];
    for (reading, second) in readings.into_iter().zip(0..) {
        total.add_reading(0, &Value::Int(reading), at(second), SECOND);
    }
    // The good rates cover the time of the bad ones.
    assert_eq!(value(&total), 5000);
}

#[test]
fn a_clock_that_is_set_back_is_a_new_baseline_of_a_rate() {
    for back in [1, 20, 7200] {
        let mut total = rebased(&[RATE], Number::U64(0));
        for second in (0..=5).chain(5 - back..=10 - back) {
            total.add_reading(0, &Value::Int(1000), at(second), SECOND);
        }
        assert_eq!(value(&total), 10_000, "{back}");
        // A counter needs no time.
        let mut total = rebased(&[COUNTER], Number::U64(0));
        total.most_per_second = 5.0;
        for (reading, second) in (0..).zip((0..=5).chain(5 - back..=10 - back)) {
            total.add_reading(0, &Value::Int(reading), at(second), SECOND);
        }
        assert_eq!(value(&total), 11, "{back}");
    }
}
