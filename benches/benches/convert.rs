//! The cost of turning samples into series: a whole tick of the meter on a client whose
//! answers are a copy of memory, as the meter's own health tells it.
//!
//! `cargo bench -p dcgm-benches --bench convert`. The first row, one number of one GPU, is the part
//! that each tick costs whatever it reads. The goal: at most 2 us for 8 GPUs of 12 fields, and a
//! cost for each value that does not depend on how many there are.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

use std::sync::Arc;
use std::time::Duration;

use dcgm_benches::{
    Canned, UNCOUNTED, earnest, gpus, instructions, is_child, line, median, nowhere,
};
use dcgm_otel::{Config, DcgmMeter, Group, GroupSwitch, MetricSwitch};
use opentelemetry_sdk::metrics::SdkMeterProvider;

/// The fields that are read of each GPU.
#[derive(Clone, Copy, Debug)]
enum Reads {
    /// The power that it takes.
    One,
    /// Twelve fields: as many as a plain dashboard shows.
    Twelve,
    /// The fields that the meter reads by default.
    Default,
    /// All that there is.
    All,
}

impl Reads {
    const ALL: [Self; 4] = [Self::One, Self::Twelve, Self::Default, Self::All];

    fn groups(self) -> Option<&'static [Group]> {
        match self {
            Self::One => Some(&[Group::Power]),
            Self::Twelve => Some(&[
                Group::Utilization,
                Group::Memory,
                Group::Clock,
                Group::Thermal,
            ]),
            Self::Default => None,
            Self::All => Some(Group::ALL),
        }
    }

    fn config(self) -> Config {
        let config = Config::default()
            .with_max_series(100_000)
            .with_max_instrument_series(10_000)
            .with_interval(Duration::from_secs(600))
            .with_initial_delay(Duration::from_secs(24 * 3600));
        let Some(chosen) = self.groups() else {
            return config;
        };
        // Of what these groups have by default, twelve.
        let config = config
            .with_metric("hw.gpu.utilization/memory", MetricSwitch::Off)
            .with_metric("hw.temperature/memory", MetricSwitch::Off);
        Group::ALL.iter().fold(config, |config, group| {
            let switch = if chosen.contains(group) {
                GroupSwitch::On
            } else {
                GroupSwitch::Off
            };
            config.with_group(*group, switch)
        })
    }
}

struct Ticks {
    client: Arc<Canned>,
    meter: DcgmMeter,
    _provider: SdkMeterProvider,
}

impl Ticks {
    fn new(count: u32, reads: Reads) -> Self {
        let provider = nowhere(1);
        let client = Arc::new(Canned::new(gpus(count)));
        let meter = DcgmMeter::builder()
            .with_config(reads.config())
            .with_shared_client(client.clone())
            .install(&provider)
            .expect("the first");
        meter.sample_now().expect("a mock that is well");
        Self {
            client,
            meter,
            _provider: provider,
        }
    }

    /// Microseconds a tick, of so many.
    fn time(&self, ticks: u32) -> f64 {
        let before = self.meter.health().tick_time;
        for _ in 0..ticks {
            self.meter.sample_now().expect("a mock that is well");
        }
        let spent = self.meter.health().tick_time.saturating_sub(before);
        spent.as_secs_f64() * 1e6 / f64::from(ticks)
    }
}

fn main() {
    if let Some(work) = is_child() {
        let (gpus, reads) = work.name.split_once(' ').expect("two numbers");
        let reads = Reads::ALL[reads.parse::<usize>().expect("a number")];
        let ticks = Ticks::new(gpus.parse().expect("a number"), reads);
        for _ in 0..work.times {
            ticks.meter.sample_now().expect("a mock that is well");
        }
        return;
    }
    let (rounds, times) = if earnest() { (31, 200) } else { (1, 2) };
    line(&format!(
        "{:>5} {:>10} {:>7} {:>7} {:>10} {:>12} {:>14} {:>12}",
        "GPUs", "read", "values", "series", "us a tick", "ns a value", "instructions", "each"
    ));
    for (count, reads) in [
        (1, Reads::One),
        (8, Reads::Twelve),
        (1, Reads::Default),
        (8, Reads::Default),
        (32, Reads::Default),
        (8, Reads::All),
        (32, Reads::All),
        (64, Reads::All),
    ] {
        let ticks = Ticks::new(count, reads);
        let us = median((0..rounds).map(|_| ticks.time(times)).collect());
        let values = ticks.client.values();
        let series = ticks.meter.health().series;
        #[expect(clippy::cast_precision_loss, reason = "far from so large")]
        let each = |all: f64| all / values as f64;
        let name = format!("{count} {}", reads as usize);
        let counted = if earnest() {
            instructions(&name, 20, 120)
        } else if count == 1 {
            instructions(&name, 1, 2)
        } else {
            None
        };
        let counted = counted.map_or(UNCOUNTED.to_owned(), |counted| {
            format!("{counted:>14.0} {:>12.1}", each(counted))
        });
        let reads = format!("{reads:?}").to_lowercase();
        line(&format!(
            "{count:>5} {reads:>10} {values:>7} {series:>7} {us:>10.2} {:>12.1} {counted}",
            each(us * 1e3)
        ));
    }
}
