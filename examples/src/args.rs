//! The flags that every example has.

use core::fmt::Display;
use std::ffi::OsString;
use std::time::Duration;

use dcgm::Endpoint;
use dcgm::mock::Model;
use dcgm_otel::{Config, ConfigErrors, Mode};
use lexopt::{Arg, Parser, ValueExt};

/// What the flags say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Args {
    /// Where the values are to come from.
    pub wanted: Wanted,
    /// Whether nothing may be simulated.
    pub live: bool,
    /// How often to sample.
    pub interval: Duration,
    /// Whether to end after the first time.
    pub once: bool,
    /// The same as a meter's configuration: what no flag says is not set in it.
    pub config: Config,
}

/// Where the values are to come from.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Wanted {
    /// A host engine.
    Endpoint(Endpoint),
    /// An engine in this process.
    Embedded,
    /// A mock.
    Simulated(Model),
    /// Nothing: the flags are explained.
    Help,
}

/// What is wrong with the flags.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// There is no such flag, or it has a value too few or too many.
    #[error("{0}")]
    Flag(#[from] lexopt::Error),
    /// A flag has a value that it cannot have.
    #[error("--{flag}: {why}")]
    Value {
        /// The flag.
        flag: String,
        /// What is wrong with its value.
        why: String,
    },
    /// Two flags say different things.
    #[error("{0} and {1} exclude each other")]
    Exclusive(&'static str, &'static str),
}

/// A flag that only one example has.
#[derive(Debug)]
pub struct OwnFlag<'a> {
    name: String,
    parser: &'a mut Parser,
}

impl OwnFlag<'_> {
    /// Its name, without the hyphens.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// It has none, or `parse` does not take it.
    pub fn value<T, E: Display>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, UsageError> {
        let text = self.parser.value()?.string()?;
        parse(&text).map_err(|error| UsageError::Value {
            flag: self.name.clone(),
            why: format!("{text:?}: {error}"),
        })
    }
}

impl Args {
    /// The host that is simulated where nothing else is asked for.
    pub const SIMULATED: &'static str = "8xh100";

    /// What the flags mean.
    pub const HELP: &'static str = "\
  --endpoint ENDPOINT           host:port or unix:///absolute/path of a host engine [localhost:5555]
  --embedded                    run an engine in this process
  --simulate[=HOST[,SCENARIO]]  show a simulated host [8xh100]
  --live                        never simulate: fail where no engine answers
  --interval DURATION           how often to sample, as in 1s, 90s or 2m
  --once                        sample once and end
  --help                        this
";

    /// Reads the flags of this process. `own` takes those that only this example has, and says
    /// whether it knows a flag.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn parse(
        own: impl FnMut(&mut OwnFlag<'_>) -> Result<bool, UsageError>,
    ) -> Result<Self, UsageError> {
        Self::from(std::env::args_os().skip(1), own)
    }

    /// Reads flags.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn from(
        flags: impl IntoIterator<Item = impl Into<OsString>>,
        mut own: impl FnMut(&mut OwnFlag<'_>) -> Result<bool, UsageError>,
    ) -> Result<Self, UsageError> {
        let mut wanted: Option<(Wanted, &'static str)> = None;
        let mut args = Self {
            wanted: Wanted::Endpoint(Endpoint::default()),
            live: false,
            interval: Duration::from_secs(1),
            once: false,
            config: Config::default(),
        };
        let flags = flags.into_iter().map(Into::into).collect::<Vec<OsString>>();
        let mut parser = Parser::from_args(flags);
        while let Some(flag) = parser.next()? {
            let (source, name) = match flag {
                Arg::Long("endpoint") => {
                    let text = parser.value()?.string()?;
                    let endpoint = text.parse().map_err(|error| value("endpoint", error))?;
                    (Wanted::Endpoint(endpoint), "--endpoint")
                }
                Arg::Long("embedded") => (Wanted::Embedded, "--embedded"),
                Arg::Long("simulate") => {
                    let names = match parser.optional_value() {
                        Some(names) => names.string()?,
                        None => Self::SIMULATED.to_owned(),
                    };
                    let model = names
                        .parse::<Model>()
                        .map_err(|_unknown| value("simulate", unknown_host(&names)))?;
                    (Wanted::Simulated(model), "--simulate")
                }
                Arg::Long("live") => {
                    args.live = true;
                    continue;
                }
                Arg::Long("once") => {
                    args.once = true;
                    continue;
                }
                Arg::Long("interval") => {
                    let text = parser.value()?.string()?;
                    args.interval = interval(&text)?;
                    args.config = args.config.with_interval(args.interval);
                    continue;
                }
                Arg::Long("help") | Arg::Short('h') => {
                    args.wanted = Wanted::Help;
                    return Ok(args);
                }
                Arg::Long(name) => {
                    let name = name.to_owned();
                    let mut flag = OwnFlag {
                        name,
                        parser: &mut parser,
                    };
                    if own(&mut flag)? {
                        continue;
                    }
                    return Err(Arg::Long(&flag.name).unexpected().into());
                }
                other => return Err(other.unexpected().into()),
            };
            if let Some((_, before)) = wanted {
                return Err(UsageError::Exclusive(before, name));
            }
            wanted = Some((source, name));
        }
        if args.live && matches!(wanted, Some((Wanted::Simulated(_), _))) {
            return Err(UsageError::Exclusive("--live", "--simulate"));
        }
        if let Some((source, _)) = wanted {
            args.config = match &source {
                Wanted::Endpoint(endpoint) => args.config.with_endpoint(endpoint.clone()),
                Wanted::Embedded => args.config.with_mode(Mode::Embedded),
                Wanted::Simulated(_) | Wanted::Help => args.config,
            };
            args.wanted = source;
        }
        Ok(args)
    }
}

fn value(flag: &str, why: impl Display) -> UsageError {
    UsageError::Value {
        flag: flag.to_owned(),
        why: why.to_string(),
    }
}

fn unknown_host(names: &str) -> String {
    format!(
        "no host or scenario {names:?}; hosts: {}; scenarios: {}",
        dcgm::mock::Host::NAMES.join(", "),
        dcgm::mock::Scenario::NAMES.join(", ")
    )
}

/// Read by the meter's own rules, so that a text means the same here as in its environment.
fn interval(text: &str) -> Result<Duration, UsageError> {
    const VARIABLE: &str = "DCGM_OTEL_INTERVAL";
    // There, an empty text is no text.
    let text = if text.is_empty() { "\"\"" } else { text };
    let read = Config::default().with_env([(VARIABLE, text)]);
    let why = |errors: ConfigErrors| {
        let expected: Vec<_> = errors.into_iter().map(|error| error.expected).collect();
        let expected = expected.join("; ");
        value("interval", format!("{text:?}: expected {expected}"))
    };
    read.map(|config| config.interval()).map_err(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(flags: &[&str]) -> String {
        args(flags).unwrap_err().to_string()
    }

    fn args(flags: &[&str]) -> Result<Args, UsageError> {
        Args::from(flags.iter().copied(), |_| Ok(false))
    }

    #[test]
    fn without_flags_it_is_the_local_engine_every_second() {
        let args = args(&[]).unwrap();
        assert!(matches!(args.wanted, Wanted::Endpoint(at) if at == Endpoint::default()));
        assert_eq!((args.live, args.once), (false, false));
        assert_eq!(args.interval, Duration::from_secs(1));
    }

    #[test]
    fn a_simulated_host_can_be_named_or_not() {
        let names = |flag| match args(&[flag]).unwrap().wanted {
            Wanted::Simulated(model) => model.name(),
            other => panic!("{other:?}"),
        };
        assert_eq!(names("--simulate"), "8xh100,steady");
        assert_eq!(names("--simulate=1xl4"), "1xl4,steady");
        assert_eq!(names("--simulate=8xh100,training"), "8xh100,training");
        assert!(error(&["--simulate=toaster"]).contains("8xh100"));
    }

    #[test]
    fn what_excludes_each_other_is_told() {
        assert_eq!(
            error(&["--embedded", "--endpoint", "x"]),
            "--embedded and --endpoint exclude each other"
        );
        assert_eq!(
            error(&["--live", "--simulate"]),
            "--live and --simulate exclude each other"
        );
    }

    #[test]
    fn what_is_no_flag_or_no_value_is_told() {
        assert!(error(&["--wat"]).contains("--wat"));
        assert!(error(&["stray"]).contains("stray"));
        assert!(error(&["--once=1"]).contains("once"));
        assert!(error(&["--endpoint"]).contains("endpoint"));
        assert!(error(&["--endpoint", "unix://x"]).contains("three slashes"));
        for text in ["0s", "999ms", "11m", "1h"] {
            let error = error(&["--interval", text]);
            assert!(error.starts_with("--interval: "), "{error}");
            assert!(error.contains("1s to 10min"), "{error}");
        }
        for text in ["", "2", "soon", "-1s", "1.5s", "NaN"] {
            let error = error(&["--interval", text]);
            assert!(
                error.contains("a duration from 1s to 10min, as in 30s"),
                "{error}"
            );
        }
    }

    #[test]
    fn an_interval_has_a_unit_and_reaches_the_meter() {
        for (text, seconds) in [("2s", 2), ("1500ms", 1), ("10min", 600), ("1m30s", 90)] {
            let args = args(&["--interval", text]).unwrap();
            assert_eq!(args.interval.as_secs(), seconds, "{text}");
            assert_eq!(args.config.interval(), args.interval);
        }
    }

    #[test]
    fn what_no_flag_says_is_left_to_the_environment() {
        let elsewhere = [
            ("DCGM_OTEL_ENDPOINT", "gpu-host:5555"),
            ("DCGM_OTEL_INTERVAL", "30s"),
        ];
        let config = |flags| {
            let config = args(flags).unwrap().config.with_env(elsewhere).unwrap();
            (config.mode(), config.interval().as_secs())
        };
        let at = |endpoint: &str| Mode::Standalone {
            endpoint: endpoint.parse().unwrap(),
        };
        assert_eq!(config(&[]), (at("gpu-host:5555"), 30));
        assert_eq!(config(&["--endpoint", "x:1"]), (at("x:1"), 30));
        assert_eq!(config(&["--interval", "2s"]), (at("gpu-host:5555"), 2));
        assert_eq!(config(&["--embedded"]).0, Mode::Embedded);
    }

    #[test]
    fn an_example_takes_its_own_flags_and_no_others() {
        let mut port = 0;
        let mut read = |flags: &[&str]| {
            let args = Args::from(flags.iter().copied(), |flag| {
                match flag.name() {
                    "port" => port = flag.value(str::parse::<u16>)?,
                    _ => return Ok(false),
                }
                Ok(true)
            });
            (
                args.map(|args| args.once)
                    .map_err(|error| error.to_string()),
                port,
            )
        };
        assert_eq!(read(&["--port", "7", "--once"]), (Ok(true), 7));
        assert_eq!(read(&["--port=8"]), (Ok(false), 8));
        let why = |answer: (Result<bool, String>, u16)| answer.0.unwrap_err();
        assert!(why(read(&["--port", "x"])).starts_with("--port: \"x\": "));
        assert!(why(read(&["--port"])).contains("--port"));
        assert!(why(read(&["--ports", "1"])).contains("--ports"));
    }
}
