//! Writes docs/METRICS.md: every metric, for people.

use std::fmt::Write as _;

use dcgm::FieldId;

use super::cells::{cell, places, presence, prometheus, rows};
use super::series::{Attribute, Described, Level, instrument, of_devices, of_meter};
use super::words::{MEMBERS, OWN, UPSTREAM, UPSTREAM_METRICS};
use crate::catalogue::{CATALOGUE, Metric, PageType};
use crate::config::{Group, Naming};
use crate::naming::exporter;

const HEAD: &str = "# Metrics

<!-- Generated from the catalogue of dcgm-otel. A test compares it; to write it again:
     DCGM_BLESS=1 cargo test -p dcgm-otel --lib documents -->

All metrics that the meter can emit: an index, each metric with its series, the names of the dcgm-exporter naming, the
attributes, and the metrics of the meter itself. [semconv/](../semconv) has the same as a registry for OpenTelemetry's tools.

How to read it:

- **Instrument**: a *counter* only increases; a *gauge* is a current value; an *updowncounter* is a current value whose sum
  over series is meaningful.
- **Prometheus** is the name that `opentelemetry-prometheus` makes by default: dots become underscores, the unit is
  appended, and `_total` to counters. (`without_units` and `without_counter_suffixes` there leave those out.)
- **Default**: *on*; *auto*: on where the hardware has it, and no error where it does not; *off* needs
  `DCGM_OTEL_METRICS=<metric>=on` or `<metric>/<family>=on`; *with `peaks`* needs `DCGM_OTEL_PEAKS=on`, and so do the other metrics
  named `hw.gpu.peak.…`. A disabled group wins over its metrics.
- **Tier**: the order in which series are dropped above the cap: tier 1 first, tier 24 last. Series of MIG compute
  instances are always in tier 1.
- **Source**: the meter reads the first field that the entity has, and never two of them. A factor or divisor converts
  DCGM's unit to the metric's. A *rate* is integrated over time.
- **NVLink and PCIe traffic**: counters of DCGM are exact (NVLink 5: 1201 and 1203; PCIe: 1091 and 1092, where the driver has
  them). Rates are integrated over the interval that each covers; they are exact if no other client watches the same field more
  often, otherwise right on average only. [GUIDE.md](GUIDE.md#nvlink-and-pcie-traffic) has the source for each generation.
- **Peaks** (*all samples*) are of all samples since the last tick of the meter, which the engine takes every 100 ms or as set. They
  cost a request for each source and tick; [GUIDE.md](GUIDE.md#peaks-between-two-ticks) has the figures.
- **Link states** come from `dcgmGetNvLinkLinkStatus`, once a minute and after an XID.
- **Profiling fields** (`DCGM_FI_PROF_*`) are judged after their second sample, about a second after the start.
- **Described by** lists the attributes beyond those that identify a series, absent if the profile is `minimal`: *GPU* means
  `hw.gpu.index` and `hw.name` on the series of GPUs and their parts, *product* `hw.model` and `hw.vendor` on those, *MIG*
  `hw.gpu.mig.instance_id`, `.compute_instance_id` and `.profile` on the series of MIG instances.
- **of**: the kinds of entities that have it. *outside* MIG means a GPU whose MIG mode is off, *within* one whose MIG mode is
  on.

";

/// Metrics of dcgm-exporter that read a field of this metric.
fn theirs(metric: &Metric) -> Vec<&'static str> {
    let families = metric.families.iter();
    let points = families.flat_map(|family| family.points);
    let fields: Vec<_> = points
        .flat_map(|point| point.sources)
        .map(|source| source.field)
        .collect();
    let rows = exporter::metrics(Naming::DcgmExporter).iter();
    rows.filter(|row| field(row).is_some_and(|field| fields.contains(&field)))
        .map(|row| row.name)
        .collect()
}

/// The only field of a dcgm-exporter metric; `None` if the sampler derives it.
fn field(row: &Metric) -> Option<FieldId> {
    let point = row.families[0].points.first()?;
    Some(point.sources[0].field)
}

fn anchor(name: &str) -> String {
    name.replace('.', "")
}

/// The document.
pub(super) fn metrics() -> String {
    let mut text = HEAD.to_owned();
    index(&mut text);
    text.push_str("\n## Each metric\n");
    for metric in CATALOGUE {
        one(&mut text, metric);
    }
    of_exporter(&mut text);
    attributes(&mut text);
    of_the_meter(&mut text);
    text
}

fn index(text: &mut String) {
    let _ = writeln!(
        text,
        "## Index\n\n{} metrics in {} families; *OTel* are those that the semantic conventions define.\n\n\
         | metric | | instrument | unit | group | default | Prometheus |\n|---|---|---|---|---|---|---|",
        CATALOGUE.len(),
        CATALOGUE
            .iter()
            .map(|one| one.families.len())
            .sum::<usize>()
    );
    for metric in CATALOGUE {
        let mut upstream = UPSTREAM_METRICS.iter();
        let upstream = upstream.any(|(name, ..)| *name == metric.name);
        let mut groups: Vec<_> = metric.families.iter().map(|one| one.group.name()).collect();
        groups.sort_unstable();
        groups.dedup();
        let mut defaults: Vec<_> = metric.families.iter().map(presence).collect();
        defaults.sort_by_key(|word| {
            ["on", "auto", "with `peaks`", "off"]
                .iter()
                .position(|one| one == word)
        });
        defaults.dedup();
        let _ = writeln!(
            text,
            "| [`{}`](#{}) | {} | {} | `{}` | {} | {} | `{}` |",
            metric.name,
            anchor(metric.name),
            if upstream { "OTel" } else { "" },
            instrument(metric.kind),
            metric.unit,
            groups.join(", "),
            defaults.join(", "),
            prometheus(metric.name, metric.kind, metric.unit)
        );
    }
}

fn one(text: &mut String, metric: &Metric) {
    let _ = writeln!(text, "\n### {}\n\n{}", metric.name, metric.description);
    let described = of_devices();
    let of_this = |one: &&Described| one.name == metric.name;
    let found = described.iter().find(of_this);
    if let Some(found) = found {
        if !found.note.is_empty() {
            let _ = writeln!(text, "{}", found.note);
        }
        let _ = writeln!(
            text,
            "\n*{}*, `{}`. {}.",
            instrument(metric.kind),
            metric.unit,
            levels(&found.attributes)
        );
    }
    let theirs = theirs(metric);
    if !theirs.is_empty() {
        let names: Vec<_> = theirs.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "With dcgm-exporter's names: {}.", names.join(", "));
    }
    text.push_str("\n| family | series | source | of | group | tier | default |\n|---|---|---|---|---|---|---|\n");
    for family in metric.families {
        let about = format!(
            "{} | {} | {} | {}",
            places(family),
            family.group,
            family.tier,
            presence(family)
        );
        for (at, (series, source)) in rows(family).into_iter().enumerate() {
            let (name, about) = if at == 0 {
                (family.name, about.as_str())
            } else {
                ("", " | | |")
            };
            let _ = writeln!(text, "| {name} | {series} | {} | {about} |", cell(&source));
        }
    }
    for family in metric
        .families
        .iter()
        .filter(|one| !one.superseded_by_family.is_empty())
    {
        let _ = writeln!(
            text,
            "\n`{}` is off where `{}` is on: a sum over both would count twice.",
            family.name, family.superseded_by_family
        );
    }
    for family in metric.families.iter().filter(|one| one.watches_links()) {
        let _ = writeln!(
            text,
            "\n`{}` is off by default because it watches LINK entities: DCGM 4.6 keeps their samples without expiry, and reads \
             them in every\npass of its loop.",
            family.name
        );
    }
}

/// Names for sets of attributes that describe a device.
const SETS: &[(&str, &[&str])] = &[
    ("GPU", &["hw.gpu.index", "hw.name"]),
    ("product", &["hw.model", "hw.vendor"]),
    (
        "MIG",
        &[
            "hw.gpu.mig.compute_instance_id",
            "hw.gpu.mig.instance_id",
            "hw.gpu.mig.profile",
        ],
    ),
];

fn is_descriptive(level: &Level) -> bool {
    matches!(level, Level::Recommended | Level::Descriptive(_))
}

/// Writes the attributes of a metric as a sentence.
fn levels(attributes: &[Attribute]) -> String {
    let listed = |wanted: fn(&Level) -> bool| {
        let having = attributes.iter().filter(|one| wanted(&one.level));
        let in_set = |key: &str| SETS.iter().any(|(_, keys)| keys.contains(&key));
        let keys: Vec<_> = having
            .filter(|one| !is_descriptive(&one.level) || !in_set(one.key))
            .map(|one| match &one.level {
                Level::Conditional(families) => format!("`{}` ({})", one.key, families.join(", ")),
                _ => format!("`{}`", one.key),
            })
            .collect();
        keys.join(", ")
    };
    let has = |key: &str| attributes.iter().any(|one| one.key == key);
    let sets = SETS
        .iter()
        .filter(|(_, keys)| keys.iter().any(|key| has(key)));
    let mut described: Vec<_> = sets.map(|(name, _)| format!("*{name}*")).collect();
    described.push(listed(is_descriptive));
    described.retain(|text| !text.is_empty());
    let parts = [
        ("Each series has", listed(|level| *level == Level::Required)),
        (
            "some",
            listed(|level| matches!(level, Level::Conditional(_))),
        ),
        ("described by", described.join(", ")),
        ("full profile", listed(|level| *level == Level::OptIn)),
    ];
    let parts = parts.iter().filter(|(_, keys)| !keys.is_empty());
    let parts: Vec<_> = parts
        .map(|(word, keys)| format!("{word}: {keys}"))
        .collect();
    parts.join("; ")
}

fn of_exporter(text: &mut String) {
    let metrics = exporter::metrics(Naming::DcgmExporter);
    let _ = writeln!(
        text,
        "\n## With dcgm-exporter's names\n\n`Naming::DcgmExporter` (`DCGM_OTEL_NAMING=dcgm_exporter`) emits these \
         instead of the metrics above: {} metrics with the\nnames, labels and units of dcgm-exporter 4.9. \
         `dcgm_exporter:4.8` has the names and units of 4.8.3 and 4.8.4, and `dcgm_exporter:4.8.2`\nthose up to 4.8.2. To \
         OpenTelemetry all are gauges without a unit, so that Prometheus has the names unchanged; the\nmeter's own page has \
         dcgm-exporter's types. In 4.9, the names of metrics whose unit is the same were deduced from DCGM's.\n\n\
         | metric | up to 4.8 | type | what | group | tier | default | here |\n|---|---|---|---|---|---|---|---|",
        metrics.len()
    );
    for (row, older) in metrics
        .iter()
        .zip(exporter::metrics(Naming::DcgmExporter48))
    {
        let before = if row.name == older.name {
            "the same".to_owned()
        } else {
            format!("`{}`", older.name)
        };
        let page_type = match row.page_type {
            PageType::Counter => "counter",
            _ => "gauge",
        };
        let has = |metric: &&Metric| theirs(metric).contains(&row.name);
        let ours: Vec<_> = CATALOGUE
            .iter()
            .filter(has)
            .map(|metric| format!("[`{}`](#{})", metric.name, anchor(metric.name)))
            .collect();
        let family = &row.families[0];
        let _ = writeln!(
            text,
            "| `{}` | {before} | {page_type} | {} | {} | {} | {} | {} |",
            row.name,
            row.description,
            family.group,
            family.tier,
            presence(family),
            ours.join(", ")
        );
    }
}

fn attributes(text: &mut String) {
    text.push_str(
        "\n## Attributes\n\nThe attributes from `cpu.logical_number` on are those of OpenTelemetry's conventions.\n\n| attribute | type | meaning and values |\n|---|---|---|\n",
    );
    for own in OWN.iter().filter(|own| own.key.starts_with("hw.")) {
        attribute(text, own.key, own.kind.name(), own.brief);
    }
    for upstream in UPSTREAM {
        attribute(text, upstream.key, upstream.kind.name(), upstream.brief);
    }
}

fn attribute(text: &mut String, key: &str, kind: &str, brief: &str) {
    let members = MEMBERS.iter().filter(|(of, ..)| *of == key);
    let mut values: Vec<_> = members.map(|(_, value, _)| *value).collect();
    if values.is_empty() {
        let all = of_devices();
        let with = all.iter().flat_map(|one| one.attributes.clone());
        values = with
            .filter(|one| one.key == key)
            .flat_map(|one| one.values)
            .collect();
        values.sort_unstable();
        values.dedup();
    }
    if values.iter().all(|value| value.parse::<u32>().is_ok()) {
        values.clear();
    }
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    let space = if values.is_empty() { "" } else { " " };
    let _ = writeln!(
        text,
        "| `{key}` | {kind} | {}{space}{} |",
        cell(brief),
        values.join(", ")
    );
}

fn of_the_meter(text: &mut String) {
    text.push_str(
        "\n## The meter itself\n\nPresent in every naming, also without a GPU. No cap counts them; they end when the meter is \
         dropped. With several meters on\none provider, the attribute `dcgm.meter.instance` of the scope distinguishes \
         them.\n\n\
         | metric | instrument | unit | Prometheus | meaning | attributes |\n|---|---|---|---|---|---|\n",
    );
    for own in of_meter() {
        let keys = own.attributes.iter();
        let keys: Vec<_> = keys.map(|one| format!("`{}`", one.key)).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | `{}` | `{}` | {} | {} |",
            own.name,
            instrument(own.kind),
            own.unit,
            prometheus(own.name, own.kind, own.unit),
            own.description,
            keys.join(", ")
        );
    }
    text.push_str("\n| attribute | type | meaning and values |\n|---|---|---|\n");
    for own in OWN.iter().filter(|own| own.key.starts_with("dcgm.")) {
        attribute(text, own.key, own.kind.name(), own.brief);
    }
    let kinds = crate::ErrorKind::ALL.iter();
    let kinds: Vec<_> = kinds.map(|kind| format!("`{kind}`")).collect();
    let _ = writeln!(
        text,
        "\n`error.type` of `dcgm.meter.errors`: {}. Causes and remedies:\n[FAILURE-MODES.md](FAILURE-MODES.md).",
        kinds.join(", ")
    );
    let groups: Vec<_> = Group::ALL
        .iter()
        .map(|group| format!("`{group}`"))
        .collect();
    let _ = writeln!(text, "\nThe groups: {}.", groups.join(", "));
}
