//! Names and attributes of any host.

use std::collections::HashSet;

use dcgm::{Link, LinkState, Mig};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::Config;
use crate::config::{MetricSwitch, Profile};
use crate::pipeline::resolve::resolve_series;
use crate::topology::host::Host;

fn text(of: &'static [&'static str]) -> impl Strategy<Value = Option<Arc<str>>> {
    proptest::option::weighted(0.9, select(of).prop_map(Arc::from))
}

/// Entities of any kind, with identities that are often blank, zero or shared. Indices of instances do not
/// repeat within one parent.
fn entities() -> impl Strategy<Value = Vec<Entity>> {
    const UUIDS: &[&str] = &[
        "GPU-a",
        "GPU-b",
        "GPU-c",
        "",
        " ",
        "GPU-00000000-0000-0000-0000-000000000000",
    ];
    const ADDRESSES: &[&str] = &[
        "00000000:1B:00.0",
        "00000000:1C:00.0",
        "00000000:00:00.0",
        "",
    ];
    let gpu = (text(UUIDS), text(ADDRESSES), any::<bool>());
    let instance = (0..6_u32, 0..8_u32);
    let other = select(vec![
        EntityKind::SWITCH,
        EntityKind::CPU,
        EntityKind::CPU_CORE,
        EntityKind::VGPU,
        EntityKind::CONNECTX,
    ]);
    (
        vec(gpu, 0..6),
        vec(instance.clone(), 0..8),
        vec(instance, 0..8),
        vec(other, 0..8),
    )
        .prop_map(|(gpus, instances, slices, others)| {
            let mut all = Vec::new();
            for (id, (uuid, address, mig)) in (0..).zip(gpus) {
                let mut gpu = Entity::new(EntityId::gpu(id));
                (gpu.uuid, gpu.pci_bus_id, gpu.mig_enabled) = (uuid, address, Some(mig));
                all.push(gpu);
            }
            let mut seen = HashSet::new();
            for (id, (gpu, number)) in (100..).zip(instances) {
                if seen.insert((gpu, number)) {
                    let mut one = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, id));
                    one.parent = Some(EntityId::gpu(gpu));
                    one.mig = Some(Mig::new(number, None, 1));
                    all.push(one);
                }
            }
            seen.clear();
            for (id, (parent, number)) in (200..).zip(slices) {
                if seen.insert((parent, number)) {
                    let mut one = Entity::new(EntityId::new(EntityKind::COMPUTE_INSTANCE, id));
                    one.parent = Some(EntityId::new(EntityKind::GPU_INSTANCE, 100 + parent));
                    one.mig = Some(Mig::new(0, Some(number), 1));
                    all.push(one);
                }
            }
            for (id, kind) in (0..).zip(others) {
                all.push(Entity::new(EntityId::new(kind, id)));
            }
            all
        })
}

fn source() -> impl Strategy<Value = IdSource> {
    select(vec![
        IdSource::Uuid,
        IdSource::HashedUuid(Salt::new("a salt that is long enough")),
        IdSource::PciBdf,
        IdSource::Index,
    ])
}

proptest! {
    #[test]
    fn ids_of_any_host_are_unique(entities in entities(), source in source()) {
        let ids = hw_ids(&entities, &source);
        let names: HashSet<_> = ids.values().collect();
        prop_assert_eq!(ids.len(), entities.len());
        prop_assert_eq!(names.len(), entities.len(), "{:?}", ids);
    }

    #[test]
    fn ids_do_not_depend_on_the_order_of_entities(
        entities in entities(), source in source(),
    ) {
        let mut reversed = entities.clone();
        reversed.reverse();
        prop_assert_eq!(hw_ids(&entities, &source), hw_ids(&reversed, &source));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn attributes_are_sorted_and_series_unique(
        entities in entities(), source in source(), links in 0..4_u32,
        profile in select(vec![Profile::Minimal, Profile::Standard, Profile::Full]),
    ) {
        let mut config = Config::default().with_id_source(source).with_profile(profile).with_peaks();
        for metric in CATALOGUE {
            config = config.with_metric(metric.name, MetricSwitch::On);
        }
        let mut ports = Vec::new();
        let of_links = entities.iter().filter(|one| {
            [EntityKind::GPU, EntityKind::SWITCH].contains(&one.id.kind)
        });
        for parent in of_links {
            ports.extend((0..links).map(|index| Link::new(None, parent.id, index, LinkState::UP)));
        }
        let candidates = resolve_series(&Host::new(entities, &ports), &config, None);
        prop_assert_eq!(candidates.duplicates, 0);
        for candidate in &candidates.list {
            let keys: Vec<_> = candidate.series.attributes.iter().map(|one| one.key.as_str()).collect();
            prop_assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", keys);
        }
    }
}
