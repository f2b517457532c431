use std::sync::mpsc::Sender;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn live(began: Instant) -> (Sender<View>, Live) {
    let (sender, views) = mpsc::channel();
    (sender, Live::of(views, View::default(), SECOND, began))
}

fn titled(title: &str, answer: Answer) -> View {
    View {
        title: title.to_owned(),
        answer,
        ..View::default()
    }
}

#[test]
fn a_read_that_takes_too_long_is_said_until_something_comes() {
    let began = Instant::now();
    let (sender, mut live) = live(began);
    let (screen, mut shown) = (Screen::default(), View::default());
    let mut at = |seconds: u32| {
        live.look(began + SECOND * seconds, &screen, &mut shown)
            .unwrap();
        (shown.title.clone(), shown.answer.clone())
    };
    assert_eq!(at(3), (String::new(), Answer::Unasked));
    assert!(matches!(at(4).1, Answer::No { since, .. } if since == SECOND * 4));
    sender.send(titled("first", Answer::Yes)).unwrap();
    assert_eq!(at(5), ("first".to_owned(), Answer::Yes));
    assert_eq!(at(8).1, Answer::Yes);
    let (title, answer) = at(9);
    assert_eq!(title, "first", "the view stays");
    assert!(matches!(answer, Answer::No { since, .. } if since == SECOND * 4));
    sender.send(titled("second", Answer::Yes)).unwrap();
    assert_eq!(at(10), ("second".to_owned(), Answer::Yes));
}

#[test]
fn how_long_an_engine_is_away_goes_on_counting_between_reads() {
    let began = Instant::now();
    let (sender, mut live) = live(began);
    let why = "refused".to_owned();
    let away = |since| Answer::No {
        since,
        why: why.clone(),
    };
    sender.send(titled("", away(SECOND * 7))).unwrap();
    let (screen, mut shown) = (Screen::default(), View::default());
    live.look(began, &screen, &mut shown).unwrap();
    assert_eq!(shown.answer, away(SECOND * 7));
    live.look(began + SECOND * 2, &screen, &mut shown).unwrap();
    assert_eq!(shown.answer, away(SECOND * 9));
}

#[test]
fn what_is_paused_stands_still_but_for_whether_the_engine_answers() {
    let began = Instant::now();
    let (sender, mut live) = live(began);
    let (mut screen, mut shown) = (Screen::default(), View::default());
    let mut look = |screen: &Screen| {
        live.look(began, screen, &mut shown).unwrap();
        (shown.title.clone(), shown.answer.clone())
    };
    sender.send(titled("first", Answer::Yes)).unwrap();
    look(&screen);
    screen.paused = true;
    sender.send(titled("second", Answer::Unasked)).unwrap();
    assert_eq!(look(&screen), ("first".to_owned(), Answer::Unasked));
    screen.paused = false;
    assert_eq!(look(&screen), ("second".to_owned(), Answer::Unasked));
}

#[test]
fn that_nobody_reads_any_more_is_an_error() {
    let began = Instant::now();
    let (sender, mut live) = live(began);
    drop(sender);
    let mut shown = View::default();
    let ended = live.look(began, &Screen::default(), &mut shown);
    assert!(ended.unwrap_err().to_string().contains("ended"));
}
