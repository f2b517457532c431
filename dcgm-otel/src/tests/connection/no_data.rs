//! A meter without any value is not ready.

use dcgm::{EntityId, FieldId, NoValue};

use super::{assert_ticks_fail, only};
use crate::testing::{Fake, Harness, SECOND};
use crate::{ErrorKind, Group, MeterState};

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
