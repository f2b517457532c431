//! An engine of a host, and a meter on it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dcgm::{Engine, EngineOptions};
use dcgm_otel::{Config, DcgmMeter, SampleError};
use dcgm_simulator::{Control, Flavour, Harm, Served};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::Registry;
use prometheus::proto::MetricFamily;
use tempfile::TempDir;

pub(crate) const INTERVAL: Duration = Duration::from_secs(15);

/// The releases that are simulated.
pub(crate) const FLAVOURS: [Flavour; 2] = [Flavour::V4_6, Flavour::V3_3];

/// Ticks that belong to the start: profiling fields have values from their second sample on.
const START: u64 = 4;

/// The engines' clock is the library's, and so the process's: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// An engine of a host, and a meter on it.
pub(crate) struct Bench {
    pub(crate) control: Control,
    served: Served,
    meter: Option<DcgmMeter>,
    /// When the host's time began, by the engine's clock.
    began: i64,
    registry: Registry,
    _provider: SdkMeterProvider,
    _folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    pub(crate) fn new(host: &str, flavour: Flavour) -> Self {
        Self::prepared(host, flavour, |_| {})
    }

    /// One whose engine was changed before the meter's first tick.
    pub(crate) fn prepared(host: &str, flavour: Flavour, prepare: impl FnOnce(&Control)) -> Self {
        Self::configured(host, flavour, Config::default(), prepare)
    }

    /// One whose meter has other settings.
    pub(crate) fn configured(
        host: &str,
        flavour: Flavour,
        config: Config,
        prepare: impl FnOnce(&Control),
    ) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = match flavour {
            Flavour::V3_3 => dcgm_simulator::library_3_3(),
            _ => dcgm_simulator::library_4_6(),
        };
        let library = library.expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        control.stop_clock(control.now());
        let began = control.now();
        assert!(control.set_host(host), "no host {host}");
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("unix://{}", folder.path().join("engine").display());
        let served = control.serve(&address, flavour).expect("served");
        prepare(&control);
        let options = EngineOptions::standalone(address.parse().expect("an address"));
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .without_target_info()
            .build()
            .expect("an exporter");
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        let meter = DcgmMeter::builder()
            .with_config(config)
            .with_interval(INTERVAL)
            // Its thread does nothing by itself.
            .with_initial_delay(Duration::from_secs(24 * 3600))
            .with_client(Engine::new(options.with_library(library)))
            .install(&provider)
            .expect("the first");
        Self {
            control,
            served,
            meter: Some(meter),
            began,
            registry,
            _provider: provider,
            _folder: folder,
            _alone: alone,
        }
    }

    pub(crate) fn meter(&self) -> &DcgmMeter {
        self.meter.as_ref().expect("not dropped yet")
    }

    pub(crate) fn tick(&self) {
        self.meter().sample_now().expect("values");
        self.control.advance(INTERVAL);
    }

    /// The time since the host's began.
    pub(crate) fn now(&self) -> Duration {
        let micros = self.control.now() - self.began;
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// One tick, whatever comes of it.
    pub(crate) fn try_tick(&self) -> Result<(), SampleError> {
        let outcome = self.meter().sample_now();
        self.control.advance(INTERVAL);
        outcome
    }

    /// The exported series of a metric, by their labels.
    pub(crate) fn series(&self, metric: &str) -> BTreeMap<String, f64> {
        let families = self.registry.gather();
        let family = families.iter().find(|family| family.name() == metric);
        let mut series = BTreeMap::new();
        for point in family.map(MetricFamily::get_metric).unwrap_or_default() {
            let mut labels: Vec<_> = point
                .get_label()
                .iter()
                .map(|pair| format!("{}={}", pair.name(), pair.value()))
                .collect();
            labels.sort();
            let value = if point.get_counter().get_value() > 0.0 {
                point.get_counter().get_value()
            } else {
                point.get_gauge().get_value()
            };
            series.insert(labels.join(","), value);
        }
        series
    }

    /// Returns the cost of the start, and of a time after it.
    pub(crate) fn run(&self, time: Duration) -> (Harm, Harm) {
        self.control.reset_harm();
        for _ in 0..START {
            self.tick();
        }
        let start = self.control.harm();
        self.control.reset_harm();
        for _ in 0..time.as_secs() / INTERVAL.as_secs() {
            self.tick();
        }
        (start, self.control.harm())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.meter.take());
        self.control.kill(self.served);
        self.control.run_clock();
    }
}
