//! An exporter: GPU metrics for Prometheus, in the place of dcgm-exporter.
//!
//! Serves `/metrics`, `/healthz` (the process lives) and `/readyz` (there are fresh values, else
//! why not). Its names are those of OpenTelemetry's conventions, or with `--naming dcgm-exporter`
//! those that dcgm-exporter's dashboards and alerts look for. The `DCGM_OTEL_…` variables say what
//! no flag says. A host is simulated only if asked for, and then every series says so.

use std::future::ready;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use dcgm_examples::{
    Args, Outcome, SIMULATED, begin, complain, explained, finish, heading, meter, resource, say,
    status,
};
use dcgm_otel::{DcgmMeter, Naming};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::{Method, Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry_prometheus::ResourceSelector;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

const HELP: &str = "\
prometheus: GPU metrics on /metrics, with /healthz and /readyz

  --listen ADDRESS              where to serve [127.0.0.1:9400]
  --naming semconv|dcgm-exporter
                                how metrics are called [semconv]
";
/// What is served.
const PATHS: [&str; 3] = ["/metrics", "/healthz", "/readyz"];
/// How many clients are served at a time. More wait until one has gone.
const CLIENTS: usize = 64;
/// How long a client may take, from connecting to having read the answer.
const PATIENCE: Duration = Duration::from_secs(10);

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
                naming = Some(flag.value(|text| text.parse().map_err(|_error| accepted))?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    });
    args.map_or_else(|code| code, |args| finish(run(args, listen, naming)))
}

fn run(mut args: Args, listen: SocketAddr, naming: Option<Naming>) -> Outcome {
    if let Some(naming) = naming {
        args.config = args.config.with_naming(naming);
    }
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        // A scope's version would begin new series with every release.
        .scope_info_enabled(false)
        .without_target_info()
        .with_resource_selector(ResourceSelector::KeyAllowList([SIMULATED.into()].into()));
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(&args))
        .with_reader(exporter.build()?)
        // The exporter says the unit in the name, also where the name says it.
        .with_view(|instrument: &Instrument| {
            let said = instrument.unit() == "1" && instrument.name().ends_with("ratio");
            said.then(|| Stream::builder().with_unit("").build().ok())?
        })
        .build();
    let meter = meter(&args, args.config.clone()).install(&provider)?;
    let pages = Pages { registry, meter };
    if args.once {
        let outcome = pages.meter.sample_now();
        let printed = say(&pages.metrics()?);
        outcome.map_err(|failure| explained(&failure))?;
        return Ok(printed);
    }
    let told = Arc::new(Notify::new());
    let tell = Arc::clone(&told);
    ctrlc::set_handler(move || tell.notify_one())?;
    // One thread: a page is made from what has been sampled, and waits for nothing.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| format!("--listen {listen}: {error}"))?;
        let address = listener.local_addr()?;
        complain(&format!("serving http://{address}/metrics"));
        tokio::spawn(serve(listener, Arc::new(pages)));
        told.notified().await;
        Ok(ExitCode::SUCCESS)
    })
}

async fn serve(listener: TcpListener, pages: Arc<Pages>) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((client, _)) = listener.accept().await else {
            // Too many open files, perhaps: until some are closed, that would be all it says.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let pages = Arc::clone(&pages);
        tokio::spawn(async move {
            let answer = service_fn(|request| ready(pages.answer(&request)));
            let serving = http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(client), answer);
            // A client that is too slow, or gone, is no concern of the others.
            let _ = timeout(PATIENCE, serving).await;
            drop(place);
        });
    }
}

/// What makes it.
#[derive(Debug)]
struct Pages {
    registry: Registry,
    meter: DcgmMeter,
}

impl Pages {
    fn answer(&self, request: &Request<Incoming>) -> Result<Response<String>, hyper::http::Error> {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let health = self.meter.health();
        let (code, text) = match request.uri().path() {
            path if !PATHS.contains(&path) => (404, "no such page\n".to_owned()),
            _ if !reads => (405, "GET only\n".to_owned()),
            "/metrics" => match self.metrics() {
                Ok(text) => (200, text),
                Err(error) => (500, format!("{error}\n")),
            },
            "/readyz" if !health.is_ready() => (503, status(&health) + "\n"),
            _ => (200, status(&health) + "\n"),
        };
        Response::builder()
            .status(code)
            .header(CONTENT_TYPE, TEXT_FORMAT)
            .header(ALLOW, "GET, HEAD")
            .body(text)
    }

    fn metrics(&self) -> Result<String, prometheus::Error> {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather())?;
        Ok(format!("# {}\n{text}", heading(&self.meter.health())))
    }
}
