//! Converts C records to values.

use core::ffi::c_char;

use dcgm_sys as sys;

use super::text;
use crate::code::ReturnCode;
use crate::value::{NoValue, Value};

/// Reusable memory for the text of a record.
pub(super) type Scratch = String;

/// The members of a value record of either version. The union is read as bytes, as the type determines
/// which member was written.
pub(super) struct Raw<'a> {
    pub(super) status: i32,
    pub(super) field_type: u16,
    pub(super) payload: &'a [u8; 4096],
}

/// Returns the value, or the reason why it is missing. The status precedes the value: an engine of 3.3
/// returns "not watched" with a 0 that is not blank.
#[expect(
    clippy::inline_always,
    reason = "saves a sixth of the time for a value, and has only two callers"
)]
#[inline(always)]
pub(super) fn decode_value<'a>(
    raw: &Raw<'a>,
    scratch: &'a mut Scratch,
) -> Result<Value<'a>, NoValue> {
    if let Some(reason) = NoValue::from_status(ReturnCode::from_raw(raw.status)) {
        return Err(reason);
    }
    // Most values are numbers.
    match u8::try_from(raw.field_type).unwrap_or(0) {
        sys::DCGM_FT_INT64 | sys::DCGM_FT_TIMESTAMP => {
            let value = i64::from_ne_bytes(first_bytes(raw.payload));
            match NoValue::from_blank_int(value) {
                None => Ok(Value::Int(value)),
                Some(reason) => Err(reason),
            }
        }
        sys::DCGM_FT_DOUBLE => {
            let value = f64::from_ne_bytes(first_bytes(raw.payload));
            match NoValue::from_blank_double(value) {
                None => Ok(Value::Double(value)),
                Some(reason) => Err(reason),
            }
        }
        other => text_or_blob(other, raw.payload, scratch),
    }
}

#[cold]
fn text_or_blob<'a>(
    kind: u8,
    payload: &'a [u8; 4096],
    scratch: &'a mut Scratch,
) -> Result<Value<'a>, NoValue> {
    match kind {
        sys::DCGM_FT_STRING => {
            scratch.clear();
            text::push_text(payload_chars(payload), scratch);
            match blank_text(scratch) {
                None => Ok(Value::Text(scratch)),
                Some(reason) => Err(reason),
            }
        }
        sys::DCGM_FT_BINARY => Ok(Value::Blob(payload)),
        _ => Err(NoValue::Malformed),
    }
}

fn first_bytes(payload: &[u8; 4096]) -> [u8; 8] {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&payload[..8]);
    bytes
}

fn payload_chars(payload: &[u8; 4096]) -> &[c_char] {
    // SAFETY: `c_char` is one byte without invalid values; the slice is the same memory for as
    // long.
    unsafe { core::slice::from_raw_parts(payload.as_ptr().cast::<c_char>(), text::MAX_TEXT_BYTES) }
}

fn blank_text(text: &str) -> Option<NoValue> {
    if !text::is_blank(text) {
        return None;
    }
    Some(match text {
        "<<<NOT_FOUND>>>" => NoValue::NotFound,
        "<<<NOT_SUPPORTED>>>" => NoValue::NotSupported,
        "<<<NOT_PERM>>>" => NoValue::NotPermitted,
        _ => NoValue::Blank,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(status: i32, kind: u8, bytes: &[u8]) -> Result<String, NoValue> {
        let mut payload = [0xee; 4096];
        payload[..bytes.len()].copy_from_slice(bytes);
        let raw = Raw {
            status,
            field_type: u16::from(kind),
            payload: &payload,
        };
        decode_value(&raw, &mut String::new()).map(|value| format!("{value:?}"))
    }

    #[test]
    fn status_precedes_the_value() {
        // As returned by 3.3: type 'i', value 0, not blank.
        assert_eq!(
            decoded(-16, b'i', &0_i64.to_ne_bytes()),
            Err(NoValue::NotWatched)
        );
        assert_eq!(
            decoded(-14, b'd', &7_f64.to_ne_bytes()),
            Err(NoValue::NoData)
        );
        assert_eq!(
            decoded(-18, b'i', &[0; 8]),
            Err(NoValue::Code(ReturnCode::GPU_IS_LOST))
        );
    }

    #[test]
    fn blanks_are_ranges() {
        let int = |value: i64| decoded(0, b'i', &value.to_ne_bytes());
        assert_eq!(int(sys::DCGM_INT64_BLANK), Err(NoValue::Blank));
        assert_eq!(int(sys::DCGM_INT64_BLANK + 1), Err(NoValue::NotFound));
        assert_eq!(int(sys::DCGM_INT64_BLANK + 2), Err(NoValue::NotSupported));
        assert_eq!(int(sys::DCGM_INT64_BLANK + 3), Err(NoValue::NotPermitted));
        assert_eq!(int(i64::MAX), Err(NoValue::Blank));
        assert!(int(sys::DCGM_INT64_BLANK - 1).is_ok());
        let real = |value: f64| decoded(0, b'd', &value.to_ne_bytes());
        assert_eq!(real(sys::DCGM_FP64_BLANK), Err(NoValue::Blank));
        assert_eq!(real(sys::DCGM_FP64_BLANK + 2.0), Err(NoValue::NotSupported));
        assert_eq!(real(1e300), Err(NoValue::Blank));
        assert!(real(f64::NAN).is_ok() && real(f64::INFINITY).is_ok());
    }

    #[test]
    fn integers_ignore_floating_point_blanks() {
        assert_eq!(
            decoded(0, b'i', &(1_i64 << 48).to_ne_bytes()),
            Ok("Int(281474976710656)".into())
        );
    }

    #[test]
    fn unterminated_text_is_cut() {
        let text = decoded(0, b's', &[b'x'; 4096]).unwrap();
        assert_eq!(text, format!("Text({:?})", "x".repeat(256)));
        assert_eq!(
            decoded(0, b's', b"<<<NOT_PERM>>>\0"),
            Err(NoValue::NotPermitted)
        );
    }

    #[test]
    fn unknown_type_is_malformed() {
        assert_eq!(decoded(0, b'?', &[0; 8]), Err(NoValue::Malformed));
        assert_eq!(decoded(0, 0, &[0; 8]), Err(NoValue::Malformed));
    }
}
