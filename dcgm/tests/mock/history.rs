//! The cache of samples of the mock.

use dcgm::history::{FieldSummary, SampleOrder, TimeWindow, WatcherKind};
use dcgm::{
    Client, EntityId, EntityKind, Error, FieldId, NoValue, ReturnCode, Sample, Timestamp, Value,
    ValueType, WatchRequest,
};
use proptest::prelude::*;

use crate::{mock, secs};

const GPU: EntityId = EntityId::gpu(0);

#[test]
fn samples_are_summarized_and_listed_in_both_orders() {
    let (mock, clock) = mock("1xl4");
    let field = FieldId::GPU_UTIL;
    mock.set(GPU, field, 10);
    let request = WatchRequest::new([GPU], [field]).with_interval(secs(1));
    let watch = mock.watch(&request).unwrap();
    clock.advance(secs(2));
    mock.set(GPU, field, 40);
    clock.advance(secs(1));
    let history = mock.history();
    // 10 at 0 s and 1 s, 40 at 2 s and 3 s.
    let summary = history
        .summary(GPU, field, TimeWindow::ALL)
        .unwrap()
        .unwrap();
    assert_eq!((summary.min, summary.max, summary.count), (10.0, 40.0, 4));
    assert_eq!((summary.mean, summary.sum), (Some(25.0), Some(100.0)));
    assert_eq!((summary.difference, summary.integral), (30.0, Some(75.0)));
    let newest = SampleOrder::NewestFirst;
    let samples = history
        .samples(GPU, field, TimeWindow::ALL, newest, 3)
        .unwrap();
    let values: Vec<_> = samples.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [40, 40, 10].map(|value| Ok(Value::Int(value))));
    // After the watch, the samples are still there.
    drop(watch);
    let window = TimeWindow::until(samples.get(2).unwrap().timestamp);
    let summary = history.summary(GPU, field, window).unwrap().unwrap();
    assert_eq!(summary.count, 2);
}

#[test]
fn a_sample_without_a_value_leaves_no_integral() {
    let (mock, clock) = mock("1xl4");
    let field = FieldId::GPU_UTIL;
    mock.set(GPU, field, 10);
    let request = WatchRequest::new([GPU], [field]).with_interval(secs(1));
    let _watch = mock.watch(&request).unwrap();
    clock.advance(secs(1));
    mock.set_no_value(GPU, field, NoValue::NotSupported);
    let summary = mock.history().summary(GPU, field, TimeWindow::ALL);
    let summary = summary.unwrap().unwrap();
    assert_eq!((summary.mean, summary.integral), (Some(10.0), None));
}

#[test]
fn what_cannot_be_asked_is_an_error() {
    let (mock, _) = mock("1xl4");
    let history = mock.history();
    let code = |field| {
        let error = history.summary(GPU, field, TimeWindow::ALL).unwrap_err();
        error.code()
    };
    assert_eq!(code(FieldId::GPU_UTIL), Some(ReturnCode::NOT_WATCHED));
    assert_eq!(
        code(FieldId::UUID),
        Some(ReturnCode::FIELD_UNSUPPORTED_BY_API)
    );
    let switch = EntityId::new(EntityKind::SWITCH, 0);
    let order = SampleOrder::OldestFirst;
    let error = history.samples(switch, FieldId::GPU_UTIL, TimeWindow::ALL, order, 1);
    assert!(matches!(error, Err(Error::Request(_))));
}

#[test]
fn watchers_and_metadata_are_reported() {
    let (mock, clock) = mock("1xl4");
    let (history, field) = (mock.history(), FieldId::POWER_USAGE);
    assert_eq!(history.watchers(GPU, field).unwrap(), None);
    let _watches: Vec<_> = (1..=12)
        .map(|seconds| {
            let request = WatchRequest::new([GPU], [field]).with_interval(secs(seconds));
            mock.watch(&request).unwrap()
        })
        .collect();
    clock.advance(secs(3));
    let watchers = history.watchers(GPU, field).unwrap().unwrap();
    assert_eq!(watchers.watchers.len(), 10);
    assert_eq!(watchers.watchers[0].kind, WatcherKind::CLIENT);
    assert_eq!((watchers.interval, watchers.samples), (secs(1), 4));
    assert_eq!(watchers.newest.since(watchers.oldest), secs(3));
    let meta = history.field_meta(field).unwrap().unwrap();
    assert_eq!(
        (meta.tag.as_str(), meta.value_type),
        ("power_usage", Some(ValueType::Double))
    );
    assert_eq!(history.field_meta(FieldId::from_raw(60_000)).unwrap(), None);
}

proptest! {
    /// A summary of samples is that of a straightforward computation.
    #[test]
    fn a_summary_is_that_of_its_samples(
        steps in proptest::collection::vec((1_u32..5_000_000, -1000_i16..1000), 1..50),
        blank in proptest::option::of(0_usize..50),
    ) {
        let mut at = 0;
        let mut samples = Vec::new();
        for (step, value) in &steps {
            at += i64::from(*step);
            samples.push(Sample {
                entity: GPU,
                field: FieldId::GPU_UTIL,
                timestamp: Timestamp::from_micros(at),
                value: Ok(Value::Int((*value).into())),
            });
        }
        if let Some(sample) = blank.and_then(|at| samples.get_mut(at)) {
            sample.value = Err(NoValue::Blank);
            prop_assert_eq!(FieldSummary::of_samples(samples), None);
            return Ok(());
        }
        let summary = FieldSummary::of_samples(samples).unwrap();
        let values: Vec<f64> = steps.iter().map(|(_, value)| f64::from(*value)).collect();
        let count = f64::from(u32::try_from(values.len()).unwrap());
        let sum: f64 = values.iter().sum();
        let area: f64 = (1..values.len())
            .map(|at| f64::midpoint(values[at - 1], values[at]) * f64::from(steps[at].0) / 1e6)
            .sum();
        prop_assert_eq!(summary.count, values.len() as u64);
        prop_assert_eq!(Some(summary.min), values.iter().copied().reduce(f64::min));
        prop_assert_eq!(Some(summary.max), values.iter().copied().reduce(f64::max));
        prop_assert_eq!(summary.sum, Some(sum));
        prop_assert!((summary.mean.unwrap() - sum / count).abs() < 1e-9);
        prop_assert_eq!(Some(summary.difference), Some(values[values.len() - 1] - values[0]));
        prop_assert!((summary.integral.unwrap() - area).abs() < 1e-6);
    }
}
