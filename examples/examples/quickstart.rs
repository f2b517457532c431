//! GPU metrics out of a `MeterProvider`, as a table.
//!
//! Without flags it reads from the host engine at `localhost:5555`; where none answers it says why,
//! and shows a simulated host.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use dcgm_examples::{Args, Host, Outcome, Table, Wanted, begin, complain, finish, say};
use dcgm_otel::{DcgmMeter, ErrorKind};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

const HELP: &str = "\
quickstart: GPU metrics as a table, every second

";

fn main() -> ExitCode {
    let args = begin(HELP, |_| Ok(false));
    args.map_or_else(|code| code, |args| finish(run(&args)))
}

fn run(args: &Args) -> Outcome {
    let host = Host::find(args)?;
    if let Some(why) = &host.instead {
        complain(&format!("{why}; a SIMULATED host is shown instead"));
    }

    let flags = match (&args.wanted, &host.instead) {
        (Wanted::Simulated(model), _) => format!(" --simulate={}", model.name()),
        (_, Some(_)) => " --simulate".to_owned(),
        (Wanted::Endpoint(endpoint), None) => format!(" --endpoint {endpoint}"),
        (Wanted::Embedded, None) => " --embedded".to_owned(),
        _ => String::new(),
    };
    let all = format!("cargo run --example prometheus -- --once{flags}");

    // The exporter keeps what it is given. The reader's own interval is long: here, flushing
    // exports.
    let table = Table::default();
    let reader = PeriodicReader::builder(table.clone())
        .with_interval(Duration::from_secs(3600))
        .build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();

    // The metrics are there as long as the meter is.
    let meter = DcgmMeter::builder()
        .with_shared_client(host.client)
        .with_interval(args.interval)
        // After the first, its samples are taken halfway between two tables.
        .with_initial_delay(args.interval / 2)
        .install(&provider)?;

    let mut outcome = meter.sample_now();
    loop {
        table.clear();
        provider.force_flush()?;
        let mut text = table.sheet().text(&meter.health(), &all);
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
