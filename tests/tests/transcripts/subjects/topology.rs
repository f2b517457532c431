//! Topology, links, and the choice of GPUs.

use dcgm_sys::{self as sys, Versioned as _};
use serde_json::{Value, json};

use super::groups::SWITCHES;
use super::{Seen, Subject, pointer};
use crate::record::zeroed;
use crate::run::{Injected, Row};

const ALL_GPUS: usize = 0x7fff_ffff;

pub(super) fn call(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    Some(match call {
        "dcgmGetDeviceTopology" => device_topology(subject, row),
        "dcgmGetGroupTopology" => Err("not called: computed from the topologies of GPUs"),
        "dcgmSelectGpusByTopology" => select_gpus(subject, row),
        "dcgmGetNvLinkLinkStatus" => link_states(subject, row),
        "dcgmGetNvLinkP2PStatus" => peer_states(subject, row),
        _ => return None,
    })
}

fn device_topology(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let mut topology = zeroed::<sys::dcgmDeviceTopology_v2>();
    topology.version = row.version(sys::dcgmDeviceTopology_v2::VERSION);
    let gpu = row.input_word("gpu").unwrap_or(0);
    let out = pointer(row, &mut *topology).cast();
    let code = subject
        .lib
        .dcgmGetDeviceTopology(subject.handle(), gpu, out);
    let count = usize::try_from(topology.numGpus).unwrap();
    let paths = topology.gpuPaths[..count].iter();
    let paths: Vec<Value> = paths
        .map(|path| {
            // In the older struct, the first member is a whole path.
            let local = format!("{:#x}", path.localNvLinkIds);
            json!([path.gpuId, format!("{:#x}", path.path), local])
        })
        .collect();
    let affinity = topology.cpuAffinityMask.map(|mask| format!("{mask:#x}"));
    let out = json!({"numGpus": count, "affinity": affinity, "paths": paths});
    Ok(json!({"ret": code, "out": out}))
}

fn select_gpus(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let (lib, name) = (subject.lib, row.name());
    let is_few_links = subject.run.file.ends_with("links");
    let mask = row.input("mask").and_then(Value::as_str).unwrap_or("0xff");
    let mask = u64::from_str_radix(mask.trim_start_matches("0x"), 16).unwrap();
    let count = row.input_word("n").unwrap_or(1);
    if is_few_links && count > 1 {
        return Err("the order in which the engine prefers few links is not known");
    }
    if is_few_links {
        return Err("health of a host with a link that is down");
    }
    if mask == 0x101 {
        return Err("the rule by which fake GPUs count is not known");
    }
    if name.contains("with a fake GPU") || name.contains("only the fake") {
        return Err("the health of a fake GPU depends on the calls before");
    }
    if let Some(what) = name.split(": field ").nth(1) {
        let (field, gpu) = what.split_once(" on GPU ").unwrap();
        let (field, value) = field.split_once('=').unwrap();
        let value = Injected::Int(value.parse().unwrap());
        if !subject.is_checked {
            let all = lib.dcgmHealthSet(subject.handle(), ALL_GPUS, u32::MAX);
            assert_eq!(all, 0);
            subject.is_checked = true;
        }
        let at = subject.run.now();
        let entity = (1, gpu.parse().unwrap());
        let code = subject
            .run
            .inject(entity, field.parse().unwrap(), &value, at);
        assert_eq!(code, 0);
    }
    let hints = row.input("hints").and_then(Value::as_u64).unwrap_or(0);
    let mut chosen = 0;
    let out = pointer(row, &mut chosen);
    let code = lib.dcgmSelectGpusByTopology(subject.handle(), mask, count, out, hints);
    Ok(json!({"ret": code, "out": {"mask": format!("{chosen:#x}")}}))
}

/// The states of links, a digit each.
fn digits(states: &[u32]) -> String {
    states.iter().map(ToString::to_string).collect()
}

fn link_states(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    let mut links = zeroed::<sys::dcgmNvLinkStatus_v5>();
    let is_old = row.name().contains("v4 struct");
    links.version = row.version(sys::dcgmNvLinkStatus_v5::VERSION);
    let out = pointer(row, &mut *links);
    let code = subject.lib.dcgmGetNvLinkLinkStatus(subject.handle(), out);
    let count = usize::try_from(links.numGpus).unwrap();
    if is_old {
        return Ok(json!({"ret": code, "out": {"numGpus": count}}));
    }
    if subject.run.file.ends_with("links") {
        return Err("states of single links: the host has all");
    }
    if code == 0 && links.numNvSwitches > 0 {
        return Err(SWITCHES);
    }
    let gpus = links.gpus[..count].iter();
    let gpus: Vec<Value> = gpus
        .map(|gpu| json!([gpu.entityId, digits(&gpu.linkState)]))
        .collect();
    let switches = usize::try_from(links.numNvSwitches).unwrap();
    let rows = links.nvSwitches[..switches].iter();
    let rows: Vec<Value> = rows
        .map(|switch| json!([switch.entityId, digits(&switch.linkState)]))
        .collect();
    let out = json!({
        "numGpus": count, "gpus": gpus, "numNvSwitches": switches, "switches": rows
    });
    Ok(json!({"ret": code, "out": out}))
}

fn peer_states(subject: &Subject<'_, '_>, row: &Row) -> Seen {
    if subject.run.file.ends_with("links") {
        return Err("codes of the injected NVML");
    }
    let mut states = zeroed::<sys::dcgmNvLinkP2PStatus_v1>();
    states.version = row.version(sys::dcgmNvLinkP2PStatus_v1::VERSION);
    let out = pointer(row, &mut *states);
    let code = subject.lib.dcgmGetNvLinkP2PStatus(subject.handle(), out);
    let count = usize::try_from(states.numGpus).unwrap();
    let gpus = states.gpus[..count].iter();
    let gpus: Vec<Value> = gpus
        .map(|gpu| json!([gpu.entityId, gpu.linkStatus[..count].to_vec()]))
        .collect();
    Ok(json!({"ret": code, "out": {"numGpus": count, "gpus": gpus}}))
}
