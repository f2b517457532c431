//! Tests of samples and timestamps.

use super::*;

fn sample(value: Result<Value<'_>, NoValue>) -> Sample<'_> {
    Sample {
        entity: EntityId::gpu(1),
        field: FieldId::GPU_TEMP,
        timestamp: Timestamp::from_micros(7),
        value,
    }
}

#[test]
fn iteration_returns_what_was_pushed() {
    let given = [
        sample(Ok(Value::Int(-3))),
        sample(Ok(Value::Text("one"))),
        sample(Err(NoValue::NotWatched)),
        sample(Ok(Value::Blob(&[0, 255]))),
        sample(Ok(Value::Text(""))),
        sample(Ok(Value::Double(0.5))),
    ];
    let samples: Samples = given.into_iter().collect();
    assert_eq!(samples.iter().collect::<Vec<_>>(), given);
    let mut backward: Vec<_> = samples.iter().rev().collect();
    backward.reverse();
    assert_eq!(backward, given);
    let owned: Vec<_> = samples.iter().map(Sample::into_owned).collect();
    let borrowed: Vec<_> = owned.iter().map(OwnedSample::as_sample).collect();
    assert_eq!(borrowed, given);
}

#[test]
fn consecutive_samples_of_an_entity_are_grouped() {
    let of_gpu = |gpu| Sample {
        entity: EntityId::gpu(gpu),
        ..sample(Ok(Value::Int(1)))
    };
    let samples: Samples = [1, 1, 0, 2, 2, 2, 1].map(of_gpu).into_iter().collect();
    let groups: Vec<_> = samples
        .by_entity()
        .map(|(entity, samples)| (entity.id, samples.len()))
        .collect();
    assert_eq!(groups, [(1, 2), (0, 1), (2, 3), (1, 1)]);
    assert!(Samples::new().by_entity().next().is_none());
}

#[test]
fn timestamps_are_displayed_in_utc() {
    for (micros, text) in [
        (0, "never"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_767_225_599_999_999, "2025-12-31T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ] {
        assert_eq!(Timestamp::from_micros(micros).to_string(), text);
    }
    // No overflow.
    let _ = format!("{} {}", Timestamp(i64::MAX), Timestamp(i64::MIN));
}

#[test]
fn time_since_a_later_timestamp_is_zero() {
    let (early, late) = (Timestamp::from_micros(5), Timestamp::from_micros(9));
    assert_eq!(late.since(early), Duration::from_micros(4));
    assert_eq!(early.since(late), Duration::ZERO);
    assert_eq!(Timestamp::from_micros(i64::MIN).since(late), Duration::ZERO);
    assert_eq!(Timestamp::NEVER.system_time(), None);
}
