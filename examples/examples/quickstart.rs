//! GPU metrics out of a `MeterProvider`, as a table.
//!
//! Without flags it reads from the host engine at `localhost:5555`; where none answers it says why,
//! and shows a simulated host.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use dcgm_examples::{Args, Host, Table, begin, complain, explained, finish, heading, say};
use dcgm_otel::{DcgmMeter, ErrorKind};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

const HELP: &str = "\
quickstart: GPU metrics as a table, every second

";

fn main() -> ExitCode {
    match begin(HELP, |_| Ok(false)) {
        Ok(args) => finish(run(&args)),
        Err(code) => code,
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
            text += "  ";
            text += &explained(failure);
            text.push('\n');
        }
        if !args.once {
            text.push('\n');
        }
        let printed = say(&text);
        if args.once || printed != ExitCode::SUCCESS {
            break;
        }
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
