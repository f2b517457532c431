//! Claims about the configuration of a mock's GPUs.

use dcgm::config::PowerLimit;
use dcgm::mock::Mock;
use dcgm::{Client as _, EntityId, Error, ReturnCode};

#[test]
fn settings_come_from_the_model() {
    let mock = Mock::named("8xh100").unwrap();
    mock.connect().unwrap();
    let gpu = EntityId::gpu(3);
    let current = mock.config().current(&[gpu]).unwrap();
    assert_eq!(current[0].gpu, gpu);
    assert_eq!(
        current[0].settings.power_limit,
        Some(PowerLimit::PerGpu(700))
    );
    let target = mock.config().target(&[gpu]).unwrap();
    assert_eq!(target[0].settings.power_limit, None);
    let error = mock.config().power_profiles(gpu).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NOT_SUPPORTED));
    let error = mock.config().current(&[EntityId::HOST]).unwrap_err();
    assert!(matches!(error, Error::Request(_)), "{error}");
}

#[cfg(feature = "admin")]
#[test]
fn a_change_is_kept_and_a_refusal_is_named() {
    use dcgm::config::{ComputeMode, GpuSettings};
    use dcgm::{EntityKind, LinkState};

    let mock = Mock::named("8xh100").unwrap();
    mock.connect().unwrap();
    let gpus = [EntityId::gpu(0), EntityId::gpu(1)];
    let settings = GpuSettings::default()
        .with_power_limit(PowerLimit::Budget(1000))
        .with_compute_mode(ComputeMode::PROHIBITED)
        .with_sync_boost(true);
    let outcome = mock.admin().set_config(&gpus, &settings).unwrap();
    let [refused] = outcome.refused[..] else {
        panic!("{outcome:?}")
    };
    assert_eq!(
        (refused.gpu, refused.code),
        (None, ReturnCode::NOT_SUPPORTED)
    );
    for configs in [mock.config().current(&gpus), mock.config().target(&gpus)] {
        let settings = &configs.unwrap()[1].settings;
        assert_eq!(settings.power_limit, Some(PowerLimit::PerGpu(500)));
        assert_eq!(settings.compute_mode, Some(ComputeMode::PROHIBITED));
    }
    let outcome = mock.admin().set_config(
        &gpus,
        &GpuSettings::default().with_power_limit(PowerLimit::PerGpu(100)),
    );
    assert_eq!(outcome.unwrap().refused.len(), 2);
    mock.admin()
        .set_link_state(gpus[0], 3, LinkState::DOWN)
        .unwrap();
    let links = mock.links().unwrap();
    let down = links.iter().find(|link| link.state == LinkState::DOWN);
    assert_eq!(
        down.map(|link| (link.parent, link.index)),
        Some((gpus[0], 3))
    );
    let missing = EntityId::new(EntityKind::GPU_INSTANCE, 9);
    let error = mock.admin().delete_instance(missing).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::INSTANCE_NOT_FOUND));
}

#[cfg(feature = "admin")]
#[test]
fn an_instance_is_deleted() {
    use dcgm::EntityKind;

    let mock = Mock::named("8xh100-mig7").unwrap();
    mock.connect().unwrap();
    let instances = mock.entity_ids(EntityKind::GPU_INSTANCE).unwrap();
    mock.admin().delete_instance(instances[0]).unwrap();
    let left = mock.entity_ids(EntityKind::GPU_INSTANCE).unwrap();
    assert_eq!(left.len(), instances.len() - 1);
}
