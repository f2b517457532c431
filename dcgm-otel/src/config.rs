//! What a meter can be told, and what is wrong with it.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use dcgm::{Client, Deadlines, EmbeddedMode, Endpoint, EndpointError, Engine, EngineOptions};

/// What a meter is told.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) source: Source,
    pub(crate) interval: Duration,
    pub(crate) initial_delay: Duration,
}

/// Where the samples come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Client(Arc<dyn Client>),
    Embedded,
    Endpoint(String),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            source: Source::Endpoint(Endpoint::default().to_string()),
            interval: Duration::from_secs(15),
            initial_delay: Duration::from_secs(1),
        }
    }
}

const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_secs(600);

impl Config {
    /// The client to use, or everything that is wrong.
    pub(crate) fn client(&self) -> Result<Arc<dyn Client>, Vec<ConfigError>> {
        let mut errors = Vec::new();
        if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&self.interval) {
            errors.push(ConfigError {
                path: "interval",
                input: Some(format!("{:?}", self.interval)),
                accepted: "1s to 10min".to_owned(),
            });
        }
        let client = match &self.source {
            Source::Client(client) => Some(Arc::clone(client)),
            Source::Embedded => Some(self.engine(EngineOptions::embedded(EmbeddedMode::Auto))),
            Source::Endpoint(text) => match text.parse::<Endpoint>() {
                Ok(endpoint) => Some(self.engine(EngineOptions::standalone(endpoint))),
                Err(error) => {
                    // A password is in no message.
                    let secret = error == EndpointError::UserInfo;
                    errors.push(ConfigError {
                        path: "endpoint",
                        input: (!secret).then(|| text.clone()),
                        accepted: error.to_string(),
                    });
                    None
                }
            },
        };
        match client {
            Some(client) if errors.is_empty() => Ok(client),
            _ => Err(errors),
        }
    }

    fn engine(&self, options: EngineOptions) -> Arc<dyn Client> {
        Arc::new(Engine::new(
            options.with_deadlines(Deadlines::for_interval(self.interval)),
        ))
    }
}

/// A setting that cannot be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub struct ConfigError {
    /// Which setting.
    pub path: &'static str,
    /// What it was; `None` if that might be a secret.
    pub input: Option<String>,
    /// What it can be, or what is wrong with it.
    pub accepted: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.input {
            Some(input) => write!(f, "{} {input:?}: {}", self.path, self.accepted),
            None => write!(f, "{}: {}", self.path, self.accepted),
        }
    }
}

/// Why a meter was not installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A meter lives on this provider already. Drop it first.
    #[error("a meter is installed on this provider already")]
    AlreadyInstalled,
    /// Settings that cannot be: all of them.
    #[error("{}", listed(.0))]
    Config(Vec<ConfigError>),
    /// The system gave no thread.
    #[error("no thread could be started")]
    Thread(#[source] std::io::Error),
}

fn listed(errors: &[ConfigError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
