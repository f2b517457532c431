//! Checks that must hold for any response of libdcgm, shared by property tests and the fuzzer.
//!
//! Bytes are a script: the fake [`library`] responds as they define, and [`exercise`] calls it through the
//! same functions as a session. A violated claim panics.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a claim that is broken is a panic, of a test or of the fuzzer"
)]

mod field_policies;
mod fixed_structs;
mod library;
mod script;
mod usage;

use std::sync::Arc;

use script::{Script, ScriptedResponse};

use super::policy::{SinkNumber, ViolationSink};
use super::{
    Dcgm, DiagnosticStructs, EngineHandle, FieldGroupId, GroupBuffer, GroupId, HealthReply,
    ListScope, MultiNodeStructs, Records, text,
};
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind};
use crate::policy::{Violation, ViolationKind};
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::{NoValue, Value};

use dcgm_sys as sys;
use parking_lot::Mutex;
use sys::Versioned as _;

/// The exercised functions, selected by the first byte of a script.
const PATHS: [fn(); 16] = [
    latest,
    since,
    identity,
    list,
    attributes,
    instances,
    links,
    builds,
    grouped,
    fixed_structs::topology,
    fixed_structs::host_engine,
    usage::exercise,
    health,
    violations,
    diagnostics,
    field_policies::exercise,
];

/// Plays a script, and panics if an invalid value is returned.
pub(crate) fn exercise(bytes: &[u8]) {
    let path = bytes.first().copied().unwrap_or(0);
    script::play(bytes.get(1..).unwrap_or_default());
    PATHS[usize::from(path) % PATHS.len()]();
}

fn engine() -> EngineHandle {
    EngineHandle::new(Dcgm::new(library::library()))
}

/// Returns a few distinct entities and fields.
fn asked() -> (Vec<sys::dcgmGroupEntityPair_t>, Vec<u16>) {
    script::with(|script| {
        let mut entities: Vec<_> = (0..=script.byte() % 4).map(|_| script.pair()).collect();
        let mut fields: Vec<_> = (0..=script.byte() % 6).map(|_| script.field()).collect();
        entities.sort_by_key(id);
        entities.dedup_by_key(|pair| id(pair));
        fields.sort_unstable();
        fields.dedup();
        (entities, fields)
    })
}

/// Reads the latest values of a few pairs, by a list.
fn latest() {
    let (entities, fields) = asked();
    let mut records = Records::default();
    // Twice into the same buffer: leftovers of the first call must not become values of the second.
    for _ in 0..2 {
        each_pair_once(&entities, &fields, |take| {
            let (mut entities, mut fields) = (entities.clone(), fields.clone());
            records.read_list(&engine(), &mut entities, &mut fields, take)
        });
    }
}

/// Reads the latest values of a few pairs, by a group.
fn grouped() {
    let (entities, fields) = asked();
    let mut buffer = GroupBuffer::default();
    for _ in 0..2 {
        each_pair_once(&entities, &fields, |take| {
            script::hold(&entities, &fields);
            let pair = (GroupId(1), FieldGroupId(2));
            let asked = (entities.as_slice(), fields.as_slice());
            let mut samples = Samples::new();
            engine().read_group(pair, asked, &mut buffer, &mut samples)?;
            for (at, sample) in samples.iter().enumerate() {
                take(at / fields.len(), at % fields.len(), sample);
            }
            Ok(())
        });
    }
}

/// Checks health, by either struct.
fn health() {
    let is_large = script::with(|script| script.byte() % 2 == 1);
    let most = if is_large { 1024 } else { 64 };
    let mut reply = HealthReply::new(is_large);
    for _ in 0..2 {
        let mut count = 0;
        let checked = engine().check_health(GroupId(1), &mut reply, |incident| {
            count += 1;
            let mut message = String::new();
            text::push_long_text(incident.message, &mut message);
            assert!(text::is_clean(&message));
            assert!(message.len() <= 1024, "{}", message.len());
        });
        assert!(count <= most, "{count}");
        assert!(count == 0 || checked.is_ok());
    }
}

/// Receives violations of policies.
fn violations() {
    let (mut response, kind) = script::with(|script| {
        let response = sys::dcgmPolicyCallbackResponse_v2 {
            version: match script.byte() % 4 {
                0 => u32::from(script.byte()),
                _ => sys::dcgmPolicyCallbackResponse_v2::VERSION,
            },
            condition: 1 << (script.byte() % 8),
            val: sys::dcgmPolicyCallbackResponse_v2__bindgen_ty_1 {
                xid: sys::dcgmPolicyConditionXID_t {
                    timestamp: script.time(),
                    errnum: script.byte().into(),
                },
            },
            gpuId: script.byte().into(),
        };
        (response, script.byte() % 3)
    });
    let sink = Arc::new(Sink::default());
    let number = SinkNumber::new(Arc::clone(&sink) as Arc<dyn ViolationSink>);
    let raw = number.raw();
    let address = if kind == 0 {
        core::ptr::null_mut()
    } else {
        &raw mut response
    };
    // SAFETY: null, or a response.
    unsafe { super::policy::on_violation(address, raw) };
    drop(number);
    let before = sink.0.lock().len();
    assert!(before <= 1);
    for violation in &*sink.0.lock() {
        assert_eq!(violation.gpu.id, response.gpuId);
        assert_eq!(violation.kind.condition().bits(), response.condition);
        assert_ne!(violation.kind, ViolationKind::Xid { code: 0 });
    }
    // The number is not used any more.
    // SAFETY: as above.
    unsafe { super::policy::on_violation(address, raw) };
    assert_eq!(sink.0.lock().len(), before);
}

/// Keeps violations, and panics once it has: the panic must not reach C.
#[derive(Default)]
struct Sink(Mutex<Vec<Violation>>);

impl ViolationSink for Sink {
    fn take_violation(&self, violation: Violation) {
        self.0.lock().push(violation);
        std::panic::resume_unwind(Box::new(()));
    }
}

/// Checks that each pair has one sample, which is its first response.
fn each_pair_once(
    entities: &[sys::dcgmGroupEntityPair_t],
    fields: &[u16],
    read: impl FnOnce(&mut dyn FnMut(usize, usize, Sample<'_>)) -> crate::Result<()>,
) {
    script::forget();
    let mut seen = Samples::new();
    let mut places = Vec::new();
    let outcome = read(&mut |entity, field, sample| {
        check_text(&sample);
        places.push((entity, field));
        seen.push(sample);
    });
    if outcome.is_err() {
        // The caller discards the samples before an error.
        return;
    }
    let response = script::responses();
    for (sample, (entity, field)) in seen.iter().zip(&places) {
        let pair = (id(&entities[*entity]), fields[*field]);
        assert_eq!((sample.entity, sample.field.raw()), pair);
        let mut all = response.iter().flatten();
        match all.find(|response| (response.entity, response.field) == pair) {
            Some(response) => check(&sample, response),
            None => assert_eq!(sample.value, Err(NoValue::Malformed)),
        }
    }
    assert_eq!(places.len(), entities.len() * fields.len());
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), seen.len(), "a pair came twice");
}

/// Reads the samples since a time, with a cursor.
fn since() {
    let (group, fields) = (GroupId(1), FieldGroupId(2));
    let mut cursor = Cursor::new();
    let mut scratch = String::new();
    let mut new = Samples::new();
    for _ in 0..3 {
        script::forget();
        let began = script::with(Script::time);
        let asked = [EntityId::gpu(0), EntityId::gpu(1)];
        let wanted = [crate::FieldId::XID_ERRORS];
        let from = cursor.begin_read((&asked, &wanted), Timestamp::from_micros(began), 1);
        assert!(from.micros() >= 0, "DCGM takes no time before 1970");
        let mut count = 0;
        new.clear();
        let mut take = |sample: Sample<'_>| {
            check_text(&sample);
            let response = script::responses();
            let response = response.get(count).and_then(Option::as_ref);
            check(&sample, response.expect("no sample is made up"));
            count += 1;
            let _ = (sample.timestamp.since(from), from.since(sample.timestamp));
            let _ = sample.timestamp.system_time();
            if cursor.is_new(&sample) {
                new.push(sample);
            }
        };
        let answer = engine().read_since((group, fields), from, &mut scratch, &mut take);
        assert_eq!(count, script::responses().len(), "a sample is lost");
        if let Ok(next) = answer {
            cursor.commit(&asked, new.iter(), next);
            for sample in &new {
                assert!(!cursor.is_new(&sample), "{sample:?} would come twice");
            }
        }
    }
}

/// Reads the inventory.
fn identity() {
    let mut entities = script::with(|script| vec![script.pair(), script.pair()]);
    let asked = entities.len();
    let answer = Records::default().read_identity(&engine(), &mut entities, |at, sample| {
        assert!(at < asked);
        check_text(&sample);
    });
    drop(answer);
}

fn list() {
    let room = script::with(|script| usize::from(script.byte() % 40));
    let (mut ids, mut found) = (Vec::new(), vec![EntityId::gpu(77)]);
    let kind = EntityKind::from_raw(script::with(Script::pair).entityGroupId);
    let answer = engine().list_entities((kind, ListScope::Supported), room, &mut ids, &mut found);
    assert!(found.len() <= room);
    assert!(answer.is_ok() || found.is_empty());
    assert!(found.is_sorted_by(|one, next| one < next), "{found:?}");
    assert!(found.iter().all(|id| id.kind == kind));
}

fn attributes() {
    if let Ok(entity) = engine().read_gpu(3) {
        assert_eq!(entity.id, EntityId::gpu(3));
        check_entity(&entity);
    }
    drop(engine().gpu_status(3).map(|status| format!("{status:?}")));
}

fn instances() {
    let Ok(instances) = engine().read_mig() else {
        return;
    };
    assert!(instances.len() <= 448, "more than the struct can hold");
    instances.iter().for_each(check_entity);
}

/// Reads the results of a diagnostic, in each version of the structs.
fn diagnostics() {
    use crate::diagnostics::{DiagnosticLevel, DiagnosticRequest, MultiNodeRequest};
    let request = DiagnosticRequest::new(DiagnosticLevel::Short);
    let structs = [
        DiagnosticStructs::V3_3,
        DiagnosticStructs::V4_0,
        DiagnosticStructs::V4_3,
    ];
    let structs = structs[script::with(|script| usize::from(script.byte() % 3))];
    if let Ok(report) = engine().run_diagnostic(&request, structs) {
        assert!(report.tests.len() <= 16 + 20 && report.entities.len() <= 1024);
        for test in &report.tests {
            assert!(test.entities.len() <= 1024 && test.notes.len() <= 255);
            assert!(text::is_clean(&test.name));
        }
        let errors = report.all_errors();
        assert!(errors.map(|error| error.message.len()).max() <= Some(1024));
        let _ = report.outcome();
    }
    let hosts = MultiNodeRequest::new(["node"], "test");
    let structs = match script::with(Script::byte) % 2 {
        0 => MultiNodeStructs::V1,
        _ => MultiNodeStructs::V2,
    };
    if let Ok(report) = engine().run_multi_node_diagnostic(&hosts, structs) {
        assert!(report.hosts.len() <= 576 && report.tests.len() <= 4);
        for host in &report.hosts {
            assert!(host.entities.len() <= 16 && host.outcomes.len() <= 36_864);
            let is_known = |(test, _): &(usize, _)| *test < report.tests.len();
            assert!(host.outcomes.iter().all(is_known));
        }
    }
}

fn links() {
    let pack = |parent: EntityId, index: u32| Some(EntityId::new(parent.kind, index));
    let Ok(links) = engine().read_links(true, &pack) else {
        return;
    };
    assert!(links.len() <= 32 * 36 + 12 * 64, "{}", links.len());
    for link in links {
        assert!(!format!("{link:?}").chars().any(char::is_control));
    }
}

fn builds() {
    for build in [engine().dcgm().library_build(), engine().engine_build()] {
        let Ok(build) = build else { continue };
        assert!(build.raw().len() <= 512);
        assert!(text::is_clean(build.raw()), "{:?}", build.raw());
        let _ = (build.version(), build.is_simulated());
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the elements of lists are mapped with it"
)]
fn id(pair: &sys::dcgmGroupEntityPair_t) -> EntityId {
    EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId)
}

fn check_entity(entity: &Entity) {
    let texts = [
        &entity.uuid,
        &entity.model,
        &entity.brand,
        &entity.pci_bus_id,
        &entity.serial,
        &entity.vbios,
        &entity.driver_version,
    ];
    for response in texts.into_iter().flatten() {
        assert!(
            !response.trim().is_empty() && response.len() <= 256,
            "{response:?}"
        );
        assert!(
            text::is_clean(response) && !text::is_blank(response),
            "{response:?}"
        );
    }
    drop(format!("{entity:?}"));
}

/// Checks what holds for every sample.
fn check_text(sample: &Sample<'_>) {
    if let Ok(Value::Text(response)) = sample.value {
        assert!(response.len() <= 256, "{} bytes", response.len());
        assert!(text::is_clean(response), "{response:?}");
    }
    let shown = match sample.value {
        Ok(value) => value.to_string(),
        Err(absent) => absent.to_string(),
    };
    let shown = format!("{shown} {} {}", sample.entity, sample.field);
    assert!(text::is_clean(&shown), "{shown:?}");
}

/// Checks that a sample matches its record: the value bit by bit, or the reason.
fn check(sample: &Sample<'_>, response: &ScriptedResponse) {
    assert_eq!(
        (sample.entity, sample.field.raw()),
        (response.entity, response.field)
    );
    assert_eq!(sample.timestamp.micros(), response.time);
    let code = ReturnCode::from_raw(response.status);
    if !code.is_ok() {
        assert_eq!(sample.value.err(), NoValue::from_status(code));
        return;
    }
    let mut head = [0; 8];
    head.copy_from_slice(&response.payload[..8]);
    match (u8::try_from(response.kind), sample.value) {
        (Ok(b'i' | b't'), value) => {
            let number = i64::from_ne_bytes(head);
            if number >= sys::DCGM_INT64_BLANK {
                assert!(value.is_err(), "{number} is a blank");
            } else {
                assert_eq!(value, Ok(Value::Int(number)));
            }
        }
        (Ok(b'd'), value) => {
            let number = f64::from_ne_bytes(head);
            if number.is_finite() && number >= sys::DCGM_FP64_BLANK {
                assert!(value.is_err(), "{number} is a blank");
            } else {
                let Ok(Value::Double(value)) = value else {
                    panic!("{number}: {value:?}")
                };
                assert_eq!(value.to_bits(), number.to_bits());
            }
        }
        (Ok(b's'), value) => assert!(
            matches!(value, Ok(Value::Text(_)))
                || value.is_err_and(|why| why != NoValue::Malformed),
            "{value:?}"
        ),
        (Ok(b'b'), value) => assert_eq!(value, Ok(Value::Blob(&*response.payload))),
        (_, value) => assert_eq!(value, Err(NoValue::Malformed)),
    }
}

#[cfg(test)]
mod tests;
