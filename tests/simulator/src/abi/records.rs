//! Values into C's structs; and garbage in their place, where a test wants it.

use dcgm_sys::{Versioned, dcgmFieldValue_v1};

use super::Ptr;
use crate::faults::Garbage;
use crate::wire::{Payload, Record};

/// Year 2286: surely in the future.
const FUTURE: i64 = 10_000_000_000_000_000;

/// Where a struct of either version has its parts.
pub(super) struct Body {
    pub(super) value: Ptr<u8>,
    pub(super) field: usize,
    pub(super) kind: usize,
    pub(super) status: usize,
    pub(super) ts: usize,
    pub(super) payload: usize,
}

pub(super) fn write_v1(value: Ptr<dcgmFieldValue_v1>, record: &Record, garbage: Garbage) {
    let version = if garbage == Garbage::WrongVersion {
        7
    } else {
        dcgmFieldValue_v1::VERSION
    };
    value.cast::<u32>().write(version);
    let body = Body {
        value: value.cast(),
        field: 4,
        kind: 6,
        status: 8,
        ts: 16,
        payload: 24,
    };
    write_body(&body, record, garbage);
}

/// Only the bytes that are used are written; the rest of a value is what was there.
pub(super) fn write_body(body: &Body, record: &Record, garbage: Garbage) {
    let field = if garbage == Garbage::UnknownField {
        60_000
    } else {
        record.field
    };
    body.value.field::<u16>(body.field).write(field);
    let kind = match garbage {
        Garbage::WrongType if record.kind == b'd' => b'i',
        Garbage::WrongType => b'd',
        Garbage::UnknownType => b'?',
        _ => record.kind,
    };
    body.value.field::<u16>(body.kind).write(kind.into());
    let status = if garbage == Garbage::UnknownStatus {
        -12_345
    } else {
        record.status
    };
    body.value.field::<i32>(body.status).write(status);
    let ts = match garbage {
        Garbage::NoTime => 0,
        Garbage::Future => FUTURE,
        Garbage::Negative => -record.ts,
        _ => record.ts,
    };
    body.value.field::<i64>(body.ts).write(ts);
    match &record.payload {
        Payload::Int(value) => {
            let value = if garbage == Garbage::Extreme {
                i64::MAX
            } else {
                *value
            };
            body.value.field::<i64>(body.payload).write(value);
        }
        Payload::Double(value) => {
            let value = match garbage {
                Garbage::Nan => f64::NAN,
                Garbage::Infinite => f64::NEG_INFINITY,
                Garbage::Extreme => -0.0,
                _ => *value,
            };
            body.value.field::<f64>(body.payload).write(value);
        }
        Payload::Text(text) => write_text(body.value.field(body.payload), text, garbage),
        Payload::Blob(bytes) => {
            let bytes = bytes.get(..4096).unwrap_or(bytes);
            body.value.field::<u8>(body.payload).write_bytes(bytes);
        }
    }
}

/// Text into a buffer of 256 bytes.
pub(super) fn write_text(out: Ptr<u8>, text: &[u8], garbage: Garbage) {
    match garbage {
        Garbage::Unterminated => out.write_bytes(&[b'x'; 256]),
        Garbage::InvalidUtf8 => out.write_text(b"\xff\xfe\xc0 broken", 256),
        Garbage::ControlCharacters => out.write_text(b"a\n\x1b[31m\r\x07b\x7f", 256),
        _ => out.write_text(text, 256),
    }
}
