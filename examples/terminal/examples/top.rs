//! A live view of a host's GPUs in a terminal: load, memory, power, temperature, NVLink, MIG, what
//! holds their clocks back, how they are, and what happened to them.
//!
//! A thread reads the engine and another one draws, so that an engine that does not answer delays
//! no key. `--once` prints one picture as text and ends.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use dcgm_examples::{Args, Host, Outcome, begin, complain, finish, say};
use dcgm_terminal::{Flow, Reader, Screen, View, draw};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{self, Event};
use ratatui::layout::Rect;

const HELP: &str = "\
top: a live view of this host's GPUs

  --size WIDTHxHEIGHT           of the picture that --once prints [120x40]
";

/// How soon what was read is drawn.
const SOON: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let mut size = (120, 40);
    let args = begin(HELP, |flag| match flag.name() {
        "size" => {
            size = flag.value(|text| {
                let (width, height) = text.split_once('x').ok_or("not as in 120x40")?;
                let number = |text: &str| text.parse::<u16>().map_err(|_range| "not as in 120x40");
                Ok::<_, &str>((number(width)?, number(height)?))
            })?;
            Ok(true)
        }
        _ => Ok(false),
    });
    args.map_or_else(|code| code, |args| finish(run(&args, size)))
}

fn run(args: &Args, size: (u16, u16)) -> Outcome {
    if !args.once && !std::io::stdout().is_terminal() {
        return Err("this draws on a terminal, and there is none: --once prints a picture".into());
    }
    let host = Host::find(args)?;
    if let Some(why) = &host.instead {
        complain(&format!("{why}; a SIMULATED host is shown instead"));
    }
    let reader = Reader::new(host.client, args.interval);
    if args.once {
        return Ok(say(&once(reader, args.interval, size)));
    }
    let (sender, views) = mpsc::channel();
    let interval = args.interval;
    // It is not waited for: it may be in a call that takes its time, and the process ends with it.
    thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || read(reader, interval, &sender))?;
    // Whatever happens, the terminal is given back as it was.
    let mut terminal = ratatui::init();
    let outcome = show(&mut terminal, &views);
    ratatui::restore();
    outcome
}

/// Reads until nobody looks any more.
fn read(mut reader: Reader, interval: Duration, views: &Sender<View>) {
    loop {
        let next = Instant::now() + interval;
        if views.send(reader.read(Instant::now()).clone()).is_err() {
            return;
        }
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn show(terminal: &mut ratatui::DefaultTerminal, views: &Receiver<View>) -> Outcome {
    let (mut view, mut screen) = (View::default(), Screen::default());
    loop {
        let newest = views.try_iter().last();
        view = newest.filter(|_| !screen.paused).unwrap_or(view);
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

/// A picture, as text.
fn once(mut reader: Reader, interval: Duration, (width, height): (u16, u16)) -> String {
    reader.read(Instant::now());
    // What is a rate has a value only then.
    thread::sleep(interval.min(Duration::from_secs(1)));
    let mut cells = Buffer::empty(Rect::new(0, 0, width, height));
    let view = reader.read(Instant::now());
    draw(view, &mut Screen::default(), cells.area, &mut cells);
    let rows = cells.content.chunks(usize::from(width.max(1)));
    let rows = rows.map(|row| {
        let text = row.iter().map(ratatui::buffer::Cell::symbol);
        format!("{}\n", text.collect::<String>().trim_end())
    });
    rows.collect()
}
