//! Writes the registry under `semconv/` and docs/METRICS.md from the catalogue.
//!
//! The tests compare the committed files with the generated text; with `DCGM_BLESS=1` they write
//! them. The files are not part of the package, so a test run outside the workspace skips this.

mod cells;
mod guide;
mod registry;
mod series;
mod tables;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use opentelemetry::{KeyValue, Value};
use opentelemetry_semantic_conventions::{SCHEMA_URL, attribute, metric};

use self::series::{Described, Level, instrument, of_devices, of_meter};
use self::words::{Kind, MEMBERS, OWN, UPSTREAM, UPSTREAM_METRICS};
use crate::catalogue::{CATALOGUE, Op};
use crate::config::{AttributionExport, Config, MetricSwitch, Profile};
use crate::testing::{Exported, Fake, Harness, SECOND, Scripted, on_gpu};

fn fresh(path: &str, text: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !root.join("dcgm-otel/Cargo.toml").is_file() || !root.join("CHANGELOG.md").is_file() {
        println!("skipped: {path} is not a part of the package");
        return;
    }
    let path = root.join(path);
    if std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1") {
        fs::write(path, text).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap();
    let differs = committed.lines().zip(text.lines()).find(|(a, b)| a != b);
    assert!(
        committed == text,
        "{} is out of date, DCGM_BLESS=1 writes it; first difference: {differs:?}",
        path.display()
    );
}

#[test]
fn the_registry_is_fresh() {
    fresh("semconv/manifest.yaml", &registry::manifest());
    fresh("semconv/attributes.yaml", &registry::attributes());
    fresh("semconv/metrics.yaml", &registry::devices());
    fresh("semconv/meter.yaml", &registry::meter());
    fresh("semconv/upstream.txt", &registry::upstream());
}

#[test]
fn the_list_of_metrics_is_fresh() {
    fresh("docs/METRICS.md", &tables::metrics());
}

/// The number N in `…/1.N.0`.
fn minor(schema_url: &str) -> u32 {
    let version = schema_url.strip_prefix("https://opentelemetry.io/schemas/1.");
    let minor = version.and_then(|version| version.strip_suffix(".0"));
    minor.unwrap().parse().unwrap()
}

#[test]
fn names_of_the_conventions_are_those_of_the_conventions_crate() {
    // The crate follows the conventions with a delay. The meter's release may be newer, not older:
    // names of `hw.*` that both have did not change in between.
    assert!(minor(crate::instruments::SCHEMA_URL) >= minor(SCHEMA_URL));
    let metrics = [
        metric::HW_CPU_SPEED,
        metric::HW_ENERGY,
        metric::HW_ERRORS,
        metric::HW_FAN_SPEED_RATIO,
        metric::HW_GPU_IO,
        metric::HW_GPU_MEMORY_LIMIT,
        metric::HW_GPU_MEMORY_USAGE,
        metric::HW_GPU_MEMORY_UTILIZATION,
        metric::HW_GPU_UTILIZATION,
        metric::HW_NETWORK_IO,
        metric::HW_NETWORK_UP,
        metric::HW_POWER,
        metric::HW_STATUS,
        metric::HW_TEMPERATURE,
        metric::HW_TEMPERATURE_LIMIT,
        metric::HW_VOLTAGE,
    ];
    let named: Vec<_> = UPSTREAM_METRICS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, metrics);
    let attributes = [
        attribute::CPU_LOGICAL_NUMBER,
        attribute::CPU_MODE,
        attribute::ERROR_TYPE,
        attribute::HW_DRIVER_VERSION,
        attribute::HW_FIRMWARE_VERSION,
        attribute::HW_GPU_TASK,
        attribute::HW_ID,
        attribute::HW_LIMIT_TYPE,
        attribute::HW_MODEL,
        attribute::HW_NAME,
        attribute::HW_PARENT,
        attribute::HW_SENSOR_LOCATION,
        attribute::HW_STATE,
        attribute::HW_TYPE,
        attribute::HW_VENDOR,
        attribute::NETWORK_IO_DIRECTION,
    ];
    let named: Vec<_> = UPSTREAM.iter().map(|upstream| upstream.key).collect();
    assert_eq!(named, attributes);
}

#[test]
fn metrics_of_the_conventions_are_emitted_unchanged() {
    for (name, wanted, unit) in UPSTREAM_METRICS {
        let metric = CATALOGUE.iter().find(|metric| metric.name == *name);
        let metric = metric.unwrap_or_else(|| panic!("{name} is not in the catalogue"));
        assert_eq!((instrument(metric.kind), metric.unit), (*wanted, *unit));
    }
}

#[test]
fn each_attribute_has_one_meaning_and_is_used() {
    let own: BTreeSet<_> = OWN.iter().map(|own| own.key).collect();
    let upstream: BTreeSet<_> = UPSTREAM.iter().map(|upstream| upstream.key).collect();
    assert_eq!((own.len(), upstream.len()), (OWN.len(), UPSTREAM.len()));
    let known: BTreeSet<_> = own.union(&upstream).copied().collect();
    // Attributes of the scope and of the resource are on no series.
    let mut used = BTreeSet::from(["dcgm.meter.instance", "dcgm.simulated"]);
    for described in of_devices().into_iter().chain(of_meter()) {
        used.extend(described.attributes.iter().map(|one| one.key));
    }
    assert_eq!(used, known);
}

#[test]
fn each_value_of_an_enumeration_is_explained_once() {
    let explained: BTreeSet<_> = MEMBERS
        .iter()
        .map(|(key, value, _)| (*key, *value))
        .collect();
    assert_eq!(explained.len(), MEMBERS.len());
    let mut emitted: BTreeSet<_> = ["embedded", "mock", "other", "standalone"]
        .map(|name| ("dcgm.meter.backend", name))
        .into();
    for one in of_devices().iter().flat_map(|one| &one.attributes) {
        let own = OWN.iter().find(|own| own.key == one.key);
        if own.is_some_and(|own| own.kind == Kind::Enum) {
            emitted.extend(one.values.iter().map(|value| (one.key, *value)));
        }
    }
    assert_eq!(emitted, explained);
}

/// Compares a point with its description.
fn faults(
    point: &Exported,
    described: &BTreeMap<&str, Described>,
    profile: Profile,
) -> Vec<String> {
    let full = profile == Profile::Full;
    let Some(of) = described.get(point.name.as_str()) else {
        return vec![format!("{} is not described", point.name)];
    };
    let mut faults = Vec::new();
    let mut fault = |text: String| faults.push(format!("{}: {text}: {point:?}", of.name));
    let is_kind = point.instrument == crate::testing::instrument(of.kind);
    if !is_kind || point.unit != of.unit || point.description != of.description {
        fault("another instrument".to_owned());
    }
    for one in &point.attributes {
        let key = one.key.as_str();
        let Some(known) = of.attributes.iter().find(|known| known.key == key) else {
            fault(format!("{key} is not described"));
            continue;
        };
        if known.level == Level::OptIn && !full {
            fault(format!("{key} was not asked for"));
        }
        let own = OWN.iter().find(|own| own.key == key).map(|own| own.kind);
        let upstream = UPSTREAM.iter().find(|upstream| upstream.key == key);
        let kind = own.or(upstream.map(|upstream| upstream.kind));
        let fits = matches!(
            (&one.value, kind),
            (Value::Bool(_), Some(Kind::Bool))
                | (Value::I64(_), Some(Kind::Int))
                | (Value::String(_), Some(Kind::Text | Kind::Enum))
        );
        if !fits {
            fault(format!("{key} is of another type"));
        }
    }
    for needed in of
        .attributes
        .iter()
        .filter(|one| one.level == Level::Required)
    {
        if point.attribute(needed.key).is_none() {
            fault(format!("{} is missing", needed.key));
        }
    }
    if let Some(id) = point.attribute("hw.id") {
        for (key, condition) in [
            ("hw.parent", is_part(&id)),
            ("hw.gpu.mig.instance_id", id.contains("/gi/")),
            ("hw.gpu.mig.profile", id.contains("/gi/")),
            ("hw.gpu.mig.compute_instance_id", id.contains("/ci/")),
        ] {
            let wanted = condition && profile != Profile::Minimal;
            if point.attribute(key).is_some() != wanted {
                fault(format!("{key} has another condition"));
            }
        }
    }
    faults
}

/// Returns `true` for the `hw.id` of a component whose parent the meter knows.
fn is_part(id: &str) -> bool {
    id.contains('/') || id.starts_with("cpu_core-")
}

/// Makes a host with all families on, and one event of each kind.
fn everything(profile: Profile) -> Vec<Exported> {
    let fake = Fake::one_of_everything();
    fake.edit(|state| {
        for entity in &mut state.entities {
            entity.driver_version = Some("570.86.15".into());
            entity.vbios = Some("96.00.89.00.01".into());
            if let Some(mig) = &mut entity.mig {
                mig.profile = Some("1g.10gb".into());
            }
        }
    });
    let entities = fake.edit(|state| state.entities.clone());
    for source in CATALOGUE
        .iter()
        .flat_map(|metric| metric.families)
        .flat_map(|family| family.points)
        .flat_map(|point| point.sources)
        .filter(|source| source.op == Op::Event)
    {
        let happened = entities.iter().map(|entity| (entity.id, source.field, 79));
        fake.edit(|state| state.happened.extend(happened));
    }
    let mut config = Config::default()
        .with_max_series(100_000)
        .with_peaks()
        .with_profile(profile);
    for metric in CATALOGUE {
        config = config.with_metric(metric.name, MetricSwitch::On);
    }
    config = config.with_attribution_export(AttributionExport::Join);
    let source = Scripted::new();
    source.answer([on_gpu(0, "a")]);
    let harness = Harness::with_builder(&fake, config.with_interval(SECOND), |builder| {
        builder.with_attribution(source.clone())
    });
    harness.poll_and_sample();
    let mut points = harness.export_all();
    // Those of workloads are up to their source.
    for point in &mut points {
        let of_pod = |one: &KeyValue| one.key.as_str().starts_with("k8s.");
        point.attributes.retain(|one| !of_pod(one));
    }
    points
}

#[test]
fn every_point_is_as_the_registry_has_it_in_every_profile() {
    let described: BTreeMap<_, _> = of_devices()
        .into_iter()
        .chain(of_meter())
        .map(|one| (one.name, one))
        .collect();
    for profile in Profile::ALL {
        let points = everything(*profile);
        let full = *profile == Profile::Full;
        let faults: Vec<_> = points
            .iter()
            .flat_map(|point| faults(point, &described, *profile))
            .collect();
        assert!(faults.is_empty(), "{profile}: {faults:#?}");
        let names: BTreeSet<_> = points.iter().map(|point| point.name.as_str()).collect();
        let missing: Vec<_> = CATALOGUE
            .iter()
            .filter(|metric| !names.contains(metric.name))
            .map(|metric| metric.name)
            .collect();
        assert_eq!(missing, [""; 0], "{profile}: nothing was judged of these");
        if full {
            let keys: BTreeSet<_> = points
                .iter()
                .flat_map(|point| &point.attributes)
                .map(|one| one.key.as_str())
                .collect();
            let own = OWN.iter().map(|own| own.key);
            // Attributes of the scope and of the resource, and of a library, which no test loads.
            let elsewhere = [
                "dcgm.meter.instance",
                "dcgm.meter.library.version",
                "dcgm.simulated",
            ];
            let own = own.filter(|key| !elsewhere.contains(key));
            for key in own.chain(UPSTREAM.iter().map(|upstream| upstream.key)) {
                assert!(keys.contains(key), "{key} was on no point");
            }
        }
    }
}
