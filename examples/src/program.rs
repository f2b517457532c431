//! What the examples do alike as programs: their beginning, their end, and how they print.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::args::{Args, OwnFlag, UsageError, Wanted};

/// How a program ends.
pub type Outcome = Result<ExitCode, Box<dyn Error>>;

/// Reads the flags, those that only this example has by `own`.
///
/// # Errors
///
/// How to end, if the flags are wrong or ask for `help`: then all has been said.
pub fn begin(
    help: &str,
    own: impl FnMut(&mut OwnFlag<'_>) -> Result<bool, UsageError>,
) -> Result<Args, ExitCode> {
    match Args::parse(own) {
        Ok(args) if matches!(args.wanted, Wanted::Help) => {
            Err(say(&format!("{help}{}", Args::HELP)))
        }
        Ok(args) => Ok(args),
        Err(error) => {
            complain(&format!("{error}\nTry --help."));
            Err(ExitCode::from(2))
        }
    }
}

/// How to end: an error is told with its sources.
#[must_use]
pub fn finish(outcome: Outcome) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        complain(&text);
        ExitCode::FAILURE
    })
}

/// Prints. Whoever reads may have gone, as `head` does: then this ends.
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

/// Prints where errors go.
pub fn complain(text: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
