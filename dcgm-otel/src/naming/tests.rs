//! `hw.id` of every kind of entity.

use dcgm::Mig;

use super::*;

fn gpu(id: u32, uuid: &str, address: &str) -> Entity {
    let some = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
    let mut gpu = Entity::new(EntityId::gpu(id));
    gpu.uuid = some(uuid);
    gpu.pci_bus_id = some(address);
    gpu
}

fn names(entities: &[Entity], source: &IdSource) -> Vec<String> {
    let ids = hw_ids(entities, source);
    entities
        .iter()
        .map(|entity| ids[&entity.id].to_string())
        .collect()
}

fn salted(salt: &str) -> IdSource {
    IdSource::HashedUuid(Salt::new(salt))
}

const SALT: &str = "a salt that is long enough";

#[test]
fn meaningless_uuid_falls_back_to_address_then_number() {
    let zero = "GPU-00000000-0000-0000-0000-000000000000";
    let entities = [
        gpu(0, "GPU-1b2c", "00000000:1B:00.0"),
        gpu(1, "", "00000000:1C:00.0"),
        gpu(2, zero, "00000000:1D:00.0"),
        gpu(3, "GPU-same", "00000000:1E:00.0"),
        gpu(4, "GPU-same", "00000000:00:00.0"),
        gpu(5, "  ", "00000000:2A:00.0"),
        gpu(6, "", "00000000:2A:00.0"),
        gpu(7, "", ""),
    ];
    assert_eq!(
        names(&entities, &IdSource::Uuid),
        [
            "GPU-1b2c",
            "00000000:1C:00.0",
            "00000000:1D:00.0",
            "00000000:1E:00.0",
            "gpu-4",
            "gpu-5",
            "gpu-6",
            "gpu-7"
        ]
    );
    let by_address = names(&entities, &IdSource::PciBdf);
    assert_eq!(by_address[0], "00000000:1B:00.0");
    assert_eq!(by_address[4], "gpu-4");
    assert_eq!(names(&entities, &IdSource::Index)[..2], ["gpu-0", "gpu-1"]);
}

#[test]
fn ids_are_unique() {
    let mut entities = vec![
        gpu(0, "GPU-same", ""),
        gpu(1, "GPU-same", ""),
        gpu(2, "", "00000000:1B:00.0"),
        gpu(3, "", "00000000:1B:00.0"),
        gpu(4, "GPU-4", ""),
    ];
    for (id, kind) in EntityKind::ALL.iter().enumerate() {
        if *kind != EntityKind::GPU {
            entities.push(Entity::new(EntityId::new(
                *kind,
                u32::try_from(id).unwrap(),
            )));
        }
    }
    for source in [
        IdSource::Uuid,
        salted(SALT),
        IdSource::PciBdf,
        IdSource::Index,
    ] {
        let mut all = names(&entities, &source);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), entities.len(), "{source}");
    }
}

#[test]
fn hash_is_stable_and_depends_on_the_salt() {
    let entities = [
        gpu(0, "GPU-1b2c", "00000000:1B:00.0"),
        gpu(1, "", "00000000:1C:00.0"),
    ];
    let with = |salt| names(&entities, &salted(salt));
    // SHA-256 of the salt's length in 8 bytes, the salt and the text: its first 16 bytes.
    assert_eq!(
        with(SALT),
        [
            "89a850e6dccda77b55092aa6f6d83711",
            "38a2f9ae91ec36beb7beb4bff11bd6ae"
        ]
    );
    assert_ne!(with(SALT)[0], with("another salt of some length")[0]);
}

#[test]
fn hash_shows_neither_uuid_nor_address() {
    let entities = [gpu(0, "GPU-1b2c", ""), gpu(1, "", "00000000:1C:00.0")];
    let hashed = names(&entities, &salted(SALT)).join(" ");
    assert!(
        !hashed.contains("1b2c") && !hashed.contains("1C:00"),
        "{hashed}"
    );
}

#[test]
fn salt_and_text_are_separated_in_the_hash() {
    assert_ne!(
        salted_hash("bc", &Salt::new("a")),
        salted_hash("c", &Salt::new("ab"))
    );
}

#[test]
fn instance_id_is_derived_from_the_parent() {
    let parent = gpu(0, "GPU-1b2c", "");
    let mut instance = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 9));
    instance.parent = Some(parent.id);
    instance.mig = Some(Mig::new(5, None, 1));
    let mut compute = Entity::new(EntityId::new(EntityKind::COMPUTE_INSTANCE, 70));
    compute.parent = Some(instance.id);
    compute.mig = Some(Mig::new(5, Some(1), 1));
    let mut orphan = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 11));
    orphan.parent = Some(EntityId::gpu(6));
    orphan.mig = Some(Mig::new(2, None, 1));
    let switch = Entity::new(EntityId::switch(4));
    // Parents come after their parts.
    let entities = [compute, instance, orphan, switch, parent];
    assert_eq!(
        names(&entities, &IdSource::Uuid),
        [
            "GPU-1b2c/gi/5/ci/1",
            "GPU-1b2c/gi/5",
            "gpu_instance-11",
            "nvswitch-4",
            "GPU-1b2c"
        ]
    );
    assert_eq!(names(&entities, &IdSource::Index)[0], "gpu-0/gi/5/ci/1");
}
