//! Cases 5, 5b: groups, field groups, watching.

use core::ffi::c_int;
use std::ffi::CString;

use dcgm_sys::{self as sys, Versioned};
use serde_json::{Value, json};

use crate::entities::seen_group;
use crate::record::{text_of, zeroed};
use crate::run::{Row, Run, Seen};
use crate::seen;

const ALL_GPUS: usize = 0x7fff_ffff;
const ALL_SWITCHES: usize = 0x7fff_fffe;
const ALL_ENTITIES: usize = 0x7fff_fffb;
const NO_GROUP: usize = 9999;
const SECOND: i64 = 1_000_000;
/// Any three: no answer depends on which.
const FIELDS: [u16; 3] = [150, 155, 203];

fn create(run: &Run<'_>, kind: u32, name: Option<&str>) -> (c_int, usize) {
    let name = name.map(|name| CString::new(name).unwrap());
    let name = name
        .as_ref()
        .map_or(core::ptr::null(), |name| name.as_ptr());
    let mut id = 0;
    (
        run.lib.dcgmGroupCreate(run.handle, kind, name, &raw mut id),
        id,
    )
}

pub(crate) fn case5(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        if run.file == "case5-emb" {
            run.begin_with("none");
            run.g0 = run.fake(1, (0, 0)).1;
            run.g1 = run.fake(1, (0, 0)).1;
        } else {
            run.begin();
        }
    }
    let name = row.name();
    if let Some(answer) = of_groups(run, name) {
        return answer;
    }
    if let Some(answer) = of_field_groups(run, name) {
        return answer;
    }
    of_watches(run, name)
}

fn of_groups(run: &mut Run<'_>, name: &str) -> Option<Seen> {
    let lib = run.lib;
    let (handle, g) = (run.handle, run.id("g"));
    let version = sys::dcgmGroupInfo_v3::VERSION;
    let made = |run: &mut Run<'_>, variable, kind, name| {
        let (code, id) = create(run, kind, name);
        run.set(variable, id);
        seen! {"ret": code, "gid": id}
    };
    let add = |kind, id| seen! {"ret": lib.dcgmGroupAddEntity(handle, g, kind, id)};
    let (g0, g1) = (run.g0, run.g1);
    Some(match name {
        "GroupCreate EMPTY" => made(run, "g", 1, Some("grp")),
        "GroupCreate EMPTY same name" => made(run, "gb", 1, Some("grp")),
        "GroupCreate DEFAULT (all GPUs)" => made(run, "gb", 0, Some("def")),
        "def" => seen_group(run, run.id("gb"), version),
        "DCGM_ALL_SUPPORTED_GPUS" => seen_group(run, ALL_GPUS, version),
        "GroupGetInfo(bad id 9999)" => seen_group(run, NO_GROUP, version),
        "GroupGetInfo bad version" => seen_group(run, run.id("gb"), 1),
        "GroupCreate bad type 42" => made(run, "gb", 42, Some("bad")),
        "GroupCreate NULL name" => made(run, "gx", 1, None),
        "GroupCreate DEFAULT_NVSWITCHES (none)" => made(run, "gb", 2, Some("sw")),
        "GroupAddDevice ok" | "GroupAddDevice dup" => {
            seen! {"ret": lib.dcgmGroupAddDevice(handle, g, g0)}
        }
        "GroupAddDevice gpu 77" => seen! {"ret": lib.dcgmGroupAddDevice(handle, g, 77)},
        "GroupAddEntity GPU ok" => add(1, g1),
        "GroupAddEntity GPU 77" => add(1, 77),
        "GroupAddEntity SWITCH 55 (absent)" => add(3, 55),
        "GroupAddEntity GPU_I 3 (absent)" => add(4, 3),
        "GroupAddEntity GPU_CI 3 (absent)" => add(5, 3),
        "GroupAddEntity CPU 0" => add(7, 0),
        "GroupAddEntity CPU_CORE 0" => add(8, 0),
        "GroupAddEntity LINK gpu0/0" => add(6, 1 | g0 << 24),
        "GroupAddEntity VGPU 1" => add(2, 1),
        "GroupAddEntity eg=42" => add(42, 1),
        "GroupAddEntity NONE" => add(0, 0),
        "GroupGetInfo(grp)" => seen_group(run, g, version),
        "GroupAddDevice bad group" => seen! {"ret": lib.dcgmGroupAddDevice(handle, NO_GROUP, g0)},
        "GroupAddEntity bad group" => {
            seen! {"ret": lib.dcgmGroupAddEntity(handle, NO_GROUP, 1, g0)}
        }
        "GroupAddDevice ALL_GPUS" => seen! {"ret": lib.dcgmGroupAddDevice(handle, ALL_GPUS, g0)},
        "GroupRemoveDevice ok" | "GroupRemoveDevice again" => {
            seen! {"ret": lib.dcgmGroupRemoveDevice(handle, g, g1)}
        }
        "GroupDestroy bad" => seen! {"ret": lib.dcgmGroupDestroy(handle, NO_GROUP)},
        "GroupDestroy ALL_GPUS" => seen! {"ret": lib.dcgmGroupDestroy(handle, ALL_GPUS)},
        "GroupDestroy ok" | "GroupDestroy again" => seen! {"ret": lib.dcgmGroupDestroy(handle, g)},
        "GroupCreate until limit" => until_limit(|_| create(run, 1, Some("more")).0),
        _ => return None,
    })
}

/// Makes more and more, and gives the code that ended it.
fn until_limit(mut make: impl FnMut(usize) -> c_int) -> Seen {
    let mut count = 0;
    loop {
        let code = make(count);
        if code != 0 {
            return seen! {"ret": code, "created_before_error": count};
        }
        count += 1;
        assert!(count < 200, "no limit");
    }
}

fn of_field_groups(run: &mut Run<'_>, name: &str) -> Option<Seen> {
    let lib = run.lib;
    let handle = run.handle;
    let create = |name, fields: &[u16]| {
        let (code, id) = run.create_field_group(name, fields);
        seen! {"ret": code, "fgid": id}
    };
    Some(match name {
        "FieldGroupCreate ok" => {
            let (code, id) = run.create_field_group(Some("fg"), &FIELDS);
            run.set("fg", id);
            seen! {"ret": code, "fgid": id}
        }
        "FieldGroupCreate same name" => create(Some("fg"), &FIELDS),
        "FieldGroupCreate same fields other name" => create(Some("fg2"), &FIELDS),
        "FieldGroupCreate with unknown id 9999" => create(Some("fg3"), &[150, 9999]),
        "FieldGroupCreate with gap ids 2,7" => create(Some("fg4"), &[2, 7]),
        "FieldGroupCreate dup ids" => create(Some("fg5"), &[150, 150]),
        "FieldGroupCreate 0 ids" => create(Some("fg6"), &[]),
        "FieldGroupCreate 200 ids (max 128)" => create(Some("fg7"), &[150; 200]),
        "FieldGroupCreate NULL name" => create(None, &FIELDS),
        "FieldGroupCreate empty name" => create(Some(""), &FIELDS),
        "FieldGroupCreate NULL fields" => {
            let mut id = 0;
            let fields = core::ptr::null();
            seen! {"ret": lib.dcgmFieldGroupCreate(handle, 1, fields, c"fg8".as_ptr(), &raw mut id)}
        }
        "fg" => seen_field_group(run, run.id("fg")),
        "FieldGroupGetInfo bad" => seen_field_group(run, NO_GROUP),
        "FieldGroupGetAll" => {
            let mut all = zeroed::<sys::dcgmAllFieldGroup_v1>();
            all.version = sys::dcgmAllFieldGroup_v1::VERSION;
            let code = lib.dcgmFieldGroupGetAll(handle, &raw mut *all);
            let count = usize::try_from(all.numFieldGroups).unwrap();
            let row = |group: &sys::dcgmFieldGroupInfo_v1| {
                json!([
                    group.fieldGroupId,
                    text_of(&group.fieldGroupName),
                    group.numFieldIds
                ])
            };
            let names: Vec<Value> = all.fieldGroups[..count].iter().map(row).collect();
            seen! {"ret": code, "n": count, "names": names}
        }
        "FieldGroupDestroy while watched (ALL_GPUS)" | "FieldGroupDestroy again" => {
            seen! {"ret": lib.dcgmFieldGroupDestroy(handle, run.id("fg"))}
        }
        "FieldGroupDestroy bad" => seen! {"ret": lib.dcgmFieldGroupDestroy(handle, NO_GROUP)},
        "FieldGroupDestroy internal id 1" => {
            // Without a driver the engine has none of its own, and by now no group has this number.
            seen! {"ret": lib.dcgmFieldGroupDestroy(handle, 1)}
        }
        "FieldGroupCreate until limit" => until_limit(|number| {
            run.create_field_group(Some(&format!("more{number}")), &FIELDS)
                .0
        }),
        _ => return None,
    })
}

pub(crate) fn seen_field_group(run: &Run<'_>, id: usize) -> Seen {
    let mut info = zeroed::<sys::dcgmFieldGroupInfo_v1>();
    info.version = sys::dcgmFieldGroupInfo_v1::VERSION;
    info.fieldGroupId = id;
    let code = run.lib.dcgmFieldGroupGetInfo(run.handle, &raw mut *info);
    seen! {"ret": code, "n": info.numFieldIds}
}

fn of_watches(run: &mut Run<'_>, name: &str) -> Seen {
    let lib = run.lib;
    let (handle, g, fg) = (run.handle, run.id("g"), run.id("fg"));
    let watch = |group, fields, interval, keep, samples| {
        seen! {"ret": lib.dcgmWatchFields(handle, group, fields, interval, keep, samples)}
    };
    match name {
        "WatchFields ok 1s" | "WatchFields again (same)" => watch(g, fg, SECOND, 3600.0, 10),
        "WatchFields bad group" => watch(NO_GROUP, fg, SECOND, 3600.0, 10),
        "WatchFields bad fieldgroup" => watch(g, NO_GROUP, SECOND, 3600.0, 10),
        "WatchFields freq 0" => watch(g, fg, 0, 3600.0, 10),
        "WatchFields freq -1" => watch(g, fg, -1, 3600.0, 10),
        "WatchFields freq 1us" => watch(g, fg, 1, 3600.0, 10),
        "WatchFields keepAge 0 samples 0" => watch(g, fg, SECOND, 0.0, 0),
        "WatchFields keepAge -1" => watch(g, fg, SECOND, -1.0, 0),
        "WatchFields keepSamples -1" => watch(g, fg, SECOND, 10.0, -1),
        "WatchFields empty group" => {
            let empty = run.group("empty", &[]);
            watch(empty, fg, SECOND, 10.0, 10)
        }
        "WatchFields ALL_GPUS" => watch(ALL_GPUS, fg, SECOND, 10.0, 10),
        "WatchFields ALL_NVSWITCHES" => watch(ALL_SWITCHES, fg, SECOND, 10.0, 10),
        "WatchFields ALL_ENTITIES" => watch(ALL_ENTITIES, fg, SECOND, 10.0, 10),
        "UpdateAllFields(wait=1) nothing watched" | "UpdateAllFields(wait=1) watched" => {
            seen! {"ret": lib.dcgmUpdateAllFields(handle, 1)}
        }
        "UpdateAllFields(wait=0) watched" => seen! {"ret": lib.dcgmUpdateAllFields(handle, 0)},
        "UnwatchFields ok" | "UnwatchFields again" => {
            seen! {"ret": lib.dcgmUnwatchFields(handle, g, fg)}
        }
        "UnwatchFields bad group" => seen! {"ret": lib.dcgmUnwatchFields(handle, NO_GROUP, fg)},
        "UnwatchFields bad fg" => seen! {"ret": lib.dcgmUnwatchFields(handle, g, NO_GROUP)},
        _ => Err("call not known"),
    }
}

/// Limits of numbers and names.
pub(crate) fn case5b(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin_with("recorded:2");
    }
    let name = row.name();
    let number: usize = name
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|text| {
            // The first number of two digits or more: the names have a 2 in them.
            text.parse().ok().filter(|number| *number > 9)
        })
        .unwrap();
    let known = dcgm::FieldId::all()
        .iter()
        .filter(|field| !field.tag.is_empty() && field.id.raw() < 1534);
    let fields: Vec<u16> = known.map(|field| field.id.raw()).take(number).collect();
    let long = "n".repeat(number);
    if name.starts_with("EntitiesGetLatestValues") {
        return run.seen_entities(&[(1, 0), (1, 1)], &fields, 0);
    }
    if name.starts_with("GroupCreate") {
        return seen! {"ret": create(run, 1, Some(&long)).0};
    }
    if name.ends_with("chars") {
        return seen! {"ret": run.create_field_group(Some(&long), &[150]).0};
    }
    seen! {"ret": run.create_field_group(Some(&format!("n{number}")), &fields).0}
}
