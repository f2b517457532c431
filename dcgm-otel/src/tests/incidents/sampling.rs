//! An engine that dies, and one that answers but no longer samples.

use dcgm::{EntityId, FieldId, NoValue};

use crate::testing::{Harness, SECOND, Shown, differing, fallen, is_counter, lines, push};
use crate::{ErrorKind, MeterState};

/// Remaining metrics while only counters are shown.
fn counters_of(shown: &Shown) -> Shown {
    let counters = shown.iter().filter(|(name, _)| is_counter(name));
    counters
        .map(|(name, value)| (name.clone(), *value))
        .collect()
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
    for harness in &both {
        harness.run_until(285);
    }
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
    for harness in &both {
        harness.run_until(600);
    }
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
fn a_frozen_sampling_thread_takes_the_levels_and_the_statuses_with_it() {
    let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    for harness in &both {
        harness.run_until(60);
    }
    let before = bad.shown();
    bad.client.freeze_sampling(true);
    // For three intervals the last values are as good as any.
    bad.run_until(90);
    assert_eq!(differing(&bad.shown(), &before), [].into());
    assert_eq!(bad.statuses().len(), 12);
    push(&bad.client, EntityId::gpu(0), FieldId::XID_ERRORS, &[79]);
    for _ in 0..4 {
        bad.advance(SECOND * 15);
        let failure = bad.sample_error();
        assert_eq!(failure.kind, ErrorKind::Stale);
        let mut held = counters_of(&before);
        // Events are no samples, and go on.
        held.insert("hw.gpu.xid.errors gpu0 79".into(), 1.0);
        assert_eq!(bad.shown(), held);
        let health = bad.health();
        assert_eq!(
            (health.state, health.reason.map(|why| why.kind)),
            (MeterState::Degraded, Some(ErrorKind::Stale))
        );
    }
    bad.client.freeze_sampling(false);
    bad.run_until(180);
    calm.run_until(180);
    assert_eq!(bad.health().state, MeterState::Ready);
    let shown = bad.shown();
    let mut others = differing(&shown, &calm.shown());
    others.retain(|name| !name.starts_with("hw.gpu.nvlink.io"));
    assert_eq!(lines(&others), "hw.gpu.xid.errors gpu0 79");
    assert_eq!(fallen(&before, &shown), [""; 0]);
    assert_eq!(bad.errors(), [(ErrorKind::Stale, 4)]);
    assert_eq!(bad.ailing(), "");
}

#[test]
fn enumerating_again_does_not_make_a_frozen_engine_fresh() {
    let harness = Harness::sampled("8xh100");
    let gpu = harness
        .client
        .model()
        .host()
        .entity(EntityId::gpu(7))
        .unwrap()
        .clone();
    harness.run_until(60);
    harness.client.freeze_sampling(true);
    harness.run_until(90);
    harness.advance(SECOND * 15);
    harness.sample_error();
    // A GPU that vanishes or appears makes the meter watch the others again.
    harness.client.remove_entity(gpu.id);
    for _ in 0..3 {
        harness.advance(SECOND);
        let outcome = harness.meter().sample_now();
        let levels: Vec<_> = harness
            .shown()
            .into_keys()
            .filter(|name| name.starts_with("hw.power"))
            .collect();
        assert_eq!(
            (outcome.map_err(|failure| failure.kind), levels),
            (Err(ErrorKind::Stale), vec![])
        );
        assert_eq!(harness.health().state, MeterState::Degraded);
    }
    harness.client.freeze_sampling(false);
    harness.tick_after(SECOND * 15);
    assert_eq!(harness.shown_of("hw.power gpu").len(), 7);
    assert_eq!(harness.health().state, MeterState::Ready);
}

#[test]
fn fields_that_are_blank_in_turns_keep_their_last_value() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(60);
    let gpu = EntityId::gpu(2);
    let fields = [
        (FieldId::PROF_SM_ACTIVE, "hw.gpu.sm.utilization gpu2"),
        (
            FieldId::PROF_PIPE_TENSOR_ACTIVE,
            "hw.gpu.pipe.utilization gpu2 tensor",
        ),
        (FieldId::GPU_TEMP, "hw.temperature gpu2 gpu"),
    ];
    for round in 0..8 {
        for (index, (field, _)) in fields.iter().enumerate() {
            let reason = if round < 4 {
                NoValue::Blank
            } else {
                NoValue::NoData
            };
            if (round + index) % 2 == 0 {
                harness.client.set_no_value(gpu, *field, reason);
            } else {
                harness.client.unset(gpu, *field);
            }
        }
        harness.tick_after(SECOND * 15);
        let shown = harness.shown();
        for (_, name) in fields {
            assert!(shown.contains_key(name), "{round}: {name}");
        }
    }
    harness.assert_well();
    // A value does not outlive its age, nor its field.
    let ends = [NoValue::Blank, NoValue::NotSupported, NoValue::NotPermitted];
    for ((field, name), reason) in fields.into_iter().zip(ends) {
        harness.client.set_no_value(gpu, field, reason);
        let ticks = if reason == NoValue::Blank { 3 } else { 1 };
        for tick in 1..=ticks {
            harness.tick_after(SECOND * 15);
            assert_eq!(
                harness.shown().contains_key(name),
                tick < ticks,
                "{reason} {tick}"
            );
        }
    }
}
