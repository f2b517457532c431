//! Watching, and reading values.

use core::ffi::c_void;

use dcgm_sys::{
    Versioned, dcgmFieldValue_v1, dcgmFieldValue_v2, dcgmFieldValueEntityEnumeration_f,
    dcgmFieldValueEnumeration_f, dcgmGroupEntityPair_t,
};

use super::records::{Body, write_body, write_v1};
use super::{Ptr, ask, code_of, long, ok, run};
use crate::bits::Bits;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::wire::Record;

const GPU: u32 = 1;

pub fn watch(
    handle: usize,
    group: usize,
    field_group: usize,
    interval: i64,
    keep: f64,
    _samples: i32,
) -> Code {
    let ints = vec![
        long(group),
        long(field_group),
        interval,
        keep.to_bits().signed(),
    ];
    code_of(ask(handle, Op::Watch, ints))
}

pub fn unwatch(handle: usize, group: usize, field_group: usize) -> Code {
    code_of(ask(
        handle,
        Op::Unwatch,
        vec![long(group), long(field_group)],
    ))
}

pub fn update(handle: usize, _wait: i32) -> Code {
    code_of(ask(handle, Op::Update, Vec::new()))
}

/// The form of the callback.
#[derive(Clone, Copy)]
enum Callback {
    Entities(dcgmFieldValueEntityEnumeration_f),
    Gpus(dcgmFieldValueEnumeration_f),
}

impl Callback {
    fn is_null(self) -> bool {
        match self {
            Self::Entities(call) => call.is_none(),
            Self::Gpus(call) => call.is_none(),
        }
    }

    /// Calls it once a record, as the real library does; `false`: it wants no more.
    fn run(self, record: &Record, garbage: Garbage, user: *mut c_void) -> bool {
        let mut value = dcgmFieldValue_v1 {
            version: dcgmFieldValue_v1::VERSION,
            fieldId: 0,
            fieldType: 0,
            status: 0,
            ts: 0,
            value: dcgm_sys::dcgmFieldValue_v1__bindgen_ty_1 { blob: [0x55; 4096] },
        };
        write_v1(Ptr::of(&mut value), record, garbage);
        let (kind, id) = record.entity;
        let answer = match self {
            Self::Entities(Some(call)) => {
                let id = if garbage == Garbage::UnknownEntity {
                    id + 10_000
                } else {
                    id
                };
                // SAFETY: a callback that the C caller passed for being called so; the record lives
                // until it returns.
                unsafe { call(kind, id, &raw mut value, 1, user) }
            }
            Self::Gpus(Some(call)) => {
                // SAFETY: as above.
                unsafe { call(id, &raw mut value, 1, user) }
            }
            Self::Entities(None) | Self::Gpus(None) => -1,
        };
        answer == 0
    }

    fn run_all(self, name: &str, records: &[Record], user: *mut c_void) {
        let garbage = faults::garbage(name);
        let take = if garbage == Garbage::TooFew {
            records.len() / 2
        } else {
            records.len()
        };
        for record in records.iter().take(take) {
            let goes_on = self.run(record, garbage, user);
            if !goes_on || (garbage == Garbage::Duplicate && !self.run(record, garbage, user)) {
                return;
            }
        }
    }
}

pub fn latest(
    handle: usize,
    group: usize,
    field_group: usize,
    call: dcgmFieldValueEntityEnumeration_f,
    user: *mut c_void,
) -> Code {
    latest_with(
        "dcgmGetLatestValues_v2",
        handle,
        group,
        field_group,
        Callback::Entities(call),
        user,
    )
}

pub fn latest_of_gpus(
    handle: usize,
    group: usize,
    field_group: usize,
    call: dcgmFieldValueEnumeration_f,
    user: *mut c_void,
) -> Code {
    latest_with(
        "dcgmGetLatestValues",
        handle,
        group,
        field_group,
        Callback::Gpus(call),
        user,
    )
}

fn latest_with(
    name: &str,
    handle: usize,
    group: usize,
    field_group: usize,
    call: Callback,
    user: *mut c_void,
) -> Code {
    run(|| {
        if call.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ok(ask(
            handle,
            Op::Latest,
            vec![long(group), long(field_group)],
        ))?;
        call.run_all(name, &reply.records, user);
        Ok(())
    })
}

pub fn since(
    handle: usize,
    group: usize,
    field_group: usize,
    since: i64,
    next: Ptr<i64>,
    call: dcgmFieldValueEntityEnumeration_f,
    user: *mut c_void,
) -> Code {
    since_with(
        "dcgmGetValuesSince_v2",
        handle,
        (group, field_group),
        since,
        next,
        Callback::Entities(call),
        user,
    )
}

pub fn since_of_gpus(
    handle: usize,
    group: usize,
    field_group: usize,
    since: i64,
    next: Ptr<i64>,
    call: dcgmFieldValueEnumeration_f,
    user: *mut c_void,
) -> Code {
    since_with(
        "dcgmGetValuesSince",
        handle,
        (group, field_group),
        since,
        next,
        Callback::Gpus(call),
        user,
    )
}

fn since_with(
    name: &str,
    handle: usize,
    (group, field_group): (usize, usize),
    since: i64,
    next: Ptr<i64>,
    call: Callback,
    user: *mut c_void,
) -> Code {
    run(|| {
        if call.is_null() || next.is_null() {
            return Err(st::BADPARAM);
        }
        let reply = ask(
            handle,
            Op::Since,
            vec![long(group), long(field_group), since],
        )?;
        call.run_all(name, &reply.records, user);
        next.write(reply.int(0));
        if reply.code == st::OK {
            Ok(())
        } else {
            Err(reply.code)
        }
    })
}

pub fn latest_of_entities(
    handle: usize,
    entities: Ptr<dcgmGroupEntityPair_t>,
    entity_count: u32,
    fields: Ptr<u16>,
    field_count: u32,
    flags: u32,
    values: Ptr<dcgmFieldValue_v2>,
) -> Code {
    run(|| {
        if entities.is_null() || fields.is_null() || values.is_null() {
            return Err(st::BADPARAM);
        }
        let records = read(
            handle,
            &entities.read_all(entity_count as usize),
            fields,
            field_count,
            flags,
        )?;
        let garbage = faults::garbage("dcgmEntitiesGetLatestValues");
        let take = if garbage == Garbage::TooFew {
            records.len() / 2
        } else {
            records.len()
        };
        for (index, record) in records.iter().enumerate().take(take) {
            let record = if garbage == Garbage::Duplicate {
                records.first().unwrap_or(record)
            } else {
                record
            };
            let value = values.at(index).cast::<u8>();
            let version = if garbage == Garbage::WrongVersion {
                7
            } else {
                dcgmFieldValue_v2::VERSION
            };
            value.field::<u32>(0).write(version);
            value.field::<u32>(4).write(record.entity.0);
            let stranger = if garbage == Garbage::UnknownEntity {
                10_000
            } else {
                0
            };
            value
                .field::<u32>(8)
                .write(record.entity.1.wrapping_add(stranger));
            value.field::<u32>(20).write(0);
            let body = Body {
                value,
                field: 12,
                kind: 14,
                status: 16,
                ts: 24,
                payload: 32,
            };
            write_body(&body, record, garbage);
        }
        Ok(())
    })
}

fn read(
    handle: usize,
    entities: &[dcgmGroupEntityPair_t],
    fields: Ptr<u16>,
    field_count: u32,
    flags: u32,
) -> Result<Vec<Record>, Code> {
    if entities.is_empty() || field_count == 0 || field_count > 128 {
        return Err(st::BADPARAM);
    }
    let mut ints = vec![i64::from(flags), long(entities.len())];
    for pair in entities {
        ints.extend([i64::from(pair.entityGroupId), i64::from(pair.entityId)]);
    }
    ints.extend(
        fields
            .read_all(field_count as usize)
            .into_iter()
            .map(i64::from),
    );
    Ok(ok(ask(handle, Op::LatestOf, ints))?.records)
}

pub fn latest_of_entity(
    handle: usize,
    kind: u32,
    id: i32,
    fields: Ptr<u16>,
    count: u32,
    values: Ptr<dcgmFieldValue_v1>,
) -> Code {
    run(|| {
        if fields.is_null() || values.is_null() {
            return Err(st::BADPARAM);
        }
        let pair = dcgmGroupEntityPair_t {
            entityGroupId: kind,
            entityId: id.unsigned(),
        };
        let records = read(handle, &[pair], fields, count, 0)?;
        let garbage = faults::garbage("dcgmEntityGetLatestValues");
        for (index, record) in records.iter().enumerate() {
            write_v1(values.at(index), record, garbage);
        }
        Ok(())
    })
}

pub fn latest_for_fields(
    handle: usize,
    gpu: i32,
    fields: Ptr<u16>,
    count: u32,
    values: Ptr<dcgmFieldValue_v1>,
) -> Code {
    latest_of_entity(handle, GPU, gpu, fields, count, values)
}
