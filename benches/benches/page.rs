//! The cost of a page for Prometheus: written by the meter itself, and made by the SDK,
//! `opentelemetry-prometheus` and the crate `prometheus` of the same snapshot.
//!
//! `cargo bench -p dcgm-benches --bench page`. Instructions are counted by cachegrind, if there is a
//! valgrind; times are medians of interleaved rounds. So our page finds the caches as the SDK's page left
//! them, which is what a scrape finds; `again` is a page right after another. The goal: 20 µs for the
//! 8 H100 of the mock.

#![expect(clippy::expect_used, reason = "a benchmark may fail by panicking")]

use std::time::Duration;

use dcgm::mock::Mock;
use dcgm_benches::{UNCOUNTED, earnest, instructions, is_child, line, prometheus_reader, ratio};
use dcgm_otel::{DcgmMeter, Naming};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};

const HOSTS: [&str; 3] = ["1xl4", "8xh100", "8xh100-mig7"];
const NAMINGS: [Naming; 2] = [Naming::Semconv, Naming::DcgmExporter];

/// A meter on a provider, whose pages are compared.
struct Program {
    registry: Registry,
    _provider: SdkMeterProvider,
    /// Registries with a collector of the meter.
    client_registry: prometheus_client::registry::Registry,
    collectors: Registry,
    meter: DcgmMeter,
    page: String,
}

impl Program {
    fn new(host: &str, naming: Naming) -> Self {
        let (exporter, registry) = prometheus_reader();
        let provider = SdkMeterProvider::builder().with_reader(exporter).build();
        let meter = DcgmMeter::builder()
            .without_env()
            .with_naming(naming)
            .with_interval(Duration::from_secs(600))
            .with_initial_delay(Duration::from_secs(24 * 3600))
            .with_client(Mock::named(host).expect("a host of the mock"))
            .install(&provider)
            .expect("the first");
        // Rates need two samples.
        for _ in 0..2 {
            meter.sample_now().expect("a mock that is well");
        }
        let mut client_registry = prometheus_client::registry::Registry::default();
        client_registry.register_collector(Box::new(meter.collector()));
        let collectors = Registry::new();
        let registered = collectors.register(Box::new(meter.collector()));
        registered.expect("the only one");
        let mut program = Self {
            client_registry,
            collectors,
            registry,
            _provider: provider,
            meter,
            page: String::new(),
        };
        program.write_page();
        program
    }

    fn write_page(&mut self) {
        self.meter.prometheus_text(&mut self.page);
    }

    fn encode_registry(&self) -> String {
        encode(&self.registry)
    }

    fn encode_client_registry(&self) -> String {
        let mut text = String::new();
        let encoded = prometheus_client::encoding::text::encode(&mut text, &self.client_registry);
        encoded.expect("text");
        text
    }
}

fn encode(registry: &Registry) -> String {
    let families = registry.gather();
    let encoder = TextEncoder::new();
    encoder.encode_to_string(&families).expect("text")
}

fn main() {
    if let Some(work) = is_child() {
        let mut words = work.name.split(' ');
        let mut word = || words.next().expect("a kind, a host and a naming");
        let (kind, host) = (word(), word());
        let mut program = Program::new(host, word().parse().expect("a naming"));
        for _ in 0..work.times {
            if kind == "direct" {
                program.write_page();
            } else if kind == "client" {
                program.encode_client_registry();
            } else if kind == "prometheus" {
                encode(&program.collectors);
            } else {
                program.encode_registry();
            }
        }
        return;
    }
    let rounds = if earnest() { 201 } else { 3 };
    line(&format!(
        "{:<28} {:>7} {:>6} {:>7} {:>9} {:>9} {:>7} {:>12} {:>12} {:>7}",
        "", "series", "KiB", "again", "us", "us SDK", "ratio", "instructions", "SDK", "ratio"
    ));
    for naming in NAMINGS {
        for host in HOSTS {
            let mut program = Program::new(host, naming);
            let other = Program::new(host, naming);
            let (direct, sdk, _) = ratio(
                rounds,
                || program.write_page(),
                || drop(other.encode_registry()),
            );
            let (again, ..) = ratio(rounds, || program.write_page(), || ());
            let counted = |kind: &str| {
                let (few, many) = if earnest() { (3, 103) } else { (1, 2) };
                instructions(&format!("{kind} {host} {naming}"), few, many)
            };
            let instructions = match (counted("direct"), counted("SDK")) {
                (Some(direct), Some(sdk)) => {
                    format!("{direct:>12.0} {sdk:>12.0} {:>7.1}", sdk / direct)
                }
                _ => format!("  {UNCOUNTED}"),
            };
            let lines = program.page.lines();
            line(&format!(
                "{:<28} {:>7} {:>6} {:>7.1} {:>9.1} {:>9.1} {:>7.1} {instructions}",
                format!("{host} {naming}"),
                lines.filter(|line| !line.starts_with('#')).count(),
                program.page.len() / 1024,
                again / 1e3,
                direct / 1e3,
                sdk / 1e3,
                sdk / direct,
            ));
        }
    }
    collectors(rounds);
}

/// Prints the cost of collectors, beside the same SDK.
fn collectors(rounds: usize) {
    line(&format!(
        "{:<28} {:>9} {:>9} {:>7} {:>12}",
        "collector", "us", "us SDK", "ratio", "instructions"
    ));
    for kind in ["client", "prometheus"] {
        let program = Program::new("8xh100", Naming::Semconv);
        let (ours, sdk, _) = ratio(
            rounds,
            || {
                drop(match kind {
                    "client" => program.encode_client_registry(),
                    _ => encode(&program.collectors),
                });
            },
            || drop(program.encode_registry()),
        );
        let (few, many) = if earnest() { (3, 53) } else { (1, 2) };
        let work = format!("{kind} 8xh100 {}", Naming::Semconv);
        let instructions = match instructions(&work, few, many) {
            Some(count) => format!("{count:>12.0}"),
            None => format!("  {UNCOUNTED}"),
        };
        line(&format!(
            "{kind:<28} {:>9.1} {:>9.1} {:>7.1} {instructions}",
            ours / 1e3,
            sdk / 1e3,
            sdk / ours,
        ));
    }
}
