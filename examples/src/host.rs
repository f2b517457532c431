//! Finds the host engine that the flags name, or a simulated host in its place.

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use dcgm::mock::{Mock, Model};
use dcgm::{BuildInfo, Client, EmbeddedMode, Engine, EngineOptions};
use dcgm_otel::{Config, DcgmMeter, ErrorKind, Health, Isolation, MeterState, Mode, SampleError};
use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::export::LastExport;
use crate::flags::Args;

/// A connected client, and the settings that it was found with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Host {
    /// The client: of an engine, or a mock.
    pub client: Arc<dyn Client>,
    /// The settings, from the flags and the environment.
    pub config: Config,
    /// Why a mock stands in for the engine that was asked for; `None` if none does.
    pub instead: Option<String>,
}

impl Host {
    /// Connects to the engine that the flags or the `DCGM_OTEL_…` variables name. Where none
    /// answers, logs why and returns a simulated host, unless `--live` forbids that.
    ///
    /// # Errors
    ///
    /// A variable is invalid; no engine answers and `--live` was given; or an engine answers that
    /// this library cannot be used with.
    pub fn find(args: &Args) -> Result<Self, Box<dyn Error>> {
        let config = args.config()?;
        if let Some(model) = &args.simulate {
            return Ok(Self::simulated(model.clone(), config, None));
        }
        let options = match config.mode() {
            Mode::Standalone { endpoint } => EngineOptions::standalone(endpoint),
            _ => EngineOptions::embedded(EmbeddedMode::Auto),
        };
        // The default deadlines: a person can wait for 5 s, and `inspect` reads everything at once.
        let client = new_client(options, config.isolation());
        let error = match client.connect() {
            Ok(()) => {
                return Ok(Self {
                    client,
                    config,
                    instead: None,
                });
            }
            Err(error) => error,
        };
        // A mock must not hide an engine that answers.
        let model = Args::SIMULATED_HOST.parse::<Model>().ok();
        match model.filter(|_| !args.live && !error.is_version_mismatch()) {
            Some(model) => {
                let why = with_hint(&error.to_string(), error.hint());
                tracing::warn!("{why}; showing a SIMULATED host instead");
                Ok(Self::simulated(model, config, Some(why)))
            }
            None => Err(with_hint(&error.to_string(), error.hint()).into()),
        }
    }

    fn simulated(model: Model, config: Config, instead: Option<String>) -> Self {
        let mock = Mock::new(model);
        // Like an engine that was found. In a scenario where it is down, the next call says so.
        let _ = mock.connect();
        Self {
            client: Arc::new(mock),
            config,
            instead,
        }
    }
}

fn new_client(options: EngineOptions, isolation: &Isolation) -> Arc<dyn Client> {
    #[cfg(target_os = "linux")]
    {
        use dcgm::isolated::{IsolatedEngine, WorkerProgram};
        match isolation {
            Isolation::This => return Arc::new(IsolatedEngine::new(options, WorkerProgram::This)),
            Isolation::Worker(path) => {
                let worker = WorkerProgram::Path(path.clone());
                return Arc::new(IsolatedEngine::new(options, worker));
            }
            _ => {}
        }
    }
    let _ = isolation;
    Arc::new(Engine::new(options))
}

/// The resource attribute that marks simulated values.
pub const SIMULATED: &str = "dcgm.simulated";

/// Returns an exporter's resource: the standard variables, and a mark if the values are simulated.
#[must_use]
pub fn resource(args: &Args) -> Resource {
    let mark = args
        .simulate
        .is_some()
        .then(|| KeyValue::new(SIMULATED, true));
    Resource::builder().with_attributes(mark).build()
}

/// Samples once; fails unless an engine answers. One without GPUs is an engine too.
///
/// # Errors
///
/// Why there is none, and what can be done about it.
pub fn require_engine(meter: &DcgmMeter) -> Result<(), Box<dyn Error>> {
    match meter.sample_now() {
        Err(failure) if failure.kind != ErrorKind::Enumerate => Err(explained(&failure).into()),
        _ => Ok(()),
    }
}

/// Samples and exports until `export` has profiling metrics.
///
/// An engine has no profiling value before its second sample, so this waits for it, but for three
/// intervals at most: not every GPU can be profiled.
///
/// # Errors
///
/// Why there are no values at all. An engine without GPUs is no error.
pub fn sample_with_profiling(
    meter: &DcgmMeter,
    provider: &SdkMeterProvider,
    export: &LastExport,
) -> Result<(), SampleError> {
    const PROFILING: &str = "hw.gpu.sm.utilization";
    let interval = meter.config().interval();
    for wait in 0..=3 {
        let sampled = meter.sample_now();
        // This exporter cannot fail.
        let _ = provider.force_flush();
        match sampled {
            Err(failure) if failure.kind == ErrorKind::Enumerate => break,
            other => other?,
        }
        if wait == 3 || export.rows().iter().any(|row| row.metric == PROFILING) {
            break;
        }
        if wait == 0 && interval > Duration::from_secs(3) {
            tracing::warn!("profiling metrics take a second sample: waiting {interval:?} for it");
        }
        thread::sleep(interval);
    }
    Ok(())
}

/// Describes the meter's state in one line, with what a person can do about it.
#[must_use]
pub fn status(health: &Health) -> String {
    let Health {
        state,
        entities,
        series,
        ..
    } = health;
    match (&health.reason, state) {
        (Some(failure), _) => format!("{state}: {}", explained(failure)),
        (None, MeterState::Ready) => {
            let noun = if *entities == 1 { "entity" } else { "entities" };
            format!("{state}: {entities} {noun}, {series} series")
        }
        (None, _) => format!("{state}: no sample yet"),
    }
}

/// Describes why there are no values, and what a person can do about it.
#[must_use]
pub fn explained(failure: &SampleError) -> String {
    with_hint(&failure.message, failure.hint.clone())
}

/// Returns the line to print above values: where they come from, and whether they are simulated.
#[must_use]
pub fn heading(health: &Health) -> String {
    let Health {
        backend, engine, ..
    } = health;
    let version = engine.as_ref().and_then(BuildInfo::version);
    let version = version.map_or(String::new(), |version| format!(", DCGM {version}"));
    let target = &backend.target;
    if health.is_simulated() {
        format!("SIMULATED: no hardware is behind these values ({target}{version})")
    } else {
        format!("{target}{version}")
    }
}

/// Some messages give their hint themselves.
fn with_hint(message: &str, hint: Option<String>) -> String {
    match hint {
        Some(hint) if !message.contains(&hint) => format!("{message} ({hint})"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
