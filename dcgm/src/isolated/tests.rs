//! The decoders, given anything.

use proptest::prelude::*;

use super::frame::{MAX_FRAME_BYTES, content_len, greeted_release, put_frame, put_greeting};
use super::values::{put_samples, take_samples};
use super::wire::{Decoded, Input, Malformed, Wire};
use crate::code::ReturnCode;
use crate::connect_error::ConnectError;
use crate::endpoint::Endpoint;
use crate::engine::EngineOptions;
use crate::entity::{Entity, EntityId, Link, Mig};
use crate::error::{Error, Operation};
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::{NoValue, Value};
use crate::version::{BuildInfo, Version};
use crate::watch::{Refusal, WatchRequest};

fn sample(value: Value<'_>) -> Sample<'_> {
    Sample {
        entity: EntityId::gpu(0),
        field: FieldId::GPU_TEMP,
        timestamp: Timestamp::from_micros(1),
        value: Ok(value),
    }
}

fn decoded_samples(bytes: &[u8]) -> Decoded<Samples> {
    let mut samples = Samples::new();
    let mut input = Input::reply(bytes);
    take_samples(&mut input, &mut |sample| samples.push(sample))?;
    input.end()?;
    Ok(samples)
}

fn encoded<T: Wire>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

/// Decodes what was encoded, completely, and returns the `Debug` form of both.
fn round_trip<T: Wire + core::fmt::Debug>(value: &T) -> (String, String) {
    let bytes = encoded(value);
    let mut input = Input::reply(&bytes);
    let again = T::decode(&mut input).expect("it decodes");
    input.end().expect("nothing is left");
    (format!("{again:?}"), format!("{value:?}"))
}

/// Every error that can come from a worker. All texts are names of functions, because other tests fill the
/// table of other texts.
fn every_error() -> Vec<Error> {
    let version = Version::new(4, 6, 0);
    let mut causes = vec![
        ConnectError::Closed,
        ConnectError::Ipv6 { library: version },
        ConnectError::NotAnEngine,
        ConnectError::NotASocket,
        ConnectError::NotFound,
        ConnectError::PermissionDenied,
        ConnectError::Refused,
        ConnectError::Silent,
        ConnectError::Vsock { library: version },
    ];
    for reason in ["", "no route"] {
        let reason = reason.to_owned();
        causes.push(ConnectError::Unresolvable {
            reason: reason.clone(),
        });
        causes.push(ConnectError::Unreachable { reason });
    }
    let endpoint = Endpoint::default();
    let mut errors: Vec<_> = causes
        .into_iter()
        .map(|cause| Error::Connect {
            endpoint: endpoint.clone(),
            cause,
        })
        .collect();
    let after = core::time::Duration::from_millis(1500);
    let function = "dcgmWatchFields";
    errors.extend([
        Error::Busy {
            operation: Operation::Read,
            after,
        },
        Error::Call {
            function,
            code: ReturnCode::from_raw(-999),
        },
        Error::EmbeddedMode { running: "manual" },
        Error::Forked,
        Error::Load(dcgm_sys::LoadError::NotFound {
            tried: vec![dcgm_sys::Attempt::new("a".to_owned(), "b".to_owned())],
        }),
        Error::Load(dcgm_sys::LoadError::NotALibrary {
            path: "/a".into(),
            reason: "b".to_owned(),
        }),
        Error::Load(dcgm_sys::LoadError::NotDcgm {
            path: "/a".into(),
            missing: "dcgmInit",
        }),
        Error::Load(dcgm_sys::LoadError::RelativePath { path: "a".into() }),
        Error::Load(dcgm_sys::LoadError::Platform),
        Error::NoSuchEntity {
            entity: EntityId::gpu(3),
        },
        Error::NotConnected,
        Error::NotImplemented {
            method: "dcgmHealthCheck",
        },
        Error::Panicked,
        Error::Request("dcgmInit"),
        Error::SymbolMissing(dcgm_sys::MissingSymbolError::of("dcgmConnect_v3").expect("known")),
        Error::Thread {
            reason: "no thread".to_owned(),
        },
        Error::Timeout {
            operation: Operation::Watch,
            after,
        },
        Error::VersionMismatch {
            library: version,
            engine: version,
        },
        Error::VersionRefused {
            function,
            library: version,
            engine: version,
        },
        Error::Wedged { abandoned: 2 },
    ]);
    errors
}

#[test]
fn every_error_crosses_the_boundary() {
    for error in every_error() {
        let (again, before) = round_trip(&error);
        assert_eq!(again, before);
    }
}

#[test]
fn other_values_cross_the_boundary() {
    let mut entity = Entity::new(EntityId::gpu(1));
    entity.uuid = Some("GPU-1".into());
    entity.mig = Some(Mig::new(1, Some(2), 3));
    entity.parent = Some(EntityId::switch(1));
    entity.mig_enabled = Some(true);
    let (again, before) = round_trip(&vec![entity]);
    assert_eq!(again, before);
    let link = Link::new(None, EntityId::gpu(1), 17, crate::entity::LinkState::UP);
    let (again, before) = round_trip(&link);
    assert_eq!(again, before);
    let mut options = EngineOptions::standalone(Endpoint::Unix("/a b".into()));
    options.library = Some("/lib".into());
    let embedded = EngineOptions::embedded(crate::engine::EmbeddedMode::Manual);
    for options in [options, embedded.with_log_file("/log")] {
        let (again, before) = round_trip(&options);
        assert_eq!(again, before);
    }
    let request = WatchRequest::events([EntityId::gpu(1)], [FieldId::GPU_TEMP]);
    let (again, before) = round_trip(&request);
    assert_eq!(again, before);
    for error in every_error() {
        let refusal = Refusal::new(Some(EntityId::gpu(1)), None, error);
        let (again, before) = round_trip(&refusal);
        assert_eq!(again, before);
    }
    // The id of a job may have any character, and a text of a reply none that is hidden.
    let odd = "a\u{202e}\nb";
    let (again, before) = round_trip(&crate::jobs::JobId::new(odd).unwrap());
    assert_eq!(again, before);
    let text = odd.to_owned();
    let bytes = encoded(&text);
    assert_eq!(
        String::decode(&mut Input::reply(&bytes)),
        Ok("ab".to_owned())
    );
    assert_eq!(String::decode(&mut Input::request(&bytes)), Ok(text));
    let (again, before) = round_trip(&BuildInfo::from_raw("version:4.6.0"));
    assert_eq!(again, before);
}

/// A worker cannot make the parent keep texts without end.
#[test]
fn texts_of_a_hostile_worker_are_not_kept_without_end() {
    let mut last = "";
    for number in 0..1000 {
        let mut bytes = vec![10];
        super::wire::put_bytes(format!("text {number}").as_bytes(), &mut bytes);
        match Error::decode(&mut Input::reply(&bytes)) {
            Ok(Error::Request(text)) => last = text,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(last, "(a text of the worker)");
}

#[test]
fn reserved_numbers_and_unclean_texts_are_no_values() {
    let values = [
        Value::Int(i64::MAX - 14),
        Value::Double(140_737_488_355_328.0),
    ];
    let reserved: Samples = values.map(sample).into_iter().collect();
    let mut bytes = Vec::new();
    put_samples(&reserved, &mut bytes);
    for sample in &decoded_samples(&bytes).unwrap() {
        assert!(sample.value.is_err(), "{sample:?}");
    }
    for text in ["two\nlines".to_owned(), "x".repeat(257)] {
        let unclean: Samples = [sample(Value::Text(&text))].into_iter().collect();
        let mut bytes = Vec::new();
        put_samples(&unclean, &mut bytes);
        assert!(decoded_samples(&bytes).is_err(), "{text:?}");
    }
}

#[test]
fn a_frame_has_an_upper_bound() {
    let mut out = vec![7];
    let framed = put_frame(&mut out, |out| out.resize(MAX_FRAME_BYTES + 100, 0));
    assert_eq!(framed, Err(Malformed("it is too long")));
    assert_eq!(out, [7], "nothing of it is left");
    assert!(content_len(u32::MAX.to_le_bytes()).is_err());
    let mut greeting = Vec::new();
    put_greeting(&mut greeting);
    assert_eq!(greeted_release(Input::reply(&greeting)), Ok(super::RELEASE));
    greeting.push(0);
    assert!(greeted_release(Input::reply(&greeting)).is_err());
}

fn any_value() -> impl Strategy<Value = (u8, i64, f64, String, Vec<u8>)> {
    (
        0_u8..14,
        any::<i64>(),
        any::<f64>(),
        "[a-zA-Z0-9 é]{0,60}",
        prop::collection::vec(any::<u8>(), 0..40),
    )
}

fn to_value(of: &(u8, i64, f64, String, Vec<u8>)) -> Result<Value<'_>, NoValue> {
    match of.0 {
        0 => NoValue::from_blank_int(of.1).map_or(Ok(Value::Int(of.1)), Err),
        1 => NoValue::from_blank_double(of.2).map_or(Ok(Value::Double(of.2)), Err),
        2 => Ok(Value::Text(&of.3)),
        3 => Ok(Value::Blob(&of.4)),
        4 => Err(NoValue::Code(ReturnCode::from_raw(-40))),
        5 => Err(NoValue::Blank),
        6 => Err(NoValue::NotFound),
        7 => Err(NoValue::NotSupported),
        8 => Err(NoValue::NotPermitted),
        9 => Err(NoValue::NoData),
        10 => Err(NoValue::NotWatched),
        11 => Err(NoValue::Stale),
        _ => Err(NoValue::Malformed),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn samples_cross_the_boundary(
        rows in prop::collection::vec((any::<(u32, u32, u16, i64)>(), any_value()), 0..50)
    ) {
        let samples: Samples = rows
            .iter()
            .map(|((kind, id, field, timestamp), value)| Sample {
                entity: EntityId::new(crate::entity::EntityKind::from_raw(*kind), *id),
                field: FieldId::from_raw(*field),
                timestamp: Timestamp::from_micros(*timestamp),
                value: to_value(value),
            })
            .collect();
        let mut bytes = Vec::new();
        put_samples(&samples, &mut bytes);
        let again = decoded_samples(&bytes).unwrap();
        // As text, because NaN is not equal to itself.
        prop_assert_eq!(
            format!("{:?}", again.iter().collect::<Vec<_>>()),
            format!("{:?}", samples.iter().collect::<Vec<_>>())
        );
        // A frame that was cut anywhere is an error.
        for len in 0..bytes.len() {
            prop_assert!(decoded_samples(&bytes[..len]).is_err());
        }
    }

    /// No bytes make an end panic, or allocate more than they fill.
    #[test]
    fn any_bytes_are_values_and_requests_or_errors(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        super::hostile::exercise(&bytes);
    }

    /// Requests with any operation and arguments.
    #[test]
    fn any_request_is_executed_or_refused(
        requests in prop::collection::vec((2_u8..40, prop::collection::vec(0_u8..6, 0..60)), 1..6)
    ) {
        let mut bytes = Vec::new();
        for (op, arguments) in requests {
            let content = [&1_u64.to_le_bytes()[..], &[op], &arguments].concat();
            bytes.push(u8::try_from(content.len()).unwrap());
            bytes.extend(content);
        }
        super::hostile::exercise(&bytes);
    }

    /// A valid reply with one changed byte.
    #[test]
    fn a_changed_byte_is_a_value_or_an_error(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        for error in every_error() {
            let mut bytes = encoded(&error);
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(error) = Error::decode(&mut Input::reply(&bytes)) {
                // Neither panics.
                let printed = (format!("{error:?}"), error.class());
                prop_assert!(printed.0.len() < 10_000);
            }
        }
    }
}
