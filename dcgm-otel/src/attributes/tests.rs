//! `hw.id` and the order of attributes.

use dcgm::Mig;

use super::*;
use crate::catalogue::CATALOGUE;
use crate::testing::gpu;

#[test]
fn ids_are_unique_and_lasting() {
    let mut unique = gpu(0);
    unique.uuid = Some("GPU-abc".into());
    let mut without_uuid = gpu(1);
    without_uuid.uuid = None;
    without_uuid.pci_bus_id = Some("00000000:1B:00.0".into());
    let mut fake = gpu(2);
    fake.uuid = None;
    let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 9));
    instance.parent = Some(unique.id);
    instance.mig = Some(Mig::new(5, None, 1));
    let mut compute = Entity::new(EntityId::new(EntityKind::COMPUTE_INSTANCE, 70));
    compute.parent = Some(instance.id);
    compute.mig = Some(Mig::new(5, Some(1), 1));
    let switch = Entity::new(EntityId::switch(4));
    // Parents come after their parts.
    let entities = [compute, instance, switch, fake, without_uuid, unique];
    let host = Host::new(entities.to_vec(), &[]);
    let config = Config::default();
    let builder = AttributeBuilder::new(&host, &config);
    let ids: Vec<_> = entities
        .iter()
        .map(|entity| &**builder.hw_id(entity.id).unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "GPU-abc/gi/5/ci/1",
            "GPU-abc/gi/5",
            "nvswitch-4",
            "gpu-2",
            "00000000:1B:00.0",
            "GPU-abc"
        ]
    );
}

#[test]
fn attributes_are_sorted_and_keys_unique() {
    let entities = [gpu(3)];
    let host = Host::new(entities.to_vec(), &[]);
    let config = Config::default();
    let builder = AttributeBuilder::new(&host, &config);
    for metric in CATALOGUE {
        let families = metric.families.iter();
        for (family, point) in families.flat_map(|row| row.points.iter().map(move |p| (row, p))) {
            let attributes = builder.series_attributes(metric, family, point, &entities[0]);
            let keys: Vec<_> = attributes.iter().map(|one| one.key.as_str()).collect();
            assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        }
    }
}
