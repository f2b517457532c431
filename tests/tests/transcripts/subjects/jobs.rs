//! Jobs and processes.

use std::ffi::CString;
use std::time::Duration;

use dcgm_sys::{self as sys, Versioned as _};
use serde_json::{Value, json};

use super::{Seen, Subject, pointer};
use crate::record::zeroed;
use crate::run::{Injected, Row};

const INT_BLANK: i64 = 0x7fff_ffff_ffff_fff0;
const INT32_BLANK: i32 = 0x7fff_fff0;
const DOUBLE_BLANK: f64 = 140_737_488_355_328.0;
const POWER: u16 = 155;
const XID: u16 = 230;

/// Rows about several connections, which the claims of `tests/sdk` make through clients.
const OTHERS: &str = "several connections: claims of tests/sdk";
const HEALTH: &str = "incidents of a job: set by the test, not found by health checks";
const VALUES: &str = "values of the injected NVML";

pub(super) fn call(subject: &mut Subject<'_, '_>, row: &Row, call: &str) -> Option<Seen> {
    let name = row.name();
    if name.starts_with("starter disconnected")
        || name.starts_with("JobStop by another")
        || name.starts_with("the same with persist")
        || name.starts_with("after an engine restart")
    {
        return Some(Err(OTHERS));
    }
    let (lib, handle) = (subject.lib, subject.handle());
    let id = call.starts_with("dcgmJob").then(|| job_id(row)).flatten();
    let id_pointer = id.as_ref().map_or(core::ptr::null(), |id| id.as_ptr());
    Some(match call {
        "dcgmJobStartStats" => {
            let group = job_group(subject, row);
            let code = lib.dcgmJobStartStats(handle, group, id_pointer);
            if let Some(id) = id {
                subject
                    .started
                    .entry(id.into_bytes())
                    .or_insert(subject.run.now());
            }
            Subject::ret(code)
        }
        "dcgmJobStopStats" => Subject::ret(lib.dcgmJobStopStats(handle, id_pointer)),
        "dcgmJobRemove" => {
            if let Some(id) = &id {
                subject.started.remove(id.as_bytes());
            }
            Subject::ret(lib.dcgmJobRemove(handle, id_pointer))
        }
        "dcgmJobRemoveAll" => Subject::ret(lib.dcgmJobRemoveAll(handle)),
        "dcgmJobGetStats" => job_stats(subject, row, id.as_ref()),
        "dcgmWatchJobFields" | "dcgmWatchPidFields" => {
            let group = subject.group(row);
            let interval = row.input_int("updateFreq").unwrap_or(1_000_000);
            let watch = match call {
                "dcgmWatchJobFields" => lib.dcgmWatchJobFields(handle, group, interval, 60.0, 0),
                _ => lib.dcgmWatchPidFields(handle, group, interval, 60.0, 0),
            };
            Subject::ret(watch)
        }
        "dcgmGetPidInfo" => pid_info(subject, row),
        _ => return None,
    })
}

pub(super) fn act(subject: &mut Subject<'_, '_>, row: &Row) -> Option<Seen> {
    let (lib, handle) = (subject.lib, subject.handle());
    let id = CString::new("a").unwrap();
    Some(match row.name() {
        "endTime stays after stop" => {
            let end = end_of(subject, &id);
            subject.run.control.advance(Duration::from_secs(1));
            Ok(json!({"same": end == end_of(subject, &id)}))
        }
        "JobStop again moves endTime" => {
            let end = end_of(subject, &id);
            subject.run.control.advance(Duration::from_secs(1));
            assert_eq!(lib.dcgmJobStopStats(handle, id.as_ptr()), 0);
            Ok(json!({"moved_us": end != end_of(subject, &id)}))
        }
        "2000 jobs" => {
            let group = subject.group(row);
            let started = (0..2000).filter(|number| {
                let id = CString::new(format!("many-{number}")).unwrap();
                lib.dcgmJobStartStats(handle, group, id.as_ptr()) == 0
            });
            Ok(json!({"started": started.count()}))
        }
        "after JobRemoveAll" => {
            let id = CString::new("many-7").unwrap();
            let mut info = zeroed::<sys::dcgmJobInfo_v3>();
            info.version = sys::dcgmJobInfo_v3::VERSION;
            Subject::ret(lib.dcgmJobGetStats(handle, id.as_ptr(), &raw mut *info))
        }
        "internal field groups" => Err("the engine's own field groups have other fields"),
        _ => return None,
    })
}

/// The id of a row's job. `None`: a null pointer.
fn job_id(row: &Row) -> Option<CString> {
    if let Some(hex) = row.input("id_hex").and_then(Value::as_str) {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        return Some(CString::new(bytes).unwrap());
    }
    let name = row.name();
    let id = match row.input("id") {
        Some(Value::Null) => return None,
        Some(id) => id.as_str().unwrap().to_owned(),
        None if row.text("file").starts_with("s18") => "j".to_owned(),
        None if name.contains("NULL id") => return None,
        None if name.contains("empty id") => String::new(),
        // The probe's own names of the jobs that its rows do not name.
        None if name.starts_with("then a blank") => "p".to_owned(),
        None if name.starts_with("15 XIDs") => "xid".to_owned(),
        None if name.starts_with("a GPU added") => "ga".to_owned(),
        None if name.contains("switch group") => "gs".to_owned(),
        None if name.contains("after the group was destroyed") => "gd".to_owned(),
        None => format!("{name} {:?}", row.input("group_id")),
    };
    Some(CString::new(id).unwrap())
}

fn job_group(subject: &mut Subject<'_, '_>, row: &Row) -> usize {
    let id = row.input("id").and_then(Value::as_str);
    let members = match id {
        Some("p") => json!([[1, 10]]),
        Some("xid") => json!([[1, 8], [1, 9]]),
        Some("gs") => json!([[3, 0]]),
        // Groups of their own.
        Some("ga") => json!([[1, 0]]),
        Some("gd") => json!([[1, 1]]),
        _ => return subject.group(row),
    };
    subject.group_of(&members)
}

fn end_of(subject: &Subject<'_, '_>, id: &CString) -> i64 {
    let mut info = zeroed::<sys::dcgmJobInfo_v3>();
    info.version = sys::dcgmJobInfo_v3::VERSION;
    let out = &raw mut *info;
    let code = subject
        .lib
        .dcgmJobGetStats(subject.handle(), id.as_ptr(), out);
    assert_eq!(code, 0);
    info.summary.endTime
}

fn job_stats(subject: &mut Subject<'_, '_>, row: &Row, id: Option<&CString>) -> Seen {
    let name = row.name();
    match name {
        _ if name.starts_with("20 compute pids") => {
            return Err("the simulator has no blobs of processes");
        }
        _ if name.contains("watched at 0.1 s") || name.contains("with processes") => {
            return Err(VALUES);
        }
        _ if name.starts_with("row remap") || name.starts_with("17 incidents") => {
            return Err(HEALTH);
        }
        _ => {}
    }
    let (lib, handle) = (subject.lib, subject.handle());
    if name.contains("group was destroyed") {
        let group = subject.group_of(&json!([[1, 1]]));
        assert_eq!(lib.dcgmGroupDestroy(handle, group), 0);
    }
    if name.starts_with("a GPU added") {
        let group = subject.group_of(&json!([[1, 0]]));
        assert_eq!(lib.dcgmGroupAddDevice(handle, group, 3), 0);
    }
    let started = id.and_then(|id| subject.started.get(id.as_bytes()).copied());
    let injected = started.map_or(Vec::new(), |start| inject(subject, row, start));
    let mut info = zeroed::<sys::dcgmJobInfo_v3>();
    info.version = row.version(sys::dcgmJobInfo_v3::VERSION);
    let is_null = name == "JobGetStats NULL";
    let out = if is_null {
        core::ptr::null_mut()
    } else {
        &raw mut *info
    };
    let id_pointer = match id {
        _ if name == "JobGetStats bad version" => c"a".as_ptr(),
        Some(id) => id.as_ptr(),
        None => core::ptr::null(),
    };
    let code = lib.dcgmJobGetStats(handle, id_pointer, out);
    let start = started.unwrap_or(0);
    let count = usize::try_from(info.numGpus).unwrap();
    let gpus: Vec<Value> = info.gpus[..count]
        .iter()
        .map(|gpu| usage(gpu, start))
        .collect();
    let ids: Vec<u32> = info.gpus[..count].iter().map(|gpu| gpu.gpuId).collect();
    let mut out = json!({
        "numGpus": count, "summary": usage(&info.summary, start), "gpus": gpus,
        "gpu0": gpus.first(), "gpu1": gpus.get(1),
    });
    // Some rows have the only GPU.
    if row
        .0
        .get("out")
        .is_some_and(|out| out.get("powerUsage").is_some())
    {
        out = gpus[0].clone();
    }
    Ok(json!({
        "ret": code, "out": out, "inject_rets": injected, "gpus": ids, "numGpus": count
    }))
}

/// Injects the samples of a row, at times after the start of the job. Returns the codes, each once.
fn inject(subject: &Subject<'_, '_>, row: &Row, start: i64) -> Vec<i32> {
    let mut samples: Vec<(u32, u16, f64, Injected)> = Vec::new();
    for sample in row
        .input("inject")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let numbers = sample.as_array().unwrap();
        let (gpu, rest) = match numbers.len() {
            4 => (
                u32::try_from(numbers[0].as_u64().unwrap()).unwrap(),
                &numbers[1..],
            ),
            _ => (10, &numbers[..]),
        };
        let value = if rest[2].is_f64() {
            Injected::Double(rest[2].as_f64().unwrap())
        } else {
            Injected::Int(rest[2].as_i64().unwrap())
        };
        let field = u16::try_from(rest[0].as_u64().unwrap()).unwrap();
        samples.push((gpu, field, rest[1].as_f64().unwrap(), value));
    }
    if row.name().starts_with("then a blank") {
        samples.push((10, POWER, 3.05, Injected::Double(DOUBLE_BLANK)));
        samples.push((10, POWER, 3.1, Injected::Double(200.0)));
    }
    if row.name().starts_with("15 XIDs") {
        let xid = |number: i32| (8, XID, f64::from(number) / 1e6, Injected::Int(31));
        samples.extend((1..=15).map(xid));
    }
    // The job has gone on for longer.
    subject.run.control.advance(Duration::from_secs(4));
    let mut codes = Vec::new();
    for (gpu, field, seconds, value) in samples {
        #[expect(clippy::cast_possible_truncation, reason = "a few seconds")]
        let at = start + (seconds * 1e6).round() as i64;
        codes.push(subject.run.inject((1, gpu), field, &value, at));
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn word(word: i32) -> Value {
    match word - INT32_BLANK {
        0 => "BLANK".into(),
        2 => "NOT_SUPPORTED".into(),
        _ => word.into(),
    }
}

fn long(number: i64) -> Value {
    match number - INT_BLANK {
        0 => "BLANK".into(),
        2 => "NOT_SUPPORTED".into(),
        _ => number.into(),
    }
}

fn real(number: f64) -> Value {
    if number.to_bits() == DOUBLE_BLANK.to_bits() {
        "BLANK".into()
    } else {
        number.into()
    }
}

fn words(summary: &sys::dcgmStatSummaryInt32_t) -> [Value; 3] {
    [summary.minValue, summary.maxValue, summary.average].map(word)
}

fn longs(summary: &sys::dcgmStatSummaryInt64_t) -> [Value; 3] {
    [summary.minValue, summary.maxValue, summary.average].map(long)
}

fn usage(gpu: &sys::dcgmGpuUsageInfo_t, start: i64) -> Value {
    let signed = |number: u32| word(i32::from_ne_bytes(number.to_ne_bytes()));
    let power = &gpu.powerUsage;
    let powers = [power.minValue, power.maxValue, power.average].map(real);
    let xids = usize::try_from(gpu.numXidCriticalErrors).unwrap();
    let times = gpu.xidCriticalErrorsTs[..xids].iter();
    json!({
        "gpuId": signed(gpu.gpuId),
        "energyConsumed": long(gpu.energyConsumed),
        "powerUsage": powers,
        "pcieRxBandwidth": longs(&gpu.pcieRxBandwidth),
        "pcieTxBandwidth": longs(&gpu.pcieTxBandwidth),
        "pcieReplays": long(gpu.pcieReplays),
        "startTime": format!("t0+{}", gpu.startTime - start),
        "smUtilization": words(&gpu.smUtilization),
        "memoryUtilization": words(&gpu.memoryUtilization),
        "eccSingleBit": signed(gpu.eccSingleBit),
        "eccDoubleBit": signed(gpu.eccDoubleBit),
        "memoryClock": words(&gpu.memoryClock),
        "smClock": words(&gpu.smClock),
        "numXidCriticalErrors": xids,
        "xidCriticalErrorsTs": times.map(|at| at - start).collect::<Vec<_>>(),
        "numComputePids": gpu.numComputePids, "computePidInfo": [],
        "numGraphicsPids": gpu.numGraphicsPids, "graphicsPidInfo": [],
        "maxGpuMemoryUsed": gpu.maxGpuMemoryUsed,
        "powerViolationTime": long(gpu.powerViolationTime),
        "thermalViolationTime": long(gpu.thermalViolationTime),
        "reliabilityViolationTime": long(gpu.reliabilityViolationTime),
        "boardLimitViolationTime": long(gpu.boardLimitViolationTime),
        "lowUtilizationTime": long(gpu.lowUtilizationTime),
        "syncBoostTime": long(gpu.syncBoostTime),
        "overallHealth": gpu.overallHealth,
        "incidentCount": gpu.incidentCount,
        "systems": [],
    })
}

impl Subject<'_, '_> {
    /// The processes of the recording's host.
    pub(super) fn account_processes(&self) {
        let now = self.run.now();
        let second = 1_000_000;
        for gpu in [0, 1] {
            let running = (now - 20 * second, 0);
            self.run.control.account(gpu, 4242, running, 7 << 30);
            let ended = (now - 18 * second, now - 3 * second);
            self.run.control.account(gpu, 4243, ended, 3 << 30);
        }
    }
}

fn pid_info(subject: &mut Subject<'_, '_>, row: &Row) -> Seen {
    let all = json!([[1, 0], [1, 1], [1, 2]]);
    let group = match row.name() {
        name if name.contains("group") || row.text("file").starts_with("s18") => subject.group(row),
        name if name.contains("ALL_GPUS") => 0x7fff_ffff,
        _ => subject.group_of(&all),
    };
    let mut info = zeroed::<sys::dcgmPidInfo_v2>();
    info.version = row.version(sys::dcgmPidInfo_v2::VERSION);
    info.pid = row.input_word("pid").unwrap_or(4242);
    if row.text("file").starts_with("s18nonroot") {
        return Err("depends on a watch that is not among the rows");
    }
    let out = pointer(row, &mut *info);
    let code = subject.lib.dcgmGetPidInfo(subject.handle(), group, out);
    if row.input("pid").is_some() && row.0["out"].get("gpus").is_some() {
        return Err(VALUES);
    }
    Ok(json!({"ret": code, "out": {"numGpus": info.numGpus, "pid": info.pid}}))
}
