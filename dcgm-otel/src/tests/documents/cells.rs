//! The cells of docs/METRICS.md: names, entities and sources.

use dcgm::FieldId;

use crate::catalogue::{EntityScope, Family, Kind, Mig, Op, Presence, Scale, SeriesRow, Source};

/// A table's cell must not end early.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Name of a metric in the default translation of `opentelemetry-prometheus`.
pub(super) fn prometheus(name: &str, kind: Kind, unit: &str) -> String {
    let unit = match unit {
        "1" => "_ratio",
        "By" => "_bytes",
        "By/s" => "_bytes_per_second",
        "Cel" => "_celsius",
        "Hz" => "_hertz",
        "J" => "_joules",
        "V" => "_volts",
        "W" => "_watts",
        "s" => "_seconds",
        _ => "",
    };
    let total = if kind.is_counter() { "_total" } else { "" };
    format!("{}{unit}{total}", name.replace('.', "_"))
}

pub(super) fn presence(family: &Family) -> &'static str {
    match family.default {
        Presence::On | Presence::Auto if family.is_of_peaks() => "with `peaks`",
        Presence::On => "on",
        Presence::Auto => "auto",
        Presence::Off => "off",
    }
}

const fn place(place: EntityScope) -> &'static str {
    match place {
        EntityScope::ComputeInstance => "compute instance",
        EntityScope::GpuInstance => "GPU instance",
        EntityScope::Link => "NVLink",
        EntityScope::Port => "NVSwitch port",
        EntityScope::Core => "CPU core",
        EntityScope::Gpu => "GPU",
        EntityScope::Switch => "NVSwitch",
        EntityScope::Cpu => "CPU",
        EntityScope::Adapter => "ConnectX",
        EntityScope::Host => "host",
    }
}

pub(super) fn places(family: &Family) -> String {
    let all: Vec<_> = family.on.iter().map(|one| place(*one)).collect();
    let mig = match family.mig {
        Mig::Any | Mig::Smallest => "",
        Mig::Outside => " outside MIG",
        Mig::Within => " within MIG",
    };
    format!("{}{mig}", all.join(", "))
}

fn named(field: FieldId) -> String {
    let name = field.info().map_or("?", |info| info.old_name);
    format!("`{name}` ({})", field.raw())
}

/// Text for a field and its operation.
fn source(source: &Source) -> String {
    let field = match source.each {
        [first, .., last] => format!("{} to {}, one a link", named(*first), named(*last)),
        _ => named(source.field),
    };
    let scale = match source.scale {
        _ if source.op == Op::FractionCounter => String::new(),
        Scale::Times(1) | Scale::Per(1) => String::new(),
        Scale::Times(factor) => format!(" × {factor}"),
        Scale::Per(divisor) => format!(" / {divisor}"),
        Scale::Factor { factor, .. } => format!(" × {factor}"),
    };
    let op = match source.op {
        Op::Last | Op::Counter | Op::FractionCounter | Op::Status(_) => String::new(),
        Op::NonZero => ", unless 0".to_owned(),
        Op::Peak(_) => ", all samples".to_owned(),
        Op::Sum => ", the sum over its links".to_owned(),
        Op::Integrate => ", a rate".to_owned(),
        Op::Event => ", each sample one".to_owned(),
        Op::Bit(bit) => format!(", bit {bit:#x}"),
        Op::OneOf(numbers, _) => {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            format!(", is {}", numbers.join(" or "))
        }
        Op::TextEquals(text, _) => format!(", is `{text}`"),
        Op::Word(at) => format!(", word {at} of the structure"),
        Op::ActiveLinks | Op::LinkUp => return "`dcgmGetNvLinkLinkStatus`".to_owned(),
        Op::Instances => ": the engine's list of instances".to_owned(),
        Op::Unavailable(_) => {
            return "the engine's status of the GPU, only while it is so".to_owned();
        }
        Op::Health(_) => return "`dcgmHealthCheck`, once a minute".to_owned(),
        Op::Allocation => return "the [sources of allocations](GUIDE.md#workloads)".to_owned(),
        Op::Gpus => return "the engine's list of GPUs".to_owned(),
        Op::Fact(key, _) => format!(" as `{key}`"),
        Op::Transient(_) => ", for a while".to_owned(),
    };
    format!("{field}{scale}{op}")
}

fn sources(all: &[Source]) -> String {
    let joint = all.iter().any(|one| one.op.is_joint());
    let texts: Vec<_> = all.iter().map(source).collect();
    texts.join(if joint { "; " } else { "; else " })
}

/// The series of a family, and where each is from; numbered ones as one.
pub(super) fn rows(family: &Family) -> Vec<(String, String)> {
    let series = |point: &SeriesRow| {
        let pairs = point.attributes.iter();
        let pairs: Vec<_> = pairs
            .map(|(key, value)| format!("`{key}={value}`"))
            .collect();
        pairs.join(" ")
    };
    let numbered = family.points.iter().enumerate().all(|(at, point)| {
        let number = point
            .attributes
            .iter()
            .any(|(_, value)| *value == at.to_string());
        number && point.sources.len() == 1
    });
    if let ([first, .., last], true) = (family.points, numbered) {
        let (from, to) = (first.sources[0], last.sources[0]);
        let series = format!("{} to `{}`", series(first), family.points.len() - 1);
        return vec![(series, format!("{} to {}", source(&from), source(&to)))];
    }
    let points = family.points.iter();
    points
        .map(|point| (series(point), sources(point.sources)))
        .collect()
}
