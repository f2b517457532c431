//! The flags that every example has.

use std::ffi::OsString;
use std::time::Duration;

use dcgm::Endpoint;
use dcgm::mock::Model;
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

impl Args {
    /// The host that is simulated where nothing else is asked for.
    pub const SIMULATED: &'static str = "8xh100";

    /// What the flags mean.
    pub const HELP: &'static str = "\
  --endpoint ENDPOINT           host:port or unix:///absolute/path of a host engine [localhost:5555]
  --embedded                    run an engine in this process
  --simulate[=HOST[,SCENARIO]]  show a simulated host [8xh100]
  --live                        never simulate: fail where no engine answers
  --interval DURATION           how often to sample, as in 1s, 500ms, 2min [1s]
  --once                        sample once and end
  --help                        this
";

    /// Reads the flags of this process.
    ///
    /// # Errors
    ///
    /// What is wrong with them, for a person.
    pub fn parse() -> Result<Self, String> {
        Self::from(std::env::args_os().skip(1))
    }

    /// Reads flags.
    ///
    /// # Errors
    ///
    /// What is wrong with them, for a person.
    pub fn from(flags: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, String> {
        let mut wanted: Option<(Wanted, &'static str)> = None;
        let mut args = Self {
            wanted: Wanted::Endpoint(Endpoint::default()),
            live: false,
            interval: Duration::from_secs(1),
            once: false,
        };
        let flags = flags.into_iter().map(Into::into).collect::<Vec<OsString>>();
        let mut parser = Parser::from_args(flags);
        let words = |error: lexopt::Error| error.to_string();
        while let Some(flag) = parser.next().map_err(words)? {
            let (source, name) = match flag {
                Arg::Long("endpoint") => {
                    let text = parser.value().and_then(ValueExt::string).map_err(words)?;
                    let endpoint = text
                        .parse()
                        .map_err(|error| format!("--endpoint: {error}"))?;
                    (Wanted::Endpoint(endpoint), "--endpoint")
                }
                Arg::Long("embedded") => (Wanted::Embedded, "--embedded"),
                Arg::Long("simulate") => {
                    let names = match parser.optional_value() {
                        Some(names) => names.string().map_err(words)?,
                        None => Self::SIMULATED.to_owned(),
                    };
                    let model = Model::by_name(&names).ok_or_else(|| unknown_host(&names))?;
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
                    let text = parser.value().and_then(ValueExt::string).map_err(words)?;
                    args.interval = interval(&text)?;
                    continue;
                }
                Arg::Long("help") | Arg::Short('h') => {
                    args.wanted = Wanted::Help;
                    return Ok(args);
                }
                other => return Err(other.unexpected().to_string()),
            };
            if let Some((_, before)) = wanted {
                return Err(format!("{before} and {name} exclude each other"));
            }
            wanted = Some((source, name));
        }
        if args.live && matches!(wanted, Some((Wanted::Simulated(_), _))) {
            return Err("--live and --simulate exclude each other".to_owned());
        }
        if let Some((source, _)) = wanted {
            args.wanted = source;
        }
        Ok(args)
    }
}

fn unknown_host(names: &str) -> String {
    format!(
        "--simulate: no host or scenario {names:?}; hosts: {}; scenarios: {}",
        dcgm::mock::Host::NAMES.join(", "),
        dcgm::mock::Scenario::NAMES.join(", ")
    )
}

/// From 1 s to 10 min, as the meter takes it.
fn interval(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(number.len()..).unwrap_or_default();
    let factor = match unit {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        _ => f64::NAN,
    };
    let seconds = number
        .parse::<f64>()
        .map_or(f64::NAN, |number| number * factor);
    match Duration::try_from_secs_f64(seconds) {
        Ok(interval) if (1.0..=600.0).contains(&seconds) => Ok(interval),
        _ => Err(format!("--interval: {text:?} is no time from 1s to 10min")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(flags: &[&str]) -> String {
        Args::from(flags.iter().copied()).unwrap_err()
    }

    #[test]
    fn without_flags_it_is_the_local_engine_every_second() {
        let args = Args::from([""; 0]).unwrap();
        assert!(matches!(args.wanted, Wanted::Endpoint(at) if at == Endpoint::default()));
        assert_eq!((args.live, args.once), (false, false));
        assert_eq!(args.interval, Duration::from_secs(1));
    }

    #[test]
    fn a_simulated_host_can_be_named_or_not() {
        let names = |flag| match Args::from([flag]).unwrap().wanted {
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
        for text in ["0", "999ms", "11min", "1h", "soon", "-1s", "NaN"] {
            assert!(
                error(&["--interval", text]).contains("1s to 10min"),
                "{text}"
            );
        }
    }

    #[test]
    fn an_interval_has_a_unit_or_is_in_seconds() {
        let interval = |text| Args::from(["--interval", text]).unwrap().interval;
        assert_eq!(interval("2"), Duration::from_secs(2));
        assert_eq!(interval("1500ms"), Duration::from_millis(1500));
        assert_eq!(interval("10min"), Duration::from_secs(600));
    }
}
