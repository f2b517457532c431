//! Jobs and processes.

use core::ffi::{c_char, c_int};
use core::mem::offset_of;

use dcgm_sys::{
    Versioned, dcgmGpuUsageInfo_t, dcgmJobInfo_v3, dcgmPidInfo_v2, dcgmPidSingleInfo_t,
    dcgmStatSummaryFp64_t, dcgmStatSummaryInt32_t, dcgmStatSummaryInt64_t,
};

use super::{Ptr, ask, ask_packet, check_version, code_of, long, ok, run};
use crate::bits::Bits;
use crate::dispatch::Op;
use crate::engine::{Code, MOST_GPUS, Usage, st};
use crate::faults::{self, Garbage};
use crate::wire::Packet;

const INT_BLANK: i64 = 0x7fff_ffff_ffff_fff0;
const INT32_BLANK: i32 = 0x7fff_fff0;
/// A system and its health, as the engine writes them: the first is larger than any GPU's number.
const INCIDENT: [u32; 2] = [u32::MAX, 20];

pub fn watch_jobs(handle: usize, group: usize, interval: i64, keep: f64, _samples: i32) -> Code {
    let ints = vec![long(group), interval, keep.to_bits().signed()];
    code_of(ask(handle, Op::WatchUsage, ints))
}

pub fn watch_pids(handle: usize, group: usize, interval: i64, keep: f64, _samples: i32) -> Code {
    watch_jobs(handle, group, interval, keep, 0)
}

/// The bytes of an id. The library cuts them at 63.
fn named(op: Op, id: Ptr<c_char>, ints: Vec<i64>) -> Result<Packet, Code> {
    let id = id.text().filter(|id| !id.is_empty()).ok_or(st::BADPARAM)?;
    Ok(Packet {
        op: op as u32,
        ints,
        texts: vec![id.into_bytes()],
        ..Packet::default()
    })
}

fn ask_about(handle: usize, op: Op, id: Ptr<c_char>, ints: Vec<i64>) -> Code {
    code_of(named(op, id, ints).and_then(|request| ask_packet(handle, request)))
}

pub fn job_start(handle: usize, group: usize, id: Ptr<c_char>) -> Code {
    ask_about(handle, Op::StartJob, id, vec![long(group)])
}

pub fn job_stop(handle: usize, id: Ptr<c_char>) -> Code {
    ask_about(handle, Op::StopJob, id, Vec::new())
}

pub fn job_remove(handle: usize, id: Ptr<c_char>) -> Code {
    ask_about(handle, Op::RemoveJob, id, Vec::new())
}

pub fn job_remove_all(handle: usize) -> Code {
    code_of(ask(handle, Op::RemoveAllJobs, Vec::new()))
}

fn int32(value: i64) -> c_int {
    if value >= INT_BLANK {
        return INT32_BLANK + c_int::try_from(value - INT_BLANK).unwrap_or(0);
    }
    c_int::try_from(value).unwrap_or(c_int::MAX)
}

fn three32([min, max, average]: [i64; 3]) -> dcgmStatSummaryInt32_t {
    dcgmStatSummaryInt32_t {
        minValue: int32(min),
        maxValue: int32(max),
        average: int32(average),
    }
}

const fn three64([min, max, average]: [i64; 3]) -> dcgmStatSummaryInt64_t {
    dcgmStatSummaryInt64_t {
        minValue: min,
        maxValue: max,
        average,
    }
}

/// The count of a list, or one larger than its room.
fn count(count: usize) -> c_int {
    if faults::garbage("dcgmJobGetStats") == Garbage::HugeCount {
        return c_int::MAX;
    }
    c_int::try_from(count).unwrap_or(c_int::MAX)
}

/// Writes the members that both structs have.
macro_rules! write_usage {
    ($row:expr, $struct:ident, $usage:expr) => {{
        let (row, usage): (Ptr<u8>, &Usage) = ($row, $usage);
        macro_rules! put {
            ($member:ident, $value:expr) => {
                row.field(offset_of!($struct, $member)).write($value)
            };
        }
        put!(gpuId, usage.gpu);
        put!(energyConsumed, usage.energy);
        put!(pcieRxBandwidth, three64(usage.rx));
        put!(pcieTxBandwidth, three64(usage.tx));
        put!(pcieReplays, usage.replays);
        put!(startTime, usage.start);
        put!(endTime, usage.end);
        put!(smUtilization, three32(usage.sm));
        put!(memoryUtilization, three32(usage.memory));
        // Never filled.
        let is_sum = usage.gpu == INT32_BLANK.unsigned();
        put!(eccSingleBit, if is_sum { usage.gpu } else { 0_u32 });
        put!(eccDoubleBit, int32(usage.double_bit).unsigned());
        put!(memoryClock, three32(usage.memory_clock));
        put!(smClock, three32(usage.sm_clock));
        put!(numXidCriticalErrors, count(usage.xids.len()));
        let times: Ptr<i64> = row.field(offset_of!($struct, xidCriticalErrorsTs));
        for (index, at) in usage.xids.iter().enumerate() {
            times.at(index).write(*at);
        }
        put!(maxGpuMemoryUsed, usage.most_memory);
        let [power, thermal, reliability, board, low, sync] = usage.violations;
        put!(powerViolationTime, power);
        put!(thermalViolationTime, thermal);
        put!(reliabilityViolationTime, reliability);
        put!(boardLimitViolationTime, board);
        put!(lowUtilizationTime, low);
        put!(syncBoostTime, sync);
        put!(overallHealth, if usage.incidents > 0 { 20_u32 } else { 0 });
        put!(incidentCount, usage.incidents);
    }};
}

fn write_job_gpu(row: Ptr<u8>, usage: &Usage) {
    write_usage!(row, dcgmGpuUsageInfo_t, usage);
    let [min, max, average] = usage.power;
    let power = dcgmStatSummaryFp64_t {
        minValue: min,
        maxValue: max,
        average,
    };
    row.field(offset_of!(dcgmGpuUsageInfo_t, powerUsage))
        .write(power);
    for counts in [
        offset_of!(dcgmGpuUsageInfo_t, numComputePids),
        offset_of!(dcgmGpuUsageInfo_t, numGraphicsPids),
    ] {
        row.field(counts).write(count(0));
    }
}

fn usages(reply: &Packet) -> Vec<Usage> {
    let mut ints = reply.ints.iter().copied().peekable();
    let mut usages = Vec::new();
    while ints.peek().is_some() {
        usages.push(Usage::take(&mut ints));
    }
    usages
}

pub fn job_stats(handle: usize, id: Ptr<c_char>, info: Ptr<dcgmJobInfo_v3>) -> Code {
    run(|| {
        check_version(info, &[dcgmJobInfo_v3::VERSION])?;
        let reply = ok(ask_packet(handle, named(Op::JobStats, id, Vec::new())?))?;
        let all = usages(&reply);
        let (sum, gpus) = all.split_first().ok_or(st::GENERIC_ERROR)?;
        info.field(offset_of!(dcgmJobInfo_v3, numGpus))
            .write(count(gpus.len()));
        write_job_gpu(info.field(offset_of!(dcgmJobInfo_v3, summary)), sum);
        let rows: Ptr<u8> = info.field(offset_of!(dcgmJobInfo_v3, gpus));
        let row = |index| rows.field::<u8>(index * size_of::<dcgmGpuUsageInfo_t>());
        for (index, gpu) in gpus.iter().enumerate() {
            write_job_gpu(row(index), gpu);
        }
        // Incidents without a place lie in the GPUs behind; in the reply, this ends with it.
        let end = MOST_GPUS * size_of::<dcgmGpuUsageInfo_t>();
        for (index, gpu) in gpus.iter().enumerate() {
            let systems = offset_of!(dcgmGpuUsageInfo_t, systems);
            for place in 0..gpu.incidents {
                let at = index * size_of::<dcgmGpuUsageInfo_t>() + systems + 8 * place as usize;
                if at + 8 <= end {
                    rows.field(at).write(INCIDENT);
                }
            }
        }
        Ok(())
    })
}

pub fn pid_info(handle: usize, group: usize, info: Ptr<dcgmPidInfo_v2>) -> Code {
    run(|| {
        check_version(info, &[dcgmPidInfo_v2::VERSION])?;
        let pid = info.field::<u32>(offset_of!(dcgmPidInfo_v2, pid)).read();
        let pid = pid.filter(|pid| *pid != 0).ok_or(st::BADPARAM)?;
        let ints = vec![long(group), pid.into()];
        let gpus = usages(&ok(ask(handle, Op::Process, ints))?);
        info.field(offset_of!(dcgmPidInfo_v2, numGpus))
            .write(c_int::try_from(gpus.len()).unwrap_or(0));
        let rows: Ptr<u8> = info.field(offset_of!(dcgmPidInfo_v2, gpus));
        for (index, usage) in gpus.iter().enumerate().take(MOST_GPUS) {
            let row = rows.field::<u8>(index * size_of::<dcgmPidSingleInfo_t>());
            write_usage!(row, dcgmPidSingleInfo_t, usage);
            let shares = row.field::<u8>(offset_of!(dcgmPidSingleInfo_t, processUtilization));
            shares.field::<u32>(0).write(pid);
            for (place, share) in usage.processes.iter().enumerate() {
                shares.field::<f64>(8).at(place).write(*share);
            }
        }
        Ok(())
    })
}
