//! The nearest known name to a misspelt one, for messages.

/// Returns the candidate nearest to `text`, if it is close enough to be a likely misspelling: at
/// most one edit per three letters.
pub(crate) fn nearest_name<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let text = normalize(text);
    let limit = (text.chars().count() / 3).clamp(1, 5);
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&text, &normalize(candidate)), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Returns the hint that names the nearest candidate.
pub(crate) fn did_you_mean<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest_name(text, candidates).map(|name| format!("did you mean {name}?"))
}

/// Returns a word without what people vary: in lower case, with underscores for hyphens.
pub(crate) fn normalize(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('-', "_")
}

/// The Levenshtein distance: insertions, deletions and replacements of a letter.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut next = vec![index + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = row[column] + usize::from(letter != *other);
            next.push(replaced.min(row[column + 1] + 1).min(next[column] + 1));
        }
        row = next;
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelling_finds_its_name() {
        let names = ["nvlink", "nvswitch", "xid", "ecc"];
        assert_eq!(nearest_name("nvlnk", names), Some("nvlink"));
        assert_eq!(nearest_name("NV-Link", names), Some("nvlink"));
        assert_eq!(nearest_name("xids", names), Some("xid"));
        assert_eq!(nearest_name("temperature", names), None);
        assert_eq!(nearest_name("", names), None);
    }
}
