//! Lists the attributes of each instrument's series, from the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{CATALOGUE, EntityScope, Family, Identity, Kind, Metric, Op, SeriesRow};
use crate::config::ThrottleName;
use crate::error_kind::ErrorKind;
use crate::telemetry;

/// An instrument as the documents describe it.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: &'static str,
    pub(super) description: &'static str,
    pub(super) note: &'static str,
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute of an instrument's series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Attribute {
    pub(super) key: &'static str,
    pub(super) level: Level,
    /// Its values, if the catalogue lists them.
    pub(super) values: BTreeSet<&'static str>,
}

/// Requirement level of an attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// All series have it.
    Required,
    /// The series of these families have it.
    Conditional(Vec<&'static str>),
    /// The series that fulfil this condition have it, unless the profile is `minimal`.
    Descriptive(&'static str),
    /// Present where the value is known, unless the profile is `minimal`.
    Recommended,
    /// Present if the profile is `full`.
    OptIn,
}

/// Name of an instrument in the conventions.
pub(super) const fn instrument(kind: Kind) -> &'static str {
    match kind {
        Kind::GaugeF64 | Kind::GaugeI64 => "gauge",
        Kind::CounterF64 | Kind::CounterU64 => "counter",
        Kind::UpDownI64 => "updowncounter",
    }
}

/// Lists the metrics of devices, under each of their names.
pub(super) fn of_devices() -> Vec<Described> {
    let mut all = Vec::new();
    for metric in CATALOGUE {
        let described = |name, note| Described {
            name,
            kind: metric.kind,
            unit: metric.unit,
            description: metric.description,
            note,
            attributes: attributes(metric),
        };
        if metric.name == ThrottleName::Duration.metric() {
            let other = "Emitted in the place of `hw.gpu.throttle.duration` where the program asks for that: \
                 `duration` is the conventions' word for histograms.";
            all.push(described(
                metric.name,
                "Or, if the program asks for that, `hw.gpu.throttle.time`.",
            ));
            all.push(described(ThrottleName::Time.metric(), other));
        } else {
            all.push(described(metric.name, ""));
        }
    }
    all
}

/// Lists the metrics of the meter itself.
pub(super) fn of_meter() -> Vec<Described> {
    let rows = telemetry::SELF_METRICS.iter();
    rows.map(|row| Described {
        name: row.name,
        kind: row.kind,
        unit: row.unit,
        description: row.description,
        note: "",
        attributes: own_attributes(row.name),
    })
    .collect()
}

fn own_attributes(name: &str) -> Vec<Attribute> {
    let attribute = |key, level| Attribute {
        key,
        level,
        values: BTreeSet::new(),
    };
    match name {
        "dcgm.meter.errors" => vec![Attribute {
            values: ErrorKind::ALL.iter().map(|kind| kind.name()).collect(),
            ..attribute("error.type", Level::Required)
        }],
        "dcgm.meter.info" => vec![
            attribute("dcgm.meter.backend", Level::Required),
            attribute("dcgm.meter.engine.version", Level::Recommended),
            attribute("dcgm.meter.library.version", Level::Recommended),
            attribute("dcgm.meter.simulated", Level::Required),
        ],
        _ => Vec::new(),
    }
}

/// Lists the attributes of a metric's series, by key.
pub(super) fn attributes(metric: &Metric) -> Vec<Attribute> {
    let all: Vec<_> = metric
        .families
        .iter()
        .flat_map(|family| family.on.iter().map(move |place| (family, *place)))
        .flat_map(|(family, place)| {
            family
                .points
                .iter()
                .map(move |point| (family, place, point))
        })
        .map(|(family, place, point)| (family.name, telling(family, place, point)))
        .collect();
    let mut found = BTreeMap::new();
    for (_, keys) in &all {
        for (key, value) in keys {
            let having = all.iter().filter(|(_, keys)| keys.contains_key(key));
            let mut families: Vec<_> = having.clone().map(|(family, _)| *family).collect();
            families.dedup();
            let level = if having.count() == all.len() {
                Level::Required
            } else {
                Level::Conditional(families)
            };
            let one = found.entry(*key).or_insert_with(|| Attribute {
                key,
                level,
                values: BTreeSet::new(),
            });
            one.values.extend(value);
        }
    }
    for family in metric.families {
        for (place, point) in family.on.iter().flat_map(|place| {
            let points = family.points.iter();
            points.map(move |point| (*place, point))
        }) {
            for (key, level) in describing(metric, family, place, point) {
                found.entry(key).or_insert_with(|| Attribute {
                    key,
                    level,
                    values: BTreeSet::new(),
                });
            }
        }
    }
    found.into_values().collect()
}

/// Attributes that identify a series, in every profile.
fn telling(
    family: &Family,
    place: EntityScope,
    point: &SeriesRow,
) -> BTreeMap<&'static str, Option<&'static str>> {
    let mut keys: BTreeMap<_, _> = point
        .attributes
        .iter()
        .map(|(key, value)| (*key, Some(*value)))
        .collect();
    if place != EntityScope::Host || !family.part.is_empty() {
        keys.insert("hw.id", None);
    }
    if place == EntityScope::Link {
        keys.insert("hw.gpu.nvlink.index", None);
    }
    if point.sources.iter().any(|source| source.op == Op::Event) {
        keys.insert("error.type", None);
    }
    keys
}

const IF_PART: &str = "if the component is a part of another one";
const IF_MIG: &str = "if the series is of a MIG instance";
const IF_PROFILE: &str = "if the series is of a MIG instance whose profile the engine reports";
const IF_COMPUTE_INSTANCE: &str = "if the series is of a MIG compute instance";

fn recommended(key: &'static str) -> (&'static str, Level) {
    (key, Level::Recommended)
}

/// Attributes that describe the component of a series.
fn describing(
    metric: &Metric,
    family: &Family,
    place: EntityScope,
    point: &SeriesRow,
) -> Vec<(&'static str, Level)> {
    let mut keys = Vec::new();
    let instance = matches!(
        place,
        EntityScope::GpuInstance | EntityScope::ComputeInstance
    );
    let is_part = matches!(place, EntityScope::Port | EntityScope::Core);
    if instance || is_part || !family.part.is_empty() {
        keys.push(("hw.parent", Level::Descriptive(IF_PART)));
    }
    match place {
        EntityScope::Switch => keys.push(("hw.switch.index", Level::Recommended)),
        EntityScope::Core => keys.push(("cpu.logical_number", Level::Recommended)),
        _ => {}
    }
    let of_gpu = instance || matches!(place, EntityScope::Gpu | EntityScope::Link);
    let product = of_gpu && metric.identity >= Identity::Product;
    if of_gpu {
        keys.extend(["hw.name", "hw.gpu.index"].map(recommended));
    }
    if product {
        keys.extend(["hw.model", "hw.vendor"].map(recommended));
    }
    if instance {
        keys.push(("hw.gpu.mig.instance_id", Level::Descriptive(IF_MIG)));
        keys.push(("hw.gpu.mig.profile", Level::Descriptive(IF_PROFILE)));
    }
    if place == EntityScope::ComputeInstance {
        let level = Level::Descriptive(IF_COMPUTE_INSTANCE);
        keys.push(("hw.gpu.mig.compute_instance_id", level));
    }
    keys.extend(point.sources.iter().filter_map(|source| match source.op {
        Op::Fact(key, _) => Some(recommended(key)),
        _ => None,
    }));
    if product {
        let level = if metric.identity == Identity::Versions {
            Level::Recommended
        } else {
            Level::OptIn
        };
        keys.extend(["hw.driver_version", "hw.firmware_version"].map(|key| (key, level.clone())));
    }
    keys
}
