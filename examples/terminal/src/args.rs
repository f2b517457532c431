//! Command line arguments and `DCGM_OTEL_*` variables.

use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

use clap::Parser;
use dcgm::Endpoint;
use dcgm::mock::{Host, Model, Scenario};
use dcgm_otel::{Config, ConfigErrors, Mode};

const ENDPOINT_VARIABLE: &str = "DCGM_OTEL_ENDPOINT";
const INTERVAL_VARIABLE: &str = "DCGM_OTEL_INTERVAL";
const MODE_VARIABLE: &str = "DCGM_OTEL_MODE";

const ENDPOINT_HELP: &str = "Host engine: host:port or unix:///absolute/path [env: DCGM_OTEL_ENDPOINT] [default: localhost:5555]";
const EMBEDDED_HELP: &str = "Run an engine in this process [env: DCGM_OTEL_MODE=embedded]";
const INTERVAL_HELP: &str =
    "Time between two reads, such as 1s, 90s or 2m [env: DCGM_OTEL_INTERVAL] [default: 1s]";

/// Time between two reads unless set otherwise. A meter's default is too slow for a live view.
const DEFAULT_INTERVAL: &str = "1s";

/// Maximum of columns and of rows of a printed image.
const MAX_CELLS: u16 = 1000;

/// Shows this host's GPUs live in the terminal.
#[derive(Clone, Debug, Parser)]
#[command(name = "top", after_help = simulation_help())]
#[non_exhaustive]
pub struct Args {
    /// Where the values come from.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Print one image as text and exit
    #[arg(long)]
    pub once: bool,
    /// Size of the image that --once prints
    #[arg(long, value_name = "WIDTHxHEIGHT", default_value = "120x40")]
    pub size: ImageSize,
}

/// Arguments that select where the values come from.
#[derive(Clone, Debug, clap::Args)]
#[non_exhaustive]
pub struct ConnectionArgs {
    /// Endpoint of a host engine
    #[arg(long, help = ENDPOINT_HELP, conflicts_with_all = ["embedded", "simulate"])]
    pub endpoint: Option<Endpoint>,
    /// Run an engine in this process
    #[arg(long, help = EMBEDDED_HELP, conflicts_with = "simulate")]
    pub embedded: bool,
    /// Show a simulated host [default: 8xh100]
    #[arg(
        long,
        value_name = "HOST[,SCENARIO]",
        num_args = 0..=1,
        default_missing_value = DEFAULT_HOST,
        value_parser = parse_model,
        conflicts_with = "live",
    )]
    pub simulate: Option<Model>,
    /// Fail if no engine responds, instead of showing a simulated host
    #[arg(long)]
    pub live: bool,
    /// Time between two reads
    #[arg(long, help = INTERVAL_HELP, value_name = "DURATION", value_parser = parse_interval)]
    pub interval: Option<Duration>,
}

/// Simulated host that is shown if no other is named.
pub(crate) const DEFAULT_HOST: &str = "8xh100";

/// Columns and rows of a printed image.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ImageSize {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl FromStr for ImageSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cells = |text: &str| {
            let number = text.parse().ok();
            number.filter(|number| (1..=MAX_CELLS).contains(number))
        };
        let size = text
            .split_once('x')
            .and_then(|(width, height)| cells(width).zip(cells(height)));
        size.map(|(width, height)| Self { width, height })
            .ok_or_else(|| {
                format!("expected two numbers from 1 to {MAX_CELLS}, such as 120x40, got {text:?}")
            })
    }
}

impl ConnectionArgs {
    /// Returns the mode and the interval. Arguments take precedence over the environment.
    ///
    /// # Errors
    ///
    /// All invalid variables.
    pub fn config(
        &self,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Config, ConfigErrors> {
        let mut config = Config::default();
        if let Some(endpoint) = &self.endpoint {
            config = config.with_endpoint(endpoint.clone());
        }
        if self.embedded {
            config = config.with_mode(Mode::Embedded);
        }
        if let Some(interval) = self.interval {
            config = config.with_interval(interval);
        }
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let interval = value(INTERVAL_VARIABLE).unwrap_or_else(|| DEFAULT_INTERVAL.into());
        let engine = [ENDPOINT_VARIABLE, MODE_VARIABLE]
            .into_iter()
            .filter(|_| self.simulate.is_none())
            .filter_map(|name| Some((name, value(name)?)));
        config.with_env(engine.chain([(INTERVAL_VARIABLE, interval)]))
    }
}

fn simulation_help() -> String {
    format!(
        "Simulated hosts: {}, also <n>xh100 and <n>xl4\nScenarios: {}",
        Host::NAMES.join(", "),
        Scenario::NAMES.join(", ")
    )
}

fn parse_model(names: &str) -> Result<Model, String> {
    names
        .parse()
        .map_err(|_unknown| format!("unknown host or scenario\n{}", simulation_help()))
}

/// Parses a duration by the meter's rules, so that a text means the same here as in
/// `DCGM_OTEL_INTERVAL`.
fn parse_interval(text: &str) -> Result<Duration, String> {
    // An empty variable counts as not set; an empty argument is an error.
    let text = if text.is_empty() { "\"\"" } else { text };
    let config = Config::default().with_env([(INTERVAL_VARIABLE, text)]);
    config.map(|config| config.interval()).map_err(|errors| {
        let expected = errors.into_iter().map(|error| error.expected);
        format!("expected {}", expected.collect::<Vec<_>>().join("; "))
    })
}

#[cfg(test)]
mod tests;
