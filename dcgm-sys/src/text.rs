//! Sanitizes text of the engine, the driver or the linker for labels, errors and terminals.

use std::borrow::Cow;

/// The maximum length of sanitized text, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// Returns `true` for a character that is invisible and affects the text around it: control
/// characters, line separators, the byte order mark, and marks that change the direction of text.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// Returns `text` on one line, without [hidden](is_hidden) characters, cut at [`MAX_TEXT_BYTES`]
/// bytes. Text that needs no change is borrowed.
///
/// ```
/// use dcgm_sys::text::sanitize;
///
/// assert_eq!(sanitize("No such file"), "No such file");
/// assert!(!sanitize("two\nlines").contains('\n'));
/// ```
#[must_use]
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT_BYTES && !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::new();
    for c in text.chars() {
        // Line breaks separate words.
        let c = match (is_hidden(c), c.is_whitespace()) {
            (true, true) => ' ',
            (true, false) => continue,
            (false, _) => c,
        };
        if clean.len() + c.len_utf8() > MAX_TEXT_BYTES {
            break;
        }
        clean.push(c);
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_borrowed() {
        for text in ["", "NVIDIA H100 80GB HBM3", "größer"] {
            assert!(matches!(sanitize(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn hidden_characters_are_removed_and_lines_joined() {
        assert_eq!(sanitize("a\x1b[31mb\x07\0\u{9b}c"), "a[31mbc");
        assert_eq!(sanitize("one\ntwo\u{2028}three"), "one two three");
        assert_eq!(sanitize("\u{202e}a\u{2066}b\u{61c}c\u{feff}"), "abc");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(sanitize(&"x".repeat(10_000)), "x".repeat(256));
        let cut = sanitize(&"€".repeat(10_000)).into_owned();
        assert_eq!(cut, "€".repeat(85));
    }
}
