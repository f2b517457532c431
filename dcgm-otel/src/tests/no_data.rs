//! A meter without any value is not ready.

use dcgm::{EntityId, EntityKind, Error, FieldId, NoValue, ReturnCode};

use super::{Pipeline, SECOND, builder};
use crate::clock::Clock;
use crate::fake::Fake;
use crate::{Config, DcgmMeter, ErrorKind, Group, GroupSwitch, MeterState};

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

fn install(pipeline: &Pipeline, fake: &Fake, config: Config) -> (DcgmMeter, Clock) {
    let clock = Clock::manual();
    let meter = builder(fake)
        .with_config(config)
        .clock(clock.clone())
        .install(&pipeline.provider)
        .unwrap();
    (meter, clock)
}

/// Checks that each tick fails, is counted and is reported.
fn assert_ticks_fail(meter: &DcgmMeter, clock: &Clock) {
    let before = meter.health().errors(ErrorKind::Watch);
    for ticks in 1..=3 {
        clock.advance(SECOND);
        let failure = meter.sample_now().unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Watch, "{failure}");
        let health = meter.health();
        assert_eq!(health.state, MeterState::Degraded, "{health}");
        assert_eq!(health.reason, Some(failure));
        assert_eq!(health.samples, 0, "{health}");
        assert_eq!(health.errors(ErrorKind::Watch), before + ticks, "{health}");
    }
}

#[test]
fn a_host_without_the_fields_is_degraded_and_counts_events() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let values = fake.lose_all(NoValue::NotSupported);
    let (meter, clock) = pipeline.meter(&fake);
    assert_ticks_fail(&meter, &clock);
    let xid = (EntityId::gpu(0), FieldId::XID_ERRORS, 79);
    fake.edit(|state| state.happened.push(xid));
    meter.sample_now().unwrap_err();
    let counted = pipeline.value("hw.gpu.xid.errors", "error.type", "79");
    assert_eq!(counted, Some(1.0));

    // A driver that has them may be loaded later.
    fake.edit(|state| state.values = values);
    meter.sample_now().unwrap();
    assert!(meter.health().is_ready());
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
            let pipeline = Pipeline::new();
            let fake = Fake::with_gpus(1);
            fake.edit(|state| state.values.clear());
            fake.fail("watch", refusal(code));
            fake.fail("watch profiling", refusal(code));
            let (meter, clock) = install(&pipeline, &fake, only(groups));
            assert_ticks_fail(&meter, &clock);
            assert_eq!(fake.count("connect"), 1, "{groups:?} {code:?}");
        }
    }
}

#[test]
fn a_meter_of_events_alone_is_ready_without_a_sample() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let (meter, clock) = install(&pipeline, &fake, only(&[Group::Xid]));
    for _ in 0..3 {
        clock.advance(SECOND);
        meter.sample_now().unwrap();
    }
    let health = meter.health();
    assert!(health.is_ready() && health.samples == 0, "{health}");
}

#[test]
fn a_refused_kind_of_entities_is_reported_and_the_others_watched() {
    let switch = EntityId::new(EntityKind::SWITCH, 0);
    for (code, reported) in [
        (ReturnCode::NO_PERMISSION, 1),
        // Missing hardware support is no error.
        (ReturnCode::NOT_SUPPORTED, 0),
    ] {
        let pipeline = Pipeline::new();
        let fake = Fake::with_gpus(1);
        fake.edit(|state| {
            state.entities.push(dcgm::Entity::new(switch));
            state.refused = Some((EntityKind::SWITCH, refusal(code)));
        });
        let (meter, clock) = pipeline.meter(&fake);
        for _ in 0..3 {
            clock.advance(SECOND);
            meter.sample_now().unwrap();
        }
        let health = meter.health();
        assert!(health.is_ready(), "{health}");
        assert_eq!(health.errors(ErrorKind::Watch), reported, "{health}");
    }
}

#[test]
fn an_engine_that_has_sampled_nothing_yet_is_not_ready() {
    let pipeline = Pipeline::new();
    let fake = Fake::with_gpus(1);
    let values = fake.lose_all(NoValue::NoData);
    let (meter, _clock) = pipeline.meter(&fake);
    let failure = meter.sample_now().unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Read, "{failure}");
    assert_eq!(meter.health().state, MeterState::Degraded);
    fake.edit(|state| state.values = values);
    meter.sample_now().unwrap();
    assert!(meter.health().is_ready());
}
