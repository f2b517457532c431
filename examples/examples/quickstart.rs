//! GPU metrics out of a `MeterProvider`, as one block of text.
//!
//! Reads from the host engine at `localhost:5555`. Where none answers, it says why, and shows a
//! simulated host.

use clap::Parser;
use dcgm_examples::{
    Args, Host, LastExport, Report, init_logging, parse_flags, print_block, run_if_worker,
    sample_with_profiling,
};
use dcgm_otel::DcgmMeter;
use opentelemetry_sdk::metrics::SdkMeterProvider;

/// GPU metrics as one block of text
#[derive(Parser)]
#[command(name = "quickstart")]
struct Flags {
    #[command(flatten)]
    shared: Args,
    /// Redraw the block at each interval, until Ctrl-C
    #[arg(long, conflicts_with = "once")]
    watch: bool,
}

fn main() -> Result<(), Report> {
    run_if_worker(); // of `--isolated`
    let Flags { shared, watch } = parse_flags();
    init_logging(false)?;
    let export = LastExport::default(); // for printing; a program has its own exporter
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(export.clone())
        .build();
    // Usually `DcgmMeter::install(&provider)?` is all. The metrics are there while the meter lives.
    let host = Host::find(&shared)?;
    let meter = DcgmMeter::builder()
        .with_config(host.config)
        .with_shared_client(host.client)
        .install(&provider)?;

    let sampled = sample_with_profiling(&meter, &provider, &export);
    loop {
        print_block(&export.block(), &meter.health(), &shared, watch)?;
        if !watch {
            return Ok(sampled?);
        }
        std::thread::sleep(meter.config().interval());
        // If this fails, the block says why.
        let _ = meter.sample_now();
        provider.force_flush()?;
    }
}
