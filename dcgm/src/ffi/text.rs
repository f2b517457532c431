//! Converts C text to Rust text that is bounded, valid and free of hidden characters.

use core::ffi::c_char;

pub(crate) use dcgm_sys::text::MAX_TEXT_BYTES;
use dcgm_sys::text::is_hidden;

/// Appends the text in a C array to `into`: up to its NUL or its end, at most [`MAX_TEXT_BYTES`] bytes.
/// Invalid UTF-8 becomes U+FFFD, and [hidden](is_hidden) characters are removed.
pub(crate) fn push_text(bytes: &[c_char], into: &mut String) {
    push_bounded(bytes, into, MAX_TEXT_BYTES);
}

/// The longest message of an error, for people: longer than any of DCGM's arrays for one.
const MAX_MESSAGE_BYTES: usize = 1024;

/// Returns the text in a C array that is a message of an error, or a name that may be empty.
pub(crate) fn message(bytes: &[c_char]) -> std::sync::Arc<str> {
    let mut text = String::new();
    push_bounded(bytes, &mut text, MAX_MESSAGE_BYTES);
    text.trim().into()
}

fn push_bounded(bytes: &[c_char], into: &mut String, most: usize) {
    let start = into.len();
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len())
        .min(most);
    let bytes = bytes.get(..end).unwrap_or_default();
    // SAFETY: `c_char` is `i8` or `u8`, both one byte without invalid values, and the slice is the
    // same memory for as long.
    let bytes = unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), bytes.len()) };
    for chunk in bytes.utf8_chunks() {
        into.extend(chunk.valid().chars().filter(|c| !is_hidden(*c)));
        if !chunk.invalid().is_empty() {
            into.push(char::REPLACEMENT_CHARACTER);
        }
    }
    // U+FFFD is longer than the byte that it replaces.
    let mut end = most.min(into.len() - start);
    while !into.is_char_boundary(start + end) {
        end -= 1;
    }
    into.truncate(start + end);
}

/// Appends a text that may be longer than [`MAX_TEXT_BYTES`], in pieces, up to its NUL or its end: not more
/// bytes than the array has, as long as it is UTF-8.
pub(crate) fn push_long_text(bytes: &[c_char], into: &mut String) {
    let end = bytes.iter().position(|byte| *byte == 0);
    let used = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    for piece in used.chunks(MAX_TEXT_BYTES) {
        push_text(piece, into);
    }
}

/// Returns `true` if a text has no hidden character.
#[cfg(any(test, fuzzing))]
pub(crate) fn is_clean(text: &str) -> bool {
    !text.chars().any(is_hidden)
}

/// Returns the text in a C array; `None` if it is empty or one of DCGM's words for a missing value.
pub(crate) fn identity_text(bytes: &[c_char]) -> Option<std::sync::Arc<str>> {
    let mut text = String::new();
    push_text(bytes, &mut text);
    let text = text.trim();
    (!text.is_empty() && !is_blank(text)).then(|| text.into())
}

/// Returns `true` for DCGM's words for a missing value, such as `<<<NULL>>>`.
pub(crate) fn is_blank(text: &str) -> bool {
    text.starts_with("<<<") && text.contains(">>>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(bytes: &[u8]) -> String {
        let bytes: Vec<c_char> = bytes
            .iter()
            .map(|byte| byte.cast_signed() as c_char)
            .collect();
        let mut text = String::new();
        push_text(&bytes, &mut text);
        text
    }

    #[test]
    fn text_ends_at_nul_or_array_end() {
        assert_eq!(pushed(b"H100\0garbage"), "H100");
        assert_eq!(pushed(b"H100"), "H100");
        assert_eq!(pushed(b""), "");
    }

    #[test]
    fn hidden_characters_are_removed() {
        assert_eq!(pushed(b"a\x1b[31m\nb\x7f"), "a[31mb");
        assert_eq!(pushed("\u{202e}a\u{2028}b\u{feff}".as_bytes()), "ab");
        assert_eq!(pushed(b"a\xff\xfeb"), "a\u{fffd}\u{fffd}b");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(pushed(&[b'x'; 1000]).len(), 256);
        let cut = pushed(&[0xff; 1000]);
        assert_eq!(cut.len(), 255);
        assert!(cut.chars().all(|c| c == char::REPLACEMENT_CHARACTER));
    }

    #[test]
    fn blank_words_are_none() {
        let array = |text: &str| {
            text.bytes()
                .map(|b| b.cast_signed() as c_char)
                .collect::<Vec<_>>()
        };
        assert_eq!(identity_text(&array("<<<NOT_SUPPORTED>>>")), None);
        assert_eq!(identity_text(&array("  ")), None);
        assert_eq!(identity_text(&array(" A100 ")).as_deref(), Some("A100"));
    }
}
