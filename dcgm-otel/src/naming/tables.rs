//! The metrics of a configuration: those of its naming, changed by a CSV file, and custom ones.
//!
//! An instrument cannot be removed from a provider, and its callback lives as long as the provider. So
//! tables of metrics are never freed. The table of a configuration without custom metrics and without
//! a file is a constant. Others are made once per distinct set of definitions and shared by all meters
//! that have the same set. A process makes at most [`MAX_TABLES`] of them; as a definition has less
//! than 4 kB, and a set at most 128 definitions, they take a few kB each, and 40 MB at the very most.
//!
//! Custom metrics follow those of the naming, whose indices thus do not change.

use dcgm::{EntityKind, FieldId, ValueType};
use parking_lot::Mutex;

use super::base_metrics;
use crate::catalogue::{
    EntityScope, Family, Identity, Kind, Metric, Mig, Op, PageType, Presence, Scale, Source,
    family, series_row,
};
use crate::config::{Config, CsvRow, CustomKind, CustomMetric, Group, Naming};

/// The most tables of one process.
pub(crate) const MAX_TABLES: usize = 64;

/// Rank of custom metrics in the drop order: before temperatures and power, which alerts need.
const TIER: u8 = 12;

/// Readings with a fraction are counted in millionths.
const PARTS: u32 = 1_000_000;

/// The definitions that make a table.
#[derive(Clone, Debug, Eq, PartialEq)]
struct TableKey {
    naming: Naming,
    rows: Option<Vec<CsvRow>>,
    custom: Vec<CustomMetric>,
}

static TABLES: Mutex<Vec<(TableKey, &'static [Metric])>> = Mutex::new(Vec::new());

/// Returns the metrics of a configuration; `None` if the process has made too many tables.
pub(crate) fn intern_metrics(config: &Config) -> Option<&'static [Metric]> {
    let naming = config.naming();
    let base = base_metrics(naming);
    let custom: Vec<_> = config.custom_metrics().cloned().collect();
    let rows = config.exporter_csv().map(|csv| csv.rows.clone());
    let rows = rows.filter(|_| naming.is_dcgm_exporter());
    if custom.is_empty() && rows.is_none() {
        return Some(base);
    }
    let key = TableKey {
        naming,
        rows,
        custom,
    };
    let mut tables = TABLES.lock();
    if let Some((_, table)) = tables.iter().find(|(other, _)| *other == key) {
        return Some(*table);
    }
    if tables.len() >= MAX_TABLES {
        return None;
    }
    let table: &'static [Metric] = Vec::leak(build_table(&key));
    tables.push((key, table));
    Some(table)
}

fn build_table(key: &TableKey) -> Vec<Metric> {
    let mut table = base_metrics(key.naming).to_vec();
    if let Some(rows) = &key.rows {
        for metric in &mut table {
            let row = rows.iter().find(|row| row.name == metric.name);
            let default = match row {
                Some(_) => Presence::On,
                None => Presence::Off,
            };
            let families = metric.families.iter();
            let families = families.map(|family| Family { default, ..*family });
            metric.families = Vec::leak(families.collect());
            if let Some(row) = row {
                metric.page_type = row.page_type;
                if !row.help.is_empty() {
                    metric.description = leak_text(&row.help);
                }
            }
        }
        for row in rows {
            if table.iter().all(|metric| metric.name != row.name) {
                let Some(field) = row.field else { continue };
                let metric = CustomMetric::new(field, &row.name)
                    .with_description(&row.help)
                    .with_kind(CustomKind::Gauge);
                table.push(Metric {
                    page_type: row.page_type,
                    ..build_metric(&[&metric], key.naming)
                });
            }
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for metric in &key.custom {
        if !names.contains(&metric.name()) {
            names.push(metric.name());
        }
    }
    for name in names {
        let all = key.custom.iter();
        let same: Vec<_> = all.filter(|metric| metric.name() == name).collect();
        table.push(build_metric(&same, key.naming));
    }
    table
}

/// Makes the metric of definitions with one name.
fn build_metric(definitions: &[&CustomMetric], naming: Naming) -> Metric {
    let first = definitions.first();
    let text = |text: fn(&CustomMetric) -> &str| first.map_or("", |first| leak_text(text(first)));
    let kind = first.map_or(Kind::GaugeF64, |first| number_kind(first));
    let is_counter = kind.is_counter();
    let is_plain = definitions
        .iter()
        .all(|one| scale_of(one) == Scale::Times(1));
    let families = definitions.iter().zip(1_usize..).map(|(one, number)| {
        // One family needs no name of its own.
        let name = match definitions.len() {
            1 => "all",
            _ => leak_text(&number.to_string()),
        };
        build_family(one, name, naming)
    });
    Metric {
        name: text(CustomMetric::name),
        kind,
        unit: text(|metric| &metric.unit),
        identity: Identity::Brief,
        range: match (is_counter, is_plain) {
            (true, _) => (0.0, f64::INFINITY),
            (false, true) => (f64::NEG_INFINITY, f64::INFINITY),
            // Not raw: values are converted.
            (false, false) => (f64::MIN, f64::MAX),
        },
        description: text(|metric| &metric.description),
        page_type: PageType::OfKind,
        families: Vec::leak(families.collect()),
    }
}

fn build_family(metric: &CustomMetric, name: &'static str, naming: Naming) -> Family {
    let kinds = metric.kinds_in(naming);
    let on: Vec<_> = kinds
        .iter()
        .flat_map(|kind| scopes_of(*kind))
        .copied()
        .collect();
    // With dcgm-exporter's names the instances of a GPU replace it.
    let mig = match naming {
        Naming::Semconv => Mig::Any,
        _ if kinds.len() > 1 && kinds.contains(&EntityKind::GPU_INSTANCE) => Mig::Smallest,
        _ => Mig::Any,
    };
    let attributes = metric.attributes.iter();
    let attributes = attributes.map(|(key, value)| (leak_text(key), leak_text(value)));
    let source = Source {
        field: metric.field(),
        each: &[],
        op: match metric.kind() {
            CustomKind::Gauge => Op::Last,
            CustomKind::Counter if is_fraction(metric.field()) => Op::FractionCounter,
            CustomKind::Counter => Op::Counter,
        },
        scale: scale_of(metric),
    };
    let point = series_row(Vec::leak(attributes.collect()), Vec::leak(vec![source]));
    family(
        name,
        Group::Custom,
        TIER,
        Presence::On,
        mig,
        Vec::leak(on),
        Vec::leak(vec![point]),
    )
}

/// Returns the kind of a definition's instrument.
fn number_kind(metric: &CustomMetric) -> Kind {
    match (metric.kind(), metric.is_whole()) {
        (CustomKind::Gauge, true) => Kind::GaugeI64,
        (CustomKind::Gauge, false) => Kind::GaugeF64,
        (CustomKind::Counter, true) => Kind::CounterU64,
        (CustomKind::Counter, false) => Kind::CounterF64,
    }
}

/// Returns `true` for a field that is known to be of fractions. An unknown one is counted in whole
/// units, as totals of bytes or nanoseconds in millionths would exceed 64 bits.
fn is_fraction(field: FieldId) -> bool {
    field
        .info()
        .is_some_and(|info| info.value_type == ValueType::Double)
}

/// Returns the scale of a definition, exact where it can be.
fn scale_of(metric: &CustomMetric) -> Scale {
    let factor = metric.scale.0;
    if metric.kind() == CustomKind::Counter && is_fraction(metric.field()) {
        return Scale::Factor {
            factor,
            parts: PARTS,
        };
    }
    let whole = |number: f64| {
        let is_whole = number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number of this range"
        )]
        is_whole.then_some(number as u32)
    };
    // The inverse of 0.01 is not 100 by a rounding.
    let divisor = || whole((1.0 / factor).round()).filter(|n| is_same(1.0 / f64::from(*n), factor));
    whole(factor)
        .map(Scale::Times)
        .or_else(|| divisor().map(Scale::Per))
        .unwrap_or(Scale::Factor { factor, parts: 1 })
}

fn is_same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

const fn scopes_of(kind: EntityKind) -> &'static [EntityScope] {
    match kind {
        EntityKind::HOST => &[EntityScope::Host],
        EntityKind::GPU => &[EntityScope::Gpu],
        EntityKind::GPU_INSTANCE => &[EntityScope::GpuInstance],
        EntityKind::COMPUTE_INSTANCE => &[EntityScope::ComputeInstance],
        EntityKind::SWITCH => &[EntityScope::Switch],
        EntityKind::LINK => &[EntityScope::Link, EntityScope::Port],
        EntityKind::CPU => &[EntityScope::Cpu],
        EntityKind::CPU_CORE => &[EntityScope::Core],
        EntityKind::CONNECTX => &[EntityScope::Adapter],
        _ => &[],
    }
}

fn leak_text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}
