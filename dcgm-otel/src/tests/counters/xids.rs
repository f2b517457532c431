//! Events of GPUs (XID) and of NVSwitches: each is counted once.

use std::time::Duration;

use dcgm::mock::Call;
use dcgm::{EntityId, Error, FieldId, ReturnCode};

use crate::testing::{Harness, SECOND, Shown, differing, lines, push, run_all};
use crate::{Config, ErrorKind};

const XID: FieldId = FieldId::XID_ERRORS;

/// The counted events, as text.
fn counted(harness: &Harness) -> String {
    let lines = harness
        .shown_of("hw.gpu.xid.errors ")
        .into_iter()
        .map(|(name, value)| {
            let name = name.replace("hw.gpu.xid.errors ", "");
            format!("{name}: {value}")
        });
    lines.collect::<Vec<_>>().join(", ")
}

#[test]
fn a_storm_of_50_in_one_interval_is_counted_to_the_last() {
    let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    let codes = [79, 31, 43, 31, 1000, 94, 0, 31, 999, 2_000_000];
    // Five times these ten: some at one moment, and the same ones at one moment too.
    for _ in 0..4 {
        bad.advance(SECOND * 3);
        push(&bad.client, EntityId::gpu(2), XID, &codes);
    }
    push(&bad.client, EntityId::gpu(5), XID, &codes);
    bad.tick_after(SECOND * 3);
    calm.tick_after(SECOND * 15);
    assert_eq!(
        counted(bad),
        "gpu2 31: 12, gpu2 43: 4, gpu2 79: 4, gpu2 94: 4, gpu2 999: 4, gpu2 _OTHER: 8, \
         gpu5 31: 3, gpu5 43: 1, gpu5 79: 1, gpu5 94: 1, gpu5 999: 1, gpu5 _OTHER: 2"
    );
    // Only the series of these codes exist, and only on these GPUs.
    assert_eq!(
        lines(&differing(&bad.shown(), &calm.shown())),
        "\
hw.gpu.xid.errors gpu2 31,43,79,94,999,_OTHER
hw.gpu.xid.errors gpu5 31,43,79,94,999,_OTHER"
    );
    assert_eq!(calm.shown_of("hw.gpu.xid"), Shown::new());
    // An XID is an event, not a state, and no error of the meter.
    assert_eq!(bad.ailing(), "");
    let before = bad.shown_of("hw.gpu.xid");
    bad.run_until(300);
    assert_eq!(bad.shown_of("hw.gpu.xid"), before);
    bad.assert_well();
}

#[test]
fn late_events_are_counted_once() {
    let harness = Harness::sampled("8xh100");
    let gpu = EntityId::gpu(0);
    harness.run_until(15);
    push(&harness.client, gpu, XID, &[31]);
    harness.tick_after(SECOND);
    assert_eq!(counted(&harness), "gpu0 31: 1");
    // Timestamps before the last read, and equal to a known one.
    harness
        .client
        .push_event_at(gpu, XID, 43, Duration::from_millis(15_999));
    harness
        .client
        .push_event_at(gpu, XID, 45, Duration::from_secs(15));
    harness
        .client
        .push_event_at(gpu, XID, 46, Duration::from_millis(14_001));
    for _ in 0..4 {
        harness.tick_after(Duration::from_millis(400));
        assert_eq!(
            counted(&harness),
            "gpu0 31: 1, gpu0 43: 1, gpu0 45: 1, gpu0 46: 1"
        );
    }
    harness.assert_well();
}

#[test]
fn a_failed_read_is_repeated_and_nothing_is_counted_twice() {
    let harness = Harness::sampled("8xh100");
    push(&harness.client, EntityId::gpu(7), XID, &[48, 63]);
    let function = Call::Events.function();
    for code in [
        ReturnCode::NO_DATA,
        ReturnCode::NOT_WATCHED,
        ReturnCode::GENERIC_ERROR,
    ] {
        harness
            .client
            .fail_next(Call::Events, Error::Call { function, code });
        harness.tick_after(SECOND * 15);
        push(&harness.client, EntityId::gpu(7), XID, &[48]);
    }
    harness.run_until(90);
    assert_eq!(counted(&harness), "gpu7 48: 4, gpu7 63: 1");
    assert_eq!(harness.health().state, crate::MeterState::Ready);
}

#[test]
fn events_during_an_outage_are_counted_after_it() {
    let harness = Harness::sampled("8xh100");
    let gpu = EntityId::gpu(3);
    // Another program has the engine record them all the time.
    harness.client.watch_elsewhere([gpu], [XID]);
    push(&harness.client, gpu, XID, &[31]);
    harness.run_until(15);
    push(&harness.client, gpu, XID, &[31, 43]);
    harness.advance(SECOND * 5);
    harness.client.fail_next(
        Call::Latest,
        Error::Call {
            function: Call::Latest.function(),
            code: ReturnCode::CONNECTION_NOT_VALID,
        },
    );
    let refused = Error::Call {
        function: Call::Connect.function(),
        code: ReturnCode::CONNECTION_NOT_VALID,
    };
    harness.client.fail_always(Call::Connect, refused);
    for _ in 0..20 {
        harness.sample_error();
        assert_eq!(counted(&harness), "gpu3 31: 1");
        push(&harness.client, gpu, XID, &[79]);
        harness.advance(SECOND * 15);
    }
    harness.client.clear_faults();
    harness.sample();
    assert_eq!(counted(&harness), "gpu3 31: 2, gpu3 43: 1, gpu3 79: 20");
    harness.tick_after(SECOND);
    assert_eq!(counted(&harness), "gpu3 31: 2, gpu3 43: 1, gpu3 79: 20");
}

#[test]
fn an_engine_that_died_and_came_back_tells_none_twice() {
    let harness = Harness::sampled("8xh100");
    let gpu = EntityId::gpu(3);
    push(&harness.client, gpu, XID, &[31, 79]);
    harness.run_until(15);
    harness.client.stop_engine();
    for _ in 0..3 {
        harness.advance(SECOND);
        harness.sample_error();
    }
    harness.client.start_engine();
    harness.tick_after(SECOND);
    assert_eq!(counted(&harness), "gpu3 31: 1, gpu3 79: 1");
    push(&harness.client, gpu, XID, &[79]);
    harness.tick_after(SECOND * 15);
    assert_eq!(counted(&harness), "gpu3 31: 1, gpu3 79: 2");
    let kinds: Vec<_> = harness.errors().into_iter().map(|(kind, _)| kind).collect();
    assert!(!kinds.contains(&ErrorKind::Panic), "{kinds:?}");
}

#[test]
fn events_while_entities_change_are_counted_once() {
    let harness = Harness::sampled("8xh100");
    let (gone, stays) = (EntityId::gpu(1), EntityId::gpu(6));
    let entity = harness.client.model().host().entity(gone).unwrap().clone();
    push(&harness.client, gone, XID, &[79]);
    push(&harness.client, stays, XID, &[31]);
    harness.run_until(15);
    assert_eq!(counted(&harness), "gpu1 79: 1, gpu6 31: 1");
    push(&harness.client, stays, XID, &[31]);
    harness.advance(SECOND);
    harness.client.remove_entity(gone);
    for _ in 0..6 {
        harness.tick_after(Duration::from_millis(500));
        push(&harness.client, stays, XID, &[31]);
    }
    harness.client.add_entity(entity);
    for _ in 0..6 {
        push(&harness.client, stays, XID, &[43]);
        harness.tick_after(Duration::from_millis(500));
    }
    push(&harness.client, gone, XID, &[95]);
    harness.tick_after(SECOND * 15);
    assert_eq!(
        counted(&harness),
        "gpu1 79: 1, gpu1 95: 1, gpu6 31: 8, gpu6 43: 6"
    );
}

#[test]
fn a_code_that_comes_first_when_the_cap_is_full_makes_room() {
    // 8xh100 has 797 series.
    let harness = Harness::sampled_with("8xh100", Config::default().with_max_series(797));
    harness.run_until(15);
    let before = harness.shown();
    assert_eq!(before.len(), 797);
    push(&harness.client, EntityId::gpu(4), XID, &[79, 79, 94]);
    harness.run_until(60);
    let after = harness.shown();
    // The least important series are dropped, of all GPUs.
    let mut changed = differing(&before, &after);
    changed.retain(|name| before.contains_key(name) != after.contains_key(name));
    let gone = (0..8).map(|gpu| format!("hw.gpu.utilization gpu{gpu} encoder"));
    let come = [79, 94].map(|code| format!("hw.gpu.xid.errors gpu4 {code}"));
    assert_eq!(changed, gone.chain(come).collect());
    assert!(after.len() <= 797);
    assert_eq!(counted(&harness), "gpu4 79: 2, gpu4 94: 1");
    push(&harness.client, EntityId::gpu(4), XID, &[79]);
    harness.run_until(90);
    assert_eq!(counted(&harness), "gpu4 79: 3, gpu4 94: 1");
}

#[test]
fn a_fatal_event_of_a_switch_fails_it_and_another_passes() {
    let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    let (fatal, other) = (
        FieldId::NVSWITCH_FATAL_ERRORS,
        FieldId::NVSWITCH_NON_FATAL_ERRORS,
    );
    run_all(&both, 15);
    bad.advance(SECOND * 5);
    push(
        &bad.client,
        EntityId::switch(2),
        other,
        &[12_028, 12_028, 11_004],
    );
    bad.tick_after(SECOND * 10);
    calm.run_until(30);
    assert_eq!(bad.ailing(), "nvswitch-2 degraded");
    assert_eq!(
        lines(&differing(&bad.shown(), &calm.shown())),
        "\
hw.status nvswitch-2 degraded,ok
hw.switch.sxid.errors nvswitch-2 11004 non_fatal,12028 non_fatal"
    );
    assert_eq!(
        bad.series("hw.switch.sxid.errors nvswitch-2 12028 non_fatal"),
        Some(2.0)
    );
    // It passes.
    bad.run_until(90);
    calm.run_until(90);
    assert_eq!(bad.ailing(), "");
    // A new enumeration does not bring it back.
    for harness in &both {
        harness.client.remove_entity(EntityId::gpu(7));
        harness.tick_after(SECOND * 14);
        harness.tick_after(SECOND);
        assert_eq!(harness.ailing(), "gpu7 failed");
    }
    push(&bad.client, EntityId::switch(0), fatal, &[20_034]);
    bad.run_until(600);
    calm.run_until(600);
    // Of that it does not recover.
    assert_eq!(bad.ailing(), "gpu7 failed, nvswitch-0 failed");
    assert_eq!(
        lines(&differing(&bad.shown(), &calm.shown())),
        "\
hw.status nvswitch-0 failed,ok
hw.switch.sxid.errors nvswitch-0 20034 fatal
hw.switch.sxid.errors nvswitch-2 11004 non_fatal,12028 non_fatal"
    );
    assert_eq!(bad.errors(), [(ErrorKind::GpuLost, 1)]);
}

#[test]
fn events_that_the_engine_records_late_are_counted_once() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(600);
    for (gpu, late) in [(0, 3), (1, 10), (2, 30), (3, 120), (4, 290)] {
        let then = harness.now().saturating_sub(SECOND * late);
        harness
            .client
            .push_event_at(EntityId::gpu(gpu), XID, 79, then);
    }
    harness.run_until(1200);
    assert_eq!(
        counted(&harness),
        "gpu0 79: 1, gpu1 79: 1, gpu2 79: 1, gpu3 79: 1, gpu4 79: 1"
    );
    harness.assert_well();
}

#[test]
fn an_event_that_no_latest_sample_shows_is_counted_within_two_minutes() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(300);
    let gpu = EntityId::gpu(2);
    push(&harness.client, gpu, XID, &[31]);
    harness.run_until(315);
    assert_eq!(counted(&harness), "gpu2 31: 1");
    // Recorded late, and with the timestamp of the one before.
    let before = harness.now().saturating_sub(SECOND * 15);
    for (code, seconds) in [(43, 0), (45, 60)] {
        let at = before.saturating_sub(SECOND * seconds);
        harness.client.push_event_at(gpu, XID, code, at);
    }
    // Others on the same host are counted at once meanwhile.
    push(&harness.client, EntityId::gpu(3), XID, &[63]);
    harness.run_until(330);
    let all = "gpu2 31: 1, gpu2 43: 1, gpu2 45: 1, gpu3 63: 1";
    assert_eq!(counted(&harness), all);
    for (code, seconds) in [(48, 15), (79, 90)] {
        harness
            .client
            .push_event_at(gpu, XID, code, before.saturating_sub(SECOND * seconds));
    }
    harness.run_until(345);
    assert_eq!(counted(&harness), all);
    harness.run_until(450);
    assert_eq!(
        counted(&harness),
        "gpu2 31: 1, gpu2 43: 1, gpu2 45: 1, gpu2 48: 1, gpu2 79: 1, gpu3 63: 1"
    );
    harness.assert_well();
}

#[test]
fn a_tick_asks_for_events_only_if_there_are_new_ones() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(60);
    let reads = || harness.client.calls(Call::Events);
    // Of GPUs and of NVSwitches.
    let before = reads();
    harness.run_until(60 + 3600);
    assert_eq!(reads() - before, 2 * 3600 / 120);
    for gpu in 0..8 {
        let before = reads();
        push(&harness.client, EntityId::gpu(gpu), XID, &[31, 63]);
        harness.tick_after(SECOND);
        assert_eq!(reads() - before, 2, "{gpu}");
    }
}

#[test]
fn the_last_code_stays_in_the_naming_of_dcgm_exporter() {
    let config = Config::default().with_naming(crate::Naming::DcgmExporter48);
    let harness = Harness::sampled_with("8xh100", config);
    harness.run_until(60);
    let last = |gpu: &str| {
        let points = harness.export().into_iter().filter(|point| {
            point.name == "DCGM_FI_DEV_XID_ERRORS" && point.attribute("gpu").as_deref() == Some(gpu)
        });
        points.map(|point| point.value).collect::<Vec<_>>()
    };
    push(&harness.client, EntityId::gpu(3), XID, &[31, 79]);
    harness.run_until(75);
    let first = last("3");
    assert_eq!(first, [79.0]);
    harness.run_until(3600);
    assert_eq!(last("3"), first);
    // Also after the entities were enumerated again.
    harness.client.remove_entity(EntityId::gpu(7));
    harness.run_until(3660);
    assert_eq!(last("3"), first);
    push(&harness.client, EntityId::gpu(3), XID, &[48]);
    harness.run_until(3675);
    assert_eq!(last("3"), [48.0]);
}
