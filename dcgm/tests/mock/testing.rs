//! Claims about the test entry points of a mock.

use dcgm::mock::Mock;
use dcgm::testing::FakeEntity;
use dcgm::{
    Client as _, EntityId, EntityKind, EntityStatus, Error, FieldId, NoValue, OwnedValue, Query,
};

#[test]
fn fakes_are_added_and_have_injected_samples() {
    let mock = Mock::named("1xl4").unwrap();
    mock.connect().unwrap();
    let fakes = mock
        .testing()
        .create_fakes(&[FakeEntity::gpu(), FakeEntity::gpu()])
        .unwrap();
    assert_eq!(fakes, [EntityId::gpu(1), EntityId::gpu(2)]);
    let entities = mock.entities(&[EntityKind::GPU]).unwrap();
    let fake = entities.iter().find(|one| one.id == fakes[1]).unwrap();
    assert_eq!(fake.status, EntityStatus::FAKE);
    let gpu = EntityId::gpu(0);
    let field = FieldId::GPU_TEMP;
    let watch = mock
        .watch(&dcgm::WatchRequest::new([gpu], [field]))
        .unwrap();
    let testing = mock.testing();
    testing.inject(gpu, field, &90.into(), None).unwrap();
    let value = || {
        let samples = mock.read(&Query::from(&watch)).unwrap();
        samples.get(0).unwrap().value.map(OwnedValue::from)
    };
    assert_eq!(value(), Ok(OwnedValue::Int(90)));
    testing
        .inject_no_value(gpu, field, NoValue::NotSupported, None)
        .unwrap();
    assert_eq!(value(), Err(NoValue::NotSupported));
    let blob = OwnedValue::Blob([1_u8][..].into());
    let error = testing.inject(gpu, field, &blob, None).unwrap_err();
    assert!(matches!(error, Error::Request(_)), "{error}");
}
