//! The cache of samples: summaries that are right or none, history, watchers, metadata.

use std::time::Duration;

use dcgm::history::{FieldSummary, SampleOrder, TimeWindow, WatcherKind};
use dcgm::{
    Client as _, EntityId, EntityKind, Error, FieldId, ReturnCode, Timestamp, ValueType,
    WatchRequest,
};
use dcgm_simulator::{Flavour, Garbage};

use crate::bench::{Bench, FLAVOURS};

const GPU: EntityId = EntityId::gpu(0);
const SECOND: i64 = 1_000_000;
const INT_BLANK: i64 = 0x7fff_ffff_ffff_fff0;
const DOUBLE_BLANK: f64 = 140_737_488_355_328.0;
/// A time at which samples of these tests begin.
const BASE: i64 = 1_000_000 * SECOND;

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(BASE + micros)
}

fn between(start: i64, end: i64) -> TimeWindow {
    TimeWindow::between(at(start), at(end))
}

impl Bench {
    fn put_ints(&self, field: FieldId, samples: &[(i64, i64)]) {
        for (micros, value) in samples {
            assert!(self.control.put_int(0, field.raw(), BASE + micros, *value));
        }
    }

    fn put_doubles(&self, field: FieldId, samples: &[(i64, f64)]) {
        for (micros, value) in samples {
            assert!(
                self.control
                    .put_double(0, field.raw(), BASE + micros, *value)
            );
        }
    }

    fn summary(&self, field: FieldId, window: TimeWindow) -> Option<FieldSummary> {
        let summary = self.engine.history().summary(GPU, field, window);
        summary.expect("a summary")
    }

    fn code(&self, field: FieldId, window: TimeWindow) -> Option<ReturnCode> {
        let summary = self.engine.history().summary(GPU, field, window);
        summary.expect_err("an error").code()
    }
}

const INTS: [(i64, i64); 4] = [(0, 10), (SECOND, 20), (3 * SECOND, 40), (6 * SECOND, 10)];

#[test]
fn summaries_are_those_that_the_real_engine_computed() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.put_ints(FieldId::GPU_UTIL, &INTS);
        let all = bench
            .summary(FieldId::GPU_UTIL, TimeWindow::ALL)
            .expect("samples");
        assert_eq!(
            (all.min, all.max, all.count),
            (10.0, 40.0, 4),
            "{flavour:?}"
        );
        assert_eq!((all.mean, all.sum), (Some(20.0), Some(80.0)));
        assert_eq!((all.difference, all.integral), (0.0, Some(150.0)));
        // Both ends are inside.
        let of = |window| bench.summary(FieldId::GPU_UTIL, window).expect("samples");
        assert_eq!(of(between(0, 6 * SECOND)), all);
        let later = of(between(1, 6 * SECOND));
        // The engine's mean is 23.
        assert_eq!((later.count, later.mean), (3, Some(70.0 / 3.0)));
        assert_eq!((later.integral, later.difference), (Some(135.0), -10.0));
        assert_eq!(of(TimeWindow::until(at(2 * SECOND))).integral, Some(15.0));
        assert_eq!(of(TimeWindow::since(at(2 * SECOND))).integral, Some(75.0));

        let doubles = [
            (0, 1.5),
            (SECOND, 2.5),
            (3 * SECOND, 4.25),
            (6 * SECOND, 0.75),
        ];
        bench.put_doubles(FieldId::POWER_USAGE, &doubles);
        let power = bench.summary(FieldId::POWER_USAGE, between(0, 6 * SECOND));
        let power = power.expect("samples");
        assert_eq!((power.min, power.max, power.mean), (0.75, 4.25, Some(2.25)));
        assert_eq!((power.integral, power.difference), (Some(16.25), -0.75));
    }
}

#[test]
fn no_sample_is_no_summary_and_zeros_of_an_error_are_not_read() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let field = FieldId::GPU_UTIL;
        assert_eq!(
            bench.code(field, TimeWindow::ALL),
            Some(ReturnCode::NOT_WATCHED)
        );
        bench.put_ints(field, &INTS);
        let nothing = between(500_000, 900_000);
        assert_eq!(bench.code(field, nothing), Some(ReturnCode::NOT_WATCHED));
        let request = WatchRequest::new([GPU], [field]);
        let _watch = bench.engine.watch(&request).expect("watched");
        assert_eq!(bench.summary(field, nothing), None, "{flavour:?}");
        // DCGM takes 0 for an open end.
        let early = TimeWindow::until(Timestamp::from_micros(0));
        assert_eq!(bench.summary(field, early), None);
        assert_eq!(bench.summary(field, between(2, 1)), None);
        let code = bench.code(FieldId::UUID, TimeWindow::ALL);
        assert_eq!(code, Some(ReturnCode::FIELD_UNSUPPORTED_BY_API));
        let unknown = FieldId::from_raw(9999);
        assert_eq!(
            bench.code(unknown, TimeWindow::ALL),
            Some(ReturnCode::BAD_PARAM)
        );
    }
}

#[test]
fn a_blank_sample_leaves_no_integral() {
    let bench = Bench::new(Flavour::V4_6);
    let fields = [FieldId::GPU_UTIL, FieldId::MEM_COPY_UTIL, FieldId::SM_CLOCK];
    // The engine's integrals: -9.2e18, a plausible 12, and 15.
    let blanks: [[i64; 3]; 3] = [
        [INT_BLANK, 20, 40],
        [10, INT_BLANK, 40],
        [10, 20, INT_BLANK],
    ];
    for (field, values) in fields.into_iter().zip(blanks) {
        let samples: Vec<_> = (0..).map(|n| n * SECOND).zip(values).collect();
        bench.put_ints(field, &samples);
        let summary = bench.summary(field, TimeWindow::ALL).expect("samples");
        assert_eq!(summary.integral, None, "{values:?}");
        let valued: Vec<f64> = values
            .iter()
            .filter(|value| **value < INT_BLANK)
            .map(|value| f64::from(i32::try_from(*value).expect("small")))
            .collect();
        assert_eq!(summary.mean, Some(valued.iter().sum::<f64>() / 2.0));
        assert_eq!(summary.count, 2);
    }
    let power = [(0, DOUBLE_BLANK), (SECOND, 20.0), (2 * SECOND, 40.0)];
    bench.put_doubles(FieldId::POWER_USAGE, &power);
    let summary = bench
        .summary(FieldId::POWER_USAGE, TimeWindow::ALL)
        .expect("samples");
    assert_eq!((summary.integral, summary.mean), (None, Some(30.0)));
    // All blank.
    bench.put_ints(
        FieldId::MEM_CLOCK,
        &[(0, INT_BLANK), (SECOND, INT_BLANK + 2)],
    );
    assert_eq!(bench.summary(FieldId::MEM_CLOCK, TimeWindow::ALL), None);
}

#[test]
fn many_samples_are_judged_by_size_or_have_no_integral() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.reset_calls();
        let times = || (0..300).map(|n| n * SECOND);
        let steady: Vec<_> = times().map(|time| (time, 100.0)).collect();
        let window = between(0, 299 * SECOND);
        bench.put_doubles(FieldId::POWER_USAGE, &steady);
        let power = bench
            .summary(FieldId::POWER_USAGE, window)
            .expect("samples");
        assert_eq!((power.count, power.integral), (300, Some(29_900.0)));
        assert_eq!(bench.control.calls("dcgmGetMultipleValuesForField"), 0);
        bench.put_doubles(FieldId::POWER_USAGE, &[(SECOND / 2, DOUBLE_BLANK)]);
        let power = bench
            .summary(FieldId::POWER_USAGE, window)
            .expect("samples");
        assert_eq!((power.integral, power.mean), (None, None), "{flavour:?}");
        assert_eq!((power.min, power.max), (100.0, 100.0));
        let ints: Vec<_> = times().map(|time| (time, 50)).collect();
        bench.put_ints(FieldId::GPU_UTIL, &ints);
        let summary = bench.summary(FieldId::GPU_UTIL, window).expect("samples");
        assert_eq!((summary.mean, summary.integral), (Some(50.0), None));
    }
}

#[test]
fn the_first_sample_of_a_profiling_field_leaves_no_integral() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.stop_clock(0);
    let field = FieldId::PROF_SM_ACTIVE;
    let request = WatchRequest::new([GPU], [field])
        .with_interval(Duration::from_secs(1))
        .with_keep_age(Duration::from_secs(3600));
    let _watch = bench.engine.watch(&request).expect("watched");
    for steps in [10, 400] {
        bench.control.advance(Duration::from_secs(steps));
        let all = bench.summary(field, TimeWindow::ALL).expect("samples");
        assert_eq!(all.integral, None, "{steps}");
        assert!((0.0..=1.0).contains(&all.max));
    }
    // Without that sample.
    let later = TimeWindow::since(Timestamp::from_micros(bench.control.now() - 300 * SECOND));
    let later = bench.summary(field, later).expect("samples");
    let share = later.integral.expect("an integral") / 300.0;
    assert!((later.min..=later.max).contains(&share), "{later:?}");
}

#[test]
fn numbers_that_overflow_or_are_none_leave_no_sum() {
    let bench = Bench::new(Flavour::V4_6);
    let large = 1 << 62;
    let many: Vec<_> = (0..300).map(|n| (n, large)).collect();
    bench.put_ints(FieldId::TOTAL_ENERGY_CONSUMPTION, &many);
    let energy = bench.summary(FieldId::TOTAL_ENERGY_CONSUMPTION, TimeWindow::ALL);
    let energy = energy.expect("samples");
    assert_eq!(
        (energy.sum, energy.mean, energy.integral),
        (None, None, None)
    );
    let power = [(0, 1.0), (10, f64::NAN), (20, 3.0)];
    bench.put_doubles(FieldId::POWER_USAGE, &power);
    let power = bench
        .summary(FieldId::POWER_USAGE, TimeWindow::ALL)
        .expect("samples");
    assert_eq!((power.min, power.max, power.integral), (1.0, 3.0, None));
}

#[test]
fn history_is_cut_from_the_side_of_its_order() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let field = FieldId::SM_CLOCK;
        bench.put_ints(field, &INTS);
        let history = bench.engine.history();
        let values = |window, order, max| -> Vec<i64> {
            let samples = history.samples(GPU, field, window, order, max);
            let samples = samples.expect("samples");
            samples
                .iter()
                .filter_map(|sample| sample.value.ok()?.as_i64())
                .collect()
        };
        let (oldest, newest) = (SampleOrder::OldestFirst, SampleOrder::NewestFirst);
        assert_eq!(
            values(TimeWindow::ALL, oldest, 10),
            [10, 20, 40, 10],
            "{flavour:?}"
        );
        assert_eq!(values(TimeWindow::ALL, oldest, 2), [10, 20]);
        assert_eq!(values(TimeWindow::ALL, newest, 2), [10, 40]);
        assert_eq!(values(between(SECOND, 3 * SECOND), oldest, 10), [20, 40]);
        // One record says that there is none.
        assert_eq!(values(between(500_000, 900_000), oldest, 10), [0; 0]);
        // 0 is a bad parameter, and -1 ends a process with 3.3.9.
        bench.control.reset_calls();
        assert_eq!(values(TimeWindow::ALL, oldest, 0), [0; 0]);
        assert_eq!(bench.control.calls("dcgmGetMultipleValuesForField"), 0);
        assert_eq!(values(TimeWindow::ALL, oldest, usize::MAX).len(), 4);
        assert_eq!(bench.control.crashes(), 0);
        let switch = EntityId::new(EntityKind::SWITCH, 0);
        let refused = history.samples(switch, field, TimeWindow::ALL, oldest, 1);
        assert!(matches!(refused, Err(Error::Request(_))));
        for (gpu, field, code) in [
            (77, field, ReturnCode::NOT_WATCHED),
            (u32::MAX, field, ReturnCode::NOT_WATCHED),
            (0, FieldId::from_raw(9999), ReturnCode::UNKNOWN_FIELD),
        ] {
            let gpu = EntityId::gpu(gpu);
            let error = history.samples(gpu, field, TimeWindow::ALL, oldest, 1);
            assert_eq!(error.unwrap_err().code(), Some(code));
        }
    }
}

#[test]
fn counts_beyond_their_arrays_are_clamped() {
    let bench = Bench::new(Flavour::V4_6);
    let field = FieldId::SM_CLOCK;
    bench.put_ints(field, &INTS);
    for function in [
        "dcgmGetMultipleValuesForField",
        "dcgmGetCacheManagerFieldInfo",
        "dcgmGetFieldSummary",
    ] {
        assert!(bench.control.garbage(function, Garbage::HugeCount));
    }
    let history = bench.engine.history();
    let order = SampleOrder::OldestFirst;
    let samples = history.samples(GPU, field, TimeWindow::ALL, order, 4);
    assert_eq!(samples.expect("samples").len(), 4);
    let request = WatchRequest::new([GPU], [field]);
    let _watch = bench.engine.watch(&request).expect("watched");
    let watchers = history.watchers(GPU, field).expect("watchers");
    assert!(watchers.expect("watched").watchers.len() <= 10);
    assert_eq!(bench.summary(field, TimeWindow::ALL), None);
}

#[test]
fn watchers_are_those_of_all_clients() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.stop_clock(0);
        let (history, field) = (bench.engine.history(), FieldId::POWER_USAGE);
        assert_eq!(history.watchers(GPU, field).expect("watchers"), None);
        let request = WatchRequest::new([GPU], [field])
            .with_interval(Duration::from_secs(2))
            .with_keep_age(Duration::from_secs(60));
        let watch = bench.engine.watch(&request).expect("watched");
        bench.control.advance(Duration::from_secs(4));
        let watchers = history
            .watchers(GPU, field)
            .expect("watchers")
            .expect("watched");
        let [own] = &*watchers.watchers else {
            unreachable!("{watchers:?}")
        };
        assert_eq!(own.kind, WatcherKind::CLIENT);
        assert_eq!(own.interval, Duration::from_secs(2), "{flavour:?}");
        assert_eq!(own.keep_age, Duration::from_secs(60));
        assert_eq!((watchers.samples, watchers.fetches), (3, 3));
        assert_eq!(
            watchers.newest.since(watchers.oldest),
            Duration::from_secs(4)
        );
        drop(watch);
        assert_eq!(history.watchers(GPU, field).expect("watchers"), None);
        let error = history.watchers(GPU, FieldId::from_raw(9999)).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::BAD_PARAM));
    }
}

#[test]
fn metadata_is_that_of_the_loaded_library() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let meta = |field| bench.engine.history().field_meta(field).expect("a reply");
        let temperature = meta(FieldId::GPU_TEMP).expect("known");
        assert_eq!(temperature.tag, "gpu_temp");
        assert_eq!(temperature.value_type, Some(ValueType::Int));
        assert!(!temperature.is_global && temperature.unit.is_some());
        let driver = meta(FieldId::DRIVER_VERSION).expect("known");
        assert!(driver.is_global && driver.value_type == Some(ValueType::Text));
        // New in 4.x.
        let is_known = meta(FieldId::from_raw(1533)).is_some();
        assert_eq!(is_known, flavour == Flavour::V4_6);
        assert_eq!(meta(FieldId::from_raw(60_000)), None);
    }
}

/// A series of numbers that looks random, and is the same in each run.
struct Series(u64);

impl Series {
    fn below(&mut self, limit: i64) -> i64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

#[test]
fn a_summary_is_right_or_has_no_number() {
    let bench = Bench::new(Flavour::V4_6);
    let mut series = Series(7);
    for round in 0..40 {
        // Each round far from the one before, in a window of its own.
        let start = (round + 1) * 10_000 * SECOND;
        let mut time = start;
        let mut samples = Vec::new();
        for _ in 0..=series.below(40) {
            time += 1 + series.below(3 * SECOND);
            let is_blank = series.below(8) == 0;
            let value = series.below(200) - 100;
            samples.push((time, (!is_blank).then_some(value)));
        }
        let window = between(start, time);
        for (time, value) in &samples {
            let value = value.unwrap_or(INT_BLANK);
            bench.put_ints(FieldId::GPU_UTIL, &[(*time, value)]);
        }
        let valued: Vec<(f64, f64)> = samples
            .iter()
            .filter_map(|(time, value)| {
                let value = i32::try_from((*value)?).ok()?;
                Some((
                    Duration::from_micros(time.unsigned_abs()).as_secs_f64(),
                    value.into(),
                ))
            })
            .collect();
        let summary = bench.summary(FieldId::GPU_UTIL, window);
        if valued.is_empty() {
            assert_eq!(summary, None);
            continue;
        }
        let summary = summary.expect("samples");
        let numbers = || valued.iter().map(|(_, value)| *value);
        assert_eq!(Some(summary.min), numbers().reduce(f64::min));
        assert_eq!(Some(summary.max), numbers().reduce(f64::max));
        let sum: f64 = numbers().sum();
        assert_eq!(summary.sum, Some(sum));
        let count = f64::from(u32::try_from(valued.len()).expect("few"));
        let mean = summary.mean.expect("a mean");
        assert!((mean - sum / count).abs() < 1e-9);
        let area: f64 = valued
            .windows(2)
            .map(|pair| f64::midpoint(pair[0].1, pair[1].1) * (pair[1].0 - pair[0].0))
            .sum();
        let is_complete = valued.len() == samples.len();
        assert_eq!(summary.integral.is_some(), is_complete);
        if let Some(integral) = summary.integral {
            assert!((integral - area).abs() < 1e-3, "{integral} {area}");
        }
    }
}
