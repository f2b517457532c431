//! GPU metrics out of a `MeterProvider`, as a table.
//!
//! Without flags it reads from the host engine at `localhost:5555`; where none answers it says why,
//! and shows a simulated host.

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use dcgm_examples::{Args, Host, Table, Wanted, heading};
use dcgm_otel::{DcgmMeter, ErrorKind, Failure};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

fn main() -> ExitCode {
    let args = match Args::parse() {
        Ok(args) => args,
        Err(error) => {
            complain(&format!("{error}\nTry --help."));
            return ExitCode::from(2);
        }
    };
    if matches!(args.wanted, Wanted::Help) {
        return say(&format!(
            "quickstart: GPU metrics as a table\n\n{}",
            Args::HELP
        ));
    }
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let host = Host::find(args)?;
    if let Some(why) = &host.instead {
        complain(&format!("{why}; a SIMULATED host is shown instead"));
    }

    // The exporter keeps what it is given. The reader's own interval is long: here, flushing
    // exports.
    let table = Table::default();
    let reader = PeriodicReader::builder(table.clone())
        .with_interval(Duration::from_secs(3600))
        .build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();

    // The metrics are there as long as the meter is.
    let meter = DcgmMeter::builder()
        .shared_client(host.client)
        .interval(args.interval)
        // After the first, its samples are taken halfway between two tables.
        .initial_delay(args.interval / 2)
        .install(&provider)?;

    let mut outcome = meter.sample_now();
    loop {
        table.clear();
        provider.force_flush()?;
        let heading = heading(&meter.health());
        let mut text = table.render(&heading);
        if let Err(failure) = &outcome {
            text.push_str(&explained(failure));
        }
        let printed = say(&text);
        if args.once || printed != ExitCode::SUCCESS {
            break;
        }
        say("\n");
        thread::sleep(args.interval);
        outcome = meter.health().reason.map_or(Ok(()), Err);
    }
    // An engine without a GPU has answered, and is shown as it is.
    let failed = outcome.is_err_and(|failure| failure.kind != ErrorKind::Enumerate);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn explained(failure: &Failure) -> String {
    let hint = failure
        .hint
        .as_ref()
        .map_or(String::new(), |hint| format!(" ({hint})"));
    format!("  {}{hint}\n", failure.message)
}

/// Prints. Whoever reads may have gone, as `head` does: then this ends.
fn say(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if printed.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn complain(text: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
