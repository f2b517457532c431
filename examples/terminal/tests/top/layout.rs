//! What is drawn where: heading, columns, scrolling, events, help and footer.

use std::collections::BTreeSet;

use crate::fixture::{Fixture, cells_to_text, default_text, draw_cells, draw_screen, draw_text};
use dcgm::{EntityId, FieldId, NoValue};
use dcgm_terminal::{ConnectionState, HostView, LinkCount, ScreenState, SortKey};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn footer(view: &HostView, screen: &mut ScreenState, width: u16, height: u16) -> String {
    let text = cells_to_text(&draw_screen(view, screen, width, height));
    text.lines().last().unwrap().trim().to_owned()
}

fn press(screen: &mut ScreenState, key: char) {
    screen.handle_key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE));
}

#[test]
fn simulated_host_is_marked_at_any_size() {
    let mut fixture = Fixture::new("8xh100");
    for (width, height) in [(120, 40), (40, 10), (12, 1)] {
        let view = fixture.read();
        assert!(draw_text(&view, width, height).contains("SIMULATED"));
    }
    fixture.mock.stop_engine();
    let text = default_text(&fixture.read());
    assert!(text.contains("SIMULATED") && !text.to_lowercase().contains("mock"));
}

#[test]
fn fallback_reason_is_shown_without_control_characters() {
    let mut fixture = Fixture::new("1xl4");
    let reason = "localhost:5555: refused\u{1b}[2J";
    fixture.reader = fixture.reader.with_fallback_reason(Some(reason.to_owned()));
    let text = default_text(&fixture.read());
    assert!(text.contains("No engine: localhost:5555: refused [2J"));
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn advice_is_not_cut() {
    let mut fixture = Fixture::new("8xh100");
    let mut view = fixture.read_for(2);
    let advice = "cannot connect to the host engine at localhost:5555: connection refused (no host \
        engine listens there; start it with `systemctl start nvidia-dcgm`, or set DCGM_OTEL_ENDPOINT \
        or --endpoint to where it listens: the last word)";
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    view.fallback_reason = Some(advice.to_owned());
    let unavailable = ConnectionState::Unavailable {
        since: std::time::Duration::from_secs(6),
        reason: advice.to_owned(),
    };
    for connection in [ConnectionState::Connected, unavailable] {
        view.connection = connection;
        for (width, height) in [(40, 24), (80, 24), (120, 40)] {
            let text = words(&draw_text(&view, width, height));
            assert!(text.contains(&words(advice)), "{width}x{height}: {text}");
        }
    }
}

#[test]
fn missing_value_is_a_dash() {
    let mut fixture = Fixture::new("consumer");
    let view = fixture.read_for(2);
    let gpu = &view.gpus[0];
    assert_eq!(gpu.links, LinkCount::None);
    let active = [gpu.sm_active, gpu.tensor_active, gpu.dram_active];
    assert_eq!(active, [None; 3]);
    let gpu = EntityId::gpu(0);
    fixture
        .mock
        .set_no_value(gpu, FieldId::GPU_TEMP, NoValue::NotSupported);
    fixture.mock.set(gpu, FieldId::POWER_USAGE, f64::NAN);
    let text = default_text(&fixture.read());
    for dash in ["– °C", "–/450 W", "SM     –"] {
        assert!(text.contains(dash), "{dash:?} is not in\n{text}");
    }
    assert!(!text.contains("NVLink"), "{text}");
}

#[test]
fn wide_terminal_has_two_columns() {
    let mut fixture = Fixture::new("8xh100");
    let view = fixture.read_for(2);
    let rows_with_two_names = |width| {
        let text = draw_text(&view, width, 60);
        let rows = text.lines();
        rows.filter(|row| row.matches("NVIDIA H100").count() == 2)
            .count()
    };
    assert_eq!(rows_with_two_names(149), 0);
    for width in [150, 200] {
        assert_eq!(rows_with_two_names(width), 4, "{width}");
        let text = draw_text(&view, width, 60);
        for end in ["/700 W", "MHz", "18/18 up", "GiB"] {
            assert_eq!(text.matches(end).count(), 8, "{end} in\n{text}");
        }
        let row = text.lines().find(|row| row.contains("  1 NVIDIA")).unwrap();
        assert!(row.starts_with("  0 NVIDIA"), "{row}");
    }
    let mut fixture = Fixture::new("1xl4");
    let text = draw_text(&fixture.read_for(2), 200, 60);
    let row = text.lines().find(|row| row.contains("util")).unwrap();
    assert!(
        row.trim_end().chars().count() > 100,
        "one GPU has all the width"
    );
}

#[test]
fn every_instance_of_32_gpus_can_be_scrolled_to_below_its_name() {
    let mut fixture = Fixture::new("8xh100-mig7");
    let mut view = fixture.read_for(2);
    let eight = view.gpus.clone();
    view.gpus = (0..32)
        .map(|id| {
            let mut gpu = eight[id as usize % 8].clone();
            gpu.id = id;
            gpu
        })
        .collect();
    for (width, height) in [(120, 9), (80, 24), (160, 12)] {
        let column = if width < 150 { width } else { width / 2 + 1 };
        let mut screen = ScreenState::default();
        let mut seen = BTreeSet::new();
        for scroll in 0..32 * 11 {
            screen.scroll = scroll;
            let text = cells_to_text(&draw_screen(&view, &mut screen, width, height));
            let mut names = [None; 2];
            for line in text.lines().skip(2) {
                let cells = line.chars().collect::<Vec<_>>();
                for (name, cells) in names.iter_mut().zip(cells.chunks(column.into())) {
                    let part = cells.iter().collect::<String>();
                    if let Some((id, _)) = part.split_once(" NVIDIA") {
                        *name = Some(id.trim().parse::<u32>().unwrap());
                    }
                    if let Some((_, instance)) = part.split_once('└') {
                        let instance = instance.trim_start().split(' ').next().unwrap();
                        seen.insert((name.unwrap(), instance.parse::<u32>().unwrap()));
                    }
                }
            }
        }
        assert_eq!(seen.len(), 32 * 7, "{width}x{height}");
        assert!(screen.scroll < 32 * 11 - 1, "it ends at the last line");
    }
}

#[test]
fn events_without_entries_take_one_line() {
    let mut fixture = Fixture::new("1xl4");
    let text = default_text(&fixture.read_for(2));
    let row = text.lines().position(|row| row.contains("no events"));
    assert_eq!(row, Some(38), "{text}");
    for code in [63, 94] {
        fixture
            .mock
            .push_event(EntityId::gpu(0), FieldId::XID_ERRORS, code);
    }
    let text = default_text(&fixture.read_for(2));
    let row = text.lines().position(|row| row.contains("─ events ─"));
    assert_eq!(row, Some(36), "{text}");
    assert!(text.contains("XID 63") && text.contains("XID 94"));
    assert!(!text.contains("no events"));
}

#[test]
fn footer_lists_the_keys_that_work_and_cuts_none() {
    let mut fixture = Fixture::new("8xh100");
    let view = fixture.read_for(2);
    let mut screen = ScreenState::default();
    assert_eq!(
        footer(&view, &mut screen, 120, 60),
        "q quit  ? keys  s sort: index  p pause"
    );
    screen.sort = SortKey::Temperature;
    assert_eq!(
        footer(&view, &mut screen, 80, 24),
        "q quit  ? keys  ↑↓ scroll 1–20/32  s sort: temperature  p pause"
    );
    screen.paused = true;
    assert_eq!(
        footer(&view, &mut screen, 80, 24),
        "PAUSED   q quit  ? keys  ↑↓ scroll 1–20/32  s sort: temperature  p resume"
    );
    // Items are left out completely where there is no room, the most useful ones last.
    assert_eq!(
        footer(&view, &mut screen, 30, 24),
        "PAUSED   q quit  ? keys"
    );
    let mut screen = ScreenState::for_printing();
    assert_eq!(
        footer(&view, &mut screen, 80, 24),
        "lines 1–20/32: see the others with a larger --size"
    );
    assert_eq!(footer(&view, &mut screen, 120, 60), "");
}

#[test]
fn question_mark_shows_the_keys() {
    let mut fixture = Fixture::new("8xh100");
    let view = fixture.read_for(2);
    let mut screen = ScreenState::default();
    press(&mut screen, '?');
    let text = cells_to_text(&draw_screen(&view, &mut screen, 80, 24));
    for part in [
        "q  Esc  Ctrl-C",
        "sort by index, utilization, power, temperature",
        "pause or resume",
        "PgUp PgDn",
        "Home End",
        "graphics engine activity",
        "once a minute over TCP",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("NVIDIA H100"), "{text}");
    assert_eq!(footer(&view, &mut screen, 80, 24), "q quit  ? close");
    press(&mut screen, '?');
    let text = cells_to_text(&draw_screen(&view, &mut screen, 80, 24));
    assert!(text.contains("NVIDIA H100") && !text.contains("Ctrl-C"));
}

#[test]
fn any_terminal_size_can_be_drawn() {
    let mut fixture = Fixture::new("32xh100");
    let mut view = fixture.read_for(2);
    for connection in [
        ConnectionState::Connected,
        ConnectionState::Unavailable {
            since: std::time::Duration::MAX,
            reason: "a long reason that takes several lines on a narrow terminal".to_owned(),
        },
    ] {
        view.connection = connection;
        for width in [0, 1, 2, 5, 20, 79, 117, 118, 150, 300] {
            for height in [0, 1, 2, 3, 5, 17, 18, 24, 200] {
                for help in [false, true] {
                    let mut screen = ScreenState::default();
                    screen.help = help;
                    let cells = draw_screen(&view, &mut screen, width, height);
                    assert_eq!(
                        cells.content.len(),
                        usize::from(width) * usize::from(height)
                    );
                }
            }
        }
    }
    assert_eq!(draw_cells(&view, 10, 10).content.len(), 100);
}
