//! The table keeps its own rules.

use std::collections::BTreeSet;

use dcgm::EntityKind;

use super::Mig::{Any, Outside, Within};
use super::Presence::On;
use super::table::{DIRECTION, ERROR, TYPE};
use super::*;

fn families() -> impl Iterator<Item = (&'static Metric, &'static Family)> {
    CATALOGUE
        .iter()
        .flat_map(|metric| metric.families.iter().map(move |family| (metric, family)))
}

#[test]
fn names_and_units_are_such_that_the_sdk_makes_an_instrument() {
    for metric in CATALOGUE {
        let name = metric.name;
        assert!(name.len() <= 255 && name.starts_with("hw."), "{name}");
        assert!(
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c)),
            "{name}"
        );
        assert!(metric.unit.len() <= 63 && metric.unit.is_ascii(), "{name}");
        assert!(
            !name.ends_with("_total") && !metric.description.is_empty(),
            "{name}"
        );
        assert!(metric.description.ends_with('.'), "{name}");
    }
}

#[test]
fn each_metric_has_one_entry_and_each_family_a_name_of_its_own() {
    let metrics: BTreeSet<_> = CATALOGUE.iter().map(|metric| metric.name).collect();
    assert_eq!(metrics.len(), CATALOGUE.len());
    let rows: BTreeSet<_> = families()
        .map(|(metric, family)| (metric.name, family.name))
        .collect();
    assert_eq!(rows.len(), families().count());
}

#[test]
fn two_series_of_an_entity_never_have_the_same_attributes() {
    for metric in CATALOGUE {
        for mode in [Outside, Within] {
            let families = metric.families.iter();
            // One that others stand in for is never there with these.
            let together = families.filter(|family| {
                (family.mig == Any || family.mig == mode) && family.superseded_by_family.is_empty()
            });
            let points: Vec<_> = together
                .flat_map(|family| family.on.iter().map(move |place| (place, family.points)))
                .flat_map(|(place, points)| points.iter().map(move |one| (place, one.attributes)))
                .collect();
            for (at, attributes) in points.iter().enumerate() {
                assert!(
                    !points[..at].contains(attributes),
                    "{} {attributes:?}",
                    metric.name
                );
            }
        }
    }
}

#[test]
fn a_source_fits_its_instrument() {
    for (metric, family) in families() {
        for source in family.points.iter().flat_map(|point| point.sources) {
            let counts = matches!(
                source.op,
                Op::Counter | Op::FractionCounter | Op::Sum | Op::Integrate | Op::Event
            );
            let name = metric.name;
            assert_eq!(counts, metric.kind.is_counter(), "{name} {source:?}");
            let fraction = matches!(metric.kind, Kind::GaugeF64 | CounterF64);
            let any = matches!(
                source.op,
                Op::Last
                    | Op::NonZero
                    | Op::Peak(_)
                    | Op::Counter
                    | Op::FractionCounter
                    | Op::Integrate
            );
            assert!(any || !fraction, "{name} {source:?}: makes whole numbers");
        }
    }
}

/// Below its level a field answers with the value of the entity above: every instance would repeat
/// its GPU.
#[test]
fn a_field_is_read_only_where_it_is_kept() {
    let depth = |kind: EntityKind| match kind {
        EntityKind::GPU => Some(0),
        EntityKind::GPU_INSTANCE => Some(1),
        EntityKind::COMPUTE_INSTANCE => Some(2),
        _ => None,
    };
    for (metric, family) in families() {
        for source in family.points.iter().flat_map(|point| point.sources) {
            let info = source.field.info().unwrap();
            for place in family.on {
                let exempt = source.op.is_over_links()
                    || source.op.is_listed()
                    || matches!(source.op, Op::Fact(..));
                // Those that count over the links of a GPU count on each link too.
                let both = matches!(source.field.raw(), 1200..=1220);
                let name = metric.name;
                match (depth(place.entity_kind()), depth(info.scope)) {
                    _ if exempt || !source.each.is_empty() || both => {}
                    (Some(on), Some(kept)) => assert!(on <= kept, "{name} {}", source.field),
                    // A socket answers for its cores.
                    _ if place.entity_kind() == EntityKind::CPU => {}
                    // The licence is one of the GPU's.
                    _ if source.field == FieldId::VGPU_LICENSE_STATUS => {}
                    _ => assert_eq!(place.entity_kind(), info.scope, "{name} {}", source.field),
                }
            }
        }
    }
}

#[test]
fn the_unit_of_a_field_times_its_scale_is_the_unit_of_the_metric() {
    for (metric, family) in families() {
        for source in family.points.iter().flat_map(|point| point.sources) {
            let raw = source.field.info().unwrap().unit;
            if !matches!(
                source.op,
                Op::Last
                    | Op::NonZero
                    | Op::Peak(_)
                    | Op::Counter
                    | Op::FractionCounter
                    | Op::Integrate
                    | Op::Sum
            ) {
                continue;
            }
            let expected = match (raw, metric.unit) {
                ("%", "1") => Per(100),
                ("MiB", "By") => Times(1 << 20),
                ("MHz", "Hz") | ("MB/s", "By/s") => Times(1_000_000),
                ("kHz", "Hz") => Times(1000),
                ("mJ", "J") | ("mV", "V") => Per(1000),
                ("ns", "s") => Per(1_000_000_000),
                // Counted in the unit of the field that it succeeds.
                ("s", "s") if source.op == Op::FractionCounter => Per(1_000_000_000),
                ("J", "J") if source.op == Op::FractionCounter => Per(1000),
                // Of links, units of 1000 KiB a second; of NVSwitches, mebibits.
                ("1000 KiB/s" | "MB/s", "By") => Times(1_024_000),
                ("", "By") => Times(131_072),
                // DCGM reports a percentage here, undocumented.
                _ if matches!(source.field.raw(), 1080 | 1082) => Per(100),
                _ => ONE,
            };
            assert_eq!(
                source.scale, expected,
                "{} {} {raw:?}",
                metric.name, source.field
            );
        }
    }
}

/// Sizes that the documentation states; a new row changes them there, too.
#[test]
fn there_are_89_metrics_of_126_families_in_24_groups() {
    let mut groups: std::collections::BTreeMap<_, usize> = std::collections::BTreeMap::new();
    for (_, family) in families() {
        *groups.entry(family.group.name()).or_default() += 1;
    }
    assert_eq!(CATALOGUE.len(), 89);
    assert_eq!(families().count(), 126);
    let counts: Vec<_> = groups.into_values().collect();
    assert_eq!(
        counts,
        [
            4, 5, 6, 3, 8, 2, 5, 4, 3, 3, 6, 2, 16, 12, 7, 7, 11, 2, 3, 7, 4, 4, 1, 1
        ]
    );
    let by_default = |presence| {
        families()
            .filter(|(_, one)| one.default == presence)
            .count()
    };
    assert_eq!(
        (
            by_default(On),
            by_default(Presence::Auto),
            by_default(Presence::Off)
        ),
        (29, 40, 57)
    );
}

#[test]
fn a_superseded_family_names_an_existing_family() {
    for (metric, family) in families() {
        let known = metric
            .families
            .iter()
            .any(|other| other.name == family.superseded_by_family);
        assert!(
            family.superseded_by_family.is_empty() || known,
            "{} {}",
            metric.name,
            family.name
        );
    }
}

#[test]
fn every_family_has_entities_points_sources_and_a_tier() {
    for (metric, family) in families() {
        assert!(!family.points.is_empty(), "{}", metric.name);
        assert!(!family.on.is_empty(), "{}", metric.name);
        assert!((1..=24).contains(&family.tier), "{}", metric.name);
        for point in family.points {
            assert!(!point.sources.is_empty(), "{}", metric.name);
        }
        if family.default == On {
            let plain = family
                .points
                .iter()
                .all(|point| !point.sources[0].field.is_profiling());
            assert!(plain, "{}: not all hardware has profiling", metric.name);
        }
    }
}

#[test]
fn required_attributes_of_the_conventions_are_present() {
    for (metric, family) in families() {
        for point in family.points {
            let has = |key| point.attributes.iter().any(|(name, _)| *name == key);
            let typed = [
                "hw.energy",
                "hw.power",
                "hw.gpu.peak.power",
                "hw.errors",
                "hw.status",
            ];
            let typed = typed.contains(&metric.name);
            assert_eq!(has(TYPE), typed, "{}", metric.name);
            let errs = metric.name.ends_with("errors") && source_op(point) != Some(Op::Event);
            assert!(has(ERROR) || !errs, "{}", metric.name);
            let moves = metric.name.split('.').next_back() == Some("io");
            assert!(has(DIRECTION) || !moves, "{}", metric.name);
        }
    }
}

fn source_op(point: &SeriesRow) -> Option<Op> {
    point.sources.first().map(|source| source.op)
}

#[test]
fn important_families_are_dropped_last() {
    let tier = |name: &str, family: &str| {
        let found = families().find(|(metric, row)| metric.name == name && row.name == family);
        found.unwrap().1.tier
    };
    let order = [
        tier("hw.gpu.utilization", "encoder"),
        tier("hw.gpu.clock.frequency", "all"),
        tier("hw.gpu.sm.utilization", "all"),
        tier("hw.gpu.memory.usage", "all"),
        tier("hw.power", "gpu"),
        tier("hw.errors", "ecc_volatile"),
        tier("hw.gpu.info", "all"),
        tier("hw.gpu.xid.errors", "all"),
        tier("hw.gpu.nvlink.io", "per_link"),
    ];
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
}

#[test]
fn a_percentage_becomes_the_fraction_that_is_nearest() {
    for percent in 0..=100_u8 {
        let text = format!("{}.{:02}", percent / 100, percent % 100);
        let nearest: f64 = text.parse().unwrap();
        assert!(
            (Per(100).scale_number(f64::from(percent)) - nearest).abs() < f64::EPSILON / 1e6,
            "{percent}"
        );
    }
}
