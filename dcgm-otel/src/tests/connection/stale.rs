//! Samples that are no longer new: of a stopped sampling thread, or of a clock that steps.

use dcgm::{EntityId, FieldId, NoValue, ReturnCode};

use crate::testing::{
    COUNTERS, Fake, Harness, SECOND, counters_of, differing, fallen, gauges, lines, push, run_all,
};
use crate::{Config, ErrorKind, MeterState};

#[test]
fn an_engine_that_answers_and_samples_no_more_is_found_out() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.edit(|state| state.sampling = false);
    harness.sample();
    harness.tick_after(SECOND * 2);
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
    harness.advance(SECOND);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert_eq!(harness.gauges_and_counters(), (0, COUNTERS));
    assert_eq!(harness.health().last_sample_age, Some(SECOND * 3));
    fake.edit(|state| state.sampling = true);
    harness.sample();
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
}

#[test]
fn values_of_a_sampler_that_hangs_vanish_too() {
    let harness = Harness::new(&Fake::with_gpus(1));
    harness.sample();
    // From here on the thread hangs.
    harness.advance(SECOND * 3);
    assert_eq!(harness.gauges_and_counters(), (0, COUNTERS));
}

#[test]
fn an_engine_clock_that_steps_back_is_no_outage() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::new(&fake);
    harness.sample();
    fake.edit(|state| state.micros = 7);
    harness.tick_after(SECOND);
    harness.tick_after(SECOND * 2);
    assert_eq!(harness.gauges_and_counters(), (gauges(1), COUNTERS));
}

#[test]
fn a_value_is_shown_as_long_as_the_setting_says() {
    let fake = Fake::with_gpus(1);
    let harness = Harness::with_settings(&fake, Config::default().with_max_age(SECOND * 10));
    fake.edit(|state| state.sampling = false);
    harness.tick_after(SECOND * 9);
    assert!(harness.has("hw.power"));
    harness.advance(SECOND);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert!(!harness.has("hw.power"));
}

#[test]
fn a_frozen_sampling_thread_degrades_the_meter_instead_of_feeding_it() {
    let harness = Harness::sampled("1xl4");
    harness.client.freeze_sampling(true);
    for _ in 0..2 {
        harness.tick_after(SECOND * 15);
        assert!(harness.points_per_metric().contains_key("hw.power"));
    }
    harness.advance(SECOND * 15);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert!(!harness.points_per_metric().contains_key("hw.power"));
    harness.client.freeze_sampling(false);
    harness.tick_after(SECOND * 15);
    assert!(harness.points_per_metric().contains_key("hw.power"));
}

#[test]
fn a_frozen_sampling_thread_takes_the_levels_and_the_statuses_with_it() {
    let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
    let [bad, calm] = &both;
    run_all(&both, 60);
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

#[test]
fn a_value_ends_at_once_when_its_field_is_not_watched_or_its_gpu_is_lost() {
    let gpus = [2, 5].map(EntityId::gpu);
    for reason in [NoValue::NotWatched, NoValue::Code(ReturnCode::GPU_IS_LOST)] {
        let both = [Harness::sampled("8xh100"), Harness::sampled("8xh100")];
        run_all(&both, 60);
        let [harness, calm] = &both;
        harness.client.on_sample(move |sample| {
            let fields = [FieldId::GPU_TEMP, FieldId::PROF_SM_ACTIVE];
            if gpus.contains(&sample.entity) && fields.contains(&sample.field) {
                sample.value = Err(reason);
            }
        });
        run_all(&both, 75);
        assert_eq!(
            lines(&differing(&harness.shown(), &calm.shown())),
            "\
hw.gpu.sm.utilization gpu2
hw.gpu.sm.utilization gpu5
hw.temperature gpu2 gpu
hw.temperature gpu5 gpu",
            "{reason}"
        );
        let shown = harness.shown();
        assert!(!shown.contains_key("hw.temperature gpu2 gpu"), "{reason}");
        assert!(
            !shown.contains_key("hw.gpu.sm.utilization gpu5"),
            "{reason}"
        );
        assert_eq!(harness.ailing(), "", "{reason}");
    }
}

#[test]
fn a_stopped_sampling_thread_is_stale_and_not_silent() {
    let harness = Harness::sampled("8xh100");
    harness.run_until(60);
    harness.client.freeze_sampling(true);
    for _ in 0..20 {
        harness.advance(SECOND * 15);
        if let Err(error) = harness.meter().sample_now() {
            assert_eq!(error.kind, ErrorKind::Stale);
        }
    }
    assert_eq!(harness.health().reason.unwrap().kind, ErrorKind::Stale);
}
