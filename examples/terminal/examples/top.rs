//! A live view of a host's GPUs in a terminal: utilization, memory, power, temperature, `NVLink`,
//! MIG, throttling, health and events.
//!
//! One thread reads the engine and another one draws, so that an engine that hangs delays no key.
//! `--once` prints one image as text and exits.

use std::error::Error;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser as _;
use dcgm_terminal::{
    Args, ConnectionState, DataSource, HostReader, HostView, ImageSize, KeyOutcome, LiveView,
    ScreenState, draw, open_source,
};
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::event::{self, Event};
use ratatui::layout::Rect;

/// Time between two images while no key is pressed.
const REDRAW_INTERVAL: Duration = Duration::from_millis(100);

type Outcome = Result<ExitCode, Box<dyn Error>>;

fn main() -> ExitCode {
    run(&Args::parse()).unwrap_or_else(|error| {
        print_error(&error.to_string());
        ExitCode::FAILURE
    })
}

fn run(args: &Args) -> Outcome {
    if !args.once && !io::stdout().is_terminal() {
        return Err("standard output is not a terminal; use --once to print an image".into());
    }
    let DataSource {
        client,
        interval,
        fallback_reason,
        ..
    } = open_source(&args.connection)?;
    if let Some(reason) = &fallback_reason {
        print_error(&format!("{reason}; showing a SIMULATED host"));
    }
    let reader = HostReader::new(client, interval).with_fallback_reason(fallback_reason);
    if args.once {
        return Ok(print_image(reader, interval, args.size));
    }
    let mut live = LiveView::start(reader, interval)?;
    // `try_init` also has a panic restore the terminal.
    let outcome = match ratatui::try_init() {
        Ok(mut terminal) => show(&mut terminal, &mut live),
        Err(error) => Err(format!(
            "the terminal cannot be drawn on: {error}; use --once to print an image"
        )
        .into()),
    };
    // Nothing more can be done if this fails.
    let _ = ratatui::try_restore();
    outcome
}

fn show(terminal: &mut ratatui::DefaultTerminal, live: &mut LiveView) -> Outcome {
    let (mut view, mut screen) = (HostView::default(), ScreenState::default());
    loop {
        live.update(Instant::now(), &screen, &mut view)?;
        terminal.draw(|frame| draw(&view, &mut screen, frame.area(), frame.buffer_mut()))?;
        if event::poll(REDRAW_INTERVAL)? {
            if let Event::Key(key) = event::read()? {
                if screen.handle_key(key) == KeyOutcome::Quit {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

/// Prints an image. If the engine does not respond, the image says so and the program fails.
fn print_image(mut reader: HostReader, interval: Duration, size: ImageSize) -> ExitCode {
    reader.read(Instant::now());
    // Rates have a value from the second sample on.
    thread::sleep(interval.min(Duration::from_secs(1)));
    let view = reader.read(Instant::now());
    let mut cells = Buffer::empty(Rect::new(0, 0, size.width, size.height));
    draw(
        view,
        &mut ScreenState::for_printing(),
        cells.area,
        &mut cells,
    );
    let mut text = String::new();
    for row in cells.content.chunks(size.width.into()) {
        let row = row.iter().map(Cell::symbol).collect::<String>();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    let mut stdout = io::stdout().lock();
    let printed = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    if printed.is_ok() && view.connection == ConnectionState::Connected {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn print_error(text: &str) {
    // Nothing more can be done if this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
