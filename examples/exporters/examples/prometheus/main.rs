//! A Prometheus exporter of GPU metrics, in place of dcgm-exporter.
//!
//! Serves `/metrics`, `/healthz` (the process lives) and `/readyz` (there are fresh values; else it
//! says why not). Metric names are those of OpenTelemetry's conventions; with `--naming
//! dcgm-exporter` they are those that dcgm-exporter's dashboards and alerts use. Understands
//! dcgm-exporter's flags and variables. Simulates a host only if asked to, and then marks every series.
//! The meter writes the page itself, in OpenMetrics for a scraper that prefers it.
//!
//! On SIGHUP it reads the files of its flags again; totals go on.

mod exporter_flags;
mod pages;
mod web_config;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use clap::builder::PossibleValue;
use dcgm::mock::Mock;
use dcgm_examples::{
    Args, Report, SIMULATED, explained, init_logging, parse_address, parse_flags_from,
    require_engine, resource, run_if_worker, say,
};
use dcgm_otel::{DcgmMeter, DcgmMeterBuilder, Naming, PageFormat};
use exporter_flags::{ExporterFlags, ignored_line, read_command_line};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use opentelemetry::{Key, KeyValue};
use pages::Pages;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, error, info, warn};
use web_config::WebConfigFile;

/// GPU metrics on /metrics, with /healthz and /readyz
#[derive(Clone, Parser)]
#[command(name = "prometheus")]
struct Flags {
    #[command(flatten)]
    shared: Args,
    /// Serve on this address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9400", value_parser = parse_address)]
    listen: SocketAddr,
    /// Name metrics by OpenTelemetry's conventions or as dcgm-exporter does; dcgm-exporter:4.8 and
    /// dcgm-exporter:4.8.2 are its older names [default: semconv]
    #[arg(long, value_parser = namings(), hide_possible_values = true)]
    naming: Option<String>,
    #[command(flatten)]
    exporter: ExporterFlags,
}

/// The namings, of which messages list the first two.
fn namings() -> Vec<PossibleValue> {
    let names = ["semconv", "dcgm-exporter"].map(PossibleValue::new);
    let older = [
        "dcgm-exporter:4.9",
        "dcgm-exporter:4.8",
        "dcgm-exporter:4.8.2",
    ];
    let older = older.map(|name| PossibleValue::new(name).hide(true));
    names.into_iter().chain(older).collect()
}

/// More clients than these wait until one has gone.
const MAX_CLIENTS: usize = 64;
/// Limits the time from connecting to having read the response.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);
/// Limits the time that a reload waits for the first values.
const RELOAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Limits the time that `--once` waits for pods and jobs.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(2);

fn main() -> Result<(), Report> {
    // In the worker process of `--isolated`, it does not return.
    run_if_worker();
    let variable = |name: &str| std::env::var(name).ok();
    let line = read_command_line(std::env::args_os(), variable)?;
    let flags: Flags = parse_flags_from(line.arguments);
    if flags.exporter.is_debug() && std::env::var_os("RUST_LOG").is_none() {
        init_logging_at("debug")?;
    } else {
        init_logging(!flags.shared.once)?;
    }
    if let Some(line) = ignored_line(&line.ignored) {
        warn!("{line}");
    }
    let meter = flags.builder()?.start()?;
    if flags.shared.live {
        require_engine(&meter)?;
    }
    let web = WebConfigFile::open(flags.exporter.web_config_file.clone())?;
    let pages = Pages::new(meter, web);
    if flags.shared.once {
        let meter = pages.meter_now();
        wait_for_sources(&meter);
        let sampled = meter.sample_now();
        // The reader may not take all of it.
        let _ = say(&pages::metrics(&meter, PageFormat::Text));
        return sampled.map_err(|failure| explained(&failure).into());
    }
    // One thread is enough: a page shows what was sampled before, and waits for nothing.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(flags, Arc::new(pages)))
}

/// Waits until each source of pods and jobs has answered or failed, for a short time.
fn wait_for_sources(meter: &DcgmMeter) {
    let is_pending = || {
        let sources = meter.health().attribution;
        sources
            .iter()
            .any(|source| source.age.is_none() && source.error.is_none())
    };
    let until = Instant::now() + SOURCE_TIMEOUT;
    while is_pending() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
}

async fn run(flags: Flags, pages: Arc<Pages>) -> Result<(), Report> {
    let (flag, address) = match flags.exporter.address {
        Some(address) => ("--address", address),
        None => ("--listen", flags.listen),
    };
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mut reload = signal(SignalKind::hangup())?;
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| format!("{flag} {address}: {error}"))?;
    let address = listener.local_addr()?;
    let interval = pages.meter().await.config().interval();
    let scheme = if pages.web.current().tls.is_some() {
        "https"
    } else {
        "http"
    };
    info!("serving {scheme}://{address}/metrics; sampling every {interval:?}");
    tokio::spawn(serve(listener, Arc::clone(&pages)));
    loop {
        tokio::select! {
            _ = interrupted.recv() => break,
            _ = terminated.recv() => break,
            _ = reload.recv() => {
                let (flags, pages) = (flags.clone(), Arc::clone(&pages));
                // Clients wait meanwhile, and then have the new values.
                let reloaded = tokio::task::spawn_blocking(move || reload_meter(&flags, &pages));
                // A panic has been printed.
                let _ = reloaded.await;
            }
        }
    }
    info!("stopping: received SIGINT or SIGTERM");
    Ok(())
}

/// Reads the files again, and replaces the meter. What is wrong changes nothing.
fn reload_meter(flags: &Flags, pages: &Pages) {
    pages.web.current();
    let replaced = flags.builder().and_then(|builder| {
        let mut meter = pages.meter_to_replace();
        meter.replace(builder)?;
        // Else the page would have the totals only.
        Ok(meter.wait_ready(RELOAD_TIMEOUT))
    });
    match replaced {
        Ok(true) => info!("reloaded: received SIGHUP"),
        Ok(false) => warn!("reloaded: received SIGHUP; there are no values yet"),
        Err(failed) => error!("not reloaded: {failed}"),
    }
}

/// Logs from this level on.
fn init_logging_at(level: &str) -> Result<(), Box<dyn std::error::Error>> {
    let filter = tracing_subscriber::EnvFilter::try_new(level)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Reporting on stderr that stderr is closed would panic.
        .log_internal_errors(false)
        .init();
    Ok(())
}

impl Flags {
    /// Returns what the flags and their files set.
    fn builder(&self) -> Result<DcgmMeterBuilder, Box<dyn std::error::Error>> {
        let naming = self.naming.as_deref();
        let naming = naming.and_then(|name| name.parse::<Naming>().ok());
        let config = self.exporter.apply(self.shared.overrides(), naming)?;
        let mut builder = DcgmMeter::builder().with_config(config);
        builder = self.exporter.add_sources(builder);
        if let Some(hook) = self.exporter.label_hook() {
            builder = builder.with_attribute_hook(move |_, _, labels| hook(labels));
        }
        if let Some(model) = &self.shared.simulate {
            builder = builder.with_client(Mock::new(model.clone()));
        }
        // The variables of the resource can mark the series, too.
        let mark = resource(&self.shared).get(&Key::from_static_str(SIMULATED));
        let mark = mark.map(|value| KeyValue::new(SIMULATED, value));
        Ok(builder.with_prometheus_labels(mark))
    }
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
            // A client that is slow or gone does not concern the others.
            match timeout(CLIENT_TIMEOUT, serve_client(client, pages)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => debug!("a client failed: {error}"),
                Err(_) => debug!("a client took longer than {CLIENT_TIMEOUT:?}"),
            }
            drop(permit);
        });
    }
}

async fn serve_client(
    client: TcpStream,
    pages: Arc<Pages>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let tls = pages.web.current().tls.clone();
    match tls {
        Some(tls) => respond(tls.accept(client).await?, pages).await,
        None => respond(client, pages).await,
    }
}

async fn respond(
    client: impl AsyncRead + AsyncWrite + Unpin,
    pages: Arc<Pages>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let service = service_fn(|request| {
        let pages = Arc::clone(&pages);
        async move { pages.respond(&request).await }
    });
    http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(client), service)
        .await?;
    Ok(())
}
