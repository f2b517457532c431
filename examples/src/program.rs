//! Logging to stderr, printing to stdout, and ending.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

/// The result of a program that chooses its exit code.
pub type Outcome = Result<ExitCode, Box<dyn Error>>;

/// Any error, for `main` to return: then it is printed in one line, with its sources.
pub struct Report(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Report {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// This is what `main` prints, after `Error: `.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_sources(&*self.0))
    }
}

/// Logs to stderr what `RUST_LOG` selects. Without it: warnings, and information too if the program
/// is `long_running`.
///
/// # Errors
///
/// `RUST_LOG` is invalid.
pub fn init_logging(long_running: bool) -> Result<(), Box<dyn Error>> {
    let default = if long_running {
        "info,opentelemetry=warn"
    } else {
        "warn"
    };
    let variable = std::env::var("RUST_LOG").ok();
    let variable = variable.filter(|text| !text.is_empty());
    let filter = EnvFilter::try_new(variable.as_deref().unwrap_or(default))
        .map_err(|error| format!("RUST_LOG: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // Reporting on stderr that stderr is closed would panic.
        .log_internal_errors(false)
        .init();
    Ok(())
}

/// Returns the exit code, after printing an error with its sources to stderr.
#[must_use]
pub fn finish(outcome: Outcome) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        complain(&with_sources(&*error));
        ExitCode::FAILURE
    })
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Prints to stdout. Fails if stdout has no reader any more, as after `head`.
#[must_use]
pub fn say(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if printed.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Prints to stderr.
pub fn complain(text: &str) {
    // There is nowhere else to report that this failed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
