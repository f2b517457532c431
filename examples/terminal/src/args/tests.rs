use clap::CommandFactory as _;

use super::*;

fn parse(arguments: &[&str]) -> Result<Args, String> {
    let arguments = ["top"].iter().chain(arguments);
    Args::try_parse_from(arguments).map_err(|error| error.to_string())
}

fn config(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(Mode, u64), String> {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let config = parse(arguments)?.connection.config(lookup);
    config
        .map(|config| (config.mode(), config.interval().as_secs()))
        .map_err(|errors| errors.to_string())
}

fn standalone(endpoint: &str) -> Mode {
    Mode::Standalone {
        endpoint: endpoint.parse().unwrap(),
    }
}

#[test]
fn command_definition_is_consistent() {
    Args::command().debug_assert();
}

#[test]
fn default_is_the_local_engine_every_second() {
    let args = parse(&[]).unwrap();
    assert!(!args.once && !args.connection.live && args.connection.simulate.is_none());
    assert_eq!((args.size.width, args.size.height), (120, 40));
    let local = standalone("localhost:5555");
    assert_eq!(config(&[], &[]), Ok((local.clone(), 1)));
    let empty = [("DCGM_OTEL_INTERVAL", ""), ("DCGM_OTEL_MODE", "")];
    assert_eq!(config(&[], &empty), Ok((local, 1)));
}

#[test]
fn simulated_host_is_named_with_a_space_an_equals_sign_or_not_at_all() {
    let name = |arguments: &[&str]| {
        let args = parse(arguments).unwrap();
        (args.connection.simulate.unwrap().name(), args.once)
    };
    let steady = |once| ("8xh100,steady".to_owned(), once);
    assert_eq!(name(&["--simulate"]), steady(false));
    assert_eq!(name(&["--simulate", "--once"]), steady(true));
    assert_eq!(name(&["--simulate", "8xh100", "--once"]), steady(true));
    assert_eq!(name(&["--simulate=1xl4"]).0, "1xl4,steady");
    assert_eq!(name(&["--simulate", "gb200,training"]).0, "gb200,training");
}

#[test]
fn help_and_errors_list_hosts_and_scenarios() {
    let help = parse(&["--help"]).unwrap_err();
    let error = parse(&["--simulate", "toaster"]).unwrap_err();
    for text in [help, error] {
        for name in Host::NAMES.iter().chain(Scenario::NAMES) {
            assert!(text.contains(name), "{name} is missing in\n{text}");
        }
    }
}

#[test]
fn exclusive_arguments_are_refused() {
    for pair in [
        ["--embedded", "--endpoint=x"],
        ["--embedded", "--simulate"],
        ["--simulate", "--endpoint=x"],
        ["--live", "--simulate"],
    ] {
        let error = parse(&pair).unwrap_err();
        assert!(error.contains("cannot be used with"), "{pair:?}: {error}");
    }
}

#[test]
fn unknown_arguments_and_invalid_values_are_refused() {
    for argument in ["--wat", "stray", "--once=1", "--endpoint"] {
        let error = parse(&[argument]).unwrap_err();
        let name = argument.trim_end_matches("=1");
        assert!(error.contains(name), "{argument}: {error}");
    }
    let error = parse(&["--endpoint", "unix://x"]).unwrap_err();
    assert!(error.contains("three slashes"), "{error}");
    for size in ["wide", "0x5", "5x0", "1001x5", "65535x65535", "5x-1"] {
        let error = parse(&["--size", size]).unwrap_err();
        assert!(error.contains("1 to 1000"), "{size}: {error}");
    }
}

#[test]
fn interval_is_parsed_by_the_rules_of_the_meter() {
    for (text, seconds) in [("2s", 2), ("1500ms", 1), ("10min", 600), ("1m30s", 90)] {
        let (_, interval) = config(&["--interval", text], &[]).unwrap();
        assert_eq!(interval, seconds, "{text}");
    }
    for text in ["0s", "999ms", "11m", "1h"] {
        let error = parse(&["--interval", text]).unwrap_err();
        assert!(
            error.contains("--interval") && error.contains("1s to 10min"),
            "{error}"
        );
    }
    for text in ["", "2", "soon", "-1s", "1.5s", "NaN"] {
        let error = parse(&[&format!("--interval={text}")]).unwrap_err();
        assert!(
            error.contains("expected a duration from 1s to 10min, as in 30s"),
            "{error}"
        );
    }
}

#[test]
fn environment_applies_where_no_argument_does() {
    let variables = [
        ("DCGM_OTEL_ENDPOINT", "gpu-host:5555"),
        ("DCGM_OTEL_INTERVAL", "30s"),
    ];
    let config_of = |arguments: &[&str]| config(arguments, &variables).unwrap();
    assert_eq!(config_of(&[]), (standalone("gpu-host:5555"), 30));
    assert_eq!(config_of(&["--endpoint", "x:1"]), (standalone("x:1"), 30));
    assert_eq!(
        config_of(&["--interval", "2s"]),
        (standalone("gpu-host:5555"), 2)
    );
    assert_eq!(config_of(&["--embedded"]).0, Mode::Embedded);
    let embedded = [("DCGM_OTEL_MODE", "embedded")];
    assert_eq!(config(&[], &embedded).unwrap().0, Mode::Embedded);
    assert_eq!(
        config(&["--endpoint", "x:1"], &embedded).unwrap().0,
        standalone("x:1")
    );
}

#[test]
fn invalid_variables_are_errors_and_unrelated_ones_are_ignored() {
    let error = config(&[], &[("DCGM_OTEL_INTERVAL", "soon")]).unwrap_err();
    assert!(error.contains("DCGM_OTEL_INTERVAL"), "{error}");
    let error = config(&[], &[("DCGM_OTEL_MODE", "remote")]).unwrap_err();
    assert!(error.contains("DCGM_OTEL_MODE"), "{error}");
    let other = [("DCGM_OTEL_PROFILE", "fat")];
    assert_eq!(config(&[], &other).unwrap().1, 1);
    let unused = [("DCGM_OTEL_ENDPOINT", "unix://x")];
    assert_eq!(config(&["--simulate"], &unused).unwrap().1, 1);
}
