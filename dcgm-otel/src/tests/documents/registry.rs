//! The registry under `semconv/`: what OpenTelemetry's checker judges the meter's output by.

use std::fmt::Write as _;

use super::series::{Attribute, Described, Level, instrument, of_devices, of_meter};
use super::words::{Kind, MEMBERS, OWN, Own, UPSTREAM, UPSTREAM_METRICS};

/// Whoever edits a generated file finds this first.
const HEADER: &str = "# Generated from the catalogue of dcgm-otel. A test keeps it fresh, and writes it anew under\n\
                      # DCGM_BLESS=1: cargo test -p dcgm-otel --lib documents\n";

/// A text that YAML takes for nothing else.
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

pub(super) fn manifest() -> String {
    format!(
        "{HEADER}name: dcgm-otel\n\
         description: NVIDIA GPU telemetry of the dcgm-otel crate, beyond what the hw conventions have a word for.\n\
         semconv_version: {}\n\
         schema_base_url: {}/semconv\n\
         dependencies:\n  - name: otel\n    registry_path: \
         https://github.com/open-telemetry/semantic-conventions.git@v1.42.0[model]\n",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY"),
    )
}

/// The attributes.
pub(super) fn attributes() -> String {
    let mut yaml = format!("{HEADER}groups:\n");
    for (id, prefix, brief) in [
        (
            "registry.hw.gpu.dcgm",
            "hw.gpu.",
            "What tells the parts and states of a GPU apart.",
        ),
        (
            "registry.hw.switch.dcgm",
            "hw.switch.",
            "What tells the switches between GPUs apart.",
        ),
        (
            "registry.dcgm.meter",
            "dcgm.meter.",
            "What the meter says of itself.",
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

/// The metrics of devices, and by name those of OpenTelemetry's own.
pub(super) fn devices() -> String {
    let mut yaml = format!("{HEADER}groups:\n");
    for described in of_devices() {
        let mut upstream = UPSTREAM_METRICS.iter();
        if !upstream.any(|(name, ..)| *name == described.name) {
            metric(&mut yaml, &described);
        }
    }
    yaml.push_str("imports:\n  metrics:\n");
    for (name, ..) in UPSTREAM_METRICS {
        let _ = writeln!(yaml, "    - {name}");
    }
    yaml
}

/// The metrics of the meter itself.
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
}

fn reference(yaml: &mut String, attribute: &Attribute) {
    let Attribute { key, level, values } = attribute;
    let level = match level {
        Level::Required => "required".to_owned(),
        Level::Recommended => "recommended".to_owned(),
        Level::OptIn => "opt_in".to_owned(),
        Level::Conditional(families) => {
            let condition = format!("on series of the family {}", families.join(", "));
            format!("\n          conditionally_required: {}", quoted(&condition))
        }
    };
    let _ = writeln!(
        yaml,
        "      - ref: {key}\n        requirement_level:{}{level}",
        if level.starts_with('\n') { "" } else { " " }
    );
    // Values that the definition of the attribute does not list.
    if let Some(upstream) = UPSTREAM.iter().find(|upstream| upstream.key == *key) {
        let custom = values.iter().copied();
        let custom: Vec<_> = custom
            .filter(|value| !upstream.known.contains(value))
            .collect();
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

/// What is referred to: names, and what they are.
pub(super) fn upstream() -> String {
    let mut text = format!(
        "{HEADER}# What the registry refers to, of OpenTelemetry's semantic conventions 1.42.0: metrics with\n\
         # instrument and unit, attributes with type.\n"
    );
    for (name, instrument, unit) in UPSTREAM_METRICS {
        let _ = writeln!(text, "metric {name} {instrument} {unit}");
    }
    for upstream in UPSTREAM {
        let _ = writeln!(text, "attribute {} {}", upstream.key, upstream.kind.name());
    }
    text
}
