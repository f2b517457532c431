//! Metadata of fields: `DcgmFieldGetById` and related functions.

use core::ffi::{CStr, c_char};
use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use dcgm_sys::{dcgm_field_meta_t, dcgm_field_output_format_t};

use super::Ptr;
use crate::Flavour;
use crate::engine::{Code, st};
use crate::fields::FIELDS;
use crate::process::PROCESS;

/// Nothing answers before `dcgmInit`; afterwards, pointers stay good.
static LOADED: AtomicBool = AtomicBool::new(false);

struct Metas(HashMap<u16, dcgm_field_meta_t>);

// SAFETY: the pointers in it are to leaked formats, which nothing writes to after they were made.
unsafe impl Send for Metas {}
// SAFETY: as above.
unsafe impl Sync for Metas {}

static METAS: LazyLock<Metas> = LazyLock::new(|| {
    let rows = FIELDS.iter().map(|field| {
        let format: &'static mut _ = Box::leak(Box::new(dcgm_field_output_format_t {
            shortName: characters(field.short),
            unit: characters(field.unit),
            width: field.width,
        }));
        let meta = dcgm_field_meta_t {
            fieldId: field.id,
            fieldType: c_char::from_ne_bytes([field.kind]),
            size: field.size,
            tag: characters(field.tag),
            scope: i32::from(!field.global),
            nvmlFieldId: field.nvml,
            entityLevel: field.level,
            valueFormat: format,
        };
        (field.id, meta)
    });
    Metas(rows.collect())
});

fn characters<const N: usize>(text: &str) -> [c_char; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().take(N.saturating_sub(1)).zip(text.bytes()) {
        *to = c_char::from_ne_bytes([from]);
    }
    out
}

pub(crate) fn load_fields() {
    LOADED.store(true, Ordering::Release);
}

pub fn fields_init() -> Code {
    load_fields();
    st::OK
}

pub fn fields_term() -> Code {
    LOADED.store(false, Ordering::Release);
    st::OK
}

pub fn field_by_id(id: u16) -> *const dcgm_field_meta_t {
    if !LOADED.load(Ordering::Acquire) {
        return core::ptr::null();
    }
    let known = crate::fields::Field::find(id, PROCESS.flavour());
    known
        .and_then(|_| METAS.0.get(&id))
        .map_or(core::ptr::null(), core::ptr::from_ref)
}

pub fn field_by_tag(tag: Ptr<c_char>) -> *const dcgm_field_meta_t {
    let Some(tag) = tag.text() else {
        return core::ptr::null();
    };
    let found = FIELDS.iter().find(|field| field.tag == tag);
    found.map_or(core::ptr::null(), |field| field_by_id(field.id))
}

static KINDS: [&CStr; 10] = [
    c"None",
    c"GPU",
    c"vGPU",
    c"NvSwitch",
    c"GPU_I",
    c"GPU_CI",
    c"LINK",
    c"CPU",
    c"CPU_CORE",
    c"ConnectX",
];

pub fn entity_group_name(kind: u32) -> *const c_char {
    let known = match PROCESS.flavour() {
        Flavour::V4_6 => 10,
        // 3.3 has no names for the kinds above LINK.
        Flavour::V3_3 => 7,
    };
    let index = if kind < known { kind as usize } else { 0 };
    KINDS
        .get(index)
        .map_or(core::ptr::null(), |text| text.as_ptr())
}
