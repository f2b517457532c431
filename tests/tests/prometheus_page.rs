//! The page that a meter writes by itself, beside the one that the SDK, `opentelemetry-prometheus` and
//! the crate `prometheus` make of the same snapshot.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dcgm::mock::{Host, Mock, Model, Scenario};
use dcgm_otel::{
    Config, DcgmMeter, DcgmMeterBuilder, MetricSwitch, Naming, PageFormat, Profile, ThrottleName,
};
use dcgm_tests::tree::{read, root};
use opentelemetry::KeyValue;
use opentelemetry_prometheus::ResourceSelector;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};

const NAMINGS: [Naming; 2] = [Naming::Semconv, Naming::DcgmExporter];

/// A program that exports for Prometheus through the SDK, as the example `prometheus` once did.
struct Exporter {
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Exporter {
    /// All series have these labels.
    fn new(labels: &[KeyValue]) -> Self {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .without_target_info()
            .with_resource_selector(ResourceSelector::All)
            .build()
            .unwrap();
        let resource = Resource::builder_empty().with_attributes(labels.to_vec());
        let provider = SdkMeterProvider::builder()
            .with_resource(resource.build())
            .with_reader(exporter)
            .with_view(|instrument: &Instrument| {
                let doubled = instrument.unit() == "1" && instrument.name().ends_with("ratio");
                let stream = Stream::builder().with_cardinality_limit(10_000);
                let stream = if doubled {
                    stream.with_unit("")
                } else {
                    stream
                };
                stream.build().ok()
            })
            .build();
        Self { registry, provider }
    }

    fn text(&self) -> String {
        text_of(&self.registry)
    }
}

fn text_of(registry: &Registry) -> String {
    let families = registry.gather();
    TextEncoder::new().encode_to_string(&families).unwrap()
}

/// Nothing is sampled without a request.
fn quiet(config: Config) -> DcgmMeterBuilder {
    let config = config
        .with_interval(Duration::from_secs(600))
        .with_initial_delay(Duration::from_secs(24 * 3600));
    DcgmMeter::builder().without_env().with_config(config)
}

/// Every metric of a naming that a host can have.
fn everything(naming: Naming) -> Config {
    let start = match naming {
        Naming::DcgmExporter => "| `DCGM_",
        _ => "| [`hw.",
    };
    let document = read(&root().join("docs/METRICS.md"));
    let rows = document.lines().filter(|line| line.starts_with(start));
    let names: Vec<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert!(names.len() > 40, "{names:?}");
    let config = Config::default()
        .with_naming(naming)
        .with_max_series(20_000)
        .with_max_instrument_series(5_000);
    let config = match naming {
        Naming::DcgmExporter => config,
        _ => config.with_peaks(),
    };
    let all = names.into_iter();
    all.fold(config, |config, name| {
        config.with_metric(name, MetricSwitch::On)
    })
}

/// The lines of a page. The age of the newest sample grows between two pages, and to OpenTelemetry no metric of
/// dcgm-exporter is a counter.
fn lines(page: &str) -> Vec<&str> {
    let age = "dcgm_meter_sample_age_seconds{";
    let bare = "dcgm_meter_sample_age_seconds ";
    assert!(page.is_empty() || page.ends_with('\n'));
    page.lines()
        .map(|line| {
            let is_age = line.starts_with(age) || line.starts_with(bare);
            if is_age || line.starts_with("# TYPE DCGM_") {
                line.rsplit_once(' ').unwrap().0
            } else {
                line
            }
        })
        .collect()
}

#[track_caller]
fn assert_same(ours: &str, theirs: &str, case: &str) {
    let (ours, theirs) = (lines(ours), lines(theirs));
    let different = ours
        .iter()
        .zip(&theirs)
        .find(|(ours, theirs)| ours != theirs);
    assert_eq!(different, None, "{case}");
    assert_eq!(ours.len(), theirs.len(), "{case}");
}

fn series(page: &str) -> usize {
    page.lines().filter(|line| !line.starts_with('#')).count()
}

#[test]
fn the_page_is_that_of_the_sdk_on_every_host() {
    let mut page = String::new();
    for naming in NAMINGS {
        for name in Host::NAMES {
            for config in [Config::default().with_naming(naming), everything(naming)] {
                let exporter = Exporter::new(&[]);
                let meter = quiet(config)
                    .with_client(Mock::named(name).unwrap())
                    .install(&exporter.provider)
                    .unwrap();
                let case = format!("{naming} {name}");
                // Without a sample, and with a second page from the same layout.
                meter.prometheus_text(&mut page);
                assert_same(&page, &exporter.text(), &case);
                assert!(series(&page) > 10, "{case}");
                for _ in 0..3 {
                    meter.sample_now().unwrap();
                    meter.prometheus_text(&mut page);
                    assert_same(&page, &exporter.text(), &case);
                }
                assert!(series(&page) > 25, "{case}: {}", series(&page));
                println!("{case}: {} series", series(&page));
            }
        }
    }
}

#[test]
fn the_page_is_that_of_the_sdk_in_every_scenario() {
    let mut page = String::new();
    for scenario in Scenario::NAMES {
        let exporter = Exporter::new(&[]);
        let mock = Mock::new(format!("2xh100,{scenario}").parse::<Model>().unwrap());
        let config = everything(Naming::Semconv)
            .with_throttle_name(ThrottleName::Time)
            .with_profile(Profile::Full);
        let meter = quiet(config)
            .with_client(mock.clone())
            .install(&exporter.provider)
            .unwrap();
        for _ in 0..8 {
            mock.clock().advance(Duration::from_secs(60));
            // Some scenarios have an engine that is down for a while.
            let _ = meter.sample_now();
            meter.prometheus_text(&mut page);
            assert_same(&page, &exporter.text(), scenario);
        }
    }
}

#[test]
fn labels_are_joined_and_escaped_as_the_exporter_does() {
    let common = [
        KeyValue::new("dcgm.simulated", true),
        KeyValue::new("rack", "r\"7\"\\\n"),
        KeyValue::new("hw_id", "host"),
    ];
    for naming in NAMINGS {
        let exporter = Exporter::new(&common);
        let meter = quiet(Config::default().with_naming(naming))
            .with_client(Mock::named("1xl4").unwrap())
            .with_prometheus_labels(common.clone())
            .with_attribute_hook(|_, entity, attributes| {
                attributes.push(KeyValue::new("job.id", "a\\b\"c\"\nd"));
                attributes.push(KeyValue::new("job_id", i64::from(entity.id.id)));
                attributes.push(KeyValue::new("job-id", 0.5));
                attributes.push(KeyValue::new("9 lives:ü", "ü"));
                attributes.push(KeyValue::new("dcgm_simulated", "maybe"));
                attributes.push(KeyValue::new("empty", ""));
            })
            .install(&exporter.provider)
            .unwrap();
        meter.sample_now().unwrap();
        let mut page = String::new();
        meter.prometheus_text(&mut page);
        assert!(page.contains("job_id=\"0.5;"), "{page}");
        assert_same(&page, &exporter.text(), &naming.to_string());
    }
}

/// Reads a page as OpenMetrics 1.0: families one after another, each with its metadata first.
fn assert_openmetrics(page: &str, case: &str) {
    let body = page.strip_suffix("# EOF\n").unwrap();
    let mut families = BTreeSet::new();
    let (mut family, mut kind) = ("", "");
    let (mut metadata, mut samples) = (false, BTreeSet::new());
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let (keyword, rest) = comment.split_once(' ').unwrap();
            let (name, value) = rest.split_once(' ').unwrap();
            match keyword {
                "TYPE" => {
                    assert!(families.insert(name), "{case}: {name} twice");
                    assert!(!name.ends_with("_total"), "{case}: {line}");
                    (family, kind, metadata) = (name, value, true);
                }
                "UNIT" => assert!(name.ends_with(&format!("_{value}")), "{case}: {line}"),
                "HELP" => assert!(!value.is_empty()),
                _ => panic!("{case}: {line}"),
            }
            assert!(metadata && name == family, "{case}: {line}");
        } else {
            metadata = false;
            let (series, number) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let suffix = match kind {
                "counter" => "_total",
                // A total whose name does not end as a counter's.
                "unknown" if name.starts_with("DCGM_") => "",
                "gauge" => "",
                _ => panic!("{case}: {kind}"),
            };
            assert_eq!(name, format!("{family}{suffix}"), "{case}");
            assert!(number.parse::<f64>().unwrap().is_finite(), "{case}: {line}");
            assert!(samples.insert(series), "{case}: {line} twice");
        }
    }
}

#[test]
fn openmetrics_has_the_same_samples() {
    for naming in NAMINGS {
        for name in Host::NAMES {
            let meter = quiet(everything(naming))
                .with_client(Mock::named(name).unwrap())
                .start()
                .unwrap();
            let mut text = String::new();
            let mut openmetrics = String::from("left over");
            meter.openmetrics_text(&mut openmetrics);
            assert_openmetrics(&openmetrics, name);
            meter.sample_now().unwrap();
            meter.openmetrics_text(&mut openmetrics);
            assert_openmetrics(&openmetrics, name);
            meter.prometheus_text(&mut text);
            let samples = |page| {
                let mut lines = lines(page);
                lines.retain(|line| !line.starts_with('#'));
                lines.join("\n")
            };
            assert_eq!(samples(&openmetrics), samples(&text), "{name}");
        }
    }
}

#[test]
fn a_started_meter_needs_no_provider_and_no_name() {
    let start = || {
        let builder = quiet(Config::default()).with_client(Mock::named("1xl4").unwrap());
        builder.start().unwrap()
    };
    let (first, second) = (start(), start());
    let mut page = String::new();
    for meter in [&first, &second] {
        meter.sample_now().unwrap();
        meter.prometheus_text(&mut page);
        assert!(page.contains("hw_gpu_utilization_ratio{"), "{page}");
        assert_eq!(meter.health().collections, 1);
    }
    first.shutdown().unwrap();
    second.prometheus_text(&mut page);
    assert!(page.contains("hw_gpu_utilization_ratio{"), "{page}");
}

#[test]
fn content_types_are_those_of_the_formats() {
    assert_eq!(PageFormat::Text.content_type(), prometheus::TEXT_FORMAT);
    assert_eq!(PageFormat::default(), PageFormat::Text);
    let openmetrics = PageFormat::OpenMetrics.content_type();
    assert_eq!(PageFormat::negotiate(openmetrics), PageFormat::OpenMetrics);
}

/// Labels and attributes that have to be escaped.
fn awkward(builder: DcgmMeterBuilder) -> DcgmMeterBuilder {
    builder
        .with_prometheus_labels([KeyValue::new("rack", "r\"7\"\\\n")])
        .with_attribute_hook(|_, _, attributes| {
            attributes.push(KeyValue::new("job.id", "a\\b\"c\"\nd"));
        })
}

#[test]
fn a_registry_of_prometheus_has_the_page_of_its_collector() {
    let mut page = String::new();
    for naming in NAMINGS {
        for name in Host::NAMES {
            let builder = quiet(everything(naming)).with_client(Mock::named(name).unwrap());
            let meter = awkward(builder).start().unwrap();
            let registry = Registry::new();
            registry.register(Box::new(meter.collector())).unwrap();
            let twice = registry.register(Box::new(meter.collector()));
            assert!(twice.is_err(), "the series would be there twice");
            let case = format!("{naming} {name}");
            for _ in 0..3 {
                meter.prometheus_text(&mut page);
                assert_same(&text_of(&registry), &page, &case);
                meter.sample_now().unwrap();
            }
            assert!(series(&text_of(&registry)) > 25, "{case}");
            drop(meter);
            assert_eq!(text_of(&registry), "", "{case}");
        }
    }
}

#[test]
fn two_meters_with_different_labels_are_in_one_registry() {
    let registry = Registry::new();
    let own = prometheus::IntCounter::new("app_greetings_total", "Greetings.").unwrap();
    registry.register(Box::new(own)).unwrap();
    let start = |engine: &'static str| {
        let meter = quiet(Config::default())
            .with_client(Mock::named("1xl4").unwrap())
            .with_prometheus_labels([KeyValue::new("engine", engine)])
            .start()
            .unwrap();
        meter.sample_now().unwrap();
        registry.register(Box::new(meter.collector())).unwrap();
        meter
    };
    let meters = [start("a"), start("b")];
    let text = text_of(&registry);
    assert_eq!(text.matches("# TYPE hw_power_watts gauge").count(), 1);
    for engine in ["a", "b"] {
        let mut lines = text
            .lines()
            .filter(|line| line.starts_with("hw_power_watts{"));
        let label = format!("engine=\"{engine}\"");
        assert!(lines.any(|line| line.contains(&label)), "{text}");
    }
    assert!(text.contains("app_greetings_total 0"));
    drop(meters);
}

/// The samples of a page and their numbers, however these are written.
fn numbers(page: &str) -> BTreeMap<String, String> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let samples = samples.map(|line| {
        let (series, number) = line.rsplit_once(' ').unwrap();
        let number: f64 = number.parse().unwrap();
        let is_age = series.starts_with("dcgm_meter_sample_age_seconds");
        let number = if is_age { 0.0 } else { number };
        (series.to_owned(), number.to_string())
    });
    samples.collect()
}

#[test]
fn a_registry_of_prometheus_client_has_the_samples_of_its_collector() {
    let mut page = String::new();
    for naming in NAMINGS {
        for name in Host::NAMES {
            let builder = quiet(everything(naming)).with_client(Mock::named(name).unwrap());
            let meter = awkward(builder).start().unwrap();
            let mut registry = prometheus_client::registry::Registry::default();
            registry.register_collector(Box::new(meter.collector()));
            let encode = || {
                let mut text = String::new();
                prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
                text
            };
            for _ in 0..2 {
                meter.sample_now().unwrap();
                meter.openmetrics_text(&mut page);
                let text = encode();
                let all = numbers(&text);
                assert!(all.len() > 25, "{naming} {name}");
                assert_eq!(all, numbers(&page), "{naming} {name}");
                // Types, units and help, too.
                let metadata = |page: &str| {
                    let lines = page.lines().filter(|line| line.starts_with("# "));
                    lines.map(str::to_owned).collect::<BTreeSet<_>>()
                };
                assert_eq!(metadata(&text), metadata(&page), "{naming} {name}");
            }
            drop(meter);
            assert_eq!(encode(), "# EOF\n", "{naming} {name}");
        }
    }
}
