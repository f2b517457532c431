//! Policies on fields.

use std::path::Path;
use std::time::Duration;

use dcgm::field_policies::{FieldOperator, FieldPolicy, FieldPolicyId, FieldViolation};
use dcgm::mock::Mock;
use dcgm::{Client, EntityId, Error, FieldId, Timestamp};

fn mock() -> Mock {
    let mock = Mock::named("8xh100").unwrap();
    mock.connect().unwrap();
    mock
}

fn hot() -> FieldPolicy {
    FieldPolicy::new(FieldId::GPU_TEMP, FieldOperator::GREATER, 90.0)
}

fn violation(id: FieldPolicyId, seconds: i64) -> FieldViolation {
    let at = Timestamp::from_micros(seconds * 1_000_000);
    FieldViolation::new(id, EntityId::gpu(1), at)
}

#[test]
fn policies_are_kept_changed_and_deleted() {
    let mock = mock();
    let policies = mock.field_policies();
    let first = policies.create(&hot()).unwrap();
    let second = policies.create(&hot().with_name("second")).unwrap();
    assert_ne!(first, second);
    assert_eq!(policies.list().unwrap().len(), 2);
    let changed = FieldPolicy::new(FieldId::POWER_USAGE, FieldOperator::LESS, 5.0);
    policies.modify(second, &changed).unwrap();
    let stored = policies.get(second).unwrap().policy;
    assert_eq!((stored.field, stored.threshold), (FieldId::GPU_TEMP, 5.0));
    policies.delete(first).unwrap();
    assert!(policies.get(first).is_err());
    assert!(policies.delete(first).is_err());
    assert!(policies.import(Path::new("policies.yaml")).is_err());
}

#[test]
fn violations_of_enabled_policies_are_counted_and_reported() {
    let mock = mock();
    let policies = mock.field_policies();
    let id = policies.create(&hot()).unwrap();
    let mut events = policies.register(id).unwrap();
    let second = policies.register(id).unwrap_err();
    assert!(matches!(second, Error::Request(_)), "{second}");
    mock.push_field_violation(violation(id, 1));
    policies.set_enabled(id, false).unwrap();
    mock.push_field_violation(violation(id, 2));
    policies.set_enabled(id, true).unwrap();
    mock.push_field_violation(violation(id, 3));
    let seen: Vec<_> = events.by_ref().take(2).collect();
    assert_eq!(seen, [violation(id, 1), violation(id, 3)]);
    let since = policies.violations(Timestamp::from_micros(2_000_000));
    assert_eq!(since.unwrap(), [violation(id, 3)]);
    let stored = policies.get(id).unwrap();
    assert_eq!(stored.violations, 2);
    assert_eq!(stored.last_violation, Some(violation(id, 3).timestamp));

    // Dropping the events ends the registration, and the end of the session ends the events.
    drop(events);
    let events = policies.register(id).unwrap();
    mock.stop_engine();
    assert!(policies.list().is_err());
    assert!(events.is_closed());
    assert_eq!(events.next_timeout(Duration::ZERO), None);
}

#[test]
fn invalid_policies_are_refused_before_any_call() {
    let mock = mock();
    let many = vec![EntityId::gpu(0); 33];
    let invalid = [
        hot().with_entities(many),
        hot().with_name("n".repeat(256)),
        hot().with_name("a\0b"),
        FieldPolicy::new(FieldId::GPU_TEMP, FieldOperator::EQUAL, f64::NAN),
        hot().with_rate_limit(Duration::MAX),
    ];
    for policy in invalid {
        let error = mock.field_policies().create(&policy).unwrap_err();
        assert!(matches!(error, Error::Request(_)), "{error}");
    }
    assert!(mock.field_policies().list().unwrap().is_empty());
}
