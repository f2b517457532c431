//! Opening the source of the values: a host engine, or a simulated host in its place.

use std::sync::Arc;
use std::time::Duration;

use dcgm::mock::{Mock, Model};
use dcgm::{Client, Deadlines, EmbeddedMode, Engine, EngineOptions};
use dcgm_otel::Mode;

use crate::args::{ConnectionArgs, DEFAULT_HOST};
use crate::text::error_with_hint;

/// A connected client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DataSource {
    /// The client.
    pub client: Arc<dyn Client>,
    /// Time between two reads.
    pub interval: Duration,
    /// Reason why a simulated host is shown although an engine was requested.
    pub fallback_reason: Option<String>,
}

/// Connects to the requested engine, or opens a simulated host if none responds and `--live` is not
/// given.
///
/// # Errors
///
/// An invalid variable; no engine responds and `--live` is given; an engine responds that cannot be
/// used.
pub fn open_source(args: &ConnectionArgs) -> Result<DataSource, Box<dyn std::error::Error>> {
    let config = args.config(|name| std::env::var_os(name))?;
    let interval = config.interval();
    let simulated = |model: Model, fallback_reason| {
        let mock = Mock::new(model);
        // An engine that is down in its scenario reports that on the first read.
        let _ = mock.connect();
        DataSource {
            client: Arc::new(mock),
            interval,
            fallback_reason,
        }
    };
    if let Some(model) = &args.simulate {
        return Ok(simulated(model.clone(), None));
    }
    let options = match config.mode() {
        Mode::Standalone { endpoint } => EngineOptions::standalone(endpoint),
        _ => EngineOptions::embedded(EmbeddedMode::Auto),
    };
    let engine = Engine::new(options.with_deadlines(Deadlines::for_interval(interval)));
    match engine.connect() {
        Ok(()) => Ok(DataSource {
            client: Arc::new(engine),
            interval,
            fallback_reason: None,
        }),
        Err(error) => {
            let reason = error_with_hint(&error);
            // A simulated host must not hide an engine that responds.
            let fallback = if args.live || error.is_version_mismatch() {
                None
            } else {
                DEFAULT_HOST.parse::<Model>().ok()
            };
            match fallback {
                Some(model) => Ok(simulated(model, Some(reason))),
                None => Err(reason.into()),
            }
        }
    }
}
