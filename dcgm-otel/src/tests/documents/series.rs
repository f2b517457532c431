//! Which attributes the series of an instrument have, read off the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{CATALOGUE, Family, Identity, Kind, Metric, Op, Place, Point};
use crate::config::ThrottleName;
use crate::health::ErrorKind;
use crate::telemetry;

/// An instrument, as the documents tell of it.
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
    /// The values that it has here, if the table says which.
    pub(super) values: BTreeSet<&'static str>,
}

/// Which series have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// All.
    Required,
    /// Those of these families.
    Conditional(Vec<&'static str>),
    /// Those that it is known of, unless the profile is `minimal`.
    Recommended,
    /// If the profile is `full`.
    OptIn,
}

/// As the conventions call it.
pub(super) const fn instrument(kind: Kind) -> &'static str {
    match kind {
        Kind::GaugeF64 | Kind::GaugeI64 => "gauge",
        Kind::CounterF64 | Kind::CounterU64 => "counter",
        Kind::UpDownI64 => "updowncounter",
    }
}

/// Whether nothing of it is emitted yet: DCGM tells it by a call, which the meter does not make.
pub(super) fn is_reserved(metric: &Metric) -> bool {
    metric
        .families
        .iter()
        .all(|family| family.points.is_empty())
}

/// What is emitted of devices, under each of its names.
pub(super) fn of_devices() -> Vec<Described> {
    let mut all = Vec::new();
    for metric in CATALOGUE.iter().filter(|metric| !is_reserved(metric)) {
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

/// What is emitted of the meter itself.
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

/// The attributes of a metric's series, by key.
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

/// What tells a series from others, in every profile.
fn telling(
    family: &Family,
    place: Place,
    point: &Point,
) -> BTreeMap<&'static str, Option<&'static str>> {
    let mut keys: BTreeMap<_, _> = point
        .attributes
        .iter()
        .map(|(key, value)| (*key, Some(*value)))
        .collect();
    if place != Place::Host || !family.part.is_empty() {
        keys.insert("hw.id", None);
    }
    if place == Place::Link {
        keys.insert("hw.gpu.nvlink.index", None);
    }
    if point.sources.iter().any(|source| source.op == Op::Event) {
        keys.insert("error.type", None);
    }
    keys
}

/// What else is said of the thing that it is about.
fn describing(
    metric: &Metric,
    family: &Family,
    place: Place,
    point: &Point,
) -> Vec<(&'static str, Level)> {
    let mut keys = Vec::new();
    let instance = matches!(place, Place::GpuInstance | Place::ComputeInstance);
    let is_part = matches!(place, Place::Port | Place::Core | Place::VirtualGpu);
    if instance || is_part || !family.part.is_empty() {
        keys.push("hw.parent");
    }
    match place {
        Place::Switch => keys.push("hw.switch.index"),
        Place::Core => keys.push("cpu.logical_number"),
        _ => {}
    }
    let of_gpu = instance || matches!(place, Place::Gpu | Place::Link | Place::VirtualGpu);
    let product = of_gpu && metric.identity >= Identity::Product;
    if of_gpu {
        keys.extend(["hw.name", "hw.gpu.index"]);
    }
    if product {
        keys.extend(["hw.model", "hw.vendor"]);
    }
    if instance {
        keys.extend(["hw.gpu.mig.instance_id", "hw.gpu.mig.profile"]);
    }
    if place == Place::ComputeInstance {
        keys.push("hw.gpu.mig.compute_instance_id");
    }
    keys.extend(point.sources.iter().filter_map(|source| match source.op {
        Op::Fact(key, _) => Some(key),
        _ => None,
    }));
    let mut keys: Vec<_> = keys
        .into_iter()
        .map(|key| (key, Level::Recommended))
        .collect();
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
