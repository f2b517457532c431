//! Claims about the configuration of GPUs, and about changes of it.

use dcgm::admin::{ComputeInstanceProfile, GpuInstanceProfile, PowerProfileChange};
use dcgm::config::{ComputeMode, GpuSettings, PowerLimit, PowerProfile};
use dcgm::{Client as _, EntityId, EntityKind, Error, FieldId, LinkState, ReturnCode};
use dcgm_simulator::Flavour;

use crate::bench::{Bench, FLAVOURS};

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

fn limit(watts: u32) -> GpuSettings {
    GpuSettings::default().with_power_limit(PowerLimit::PerGpu(watts))
}

/// GPU, field, code of each refusal.
type Refusals = Vec<(Option<u32>, Option<FieldId>, ReturnCode)>;

fn set(bench: &Bench, count: u32, settings: &GpuSettings) -> Result<Refusals, Error> {
    let outcome = bench.engine.admin().set_config(&gpus(count), settings)?;
    let refused = outcome.refused.iter();
    Ok(refused
        .map(|one| (one.gpu.map(|gpu| gpu.id), one.field, one.code))
        .collect())
}

#[test]
fn settings_are_read_and_blanks_are_none() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let config = bench.engine.config();
        let current = config.current(&gpus(8)).expect("the settings");
        let ids: Vec<_> = current.iter().map(|one| one.gpu).collect();
        assert_eq!(ids, gpus(8));
        let settings = &current[7].settings;
        assert_eq!((settings.ecc, settings.sync_boost), (None, None));
        assert_eq!(settings.compute_mode, Some(ComputeMode::DEFAULT));
        assert_eq!(settings.memory_clock_mhz, Some(2619));
        assert_eq!(settings.sm_clock_mhz, Some(1980));
        assert_eq!(settings.power_limit, Some(PowerLimit::PerGpu(700)));
        assert_eq!(settings.power_profiles, None);
        // Nothing was set.
        let target = config.target(&gpus(2)).expect("the settings");
        assert_eq!(target[1].settings, GpuSettings::default());
        // The group of the request is gone.
        assert_eq!(bench.control.open().groups, 0);
    }
}

#[test]
fn a_change_leaves_all_other_settings_alone() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        assert_eq!(set(&bench, 2, &limit(500)).expect("set"), []);
        let config = bench.engine.config();
        let target = config.target(&gpus(2)).expect("the settings");
        // A zeroed request would have set ECC, compute mode and clocks.
        assert_eq!(target[0].settings, limit(500), "{flavour:?}");
        let current = config.current(&gpus(3)).expect("the settings");
        let limits: Vec<_> = current.iter().map(|one| one.settings.power_limit).collect();
        let watts = |watts| Some(PowerLimit::PerGpu(watts));
        assert_eq!(limits, [watts(500), watts(500), watts(700)]);
        assert_eq!(current[0].settings.memory_clock_mhz, Some(2619));
    }
}

#[test]
fn a_refused_setting_names_gpu_field_and_code() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let power = Some(FieldId::POWER_MGMT_LIMIT);
        assert_eq!(
            set(&bench, 2, &limit(701)).expect("an outcome"),
            [
                (Some(0), power, ReturnCode::BAD_PARAM),
                (Some(1), power, ReturnCode::BAD_PARAM)
            ]
        );
        let mode = GpuSettings::default().with_compute_mode(ComputeMode::from_raw(3));
        let refused = set(&bench, 1, &mode).expect("an outcome");
        assert_eq!(
            refused,
            [(Some(0), Some(FieldId::COMPUTE_MODE), ReturnCode::BAD_PARAM)]
        );
        // The rest of a request is applied.
        let both = limit(100).with_compute_mode(ComputeMode::EXCLUSIVE_PROCESS);
        let outcome = bench.engine.admin().set_config(&gpus(1), &both);
        let outcome = outcome.expect("an outcome");
        assert_eq!(outcome.refused.len(), 1);
        assert!(outcome.into_result().is_err());
        let current = bench.engine.config().current(&gpus(1)).expect("settings");
        let settings = &current[0].settings;
        assert_eq!(settings.compute_mode, Some(ComputeMode::EXCLUSIVE_PROCESS));
        assert_eq!(settings.power_limit, Some(PowerLimit::PerGpu(700)));
    }
}

#[test]
fn a_refusal_is_seen_though_dcgm_reports_success() {
    let sync_boost = GpuSettings::default().with_sync_boost(true);
    let field = Some(FieldId::SYNC_BOOST);
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let refused = set(&bench, 2, &sync_boost).expect("an outcome");
        assert_eq!(
            refused,
            [(None, field, ReturnCode::NOT_SUPPORTED)],
            "{flavour:?}"
        );
        let refused = set(&bench, 1, &sync_boost).expect("an outcome");
        assert_eq!(refused, [(None, field, ReturnCode::BAD_PARAM)]);
    }
}

#[test]
fn a_budget_is_shared() {
    let bench = Bench::new(Flavour::V4_6);
    let budget = GpuSettings::default().with_power_limit(PowerLimit::Budget(1000));
    assert_eq!(set(&bench, 2, &budget).expect("set"), []);
    let target = bench.engine.config().target(&gpus(2)).expect("settings");
    assert_eq!(target[1].settings, limit(500));
}

#[test]
fn profiles_are_those_of_the_release() {
    let profiles = GpuSettings::default().with_power_profiles([PowerProfile::MAX_P]);
    let bench = Bench::new(Flavour::V3_3);
    let error = set(&bench, 1, &profiles).unwrap_err();
    assert!(matches!(error, Error::Request(_)), "{error}");
    let error = bench.engine.config().power_profiles(EntityId::gpu(0));
    assert!(matches!(error, Err(Error::SymbolMissing(_))), "{error:?}");
    drop(bench);
    let bench = Bench::new(Flavour::V4_6);
    let refused = set(&bench, 1, &profiles).expect("an outcome");
    let field = Some(FieldId::from_raw(165));
    assert_eq!(refused, [(Some(0), field, ReturnCode::BAD_PARAM)]);
    // A failure zeroes the version words: the second call would fail with another code.
    for _ in 0..2 {
        let error = bench.engine.config().power_profiles(EntityId::gpu(0));
        assert_eq!(error.unwrap_err().code(), Some(ReturnCode::NOT_SUPPORTED));
    }
    let admin = bench.engine.admin();
    let change = PowerProfileChange::Replace;
    let error = admin.change_power_profiles(&gpus(2), change, &[PowerProfile::MAX_Q]);
    assert_eq!(error.unwrap_err().code(), Some(ReturnCode::BAD_PARAM));
    let error = admin.change_power_profiles(&gpus(2), change, &[PowerProfile::from_raw(256)]);
    assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
}

#[test]
fn an_engine_that_is_not_roots_refuses() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        bench.control.set_root(false);
        let config = bench.engine.config();
        for error in [
            config.current(&gpus(1)).unwrap_err(),
            config.target(&gpus(1)).unwrap_err(),
            set(&bench, 1, &limit(500)).unwrap_err(),
        ] {
            assert_eq!(error.code(), Some(ReturnCode::REQUIRES_ROOT), "{error}");
            assert!(error.is_denied(), "{error}");
        }
        let error = bench.engine.admin().enforce_config(&gpus(1)).unwrap_err();
        assert_eq!(error.code(), Some(ReturnCode::GENERIC_ERROR));
    }
}

#[test]
fn settings_are_enforced() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let admin = bench.engine.admin();
        // Never read, never set.
        assert!(admin.enforce_config(&gpus(1)).is_err());
        assert_eq!(set(&bench, 1, &limit(300)).expect("set"), []);
        let outcome = admin.enforce_config(&gpus(1)).expect("enforced");
        outcome.into_result().expect("nothing was refused");
    }
}

#[test]
fn only_gpus_have_a_configuration() {
    let bench = Bench::new(Flavour::V4_6);
    let before = bench.control.calls("dcgmConfigGet");
    for wrong in [
        vec![],
        vec![EntityId::switch(0)],
        vec![EntityId::gpu(0), EntityId::HOST],
    ] {
        let error = bench.engine.config().current(&wrong);
        assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
        let error = bench.engine.admin().set_config(&wrong, &limit(500));
        assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
    }
    assert_eq!(bench.control.calls("dcgmConfigGet"), before);
    let error = bench.engine.config().current(&[EntityId::gpu(77)]);
    assert!(error.is_err());
    assert_eq!(bench.control.open().groups, 0);
}

#[test]
fn mig_instances_are_created_and_deleted_by_kind() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let admin = bench.engine.admin();
        let gpu = EntityId::gpu(0);
        let instance = EntityId::new(EntityKind::GPU_INSTANCE, 0);
        let compute = EntityId::new(EntityKind::COMPUTE_INSTANCE, 0);
        let code = |outcome: Result<(), Error>| outcome.unwrap_err().code();
        // No GPU of this host is in MIG mode.
        let bad = Some(ReturnCode::BAD_PARAM);
        assert_eq!(
            code(admin.create_gpu_instance(gpu, GpuInstanceProfile::SLICES_3)),
            bad
        );
        let profile = ComputeInstanceProfile::SLICE_1;
        assert_eq!(code(admin.create_compute_instance(instance, profile)), bad);
        let missing = Some(ReturnCode::INSTANCE_NOT_FOUND);
        assert_eq!(code(admin.delete_instance(instance)), missing);
        let missing = Some(ReturnCode::COMPUTE_INSTANCE_NOT_FOUND);
        assert_eq!(code(admin.delete_instance(compute)), missing);
        for error in [
            admin.create_gpu_instance(instance, GpuInstanceProfile::SLICE_1),
            admin.create_compute_instance(gpu, profile),
            admin.delete_instance(gpu),
        ] {
            assert!(matches!(error, Err(Error::Request(_))), "{error:?}");
        }
    }
}

#[test]
fn the_engines_record_of_a_link_is_set() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let gpu = EntityId::gpu(1);
        let admin = bench.engine.admin();
        admin.set_link_state(gpu, 3, LinkState::DOWN).expect("set");
        let links = bench.engine.links().expect("links");
        let down = links.iter().filter(|link| link.state == LinkState::DOWN);
        let down: Vec<_> = down.map(|link| (link.parent, link.index)).collect();
        assert_eq!(down, [(gpu, 3)], "{flavour:?}");
    }
}

#[test]
fn lists_of_errors_are_destroyed() {
    let bench = Bench::new(Flavour::V4_6);
    bench.control.reset_calls();
    for watts in [500, 0] {
        let _ = set(&bench, 1, &limit(watts)).expect("an outcome");
    }
    let counts = ["dcgmStatusCreate", "dcgmStatusDestroy"].map(|name| bench.control.calls(name));
    assert_eq!(counts, [2, 2]);
}
