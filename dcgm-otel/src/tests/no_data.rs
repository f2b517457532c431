//! A meter without any value is not ready.

use dcgm::{EntityId, Error, FieldId, NoValue, ReturnCode};

use crate::testing::{Fake, Harness, SECOND};
use crate::{Config, ErrorKind, Group, GroupSwitch, MeterState};

fn refusal(code: ReturnCode) -> Error {
    Error::Call {
        function: "dcgmWatchFields",
        code,
    }
}

/// With no groups but these.
fn only(groups: &[Group]) -> Config {
    let all = Group::ALL.iter().filter(|group| !groups.contains(group));
    all.fold(Config::default().with_interval(SECOND), |config, group| {
        config.with_group(*group, GroupSwitch::Off)
    })
}

/// Checks that each tick fails, is counted and is reported.
fn assert_ticks_fail(harness: &Harness<Fake>) {
    let before = harness.health().errors(ErrorKind::Watch);
    for ticks in 1..=3 {
        harness.advance(SECOND);
        let failure = harness.sample_error();
        assert_eq!(failure.kind, ErrorKind::Watch, "{failure}");
        let health = harness.health();
        assert_eq!(health.state, MeterState::Degraded, "{health}");
        assert_eq!(health.reason, Some(failure));
        assert_eq!(health.samples, 0, "{health}");
        assert_eq!(health.errors(ErrorKind::Watch), before + ticks, "{health}");
    }
}

#[test]
fn a_host_without_the_fields_is_degraded_and_counts_events() {
    let fake = Fake::with_gpus(1);
    let values = fake.lose_all(NoValue::NotSupported);
    let harness = Harness::new(&fake);
    assert_ticks_fail(&harness);
    let xid = (EntityId::gpu(0), FieldId::XID_ERRORS, 79);
    fake.edit(|state| state.happened.push(xid));
    harness.sample_error();
    let counted = harness.value("hw.gpu.xid.errors", "error.type", "79");
    assert_eq!(counted, Some(1.0));

    // A driver that has them may be loaded later.
    fake.edit(|state| state.values = values);
    harness.sample();
    assert!(harness.health().is_ready());
}

#[test]
fn a_meter_with_every_watch_refused_is_degraded() {
    let every: [&[Group]; 4] = [
        Group::ALL,
        &[Group::Profiling],
        &[Group::Xid],
        &[Group::Profiling, Group::Xid],
    ];
    for groups in every {
        for code in [ReturnCode::NOT_SUPPORTED, ReturnCode::NO_PERMISSION] {
            let fake = Fake::with_gpus(1);
            fake.edit(|state| state.values.clear());
            fake.fail("watch", refusal(code));
            fake.fail("watch profiling", refusal(code));
            let harness = Harness::with_config(&fake, only(groups));
            assert_ticks_fail(&harness);
            assert_eq!(fake.count("connect"), 1, "{groups:?} {code:?}");
        }
    }
}

#[test]
fn a_meter_of_events_alone_is_ready_without_a_sample() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::with_config(&fake, only(&[Group::Xid]));
    for _ in 0..3 {
        harness.tick_after(SECOND);
    }
    let health = harness.health();
    assert!(health.is_ready() && health.samples == 0, "{health}");
}

#[test]
fn a_refused_kind_of_entities_is_reported_and_the_others_watched() {
    for (code, reported) in [
        (ReturnCode::NO_PERMISSION, 1),
        // Missing hardware support is no error.
        (ReturnCode::NOT_SUPPORTED, 0),
    ] {
        let harness = Harness::on_host("8xh100", Config::default());
        for switch in (0..4).map(EntityId::switch) {
            harness.client.refuse_entity(switch, refusal(code));
        }
        for _ in 0..3 {
            harness.tick_after(SECOND);
        }
        let health = harness.health();
        assert!(health.is_ready(), "{health}");
        assert_eq!(health.errors(ErrorKind::Watch), reported, "{health}");
    }
}

#[test]
fn an_engine_that_has_sampled_nothing_yet_is_not_ready() {
    let fake = Fake::with_gpus(1);
    let values = fake.lose_all(NoValue::NoData);
    let harness = Harness::new(&fake);
    let failure = harness.sample_error();
    assert_eq!(failure.kind, ErrorKind::Read, "{failure}");
    assert_eq!(harness.health().state, MeterState::Degraded);
    fake.edit(|state| state.values = values);
    harness.sample();
    assert!(harness.health().is_ready());
}
