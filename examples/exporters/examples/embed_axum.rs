//! A web service that has metrics of its own, and what it takes to add those of the GPUs: three
//! lines, marked `GPU`.
//!
//! It greets at `/`, serves its metrics at `/metrics`, and at `/readyz` says whether it can work:
//! a service that needs GPUs may make that depend on them. A host is simulated only if asked for,
//! and then every series says so.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use dcgm_examples::{
    Args, Outcome, SIMULATED, begin, complain, explained, finish, meter, resource, say, status,
};
use dcgm_otel::DcgmMeter; // GPU 1: the crate.
use opentelemetry::metrics::{Counter, MeterProvider as _};
use opentelemetry_prometheus::ResourceSelector;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use tokio::net::TcpListener;
use tokio::sync::Notify;

const HELP: &str = "\
embed_axum: a web service with metrics of its own, and those of the GPUs

  --listen ADDRESS              where to serve [127.0.0.1:8080]
";

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
    text.ok().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn ready(State(service): State<Arc<Service>>) -> (StatusCode, String) {
    let health = service.gpus.health();
    let code = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, status(&health) + "\n")
}

fn main() -> ExitCode {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let args = begin(HELP, |flag| {
        let known = flag.name() == "listen";
        if known {
            let accepted = "an address and a port, as in 127.0.0.1:8080";
            listen = flag.value(|text| text.parse().ok().ok_or(accepted))?;
        }
        Ok(known)
    });
    args.map_or_else(|code| code, |args| finish(run(&args, listen)))
}

fn run(args: &Args, listen: SocketAddr) -> Outcome {
    // What a service with OpenTelemetry has anyway.
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        // On each series, if its values are made up.
        .with_resource_selector(ResourceSelector::KeyAllowList([SIMULATED.into()].into()));
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(args))
        .with_reader(exporter.build()?)
        .build();
    let own = provider.meter("embed_axum");

    // GPU 2: a program without these flags says `DcgmMeter::install(&provider)?`.
    let gpus = meter(args, args.config.clone()).install(&provider)?;

    let service = Arc::new(Service {
        greetings: own.u64_counter("app.greetings").build(),
        registry,
        gpus, // GPU 3: it is kept as long as its series are to be there.
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if args.once {
        let sampled = service.gpus.sample_now();
        let text = runtime.block_on(async {
            greet(State(Arc::clone(&service))).await;
            metrics(State(service)).await
        });
        let printed = say(&text.map_err(|code| code.to_string())?);
        sampled.map_err(|failure| explained(&failure))?;
        return Ok(printed);
    }
    let told = Arc::new(Notify::new());
    let tell = Arc::clone(&told);
    ctrlc::set_handler(move || tell.notify_one())?;
    let routes = Router::new()
        .route("/", get(greet))
        .route("/metrics", get(metrics))
        .route("/readyz", get(ready))
        .with_state(service);
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| format!("--listen {listen}: {error}"))?;
        complain(&format!("serving http://{}/", listener.local_addr()?));
        axum::serve(listener, routes)
            .with_graceful_shutdown(async move { told.notified().await })
            .await?;
        Ok(ExitCode::SUCCESS)
    })
}
