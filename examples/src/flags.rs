//! The flags that the examples share.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use dcgm::Endpoint;
use dcgm::mock::{Host, Model, Scenario};
use dcgm_otel::{Config, ConfigErrors, Isolation, Mode};

const ENDPOINT_HELP: &str =
    "Read from the host engine at host:port or unix:///absolute/path [default: localhost:5555]";
const INTERVAL_VARIABLE: &str = "DCGM_OTEL_INTERVAL";

/// The shared flags; an example flattens them into its own.
#[derive(clap::Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
#[non_exhaustive]
pub struct Args {
    /// The host engine to read from.
    #[arg(long, help = ENDPOINT_HELP, value_name = "ENDPOINT", conflicts_with_all = ["embedded", "simulate"])]
    pub endpoint: Option<Endpoint>,
    /// Run an engine in this process
    #[arg(long, conflicts_with = "simulate")]
    pub embedded: bool,
    /// Load libdcgm into a worker process, whose crash does not end this one
    #[arg(long, conflicts_with = "simulate")]
    pub isolated: bool,
    /// Show a simulated host (see below) [8xh100 if no HOST is given]
    #[arg(long, value_name = "HOST[,SCENARIO]", num_args = 0..=1,
          default_missing_value = Self::SIMULATED_HOST, value_parser = parse_model)]
    pub simulate: Option<Model>,
    /// Accept a real engine only, and fail if there is none
    #[arg(long, conflicts_with = "simulate")]
    pub live: bool,
    /// Sample this often, as in 1s, 90s or 2m [default: 1s to watch, 15s to serve or to send]
    #[arg(long, value_name = "DURATION", value_parser = parse_interval)]
    pub interval: Option<Duration>,
    /// Print the values once, and exit (the default of quickstart)
    #[arg(long)]
    pub once: bool,
}

impl Args {
    /// The host that is simulated unless another one is named.
    pub const SIMULATED_HOST: &'static str = "8xh100";

    /// Returns what the flags set. The other settings are left to the environment.
    #[must_use]
    pub fn overrides(&self) -> Config {
        let mut config = Config::default();
        if let Some(endpoint) = &self.endpoint {
            config = config.with_endpoint(endpoint.clone());
        }
        if self.embedded {
            config = config.with_mode(Mode::Embedded);
        }
        if self.isolated {
            config = config.with_isolation(Isolation::This);
        }
        if let Some(interval) = self.interval {
            config = config.with_interval(interval);
        }
        config
    }

    /// Returns the settings of a program that a person watches: from the flags, else from the
    /// `DCGM_OTEL_…` variables, else the defaults, but an interval of 1 s.
    ///
    /// # Errors
    ///
    /// A variable is invalid.
    pub fn config(&self) -> Result<Config, ConfigErrors> {
        let by_default = (OsString::from(INTERVAL_VARIABLE), OsString::from("1s"));
        let set = std::env::vars_os().filter(|(_, text)| !text.is_empty());
        // The last of two texts of a variable counts.
        self.overrides()
            .with_env(std::iter::once(by_default).chain(set))
    }
}

/// Runs the worker of `--isolated`, if this process was started as one: the first line of `main`.
pub fn run_if_worker() {
    #[cfg(target_os = "linux")]
    dcgm::isolated::run_if_worker();
}

/// Reads the flags of this process. Exits with code 0 after `--help`, and with code 2 if a flag is
/// wrong.
#[must_use]
pub fn parse_flags<T: Parser>() -> T {
    parse_flags_from(std::env::args_os())
}

/// Reads the flags of a command line like [`parse_flags`].
#[must_use]
pub fn parse_flags_from<T: Parser>(arguments: impl IntoIterator<Item = OsString>) -> T {
    let matches = with_hosts::<T>().get_matches_from(arguments);
    T::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn with_hosts<T: CommandFactory>() -> clap::Command {
    T::command().max_term_width(80).after_help(format!(
        "Simulated hosts: {}, and <N>xh100 or <N>xl4 with 1 to 32 GPUs\n\
         Scenarios:       {}\n\n\
         The DCGM_OTEL_* variables set what no flag sets; RUST_LOG sets what is logged to stderr.",
        Host::NAMES.join(", "),
        Scenario::NAMES.join(", ")
    ))
}

/// Parses the address that a server listens on.
///
/// # Errors
///
/// `text` is not an address and a port.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let expected = "expected an address and a port, as in 127.0.0.1:9400 or [::]:9400";
    text.parse().ok().ok_or_else(|| expected.to_owned())
}

fn parse_model(names: &str) -> Result<Model, String> {
    let (host, scenario) = names.split_once(',').unwrap_or((names, "steady"));
    if host.trim().parse::<Host>().is_err() {
        return Err(format!(
            "no simulated host {host:?}; expected one of {}, or <N>xh100 or <N>xl4 with 1 to 32 GPUs",
            Host::NAMES.join(", ")
        ));
    }
    names.parse().map_err(|_unknown| {
        format!(
            "no scenario {scenario:?}; expected one of {}",
            Scenario::NAMES.join(", ")
        )
    })
}

/// Parses a duration by the rules of the meter's own variable, so that both accept the same texts.
fn parse_interval(text: &str) -> Result<Duration, String> {
    // An empty variable counts as not set, an empty flag is wrong.
    let given = if text.is_empty() { "\"\"" } else { text };
    let config = Config::default().with_env([(INTERVAL_VARIABLE, given)]);
    let expected = |errors: ConfigErrors| {
        let expected: Vec<_> = errors.into_iter().map(|error| error.expected).collect();
        format!("expected {}", expected.join("; "))
    };
    Ok(config.map_err(expected)?.interval())
}

#[cfg(test)]
mod tests;
