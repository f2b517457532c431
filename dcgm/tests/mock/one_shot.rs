//! The provided methods of [`Client`]: `entity_ids`, `read`, `read_once`, and clients behind pointers.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use dcgm::mock::Call;
use dcgm::{
    Client, EntityId, EntityKind, Error, FieldId, NoValue, Query, READ_ONCE_TIMEOUT, ReturnCode,
    Value, WatchRequest,
};

use crate::mock;

const GPU: EntityId = EntityId::gpu(0);

#[test]
fn read_once_returns_every_pair_and_ends_the_watch() {
    let (mock, _) = mock("8xh100");
    let gpus = mock.entity_ids(EntityKind::GPU).unwrap();
    let fields = [FieldId::GPU_TEMP, FieldId::NAME];
    let samples = mock.read_once(&gpus, &fields).unwrap();
    let pairs = samples.iter().map(|sample| (sample.entity, sample.field));
    let expected = gpus
        .iter()
        .flat_map(|gpu| fields.map(|field| (*gpu, field)));
    assert!(pairs.eq(expected));
    assert!(samples.iter().all(|sample| sample.value.is_ok()));
    assert_eq!(mock.open_watches(), 0);
    assert_eq!(mock.calls(Call::Latest), 1, "nothing to wait for");
}

#[test]
fn read_once_waits_for_profiling_fields() {
    let (mock, _) = mock("1xl4");
    mock.set_no_value(GPU, FieldId::PROF_SM_ACTIVE, NoValue::Blank);
    // A missing value of another field is final.
    mock.set_no_value(GPU, FieldId::GPU_TEMP, NoValue::Blank);
    let other = mock.clone();
    let second_sample = thread::spawn(move || {
        while other.calls(Call::Latest) == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        other.set(GPU, FieldId::PROF_SM_ACTIVE, 0.5);
    });
    let fields = [FieldId::GPU_TEMP, FieldId::PROF_SM_ACTIVE];
    let samples = mock.read_once(&[GPU], &fields).unwrap();
    second_sample.join().unwrap();
    let values: Vec<_> = samples.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [Err(NoValue::Blank), Ok(Value::Double(0.5))]);
}

#[test]
fn read_once_ends_without_a_profiling_value() {
    let (mock, _) = mock("1xl4");
    mock.set_no_value(GPU, FieldId::PROF_SM_ACTIVE, NoValue::Blank);
    let start = std::time::Instant::now();
    let samples = mock.read_once(&[GPU], &[FieldId::PROF_SM_ACTIVE]).unwrap();
    assert!(start.elapsed() >= READ_ONCE_TIMEOUT);
    assert_eq!(samples.get(0).unwrap().value, Err(NoValue::Blank));
}

#[test]
fn read_once_reports_refused_pairs_with_their_reason() {
    let (mock, _) = mock("1xl4");
    let function = "dcgmWatchFields";
    let code = ReturnCode::MODULE_NOT_LOADED;
    mock.refuse(FieldId::PROF_SM_ACTIVE, Error::Call { function, code });
    let entities = [GPU, EntityId::gpu(7)];
    let fields = [FieldId::PROF_SM_ACTIVE, FieldId::GPU_TEMP];
    let samples = mock.read_once(&entities, &fields).unwrap();
    let values: Vec<_> = samples.iter().map(|sample| sample.value).collect();
    assert_eq!(values.len(), 4);
    assert_eq!(values[0], Err(NoValue::Code(code)));
    assert!(values[1].is_ok());
    assert_eq!(values[2], Err(NoValue::Code(code)));
    assert_eq!(values[3], Err(NoValue::Code(ReturnCode::BAD_PARAM)));
    let error = mock.read_once(&[GPU], &fields[..1]).unwrap_err();
    assert_eq!(error.code(), Some(code), "nothing could be watched");
}

#[test]
fn pointers_to_a_client_are_clients() {
    fn temperature(client: impl Client) -> f64 {
        let gpus = client.entity_ids(EntityKind::GPU).unwrap();
        let watch = client
            .watch(&WatchRequest::new(gpus, [FieldId::GPU_TEMP]))
            .unwrap();
        let samples = client.read(&Query::from(&watch)).unwrap();
        f64::try_from(samples.get(0).unwrap().value.unwrap()).unwrap()
    }

    let (mock, _) = mock("1xl4");
    mock.set(GPU, FieldId::GPU_TEMP, 41);
    let by_reference: &dyn Client = &mock;
    let temperatures = [
        temperature(by_reference),
        temperature(&mock),
        temperature(Box::new(mock.clone())),
        temperature(Box::new(mock.clone()) as Box<dyn Client>),
        temperature(Arc::new(mock.clone()) as Arc<dyn Client>),
    ];
    assert!(temperatures.iter().all(|one| (one - 41.0).abs() < 1e-9));
}

#[test]
fn queries_are_compared_by_identity() {
    let (mock, _) = mock("1xl4");
    let request = WatchRequest::new([GPU], [FieldId::GPU_TEMP, FieldId::NAME]);
    let watches = [mock.watch(&request).unwrap(), mock.watch(&request).unwrap()];
    let query: Query = watches.iter().collect();
    assert_eq!(query, query.clone());
    assert_ne!(query, watches.iter().collect());
    assert_eq!((query.len(), query.blocks().len()), (4, 2));
    let pair = [(GPU, FieldId::GPU_TEMP), (GPU, FieldId::NAME)];
    assert!(query.pairs().eq([pair, pair].concat()));
}
