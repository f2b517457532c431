//! Groups, field groups, and the metadata of fields and errors.

use std::ffi::CString;
use std::time::Duration;

use dcgm_sys::{self as sys, Versioned as _};
use serde_json::{Map, Value, json};

use super::{Seen, Subject, pointer};
use crate::record::{text_of, zeroed};
use crate::run::Row;

const WATCHED: [u16; 3] = [155, 1002, 230];

pub(super) const SWITCHES: &str = "the host has NVSwitches, that of the recording had none";

/// Returns `true` if the result depends on the NVSwitches of the host.
fn has_switches(row: &Row, call: &str) -> bool {
    match call {
        "dcgmNvswitchGetBackend" => row.input_word("len") == Some(64),
        "dcgmGroupGetInfo" => {
            let id = row.input("group_id").and_then(Value::as_u64);
            matches!(id, Some(1 | 0x7fff_fffe))
        }
        "dcgmGroupCreate" => row.input_word("type") == Some(2),
        _ => false,
    }
}

pub(super) fn call(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let (lib, handle, name) = (subject.lib, subject.handle(), row.name());
    if has_switches(row, call) {
        return Some(Err(SWITCHES));
    }
    Some(match call {
        "dcgmGroupGetAllIds" => {
            let (mut ids, mut count) = ([0_usize; 64], 0_u32);
            let ids_pointer = if row.is_null() {
                core::ptr::null_mut()
            } else {
                ids.as_mut_ptr()
            };
            let code = lib.dcgmGroupGetAllIds(handle, ids_pointer, pointer(row, &mut count));
            let ids = &ids[..usize::try_from(count).unwrap()];
            Ok(json!({"ret": code, "out": {"ids": ids}}))
        }
        "dcgmGroupGetInfo" => group_info(subject, row),
        "dcgmGroupCreate" => group_create(subject, row),
        "dcgmFieldGroupGetInfo" => {
            let mut info = zeroed::<sys::dcgmFieldGroupInfo_v1>();
            info.version = row.version(sys::dcgmFieldGroupInfo_v1::VERSION);
            info.fieldGroupId = if name.contains("unknown") {
                999
            } else {
                watched_fields(subject)
            };
            let code = lib.dcgmFieldGroupGetInfo(handle, &raw mut *info);
            let ids = &info.fieldIds[..usize::try_from(info.numFieldIds).unwrap()];
            let out = json!({"name": text_of(&info.fieldGroupName), "ids": ids});
            Ok(json!({"ret": code, "out": out}))
        }
        "dcgmFieldGroupGetAll" => {
            watched_fields(subject);
            let mut all = zeroed::<sys::dcgmAllFieldGroup_v1>();
            all.version = sys::dcgmAllFieldGroup_v1::VERSION;
            let code = lib.dcgmFieldGroupGetAll(handle, &raw mut *all);
            let groups = all.fieldGroups[..usize::try_from(all.numFieldGroups).unwrap()].iter();
            let row = |group: &sys::dcgmFieldGroupInfo_v1| {
                json!([text_of(&group.fieldGroupName), group.numFieldIds])
            };
            Ok(json!({"ret": code, "out": groups.map(row).collect::<Vec<_>>()}))
        }
        "DcgmFieldGetByTag" => {
            let tag = row.input("tag").and_then(Value::as_str).unwrap();
            let tag = CString::new(tag).unwrap();
            Ok(json!({"out": metadata(lib.DcgmFieldGetByTag(tag.as_ptr()))}))
        }
        "DcgmFieldGetById" => {
            let id = u16::try_from(row.input_word("id").unwrap()).unwrap();
            Ok(json!({"out": metadata(lib.DcgmFieldGetById(id))}))
        }
        "dcgmGetErrorMeta" => error_metadata(subject, row),
        _ => return None,
    })
}

pub(super) fn act(subject: &mut Subject<'_, '_>, row: &Row) -> Option<Seen> {
    let (lib, name) = (subject.lib, row.name());
    Some(match name {
        "its name" => {
            let mut info = zeroed::<sys::dcgmGroupInfo_v3>();
            info.version = sys::dcgmGroupInfo_v3::VERSION;
            let out = &raw mut *info;
            let code = lib.dcgmGroupGetInfo(subject.handle(), subject.last_group, out);
            assert_eq!(code, 0);
            let length = info.groupName.iter().take_while(|byte| **byte != 0).count();
            Ok(json!({"len": length}))
        }
        "DcgmFieldGetByTag NULL" => {
            Ok(json!({"out": metadata(lib.DcgmFieldGetByTag(core::ptr::null()))}))
        }
        "then DcgmFieldGetById(150)" => Ok(json!({"out": metadata(lib.DcgmFieldGetById(150))})),
        "DcgmFieldsTerm" => Subject::ret(lib.DcgmFieldsTerm()),
        "DcgmFieldsInit" | "DcgmFieldsInit while inited" => Subject::ret(lib.DcgmFieldsInit()),
        _ => return None,
    })
}

/// Returns the field group of the probe; it is watched from the first use on.
pub(super) fn watched_fields(subject: &mut Subject<'_, '_>) -> usize {
    if subject.watched == 0 {
        let group = subject.group_of(&json!([[1, 0]]));
        subject.watched = subject.run.field_group("fi", &WATCHED);
        let lib = subject.lib;
        let code = lib.dcgmWatchFields(subject.handle(), group, subject.watched, 500_000, 10.0, 5);
        assert_eq!(code, 0);
        subject.run.control.advance(Duration::from_millis(1300));
    }
    subject.watched
}

fn group_info(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    // The probe's own group.
    subject.group_of(&json!([[1, 0]]));
    let id = row.input("group_id").and_then(Value::as_u64).unwrap_or(0);
    let mut info = zeroed::<sys::dcgmGroupInfo_v3>();
    info.version = if row.name().contains("v2 word") {
        sys::dcgmGroupInfo_v2::VERSION
    } else {
        row.version(sys::dcgmGroupInfo_v3::VERSION)
    };
    let out = pointer(row, &mut *info);
    let lib = subject.lib;
    let code = lib.dcgmGroupGetInfo(subject.handle(), usize::try_from(id).unwrap(), out);
    Ok(json!({"ret": code, "out": group_members(&info)}))
}

fn group_members(info: &sys::dcgmGroupInfo_v3) -> Value {
    let members = &info.entityList[..usize::try_from(info.count).unwrap()];
    let members: Vec<_> = members
        .iter()
        .map(|pair| [pair.entityGroupId, pair.entityId])
        .collect();
    json!({"name": text_of(&info.groupName), "count": info.count, "entities": members})
}

fn group_create(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let name = row.input("name").and_then(Value::as_str).unwrap_or("g");
    let name = CString::new(name).unwrap();
    // An empty group, which the probe made where its row has no type.
    let kind = row.input_word("type").unwrap_or(1);
    let (lib, handle, mut id) = (subject.lib, subject.handle(), 0);
    let code = lib.dcgmGroupCreate(handle, kind, name.as_ptr(), &raw mut id);
    subject.last_group = id;
    let mut info = zeroed::<sys::dcgmGroupInfo_v3>();
    info.version = sys::dcgmGroupInfo_v3::VERSION;
    assert_eq!(lib.dcgmGroupGetInfo(handle, id, &raw mut *info), 0);
    let mut out = group_members(&info);
    out["created"] = json!(id != 0);
    Ok(json!({"ret": code, "out": out}))
}

fn metadata(meta: *const sys::dcgm_field_meta_t) -> Value {
    // SAFETY: null, or the metadata of a field, which live as long as the table of fields.
    let Some(meta) = (unsafe { meta.as_ref() }) else {
        return Value::Null;
    };
    let kind = char::from(meta.fieldType.to_ne_bytes()[0]);
    json!({
        "fieldId": meta.fieldId, "type": kind.to_string(), "size": meta.size,
        "tag": text_of(&meta.tag), "scope": meta.scope, "nvmlFieldId": meta.nvmlFieldId,
        "entityLevel": meta.entityLevel,
    })
}

fn error_metadata(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let codes = row.0["out"].as_object().unwrap().keys().map(|key| {
        let meta = subject.lib.dcgmGetErrorMeta(key.parse().unwrap());
        // SAFETY: null, or a row of a table that lives as long as the library.
        let meta = unsafe { meta.as_ref() };
        let numbers = meta.map(|meta| json!([meta.severity, meta.category]));
        (key.clone(), numbers.unwrap_or(Value::Null))
    });
    Ok(json!({"out": codes.collect::<Map<_, _>>()}))
}
