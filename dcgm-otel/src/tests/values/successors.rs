//! Fields that DCGM 4.7 deprecates, and their successors in other units: the exported value is the same.

use dcgm::{FieldId, NoValue};

use crate::config::{Config, MetricSwitch};
use crate::testing::{Fake, Harness, SECOND};

/// A deprecated field with a value, its successor with the same value, and the exported point.
struct Pair {
    old: (FieldId, f64),
    new: (FieldId, f64),
    metric: &'static str,
    /// An attribute of the point; an empty key for a metric with one point.
    attribute: (&'static str, &'static str),
    exported: f64,
}

macro_rules! pairs {
    ($($old:ident $raw:literal => $new:ident $successor:literal: $metric:literal [$key:literal $value:literal] $exported:literal;)*) => {
        &[$(Pair {
            old: (FieldId::$old, $raw),
            new: (FieldId::$new, $successor),
            metric: $metric,
            attribute: ($key, $value),
            exported: $exported,
        }),*]
    };
}

#[rustfmt::skip] // One line a pair.
const GAUGES: &[Pair] = pairs! {
    GPU_UTIL 57.0 => GPU_UTIL_RATIO 0.57: "hw.gpu.utilization" ["hw.gpu.task" "general"] 0.57;
    MEM_COPY_UTIL 23.0 => MEMORY_UTIL_RATIO 0.23: "hw.gpu.utilization" ["hw.gpu.task" "memory"] 0.23;
    ENC_UTIL 4.0 => ENC_UTIL_RATIO 0.04: "hw.gpu.utilization" ["hw.gpu.task" "encoder"] 0.04;
    DEC_UTIL 100.0 => DEC_UTIL_RATIO 1.0: "hw.gpu.utilization" ["hw.gpu.task" "decoder"] 1.0;
    FAN_SPEED 30.0 => FAN_SPEED_RATIO 0.3: "hw.fan.speed_ratio" ["hw.sensor_location" "gpu"] 0.3;
    FB_USED 512.0 => FB_USED_BYTES 536_870_912.0: "hw.gpu.memory.usage" ["" ""] 536_870_912.0;
    FB_TOTAL 81_559.0 => FB_CAPACITY_BYTES 85_520_809_984.0: "hw.gpu.memory.limit" ["" ""] 85_520_809_984.0;
    FB_RESERVED 3.0 => FB_RESERVED_BYTES 3_145_728.0: "hw.gpu.memory.reserved" ["" ""] 3_145_728.0;
    BAR1_USED 7.0 => BAR1_USED_BYTES 7_340_032.0: "hw.gpu.bar1.usage" ["" ""] 7_340_032.0;
    BAR1_TOTAL 256.0 => BAR1_CAPACITY_BYTES 268_435_456.0: "hw.gpu.bar1.limit" ["" ""] 268_435_456.0;
    SM_CLOCK 1980.0 => SM_CLOCK_HERTZ 1_980_000_000.0: "hw.gpu.clock.frequency" ["hw.gpu.clock.domain" "sm"] 1_980_000_000.0;
    MEM_CLOCK 2619.0 => MEMORY_CLOCK_HERTZ 2_619_000_000.0: "hw.gpu.clock.frequency" ["hw.gpu.clock.domain" "memory"] 2_619_000_000.0;
    VIDEO_CLOCK 1545.0 => VIDEO_CLOCK_HERTZ 1_545_000_000.0: "hw.gpu.clock.frequency" ["hw.gpu.clock.domain" "video"] 1_545_000_000.0;
    C2C_MAX_BANDWIDTH 450.0 => C2C_MAX_BANDWIDTH_BYTES_PER_SECOND 450_000_000.0: "hw.gpu.c2c.bandwidth.limit" ["" ""] 450_000_000.0;
};

#[rustfmt::skip] // One line a pair.
const COUNTERS: &[Pair] = pairs! {
    TOTAL_ENERGY_CONSUMPTION 1500.0 => GPU_ENERGY_JOULES_TOTAL 1.5: "hw.energy" ["hw.type" "gpu"] 1.5;
    POWER_VIOLATION 300_000_000.0 => GPU_POWER_THROTTLE_SECONDS_TOTAL 0.3: "hw.gpu.throttle.duration" ["hw.gpu.throttle.reason" "power"] 0.3;
    THERMAL_VIOLATION 250_000_000.0 => GPU_THERMAL_THROTTLE_SECONDS_TOTAL 0.25: "hw.gpu.throttle.duration" ["hw.gpu.throttle.reason" "thermal"] 0.25;
    SYNC_BOOST_VIOLATION 100_000_000.0 => GPU_SYNC_BOOST_THROTTLE_SECONDS_TOTAL 0.1: "hw.gpu.throttle.duration" ["hw.gpu.throttle.reason" "sync_boost"] 0.1;
    BOARD_LIMIT_VIOLATION 1_000_000.0 => GPU_LIMIT_THROTTLE_SECONDS_TOTAL 0.001: "hw.gpu.throttle.duration" ["hw.gpu.throttle.reason" "board_limit"] 0.001;
    LOW_UTIL_VIOLATION 2000.0 => GPU_LOW_UTIL_THROTTLE_SECONDS_TOTAL 0.000_002: "hw.gpu.throttle.duration" ["hw.gpu.throttle.reason" "low_utilization"] 0.000_002;
    RELIABILITY_VIOLATION 700_000_000.0 => GPU_RELIABILITY_THROTTLE_SECONDS_TOTAL 0.7: "hw.gpu.throttle.duration" ["hw.gpu.throttle.reason" "reliability"] 0.7;
    TOTAL_APP_CLOCKS_VIOLATION 400_000_000.0 => GPU_APP_THROTTLE_SECONDS_TOTAL 0.4: "hw.gpu.clock.below_target.time" ["hw.gpu.clock.target" "application"] 0.4;
    TOTAL_BASE_CLOCKS_VIOLATION 600_000_000.0 => GPU_BASE_THROTTLE_SECONDS_TOTAL 0.6: "hw.gpu.clock.below_target.time" ["hw.gpu.clock.target" "base"] 0.6;
};

/// The fields that a GPU has.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Has {
    Deprecated,
    Successor,
    Both,
}

fn harness(fake: &Fake, pairs: &[Pair], has: Has) -> Harness<Fake> {
    let mut config = Config::default().with_interval(SECOND);
    for pair in pairs {
        config = config.with_metric(pair.metric, MetricSwitch::On);
        match has {
            Has::Deprecated => fake.lose(0, pair.new.0, NoValue::NotSupported),
            Has::Successor => fake.lose(0, pair.old.0, NoValue::NotSupported),
            Has::Both => {}
        }
    }
    Harness::with_config(fake, config)
}

impl Pair {
    fn exported(&self, harness: &Harness<Fake>) -> Option<f64> {
        let (key, value) = match self.attribute {
            ("", _) => ("none", ""),
            attribute => attribute,
        };
        harness.value(self.metric, key, value)
    }
}

#[test]
fn a_gauge_has_the_same_value_from_either_field() {
    for has in [Has::Deprecated, Has::Successor, Has::Both] {
        let fake = Fake::with_gpus(1);
        let harness = harness(&fake, GAUGES, has);
        for pair in GAUGES {
            if has != Has::Successor {
                fake.set(0, pair.old.0, pair.old.1);
            }
            match has {
                Has::Deprecated => {}
                Has::Successor => fake.set(0, pair.new.0, pair.new.1),
                // Another value, so that it shows which of the two is used.
                Has::Both => fake.set(0, pair.new.0, pair.new.1 * 0.5),
            }
        }
        harness.sample();
        for pair in GAUGES {
            assert_eq!(
                pair.exported(&harness),
                Some(pair.exported),
                "{has:?} {}",
                pair.old.0
            );
        }
    }
}

#[test]
fn a_counter_grows_by_the_same_from_either_field() {
    // DCGM counts since the driver was loaded.
    let before = 86_400.0;
    for has in [Has::Deprecated, Has::Successor, Has::Both] {
        let fake = Fake::with_gpus(1);
        let harness = harness(&fake, COUNTERS, has);
        let set = |growth: f64| {
            for pair in COUNTERS {
                let parts = pair.old.1 / pair.exported;
                if has != Has::Successor {
                    fake.set(0, pair.old.0, before * parts + pair.old.1 * growth);
                }
                if has != Has::Deprecated {
                    fake.set(0, pair.new.0, before + pair.new.1 * growth);
                }
            }
        };
        set(0.0);
        harness.sample();
        set(1.0);
        harness.sample();
        for pair in COUNTERS {
            let exported = pair.exported(&harness).expect(pair.metric);
            let error = (exported - pair.exported).abs();
            // The sum in seconds has 12 digits after a day.
            assert!(error < 2e-9, "{has:?} {}: {exported}", pair.old.0);
        }
    }
}

#[test]
fn a_gpu_with_both_is_watched_for_one() {
    let fake = Fake::with_gpus(1);
    let harness = harness(&fake, COUNTERS, Has::Both);
    harness.sample();
    harness.sample();
    let watched = fake.edit(|state| state.watched.clone());
    let has_energy = |one: &&dcgm::WatchRequest| one.fields.contains(&COUNTERS[0].old.0);
    let watched = watched.iter().rfind(has_energy).unwrap();
    for pair in COUNTERS {
        assert!(watched.fields.contains(&pair.old.0), "{}", pair.old.0);
        assert!(!watched.fields.contains(&pair.new.0), "{}", pair.new.0);
    }
}
