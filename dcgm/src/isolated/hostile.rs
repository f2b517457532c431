//! Bytes as what a hostile worker or a hostile parent sends: for property tests and the fuzzer.

use super::frame::greeted_release;
use super::subjects::decode_as_each_result;
use super::wire::{Input, Wire};
use super::worker::execute_each;
use crate::engine::EngineOptions;
use crate::entity::{Entity, EntityId, Link};
use crate::error::Result;
use crate::field::FieldId;
use crate::health::HealthReport;
use crate::policy::Violation;
use crate::sample::{Samples, Timestamp};
use crate::value::Value;
use crate::version::BuildInfo;
use crate::watch::Refusal;

/// Takes bytes as a reply of each kind, and as requests. Panics if a value breaks what its type promises.
pub(crate) fn exercise(bytes: &[u8]) {
    let _ = greeted_release(Input::reply(bytes));
    decode_twice::<Result<(Option<std::path::PathBuf>, Option<BuildInfo>)>>(bytes);
    decode_twice::<Result<Vec<Entity>>>(bytes);
    decode_twice::<Result<Vec<Link>>>(bytes);
    decode_twice::<Result<((Timestamp, u64), Vec<EntityId>, Vec<FieldId>, Vec<Refusal>)>>(bytes);
    decode_twice::<Result<(Vec<Violation>, u64, bool)>>(bytes);
    decode_as_each_result(bytes);
    let mut report = HealthReport::new();
    if report.decode_from(&mut Input::reply(bytes)).is_ok() {
        assert!(report.incidents().iter().all(|one| is_clean(&one.message)));
    }
    if let Ok(samples) = Samples::decode(&mut Input::reply(bytes)) {
        assert!(
            samples.len() * 19 <= bytes.len(),
            "more than the bytes fill"
        );
        for sample in &samples {
            if let Ok(Value::Text(text)) = sample.value {
                assert!(is_clean(text), "{text:?}");
            }
        }
    }
    let _ = EngineOptions::decode(&mut Input::request(bytes));
    execute_each(bytes);
}

fn is_clean(text: &str) -> bool {
    !text.contains(dcgm_sys::text::is_hidden)
}

/// Decodes bytes as a reply. A value that they are crosses the boundary again as the same value.
pub(super) fn decode_twice<T: Wire + core::fmt::Debug>(bytes: &[u8]) {
    let Ok(value) = T::decode(&mut Input::reply(bytes)) else {
        return;
    };
    let mut again = Vec::new();
    value.encode(&mut again);
    let decoded = T::decode(&mut Input::reply(&again));
    let expected = format!("{value:?}");
    assert!(
        matches!(&decoded, Ok(decoded) if format!("{decoded:?}") == expected),
        "{expected}: {decoded:?}"
    );
}
