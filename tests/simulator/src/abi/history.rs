//! Summaries, history and watchers of cached samples.

use core::ffi::c_int;
use core::mem::offset_of;

use dcgm_sys::{
    Versioned, dcgm_cm_field_info_watcher_t, dcgmCacheManagerFieldInfo_v4_t,
    dcgmFieldSummaryRequest_v1, dcgmFieldValue_v1, dcgmSummaryResponse_t,
};

use super::records::write_v1;
use super::{Ptr, ask, check_version, ok, run};
use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{self, Garbage};
use crate::process::PROCESS;

const ALL: u32 = 0x7f;

/// With a failure, the counts are there too, and values of 0.
pub fn field_summary(handle: usize, request: Ptr<dcgmFieldSummaryRequest_v1>) -> Code {
    run(|| {
        check_version(request, &[dcgmFieldSummaryRequest_v1::VERSION])?;
        macro_rules! read {
            ($type:ty, $member:ident) => {
                request
                    .field::<$type>(offset_of!(dcgmFieldSummaryRequest_v1, $member))
                    .read()
                    .unwrap_or_default()
            };
        }
        let mask = read!(u32, summaryTypeMask) & ALL;
        let ints = vec![
            read!(u32, entityGroupId).into(),
            read!(u32, entityId).into(),
            read!(u16, fieldId).into(),
            read!(i64, startTime),
            read!(i64, endTime),
        ];
        let response: Ptr<u8> = request.field(offset_of!(dcgmFieldSummaryRequest_v1, response));
        let count: Ptr<u32> = response.field(offset_of!(dcgmSummaryResponse_t, summaryCount));
        let reply = ask(handle, Op::Summarize, ints)?;
        if reply.code == st::BADPARAM {
            count.write(0);
            return Err(reply.code);
        }
        response
            .field::<u32>(offset_of!(dcgmSummaryResponse_t, fieldType))
            .write(reply.word(0));
        if mask == 0 {
            count.write(0);
            return Err(st::BADPARAM);
        }
        let values: Ptr<i64> = response.field(offset_of!(dcgmSummaryResponse_t, values));
        let bits: Vec<usize> = (0..7).filter(|bit| mask & (1 << bit) != 0).collect();
        for (index, bit) in bits.iter().enumerate() {
            values.at(index).write(reply.int(1 + bit));
        }
        let huge = faults::garbage("dcgmGetFieldSummary") == Garbage::HugeCount;
        let reported = u32::try_from(bits.len()).unwrap_or(0);
        count.write(if huge { u32::MAX } else { reported });
        if reply.code == st::OK {
            Ok(())
        } else {
            Err(reply.code)
        }
    })
}

#[expect(clippy::too_many_arguments, reason = "C's function")]
pub fn history(
    handle: usize,
    gpu: c_int,
    field: u16,
    count: Ptr<c_int>,
    start: i64,
    end: i64,
    order: u32,
    values: Ptr<dcgmFieldValue_v1>,
) -> Code {
    run(|| {
        let most = count.read().filter(|most| *most > 0 && !values.is_null());
        if most.is_none() && PROCESS.flavour() == Flavour::V3_3 && count.read() != Some(0) {
            // It ends the process that calls.
            PROCESS.note_crash();
        }
        let most = most.ok_or(st::BADPARAM)?;
        count.write(0);
        let ints = vec![
            gpu.into(),
            field.into(),
            start,
            end,
            order.into(),
            most.into(),
        ];
        let reply = ok(ask(handle, Op::History, ints))?;
        let garbage = faults::garbage("dcgmGetMultipleValuesForField");
        for (index, record) in reply.records.iter().enumerate() {
            write_v1(values.at(index), record, garbage);
        }
        let found = c_int::try_from(reply.records.len()).unwrap_or(0);
        count.write(if garbage == Garbage::HugeCount {
            c_int::MAX
        } else {
            found
        });
        Ok(())
    })
}

/// Takes any version word.
pub fn field_info(handle: usize, info: Ptr<dcgmCacheManagerFieldInfo_v4_t>) -> Code {
    run(|| {
        if info.is_null() {
            return Err(st::BADPARAM);
        }
        macro_rules! member {
            ($type:ty, $member:ident) => {
                info.field::<$type>(offset_of!(dcgmCacheManagerFieldInfo_v4_t, $member))
            };
        }
        let ints = vec![
            member!(u32, entityGroupId).read().unwrap_or(0).into(),
            member!(u32, entityId).read().unwrap_or(0).into(),
            member!(u16, fieldId).read().unwrap_or(0).into(),
        ];
        let reply = ok(ask(handle, Op::FieldInfo, ints))?;
        member!(u32, flags).write(1);
        member!(i16, lastStatus).write(0);
        member!(i64, oldestTimestamp).write(reply.int(0));
        member!(i64, newestTimestamp).write(reply.int(1));
        member!(i64, monitorIntervalUsec).write(reply.int(2));
        member!(i64, maxAgeUsec).write(reply.int(3));
        member!(i64, execTimeUsec).write(1);
        member!(i64, fetchCount).write(reply.int(4));
        member!(i32, numSamples).write(i32::try_from(reply.int(5)).unwrap_or(i32::MAX));
        let rows = reply.ints.get(6..).unwrap_or_default().chunks(4);
        let huge = faults::garbage("dcgmGetCacheManagerFieldInfo") == Garbage::HugeCount;
        let count = i32::try_from(rows.len()).unwrap_or(0);
        member!(i32, numWatchers).write(if huge { i32::MAX } else { count });
        let watchers = member!(dcgm_cm_field_info_watcher_t, watchers);
        for (index, row) in rows.enumerate() {
            if let [kind, connection, interval, keep] = *row {
                watchers.at(index).write(dcgm_cm_field_info_watcher_t {
                    watcherType: u32::try_from(kind).unwrap_or(0),
                    connectionId: u32::try_from(connection).unwrap_or(0),
                    monitorIntervalUsec: interval,
                    maxAgeUsec: keep,
                });
            }
        }
        Ok(())
    })
}
