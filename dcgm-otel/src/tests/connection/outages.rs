//! Lost connections, calls that fail, hang or panic, and engines that restart.

use std::thread;

use dcgm::mock::{Call, Delay};
use dcgm::{EntityId, Error, FieldId, NoValue, Operation, ReturnCode};

use crate::testing::{
    COUNTERS, Exported, Fake, Harness, SECOND, call, counters_of, differing, fallen, gauges, lines,
    push, refused, run_all,
};
use crate::{DcgmMeter, ErrorKind, MeterState};

#[test]
fn levels_vanish_with_the_connection_and_counters_hold() {
    let fake = Fake::with_gpus(2);
    let harness = Harness::new(&fake);
    harness.sample();
    assert_eq!(harness.gauges_and_counters(), (gauges(2), 2 * COUNTERS));

    fake.fail("latest", refused());
    fake.fail("connect", refused());
    // During another call, and then at the next call.
    for lost in 1..=2 {
        let failure = harness.sample_error();
        assert_eq!(failure.kind, ErrorKind::Connect);
        assert_eq!(harness.health().errors(ErrorKind::Connect), lost);
        assert_eq!(harness.health().reason, Some(failure));
        assert_eq!(harness.gauges_and_counters(), (0, 2 * COUNTERS));
    }
    let health = harness.health();
    assert_eq!(health.state, MeterState::Degraded);
    assert_eq!((health.entities, health.series), (0, 2 * COUNTERS));

    fake.heal();
    harness.sample();
    assert_eq!(harness.gauges_and_counters(), (gauges(2), 2 * COUNTERS));
    let health = harness.health();
    assert!(health.is_ready());
    assert_eq!((health.reason, health.reconnects), (None, 1));
}

#[test]
fn a_call_that_timed_out_ends_the_connection() {
    let cancelled = Error::Timeout {
        operation: Operation::Read,
        after: SECOND,
    };
    // By our clock, and by DCGM's own.
    for error in [
        cancelled,
        call("dcgmEntitiesGetLatestValues", ReturnCode::TIMEOUT),
    ] {
        let fake = Fake::with_gpus(1);
        let harness = Harness::new(&fake);
        harness.sample();
        fake.fail("latest", error);
        assert_eq!(harness.sample_error().kind, ErrorKind::Timeout);
        assert_eq!(harness.gauges_and_counters(), (0, COUNTERS));
        assert_eq!(harness.health().errors(ErrorKind::Timeout), 1);
        fake.heal();
        harness.sample();
        assert_eq!(fake.count("connect"), 2);
    }
}

#[test]
fn one_failed_read_costs_nothing_until_values_expire() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.fail(
        "latest",
        call("dcgmEntitiesGetLatestValues", ReturnCode::GENERIC_ERROR),
    );
    harness.advance(SECOND);
    assert_eq!(harness.sample_error().kind, ErrorKind::Read);
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
    harness.advance(SECOND * 2);
    assert_eq!(harness.gauges_and_counters(), (0, COUNTERS));
    fake.heal();
    harness.sample();
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
    assert_eq!(fake.count("connect"), 1);
}

#[test]
fn samples_that_failed_are_counted_once_a_tick_and_degrade_nothing() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.lose(0, FieldId::GPU_TEMP, NoValue::Stale);
    fake.lose(
        0,
        FieldId::MEMORY_TEMP,
        NoValue::Code(ReturnCode::GPU_IS_LOST),
    );
    harness.sample();
    assert_eq!(harness.health().errors(ErrorKind::Read), 1);
    assert!(harness.health().is_ready());
    assert_eq!(harness.gauges_and_counters(), (gauges(1) - 2, COUNTERS));
}

#[test]
fn a_panic_of_the_client_is_contained_counted_and_survived() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    for call in [
        "connect", "engine", "list", "entities", "watch", "latest", "close",
    ] {
        fake.edit(|state| state.panics = Some(call));
        let outcome = harness.meter().sample_now();
        if call == "close" {
            outcome.unwrap();
        } else {
            let failure = outcome.unwrap_err();
            assert_eq!(failure.kind, ErrorKind::Panic, "{call}");
            assert!(failure.message.contains("on purpose"), "{failure}");
            assert_eq!(harness.gauges_and_counters().0, 0, "{call}");
        }
    }
    assert_eq!(harness.health().errors(ErrorKind::Panic), 6);
    fake.heal();
    harness.sample();
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
}

#[test]
fn a_meter_whose_call_hangs_is_dropped_and_its_series_are_gone() {
    let mut harness = Harness::sampled("1xl4");
    let mock = harness.client.clone();
    mock.delay(Call::Latest, Delay::UntilReleased);
    thread::scope(|scope| {
        let asked = scope.spawn(|| harness.meter().sample_now());
        assert!(mock.wait_until_hung(Call::Latest, SECOND * 60));
        // Exports are not delayed, and old values are not exported.
        assert!(!harness.export().is_empty());
        harness.advance(SECOND * 45);
        assert!(harness.export().iter().all(Exported::is_counter));
        mock.release(Call::Latest);
        asked.join().unwrap().unwrap();
    });
    mock.delay(Call::Close, Delay::UntilReleased);
    // Shutting down has the effect of dropping, and returns the outcome.
    let outcome = harness.take_meter().shutdown();
    assert_eq!(outcome, Err(crate::ShutdownError::ThreadAbandoned));
    // It still hangs: shutting down did not wait for it.
    assert!(mock.wait_until_hung(Call::Close, SECOND * 60));
    assert!(harness.export().is_empty());
    mock.clear_faults();
}

#[test]
fn a_restarted_engine_is_found_again_and_nothing_is_lost() {
    let harness = Harness::sampled("8xh100");
    let energy = || {
        let joules = harness.values("hw.energy", "hw.type");
        joules.into_iter().map(|(_, _, value)| value).sum::<f64>()
    };
    harness.sample();
    assert!(energy().abs() < f64::EPSILON);
    harness.tick_after(SECOND * 15);
    let before = energy();
    assert!(before > 0.0);

    harness.client.stop_engine();
    harness.sample_error();
    assert_eq!(harness.sample_error().kind, ErrorKind::Connect);
    let held = harness.points_per_metric();
    assert_eq!(
        held.keys().collect::<Vec<_>>(),
        [
            "hw.energy",
            "hw.errors",
            "hw.gpu.io",
            "hw.gpu.nvlink.io",
            "hw.gpu.throttle.duration",
            "hw.network.io"
        ]
    );
    assert!((energy() - before).abs() < f64::EPSILON);

    harness.advance(SECOND * 600);
    harness.client.start_engine();
    harness.sample();
    assert_eq!(harness.points_per_metric().values().sum::<usize>(), 797);
    // The hardware went on counting.
    assert!(energy() > before * 10.0, "{before} {}", energy());
    assert_eq!(harness.health().reconnects, 1);
}

#[test]
fn an_engine_that_restarts_leaves_the_counters_and_brings_back_all_else() {
    let both = [
        Harness::sampled("8xh100,restart"),
        Harness::sampled("8xh100"),
    ];
    let [bad, calm] = &both;
    push(
        &bad.client,
        EntityId::gpu(1),
        FieldId::XID_ERRORS,
        &[31, 31],
    );
    push(
        &calm.client,
        EntityId::gpu(1),
        FieldId::XID_ERRORS,
        &[31, 31],
    );
    run_all(&both, 285);
    let before = bad.shown();
    assert_eq!(before, calm.shown());
    for _ in 0..3 {
        bad.advance(SECOND * 15);
        bad.sample_error();
        // No GPU has a state: neither failed nor ok.
        assert_eq!(bad.shown(), counters_of(&before));
        assert_eq!(bad.health().state, MeterState::Degraded);
    }
    bad.run_until(345);
    calm.run_until(345);
    assert_eq!(bad.health().state, MeterState::Ready);
    // Only the rate of the gap is missing.
    let missing = "\
hw.gpu.nvlink.io gpu0 receive,transmit
hw.gpu.nvlink.io gpu1 receive,transmit
hw.gpu.nvlink.io gpu2 receive,transmit
hw.gpu.nvlink.io gpu3 receive,transmit
hw.gpu.nvlink.io gpu4 receive,transmit
hw.gpu.nvlink.io gpu5 receive,transmit
hw.gpu.nvlink.io gpu6 receive,transmit
hw.gpu.nvlink.io gpu7 receive,transmit";
    let shown = bad.shown();
    assert_eq!(lines(&differing(&shown, &calm.shown())), missing);
    assert_eq!(fallen(&before, &shown), [""; 0]);
    run_all(&both, 600);
    assert_eq!(lines(&differing(&bad.shown(), &calm.shown())), missing);
    assert_eq!((bad.ailing(), bad.health().reconnects), (String::new(), 1));
    // The lost session, and the refusals after it.
    assert_eq!(
        bad.errors()
            .into_iter()
            .map(|(kind, _)| kind)
            .collect::<Vec<_>>(),
        [ErrorKind::Connect]
    );
    calm.assert_well();
}

#[test]
fn without_an_engine_a_meter_is_installed_and_says_what_is_missing() {
    // Port 1 of the loopback: no process listens there.
    let harness = Harness::uninstalled(&Fake::default());
    let meter = DcgmMeter::builder()
        .with_endpoint("127.0.0.1:1")
        .with_initial_delay(SECOND * 3600)
        .install(&harness.provider)
        .unwrap();
    assert_eq!(meter.health().state, MeterState::Starting);
    let failure = meter.sample_now().unwrap_err();
    assert!(
        matches!(failure.kind, ErrorKind::Init | ErrorKind::Connect),
        "{failure}"
    );
    assert!(failure.hint.is_some());
    assert_eq!(meter.health().state, MeterState::Degraded);
    assert!(harness.export().is_empty());
}
