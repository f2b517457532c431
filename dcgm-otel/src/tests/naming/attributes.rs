//! Attributes of a series: what it describes, and how much it says.

use crate::testing::{Fake, Harness, gpu};
use crate::{Config, IdSource, Profile, Salt};

#[test]
fn a_series_says_which_thing_it_is_about_and_what_product_that_is() {
    let harness = Harness::new(&Fake::with_gpus(1));
    harness.sample();
    let points = harness.export();
    let keys = |name: &str| {
        let found = points.iter().find(|point| point.name == name).unwrap();
        let keys = found.attributes.iter().map(|one| one.key.as_str());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(
        keys("hw.power"),
        ["hw.gpu.index", "hw.id", "hw.name", "hw.type"]
    );
    assert_eq!(
        keys("hw.gpu.memory.usage"),
        ["hw.gpu.index", "hw.id", "hw.model", "hw.name", "hw.vendor"]
    );
}

#[test]
fn a_profile_says_how_much_a_series_says() {
    let memory_and_power = |profile| {
        let config = Config::default().with_profile(profile);
        let fake = Fake::with_gpus(1);
        fake.edit(|state| {
            state.entities[0].driver_version = Some("570.1".into());
            state.entities[0].vbios = Some("96.00".into());
        });
        let harness = Harness::with_settings(&fake, config);
        (
            harness.keys("hw.gpu.memory.usage"),
            harness.keys("hw.power"),
        )
    };
    let (memory, power) = memory_and_power(Profile::Minimal);
    assert_eq!(
        (memory, power),
        (
            vec!["hw.id".to_owned()],
            vec!["hw.id".to_owned(), "hw.type".to_owned()]
        )
    );
    let (memory, _) = memory_and_power(Profile::Standard);
    assert_eq!(
        memory,
        ["hw.gpu.index", "hw.id", "hw.model", "hw.name", "hw.vendor"]
    );
    let (memory, _) = memory_and_power(Profile::Full);
    assert_eq!(
        memory,
        [
            "hw.driver_version",
            "hw.firmware_version",
            "hw.gpu.index",
            "hw.id",
            "hw.model",
            "hw.name",
            "hw.vendor"
        ]
    );
}

#[test]
fn the_id_comes_from_where_it_is_to() {
    let ids_from = |source| {
        let fake = Fake::with_gpus(1);
        fake.edit(|state| state.entities[0].pci_bus_id = Some("00000000:1B:00.0".into()));
        Harness::with_settings(&fake, Config::default().with_id_source(source)).ids()
    };
    assert_eq!(ids_from(IdSource::Uuid), ["GPU-a0"]);
    assert_eq!(ids_from(IdSource::PciBdf), ["00000000:1B:00.0"]);
    assert_eq!(ids_from(IdSource::Index), ["gpu-0"]);
    let hashed = ids_from(IdSource::HashedUuid(Salt::new("a salt of many bytes")));
    assert!(
        hashed[0].len() == 32 && !hashed[0].contains("GPU"),
        "{hashed:?}"
    );
}

#[test]
fn two_gpus_of_one_uuid_fall_back_to_what_tells_them_apart() {
    let fake = Fake::with_gpus(2);
    fake.edit(|state| {
        state.entities.clear();
        for id in 0..2 {
            let mut twin = gpu(id);
            twin.uuid = Some("GPU-same".into());
            twin.pci_bus_id = (id == 0).then(|| "00000000:1B:00.0".into());
            state.entities.push(twin);
        }
    });
    let harness = Harness::new(&fake);
    harness.sample();
    let ids: Vec<_> = harness
        .values("hw.power", "hw.type")
        .into_iter()
        .map(|(id, _, _)| id)
        .collect();
    assert_eq!(ids, ["00000000:1B:00.0", "gpu-1"]);
}
