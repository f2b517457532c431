//! Somebody else's text, made fit to be shown: in a label, in an error, on a terminal.

use std::borrow::Cow;

/// As much of any such text as is taken over, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// Whether a character is none to be seen, but does something to the text around it: control
/// characters, separators of lines, and what turns the direction of text and so the meaning of a
/// line of a log.
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

/// The text on one line, without characters that [are hidden](is_hidden), and cut at [`MAX_TEXT_BYTES`]
/// bytes. Text that is so already is only borrowed.
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
        // Words that were on two lines are two words still.
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
    fn what_can_be_shown_is_only_borrowed() {
        for text in ["", "NVIDIA H100 80GB HBM3", "größer"] {
            assert!(matches!(sanitize(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_cannot_be_shown_is_left_out_and_lines_become_one() {
        assert_eq!(sanitize("a\x1b[31mb\x07\0\u{9b}c"), "a[31mbc");
        assert_eq!(sanitize("one\ntwo\u{2028}three"), "one two three");
        assert_eq!(sanitize("\u{202e}a\u{2066}b\u{61c}c\u{feff}"), "abc");
    }

    #[test]
    fn what_is_too_long_is_cut_where_a_character_ends() {
        assert_eq!(sanitize(&"x".repeat(10_000)), "x".repeat(256));
        let cut = sanitize(&"€".repeat(10_000)).into_owned();
        assert_eq!(cut, "€".repeat(85));
    }
}
