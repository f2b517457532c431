//! Policies of the mock.

use std::time::Duration;

use dcgm::policy::{Policy, PolicyConditions, Violation, ViolationKind};
use dcgm::{Client, EntityId, Timestamp};

use crate::mock;

fn xid(gpu: u32) -> Violation {
    let kind = ViolationKind::Xid { code: 79 };
    Violation::new(EntityId::gpu(gpu), Timestamp::from_micros(1), kind)
}

#[test]
fn a_violation_needs_the_policy_and_the_registration() {
    let (mock, _) = mock("8xh100");
    let gpus = [EntityId::gpu(0), EntityId::gpu(1)];
    let events = mock
        .policies()
        .register(&gpus[..1], PolicyConditions::ALL)
        .unwrap();
    let next = || events.next_timeout(Duration::ZERO);
    mock.push_violation(xid(0));
    assert_eq!(next(), None, "no policy");
    let mut policy = Policy::default();
    policy.xid = true;
    mock.policies().set(&gpus, &policy).unwrap();
    mock.push_violation(xid(1));
    assert_eq!(next(), None, "another GPU");
    mock.push_violation(xid(0));
    assert_eq!(next(), Some(xid(0)));
    mock.policies().clear(&gpus).unwrap();
    assert_eq!(mock.policies().get(&gpus).unwrap(), [Policy::default(); 2]);
    mock.push_violation(xid(0));
    assert_eq!(next(), None, "removed");
    assert!(mock.policies().set(&[EntityId::gpu(9)], &policy).is_err());
}

#[test]
fn events_end_with_the_session() {
    let (mock, _) = mock("1xl4");
    let gpu = [EntityId::gpu(0)];
    let mut events = mock
        .policies()
        .register(&gpu, PolicyConditions::XID)
        .unwrap();
    mock.close();
    assert_eq!(events.next(), None);
    assert!(events.is_closed());
}
