//! Writes the registry under `semconv/`, by which OpenTelemetry's checker judges the meter's output.

use std::fmt::Write as _;

use super::series::{Attribute, Described, Level, instrument, of_devices, of_meter};
use super::words::{
    Kind, MEMBERS, OWN, Own, UPSTREAM, UPSTREAM_ENTITIES, UPSTREAM_METRICS, WORKLOAD,
};
use crate::catalogue::ALLOCATION;
use crate::instruments::SCHEMA_URL;

/// First lines of each generated file.
const HEADER: &str = "# Generated from the catalogue of dcgm-otel. A test compares it; to write it again:\n\
                      # DCGM_BLESS=1 cargo test -p dcgm-otel --lib documents\n";

/// Quotes a text so that YAML reads it as a string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>, kind: Kind) -> String {
    let written = texts.into_iter().map(|text| match kind {
        Kind::Int | Kind::Bool => text.to_owned(),
        Kind::Enum | Kind::Text => quoted(text),
    });
    format!("[{}]", written.collect::<Vec<_>>().join(", "))
}

/// Version of OpenTelemetry's conventions, the last part of their schema URL.
fn conventions() -> &'static str {
    SCHEMA_URL.rsplit('/').next().unwrap()
}

/// The manifest, in the form that weaver reads since 0.25: `schema_url` names the registry and its
/// version, and each dependency likewise.
pub(super) fn manifest() -> String {
    format!(
        "{HEADER}schema_url: {}/semconv/{}\n\
         description: NVIDIA GPU telemetry of the dcgm-otel crate, as an extension of the hw conventions.\n\
         dependencies:\n  - schema_url: {SCHEMA_URL}\n    registry_path: \
         https://github.com/open-telemetry/semantic-conventions.git@v{}[model]\n",
        env!("CARGO_PKG_REPOSITORY"),
        env!("CARGO_PKG_VERSION"),
        conventions(),
    )
}

/// Definitions of the attributes.
pub(super) fn attributes() -> String {
    let mut yaml = format!("{HEADER}groups:\n");
    for (id, prefix, brief) in [
        (
            "registry.hw.gpu.dcgm",
            "hw.gpu.",
            "Attributes of GPUs, their parts and states.",
        ),
        (
            "registry.hw.switch.dcgm",
            "hw.switch.",
            "Attributes of the switches between GPUs.",
        ),
        (
            "registry.dcgm.meter",
            "dcgm.meter.",
            "Attributes of the meter itself.",
        ),
        (
            "registry.dcgm.resource",
            "dcgm.simulated",
            "Attributes of the resource.",
        ),
    ] {
        let brief = quoted(brief);
        let _ = writeln!(
            yaml,
            "  - id: {id}\n    type: attribute_group\n    brief: {brief}\n    attributes:"
        );
        for own in OWN.iter().filter(|own| own.key.starts_with(prefix)) {
            attribute(&mut yaml, own);
        }
    }
    yaml.push_str(
        "  - id: registry.dcgm.workload\n    type: attribute_group\n    brief: \"Attributes of the workloads that hold \
         devices.\"\n    attributes:\n",
    );
    for own in WORKLOAD {
        attribute(&mut yaml, own);
    }
    yaml
}

fn attribute(yaml: &mut String, own: &Own) {
    let (key, brief) = (own.key, quoted(own.brief));
    let _ = writeln!(yaml, "      - id: {key}");
    if own.kind == Kind::Enum {
        let _ = writeln!(yaml, "        type:\n          members:");
        for (_, value, brief) in MEMBERS.iter().filter(|(of, ..)| *of == key) {
            let brief = quoted(brief);
            let _ = writeln!(
                yaml,
                "            - id: {value}\n              value: {}\n              brief: {brief}\n              \
                 stability: development",
                quoted(value)
            );
        }
    } else {
        let _ = writeln!(yaml, "        type: {}", own.kind.name());
    }
    let _ = writeln!(
        yaml,
        "        stability: development\n        brief: {brief}"
    );
    if !own.examples.is_empty() {
        let examples = list(own.examples.iter().copied(), own.kind);
        let _ = writeln!(yaml, "        examples: {examples}");
    }
}

/// Writes the metrics of devices, and the imports from OpenTelemetry's conventions.
pub(super) fn devices() -> String {
    let mut yaml = format!("{HEADER}groups:\n");
    for described in of_devices() {
        let mut upstream = UPSTREAM_METRICS.iter();
        if !upstream.any(|(name, ..)| *name == described.name) {
            metric(&mut yaml, &described);
        }
    }
    custom_values(&mut yaml);
    yaml.push_str("imports:\n  entities:\n");
    for (name, _) in UPSTREAM_ENTITIES {
        let _ = writeln!(yaml, "    - {name}");
    }
    yaml.push_str("  metrics:\n");
    for (name, ..) in UPSTREAM_METRICS {
        let _ = writeln!(yaml, "    - {name}");
    }
    yaml
}

/// Lists the values, beyond the well-known ones, that attributes of imported metrics have: a group
/// of references per metric, since an imported metric cannot be changed.
fn custom_values(yaml: &mut String) {
    for described in of_devices() {
        let mut upstream = UPSTREAM_METRICS.iter();
        if !upstream.any(|(name, ..)| *name == described.name) {
            continue;
        }
        let mut attributes = described.attributes;
        attributes.retain(|one| !custom(one).is_empty());
        if attributes.is_empty() {
            continue;
        }
        let brief = format!("Values of attributes that `{}` has here.", described.name);
        let _ = writeln!(
            yaml,
            "  - id: dcgm.values.{}\n    type: attribute_group\n    brief: {}\n    attributes:",
            described.name,
            quoted(&brief)
        );
        for attribute in &attributes {
            reference(yaml, attribute);
        }
    }
}

/// Values that the definition of an upstream attribute does not list.
fn custom(attribute: &Attribute) -> Vec<&'static str> {
    let upstream = UPSTREAM.iter().find(|one| one.key == attribute.key);
    let known = upstream.map(|one| one.known);
    let values = attribute.values.iter().copied();
    let custom = values.filter(|value| known.is_some_and(|known| !known.contains(value)));
    custom.collect()
}

/// Metrics of the meter itself.
pub(super) fn meter() -> String {
    let mut yaml = format!("{HEADER}groups:\n");
    for described in of_meter() {
        metric(&mut yaml, &described);
    }
    yaml
}

fn metric(yaml: &mut String, described: &Described) {
    let Described {
        name,
        kind,
        unit,
        description,
        note,
        attributes,
    } = described;
    let _ = writeln!(
        yaml,
        "  - id: metric.{name}\n    type: metric\n    metric_name: {name}\n    stability: development\n    \
         brief: {}\n    instrument: {}\n    unit: {}",
        quoted(description),
        instrument(*kind),
        quoted(unit)
    );
    if !note.is_empty() {
        let _ = writeln!(yaml, "    note: {}", quoted(note));
    }
    if !attributes.is_empty() {
        yaml.push_str("    attributes:\n");
    }
    for attribute in attributes {
        reference(yaml, attribute);
    }
    let workload = WORKLOAD.iter().filter(|_| *name == ALLOCATION);
    for own in workload {
        let _ = writeln!(
            yaml,
            "      - ref: {}\n        requirement_level: opt_in",
            own.key
        );
    }
}

fn reference(yaml: &mut String, attribute: &Attribute) {
    let Attribute { key, level, .. } = attribute;
    let level = match level {
        Level::Required => "required".to_owned(),
        Level::Recommended => "recommended".to_owned(),
        Level::OptIn => "opt_in".to_owned(),
        Level::Conditional(families) => {
            let condition = format!("on series of the family {}", families.join(", "));
            format!("\n          conditionally_required: {}", quoted(&condition))
        }
        Level::Descriptive(condition) => {
            let condition = format!("{condition}, unless the attribute profile is `minimal`");
            format!("\n          conditionally_required: {}", quoted(&condition))
        }
    };
    let _ = writeln!(
        yaml,
        "      - ref: {key}\n        requirement_level:{}{level}",
        if level.starts_with('\n') { "" } else { " " }
    );
    let custom = custom(attribute);
    if let Some(upstream) = UPSTREAM.iter().find(|upstream| upstream.key == *key) {
        match upstream.kind {
            Kind::Enum if !custom.is_empty() => {
                let words: Vec<_> = custom.iter().map(|value| format!("`{value}`")).collect();
                let note = format!("Also, beyond the well-known values: {}.", words.join(", "));
                let _ = writeln!(yaml, "        note: {}", quoted(&note));
            }
            Kind::Text if !custom.is_empty() => {
                let _ = writeln!(yaml, "        examples: {}", list(custom, Kind::Text));
            }
            _ => {}
        }
    }
}

/// Names of OpenTelemetry's conventions that the registry refers to, with their types.
pub(super) fn upstream() -> String {
    let mut text = format!(
        "{HEADER}# References of the registry to OpenTelemetry's semantic conventions {}: metrics with\n\
         # instrument and unit, attributes with type, entities with the attributes of the resource.\n",
        conventions()
    );
    for (name, instrument, unit) in UPSTREAM_METRICS {
        let _ = writeln!(text, "metric {name} {instrument} {unit}");
    }
    for upstream in UPSTREAM {
        let _ = writeln!(text, "attribute {} {}", upstream.key, upstream.kind.name());
    }
    for (name, keys) in UPSTREAM_ENTITIES {
        let _ = writeln!(text, "entity {name} {}", keys.join(" "));
    }
    text
}
