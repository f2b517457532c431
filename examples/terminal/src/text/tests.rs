use super::*;

fn text(spans: &[Span<'_>]) -> String {
    spans.iter().map(|span| span.content.as_ref()).collect()
}

fn joined(lines: &[Line<'_>]) -> String {
    let lines = lines.iter().map(|line| text(&line.spans));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn bar_has_the_same_width_for_any_value() {
    for share in [0.0, 0.01, 0.062, 0.5, 0.999, 1.0, 7.0, -1.0, f64::NAN] {
        let drawn = text(&bar(Some(share), 8, Color::Green));
        assert_eq!(drawn.chars().count(), 8, "{share}: {drawn}");
    }
    assert_eq!(text(&bar(None, 3, Color::Green)), "–––");
    assert_eq!(text(&bar(Some(0.5), 8, Color::Green)), "████░░░░");
    assert_eq!(text(&bar(Some(0.4375), 8, Color::Green)), "███▌░░░░");
}

#[test]
fn rate_has_a_suitable_unit() {
    let rates = [0.0, 12.0, 999.6, 4e4, 999.96e3, 7.25e6, 114.5e9, 1.8e12];
    assert_eq!(
        rates.map(|bytes| format_rate(Some(bytes))),
        [
            "0 B/s",
            "12 B/s",
            "1.0 kB/s",
            "40.0 kB/s",
            "1.0 MB/s",
            "7.2 MB/s",
            "114.5 GB/s",
            "1.8 TB/s"
        ]
    );
    assert_eq!(format_rate(None), NO_VALUE);
}

#[test]
fn time_is_formatted_with_and_without_its_date() {
    let at = Timestamp::from_micros(1_767_273_959_000_000);
    assert_eq!(time_of_day(at), "13:25:59 UTC");
    assert_eq!(date_and_time(at), "2026-01-01 13:25:59 UTC");
    let date = |seconds: i64| date_and_time(Timestamp::from_micros(seconds * 1_000_000));
    assert_eq!(date(300), "1970-01-01 00:05:00 UTC");
    assert_eq!(date(951_782_399), "2000-02-28 23:59:59 UTC");
    assert_eq!(date(951_782_400), "2000-02-29 00:00:00 UTC");
    assert_eq!(date(951_868_800), "2000-03-01 00:00:00 UTC");
    assert_eq!(date(4_107_542_399), "2100-02-28 23:59:59 UTC");
    assert_eq!(date(4_107_542_400), "2100-03-01 00:00:00 UTC");
    assert_eq!(date(1_798_761_599), "2026-12-31 23:59:59 UTC");
    for never in [Timestamp::NEVER, Timestamp::from_micros(i64::MIN)] {
        assert_eq!(time_of_day(never), NO_VALUE);
        assert_eq!(date_and_time(never), NO_VALUE);
    }
}

#[test]
fn missing_history_is_a_gap() {
    assert_eq!(sparkline(&[Some(0), None, Some(100)]), "▁ █");
}

#[test]
fn pieces_are_never_broken_or_dropped() {
    let lines = |width| {
        let pieces = [(0, "one"), (2, "two"), (2, "three")];
        let pieces = pieces.map(|(gap, piece)| Piece::new(gap, piece));
        joined(&flow(pieces.to_vec(), 1, width))
    };
    for width in [0, 2, 7] {
        assert_eq!(lines(width), "one\n two\n three");
    }
    assert_eq!(lines(8), "one  two\n three");
    assert_eq!(lines(14), "one  two\n three");
    assert_eq!(lines(15), "one  two  three");
}

#[test]
fn wrapped_text_is_complete_at_any_width() {
    let advice = "start it with `systemctl start nvidia-dcgm`, or check --endpoint";
    let packed = |text: &str| text.replace(char::is_whitespace, "");
    for width in [2, 7, 20, 40, 80] {
        let lines = wrap(advice, width);
        assert!(
            lines.iter().all(|line| line.width() <= width.into()),
            "{width}: {lines:?}"
        );
        assert_eq!(packed(&joined(&lines)), packed(advice), "{width}");
    }
    assert_eq!(wrap(advice, 80).len(), 1);
    assert_eq!(joined(&wrap("ab cdefghi", 5)), " ab\n cdef\n ghi");
}

#[test]
fn control_characters_are_replaced() {
    assert_eq!(sanitize_text("a\u{1b}[2Jb\nc"), "a [2Jb c");
}
