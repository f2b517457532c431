//! Values that libdcgm hands out one by one, to a callback.

use core::ffi::{c_int, c_uint, c_void};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use dcgm_sys as sys;

use super::decode::{self, Raw, Scratch};
use super::matcher::{RequestGrid, ResponseKey, ResponseMatcher, unanswered_sample};
use super::{Dcgm, FieldGroupId, GroupId, HandleCell, call};
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};

/// What reading by groups needs, used again each time.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    matcher: ResponseMatcher,
    scratch: Scratch,
    /// What came in another order.
    unordered: Samples,
}

/// What the callback writes to.
struct Sink<'a, F> {
    take: F,
    scratch: &'a mut Scratch,
    /// How many values more are taken.
    room: usize,
    /// A panic under `take`. It must not cross C, so it waits here.
    panic: Option<Box<dyn Any + Send>>,
}

/// A function that hands values out, unordered whom to call and with what.
fn visit<F: FnMut(Sample<'_>)>(
    scratch: &mut Scratch,
    room: usize,
    take: F,
    ask: impl FnOnce(sys::dcgmFieldValueEntityEnumeration_f, *mut c_void) -> Result<()>,
) -> Result<()> {
    let mut sink = Sink {
        take,
        scratch,
        room,
        panic: None,
    };
    let outcome = ask(Some(on_values::<F>), (&raw mut sink).cast::<c_void>());
    if let Some(payload) = sink.panic.take() {
        panic::resume_unwind(payload);
    }
    outcome
}

/// Adds the latest value of every pair of a group to `into`: each once, and in the order of `grid`,
/// which is what the group holds. A pair that is passed over is
/// [`NoValue::Malformed`](crate::NoValue::Malformed).
pub(super) fn latest(
    dcgm: Dcgm,
    handle: &HandleCell,
    (group, fields): (GroupId, FieldGroupId),
    grid: RequestGrid<'_>,
    reader: &mut Reader,
    into: &mut Samples,
) -> Result<()> {
    let from = into.len();
    // Room for each pair twice: who says more says nothing new.
    let room = 2 * grid.entities.len() * grid.fields.len();
    visit(
        &mut reader.scratch,
        room,
        |sample| into.push(sample),
        // SAFETY: the callback is called on this thread and before the function returns, with what
        // it was made for, which nothing else uses meanwhile.
        |on_values, sink| unsafe {
            call!(
                dcgm.library(),
                dcgmGetLatestValues_v2(handle.get(), group.0, fields.0, on_values, sink)
            )
        },
    )?;
    // As every release has answered so far.
    if !into.are_of(from, grid.pairs()) {
        reader.reorder(grid, from, into);
    }
    Ok(())
}

impl Reader {
    /// Puts what came in another order where it belongs.
    #[cold]
    fn reorder(&mut self, grid: RequestGrid<'_>, from: usize, into: &mut Samples) {
        let Self {
            matcher, unordered, ..
        } = self;
        unordered.clear();
        unordered.extend(into.iter().skip(from));
        into.truncate(from);
        matcher.begin();
        let width = grid.fields.len();
        let mut order = vec![None; grid.entities.len() * width];
        for (at, sample) in unordered.iter().enumerate() {
            let place = matcher.take(grid, ResponseKey::of(&sample));
            let place = place.and_then(|(entity, field)| order.get_mut(entity * width + field));
            if let Some(place) = place {
                *place = Some(at);
            }
        }
        for (at, pair) in order.into_iter().zip(grid.pairs()) {
            into.push(
                at.and_then(|at| unordered.get(at))
                    .unwrap_or_else(|| unanswered_sample(pair)),
            );
        }
    }
}

/// Every sample since a time, entity by entity, field by field, ascending in time; pairs without
/// one come as a sample that says so. Answers where to ask from next.
pub(super) fn since(
    dcgm: Dcgm,
    handle: &HandleCell,
    (group, fields): (GroupId, FieldGroupId),
    from: Timestamp,
    scratch: &mut Scratch,
    take: &mut dyn FnMut(Sample<'_>),
) -> Result<Timestamp> {
    let mut next = 0;
    let outcome = visit(
        scratch,
        usize::MAX,
        take,
        // SAFETY: as above; and it writes one integer.
        |on_values, sink| unsafe {
            call!(
                dcgm.library(),
                dcgmGetValuesSince_v2(
                    handle.get(),
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
    // Where it fails, `next` is 0, or what it was before.
    outcome.map(|()| Timestamp::from_micros(next))
}

/// Hands values on. No panic crosses into C, and no pointer survives the call.
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
    const GO_ON: c_int = 0;
    const STOP: c_int = -1;

    // SAFETY: by this function's contract.
    let sink = unsafe { &mut *user.cast::<Sink<'_, F>>() };
    let count = usize::try_from(count).unwrap_or(0);
    if values.is_null() || count == 0 {
        return GO_ON;
    }
    if count > sink.room || sink.panic.is_some() {
        return STOP;
    }
    sink.room -= count;
    // SAFETY: by this function's contract. The slice ends with this call, as DCGM uses the memory
    // again.
    let values = unsafe { core::slice::from_raw_parts(values, count) };
    let copied = panic::catch_unwind(AssertUnwindSafe(|| {
        for value in values {
            let payload: *const [u8; 4096] = (&raw const value.value).cast();
            // SAFETY: the union is 4096 bytes long. Of text and blobs DCGM writes only the used
            // bytes; the rest is what its buffer held before, which is initialised memory of its
            // own.
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
                value: decode::value(&raw, sink.scratch),
            });
        }
    }));
    match copied {
        Ok(()) => GO_ON,
        Err(payload) => {
            sink.panic = Some(payload);
            STOP
        }
    }
}
