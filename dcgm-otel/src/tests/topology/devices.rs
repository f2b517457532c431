//! Devices that appear and vanish.

use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, EntityStatus, Error, FieldId, NoValue, ReturnCode};

use crate::testing::{
    COUNTERS, Fake, Harness, SECOND, Shown, differing, fallen, gauges, is_counter, lines, push,
    run_all,
};
use crate::{Config, ErrorKind, MeterState};

/// Waits until a change counts as stable.
fn settle(harness: &Harness<Fake>) {
    harness.sample();
    harness.tick_after(SECOND);
}

#[test]
fn a_host_without_a_gpu_is_degraded_and_a_gpu_that_comes_is_seen() {
    let fake = Fake::with_gpus(1);
    let gpus = fake.edit(|state| std::mem::take(&mut state.entities));
    let harness = Harness::new(&fake);
    assert_eq!(harness.sample_error().kind, ErrorKind::Enumerate);
    assert!(!harness.health().is_ready());
    fake.edit(|state| state.entities = gpus);
    harness.sample();
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn a_gpu_that_is_gone_leaves_its_totals() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.set(1, FieldId::PCIE_REPLAY_COUNTER, 5.0);
    harness.sample();
    let lost = fake.edit(|state| state.entities.pop());
    settle(&harness);
    // And its four series of hw.status, which report the failure.
    assert_eq!(harness.gauges_and_counters(), (gauges(1) + 4, 2 * COUNTERS));
    let failed = |id: &str| {
        let mut states = harness.values("hw.status", "hw.state");
        states.retain(|(of, state, _)| of == id && state == "failed");
        states.pop().map(|(_, _, value)| value)
    };
    assert_eq!((failed("GPU-a0"), failed("GPU-a1")), (Some(0.0), Some(1.0)));
    assert_eq!(harness.health().errors(ErrorKind::GpuLost), 1);
    let replays = || {
        let mut values = harness.values("hw.errors", "error.type");
        values.retain(|(_, kind, _)| kind == "pcie_replay");
        values
            .into_iter()
            .map(|(id, _, value)| (id, value))
            .collect::<Vec<_>>()
    };
    assert_eq!(replays(), [("GPU-a0".into(), 0.0), ("GPU-a1".into(), 4.0)]);
    assert_eq!(harness.health().entities, 1);

    // It was reset meanwhile, and counts from zero.
    fake.set(1, FieldId::PCIE_REPLAY_COUNTER, 2.0);
    fake.edit(|state| state.entities.extend(lost));
    settle(&harness);
    assert_eq!(failed("GPU-a1"), Some(0.0));
    assert_eq!(replays(), [("GPU-a0".into(), 0.0), ("GPU-a1".into(), 6.0)]);
    assert_eq!(harness.health().counter_resets, 1);
}

#[test]
fn a_gpu_that_lost_its_watch_is_enumerated_again() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(fake.count("entities"), 1);
    harness.sample();
    assert_eq!(fake.count("entities"), 1);
    let before = fake.edit(|state| {
        let before = state.values.clone();
        for (key, value) in &mut state.values {
            if key.0 == EntityId::gpu(1) {
                *value = Err(NoValue::NotWatched);
            }
        }
        before
    });
    harness.sample();
    assert_eq!(fake.count("entities"), 1);
    harness.tick_after(SECOND);
    assert_eq!(fake.count("entities"), 2);
    fake.edit(|state| state.values = before);
    // The watch is retried after a minute.
    harness.advance(SECOND * 60);
    settle(&harness);
    assert_eq!(harness.gauges_and_counters(), (gauges(2), 2 * COUNTERS));
}

#[test]
fn a_lost_gpu_costs_its_own_series_and_comes_back() {
    let harness = Harness::sampled("8xh100");
    let gone = EntityId::gpu(3);
    let entity = harness.client.model().host().entity(gone).unwrap().clone();
    let watches = harness.client.open_watches();
    let powers = || harness.values("hw.power", "hw.type");
    let gpus = || powers().iter().filter(|(_, kind, _)| kind == "gpu").count();
    harness.client.remove_entity(gone);
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
    assert_eq!((gpus(), harness.points_per_metric()["hw.energy"]), (7, 8));
    harness.client.add_entity(entity);
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
    assert_eq!((gpus(), harness.points_per_metric()["hw.energy"]), (8, 8));
    // Each session ends the watches of the one before.
    assert_eq!(harness.client.open_watches(), watches);
}

/// Gauges of a GPU, without its states.
fn gauge_names(harness: &Harness, who: &str) -> Vec<String> {
    let of = |name: &str| name.split([' ', '#', '/']).nth(1) == Some(who);
    let names = harness.shown().into_keys();
    names
        .filter(|name| of(name) && !is_counter(name) && !name.starts_with("hw.status"))
        .collect()
}

#[test]
fn a_gpu_that_vanishes_is_distinguished_from_those_that_stay() {
    let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    let gpu = EntityId::gpu(3);
    let entity = bad.client.model().host().entity(gpu).unwrap().clone();
    run_all(&both, 30);
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
    assert_eq!(gauge_names(bad, "gpu3"), [""; 0]);
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
        // It is back. Nothing shows that but the list, which is read each minute.
        harness.client.add_entity(entity);
        for _ in 0..6 {
            harness.tick_after(SECOND * 15);
        }
        assert!(of_it() + 10 > before, "{host}: {} of {before}", of_it());
    }
}

#[test]
fn while_entities_cannot_be_read_the_others_go_on() {
    let harness = Harness::sampled("8xh100");
    let calm = Harness::sampled("8xh100");
    for scene in [&harness, &calm] {
        scene.run_until(60);
    }
    // A GPU is gone from the list of ids, and its properties cannot be read.
    harness.client.remove_entity(EntityId::gpu(7));
    let function = Call::Entities.function();
    for code in [ReturnCode::GENERIC_ERROR, ReturnCode::NOT_SUPPORTED] {
        let error = Error::Call { function, code };
        harness.client.fail_always(Call::Entities, error);
        for _ in 0..4 {
            harness.advance(SECOND * 15);
            calm.tick_after(SECOND * 15);
            let outcome = harness.meter().sample_now();
            let values = |scene: &Harness<Mock>| {
                let mut shown = scene.shown();
                shown.retain(|name, _| name.starts_with("hw.") && !name.contains("gpu7"));
                shown
            };
            assert_eq!(values(&harness), values(&calm), "{code:?} {outcome:?}");
        }
        let failed = harness.meter().sample_now().unwrap_err();
        assert_eq!(failed.kind, ErrorKind::Enumerate);
    }
    // The watch of events has a GPU that is gone: they are read when there is another one.
    push(
        &harness.client,
        EntityId::gpu(0),
        FieldId::XID_ERRORS,
        &[31],
    );
    harness.advance(SECOND * 15);
    harness.meter().sample_now().unwrap_err();
    harness.client.clear_faults();
    harness.tick_after(SECOND * 15);
    assert_eq!(harness.ailing(), "gpu7 failed");
    assert!(harness.health().is_ready());
    let name = "hw.gpu.xid.errors gpu0 31";
    assert_eq!(harness.shown().get(name), Some(&1.0));
}

/// Most ticks need no list: samples show what goes, and a list each minute what comes.
#[test]
fn ids_are_listed_each_minute_and_at_a_sign_of_a_change() {
    let harness = Harness::sampled("8xh100");
    let gpu = EntityId::gpu(3);
    let lists = || harness.client.calls(Call::List);
    harness.run_until(60);
    let mut ticks_with_list = 0;
    for _ in 0..40 {
        let before = lists();
        harness.tick_after(SECOND * 15);
        ticks_with_list += u32::from(lists() > before);
    }
    assert_eq!(ticks_with_list, 10);

    let signs: [&dyn Fn(); 5] = [
        &|| harness.client.remove_entity(gpu),
        &|| harness.client.set_status(gpu, EntityStatus::LOST),
        &|| harness.client.set_status(gpu, EntityStatus::DETACHED),
        &|| harness.client.set_status(gpu, EntityStatus::DISABLED),
        &|| harness.client.freeze_sampling(true),
    ];
    for (case, sign) in signs.iter().enumerate() {
        let harness = &harness;
        let calls = lists();
        sign();
        harness.advance(SECOND * 15);
        let _ = harness.meter().sample_now();
        assert!(lists() > calls, "sign {case}");
        // And back to normal.
        harness.client.freeze_sampling(false);
        harness.client.set_status(gpu, EntityStatus::OK);
        if case == 0 {
            let entity = harness.client.model().host().entity(gpu).unwrap().clone();
            harness.client.add_entity(entity);
        }
        harness.run_until(900 + 200 * (case as u64));
    }
}
