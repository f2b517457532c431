//! GPU metrics to an OpenTelemetry collector, over gRPC or HTTP.
//!
//! The standard variables say how: `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf` or `grpc`),
//! `…_ENDPOINT`, `…_HEADERS`, `…_TIMEOUT`, their `OTEL_EXPORTER_OTLP_METRICS_…` forms, which come
//! first, `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, `OTEL_METRIC_EXPORT_INTERVAL` and
//! `OTEL_RESOURCE_ATTRIBUTES`; and the `DCGM_OTEL_…` ones what no flag says. A host is simulated
//! only if asked for, and then the resource says so.

use std::process::ExitCode;
use std::sync::mpsc;

use dcgm_examples::{Args, Outcome, begin, explained, finish, meter, resource};
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use tracing_subscriber::filter::LevelFilter;

const HELP: &str = "\
otlp: GPU metrics to an OpenTelemetry collector, as the OTEL_* variables say

";

fn main() -> ExitCode {
    let args = begin(HELP, |_| Ok(false));
    args.map_or_else(|code| code, |args| finish(run(&args)))
}

fn run(args: &Args) -> Outcome {
    // The SDK says nowhere else why an export failed.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::WARN)
        .with_writer(std::io::stderr)
        .init();
    check(|name| std::env::var(name).ok())?;
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        // If nobody waits for it, this ends already.
        let _ = stop.send(());
    })?;

    // gRPC needs a runtime when the exporter is made, and as long as it is used.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let exporter = {
        let _inside = runtime.enter();
        MetricExporter::builder().build()?
    };
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(args))
        .with_reader(PeriodicReader::builder(exporter).build())
        .build();
    // Dropped before the provider, which then has nothing left to export.
    let meter = meter(args, args.config.clone()).install(&provider)?;
    if args.once {
        let sampled = meter.sample_now();
        provider.force_flush()?;
        sampled.map_err(|failure| explained(&failure))?;
        return Ok(ExitCode::SUCCESS);
    }
    stopped.recv()?;
    // Exports once more, for which the SDK waits 5 s at most. That a collector does not answer is
    // told already.
    let _ = provider.shutdown();
    Ok(ExitCode::SUCCESS)
}

/// Refuses what the exporter would ignore.
fn check(variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    type Row = (&'static [&'static str], &'static str, fn(&str) -> bool);
    // Of the names of a row the first that is set counts.
    let rows: [Row; 5] = [
        (
            &[
                "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
                "OTEL_EXPORTER_OTLP_PROTOCOL",
            ],
            "http/protobuf or grpc",
            |text| ["http/protobuf", "grpc"].contains(&text),
        ),
        (
            &[
                "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
            ],
            "an http:// URL; this example has no TLS, so send through a collector that is near",
            |text| !text.starts_with("https:"),
        ),
        (
            &[
                "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
                "OTEL_EXPORTER_OTLP_TIMEOUT",
            ],
            "a number of milliseconds",
            |text| text.parse::<u64>().is_ok(),
        ),
        (
            &["OTEL_METRIC_EXPORT_INTERVAL"],
            "a number of milliseconds above 0",
            |text| text.parse::<u64>().is_ok_and(|ms| ms > 0),
        ),
        (
            &["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
            "cumulative, delta or lowmemory",
            |text| ["cumulative", "delta", "lowmemory"].contains(&text),
        ),
    ];
    for (names, accepted, accepts) in rows {
        let mut set = names
            .iter()
            .filter_map(|name| Some((name, variable(name)?)));
        let first = set.find(|(_, text)| !text.is_empty());
        if let Some((name, text)) = first.filter(|(_, text)| !accepts(&text.to_lowercase())) {
            return Err(format!("{name} {text:?}: {accepted}"));
        }
    }
    Ok(())
}
