//! Cases 4, 4b: entities, fakes.

use dcgm_sys::{self as sys, Versioned};
use serde_json::{Value, json};

use crate::record::{text_of, zeroed};
use crate::run::{Injected, Row, Run, Seen};
use crate::seen;

const KINDS: [&str; 11] = [
    "NONE", "GPU", "VGPU", "SWITCH", "GPU_I", "GPU_CI", "LINK", "CPU", "CPU_CORE", "CONNECTX",
    "COUNT",
];

fn kind(name: &str) -> u32 {
    u32::try_from(KINDS.iter().position(|kind| *kind == name).unwrap()).unwrap()
}

pub(crate) fn case4(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin_with("none");
    }
    let lib = run.lib;
    let name = row.name();
    if let Some((_, what)) = name.split_once(": ") {
        return match what.split_once('(') {
            Some((_, arguments)) => {
                let (kind_name, flags) = arguments
                    .trim_end_matches(')')
                    .split_once(",flags=")
                    .unwrap();
                seen_entities(run, kind(kind_name), 1024, flags.parse().unwrap())
            }
            None if what == "dcgmGetAllDevices" => run.seen_devices(run.handle),
            None => {
                let (mut ids, mut count) = ([0; 32], -1);
                let code =
                    lib.dcgmGetAllSupportedDevices(run.handle, ids.as_mut_ptr(), &raw mut count);
                let listed = usize::try_from(count).unwrap();
                seen! {"ret": code, "count": count, "ids": ids[..listed].to_vec()}
            }
        };
    }
    if let Some(what) = name.strip_prefix("create fake ") {
        return seen_fake(run, what);
    }
    match name {
        "buffer of 4, no GPUs" | "buffer of 4 for 8 GPUs" => seen_entities(run, 1, 4, 0),
        "dcgmGetGpuStatus(0)" | "dcgmGetGpuStatus(31)" => {
            let mut status = 77;
            let gpu = if name.contains("(0)") { 0 } else { 31 };
            seen! {"ret": lib.dcgmGetGpuStatus(run.handle, gpu, &raw mut status), "status": status}
        }
        "dcgmGetGpuInstanceHierarchy" => seen_hierarchy(run, sys::dcgmMigHierarchy_v2::VERSION),
        "dcgmGetGpuInstanceHierarchy bad version" => seen_hierarchy(run, 1),
        "dcgmGetCpuHierarchy_v2" => {
            let mut cpus = zeroed::<sys::dcgmCpuHierarchy_v2>();
            cpus.version = sys::dcgmCpuHierarchy_v2::VERSION;
            let code = lib.dcgmGetCpuHierarchy_v2(run.handle, &raw mut *cpus);
            seen! {"ret": code, "numCpus": cpus.numCpus}
        }
        "dcgmGetNvLinkLinkStatus" => {
            let mut links = zeroed::<sys::dcgmNvLinkStatus_v5>();
            links.version = sys::dcgmNvLinkStatus_v5::VERSION;
            let code = lib.dcgmGetNvLinkLinkStatus(run.handle, &raw mut *links);
            seen! {"ret": code, "numGpus": links.numGpus, "numNvSwitches": links.numNvSwitches}
        }
        "dcgmGetGpuChipArchitecture(0)" => {
            let mut chip = 0_u32;
            let code = lib.dcgmGetGpuChipArchitecture(run.handle, 0, &raw mut chip);
            seen! {"ret": code, "arch": i32::from_ne_bytes(chip.to_ne_bytes())}
        }
        _ => Err("call not known"),
    }
}

fn seen_entities(run: &Run<'_>, kind: u32, room: i32, flags: u32) -> Seen {
    let (mut ids, mut count) = (vec![0; 1024], room);
    let code = run.lib.dcgmGetEntityGroupEntities(
        run.handle,
        kind,
        ids.as_mut_ptr(),
        &raw mut count,
        flags,
    );
    let shown = match code {
        0 => usize::try_from(count).unwrap(),
        // What a buffer that is too small holds afterwards.
        -31 => usize::try_from(room).unwrap(),
        _ => 0,
    };
    seen! {"ret": code, "count": count, "ids": ids[..shown].to_vec()}
}

fn seen_fake(run: &Run<'_>, what: &str) -> Seen {
    if let Some(number) = what.strip_prefix("GPU #") {
        let wanted: u32 = number.parse().unwrap();
        loop {
            let (code, id) = run.fake(1, (0, 0));
            if code != 0 || id + 1 >= wanted {
                return seen! {"ret": code, "id": id};
            }
        }
    }
    let (kind_name, rest) = what.split_once(' ').unwrap_or((what, ""));
    let last = rest
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or("");
    let above = match kind_name {
        "GPU_I" | "LINK" => 1,
        "GPU_CI" => 4,
        "CPU_CORE" => 7,
        _ => 0,
    };
    let kind = kind(kind_name);
    // Where the row names no parent it is 0.
    let parent = (above, last.parse().unwrap_or(0));
    let (code, id) = run.fake(kind, parent);
    seen! {"ret": code, "id": id}
}

pub(crate) fn seen_hierarchy(run: &Run<'_>, version: u32) -> Seen {
    let mut rows = zeroed::<sys::dcgmMigHierarchy_v2>();
    rows.version = version;
    let code = run
        .lib
        .dcgmGetGpuInstanceHierarchy(run.handle, &raw mut *rows);
    let count = usize::try_from(rows.count).unwrap();
    let list: Vec<Value> = rows.entityList[..count]
        .iter()
        .map(|row| {
            json!({
                "entity": [row.entity.entityGroupId, row.entity.entityId],
                "parent": [row.parent.entityGroupId, row.parent.entityId],
                "gpuUuid": text_of(&row.info.gpuUuid),
                "nvmlGpuIndex": row.info.nvmlGpuIndex,
                "nvmlInstanceId": row.info.nvmlInstanceId,
                "nvmlCI": i32::from_ne_bytes(row.info.nvmlComputeInstanceId.to_ne_bytes()),
                "profileId": row.info.nvmlMigProfileId,
                "slices": row.info.nvmlProfileSlices,
            })
        })
        .collect();
    seen! {"ret": code, "count": count, "list": list}
}

pub(crate) fn seen_group(run: &Run<'_>, group: usize, version: u32) -> Seen {
    let mut info = zeroed::<sys::dcgmGroupInfo_v3>();
    info.version = version;
    let code = run.lib.dcgmGroupGetInfo(run.handle, group, &raw mut *info);
    let count = usize::try_from(info.count).unwrap();
    let pair = |pair: &sys::dcgmGroupEntityPair_t| [pair.entityGroupId, pair.entityId];
    let ents: Vec<[u32; 2]> = info.entityList[..count].iter().map(pair).collect();
    seen! {"ret": code, "count": count, "n": count, "gname": text_of(&info.groupName), "ents": ents}
}

/// Fakes of all kinds in one group, beside two GPUs.
pub(crate) fn case4b(run: &mut Run<'_>, row: &Row) -> Seen {
    if run.handle == 0 {
        run.begin_with("recorded:2");
        let (group, fields) = (
            run.group("mixed", &[]),
            run.field_group("mixed", &[150, 858]),
        );
        run.set("g", group);
        run.set("fg", fields);
    }
    let var = |name: &str| u32::try_from(run.var(name)).unwrap();
    let (gp, gi, ci, sw) = (var("gp"), var("gi"), var("ci"), var("sw"));
    // A link: kind of its owner, index, owner. From the row that reads them: the switch's fourth,
    // and GPU 0's second.
    let link = 3 | 3 << 8 | sw << 24;
    let gpu_link = 1 | 1 << 8;
    let (group, fields) = (run.id("g"), run.id("fg"));
    let add = |kind, id| seen! {"ret": run.lib.dcgmGroupAddEntity(run.handle, group, kind, id)};
    let now = run.now();
    let inject = |kind, id, field, value| {
        seen! {"ret": run.inject((kind, id), field, &Injected::Int(value), now)}
    };
    let name = row.name();
    match name {
        "fake GPU" => {
            let (code, id) = run.fake(1, (0, 0));
            run.vars.insert("gp", id.into());
            seen! {"ret": code}
        }
        "fake GPU_I" => {
            let (code, id) = run.fake(4, (1, gp));
            run.vars.insert("gi", id.into());
            seen! {"ret": code}
        }
        "fake CI" => {
            let (code, id) = run.fake(5, (4, gi));
            run.vars.insert("ci", id.into());
            seen! {"ret": code}
        }
        "fake SWITCH" => {
            let (code, id) = run.fake(3, (0, 0));
            run.vars.insert("sw", id.into());
            seen! {"ret": code}
        }
        "add GPU" => add(1, gp),
        "add GPU_I" => add(4, gi),
        "add CI" => add(5, ci),
        "add SWITCH" => add(3, sw),
        "add LINK sw" => add(6, link),
        "add LINK gpu0" => add(6, gpu_link),
        "watch mixed group, fields 150(gpu) 858(switch temp)" => {
            seen! {"ret": run.lib.dcgmWatchFields(run.handle, group, fields, 1_000_000, 60.0, 5)}
        }
        "inject GPU_I 150" => inject(4, gi, 150, 41),
        "inject CI 150" => inject(5, ci, 150, 42),
        "inject SWITCH 858" => inject(3, sw, 858, 43),
        "inject SWITCH 150" => inject(3, sw, 150, 44),
        "inject LINK" => inject(6, link, 858, 45),
        "inject GPU 150" => inject(1, gp, 150, 46),
        "inject CPU 0 f1110" => inject(7, 0, 1110, 46),
        "inject NONE f4" => inject(0, 0, 4, 9),
        "inject absent switch 9" => inject(3, 9, 858, 43),
        "inject absent GPU_I 200" => inject(4, 200, 150, 43),
        "latest mixed" => run.seen_latest(group, fields),
        "inject prof 1001 on GPU_I" => {
            seen! {"ret": run.inject((4, gi), 1001, &Injected::Double(0.5), now)}
        }
        "entities GPU_I 1001" => run.seen_entities(&[(4, gi)], &[1001], 0),
        "  info" => seen_group(run, run.id("x"), sys::dcgmGroupInfo_v3::VERSION),
        _ => match name.rsplit_once(' ') {
            Some(("GroupCreate type", kind)) => {
                let mut id = 0;
                let kind = kind.parse().unwrap();
                let code = run
                    .lib
                    .dcgmGroupCreate(run.handle, kind, c"t".as_ptr(), &raw mut id);
                run.set("x", id);
                seen! {"ret": code}
            }
            Some(("latest on", id)) => run.seen_latest(hex(id), fields),
            _ => match name.strip_prefix("GroupGetInfo(") {
                Some(id) => seen_group(
                    run,
                    hex(id.trim_end_matches(')')),
                    sys::dcgmGroupInfo_v3::VERSION,
                ),
                None => Err("call not known"),
            },
        },
    }
}

fn hex(text: &str) -> usize {
    usize::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}
