//! One harness for all tests of the meter: a provider of the real SDK, a client that the test
//! controls, and one clock for both.
//!
//! A harness installs a meter that samples on request only: [`Harness::sample`]. A test changes the
//! client before the first sample or between samples, advances the time and reads exported points.
//! The client is a [`Mock`](dcgm::mock::Mock) of a whole host, or a [`Fake`], whose devices have every
//! field of the catalogue.

mod export;
mod fake;
mod host;
mod source;

use std::time::Duration;

use dcgm::Client;
use dcgm::mock::Mock;
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, SdkMeterProvider, Temporality,
};

pub(crate) use export::{Exported, instrument};
pub(crate) use fake::{COUNTERS, Fake, call, every_field, gauges, gpu, refused};
pub(crate) use host::{
    INTERVAL, Shown, counters_of, differing, fallen, is_counter, lines, mock_of, push, run_all,
};
pub(crate) use source::{Scripted, labels_of, on_gpu, pod};

use crate::clock::Clock;
use crate::{Config, DcgmMeter, DcgmMeterBuilder, Health, SampleError};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A client that a test controls. Clones share their state.
pub(crate) trait TestClient: Client + Clone + 'static {
    /// Advances the client's own time.
    fn advance_clock(&self, by: Duration);
}

impl TestClient for Mock {
    fn advance_clock(&self, by: Duration) {
        self.clock().advance(by);
    }
}

/// The time of a fake advances with its reads.
impl TestClient for Fake {
    fn advance_clock(&self, _: Duration) {}
}

/// A provider, a client and one time for both. Without [`Harness::uninstall`] there is a meter.
pub(crate) struct Harness<C = Mock> {
    pub(crate) provider: SdkMeterProvider,
    pub(crate) exporter: InMemoryMetricExporter,
    pub(crate) client: C,
    pub(crate) clock: Clock,
    pub(crate) config: Config,
    meter: Option<DcgmMeter>,
}

impl Harness<Fake> {
    /// Installs a meter with these settings and an interval of 1 s, and takes a sample, which may
    /// fail.
    pub(crate) fn with_settings(fake: &Fake, config: Config) -> Self {
        let harness = Self::with_config(fake, config.with_interval(SECOND));
        let _ = harness.meter().sample_now();
        harness
    }
}

impl<C: TestClient> Harness<C> {
    /// Installs a meter with an interval of 1 s and defaults otherwise.
    pub(crate) fn new(client: &C) -> Self {
        Self::with_temporality(client, Temporality::Cumulative)
    }

    pub(crate) fn with_temporality(client: &C, temporality: Temporality) -> Self {
        let config = Config::default().with_interval(SECOND);
        let mut harness = Self::without_meter(client, config, temporality);
        harness.install();
        harness
    }

    pub(crate) fn with_config(client: &C, config: Config) -> Self {
        Self::with_builder(client, config, |builder| builder)
    }

    /// Installs a meter that `configure` has configured further.
    pub(crate) fn with_builder(
        client: &C,
        config: Config,
        configure: impl FnOnce(DcgmMeterBuilder) -> DcgmMeterBuilder,
    ) -> Self {
        let mut harness = Self::without_meter(client, config, Temporality::Cumulative);
        let builder = configure(harness.builder());
        harness.meter = Some(builder.install(&harness.provider).unwrap());
        harness
    }

    /// Prepares a meter like that of [`Self::new`], which the test installs.
    pub(crate) fn uninstalled(client: &C) -> Self {
        let config = Config::default().with_interval(SECOND);
        Self::without_meter(client, config, Temporality::Cumulative)
    }

    pub(crate) fn without_meter(client: &C, config: Config, temporality: Temporality) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new()
            .with_temporality(temporality)
            .build();
        Self {
            provider: SdkMeterProvider::builder()
                .with_periodic_exporter(exporter.clone())
                .build(),
            exporter,
            client: client.clone(),
            clock: Clock::manual(),
            config,
            meter: None,
        }
    }

    /// Returns the builder of a meter that samples on request only.
    pub(crate) fn builder(&self) -> DcgmMeterBuilder {
        DcgmMeter::builder()
            .with_config(self.config.clone())
            .with_client(self.client.clone())
            .clock(self.clock.clone())
    }

    /// Installs a meter, after the end of the one before.
    pub(crate) fn install(&mut self) {
        self.uninstall();
        self.meter = Some(self.builder().install(&self.provider).unwrap());
    }

    /// Drops the meter.
    pub(crate) fn uninstall(&mut self) {
        drop(self.meter.take());
    }

    /// Hands over the meter, whose end is then up to the test.
    pub(crate) fn take_meter(&mut self) -> DcgmMeter {
        self.meter.take().unwrap()
    }

    pub(crate) fn meter(&self) -> &DcgmMeter {
        self.meter.as_ref().unwrap()
    }

    pub(crate) fn health(&self) -> Health {
        self.meter().health()
    }

    /// Takes a sample without an error.
    pub(crate) fn sample(&self) {
        self.meter().sample_now().unwrap();
    }

    /// Takes a sample with an error.
    pub(crate) fn sample_error(&self) -> SampleError {
        self.meter().sample_now().unwrap_err()
    }

    /// Polls the sources of allocations, and takes a sample without an error.
    pub(crate) fn poll_and_sample(&self) {
        self.meter().poll_sources();
        self.sample();
    }

    /// Advances the time of the meter and of the client.
    pub(crate) fn advance(&self, by: Duration) {
        self.client.advance_clock(by);
        self.clock.advance(by);
    }

    /// Advances the time and takes a sample without an error.
    pub(crate) fn tick_after(&self, by: Duration) {
        self.advance(by);
        self.sample();
    }
}
