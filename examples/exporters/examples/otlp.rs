//! Sends GPU metrics to an OpenTelemetry collector, over gRPC or HTTP.
//!
//! The standard variables configure that: `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf` or
//! `grpc`), `…_ENDPOINT`, `…_HEADERS`, `…_TIMEOUT`; their `OTEL_EXPORTER_OTLP_METRICS_…` forms,
//! which win; `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, `OTEL_METRIC_EXPORT_INTERVAL`,
//! `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. Simulates a host only if asked to, and then
//! marks the resource.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use clap::Parser;
use dcgm::mock::Mock;
use dcgm_examples::{
    Args, Report, SIMULATED, explained, init_logging, parse_flags, require_engine, run_if_worker,
};
use dcgm_otel::DcgmMeter;
use opentelemetry::KeyValue;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use tracing::{info, warn};
use uuid::{Uuid, uuid};

/// GPU metrics to an OpenTelemetry collector, as the OTEL_* variables say
#[derive(Parser)]
#[command(name = "otlp")]
struct Flags {
    #[command(flatten)]
    shared: Args,
}

const PROTOCOL: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
];
const ENDPOINT: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
const EXPORT_INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";
/// The namespace that the semantic conventions define for `service.instance.id`.
const INSTANCE_NAMESPACE: Uuid = uuid!("4d63009a-8d0f-11ee-aad7-4c796ed8e320");

fn main() -> Result<(), Report> {
    // In the worker process of `--isolated`, it does not return.
    run_if_worker();
    let args = parse_flags::<Flags>().shared;
    init_logging(!args.once)?;
    validate_variables(variable)?;
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || {
        // The receiver is gone once the program ends anyway.
        let _ = stop.send(());
    })?;

    // gRPC needs a runtime when the exporter is made, and as long as it is used.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let destination = destination(variable);
    let exporter = {
        let _inside = runtime.enter();
        let exporter = MetricExporter::builder().build();
        exporter.map_err(|error| format!("{destination}: {error}"))?
    };
    let exporter = LoggedExporter {
        exporter,
        destination: destination.clone(),
        failing: AtomicBool::new(false),
    };
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(&args))
        .with_reader(PeriodicReader::builder(exporter).build())
        .build();

    // Dropped before the provider, so that nothing is left to export then.
    let mut builder = DcgmMeter::builder().with_config(args.overrides());
    if let Some(model) = &args.simulate {
        builder = builder.with_client(Mock::new(model.clone()));
    }
    let meter = builder.install(&provider)?;
    if args.live {
        require_engine(&meter)?;
    }
    if args.once {
        let sampled = meter.sample_now();
        if provider.force_flush().is_err() {
            // The log has the reason.
            return Err(format!("nothing was exported to {destination}").into());
        }
        return sampled.map_err(|failure| explained(&failure).into());
    }
    let interval = variable(EXPORT_INTERVAL).unwrap_or_else(|| "60000".to_owned());
    info!("sending to {destination} every {interval} ms");
    stopped.recv()?;
    info!("stopping: received SIGINT or SIGTERM");
    // Exports once more, for at most 5 s. A failure is logged already.
    let _ = provider.shutdown();
    Ok(())
}

/// Returns a variable unless it is empty, which counts as not set.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// Describes where the exporter sends, by the rules that it follows: an endpoint for all signals
/// gets a path when used over HTTP.
fn destination(variable: impl Fn(&str) -> Option<String>) -> String {
    let grpc = PROTOCOL.iter().find_map(|name| variable(name));
    let grpc = grpc.is_some_and(|protocol| protocol.eq_ignore_ascii_case("grpc"));
    let [metrics, all] = ENDPOINT.map(variable);
    if grpc {
        let default = || "http://localhost:4317".to_owned();
        format!("{} over grpc", metrics.or(all).unwrap_or_else(default))
    } else {
        let all = all.unwrap_or_else(|| "http://localhost:4318".to_owned());
        let endpoint = metrics.unwrap_or_else(|| {
            let base = all.trim_end_matches('/');
            format!("{base}/v1/metrics")
        });
        format!("{endpoint} over http/protobuf")
    }
}

/// Describes this process to the collector. `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` win.
fn resource(args: &Args) -> Resource {
    let host = variable("NODE_NAME").or_else(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    });
    // The same after a restart, so that it begins no new series. There is one such process a host.
    let instance = host.as_ref().map(|host| {
        let id = Uuid::new_v5(&INSTANCE_NAMESPACE, host.as_bytes());
        KeyValue::new("service.instance.id", id.to_string())
    });
    let name = variable("OTEL_SERVICE_NAME").map(|name| KeyValue::new("service.name", name));
    Resource::builder_empty()
        .with_service_name("dcgm-otlp")
        .with_attributes(host.map(|host| KeyValue::new("host.name", host)))
        .with_attributes(instance)
        .with_detectors(&[
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ])
        .with_attributes(name)
        .with_attributes(
            args.simulate
                .is_some()
                .then(|| KeyValue::new(SIMULATED, true)),
        )
        .build()
}

/// Logs the first of several failures, with the destination, and when exports work again.
#[derive(Debug)]
struct LoggedExporter {
    exporter: MetricExporter,
    destination: String,
    failing: AtomicBool,
}

impl PushMetricExporter for LoggedExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.exporter.export(metrics).await;
        let failed_before = self.failing.swap(result.is_err(), Ordering::Relaxed);
        match &result {
            Err(error) if !failed_before => warn!("export to {} failed: {error}", self.destination),
            Ok(()) if failed_before => info!("exports to {} work again", self.destination),
            _ => {}
        }
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

/// Refuses values that the exporter would ignore.
fn validate_variables(variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
    type Rule = (&'static [&'static str], &'static str, fn(&str) -> bool);
    // The first variable of a row that is set counts.
    let rules: [Rule; 5] = [
        (&PROTOCOL, "http/protobuf or grpc", |text| {
            ["http/protobuf", "grpc"].contains(&text)
        }),
        (
            &ENDPOINT,
            "an http:// URL; this example has no TLS, so send through a collector nearby",
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
            &[EXPORT_INTERVAL],
            "a number of milliseconds above 0",
            |text| text.parse::<u64>().is_ok_and(|ms| ms > 0),
        ),
        (
            &["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
            "cumulative, delta or lowmemory",
            |text| ["cumulative", "delta", "lowmemory"].contains(&text),
        ),
    ];
    for (names, expected, accepts) in rules {
        let mut set = names
            .iter()
            .filter_map(|name| Some((name, variable(name)?)));
        let first = set.next();
        if let Some((name, text)) = first.filter(|(_, text)| !accepts(&text.to_lowercase())) {
            return Err(format!("{name} {text:?}: expected {expected}"));
        }
    }
    Ok(())
}
