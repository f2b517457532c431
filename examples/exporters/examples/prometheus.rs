//! A Prometheus exporter of GPU metrics, in place of dcgm-exporter.
//!
//! Serves `/metrics`, `/healthz` (the process lives) and `/readyz` (there are fresh values; else it
//! says why not). Metric names are those of OpenTelemetry's conventions; with `--naming
//! dcgm-exporter` they are those that dcgm-exporter's dashboards and alerts use. Simulates a host
//! only if asked to, and then marks every series. The meter writes the page itself, in OpenMetrics for
//! a scraper that prefers it.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use dcgm::mock::Mock;
use dcgm_examples::{
    Args, Report, SIMULATED, explained, heading, init_logging, parse_address, parse_flags,
    require_engine, resource, run_if_worker, say, status,
};
use dcgm_otel::{DcgmMeter, Naming, PageFormat};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use hyper::{Method, Request, Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use opentelemetry::{Key, KeyValue};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};
use tracing::{debug, info, warn};

/// GPU metrics on /metrics, with /healthz and /readyz
#[derive(Parser)]
#[command(name = "prometheus")]
struct Flags {
    #[command(flatten)]
    shared: Args,
    /// Serve on this address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9400", value_parser = parse_address)]
    listen: SocketAddr,
    /// Name metrics by OpenTelemetry's conventions or as dcgm-exporter does [default: semconv]
    #[arg(long, value_parser = ["semconv", "dcgm-exporter"], hide_possible_values = true)]
    naming: Option<String>,
}

const PATHS: [&str; 4] = ["/", "/metrics", "/healthz", "/readyz"];
const INDEX: &str = "<!doctype html>\n<title>GPU metrics</title>\n<p><a href=\"/metrics\">/metrics</a>, \
    <a href=\"/healthz\">/healthz</a>, <a href=\"/readyz\">/readyz</a></p>\n";
/// More clients than these wait until one has gone.
const MAX_CLIENTS: usize = 64;
/// Limits the time from connecting to having read the response.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

fn main() -> Result<(), Report> {
    // In the worker process of `--isolated`, it does not return.
    run_if_worker();
    let flags: Flags = parse_flags();
    let args = flags.shared;
    init_logging(!args.once)?;
    let mut config = args.overrides();
    if let Some(naming) = flags
        .naming
        .as_deref()
        .and_then(|name| name.parse::<Naming>().ok())
    {
        config = config.with_naming(naming);
    }
    let mut builder = DcgmMeter::builder().with_config(config);
    if let Some(model) = &args.simulate {
        builder = builder.with_client(Mock::new(model.clone()));
    }
    // The variables of the resource can mark the series, too.
    let mark = resource(&args).get(&Key::from_static_str(SIMULATED));
    let mark = mark.map(|value| KeyValue::new(SIMULATED, value));
    let meter = builder.with_prometheus_labels(mark).start()?;
    if args.live {
        require_engine(&meter)?;
    }

    let pages = Pages { meter };
    if args.once {
        let sampled = pages.meter.sample_now();
        // The reader may not take all of it.
        let _ = say(&pages.metrics(PageFormat::Text));
        return sampled.map_err(|failure| explained(&failure).into());
    }
    let stop = Arc::new(Notify::new());
    let stopped = Arc::clone(&stop);
    ctrlc::set_handler(move || stop.notify_one())?;
    // One thread is enough: a page shows what was sampled before, and waits for nothing.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(flags.listen).await;
        let listener = listener.map_err(|error| format!("--listen {}: {error}", flags.listen))?;
        let address = listener.local_addr()?;
        let interval = pages.meter.config().interval();
        info!("serving http://{address}/metrics; sampling every {interval:?}");
        tokio::spawn(serve(listener, Arc::new(pages)));
        stopped.notified().await;
        info!("stopping: received SIGINT or SIGTERM");
        Ok(())
    })
}

async fn serve(listener: TcpListener, pages: Arc<Pages>) {
    let permits = Arc::new(Semaphore::new(MAX_CLIENTS));
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        let client = match listener.accept().await {
            Ok((client, _)) => client,
            Err(error) => {
                // Too many open files, perhaps: without a pause this would loop until one is closed.
                warn!("a client could not be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let pages = Arc::clone(&pages);
        tokio::spawn(async move {
            let respond = service_fn(|request| ready(pages.respond(&request)));
            let serving = http1::Builder::new()
                .keep_alive(false)
                .serve_connection(TokioIo::new(client), respond);
            // A client that is slow or gone does not concern the others.
            match timeout(CLIENT_TIMEOUT, serving).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => debug!("a client failed: {error}"),
                Err(_) => debug!("a client took longer than {CLIENT_TIMEOUT:?}"),
            }
            drop(permit);
        });
    }
}

/// The pages, and what they show.
#[derive(Debug)]
struct Pages {
    meter: DcgmMeter,
}

impl Pages {
    fn respond(&self, request: &Request<Incoming>) -> Result<Response<String>, hyper::http::Error> {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let health = self.meter.health();
        let mut kind = PageFormat::Text.content_type();
        let (code, text) = match request.uri().path() {
            path if !PATHS.contains(&path) => (404, "no such page\n".to_owned()),
            _ if !reads => (405, "GET only\n".to_owned()),
            "/" => {
                kind = "text/html; charset=utf-8";
                (200, INDEX.to_owned())
            }
            "/metrics" => {
                let format = preferred_format(request);
                kind = format.content_type();
                (200, self.metrics(format))
            }
            "/readyz" if !health.is_ready() => (503, status(&health) + "\n"),
            _ => (200, status(&health) + "\n"),
        };
        Response::builder()
            .status(code)
            .header(CONTENT_TYPE, kind)
            .header(ALLOW, "GET, HEAD")
            .body(text)
    }

    fn metrics(&self, format: PageFormat) -> String {
        let mut page = String::new();
        if format == PageFormat::OpenMetrics {
            // The format has no comments, so the heading is left out.
            self.meter.openmetrics_text(&mut page);
        } else {
            self.meter.prometheus_text(&mut page);
            page.insert_str(0, &format!("# {}\n", heading(&self.meter.health())));
        }
        page
    }
}

/// Prometheus asks for OpenMetrics, and a person with a browser or curl does not.
fn preferred_format(request: &Request<Incoming>) -> PageFormat {
    let accepted = request.headers().get_all(ACCEPT).iter();
    let accepted: Vec<_> = accepted.filter_map(|value| value.to_str().ok()).collect();
    PageFormat::negotiate(&accepted.join(","))
}
