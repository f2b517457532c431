//! An exporter: GPU metrics for Prometheus, in the place of dcgm-exporter.
//!
//! Serves `/metrics`, `/healthz` (the process lives) and `/readyz` (there are fresh values, else
//! why not). Its names are those of OpenTelemetry's conventions, or with `--naming dcgm-exporter`
//! those that dcgm-exporter's dashboards and alerts look for. The `DCGM_OTEL_…` variables say what
//! no flag says. A host is simulated only if asked for, and then every series says so.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use dcgm_examples::{
    Args, SIMULATED, begin, explained, finish, heading, meter, resource, say, status,
};
use dcgm_otel::{DcgmMeter, Naming};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use opentelemetry_prometheus::ResourceSelector;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};

mod serve;

const HELP: &str = "\
prometheus: GPU metrics on /metrics, with /healthz and /readyz

  --listen ADDRESS              where to serve [127.0.0.1:9400]
  --naming semconv|dcgm-exporter
                                how metrics are called [semconv]
";
fn main() -> ExitCode {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 9400));
    let mut naming = None;
    let args = begin(HELP, |flag| {
        match flag.name() {
            "listen" => {
                let accepted = "an address and a port, as in 127.0.0.1:9400 or [::]:9400";
                listen = flag.value(|text| text.parse().ok().ok_or(accepted))?;
            }
            "naming" => {
                let accepted = "semconv or dcgm-exporter";
                naming = Some(flag.value(|text| Naming::by_name(text).ok_or(accepted))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    });
    match args {
        Ok(args) => finish(run(&args, listen, naming)),
        Err(code) => code,
    }
}

fn run(
    args: &Args,
    listen: SocketAddr,
    naming: Option<Naming>,
) -> Result<ExitCode, Box<dyn Error>> {
    let mut config = args.config.clone();
    if let Some(naming) = naming {
        config = config.with_naming(naming);
    }
    let config = config.with_env(|name| std::env::var_os(name))?;

    let registry = Registry::new();
    let mut exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        // A scope's version would begin new series with every release.
        .scope_info_enabled(false)
        .without_target_info()
        .with_resource_selector(ResourceSelector::KeyAllowList([SIMULATED.into()].into()));
    if config.naming() == Naming::DcgmExporter {
        // Its names are complete.
        exporter = exporter.without_units().without_counter_suffixes();
    }
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(args))
        .with_reader(exporter.build()?)
        .build();
    let meter = meter(args, config).install(&provider)?;
    let pages = Pages { registry, meter };
    if args.once {
        let outcome = pages.meter.sample_now();
        let printed = say(&pages.metrics()?);
        return match outcome {
            Ok(()) => Ok(printed),
            Err(failure) => Err(explained(&failure).into()),
        };
    }
    serve::until_told(listen, move |method: &Method, path: &str| {
        pages.answer(method, path)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is served.
#[derive(Debug)]
struct Pages {
    registry: Registry,
    meter: DcgmMeter,
}

impl Pages {
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let (code, text) = match (method, path) {
            (_, path) if !["/metrics", "/healthz", "/readyz"].contains(&path) => {
                (StatusCode::NOT_FOUND, "no such page\n".to_owned())
            }
            (&Method::GET | &Method::HEAD, "/metrics") => match self.metrics() {
                Ok(text) => (StatusCode::OK, text),
                Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
            },
            (&Method::GET | &Method::HEAD, _) => {
                let health = self.meter.health();
                let code = match path {
                    "/readyz" if !health.is_ready() => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::OK,
                };
                (code, status(&health) + "\n")
            }
            _ => (StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned()),
        };
        let mut response = Response::new(Full::from(text));
        *response.status_mut() = code;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
        if code == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }

    fn metrics(&self) -> Result<String, prometheus::Error> {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather())?;
        let health = self.meter.health();
        Ok(if health.is_simulated() {
            format!("# {}\n{text}", heading(&health))
        } else {
            text
        })
    }
}
