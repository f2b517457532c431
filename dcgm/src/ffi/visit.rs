//! Reads values that libdcgm passes to a callback one by one.

use core::ffi::{c_int, c_uint, c_void};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use dcgm_sys as sys;

use super::decode::{self, Raw, Scratch};
use super::matcher::{RequestGrid, ResponseKey, ResponseMatcher, unanswered_sample};
use super::{EngineHandle, GroupPair, call};
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};

/// Reusable memory for reading by groups.
#[derive(Debug, Default)]
pub(crate) struct GroupBuffer {
    matcher: ResponseMatcher,
    scratch: Scratch,
    /// Samples that came out of order.
    unordered: Samples,
}

/// The target of the callback.
struct Sink<'a, F> {
    take: F,
    scratch: &'a mut Scratch,
    /// The number of values that are still accepted.
    capacity: usize,
    /// A panic in `take`, which must not unwind through C.
    panic: Option<Box<dyn Any + Send>>,
}

/// Calls a C function with a callback that passes its values to `take`.
fn call_with_sink<F: FnMut(Sample<'_>)>(
    scratch: &mut Scratch,
    capacity: usize,
    take: F,
    call: impl FnOnce(sys::dcgmFieldValueEntityEnumeration_f, *mut c_void) -> Result<()>,
) -> Result<()> {
    let mut sink = Sink {
        take,
        scratch,
        capacity,
        panic: None,
    };
    let outcome = call(Some(on_values::<F>), (&raw mut sink).cast::<c_void>());
    if let Some(payload) = sink.panic.take() {
        panic::resume_unwind(payload);
    }
    outcome
}

/// Appends the latest value of every pair of a group to `into`, once and in the order of `grid`, which
/// describes the group. A pair that libdcgm skips is
/// [`NoValue::Malformed`](crate::NoValue::Malformed).
pub(super) fn read_latest(
    engine: &EngineHandle,
    (group, fields): GroupPair,
    grid: RequestGrid<'_>,
    buffer: &mut GroupBuffer,
    into: &mut Samples,
) -> Result<()> {
    let from = into.len();
    // Twice the number of pairs: more responses can only be repetitions.
    let capacity = 2 * grid.entities.len() * grid.fields.len();
    call_with_sink(
        &mut buffer.scratch,
        capacity,
        |sample| into.push(sample),
        // SAFETY: the callback is called on this thread before the function returns, with the sink that
        // it was created for, which nothing else uses meanwhile.
        |on_values, sink| unsafe {
            call!(
                engine.library(),
                dcgmGetLatestValues_v2(engine.handle(), group.0, fields.0, on_values, sink)
            )
        },
    )?;
    // Every release so far responds in order.
    if !into.are_of(from, grid.iter_pairs()) {
        buffer.sort_samples(grid, from, into);
    }
    Ok(())
}

impl GroupBuffer {
    /// Sorts samples that came out of order.
    #[cold]
    fn sort_samples(&mut self, grid: RequestGrid<'_>, from: usize, into: &mut Samples) {
        let Self {
            matcher, unordered, ..
        } = self;
        unordered.clear();
        unordered.extend(into.iter().skip(from));
        into.truncate_to(from);
        matcher.start_request();
        let width = grid.fields.len();
        let mut order = vec![None; grid.entities.len() * width];
        for (at, sample) in unordered.iter().enumerate() {
            let found = matcher.match_response(grid, ResponseKey::new(&sample));
            let slot = found.and_then(|(entity, field)| order.get_mut(entity * width + field));
            if let Some(slot) = slot {
                *slot = Some(at);
            }
        }
        for (at, pair) in order.into_iter().zip(grid.iter_pairs()) {
            into.push(
                at.and_then(|at| unordered.get(at))
                    .unwrap_or_else(|| unanswered_sample(pair)),
            );
        }
    }
}

/// Passes every sample since a time to `take`: entity by entity, field by field, ascending in time;
/// pairs without one as a sample with the reason. Returns the start of the next read.
pub(super) fn read_since(
    engine: &EngineHandle,
    (group, fields): GroupPair,
    from: Timestamp,
    scratch: &mut Scratch,
    take: &mut dyn FnMut(Sample<'_>),
) -> Result<Timestamp> {
    let mut next = 0;
    let outcome = call_with_sink(
        scratch,
        usize::MAX,
        take,
        // SAFETY: as above, and it writes one integer.
        |on_values, sink| unsafe {
            call!(
                engine.library(),
                dcgmGetValuesSince_v2(
                    engine.handle(),
                    group.0,
                    fields.0,
                    from.micros(),
                    &raw mut next,
                    on_values,
                    sink
                )
            )
        },
    );
    // On failure, `next` is not meaningful.
    outcome.map(|()| Timestamp::from_micros(next))
}

/// Passes values to the sink. No panic unwinds into C, and no pointer survives the call.
///
/// # Safety
///
/// `user` points to a [`Sink`] of this `F` that nothing else uses, and `values` to `count` values.
unsafe extern "C" fn on_values<F: FnMut(Sample<'_>)>(
    kind: c_uint,
    id: c_uint,
    values: *mut sys::dcgmFieldValue_v1,
    count: c_int,
    user: *mut c_void,
) -> c_int {
    const CONTINUE: c_int = 0;
    const STOP: c_int = -1;

    // SAFETY: by this function's contract.
    let sink = unsafe { &mut *user.cast::<Sink<'_, F>>() };
    let count = usize::try_from(count).unwrap_or(0);
    if values.is_null() || count == 0 {
        return CONTINUE;
    }
    if count > sink.capacity || sink.panic.is_some() {
        return STOP;
    }
    sink.capacity -= count;
    // SAFETY: by this function's contract. The slice ends with this call, as DCGM reuses the memory.
    let values = unsafe { core::slice::from_raw_parts(values, count) };
    let copied = panic::catch_unwind(AssertUnwindSafe(|| {
        for value in values {
            let payload: *const [u8; 4096] = (&raw const value.value).cast();
            // SAFETY: the union is 4096 bytes long. DCGM writes only the used bytes of text and blobs;
            // the rest is the previous, initialized content of its buffer.
            let payload = unsafe { &*payload };
            let raw = Raw {
                status: value.status,
                field_type: value.fieldType,
                payload,
            };
            (sink.take)(Sample {
                entity: EntityId::new(EntityKind::from_raw(kind), id),
                field: FieldId::from_raw(value.fieldId),
                timestamp: Timestamp::from_micros(value.ts),
                value: decode::decode_value(&raw, sink.scratch),
            });
        }
    }));
    match copied {
        Ok(()) => CONTINUE,
        Err(payload) => {
            sink.panic = Some(payload);
            STOP
        }
    }
}
