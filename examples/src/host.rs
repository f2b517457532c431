//! Where the values come from: an engine if one answers, else, and then it says so, a mock.

use std::sync::Arc;

use dcgm::mock::{Mock, Model};
use dcgm::{BuildInfo, Client, Deadlines, EmbeddedMode, Engine, EngineOptions, Error};
use dcgm_otel::{Config, DcgmMeter, DcgmMeterBuilder, Health, MeterState, SampleError};
use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;

use crate::args::{Args, Wanted};

/// What is shown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Host {
    /// Who answers: connected.
    pub client: Arc<dyn Client>,
    /// Why it is not what was asked for, if it is not.
    pub instead: Option<String>,
}

/// Why there is nothing to show.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unavailable {
    /// What failed.
    pub error: Error,
}

impl core::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&in_words(&self.error))
    }
}

impl std::error::Error for Unavailable {}

impl Host {
    /// Finds what the flags ask for, or the simulated host in its place.
    ///
    /// # Errors
    ///
    /// No engine answers and nothing may be simulated; or one answers, and cannot be used.
    pub fn find(args: &Args) -> Result<Self, Unavailable> {
        let options = match &args.wanted {
            Wanted::Simulated(model) => return Ok(Self::simulated(model.clone(), None)),
            Wanted::Embedded => EngineOptions::embedded(EmbeddedMode::Auto),
            Wanted::Endpoint(endpoint) => EngineOptions::standalone(endpoint.clone()),
            Wanted::Help => EngineOptions::default(),
        };
        let deadlines = Deadlines::for_interval(args.interval);
        let engine = Engine::new(options.with_deadlines(deadlines));
        match engine.connect() {
            Ok(()) => Ok(Self {
                client: Arc::new(engine),
                instead: None,
            }),
            // An engine that answers is not to be hidden behind a mock.
            Err(error) if args.live || error.is_version_mismatch() => Err(Unavailable { error }),
            Err(error) => match Args::SIMULATED.parse::<Model>() {
                Ok(model) => Ok(Self::simulated(model, Some(in_words(&error)))),
                Err(_) => Err(Unavailable { error }),
            },
        }
    }

    fn simulated(model: Model, instead: Option<String>) -> Self {
        let mock = Mock::new(model);
        // As an engine is that was found. One that is away in its scenario says so when asked.
        let _ = mock.connect();
        Self {
            client: Arc::new(mock),
            instead,
        }
    }
}

/// A meter for what the flags ask for, and for nothing else: a made-up host in a monitoring system
/// is worse than none. It connects by itself, and tries again until it can.
pub fn meter(args: &Args, config: Config) -> DcgmMeterBuilder {
    let builder = DcgmMeter::builder().with_config(config);
    match &args.wanted {
        Wanted::Simulated(model) => builder.with_client(Mock::new(model.clone())),
        Wanted::Endpoint(_) | Wanted::Embedded | Wanted::Help => builder,
    }
}

/// What an exporter says of the process: the standard variables, and whether its values are made
/// up.
#[must_use]
pub fn resource(args: &Args) -> Resource {
    let simulated = matches!(args.wanted, Wanted::Simulated(_));
    let mark = simulated.then(|| KeyValue::new(SIMULATED, true));
    Resource::builder().with_attributes(mark).build()
}

/// The attribute of a resource whose values are made up.
pub const SIMULATED: &str = "simulated";

/// The state as one line, with what a person can do about it.
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
        (None, MeterState::Ready) => format!("{state}: {entities} entities, {series} series"),
        (None, _) => format!("{state}: no sample yet"),
    }
}

/// Why there are no values, and what a person can do about it.
#[must_use]
pub fn explained(failure: &SampleError) -> String {
    let SampleError { message, hint, .. } = failure;
    match hint {
        Some(hint) if !message.contains(hint.as_str()) => format!("{message} ({hint})"),
        _ => message.clone(),
    }
}

/// The line above whatever is printed: it says so if the values are made up.
#[must_use]
pub fn heading(health: &Health) -> String {
    let Health {
        backend, engine, ..
    } = health;
    let version = engine.as_ref().and_then(BuildInfo::version);
    let version = version.map_or(String::new(), |version| format!(", DCGM {version}"));
    let target = &backend.target;
    if health.is_simulated() {
        format!("SIMULATED: {target}{version}. There is no hardware behind these values.")
    } else {
        format!("{target}{version}")
    }
}

fn in_words(error: &Error) -> String {
    let text = error.to_string();
    match error.hint() {
        // Some errors give their hint themselves.
        Some(hint) if !text.contains(&hint) => format!("{text} ({hint})"),
        _ => text,
    }
}
