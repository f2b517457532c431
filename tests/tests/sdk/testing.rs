//! Claims about fake entities and injected samples.

use dcgm::testing::FakeEntity;
use dcgm::{
    Client as _, EntityId, EntityKind, EntityStatus, Error, FieldId, NoValue, OwnedValue, Query,
    Timestamp,
};

use crate::bench::{Bench, FLAVOURS};

fn read(bench: &Bench, entity: EntityId, field: FieldId) -> Result<OwnedValue, NoValue> {
    let query = Query::new([(vec![entity], vec![field])]);
    let samples = bench.engine.read(&query).expect("a read");
    let sample = samples.get(0).expect("a sample");
    sample.value.map(OwnedValue::from)
}

#[test]
fn an_engine_without_a_gpu_has_fakes_with_injected_samples() {
    for flavour in FLAVOURS {
        let bench = Bench::with_host(flavour, "none");
        let testing = bench.engine.testing();
        let gpus = testing.create_fakes(&[FakeEntity::gpu(); 3]);
        let gpus = gpus.expect("fakes");
        assert_eq!(gpus, (0..3).map(EntityId::gpu).collect::<Vec<_>>());
        let entities = bench.engine.entities(&[EntityKind::GPU]).expect("entities");
        assert!(entities.iter().all(|one| one.status == EntityStatus::FAKE));
        for (field, value) in [
            (FieldId::GPU_TEMP, OwnedValue::from(90)),
            (FieldId::POWER_USAGE, OwnedValue::from(312.5)),
            (FieldId::NAME, OwnedValue::from("a fake")),
        ] {
            testing
                .inject(gpus[1], field, &value, None)
                .expect("inject");
            assert_eq!(read(&bench, gpus[1], field), Ok(value), "{flavour:?}");
            assert!(read(&bench, gpus[0], field).is_err());
        }
    }
}

#[test]
fn a_sample_has_the_time_that_it_was_given() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let at = Timestamp::from_micros(bench.control.now() - 5_000_000);
        let gpus = bench.engine.testing().create_fakes(&[FakeEntity::gpu()]);
        let gpu = gpus.expect("a fake")[0];
        let field = FieldId::GPU_TEMP;
        let testing = bench.engine.testing();
        testing
            .inject(gpu, field, &41.into(), Some(at))
            .expect("inject");
        let query = Query::new([(vec![gpu], vec![field])]);
        let samples = bench.engine.read(&query).expect("a read");
        assert_eq!(samples.get(0).map(|sample| sample.timestamp), Some(at));
    }
}

#[test]
fn a_sample_without_a_value_has_the_reason() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let testing = bench.engine.testing();
        let gpu = testing.create_fakes(&[FakeEntity::gpu()]).expect("a fake")[0];
        for field in [FieldId::GPU_TEMP, FieldId::POWER_USAGE, FieldId::NAME] {
            for reason in [
                NoValue::Blank,
                NoValue::NotFound,
                NoValue::NotSupported,
                NoValue::NotPermitted,
            ] {
                testing
                    .inject_no_value(gpu, field, reason, None)
                    .expect("inject");
                assert_eq!(read(&bench, gpu, field), Err(reason), "{flavour:?} {field}");
            }
            let error = testing.inject_no_value(gpu, field, NoValue::NotWatched, None);
            assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
        }
    }
}

#[test]
fn instances_are_parts_of_their_parents() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let testing = bench.engine.testing();
        let gpu = testing.create_fakes(&[FakeEntity::gpu()]).expect("a fake")[0];
        let slice = FakeEntity::new(EntityKind::GPU_INSTANCE).in_parent(gpu);
        let slice = testing.create_fakes(&[slice]).expect("an instance")[0];
        let compute = FakeEntity::new(EntityKind::COMPUTE_INSTANCE).in_parent(slice);
        let compute = testing.create_fakes(&[compute]).expect("an instance")[0];
        let kinds = [EntityKind::GPU_INSTANCE, EntityKind::COMPUTE_INSTANCE];
        let entities = bench.engine.entities(&kinds).expect("entities");
        let parents: Vec<_> = entities.iter().map(|one| (one.id, one.parent)).collect();
        assert!(parents.contains(&(slice, Some(gpu))), "{parents:?}");
        assert!(parents.contains(&(compute, Some(slice))), "{parents:?}");
    }
}

#[test]
fn what_dcgm_does_not_take_is_refused() {
    let bench = Bench::new(FLAVOURS[0]);
    let testing = bench.engine.testing();
    let gpu = testing.create_fakes(&[FakeEntity::gpu()]).expect("a fake")[0];
    let blob = OwnedValue::Blob([0_u8; 4][..].into());
    let long = OwnedValue::from("x".repeat(256).as_str());
    for (field, value) in [(FieldId::SYNC_BOOST, blob), (FieldId::NAME, long)] {
        let error = testing.inject(gpu, field, &value, None);
        assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
    }
    // Another type, and an unknown entity.
    assert!(testing.inject(gpu, FieldId::NAME, &1.into(), None).is_err());
    let unknown = EntityId::gpu(77);
    assert!(
        testing
            .inject(unknown, FieldId::GPU_TEMP, &1.into(), None)
            .is_err()
    );
    let crowd = vec![FakeEntity::new(EntityKind::LINK); 449];
    assert!(matches!(
        testing.create_fakes(&crowd),
        Err(Error::Request(_))
    ));
    // There is room for 32 GPUs.
    assert!(testing.create_fakes(&[FakeEntity::gpu(); 32]).is_err());
}
