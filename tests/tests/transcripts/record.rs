//! Values as the library gives them, and as the recordings are written.

use core::ffi::{c_int, c_void};
use std::ffi::CStr;

use dcgm_sys::{self as sys, Versioned};

/// The arguments of a value callback, and its return value.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) values: Vec<String>,
    pub(crate) answer: c_int,
}

pub(crate) unsafe extern "C" fn collect(
    kind: u32,
    id: u32,
    values: *mut sys::dcgmFieldValue_v1,
    count: c_int,
    user: *mut c_void,
) -> c_int {
    // SAFETY: the callers above pass a `Calls` that outlives the call.
    let calls = unsafe { &mut *user.cast::<Calls>() };
    assert_eq!(count, 1);
    // SAFETY: the library passes as many values as it says.
    let value = unsafe { &*values };
    assert_eq!(value.version, sys::dcgmFieldValue_v1::VERSION);
    let body = Body {
        entity: (kind, id),
        field: value.fieldId,
        kind: value.fieldType,
        status: value.status,
        ts: value.ts,
    };
    calls
        .values
        .push(body.to_text((&raw const value.value).cast()));
    calls.answer
}

pub(crate) struct Body {
    pub(crate) entity: (u32, u32),
    pub(crate) field: u16,
    pub(crate) kind: u16,
    pub(crate) status: c_int,
    pub(crate) ts: i64,
}

impl Body {
    /// Formats the value like the recordings: `1.0/150i 0 t 35`.
    pub(crate) fn to_text(&self, value: *const i64) -> String {
        let kind = char::from(u8::try_from(self.kind).unwrap_or(b'?'));
        let value = match kind {
            'i' => {
                // SAFETY: both structs' unions begin with the number.
                let number = unsafe { value.read() };
                match number - 0x7fff_ffff_ffff_fff0 {
                    offset @ 0..=3 => format!("B{offset}"),
                    _ => number.to_string(),
                }
            }
            'd' => {
                // SAFETY: as above.
                let number = unsafe { value.cast::<f64>().read() };
                let offset = number - 140_737_488_355_328.0;
                if number.is_nan() {
                    "nan".to_owned()
                } else if (0.0..=3.0).contains(&offset) {
                    format!("B{offset}")
                } else {
                    number.to_string()
                }
            }
            _ => text_at(value.cast()),
        };
        let (group, id) = self.entity;
        let ts = if self.ts == 0 { "0" } else { "t" };
        format!(
            "{group}.{id}/{}{kind} {} {ts} {value}",
            self.field, self.status
        )
    }
}

pub(crate) fn text_at(text: *const core::ffi::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: from the library or from its structs, where texts end with a NUL.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

pub(crate) fn text_of(text: &[core::ffi::c_char]) -> String {
    text_at(text.as_ptr())
}

/// A struct of zeros, on the heap.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "some are larger than a stack"
)]
pub(crate) fn zeroed<T>() -> Box<T> {
    let layout = std::alloc::Layout::new::<T>();
    assert_ne!(layout.size(), 0);
    // SAFETY: the size is not 0.
    let memory = unsafe { std::alloc::alloc_zeroed(layout) };
    assert!(!memory.is_null());
    // SAFETY: allocated with the type's layout; structs of numbers and pointers, for which zeros
    // are valid.
    unsafe { Box::from_raw(memory.cast()) }
}

/// Creates records that were not written to yet.
pub(crate) fn filled<T: Copy>(count: usize) -> Vec<T> {
    let mut values = Vec::with_capacity(count);
    // SAFETY: room for `count` was made.
    unsafe { core::ptr::write_bytes(Vec::as_mut_ptr(&mut values), 0xab, count) };
    // SAFETY: they were filled, with structs of numbers, for which any bits are valid.
    unsafe { values.set_len(count) };
    values
}
