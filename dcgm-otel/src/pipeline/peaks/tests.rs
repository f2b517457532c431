//! Windows against a list of all samples.

use dcgm::{EntityId, FieldId, NoValue, Sample, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::catalogue::{CATALOGUE, Scale};
use crate::pipeline::resolve::Input;
use crate::pipeline::source::SampleRate;

const PERIOD: Duration = Duration::from_millis(100);
const KEEP_AGE: Duration = Duration::from_secs(60);
const MS: i64 = 1000;

/// A sample: its timestamp and value, and the time at which the engine has recorded it.
#[derive(Clone, Copy, Debug)]
struct Taken {
    at: i64,
    value: Option<f64>,
    recorded: i64,
}

fn pair(gpu: u32) -> Pair {
    (EntityId::gpu(gpu), FieldId::POWER_USAGE)
}

fn power() -> usize {
    let found = CATALOGUE
        .iter()
        .position(|one| one.name == "hw.gpu.peak.power");
    found.unwrap()
}

/// Windows of the power of some GPUs.
fn windows(gpus: u32) -> PeakWindows {
    let source = |gpu, statistic| SourceRow {
        input: Input {
            entity: pair(gpu).0,
            field: pair(gpu).1,
            op: Op::Peak(statistic),
            scale: Scale::Times(1),
        },
        metric: power(),
        rate: SampleRate::Peak,
        has_alternatives: false,
    };
    let all = [Statistic::Min, Statistic::Max, Statistic::Mean];
    let sources = (0..gpus).flat_map(|gpu| all.map(|statistic| source(gpu, statistic)));
    let sources: Vec<_> = sources.collect();
    PeakWindows::new(CATALOGUE, &sources, (PERIOD, KEEP_AGE))
}

/// Reads the samples that an engine has recorded by `now`, as a tick does.
fn read(windows: &mut PeakWindows, gpus: &[Vec<Taken>], now: i64) {
    let start = windows.read_start().map_or(0, Timestamp::micros);
    let mut samples = Samples::new();
    for (gpu, taken) in (0..).zip(gpus) {
        let mut new: Vec<_> = taken
            .iter()
            .filter(|one| one.recorded <= now && one.at >= start)
            .collect();
        new.sort_by_key(|one| one.at);
        for one in new {
            samples.push(Sample {
                entity: pair(gpu).0,
                field: pair(gpu).1,
                timestamp: Timestamp::from_micros(one.at),
                value: one.value.map(Value::Double).ok_or(NoValue::Blank),
            });
        }
    }
    windows.add_samples(&samples);
    windows.end_read(Some(Timestamp::from_micros(now)));
}

fn sum_of(windows: &PeakWindows, gpu: u32) -> Option<WindowSum> {
    let found = windows.windows.iter().find(|one| one.pair == pair(gpu));
    found.unwrap().sum
}

fn shown(windows: &PeakWindows) -> Option<[f64; 3]> {
    let of = |statistic| match windows.statistic(pair(0), power(), statistic)? {
        Number::F64(value) => Some(value),
        other => panic!("{other:?}"),
    };
    Some([
        of(Statistic::Min)?,
        of(Statistic::Max)?,
        of(Statistic::Mean)?,
    ])
}

/// Samples of 100 ms from `from`, which are recorded at once.
fn regular(from: i64, values: &[Option<f64>]) -> Vec<Taken> {
    let taken = (0..).zip(values).map(|(n, value)| {
        let at = from + n * 100 * MS;
        Taken {
            at,
            value: *value,
            recorded: at,
        }
    });
    taken.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// An hour of ticks. Each sample is known by its value: a bit pattern of its own.
    #[test]
    fn over_an_hour_each_sample_counts_in_one_window(
        ticks in vec(10_000..20_000_i64, 360),
        jitter in vec(-40..40_i64, 64),
        delays in vec(0..1900_i64, 97),
        blanks in vec(any::<bool>(), 13),
        gap in 0..3_000_i64,
    ) {
        let hour = 3_600_000;
        let made = |gpu: i64| -> Vec<Taken> {
            let mut taken = Vec::new();
            let mut recorded = 0;
            for n in 1..hour / 100 {
                let by = |list: &[i64]| list[usize::try_from(n + gpu).unwrap() % list.len()];
                // The engine stands still once.
                let at = n * 100 + by(&jitter) + if n > 10_000 { gap } else { 0 };
                // It records the samples of a source in their order.
                recorded = recorded.max(at + by(&delays));
                let is_blank = blanks[usize::try_from(n).unwrap() % blanks.len()];
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let value = (!is_blank || n % 3 == 0).then_some((n + gpu) as f64);
                taken.push(Taken { at: at * MS, value, recorded: recorded * MS });
            }
            taken
        };
        let gpus = [made(0), made(1)];
        let mut windows = windows(2);
        let mut expected = [(0.0, 0.0); 2];
        let mut found = [(0.0, 0.0); 2];
        for (gpu, taken) in gpus.iter().enumerate() {
            let mut before: Option<i64> = None;
            for one in taken {
                let time = before.map(|before| one.at - before).filter(|time| *time <= 250 * MS);
                #[expect(clippy::cast_precision_loss, reason = "a small number")]
                let time = time.unwrap_or(100 * MS) as f64;
                before = Some(one.at);
                if let Some(value) = one.value {
                    expected[gpu].0 += value * time;
                    expected[gpu].1 += time;
                }
            }
        }
        let mut now = 0;
        let mut last_max = [f64::NEG_INFINITY; 2];
        for tick in ticks.iter().chain([&(2 * hour)]) {
            now += tick;
            read(&mut windows, &gpus, now * MS);
            for gpu in 0..2_u32 {
                let at = gpu as usize;
                let Some(sum) = sum_of(&windows, gpu) else { continue };
                // Values rise, so that no window begins below the end of the one before.
                prop_assert!(last_max[at] < sum.min && sum.min <= sum.max);
                last_max[at] = sum.max;
                found[at].0 += sum.weighted;
                found[at].1 += sum.micros;
            }
            windows.begin_windows();
        }
        for (found, expected) in found.iter().zip(expected) {
            prop_assert!((found.0 - expected.0).abs() < 1.0, "{found:?} {expected:?}");
            prop_assert!((found.1 - expected.1).abs() < 1.0, "{found:?} {expected:?}");
        }
    }
}

#[test]
fn blanks_leave_their_time_out_of_the_mean() {
    let mut windows = windows(1);
    let taken = [regular(
        1_000_000,
        &[Some(100.0), None, None, Some(700.0), Some(700.0)],
    )];
    read(&mut windows, &taken, 2_000_000);
    assert_eq!(shown(&windows), Some([100.0, 700.0, 500.0]));
}

#[test]
fn a_window_without_a_value_has_no_statistics() {
    let mut windows = windows(1);
    read(
        &mut windows,
        &[regular(1_000_000, &[None, None])],
        2_000_000,
    );
    assert_eq!(shown(&windows), None);
    read(&mut windows, &[Vec::new()], 3_000_000);
    assert_eq!(shown(&windows), None);
}

#[test]
fn a_sample_stands_for_the_time_since_the_one_before() {
    let mut windows = windows(1);
    // After 100 ms, 200 ms, and after a gap, of which only a period counts.
    let mut taken = regular(1_000_000, &[Some(0.0), Some(300.0)]);
    for (at, value) in [(1_300_000, 600.0), (9_000_000, 900.0)] {
        taken.push(Taken {
            at,
            value: Some(value),
            recorded: at,
        });
    }
    read(&mut windows, &[taken], 10_000_000);
    let mean = (300.0 + 2.0 * 600.0 + 900.0) / 5.0;
    assert_eq!(shown(&windows), Some([0.0, 900.0, mean]));
}

#[test]
fn a_reading_that_cannot_be_does_not_count() {
    let mut windows = windows(1);
    let values = [Some(100.0), Some(-5.0), Some(f64::NAN), Some(f64::INFINITY)];
    read(&mut windows, &[regular(1_000_000, &values)], 2_000_000);
    assert_eq!(shown(&windows), Some([100.0; 3]));
}

#[test]
fn a_clock_that_is_set_back_begins_a_new_window() {
    for back in [10_000_000, 30_000_000, 3_600_000_000] {
        let mut windows = windows(1);
        let start = 10_000_000_000;
        let mut taken = regular(start, &[Some(500.0); 600]);
        read(&mut windows, &[taken.clone()], start + 60_000_000);
        windows.begin_windows();
        // The samples of the former clock stay until they are too old.
        let set = start + 60_000_000 - back;
        taken.extend(regular(set, &vec![Some(100.0); 2000]));
        let mut seen = Vec::new();
        for tick in 1..14 {
            let now = set + tick * 15_000_000;
            let keep = now - 60_000_000;
            let mut kept = taken.clone();
            kept.retain(|one| one.at >= keep && (one.value != Some(100.0) || one.at <= now));
            for one in &mut kept {
                one.recorded = 0;
            }
            read(&mut windows, &[kept], now);
            seen.push(shown(&windows));
            windows.begin_windows();
        }
        // Not the values from before again, and new ones as soon as they are distinguished.
        let again = Some([500.0; 3]);
        assert!(seen.iter().skip(1).all(|one| *one != again), "{seen:?}");
        let new = seen.iter().filter(|one| **one == Some([100.0; 3])).count();
        assert!(new >= 7, "{back}: {new} {seen:?}");
    }
}

#[test]
fn a_new_table_goes_on_with_the_window() {
    let mut before = windows(1);
    let mut taken = regular(1_000_000, &[Some(100.0), Some(900.0)]);
    read(&mut before, &[taken.clone()], 1_150_000);
    let mut after = windows(2);
    after.take_over(&before);
    taken.extend(regular(1_200_000, &[Some(200.0)]));
    read(&mut after, &[taken, Vec::new()], 1_250_000);
    assert_eq!(shown(&after), Some([100.0, 900.0, 400.0]));
}
