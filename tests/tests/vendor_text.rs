//! Claims about text of others (of the engine, the library, the linker): whatever it holds, what is
//! exported, logged and displayed is short and free of control characters.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use dcgm::mock::Mock;
use dcgm::{
    Backend, BackendKind, BuildInfo, Client, ConnectError, Cursor, Endpoint, Engine, EngineOptions,
    Entity, EntityId, EntityKind, Error, FieldId, Link, LoadError, Query, Result, Samples,
    ValueType, Watch, WatchRequest,
};
use dcgm_otel::{Config, DcgmMeter, Naming, Profile};
use dcgm_simulator::{Control, Flavour, Garbage};
use opentelemetry::Value;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Colours, a line of its own, text turned round, and 10 kB.
static HOSTILE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "\x1b[31mEVIL\r\nready for 9.9 s\x07\0\u{9b}2K\u{202e}\u{2066}\u{2028}{}",
        "x".repeat(10_000)
    )
});

/// Returns `true` if the text is safe in a terminal, a log line and a label. Written again here:
/// what is claimed must not be taken from what is tested.
fn is_clean(text: &str) -> bool {
    let turns = |c: char| matches!(c as u32, 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff);
    let long = "x".repeat(257);
    !text.chars().any(|c| c.is_control() || turns(c)) && !text.contains(&long)
}

/// Every line that was logged, with the name of each member and what it says.
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Log;

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if !event.metadata().target().starts_with("dcgm") {
            return;
        }
        let mut line = Line(String::new());
        event.record(&mut line);
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Formats an event like a subscriber that trusts its text.
struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.extend([field.name(), "=", value, " "]);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

fn listen() {
    // The first test does it.
    let _ = tracing::subscriber::set_global_default(Log);
}

fn logged() -> Vec<String> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The text of every attribute of every point.
fn labels(exporter: &InMemoryMetricExporter, provider: &SdkMeterProvider) -> Vec<String> {
    fn of<T: Copy>(data: &MetricData<T>, into: &mut Vec<String>) {
        let mut take = |attributes: &mut dyn Iterator<Item = &opentelemetry::KeyValue>| {
            for one in attributes {
                into.push(one.key.to_string());
                if let Value::String(text) = &one.value {
                    into.push(text.to_string());
                }
            }
        };
        match data {
            MetricData::Gauge(data) => {
                data.data_points()
                    .for_each(|point| take(&mut point.attributes()));
            }
            MetricData::Sum(data) => {
                data.data_points()
                    .for_each(|point| take(&mut point.attributes()));
            }
            _ => panic!("no such instrument is in the catalogue"),
        }
    }
    exporter.reset();
    provider.force_flush().unwrap();
    let mut found = Vec::new();
    for resource in exporter.get_finished_metrics().unwrap() {
        for data in resource
            .scope_metrics()
            .flat_map(ScopeMetrics::metrics)
            .map(Metric::data)
        {
            match data {
                AggregatedMetrics::F64(data) => of(data, &mut found),
                AggregatedMetrics::U64(data) => of(data, &mut found),
                AggregatedMetrics::I64(data) => of(data, &mut found),
            }
        }
    }
    found
}

/// A client that hands out everything as it came: it trusts the values.
#[derive(Clone, Debug)]
struct Gullible {
    mock: Mock,
    /// `true` if the client panics, with foreign text.
    panics: bool,
}

impl Gullible {
    fn new() -> Self {
        let mock = Mock::named("8xh100").unwrap();
        let kept = [EntityId::gpu(0), EntityId::new(EntityKind::SWITCH, 0)];
        let hostile: Option<Arc<str>> = Some(HOSTILE.as_str().into());
        for mut entity in mock.model().host().entities().to_vec() {
            if !kept.contains(&entity.id) {
                mock.remove_entity(entity.id);
                continue;
            }
            for text in [
                &mut entity.uuid,
                &mut entity.model,
                &mut entity.brand,
                &mut entity.pci_bus_id,
                &mut entity.serial,
                &mut entity.vbios,
                &mut entity.driver_version,
            ] {
                text.clone_from(&hostile);
            }
            mock.remove_entity(entity.id);
            mock.add_entity(entity);
        }
        let fields = (0..=u16::MAX).map(FieldId::from_raw);
        let is_text = |field: &FieldId| {
            let info = field.info();
            info.is_some_and(|info| info.value_type == ValueType::Text)
        };
        for field in fields.filter(is_text) {
            for id in kept {
                mock.set(id, field, HOSTILE.as_str());
            }
        }
        Self {
            mock,
            panics: false,
        }
    }
}

impl Client for Gullible {
    fn backend(&self) -> Backend {
        let mut backend = Backend::new(BackendKind::Standalone, HOSTILE.as_str());
        backend.library = Some(BuildInfo::from_raw(format!("version:{}", *HOSTILE)));
        backend.library_path = Some(HOSTILE.as_str().into());
        backend
    }

    fn connect(&self) -> Result<()> {
        assert!(!self.panics, "{}", *HOSTILE);
        self.mock.connect()
    }

    fn close(&self) {
        self.mock.close();
    }

    fn build_info(&self) -> Result<BuildInfo> {
        self.mock.build_info()?;
        let raw = format!("version:4.6.0{};buildtype:{}", *HOSTILE, *HOSTILE);
        Ok(BuildInfo::from_raw(raw))
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        self.mock.list(kind, into)
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.mock.entities(kinds)
    }

    fn links(&self) -> Result<Vec<Link>> {
        self.mock.links()
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.mock.watch(request)
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        self.mock.latest(query, into)
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        self.mock.events(watch, cursor, into)
    }
}

fn pipeline() -> (InMemoryMetricExporter, SdkMeterProvider) {
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    (exporter, provider)
}

#[test]
fn whatever_a_client_hands_out_labels_logs_and_health_are_clean() {
    listen();
    for naming in [Naming::Semconv, Naming::DcgmExporter] {
        let (exporter, provider) = pipeline();
        let mut config = Config::default()
            .with_naming(naming)
            .with_initial_delay(std::time::Duration::from_secs(600));
        // Labels of dcgm-exporter have no profile, and a profile would be refused.
        if naming == Naming::Semconv {
            config = config.with_profile(Profile::Full);
        }
        let meter = DcgmMeter::builder()
            .with_client(Gullible::new())
            .with_config(config)
            .install(&provider)
            .unwrap();
        let health = |meter: &DcgmMeter| {
            let health = meter.health().to_string();
            assert!(is_clean(&health) && health.contains("EVIL"), "{health:?}");
        };
        health(&meter);
        meter.sample_now().unwrap();
        health(&meter);
        let labels = labels(&exporter, &provider);
        for label in &labels {
            assert!(
                label.len() <= 300 && is_clean(label),
                "{naming:?} {label:?}"
            );
        }
        let hostile = labels.iter().filter(|label| label.contains("EVIL"));
        assert!(hostile.count() > 30, "{naming:?}: there is nothing hostile");
    }
    let log = logged();
    assert!(log.iter().all(|line| is_clean(line)), "{log:#?}");
    assert!(
        log.iter()
            .any(|line| line.contains("connected") && line.contains("EVIL")),
        "{log:#?}"
    );
}

#[test]
fn text_quoted_by_an_error_is_clean_in_display_log_and_health() {
    listen();
    let reason = || HOSTILE.clone();
    let endpoint = Endpoint::default;
    let errors = [
        Error::Thread { reason: reason() },
        Error::Connect {
            endpoint: endpoint(),
            cause: ConnectError::Unreachable { reason: reason() },
        },
        Error::Connect {
            endpoint: endpoint(),
            cause: ConnectError::Unresolvable { reason: reason() },
        },
        Error::Load(LoadError::NotALibrary {
            path: reason().into(),
            reason: reason(),
        }),
        Error::Load(LoadError::NotDcgm {
            path: reason().into(),
            missing: "dcgmInit",
        }),
        Error::Load(LoadError::RelativePath {
            path: reason().into(),
        }),
    ];
    for error in errors {
        let text = error.to_string();
        assert!(is_clean(&text) && text.contains("EVIL"), "{text:?}");
        let client = Gullible::new();
        client
            .mock
            .fail_always(dcgm::mock::Call::Connect, error.clone());
        tells(client);
    }
    let mut client = Gullible::new();
    client.panics = true;
    tells(client);
}

/// A meter with this client says what is wrong, and says it clean.
fn tells(client: Gullible) {
    let before = logged().len();
    let (_, provider) = pipeline();
    let meter = DcgmMeter::builder()
        .with_client(client)
        .with_initial_delay(std::time::Duration::from_secs(600))
        .install(&provider)
        .unwrap();
    let failure = meter.sample_now().unwrap_err();
    for text in [failure.to_string(), meter.health().to_string()] {
        assert!(is_clean(&text) && text.contains("EVIL"), "{text:?}");
    }
    drop(meter);
    let log = logged();
    let mine = log.get(before..).unwrap();
    assert!(mine.iter().all(|line| is_clean(line)), "{mine:#?}");
    let reports = |line: &String| line.contains("GPU metrics unavailable") && line.contains("EVIL");
    assert!(mine.iter().any(reports), "{mine:#?}");
}

#[test]
fn a_file_s_name_and_the_linker_s_words_about_it_are_clean() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("\x1b[31mEVIL\r\nlibdcgm.so.4\u{202e}");
    let connect = |library: &std::path::Path| {
        let options = EngineOptions::standalone(Endpoint::default()).with_library(library);
        Engine::new(options).connect().unwrap_err().to_string()
    };
    let missing = connect(&file);
    std::fs::write(&file, "no library").unwrap();
    let other = connect(&file);
    let relative = connect(std::path::Path::new("EVIL\n\x1b[2K.so"));
    for text in [missing, other, relative] {
        assert!(is_clean(&text) && text.contains("EVIL"), "{text:?}");
    }
}

#[test]
fn what_libdcgm_says_in_garbage_reaches_no_label() {
    listen();
    let library = dcgm_simulator::library_4_6().unwrap();
    let control = Control::of(&library).unwrap();
    assert!(control.set_host("8xh100"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).unwrap();
    for garbage in [
        Garbage::ControlCharacters,
        Garbage::Unterminated,
        Garbage::InvalidUtf8,
    ] {
        for function in [
            "dcgmEntitiesGetLatestValues",
            "dcgmGetLatestValues_v2",
            "dcgmGetDeviceAttributes",
        ] {
            assert!(control.garbage(function, garbage));
        }
        let (exporter, provider) = pipeline();
        let endpoint = format!("127.0.0.1:{}", served.port).parse().unwrap();
        let options = EngineOptions::standalone(endpoint).with_library(&library);
        let config = Config::default()
            .with_profile(Profile::Full)
            .with_initial_delay(std::time::Duration::from_secs(600));
        let meter = DcgmMeter::builder()
            .with_client(Engine::new(options))
            .with_config(config)
            .install(&provider)
            .unwrap();
        // By lists, and by groups.
        for _ in 0..2 {
            meter.sample_now().unwrap();
        }
        let labels = labels(&exporter, &provider);
        assert!(labels.len() > 100, "{garbage:?}: {}", meter.health());
        for label in &labels {
            assert!(
                label.len() <= 300 && is_clean(label),
                "{garbage:?} {label:?}"
            );
        }
        let health = meter.health().to_string();
        assert!(is_clean(&health), "{health:?}");
        control.clear();
    }
    control.kill(served);
    let log = logged();
    assert!(log.iter().all(|line| is_clean(line)), "{log:#?}");
}
