//! Engines that are gone, hang, fail or return old samples.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::fixture::{Fixture, SECOND, cells_to_text, default_text, draw_cells, draw_text, mock};
use dcgm::Error;
use dcgm::mock::{Call, Delay, Mock};
use dcgm_terminal::{ConnectionState, HostReader, HostView, LiveView, ScreenState};
use ratatui::style::Modifier;

/// Returns `true` if the name of the first GPU is dimmed.
fn is_dim(view: &HostView) -> bool {
    let cells = draw_cells(view, 120, 40);
    let text = cells_to_text(&cells);
    let row = text.lines().position(|row| row.contains("NVIDIA")).unwrap();
    let row = u16::try_from(row).unwrap();
    cells[(4, row)].modifier.contains(Modifier::DIM)
}

#[test]
fn old_samples_are_marked_as_stale() {
    let mut fixture = Fixture::new("8xh100");
    assert!(fixture.read_for(10).gpus.iter().all(|gpu| !gpu.stale));
    fixture.mock.freeze_sampling(true);
    let view = fixture.read_for(5);
    assert_eq!(view.connection, ConnectionState::Connected);
    assert!(view.gpus.iter().all(|gpu| gpu.stale));
    assert!(default_text(&view).contains("STALE") && is_dim(&view));
    fixture.mock.freeze_sampling(false);
    assert!(fixture.read_for(2).gpus.iter().all(|gpu| !gpu.stale));
}

#[test]
fn lost_connection_keeps_the_values_and_is_reopened() {
    let mut fixture = Fixture::new("8xh100");
    fixture.read_for(3);
    fixture.mock.stop_engine();
    let view = fixture.read_for(7);
    assert!(
        matches!(view.connection, ConnectionState::Unavailable { since, .. } if since == 6 * SECOND),
        "{:?}",
        view.connection
    );
    let text = default_text(&view);
    assert!(
        text.contains("NO RESPONSE for 6 s") && text.contains("NVIDIA H100"),
        "{text}"
    );
    assert!(is_dim(&view), "old values are not dimmed");
    fixture.mock.start_engine();
    let view = fixture.read_for(2);
    assert!(!is_dim(&view));
    assert_eq!(
        (view.connection.clone(), view.gpus.len()),
        (ConnectionState::Connected, 8)
    );
    assert!(!default_text(&view).contains("NO RESPONSE"));
}

#[test]
fn no_failing_call_ends_the_reader() {
    for call in Call::ALL {
        let mut fixture = Fixture::new("8xh100-mig7");
        fixture.read_for(2);
        fixture.mock.fail_always(*call, Error::NotConnected);
        for (width, height) in [(120, 40), (3, 3)] {
            let view = fixture.read();
            assert!(!draw_text(&view, width, height).is_empty(), "{call:?}");
        }
        fixture.mock.clear_faults();
        let view = fixture.read_for(2);
        assert_eq!(view.connection, ConnectionState::Connected, "{call:?}");
    }
}

#[test]
fn hanging_engine_does_not_delay_the_screen() {
    let (mock, _) = mock("8xh100");
    mock.delay(Call::Latest, Delay::UntilReleased);
    let reader = HostReader::new(Arc::new(mock.clone()), SECOND);
    let mut live = LiveView::start(reader, Duration::ZERO).unwrap();
    assert!(mock.wait_until_hung(Call::Latest, 30 * SECOND));
    let (screen, mut view) = (ScreenState::default(), HostView::default());
    let later = Instant::now() + 60 * SECOND;
    live.update(later, &screen, &mut view).unwrap();
    let text = default_text(&view);
    assert!(text.contains("NO RESPONSE for 60 s"), "{text}");
    assert!(text.contains("SIMULATED"), "{text}");
    mock.release(Call::Latest);
    let deadline = Instant::now() + 30 * SECOND;
    while view.connection != ConnectionState::Connected {
        assert!(Instant::now() < deadline, "the reader did not go on");
        thread::yield_now();
        live.update(Instant::now(), &screen, &mut view).unwrap();
    }
    assert_eq!(view.gpus.len(), 8);
}

#[test]
fn panicked_reader_is_an_error_and_no_still_image() {
    let mock = Mock::named("1xl4").unwrap();
    mock.panic_next(Call::Latest);
    let reader = HostReader::new(Arc::new(mock), SECOND);
    let mut live = LiveView::start(reader, SECOND).unwrap();
    let (screen, mut view) = (ScreenState::default(), HostView::default());
    let deadline = Instant::now() + 30 * SECOND;
    while live.update(Instant::now(), &screen, &mut view).is_ok() {
        assert!(Instant::now() < deadline, "the panic was not reported");
        thread::yield_now();
    }
}
