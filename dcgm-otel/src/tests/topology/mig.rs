//! MIG instances.

use std::time::Duration;

use dcgm::{Entity, EntityId, EntityKind, EntityStatus, Error, FieldId, Mig, NoValue, ReturnCode};

use crate::testing::{Fake, Harness, SECOND, differing, fallen, lines, push};
use crate::{Config, ErrorKind};

#[test]
fn a_mig_gpu_and_its_instances_are_distinct() {
    let fake = Fake::with_gpus(1);
    fake.edit(|state| {
        state.entities[0].mig_enabled = Some(true);
        for number in 0..2 {
            let id = EntityId::new(EntityKind::GPU_INSTANCE, number);
            let mut instance = Entity::new(id);
            instance.parent = Some(EntityId::gpu(0));
            let mut mig = Mig::new(7 + number, None, 1);
            mig.profile = Some("1g.10gb".into());
            instance.mig = Some(mig);
            state.entities.push(instance);
            for field in [FieldId::FB_USED, FieldId::PROF_GR_ENGINE_ACTIVE] {
                state
                    .values
                    .insert((id, field), Ok(f64::from(number) / 2.0));
            }
        }
        for field in [FieldId::GPU_UTIL, FieldId::MEM_COPY_UTIL] {
            state
                .values
                .insert((EntityId::gpu(0), field), Err(NoValue::NotSupported));
        }
    });
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(
        harness.values("hw.gpu.utilization", "hw.gpu.mig.instance_id"),
        [
            ("GPU-a0".into(), String::new(), 1.0),
            ("GPU-a0/gi/7".into(), "7".into(), 0.0),
            ("GPU-a0/gi/8".into(), "8".into(), 0.5)
        ]
    );
    let points = harness.export();
    let instance = points.iter().find(|point| {
        point.name == "hw.gpu.memory.usage"
            && point.attribute("hw.id").as_deref() == Some("GPU-a0/gi/8")
    });
    let instance = instance.unwrap();
    assert_eq!(instance.attribute("hw.parent").as_deref(), Some("GPU-a0"));
    assert_eq!(
        instance.attribute("hw.gpu.mig.profile").as_deref(),
        Some("1g.10gb")
    );
    assert_eq!(instance.attribute("hw.name").as_deref(), Some("nvidia0"));
}

#[test]
fn instances_that_cannot_be_listed_cost_themselves_only() {
    let fake = Fake::with_gpus(1);
    // Without MIG, instances are listed once a minute.
    fake.edit(|state| state.entities[0].mig_enabled = Some(true));
    let harness = Harness::with_settings(&fake, Config::default());
    fake.fail(
        "list instances",
        Error::Call {
            function: "dcgmGetEntityGroupEntities",
            code: ReturnCode::GENERIC_ERROR,
        },
    );
    harness.tick_after(Duration::from_millis(500));
    assert!(harness.health().is_ready());
    assert_eq!(harness.health().errors(ErrorKind::Mig), 1);
    assert!(harness.has("hw.power"));
}

/// An instance, the `n`th of a GPU as DCGM counts, under NVML's number.
fn instance(gpu: u32, n: u32, number: u32) -> Entity {
    let mut entity = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, gpu * 8 + n));
    entity.status = EntityStatus::OK;
    entity.parent = Some(EntityId::gpu(gpu));
    let mut mig = Mig::new(number, None, 3);
    mig.profile = Some("3g.40gb".into());
    entity.mig = Some(mig);
    entity
}

fn with_room() -> Config {
    Config::default()
        .with_max_series(4096)
        .with_interval(SECOND)
}

/// Instances of GPU 0 that have values.
fn instances(harness: &Harness) -> String {
    let usage = harness.shown_of("hw.gpu.memory.usage gpu0/").into_keys();
    let numbers = usage.filter_map(|name| name.rsplit('/').next().map(ToOwned::to_owned));
    numbers.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_repartitioned_gpu_has_old_or_new_instances_never_both() {
    let both = ["8xh100-mig7", "8xh100-mig7"].map(|name| Harness::sampled_with(name, with_room()));
    let [bad, calm] = &both;
    let old = |n| EntityId::new(EntityKind::GPU_INSTANCE, n);
    for harness in &both {
        harness.run_until(30);
        push(&harness.client, old(2), FieldId::XID_ERRORS, &[13]);
        harness.run_until(45);
    }
    assert_eq!(bad.series("hw.gpu.xid.errors gpu0/gi/9 13"), Some(1.0));
    assert_eq!(instances(bad), "10 11 12 13 7 8 9");
    let before = bad.shown();
    // Seven go and three come, one by one within two seconds, under numbers used before.
    let step = Duration::from_millis(200);
    let mut seen = Vec::new();
    for n in 0..7 {
        bad.client.remove_entity(old(n));
        bad.tick_after(step);
        seen.push(instances(bad));
    }
    for (n, number) in [(0, 1), (1, 2), (2, 5)] {
        bad.client.add_entity(instance(0, n, number));
        bad.tick_after(step);
        seen.push(instances(bad));
    }
    assert_eq!(
        seen.join("|"),
        "10 11 12 13 8 9|10 11 12 13 9|10 11 12 13|11 12 13|12 13|13||||"
    );
    // The list was stable for a second, so the new instances are watched.
    bad.tick_after(Duration::from_millis(999));
    assert_eq!(instances(bad), "");
    bad.tick_after(Duration::from_millis(1));
    assert_eq!(instances(bad), "1 2 5");
    assert_eq!(bad.series("hw.gpu.mig.instance.count gpu0"), Some(3.0));
    assert_eq!(bad.shown_of("hw.gpu.sm.utilization gpu0/").len(), 3);
    // Counts of an old instance are held, and not continued by a new instance.
    assert_eq!(fallen(&before, &bad.shown()), [""; 0]);
    assert_eq!(
        bad.shown_of("hw.gpu.xid.errors"),
        calm.shown_of("hw.gpu.xid.errors")
    );
    push(&bad.client, old(1), FieldId::XID_ERRORS, &[13]);
    bad.run_until(90);
    calm.advance(bad.now().saturating_sub(calm.now()));
    calm.sample();
    assert_eq!(bad.series("hw.gpu.xid.errors gpu0/gi/2 13"), Some(1.0));
    // The other GPUs and their instances go on as they would have.
    let mut others = differing(&bad.shown(), &calm.shown());
    others.retain(|name| !name.contains(" gpu0"));
    assert_eq!(lines(&others), "");
    assert_eq!(bad.ailing(), "");
    bad.assert_well();
}

#[test]
fn instances_recreated_under_the_same_numbers_are_found() {
    let harness = Harness::sampled_with("8xh100-mig7", with_room());
    harness.run_until(30);
    for (n, number) in (0..7).zip([7, 8, 9, 10, 11, 5, 3]) {
        harness
            .client
            .remove_entity(EntityId::new(EntityKind::GPU_INSTANCE, n));
        harness.client.add_entity(instance(0, n, number));
    }
    harness.run_until(45);
    assert_eq!(instances(&harness), "");
    harness.tick_after(SECOND);
    assert_eq!(instances(&harness), "10 11 3 5 7 8 9");
    harness.assert_well();
}

#[test]
fn a_gpu_whose_mig_mode_is_switched_has_one_utilization_the_right_one() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    let before = harness.shown();
    let whole = harness
        .client
        .model()
        .host()
        .entity(EntityId::gpu(0))
        .unwrap()
        .clone();
    let mut cut = whole.clone();
    cut.mig_enabled = Some(true);
    harness.client.remove_entity(cut.id);
    harness.run_until(45);
    harness.client.add_entity(cut);
    harness.client.add_entity(instance(0, 0, 1));
    harness.client.add_entity(instance(0, 1, 2));
    harness.tick_after(SECOND);
    harness.tick_after(SECOND);
    let general = |harness: &Harness| {
        let mut general = harness.shown_of("hw.gpu.utilization gpu0");
        general.retain(|name, _| name.ends_with(" general"));
        general.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(
        general(&harness),
        [
            "hw.gpu.utilization gpu0 general",
            "hw.gpu.utilization gpu0/gi/1 general",
            "hw.gpu.utilization gpu0/gi/2 general"
        ]
    );
    // Of the whole GPU only what its instances share; no single links.
    let gone = [
        "hw.gpu.utilization gpu0 memory",
        "hw.gpu.engine.utilization gpu0 graphics",
    ];
    let shown = harness.shown();
    assert!(
        gone.iter()
            .all(|name| before.contains_key(*name) && !shown.contains_key(*name))
    );
    assert_eq!(fallen(&before, &shown), [""; 0]);
    assert_eq!(harness.ailing(), "");
    // And back.
    harness.client.remove_entity(EntityId::gpu(0));
    harness.tick_after(SECOND);
    harness.client.add_entity(whole);
    for n in 0..2 {
        harness
            .client
            .remove_entity(EntityId::new(EntityKind::GPU_INSTANCE, n));
    }
    harness.tick_after(SECOND);
    harness.tick_after(SECOND);
    assert_eq!(general(&harness), ["hw.gpu.utilization gpu0 general"]);
    let after = harness.shown();
    assert_eq!(fallen(&shown, &after), [""; 0]);
    let mut names: Vec<_> = after.into_keys().collect();
    names.retain(|name| !before.contains_key(name));
    assert_eq!(
        names,
        [
            "hw.gpu.nvlink.io gpu0 receive",
            "hw.gpu.nvlink.io gpu0 transmit"
        ]
    );
    harness.assert_well();
}
