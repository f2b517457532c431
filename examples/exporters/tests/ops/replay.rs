//! Incidents in fast motion: a meter on a mock whose clock the test moves, read through the same
//! exporter as the example's, and given to Prometheus as its own history.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use dcgm::mock::{Clock, Mock, Model};
use dcgm::{EntityId, FieldId, OwnedValue};
use dcgm_otel::{Config, DcgmMeter, Naming};
use opentelemetry_prometheus::ResourceSelector;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};

use crate::exporter::scrape;
use crate::prometheus::{Prometheus, output_text, promtool, until};

/// When the mock's time begins: 2026.
pub(crate) const START: f64 = 1_767_225_600.0;

/// How often is sampled and scraped.
pub(crate) const INTERVAL: Duration = Duration::from_secs(15);

/// What a GPU of a model says at a time.
#[expect(clippy::cast_precision_loss, reason = "far from so large")]
pub(crate) fn said(model: &Model, gpu: u32, field: FieldId, at: Duration) -> f64 {
    match model.value(EntityId::gpu(gpu), field, at) {
        Ok(OwnedValue::Int(value)) => value as f64,
        Ok(OwnedValue::Double(value)) => value,
        other => panic!("{field}: {other:?}"),
    }
}

/// A host that is scraped.
pub(crate) struct Host {
    pub(crate) mock: Mock,
    meter: DcgmMeter,
    registry: Registry,
    _provider: SdkMeterProvider,
    instance: String,
    text: String,
}

impl Host {
    /// Of a scenario by its names, as in `8xh100,thermal`.
    pub(crate) fn new(instance: &str, names: &str, config: Config) -> Self {
        let mock = Mock::builder()
            .model(names.parse::<Model>().unwrap())
            .clock(Clock::manual())
            .build();
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .with_resource_selector(ResourceSelector::None);
        let provider = SdkMeterProvider::builder()
            .with_resource(Resource::builder_empty().build())
            .with_reader(exporter.build().unwrap())
            .with_view(|instrument: &Instrument| {
                let said = instrument.unit() == "1" && instrument.name().ends_with("ratio");
                said.then(|| Stream::builder().with_unit("").build().ok())?
            })
            .build();
        let meter = DcgmMeter::builder()
            // On its own it is to sample nothing.
            .with_config(
                config
                    .with_interval(INTERVAL)
                    .with_initial_delay(Duration::from_secs(86_400)),
            )
            .with_client(mock.clone())
            .install(&provider)
            .unwrap();
        Self {
            mock,
            meter,
            registry,
            _provider: provider,
            instance: instance.to_owned(),
            text: String::new(),
        }
    }

    /// A calm one, in the naming semconv.
    pub(crate) fn plain(instance: &str, names: &str) -> Self {
        Self::new(instance, names, Config::default())
    }

    pub(crate) fn now(&self) -> Duration {
        self.mock.clock().now()
    }

    fn page(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap()
    }

    /// Samples, and is scraped.
    pub(crate) fn scrape(&mut self) {
        // A host whose engine is down is scraped too.
        let _ = self.meter.sample_now();
        self.note();
    }

    fn note(&mut self) {
        let page = self.page();
        let at = START + self.now().as_secs_f64();
        let own = format!("instance=\"{}\",job=\"dcgm\"", self.instance);
        for line in page.lines().filter(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let comma = if labels == "}" { "" } else { "," };
            writeln!(self.text, "{name}{{{own}{comma}{labels} {value} {at}").unwrap();
        }
        writeln!(self.text, "up{{{own}}} 1 {at}").unwrap();
    }

    /// Goes on until a time, scraped at each interval.
    pub(crate) fn run_until(&mut self, seconds: u64) {
        if self.text.is_empty() {
            self.scrape();
        }
        while self.now() < Duration::from_secs(seconds) {
            self.mock.clock().advance(INTERVAL);
            self.scrape();
        }
    }

    /// As `run_until`, on a host whose GPU comes and goes. Before the meter believes that, it wants
    /// to see it for a second by its own clock, which is no part of the mock.
    pub(crate) fn run_with_losses_until(&mut self, seconds: u64) {
        while self.now() < Duration::from_secs(seconds) {
            self.mock.clock().advance(INTERVAL);
            let model = self.mock.model();
            let there = model.entities(self.now()).len();
            let gone = model.host().entities().len() - there;
            until("aware of which GPUs are gone", || {
                let _ = self.meter.sample_now();
                let failed = |line: &&str| {
                    let status = line.starts_with("hw_status") && line.contains("\"failed\"");
                    status && line.ends_with(" 1")
                };
                (self.page().lines().filter(failed).count() == gone).then_some(())
            });
            self.note();
        }
    }

    /// What was scraped.
    pub(crate) fn recorded(self) -> String {
        self.text
    }
}

/// A Prometheus that has scraped all that.
pub(crate) fn remembered(recorded: &[String], rules: &[String]) -> Prometheus {
    let folder = tempfile::tempdir().unwrap();
    let text = recorded.concat() + "# EOF\n";
    std::fs::write(folder.path().join("recorded.txt"), text).unwrap();
    let arguments = [
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "recorded.txt",
        "data",
    ];
    let made = promtool(&arguments, folder.path());
    assert!(made.status.success(), "{}", output_text(&made));
    // The rules are there to be asked for; they are evaluated by the test, at the times that count.
    let config = format!("global: {{evaluation_interval: 1h}}\nrule_files: {rules:?}\n");
    let flags = [
        "--storage.tsdb.retention.time=100y",
        // What has vanished is not there at the next scrape. In what is imported nothing says so.
        "--query.lookback-delta=14s",
    ];
    Prometheus::start(folder, &config, &flags)
}

/// Each metric of a page with the keys of its labels, less those that say where it comes from.
fn shapes(page: &str) -> BTreeSet<String> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let shape = |line: &str| {
        let (name, labels) = line.split_once('{')?;
        let keys = labels
            .split("=\"")
            .map(|part| part.rsplit([',', '{']).next().unwrap());
        let own = ["instance", "job", "dcgm_simulated"];
        let keys = keys.filter(|key| !own.contains(key) && !key.contains('}'));
        let keys: BTreeSet<_> = keys.collect();
        Some(format!("{name} {keys:?}"))
    };
    let mut shapes: BTreeSet<_> = lines.filter_map(shape).collect();
    shapes.retain(|shape| !shape.starts_with("up "));
    shapes
}

#[test]
fn a_replay_has_the_series_of_the_example() {
    for (naming, flag) in [
        (Naming::Semconv, "semconv"),
        (Naming::DcgmExporter, "dcgm-exporter"),
        (Naming::DcgmExporter48, "dcgm-exporter:4.8"),
    ] {
        let mut host = Host::new("one", "8xh100", Config::default().with_naming(naming));
        host.scrape();
        let replayed = shapes(&host.recorded());
        let served = shapes(&scrape(&["--simulate=8xh100", "--naming", flag]));
        assert!(served.len() > 20, "the search finds nothing");
        assert_eq!(replayed, served);
    }
}
