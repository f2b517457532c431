//! A live view of a host's GPUs in a terminal: load, memory, power, temperature, NVLink, MIG, what
//! holds their clocks back, how they are, and what happened to them.
//!
//! A thread reads the engine and another one draws, so that an engine that does not answer delays
//! no key. `--once` prints one picture as text and ends.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use dcgm_examples::{Args, Host, Outcome, complain, finish, parse_flags, say};
use dcgm_terminal::{Answer, Flow, Live, Reader, Screen, View, draw};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{self, Event};
use ratatui::layout::Rect;

/// A live view of this host's GPUs
#[derive(Parser)]
#[command(name = "top")]
struct Flags {
    #[command(flatten)]
    shared: Args,
    /// The size of the picture that --once prints
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "120x40", value_parser = parse_size)]
    size: (u16, u16),
}

/// The most columns and rows of a picture.
const LARGEST: u16 = 1000;

/// How soon what was read is drawn.
const SOON: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let Flags { shared, size } = parse_flags();
    finish(run(&shared, size))
}

fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let numbers = text.split_once('x');
    let numbers = numbers.and_then(|(width, height)| cells(width).zip(cells(height)));
    numbers.ok_or_else(|| format!("not as in 120x40, each from 1 to {LARGEST}"))
}

fn cells(text: &str) -> Option<u16> {
    let number = text.parse().ok();
    number.filter(|number| (1..=LARGEST).contains(number))
}

fn run(args: &Args, size: (u16, u16)) -> Outcome {
    if !args.once && !std::io::stdout().is_terminal() {
        return Err("this draws on a terminal, and there is none: --once prints a picture".into());
    }
    let host = Host::find(args)?;
    if let Some(why) = &host.instead {
        complain(&format!("{why}; a SIMULATED host is shown instead"));
    }
    let interval = host.config.interval();
    let reader = Reader::new(host.client, interval).instead(host.instead);
    if args.once {
        return Ok(once(reader, interval, size));
    }
    let mut live = Live::start(reader, interval)?;
    // Whatever happens, a panic too, the terminal is given back as it was.
    let outcome = ratatui::try_init().map_or_else(
        |error| {
            let text =
                format!("this terminal cannot be drawn on: {error}; --once prints a picture");
            Err(text.into())
        },
        |mut terminal| show(&mut terminal, &mut live),
    );
    // There is nobody left to tell if that fails.
    let _ = ratatui::try_restore();
    outcome
}

fn show(terminal: &mut ratatui::DefaultTerminal, live: &mut Live) -> Outcome {
    let (mut view, mut screen) = (View::default(), Screen::default());
    loop {
        live.look(Instant::now(), &screen, &mut view)?;
        terminal.draw(|frame| draw(&view, &mut screen, frame.area(), frame.buffer_mut()))?;
        if event::poll(SOON)? {
            if let Event::Key(key) = event::read()? {
                if screen.key(key) == Flow::Quit {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
    }
}

/// Prints a picture, as text. That the engine does not answer is in it, and a failure.
fn once(mut reader: Reader, interval: Duration, (width, height): (u16, u16)) -> ExitCode {
    reader.read(Instant::now());
    // What is a rate has a value only then.
    thread::sleep(interval.min(Duration::from_secs(1)));
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    let view = reader.read(Instant::now());
    draw(view, &mut Screen::default(), cells.area, &mut cells);
    let rows = cells.content.chunks(width.into());
    let rows = rows.map(|row| {
        let text = row.iter().map(ratatui::buffer::Cell::symbol);
        format!("{}\n", text.collect::<String>().trim_end())
    });
    let printed = say(&rows.collect::<String>());
    if matches!(view.answer, Answer::Yes) {
        printed
    } else {
        ExitCode::FAILURE
    }
}
