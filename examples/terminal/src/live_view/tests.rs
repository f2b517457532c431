use std::sync::mpsc::Sender;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn live_view(start: Instant) -> (Sender<HostView>, LiveView) {
    let (sender, views) = mpsc::channel();
    let live = LiveView::from_channel(views, HostView::default(), SECOND, start);
    (sender, live)
}

fn view(title: &str, connection: ConnectionState) -> HostView {
    HostView {
        title: title.to_owned(),
        connection,
        ..HostView::default()
    }
}

#[test]
fn slow_read_is_reported_until_a_view_arrives() {
    let start = Instant::now();
    let (sender, mut live) = live_view(start);
    let (screen, mut shown) = (ScreenState::default(), HostView::default());
    let mut at = |seconds: u32| {
        live.update(start + SECOND * seconds, &screen, &mut shown)
            .unwrap();
        (shown.title.clone(), shown.connection.clone())
    };
    let is_unavailable_since = |connection: &ConnectionState, expected| matches!(connection, ConnectionState::Unavailable { since, .. } if *since == expected);
    assert_eq!(at(3), (String::new(), ConnectionState::Connecting));
    assert!(is_unavailable_since(&at(4).1, SECOND * 4));
    sender
        .send(view("first", ConnectionState::Connected))
        .unwrap();
    assert_eq!(at(5), ("first".to_owned(), ConnectionState::Connected));
    assert_eq!(at(8).1, ConnectionState::Connected);
    let (title, connection) = at(9);
    assert_eq!(title, "first", "the view stays");
    assert!(is_unavailable_since(&connection, SECOND * 4));
    sender
        .send(view("second", ConnectionState::Connected))
        .unwrap();
    assert_eq!(at(10), ("second".to_owned(), ConnectionState::Connected));
}

#[test]
fn time_without_engine_grows_between_reads() {
    let start = Instant::now();
    let (sender, mut live) = live_view(start);
    let unavailable = |since| ConnectionState::Unavailable {
        since,
        reason: "refused".to_owned(),
    };
    sender.send(view("", unavailable(SECOND * 7))).unwrap();
    let (screen, mut shown) = (ScreenState::default(), HostView::default());
    live.update(start, &screen, &mut shown).unwrap();
    assert_eq!(shown.connection, unavailable(SECOND * 7));
    live.update(start + SECOND * 2, &screen, &mut shown)
        .unwrap();
    assert_eq!(shown.connection, unavailable(SECOND * 9));
}

#[test]
fn paused_screen_shows_only_changes_of_the_connection() {
    let start = Instant::now();
    let (sender, mut live) = live_view(start);
    let (mut screen, mut shown) = (ScreenState::default(), HostView::default());
    let mut update = |screen: &ScreenState| {
        live.update(start, screen, &mut shown).unwrap();
        (shown.title.clone(), shown.connection.clone())
    };
    sender
        .send(view("first", ConnectionState::Connected))
        .unwrap();
    update(&screen);
    screen.paused = true;
    let connecting = ConnectionState::Connecting;
    sender.send(view("second", connecting.clone())).unwrap();
    assert_eq!(update(&screen), ("first".to_owned(), connecting.clone()));
    screen.paused = false;
    assert_eq!(update(&screen), ("second".to_owned(), connecting));
}

#[test]
fn stopped_reader_is_an_error() {
    let start = Instant::now();
    let (sender, mut live) = live_view(start);
    drop(sender);
    let mut shown = HostView::default();
    let result = live.update(start, &ScreenState::default(), &mut shown);
    assert!(result.unwrap_err().to_string().contains("ended"));
}
