//! What the shared flags accept.

use super::*;

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    args: Args,
    #[arg(long)]
    port: Option<u16>,
}

fn parse(flags: &[&str]) -> Result<Flags, clap::Error> {
    Flags::try_parse_from(["example"].iter().chain(flags))
}

fn args(flags: &[&str]) -> Args {
    parse(flags).unwrap().args
}

fn error(flags: &[&str]) -> String {
    parse(flags).unwrap_err().to_string()
}

#[test]
fn without_flags_it_is_the_local_engine_every_second() {
    let args = args(&[]);
    assert!(!args.live && !args.once && args.simulate.is_none());
    let config = args.config().unwrap();
    let endpoint = Endpoint::default();
    assert_eq!(config.mode(), Mode::Standalone { endpoint });
    assert_eq!(config.interval(), Duration::from_secs(1));
}

#[test]
fn a_simulated_host_can_be_named_or_not() {
    let name = |flags: &[&str]| args(flags).simulate.unwrap().name();
    assert_eq!(name(&["--simulate"]), "8xh100,steady");
    assert_eq!(name(&["--simulate", "--once"]), "8xh100,steady");
    assert_eq!(name(&["--simulate=1xl4"]), "1xl4,steady");
    assert_eq!(name(&["--simulate", "1xl4"]), "1xl4,steady");
    assert_eq!(name(&["--simulate=8xh100,training"]), "8xh100,training");
    assert_eq!(
        name(&["--simulate", "8xh100,training", "--once"]),
        "8xh100,training"
    );
}

#[test]
fn unknown_hosts_and_scenarios_are_answered_with_the_known_ones() {
    for flags in [
        &["--simulate=toaster"][..],
        &["--simulate", "toaster,steady"],
        &["--simulate="],
    ] {
        let error = error(flags);
        assert!(
            Host::NAMES.iter().all(|name| error.contains(name)),
            "{error}"
        );
    }
    let error = error(&["--simulate=8xh100,sunny"]);
    assert!(error.contains("\"sunny\""), "{error}");
    assert!(
        Scenario::NAMES.iter().all(|name| error.contains(name)),
        "{error}"
    );
    assert!(!error.contains("gb200"), "{error}");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    for flags in [
        ["--embedded", "--endpoint=x"],
        ["--live", "--simulate"],
        ["--embedded", "--simulate"],
        ["--isolated", "--simulate"],
        ["--endpoint=x", "--simulate"],
    ] {
        let error = error(&flags);
        assert!(error.contains("cannot be used with"), "{error}");
        for flag in flags {
            assert!(error.contains(flag.trim_end_matches("=x")), "{error}");
        }
    }
}

#[test]
fn unknown_flags_and_wrong_values_are_refused() {
    assert!(error(&["--wat"]).contains("--wat"));
    assert!(error(&["stray"]).contains("stray"));
    assert!(error(&["--once=1"]).contains("once"));
    assert!(error(&["--endpoint"]).contains("endpoint"));
    assert!(error(&["--endpoint", "unix://x"]).contains("three slashes"));
    assert!(error(&["--port", "x"]).contains("--port"));
    assert_eq!(parse(&["--port=8"]).unwrap().port, Some(8));
    for text in ["0s", "999ms", "11m", "1h"] {
        let error = error(&["--interval", text]);
        assert!(
            error.contains("--interval") && error.contains(text),
            "{error}"
        );
        assert!(
            error.contains("expected a duration from 1s to 10min"),
            "{error}"
        );
    }
    for text in ["", "2", "soon", "1.5s", "NaN"] {
        let error = error(&["--interval", text]);
        assert!(
            error.contains("expected a duration from 1s to 10min, as in 30s"),
            "{error}"
        );
    }
    assert!(error(&["--interval=-1s"]).contains("expected a duration from 1s to 10min"));
}

#[test]
fn an_interval_has_a_unit_and_reaches_the_meter() {
    for (text, seconds) in [("2s", 2), ("1500ms", 1), ("10min", 600), ("1m30s", 90)] {
        let args = args(&["--interval", text]);
        assert_eq!(
            args.interval.map(|time| time.as_secs()),
            Some(seconds),
            "{text}"
        );
        assert_eq!(Some(args.config().unwrap().interval()), args.interval);
    }
}

#[test]
fn what_no_flag_sets_is_left_to_the_environment() {
    let elsewhere = [
        ("DCGM_OTEL_ENDPOINT", "gpu-host:5555"),
        ("DCGM_OTEL_INTERVAL", "30s"),
    ];
    let config = |flags: &[&str]| args(flags).overrides().with_env(elsewhere).unwrap();
    let endpoint = |text: &str| Mode::Standalone {
        endpoint: text.parse().unwrap(),
    };
    let by_default = config(&[]);
    assert_eq!(by_default.mode(), endpoint("gpu-host:5555"));
    assert_eq!(by_default.interval(), Duration::from_secs(30));
    let by_flags = config(&["--endpoint", "other:1", "--interval", "2s"]);
    assert_eq!(by_flags.mode(), endpoint("other:1"));
    assert_eq!(by_flags.interval(), Duration::from_secs(2));
    assert_eq!(config(&["--embedded"]).mode(), Mode::Embedded);
    let isolated = args(&["--isolated"]).overrides();
    assert_eq!(isolated.isolation(), &Isolation::This);
}

#[test]
fn help_lists_hosts_and_scenarios_and_is_aligned() {
    let help = with_hosts::<Flags>()
        .term_width(100)
        .render_help()
        .to_string();
    let names = Host::NAMES.iter().chain(Scenario::NAMES);
    for name in names {
        assert!(help.contains(name), "{name} is not in\n{help}");
    }
    let explanations = [
        "Read from",
        "Run an",
        "Show a",
        "Accept a",
        "Sample this",
        "Print the",
    ];
    let columns = explanations.map(|text| {
        let mut lines = help.lines();
        lines
            .find_map(|line| line.find(text))
            .unwrap_or_else(|| panic!("{text}: {help}"))
    });
    assert!(columns.iter().all(|column| *column == columns[0]), "{help}");
    assert!(help.lines().all(|line| line.len() <= 100), "{help}");
}
