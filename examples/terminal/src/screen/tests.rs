use super::*;

fn view() -> View {
    let gpu = |id, busy, watts, temperature| Gpu {
        id,
        busy,
        power: (watts, None),
        temperature,
        ..Gpu::default()
    };
    View {
        gpus: vec![
            gpu(0, Some(0.5), Some(300.0), None),
            gpu(1, None, Some(700.0), Some(60.0)),
            gpu(2, Some(0.9), None, Some(61.0)),
        ],
        ..View::default()
    }
}

fn ids(screen: &Screen) -> Vec<u32> {
    screen.order(&view()).iter().map(|gpu| gpu.id).collect()
}

fn press(screen: &mut Screen, code: KeyCode) -> Flow {
    screen.key(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn a_key_steps_through_the_orders_and_what_is_not_known_comes_last() {
    let mut screen = Screen::default();
    assert_eq!(ids(&screen), [0, 1, 2]);
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!((screen.sort, ids(&screen)), (Sort::Busy, vec![2, 0, 1]));
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!((screen.sort, ids(&screen)), (Sort::Power, vec![1, 0, 2]));
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!(
        (screen.sort, ids(&screen)),
        (Sort::Temperature, vec![2, 1, 0])
    );
    press(&mut screen, KeyCode::Char('s'));
    assert_eq!(screen.sort, Sort::Index);
}

#[test]
fn scrolling_stops_at_both_ends() {
    let mut screen = Screen::default();
    press(&mut screen, KeyCode::Up);
    assert_eq!(screen.window(30, 10), 0..10);
    for code in [KeyCode::Char('j'), KeyCode::Down, KeyCode::Char('k')] {
        press(&mut screen, code);
    }
    assert_eq!(screen.window(30, 10), 1..11);
    press(&mut screen, KeyCode::PageDown);
    assert_eq!(screen.window(30, 10), 9..19);
    press(&mut screen, KeyCode::End);
    press(&mut screen, KeyCode::Down);
    assert_eq!(screen.window(30, 10), 20..30);
    press(&mut screen, KeyCode::PageUp);
    assert_eq!(screen.window(30, 10), 12..22);
    press(&mut screen, KeyCode::Home);
    assert_eq!(screen.window(30, 10), 0..10);
}

#[test]
fn a_window_fits_whatever_room_there_is() {
    for (lines, page) in [(0, 0), (0, 5), (5, 0), (3, 5), (5, 5)] {
        let mut screen = Screen::default();
        press(&mut screen, KeyCode::End);
        let window = screen.window(lines, page);
        assert!(window.end <= lines && window.len() == lines.min(page));
        press(&mut screen, KeyCode::PageDown);
        assert_eq!(screen.window(lines, page), window);
    }
}

#[test]
fn three_keys_end_it_and_others_do_not() {
    let mut screen = Screen::default();
    assert_eq!(press(&mut screen, KeyCode::Char('q')), Flow::Quit);
    assert_eq!(press(&mut screen, KeyCode::Esc), Flow::Quit);
    let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(screen.key(control), Flow::Quit);
    assert_eq!(press(&mut screen, KeyCode::Char('c')), Flow::Stay);
    assert_eq!(press(&mut screen, KeyCode::Char('p')), Flow::Stay);
    assert!(screen.paused);
}
