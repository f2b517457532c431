use super::*;

fn view() -> HostView {
    let gpu = |id, utilization, power, temperature| GpuView {
        id,
        utilization,
        temperature,
        power,
        ..GpuView::default()
    };
    HostView {
        gpus: vec![
            gpu(0, Some(0.5), Some(300.0), None),
            gpu(1, None, Some(700.0), Some(60.0)),
            gpu(2, Some(0.9), None, Some(61.0)),
        ],
        ..HostView::default()
    }
}

fn ids(screen: &ScreenState) -> Vec<u32> {
    screen
        .sorted_gpus(&view())
        .iter()
        .map(|gpu| gpu.id)
        .collect()
}

fn press(screen: &mut ScreenState, code: KeyCode) -> KeyOutcome {
    screen.handle_key(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn sort_key_steps_through_orders_and_missing_values_come_last() {
    let mut screen = ScreenState::default();
    assert_eq!(ids(&screen), [0, 1, 2]);
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!(
        (screen.sort, ids(&screen)),
        (SortKey::Utilization, vec![2, 0, 1])
    );
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!((screen.sort, ids(&screen)), (SortKey::Power, vec![1, 0, 2]));
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!(
        (screen.sort, ids(&screen)),
        (SortKey::Temperature, vec![2, 1, 0])
    );
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!(screen.sort, SortKey::Index);
}

#[test]
fn scrolling_stops_at_both_ends() {
    let mut screen = ScreenState::default();
    press(&mut screen, KeyCode::Up);
    assert_eq!(screen.visible_lines(30, 10), 0..10);
    for code in [KeyCode::Char('j'), KeyCode::Down, KeyCode::Char('k')] {
        press(&mut screen, code);
    }
    assert_eq!(screen.visible_lines(30, 10), 1..11);
    press(&mut screen, KeyCode::PageDown);
    assert_eq!(screen.visible_lines(30, 10), 9..19);
    press(&mut screen, KeyCode::End);
    press(&mut screen, KeyCode::Down);
    assert_eq!(screen.visible_lines(30, 10), 20..30);
    press(&mut screen, KeyCode::PageUp);
    assert_eq!(screen.visible_lines(30, 10), 12..22);
    press(&mut screen, KeyCode::Home);
    assert_eq!(screen.visible_lines(30, 10), 0..10);
}

#[test]
fn visible_lines_fit_any_page() {
    for (lines, page) in [(0, 0), (0, 5), (5, 0), (3, 5), (5, 5)] {
        let mut screen = ScreenState::default();
        press(&mut screen, KeyCode::End);
        let visible = screen.visible_lines(lines, page);
        assert!(visible.end <= lines && visible.len() == lines.min(page));
        press(&mut screen, KeyCode::PageDown);
        assert_eq!(screen.visible_lines(lines, page), visible);
    }
}

#[test]
fn three_keys_quit_and_others_do_not() {
    let mut screen = ScreenState::default();
    assert_eq!(press(&mut screen, KeyCode::Char('q')), KeyOutcome::Quit);
    assert_eq!(press(&mut screen, KeyCode::Esc), KeyOutcome::Quit);
    let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(screen.handle_key(control), KeyOutcome::Quit);
    assert_eq!(press(&mut screen, KeyCode::Char('c')), KeyOutcome::Continue);
    assert_eq!(press(&mut screen, KeyCode::Char('p')), KeyOutcome::Continue);
    assert!(screen.paused);
}

#[test]
fn help_is_closed_by_its_key_or_escape_and_blocks_other_keys() {
    for close in [KeyCode::Char('?'), KeyCode::Esc] {
        let mut screen = ScreenState::default();
        press(&mut screen, KeyCode::Char('?'));
        assert!(screen.help);
        for code in [KeyCode::Char('s'), KeyCode::Char('p'), KeyCode::Down] {
            press(&mut screen, code);
        }
        assert!(screen.help && !screen.paused);
        assert_eq!((screen.sort, screen.scroll), (SortKey::Index, 0));
        assert_eq!(press(&mut screen, close), KeyOutcome::Continue);
        assert!(!screen.help);
    }
    let mut screen = ScreenState {
        help: true,
        ..ScreenState::default()
    };
    assert_eq!(press(&mut screen, KeyCode::Char('q')), KeyOutcome::Quit);
}
