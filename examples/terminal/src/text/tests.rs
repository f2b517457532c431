use super::*;

fn text(spans: &[Span<'_>]) -> String {
    spans.iter().map(|span| span.content.as_ref()).collect()
}

#[test]
fn a_bar_has_as_many_cells_whatever_it_says() {
    for share in [0.0, 0.01, 0.062, 0.5, 0.999, 1.0, 7.0, -1.0, f64::NAN] {
        let drawn = text(&bar(Some(share), 8, Color::Green));
        assert_eq!(drawn.chars().count(), 8, "{share}: {drawn}");
    }
    assert_eq!(text(&bar(None, 3, Color::Green)), "–––");
    assert_eq!(text(&bar(Some(0.5), 8, Color::Green)), "████░░░░");
    assert_eq!(text(&bar(Some(0.4375), 8, Color::Green)), "███▌░░░░");
}

#[test]
fn a_rate_has_the_unit_that_suits_it() {
    let rates = [0.0, 12.0, 999.6, 4e4, 999.96e3, 7.25e6, 114.5e9, 1.8e12];
    assert_eq!(
        rates.map(|bytes| rate(Some(bytes))),
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
    assert_eq!(rate(None), NONE);
}

#[test]
fn a_time_is_that_of_the_day() {
    assert_eq!(
        time_of_day(Timestamp::from_micros(1_767_273_959_000_000)),
        "13:25:59 UTC"
    );
    assert_eq!(time_of_day(Timestamp::from_micros(i64::MIN)), NONE);
}

#[test]
fn what_was_not_known_is_a_gap_between_what_was() {
    assert_eq!(sparkline(&[Some(0), None, Some(100)]), "▁ █");
}

#[test]
fn pieces_are_never_broken_and_none_is_lost() {
    let lines = |width| {
        let pieces = [(0, "one"), (2, "two"), (2, "three")];
        let pieces = pieces.map(|(gap, piece)| (gap, vec![Span::from(piece)]));
        let lines = flow(pieces.to_vec(), 1, width);
        let lines = lines.iter().map(|line| text(&line.spans));
        lines.collect::<Vec<_>>().join("\n")
    };
    for width in [0, 2, 7] {
        assert_eq!(lines(width), "one\n two\n three");
    }
    // As wide as the first two.
    assert_eq!(lines(8), "one  two\n three");
    assert_eq!(lines(14), "one  two\n three");
    assert_eq!(lines(15), "one  two  three");
}

#[test]
fn a_terminal_is_not_commanded_by_what_an_engine_says() {
    assert_eq!(plain("a\u{1b}[2Jb\nc"), "a [2Jb c");
}
