//! The table keeps its own rules.

use std::collections::BTreeSet;

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
            let together = families.filter(|family| family.mig == Any || family.mig == mode);
            let points: Vec<_> = together
                .flat_map(|family| family.points)
                .map(|point| point.attributes)
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
            let counts = source.op != Op::Last;
            assert_eq!(
                counts,
                metric.kind.is_counter(),
                "{} {source:?}",
                metric.name
            );
        }
    }
}

/// Below its level a field answers with the value of the entity above: every instance would repeat
/// its GPU.
#[test]
fn a_field_is_read_only_where_it_is_kept() {
    let depth = |kind: EntityKind| match kind {
        EntityKind::GPU => 0,
        EntityKind::GPU_INSTANCE => 1,
        EntityKind::COMPUTE_INSTANCE => 2,
        other => panic!("{other} has no place among GPUs"),
    };
    for (metric, family) in families() {
        for source in family.points.iter().flat_map(|point| point.sources) {
            let info = source.field.info().unwrap();
            for kind in family.on {
                assert!(
                    depth(*kind) <= depth(info.level),
                    "{} {}",
                    metric.name,
                    source.field
                );
            }
        }
    }
}

#[test]
fn the_unit_of_a_field_times_its_scale_is_the_unit_of_the_metric() {
    for (metric, family) in families() {
        for source in family.points.iter().flat_map(|point| point.sources) {
            let raw = source.field.info().unwrap().unit;
            let expected = match (raw, metric.unit, source.op) {
                ("%", "1", Op::Last) => Per(100),
                ("MiB", "By", Op::Last) => Times(1 << 20),
                ("MHz", "Hz", Op::Last) => Times(1_000_000),
                ("mJ", "J", Op::Counter) => Per(1000),
                ("By/s", "By", Op::Integrate)
                | ("W", "J", Op::Integrate)
                | ("ratio" | "PCIe generation", "1", Op::Last)
                | ("lanes", "{lane}", Op::Last)
                | ("1", "{error}", Op::Counter) => ONE,
                (raw, unit, _) if raw == unit => ONE,
                other => panic!("{} {}: {other:?}", metric.name, source.field),
            };
            assert_eq!(source.scale, expected, "{} {}", metric.name, source.field);
        }
    }
}

#[test]
fn every_family_has_entities_points_sources_and_a_tier() {
    for (metric, family) in families() {
        assert!(
            !family.on.is_empty() && !family.points.is_empty(),
            "{}",
            metric.name
        );
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
fn what_the_conventions_require_is_there() {
    for (metric, family) in families() {
        for point in family.points {
            let has = |key| point.attributes.iter().any(|(name, _)| *name == key);
            let typed = ["hw.energy", "hw.power", "hw.errors", "hw.status"].contains(&metric.name);
            assert_eq!(has(TYPE), typed, "{}", metric.name);
            assert_eq!(has(ERROR), metric.name == "hw.errors");
            assert_eq!(
                has(DIRECTION),
                metric.name.split('.').next_back() == Some("io")
            );
        }
    }
}

#[test]
fn groups_go_with_tiers_that_outlive_less_important_ones() {
    let tier = |group: Group| {
        families()
            .filter(move |(_, one)| one.group == group)
            .map(|(_, one)| one.tier)
    };
    assert!(tier(Group::Codec).max() < tier(Group::Clock).min());
    assert!(tier(Group::Clock).max() < tier(Group::Utilization).min());
    assert!(tier(Group::Utilization).max() < tier(Group::Power).min());
    assert!(tier(Group::Power).max() < tier(Group::Ecc).min());
}

#[test]
fn a_percentage_becomes_the_fraction_that_is_nearest() {
    for percent in 0..=100_u8 {
        let text = format!("{}.{:02}", percent / 100, percent % 100);
        let nearest: f64 = text.parse().unwrap();
        assert!(
            (Per(100).of(f64::from(percent)) - nearest).abs() < f64::EPSILON / 1e6,
            "{percent}"
        );
    }
}
