//! GPUs that are lost and come back, and GPUs that are partitioned again.

use std::collections::BTreeMap;
use std::time::Duration;

use dcgm::{Entity, EntityId, EntityKind, EntityStatus, FieldId, Mig};

use crate::testing::{Harness, SECOND, Shown, differing, fallen, is_counter, lines, push};
use crate::{Config, ErrorKind, MeterState};

/// Gauges of a GPU, without its states.
fn levels(harness: &Harness, who: &str) -> Vec<String> {
    let of = |name: &str| name.split([' ', '#', '/']).nth(1) == Some(who);
    let names = harness.shown().into_keys();
    names
        .filter(|name| of(name) && !is_counter(name) && !name.starts_with("hw.status"))
        .collect()
}

/// The states that are 1, of each GPU of a harness.
fn gpu_states(harness: &Harness) -> BTreeMap<String, usize> {
    let mut states = BTreeMap::new();
    for (name, value) in harness.shown() {
        let state = name
            .strip_prefix("hw.status gpu")
            .and_then(|rest| rest.split_once(' '));
        if let (Some((_, state)), true) = (state, value > 0.0) {
            *states.entry(state.to_owned()).or_default() += 1;
        }
    }
    states
}

/// One interval later, or a second after that, a tick fails with this kind.
fn fails_with(harness: &Harness, kind: ErrorKind) {
    harness.advance(SECOND * 15);
    let outcome = harness.meter().sample_now().and_then(|()| {
        harness.advance(SECOND);
        harness.meter().sample_now()
    });
    assert_eq!(outcome.map_err(|error| error.kind), Err(kind));
    let health = harness.health();
    assert_eq!(health.state, MeterState::Degraded);
    assert_eq!(health.reason.map(|reason| reason.kind), Some(kind));
}

fn set_all(harness: &Harness, status: EntityStatus) {
    for gpu in 0..8 {
        harness.client.set_status(EntityId::gpu(gpu), status);
    }
}

#[test]
fn paused_telemetry_is_no_failure_of_a_gpu() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    let before = harness.shown();
    set_all(&harness, EntityStatus::DISABLED);
    fails_with(&harness, ErrorKind::Paused);
    fails_with(&harness, ErrorKind::Paused);
    assert_eq!(gpu_states(&harness), [("paused".to_owned(), 8)].into());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
    assert!(
        harness
            .shown()
            .keys()
            .all(|name| !name.starts_with("hw.temperature gpu"))
    );
    set_all(&harness, EntityStatus::OK);
    harness.advance(SECOND * 15);
    assert!(
        harness.meter().sample_now().is_err(),
        "it has to last for a second"
    );
    harness.tick_after(SECOND);
    assert_eq!(gpu_states(&harness), [("ok".to_owned(), 8)].into());
    assert_eq!(fallen(&before, &harness.shown()), [""; 0]);
    assert!(harness.health().is_ready());
}

#[test]
fn a_planned_detach_is_no_failure_of_a_gpu() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    set_all(&harness, EntityStatus::DETACHED);
    fails_with(&harness, ErrorKind::Detached);
    fails_with(&harness, ErrorKind::Detached);
    assert_eq!(gpu_states(&harness), [("detached".to_owned(), 8)].into());
    // The driver is unloaded, and the engine forgets the GPUs.
    for gpu in 0..8 {
        harness.client.remove_entity(EntityId::gpu(gpu));
    }
    // That shows when the entities are gone through again: within a minute. The switches go on.
    for _ in 0..5 {
        harness.advance(SECOND * 15);
        let _ = harness.meter().sample_now();
    }
    harness.tick_after(SECOND);
    assert_eq!(gpu_states(&harness), BTreeMap::new());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

#[test]
fn one_detached_gpu_costs_the_others_nothing() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    harness
        .client
        .set_status(EntityId::gpu(3), EntityStatus::DETACHED);
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
    let states = [("detached".to_owned(), 1), ("ok".to_owned(), 7)];
    assert_eq!(gpu_states(&harness), states.into());
    assert_eq!(harness.series("hw.gpu.count host"), Some(7.0));
    assert!(harness.health().is_ready());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

#[test]
fn one_paused_gpu_costs_the_others_nothing() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(30);
    harness
        .client
        .set_status(EntityId::gpu(3), EntityStatus::DISABLED);
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
    let states = [("paused".to_owned(), 1), ("ok".to_owned(), 7)];
    assert_eq!(gpu_states(&harness), states.into());
    assert_eq!(harness.series("hw.gpu.count host"), Some(7.0));
    assert!(harness.health().is_ready());
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 0);
}

/// A lost GPU is in no list of supported entities, and neither is one that is detached or gone: the
/// list is the same before and after.
#[test]
fn a_change_of_a_status_that_no_list_shows_is_noticed_within_a_minute() {
    use EntityStatus as S;

    let changes = [
        (S::LOST, Some(S::DETACHED), [("detached", 1), ("ok", 7)]),
        (S::LOST, Some(S::DISABLED), [("ok", 7), ("paused", 1)]),
        (S::DISABLED, Some(S::DETACHED), [("detached", 1), ("ok", 7)]),
        (S::DETACHED, Some(S::LOST), [("failed", 1), ("ok", 7)]),
        (S::DISABLED, Some(S::LOST), [("failed", 1), ("ok", 7)]),
        (S::LOST, None, [("failed", 1), ("ok", 7)]),
        (S::DETACHED, None, [("ok", 7), ("ok", 7)]),
        (S::DISABLED, None, [("ok", 7), ("ok", 7)]),
    ];
    for (before, after, states) in changes {
        let what = format!("{before} to {after:?}");
        let harness = Harness::sampled("8xh100");
        harness.run_until(30);
        let gpu = EntityId::gpu(3);
        harness.client.set_status(gpu, before);
        harness.tick_after(SECOND * 15);
        harness.tick_after(SECOND);
        assert_eq!(gpu_states(&harness).len(), 2, "{what}");
        match after {
            Some(status) => harness.client.set_status(gpu, status),
            None => harness.client.remove_entity(gpu),
        }
        for _ in 0..5 {
            harness.tick_after(SECOND * 15);
        }
        harness.tick_after(SECOND);
        let states = states.map(|(state, count)| (state.to_owned(), count));
        assert_eq!(gpu_states(&harness), states.into(), "{what}");
        assert!(harness.health().is_ready(), "{what}");
    }
}

#[test]
fn a_gpu_lost_before_the_start_has_failed() {
    let harness = Harness::prepared("8xh100", Config::default(), |mock| {
        mock.set_status(EntityId::gpu(5), EntityStatus::LOST);
    });
    harness.run_until(30);
    let states = [("failed".to_owned(), 1), ("ok".to_owned(), 7)];
    assert_eq!(gpu_states(&harness), states.into());
    assert_eq!(harness.ailing(), "gpu5 failed");
    let health = harness.health();
    assert!(health.is_ready());
    assert_eq!(health.errors(ErrorKind::GpuLost), 1);
}

#[test]
fn a_gpu_that_dcgm_does_not_support_is_no_failure() {
    let harness = Harness::prepared("8xh100", Config::default(), |mock| {
        mock.set_status(EntityId::gpu(7), EntityStatus::UNSUPPORTED);
    });
    harness.run_until(30);
    assert_eq!(gpu_states(&harness), [("ok".to_owned(), 7)].into());
    harness.assert_well();
}

#[test]
fn a_gpu_that_falls_off_the_bus_has_failed_until_it_is_back() {
    let both = [Harness::sampled("8xh100,xid79"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    for harness in &both {
        harness.run_until(285);
    }
    assert_eq!(bad.shown(), calm.shown());
    let before = bad.shown();
    bad.run_until(300);
    assert_eq!(bad.series("hw.gpu.xid.errors gpu4 79"), Some(1.0));
    // It has been missing from the list for a second.
    bad.tick_after(SECOND);
    let mut held: Option<Shown> = None;
    while bad.now() < Duration::from_secs(596) {
        bad.tick_after(SECOND * 5);
        let at = bad.now();
        assert_eq!(bad.ailing(), "gpu4 failed", "at {at:?}");
        let mut shown = bad.shown();
        // While it is still listed, its attributes may be exported.
        shown.retain(|name, _| name.contains(" gpu4") && !name.starts_with("hw.gpu.info"));
        let (counters, levels): (Shown, Shown) =
            shown.into_iter().partition(|(name, _)| is_counter(name));
        assert!(
            levels.len() == 4 && levels.keys().all(|name| name.starts_with("hw.status ")),
            "at {at:?}: {levels:?}"
        );
        assert_eq!(*held.get_or_insert(counters.clone()), counters, "at {at:?}");
    }
    assert!(bad.health().is_ready());
    // It is back at 600 s, and has stayed for a second at 602 s.
    bad.tick_after(SECOND * 5);
    bad.tick_after(SECOND);
    assert_eq!(bad.now(), SECOND * 602);
    assert_eq!(bad.ailing(), "");
    assert_eq!(bad.statuses().len(), 12);
    assert_eq!(fallen(&before, &bad.shown()), [""; 0]);
    // After the reset the driver started at zero: all that it reports is growth since the loss.
    let energy = held.unwrap()["hw.energy gpu4"];
    bad.tick_after(SECOND * 15);
    let since = bad.raw(EntityId::gpu(4), FieldId::TOTAL_ENERGY_CONSUMPTION) / 1e3;
    let now = bad.series("hw.energy gpu4").unwrap();
    assert!(
        (now - energy - since).abs() < 1e-3,
        "{energy} {since} {now}"
    );
    // There, too, a GPU that came and went at once made the meter watch everything again.
    calm.run_until(600);
    let again = calm.client.model().host().entity(EntityId::gpu(4)).cloned();
    calm.client.remove_entity(EntityId::gpu(4));
    calm.client.add_entity(again.unwrap());
    calm.tick_after(SECOND);
    calm.tick_after(SECOND);
    bad.run_until(632);
    calm.run_until(632);
    // Other GPUs are unaffected, except for rates of links, which had fewer samples.
    let mut others = differing(&bad.shown(), &calm.shown());
    others.retain(|name| {
        let switch = name.contains(" nvswitch-");
        !switch && !name.contains(" gpu4") && !name.starts_with("hw.gpu.nvlink.io")
    });
    assert_eq!(lines(&others), "");
    assert_eq!(bad.series("hw.gpu.xid.errors gpu4 79"), Some(1.0));
    assert_eq!(bad.errors(), [(ErrorKind::GpuLost, 1)]);
}

#[test]
fn a_gpu_that_vanishes_is_distinguished_from_those_that_stay() {
    let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    let gpu = EntityId::gpu(3);
    let entity = bad.client.model().host().entity(gpu).unwrap().clone();
    for harness in &both {
        harness.run_until(30);
    }
    let before = bad.shown();
    bad.client.remove_entity(gpu);
    // At first, while it may still come back, it has no series of any state.
    bad.run_until(45);
    calm.run_until(45);
    assert!(!bad.statuses().contains_key("gpu3"));
    let mut gone = differing(&bad.shown(), &calm.shown());
    gone.retain(|name| !name.contains(" gpu3"));
    assert_eq!(lines(&gone), "");
    bad.tick_after(SECOND);
    calm.tick_after(SECOND);
    assert_eq!(bad.ailing(), "gpu3 failed");
    assert_eq!(levels(bad, "gpu3"), [""; 0]);
    // It comes back with the same ids and other counts, which are added to the held totals.
    bad.client.add_entity(entity);
    for _ in 0..2 {
        bad.tick_after(SECOND);
    }
    assert_eq!(bad.ailing(), "");
    assert_eq!(fallen(&before, &bad.shown()), [""; 0]);
    let names = |shown: Shown| shown.into_keys().collect::<Vec<_>>();
    assert_eq!(names(bad.shown()), names(before));
    // No more than a set of watches.
    assert_eq!(bad.client.open_watches(), calm.client.open_watches());
    assert_eq!(bad.errors(), [(ErrorKind::GpuLost, 1)]);
}

#[test]
fn when_all_gpus_vanish_each_of_them_has_failed() {
    let harness = Harness::sampled("1xl4");
    let gpu = EntityId::gpu(0);
    harness.run_until(30);
    let entity = harness.client.model().host().entity(gpu).unwrap().clone();
    harness.client.remove_entity(gpu);
    harness.advance(SECOND * 15);
    let _ = harness.meter().sample_now();
    for _ in 0..120 {
        harness.advance(SECOND);
        let failure = harness.sample_error();
        assert_eq!(failure.kind, ErrorKind::Enumerate, "{failure}");
        assert_eq!(harness.ailing(), "gpu0 failed");
        assert_eq!(harness.health().state, MeterState::Degraded);
    }
    harness.client.add_entity(entity);
    harness.tick_after(SECOND);
    harness.tick_after(SECOND);
    assert_eq!(
        (harness.ailing(), harness.health().state),
        (String::new(), MeterState::Ready)
    );
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

#[test]
fn switches_that_appear_later_are_found_and_those_that_vanish_have_failed() {
    let switches: Vec<_> = (0..4).map(EntityId::switch).collect();
    let harness = Harness::prepared("8xh100", Config::default(), |mock| {
        for switch in &switches {
            mock.remove_entity(*switch);
        }
    });
    let model = harness.client.model();
    harness.run_until(60);
    let temperature = "hw.temperature nvswitch-2 switch";
    assert_eq!(harness.series(temperature), None);
    for switch in &switches {
        let entity = model.host().entity(*switch).unwrap().clone();
        harness.client.add_entity(entity);
    }
    // Within a minute, a tick and a second.
    harness.run_until(135);
    harness.tick_after(SECOND);
    assert!(harness.series(temperature).is_some());
    harness.run_until(600);
    assert_eq!(harness.ailing(), "");
    harness.client.remove_entity(switches[2]);
    harness.run_until(675);
    harness.tick_after(SECOND);
    assert_eq!(harness.series(temperature), None);
    assert_eq!(harness.ailing(), "nvswitch-2 failed");
}

#[test]
fn a_device_that_was_removed_on_purpose_is_forgotten() {
    for host in ["8xh100", "8xh100-mig7"] {
        let harness = Harness::sampled(host);
        let gpu = EntityId::gpu(3);
        let entity = harness.client.model().host().entity(gpu).unwrap().clone();
        let uuid = entity.uuid.clone().unwrap();
        let of_it = || {
            let points = harness.export().into_iter().filter(|point| {
                let id = point.attribute("hw.id").unwrap_or_default();
                id.starts_with(&*uuid)
            });
            points.count()
        };
        push(&harness.client, gpu, FieldId::XID_ERRORS, &[79]);
        harness.run_until(60);
        let before = of_it();
        assert!(!harness.meter().forget(&uuid), "it is there");
        assert!(!harness.meter().forget("GPU-of-another-host"));
        harness.client.remove_entity(gpu);
        harness.run_until(75);
        harness.tick_after(SECOND);
        // Its counters and its status.
        assert!(of_it() > 10, "{host}");
        assert!(harness.meter().forget(&uuid), "{host}");
        assert_eq!(of_it(), 0, "{host}");
        assert!(!harness.meter().forget(&uuid), "{host}");
        harness.run_until(600);
        assert_eq!(of_it(), 0, "{host}");
        assert!(harness.health().is_ready());
        // It is back.
        harness.client.add_entity(entity);
        for _ in 0..4 {
            harness.tick_after(SECOND * 2);
        }
        assert!(of_it() + 10 > before, "{host}: {} of {before}", of_it());
    }
}
