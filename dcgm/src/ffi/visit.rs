//! Values that libdcgm hands out one by one, to a callback.

use core::ffi::{c_int, c_uint, c_void};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use dcgm_sys as sys;

use super::decode::{self, Raw, Scratch};
use super::{Dcgm, FieldGroupId, GroupId, HandleCell, call};
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};

/// What the callback writes to.
struct Sink<'a> {
    take: &'a mut dyn FnMut(Sample<'_>),
    scratch: &'a mut Scratch,
    /// A panic under `take`. It must not cross C, so it waits here.
    panic: Option<Box<dyn Any + Send>>,
}

/// Every sample since a time, entity by entity, field by field, ascending in time; pairs without
/// one come as a sample that says so. Answers where to ask from next.
pub(super) fn since(
    dcgm: Dcgm,
    handle: &HandleCell,
    group: GroupId,
    fields: FieldGroupId,
    from: Timestamp,
    scratch: &mut Scratch,
    take: &mut dyn FnMut(Sample<'_>),
) -> Result<Timestamp> {
    let mut next = 0;
    let mut sink = Sink {
        take,
        scratch,
        panic: None,
    };
    // SAFETY: `on_values` is called on this thread and before the function returns, with a pointer
    // to `sink`, which nothing else uses meanwhile.
    let outcome = unsafe {
        call!(
            dcgm.library(),
            dcgmGetValuesSince_v2(
                handle.get(),
                group.0,
                fields.0,
                from.micros(),
                &raw mut next,
                Some(on_values),
                (&raw mut sink).cast::<c_void>()
            )
        )
    };
    if let Some(payload) = sink.panic.take() {
        panic::resume_unwind(payload);
    }
    // Where it fails, `next` is 0, or what it was before.
    outcome.map(|()| Timestamp::from_micros(next))
}

/// Hands values on. No panic crosses into C, and no pointer survives the call.
///
/// # Safety
///
/// `user` points to a [`Sink`] that nothing else uses, and `values` to `count` values.
unsafe extern "C" fn on_values(
    kind: c_uint,
    entity: c_uint,
    values: *mut sys::dcgmFieldValue_v1,
    count: c_int,
    user: *mut c_void,
) -> c_int {
    const GO_ON: c_int = 0;
    const STOP: c_int = -1;

    // SAFETY: by this function's contract.
    let sink = unsafe { &mut *user.cast::<Sink<'_>>() };
    if sink.panic.is_some() {
        return STOP;
    }
    let count = usize::try_from(count).unwrap_or(0);
    if values.is_null() || count == 0 {
        return GO_ON;
    }
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
                entity: EntityId::new(EntityKind::from_raw(kind), entity),
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
