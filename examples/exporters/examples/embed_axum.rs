//! A web service with metrics of its own, and what it takes to add those of the GPUs: three places,
//! marked `GPU`.
//!
//! `/` greets, `/metrics` serves all metrics, `/readyz` says whether GPU metrics are fresh: a service
//! that needs GPUs may make its readiness depend on that. A host is simulated only if asked for, and
//! then every series is marked.
//!
//! This file needs nothing else of this repository. To start from it, copy it to `src/main.rs` of a
//! new project with these dependencies (`dcgm` and `dcgm-otel` are not on crates.io yet; with a clone,
//! use its path in place of `git`):
//!
//! ```toml
//! [dependencies]
//! axum = "0.8"
//! clap = { version = "4.5", features = ["derive"] }
//! ctrlc = { version = "3.4", features = ["termination"] }
//! dcgm = { git = "https://github.com/dcgm-rs/dcgm", features = ["mock"] } # for --simulate
//! dcgm-otel = { git = "https://github.com/dcgm-rs/dcgm" }
//! opentelemetry = "0.33"
//! opentelemetry-prometheus = "0.33"
//! opentelemetry_sdk = "0.33"
//! prometheus = { version = "0.14", default-features = false }
//! tokio = { version = "1", features = ["net", "rt-multi-thread", "sync"] }
//! tracing = "0.1"
//! tracing-subscriber = { version = "0.3", default-features = false, features = ["env-filter", "fmt"] }
//! ```

use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use clap::Parser;
use dcgm::mock::{Host, Mock, Scenario};
use dcgm_otel::{Config, ConfigErrors, DcgmMeter, DcgmMeterBuilder, ErrorKind, Mode, SampleError}; // GPU 1
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, MeterProvider as _};
use opentelemetry_prometheus::ResourceSelector;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tracing_subscriber::EnvFilter;

const ENDPOINT_HELP: &str =
    "Read from the host engine at host:port or unix:///absolute/path [default: localhost:5555]";

/// A web service with metrics of its own, and those of the GPUs
#[derive(Parser)]
#[command(name = "embed_axum", after_help = hosts(), max_term_width = 80)]
struct Flags {
    /// Serve on this address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The host engine to read from.
    #[arg(long, help = ENDPOINT_HELP, conflicts_with_all = ["embedded", "simulate"])]
    endpoint: Option<dcgm::Endpoint>,
    /// Run an engine in this process
    #[arg(long, conflicts_with = "simulate")]
    embedded: bool,
    /// Show a simulated host (see below) [8xh100 if no HOST is given]
    #[arg(long, value_name = "HOST[,SCENARIO]", num_args = 0..=1,
          default_missing_value = "8xh100", value_parser = parse_mock)]
    simulate: Option<Mock>,
    /// Accept a real engine only, and fail if there is none
    #[arg(long, conflicts_with = "simulate")]
    live: bool,
    /// Sample this often, as in 1s, 90s or 2m
    #[arg(long, value_name = "DURATION", value_parser = parse_interval)]
    interval: Option<Duration>,
    /// Print the values once, and exit
    #[arg(long)]
    once: bool,
}

/// What the handlers need.
struct Service {
    greetings: Counter<u64>,
    registry: Registry,
    gpus: DcgmMeter,
}

async fn greet(State(service): State<Arc<Service>>) -> &'static str {
    service.greetings.add(1, &[]);
    "hello\n"
}

async fn metrics(State(service): State<Arc<Service>>) -> Result<String, StatusCode> {
    let text = TextEncoder::new().encode_to_string(&service.registry.gather());
    text.map_err(|error| {
        tracing::error!("the metrics cannot be encoded: {error}");
        StatusCode::INTERNAL_SERVER_ERROR
    })
}

async fn readyz(State(service): State<Arc<Service>>) -> (StatusCode, String) {
    let health = service.gpus.health();
    let code = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, format!("{health}\n"))
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let default = if flags.once {
        "warn"
    } else {
        "info,opentelemetry=warn"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Reporting on stderr that stderr is closed would panic.
        .log_internal_errors(false)
        .init();
    match run(&flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags) -> Result<(), Box<dyn Error>> {
    // A service with OpenTelemetry has a provider already.
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        // Put on each series if the values are simulated.
        .with_resource_selector(ResourceSelector::KeyAllowList([SIMULATED.into()].into()));
    let mark = flags
        .simulate
        .is_some()
        .then(|| KeyValue::new(SIMULATED, true));
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_attributes(mark).build())
        .with_reader(exporter.build()?)
        .build();
    let own = provider.meter("embed_axum");

    // GPU 2: without these flags it is `DcgmMeter::install(&provider)?`.
    let gpus = gpu_meter(flags).install(&provider)?;
    if flags.live {
        match gpus.sample_now() {
            // An engine without GPUs is an engine too.
            Err(failure) if failure.kind != ErrorKind::Enumerate => return Err(explain(&failure)),
            _ => {}
        }
    }

    let service = Arc::new(Service {
        greetings: own.u64_counter("app.greetings").build(),
        registry,
        gpus, // GPU 3: keep the meter for as long as its series are wanted.
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if flags.once {
        let sampled = service.gpus.sample_now();
        let text = runtime.block_on(async {
            greet(State(Arc::clone(&service))).await;
            metrics(State(service)).await
        });
        let text = text.map_err(|code| code.to_string())?;
        std::io::stdout().write_all(text.as_bytes())?;
        return sampled.map_err(|failure| explain(&failure));
    }
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    ctrlc::set_handler(move || stop.notify_one())?;
    let routes = Router::new()
        .route("/", get(greet))
        .route("/metrics", get(metrics))
        .route("/readyz", get(readyz))
        .with_state(service);
    runtime.block_on(async {
        let listener = TcpListener::bind(flags.listen).await;
        let listener = listener.map_err(|error| format!("--listen {}: {error}", flags.listen))?;
        tracing::info!("serving http://{}/", listener.local_addr()?);
        axum::serve(listener, routes)
            .with_graceful_shutdown(async move { stopped.notified().await })
            .await?;
        tracing::info!("stopping: received SIGINT or SIGTERM");
        Ok(())
    })
}

/// The resource attribute that marks simulated values.
const SIMULATED: &str = "dcgm.simulated";

/// Applies the flags; the `DCGM_OTEL_…` variables set what no flag sets.
fn gpu_meter(flags: &Flags) -> DcgmMeterBuilder {
    let mut config = Config::default();
    if let Some(endpoint) = &flags.endpoint {
        config = config.with_endpoint(endpoint.clone());
    }
    if flags.embedded {
        config = config.with_mode(Mode::Embedded);
    }
    if let Some(interval) = flags.interval {
        config = config.with_interval(interval);
    }
    let builder = DcgmMeter::builder().with_config(config);
    match &flags.simulate {
        Some(mock) => builder.with_client(mock.clone()),
        None => builder,
    }
}

fn explain(failure: &SampleError) -> Box<dyn Error> {
    match &failure.hint {
        Some(hint) if !failure.message.contains(hint.as_str()) => {
            format!("{} ({hint})", failure.message).into()
        }
        _ => failure.message.clone().into(),
    }
}

fn parse_mock(names: &str) -> Result<Mock, String> {
    Mock::named(names).map_err(|_unknown| format!("no such simulated host\n{}", hosts()))
}

fn hosts() -> String {
    let (hosts, scenarios) = (Host::NAMES.join(", "), Scenario::NAMES.join(", "));
    format!(
        "Simulated hosts: {hosts}, and <N>xh100 or <N>xl4 with 1 to 32 GPUs\n\
         Scenarios:       {scenarios}\n\n\
         The DCGM_OTEL_* variables set what no flag sets; RUST_LOG sets what is logged to stderr."
    )
}

/// Parses a duration by the rules of the meter's variable.
fn parse_interval(text: &str) -> Result<Duration, ConfigErrors> {
    let config = Config::default().with_env([("DCGM_OTEL_INTERVAL", text)])?;
    Ok(config.interval())
}
