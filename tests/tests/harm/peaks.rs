//! Peaks are the truth about every sample, and cost the engine what they ask for.

use std::time::Duration;

use dcgm::FieldId;
use dcgm_otel::Config;
use dcgm_simulator::Flavour;

use crate::bench::{Bench, FLAVOURS, INTERVAL};

const PERIOD: Duration = Duration::from_millis(100);

/// A fake GPU beside the eight: it has no samples but those of the test.
const FAKE: u32 = 8;

const LOW: f64 = 100.0;
const HIGH: f64 = 700.0;

/// Advances the time by an interval, in which the fake GPU draws a square wave: HIGH and LOW for 300 ms
/// each, by the time since `began`.
fn run_wave(bench: &Bench, began: Duration) {
    for _ in 0..INTERVAL.as_millis() / PERIOD.as_millis() {
        bench.control.advance(PERIOD);
        let since = bench.now().saturating_sub(began);
        let is_high = since.as_millis() / 300 % 2 == 0;
        put(bench, if is_high { HIGH } else { LOW });
    }
}

fn put(bench: &Bench, value: f64) {
    let at = bench.control.now();
    let field = FieldId::POWER_USAGE_INSTANT.raw();
    assert!(bench.control.put_double(FAKE, field, at, value));
}

/// The statistics of the power of the fake GPU.
fn statistics(bench: &Bench) -> Vec<(String, f64)> {
    let series = bench.series("hw_gpu_peak_power_watts").into_iter();
    let of_fake = series.filter(|(labels, _)| labels.contains(&format!("hw_gpu_index={FAKE},")));
    let statistic = |labels: &str| {
        let (_, rest) = labels
            .split_once("hw_gpu_peak_statistic=")
            .expect("a statistic");
        rest.split(',').next().unwrap_or_default().to_owned()
    };
    of_fake
        .map(|(labels, value)| (statistic(&labels), value))
        .collect()
}

fn expected(min: f64, max: f64, mean: f64) -> Vec<(String, f64)> {
    let named = |(name, value): (&str, f64)| (name.to_owned(), value);
    [("max", max), ("mean", mean), ("min", min)]
        .map(named)
        .to_vec()
}

#[test]
fn a_square_wave_of_300_ms_has_exact_statistics() {
    for flavour in FLAVOURS {
        let config = Config::default().with_peaks();
        let bench = Bench::configured("8xh100", flavour, config, |control| {
            assert!(control.add_fake(1));
        });
        put(&bench, LOW);
        bench.meter().sample_now().expect("values");
        let began = bench.now();
        run_wave(&bench, began);
        bench.meter().sample_now().expect("values");
        for tick in 0..6 {
            run_wave(&bench, began);
            bench.meter().sample_now().expect("values");
            let wave = expected(LOW, HIGH, f64::midpoint(LOW, HIGH));
            assert_eq!(statistics(&bench), wave, "{flavour:?} {tick}");
        }
        // One sample of three thousand, and the mean of 150.
        for step in 0..150 {
            bench.control.advance(PERIOD);
            put(&bench, if step == 77 { 3000.0 } else { LOW });
        }
        bench.meter().sample_now().expect("values");
        let mean = (149.0 * LOW + 3000.0) / 150.0;
        assert_eq!(
            statistics(&bench),
            expected(LOW, 3000.0, mean),
            "{flavour:?}"
        );
        // Without a sample there is no peak.
        bench.control.advance(INTERVAL);
        bench.meter().sample_now().expect("values of the others");
        assert_eq!(statistics(&bench), [], "{flavour:?}");
        assert_eq!(bench.series("hw_gpu_peak_power_watts").len(), 8 * 3);
    }
}

#[test]
fn the_engine_reads_and_keeps_what_peaks_ask_for_and_no_more() {
    let time = Duration::from_secs(600);
    println!(
        "{:<12} {:<6} {:>6} {:>8} {:>10} {:>10} {:>8} {:>8}",
        "host", "dcgm", "peaks", "series", "reads/s", "asked/s", "kept", "asked"
    );
    for flavour in FLAVOURS {
        for host in ["1xl4", "8xh100"] {
            let mut reads = Vec::new();
            for has_peaks in [false, true] {
                let config = Config::default();
                let config = if has_peaks {
                    config.with_peaks()
                } else {
                    config
                };
                let bench = Bench::configured(host, flavour, config, |_| {});
                let (_, after) = bench.run(time);
                let asked = after.asked_a_day * time.as_secs() / 86_400;
                let a_second = |reads: u64| {
                    let reads = u32::try_from(reads).map_or(f64::MAX, f64::from);
                    reads / time.as_secs_f64()
                };
                println!(
                    "{host:<12} {:<6} {has_peaks:>6} {:>8} {:>10.2} {:>10.2} {:>8} {:>8}",
                    flavour.version(),
                    bench.meter().health().series,
                    a_second(after.reads),
                    a_second(asked),
                    after.kept,
                    after.asked_to_keep,
                );
                let case = format!("{host} {flavour:?} {has_peaks}: {after:?}");
                assert!(
                    after.reads <= asked + after.asked_a_day / 5760 + 64,
                    "{case}"
                );
                assert!(after.kept <= after.asked_to_keep, "{case}");
                assert_eq!((after.refused, after.log_lines), (0, 0), "{case}");
                reads.push(a_second(after.reads));
            }
            // Four sources of each GPU ten times a second, and nothing else more often than before.
            let gpus = if host == "1xl4" { 1.0 } else { 8.0 };
            let [without, with] = reads[..] else {
                panic!("{reads:?}");
            };
            let more = with - without;
            assert!(
                (39.0 * gpus..=41.0 * gpus).contains(&more),
                "{host}: {reads:?}"
            );
        }
    }
}

#[test]
fn a_late_tick_misses_no_sample() {
    let config = Config::default().with_peaks();
    let bench = Bench::configured("8xh100", Flavour::V4_6, config, |control| {
        assert!(control.add_fake(1));
    });
    put(&bench, 0.0);
    // The second read has the sample from before the watch, too.
    for _ in 0..2 {
        bench.meter().sample_now().expect("values");
    }
    // Samples count up. A window is right if its smallest one follows the largest of the window before,
    // and its mean is the middle.
    let mut next = 0.0;
    for millis in [15_000, 16_700, 13_100, 44_900, 200, 15_300, 59_000, 15_000] {
        let first = next + 1.0;
        for _ in 0..millis / 100 {
            bench.control.advance(PERIOD);
            next += 1.0;
            put(&bench, next);
        }
        bench.meter().sample_now().expect("values");
        let window = expected(first, next, f64::midpoint(first, next));
        let health = bench.meter().health();
        assert_eq!(statistics(&bench), window, "after {millis} ms: {health:?}");
    }
}
