//! Claims about the semantic-convention registry under `semconv/` and about docs/METRICS.md: they
//! are complete, and contain everything that the ready-made hosts emit.
//!
//! The tests do not need OpenTelemetry's own checker; `semconv/README.md` says how to run it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod emitted;
mod files;
mod manifest;

use std::collections::BTreeSet;
use std::path::Path;

use dcgm::mock::{Host, Scenario};
use dcgm_otel::{Naming, Profile};
use serde_json::{Value, json};

use emitted::{Emitted, Reader, emit};
use files::{Group, Registry};
use manifest::{conventions, level_faults, manifest_faults, namespace_faults, resource_faults};

#[test]
fn each_file_is_a_list_of_groups_and_each_id_is_there_once() {
    let registry = Registry::committed();
    let mut ids = BTreeSet::new();
    for Group { id, .. } in &registry.groups {
        assert!(ids.insert(id.clone()), "{id} is there twice");
    }
    assert!(registry.attributes.len() >= 30 && registry.metrics.len() >= 70);
    for (key, attribute) in &registry.attributes {
        assert!(!attribute.members.contains(""), "{key}");
        assert!(
            !registry.upstream_attributes.contains_key(key),
            "{key} is upstream's"
        );
    }
    for name in registry.metrics.keys() {
        assert!(
            !registry.upstream_metrics.contains_key(name),
            "{name} is upstream's"
        );
    }
}

#[test]
fn what_is_referred_to_exists_and_what_exists_is_referred_to() {
    let registry = Registry::committed();
    let known: BTreeSet<_> = registry
        .attributes
        .keys()
        .chain(registry.upstream_attributes.keys())
        .collect();
    let mut referred = BTreeSet::new();
    for (name, metric) in &registry.metrics {
        for key in metric.refs.keys() {
            assert!(known.contains(key), "{name} refers to {key}");
            referred.insert(key.clone());
        }
    }
    for key in registry.attributes.keys() {
        // Attributes of the scope and of the resource.
        let elsewhere = ["dcgm.meter.instance", "dcgm.simulated"].contains(&key.as_str());
        assert!(referred.contains(key) || elsewhere, "{key} is on no metric");
    }
    let imported: BTreeSet<_> = registry.imports.iter().collect();
    assert_eq!(imported, registry.upstream_metrics.keys().collect());
    let imported: BTreeSet<_> = registry.imported_entities.iter().collect();
    assert_eq!(imported, registry.upstream_entities.keys().collect());
    for key in &registry.value_refs {
        let upstream = registry.upstream_attributes.contains_key(key);
        assert!(upstream, "{key} is not upstream's");
    }
    // hw.errors has values that its convention asks instrumentations to list.
    assert!(registry.value_refs.contains("error.type"));
}

#[test]
fn the_manifest_is_one_that_weaver_reads() {
    let faults = manifest_faults(&files::read("semconv/manifest.yaml"));
    assert_eq!(faults, [""; 0]);
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../semconv/registry_manifest.yaml");
    assert!(!old.exists(), "weaver would warn of the old name");
}

#[test]
fn a_manifest_of_the_old_form_is_a_fault() {
    let good = files::read("semconv/manifest.yaml");
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        manifest_faults(&good.replacen(from, to, 1))
    };
    let named = with(
        "- schema_url: https://opentelemetry.io/schemas/1.44.0",
        "- name: otel",
    );
    assert_eq!(
        named,
        ["a dependency has name", "a dependency: no schema_url"]
    );
    let version = env!("CARGO_PKG_VERSION");
    let own = format!("schema_url: https://github.com/dcgm-rs/dcgm/semconv/{version}");
    let old = format!("name: dcgm-otel\nsemconv_version: {version}\nschema_base_url: https://x.y");
    let faults = with(&own, &old);
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert_eq!(with(&own, &own.replace(version, "9.9.9")).len(), 1);
    assert_eq!(
        with(&own, "schema_url: https://github.com/dcgm-rs").len(),
        1
    );
    assert_eq!(with("@v1.44.0", "@v1.42.0").len(), 1);
    let (without, _) = good.split_once("dependencies:").unwrap();
    assert_eq!(manifest_faults(without), ["expected one dependency"]);
}

#[test]
fn the_scope_names_the_conventions_on_which_the_registry_builds() {
    let Emitted { schema_urls, .. } = emit(
        "1xl4,steady",
        Naming::Semconv,
        Profile::Standard,
        Reader::Memory,
    );
    let named = conventions(&files::read("semconv/manifest.yaml"));
    assert_eq!(schema_urls, BTreeSet::from([named]));
}

#[test]
fn each_attribute_has_a_namespace_and_each_of_the_resource_an_entity() {
    let registry = Registry::committed();
    let all = registry.attributes.keys();
    let all: Vec<_> = all.chain(registry.upstream_attributes.keys()).collect();
    assert_eq!(namespace_faults(all), [""; 0]);
    let known = registry.resource_keys();
    assert_eq!(namespace_faults(&known), [""; 0]);
    let Emitted { resource, .. } = emit(
        "1xl4,steady",
        Naming::Semconv,
        Profile::Standard,
        Reader::Memory,
    );
    assert!(resource.len() >= 4, "{resource:?}");
    assert_eq!(resource_faults(&resource, &known), [""; 0]);
}

#[test]
fn an_attribute_without_namespace_or_entity_is_a_fault() {
    let known = Registry::committed().resource_keys();
    assert!(known.contains("dcgm.simulated"));
    let mark = ["simulated".to_owned()];
    assert_eq!(namespace_faults(&mark), ["simulated has no namespace"]);
    assert_eq!(
        resource_faults(&mark, &known),
        ["simulated is of no entity"]
    );
    for bad in ["hw.", "hw..id", "Hw.id", "hw.Id", "hw.9", ".hw"] {
        assert_eq!(namespace_faults(&[bad.to_owned()]).len(), 1, "{bad}");
    }
    let mut registry = Registry::committed();
    registry.imported_entities.retain(|name| name != "service");
    let name = ["service.name".to_owned()];
    assert_eq!(resource_faults(&name, &known), [""; 0]);
    let faults = resource_faults(&name, &registry.resource_keys());
    assert_eq!(faults, ["service.name is of no entity"]);
}

#[test]
fn an_attribute_of_some_series_says_on_which_condition() {
    assert_eq!(Registry::committed().level_faults, [""; 0]);
    let of = |key: &str, level: Value| {
        level_faults("m", &json!({"ref": key, "requirement_level": level}))
    };
    for key in ["hw.parent", "hw.gpu.mig.instance_id"] {
        let fault = [format!("m: {key} has no condition")];
        assert_eq!(of(key, json!("recommended")), fault);
        assert_eq!(of(key, json!({"conditionally_required": ""})), fault);
        assert_eq!(of(key, json!({"conditionally_required": "if"})), [""; 0]);
    }
    assert_eq!(of("hw.name", json!("recommended")), [""; 0]);
}

/// The conventions' policy: no metric is the namespace of another, and no attribute. Upstream breaks
/// it once.
#[test]
fn no_name_of_ours_is_a_namespace_of_another() {
    let registry = Registry::committed();
    let metrics: Vec<_> = registry
        .metrics
        .keys()
        .chain(registry.upstream_metrics.keys())
        .collect();
    let attributes: Vec<_> = registry
        .attributes
        .keys()
        .chain(registry.upstream_attributes.keys())
        .collect();
    for names in [metrics, attributes] {
        for name in &names {
            let inside = format!("{name}.");
            let found: Vec<_> = names
                .iter()
                .filter(|one| one.starts_with(&inside))
                .collect();
            assert!(
                found.is_empty() || *name == "hw.temperature",
                "{name}: {found:?}"
            );
        }
    }
}

#[test]
fn whatever_any_ready_made_host_emits_is_in_the_registry() {
    let registry = Registry::committed();
    let (mut points, mut names) = (0, BTreeSet::new());
    for host in Host::NAMES {
        for scenario in Scenario::NAMES {
            let model = format!("{host},{scenario}");
            let Emitted { series, .. } =
                emit(&model, Naming::Semconv, Profile::Full, Reader::Memory);
            let faults: Vec<_> = series.iter().flat_map(|one| registry.faults(one)).collect();
            assert!(faults.is_empty(), "{model}: {faults:#?}");
            points += series.len();
            names.extend(series.into_iter().map(|one| one.name));
        }
    }
    println!(
        "{points} points of {} metrics are in the registry",
        names.len()
    );
    assert!(
        names.len() >= 70,
        "only {} metrics were emitted",
        names.len()
    );
}

#[test]
fn a_point_that_is_not_in_the_registry_is_a_fault() {
    let registry = Registry::committed();
    let Emitted { series, .. } = emit(
        "1xl4,steady",
        Naming::Semconv,
        Profile::Standard,
        Reader::Memory,
    );
    let power = series
        .into_iter()
        .find(|one| one.name == "hw.gpu.power.limit")
        .unwrap();
    assert!(registry.faults(&power).is_empty());
    let with = |change: fn(&mut emitted::Series)| {
        let mut other = power.clone();
        change(&mut other);
        registry.faults(&other).len()
    };
    assert_eq!(with(|one| one.name.push('s')), 1);
    assert_eq!(with(|one| one.unit = "kW".to_owned()), 1);
    assert_eq!(with(|one| one.instrument = "counter"), 1);
    assert_eq!(with(|one| drop(one.attributes.remove("hw.id"))), 1);
    assert_eq!(
        with(|one| drop(
            one.attributes
                .insert("hw.gpu.job".to_owned(), ("string", "7".to_owned()))
        )),
        1
    );
    assert_eq!(
        with(|one| drop(
            one.attributes
                .insert("hw.gpu.index".to_owned(), ("string", "0".to_owned()))
        )),
        1
    );
}

#[test]
fn every_name_that_prometheus_sees_is_in_the_list_of_metrics() {
    let list = files::read("docs/METRICS.md");
    for naming in [Naming::Semconv, Naming::DcgmExporter] {
        let mut names = BTreeSet::new();
        for host in Host::NAMES {
            names.extend(emit(host, naming, Profile::Standard, Reader::Prometheus).prometheus);
        }
        names.remove("target_info");
        let missing: Vec<_> = names
            .iter()
            .filter(|name| !list.contains(&format!("| `{name}` |")))
            .collect();
        assert!(
            missing.is_empty(),
            "{naming}: {missing:?} of {}",
            names.len()
        );
        assert!(names.len() > 30, "{naming}: {names:?}");
        println!(
            "{naming}: {} names of Prometheus are in docs/METRICS.md",
            names.len()
        );
    }
}

/// Names between backticks, up to the attributes.
fn named<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._".contains(c);
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let before = text[..at].chars().next_back();
        if !before.is_some_and(is_of_name) {
            let rest = &text[at..];
            found.push(&rest[..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())]);
        }
    }
    found.into_iter()
}

#[test]
fn every_name_in_the_migration_guide_exists() {
    let guide = files::read("docs/MIGRATION.md");
    let list = files::read("docs/METRICS.md");
    let mut judged = 0;
    for prefix in ["hw.", "DCGM_FI_"] {
        for name in named(&guide, prefix) {
            judged += 1;
            let known = list.contains(&format!("`{name}`"));
            assert!(known, "{name} is not in docs/METRICS.md");
        }
    }
    // Metrics of Prometheus, and labels: attributes with underscores.
    let plain = list.replace('.', "_");
    for name in named(&guide, "hw_") {
        judged += 1;
        let known = plain.contains(&format!("`{name}`"));
        assert!(
            known,
            "{name} is neither a metric of Prometheus nor an attribute"
        );
    }
    assert!(judged > 80, "only {judged} names");
}
