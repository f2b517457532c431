//! Settings from the environment. No test touches that of the process.

use std::ffi::OsString;
use std::time::Duration;

use super::*;
use crate::config::{
    AttributionExport, ConfigErrors, CounterOrigin, CustomMetric, DeviceSelector, Group,
    GroupSwitch, IdSource, MetricSwitch, Mode, Naming, Profile, Salt, SharedDevices,
};

fn read_from(variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    Config::default().with_env(variables.iter().copied())
}

fn errors(variables: &[(&str, &str)]) -> Vec<String> {
    let errors = read_from(variables).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_environment_changes_nothing() {
    assert_eq!(read_from(&[]).unwrap(), Config::default());
    let empty = [("DCGM_OTEL_INTERVAL", ""), ("DCGM_OTEL_NAMING", "")];
    assert_eq!(read_from(&empty).unwrap(), Config::default());
}

#[expect(clippy::too_many_lines, reason = "a line for each variable")]
#[test]
fn every_variable_sets_its_setting() {
    let config = read_from(&[
        ("DCGM_OTEL_MODE", "standalone"),
        ("DCGM_OTEL_ENDPOINT", "[::1]:5556"),
        ("DCGM_OTEL_INTERVAL", "30s"),
        ("DCGM_OTEL_INITIAL_DELAY", "500ms"),
        ("DCGM_OTEL_MAX_AGE", "2m"),
        ("DCGM_OTEL_MAX_SERIES", "500"),
        (
            "DCGM_OTEL_GROUPS",
            "nvlink=off, xid=on,nvswitch=auto,codec=disabled",
        ),
        (
            "DCGM_OTEL_METRICS",
            "hw.power=off,hw.gpu.utilization/encoder=auto",
        ),
        ("DCGM_OTEL_CUSTOM", "DCGM_FI_DEV_PSTATE as a.b, unit 1"),
        ("DCGM_OTEL_PEAKS", "250ms"),
        ("DCGM_OTEL_DEVICES", "gpu:0,uuid:GPU-1b2c"),
        ("DCGM_OTEL_NAMING", "SEMCONV"),
        ("DCGM_OTEL_PROFILE", "FULL"),
        ("DCGM_OTEL_ID_SOURCE", "hashed_uuid:0123456789abcdef"),
        ("DCGM_OTEL_COUNTER_ORIGIN", "device"),
        ("DCGM_OTEL_ATTRIBUTION", "both"),
        ("DCGM_OTEL_ATTRIBUTION_INTERVAL", "20s"),
        ("DCGM_OTEL_SHARED_DEVICES", "copies"),
        ("DCGM_OTEL_ATTRIBUTES", "cluster=a, rack=7"),
        ("DCGM_OTEL_ATTRIBUTES_ON", "info"),
    ])
    .unwrap();
    let endpoint = "[::1]:5556".parse().unwrap();
    assert_eq!(config.mode(), Mode::Standalone { endpoint });
    assert_eq!(config.interval(), Duration::from_secs(30));
    assert_eq!(config.initial_delay(), Duration::from_millis(500));
    assert_eq!(
        config.max_age(Duration::from_secs(30)),
        Duration::from_secs(120)
    );
    assert_eq!(config.max_series(), 500);
    assert_eq!(config.group(Group::NvLink), GroupSwitch::Off);
    assert_eq!(config.group(Group::Xid), GroupSwitch::On);
    assert_eq!(config.group(Group::NvSwitch), GroupSwitch::Auto);
    assert_eq!(config.group(Group::Codec), GroupSwitch::Off);
    let off = Some(MetricSwitch::Off);
    assert_eq!(config.metric(Group::Power, "hw.power", "gpu"), off);
    let devices = [
        DeviceSelector::Index(dcgm::EntityId::gpu(0)),
        DeviceSelector::Uuid("GPU-1b2c".into()),
    ];
    assert_eq!(config.devices().devices(), devices);
    assert_eq!(config.peaks(), Some(Duration::from_millis(250)));
    let custom: Vec<_> = config.custom_metrics().map(CustomMetric::name).collect();
    assert_eq!(custom, ["a.b"]);
    // A relative path, so that the error is the same without the feature.
    let found = errors(&[("DCGM_OTEL_ISOLATION", "worker:dcgm-worker")]);
    assert!(
        found[0].starts_with("DCGM_OTEL_ISOLATION=\"worker:dcgm-worker\": expected off"),
        "{found:?}"
    );
    // A file, which only another naming reads.
    let missing = [
        ("DCGM_OTEL_NAMING", "dcgm_exporter"),
        ("DCGM_OTEL_EXPORTER_CSV", "/nonexistent/counters.csv"),
    ];
    let found = errors(&missing);
    assert!(
        found[0].starts_with("DCGM_OTEL_EXPORTER_CSV=\"/nonexistent"),
        "{found:?}"
    );
    assert_eq!(config.naming(), Naming::Semconv);
    let exporter = read_from(&[
        ("DCGM_OTEL_NAMING", "dcgm-exporter"),
        ("DCGM_OTEL_XID_WINDOW", "10m"),
        ("DCGM_OTEL_CLOCK_EVENT_WINDOW", "1m"),
    ]);
    let exporter = exporter.unwrap();
    assert_eq!(exporter.naming(), Naming::DcgmExporter);
    assert_eq!(exporter.xid_window(), Duration::from_secs(600));
    assert_eq!(exporter.clock_event_window(), Duration::from_secs(60));
    for (text, naming) in [
        ("dcgm_exporter:4.9", Naming::DcgmExporter),
        ("dcgm-exporter:4.8", Naming::DcgmExporter48),
        ("dcgm_exporter:4.8.2", Naming::DcgmExporter482),
    ] {
        let exporter = read_from(&[("DCGM_OTEL_NAMING", text)]).unwrap();
        assert_eq!(exporter.naming(), naming);
    }
    assert_eq!(config.profile(), Profile::Full);
    assert_eq!(
        *config.id_source(),
        IdSource::HashedUuid(Salt::new("0123456789abcdef"))
    );
    assert_eq!(config.counter_origin(), CounterOrigin::Device);
    assert_eq!(config.attribution(), AttributionExport::Both);
    assert_eq!(config.attribution_interval(), Duration::from_secs(20));
    assert_eq!(config.shared_devices(), SharedDevices::Copies);
    let attributes: Vec<_> = config.static_attributes("hw.gpu.info").collect();
    assert_eq!(attributes, [("cluster", "a"), ("rack", "7")]);
    assert_eq!(config.static_attributes("hw.power").count(), 0);
    let all: Vec<_> = SettingKey::ALL
        .iter()
        .filter_map(|key| key.variable())
        .collect();
    assert_eq!(all.len(), 24, "a variable without a line above: {all:?}");
}

#[test]
fn all_errors_name_their_variables() {
    assert_eq!(
        errors(&[
            ("DCGM_OTEL_MODE", "remote"),
            ("DCGM_OTEL_ENDPOINT", "unix://tmp/x"),
            ("DCGM_OTEL_INTERVAL", "15"),
            ("DCGM_OTEL_MAX_SERIES", "-1"),
            ("DCGM_OTEL_GROUPS", "nvlnk=on,ecc=maybe,xid"),
            ("DCGM_OTEL_METRICS", "hw.power=never"),
            ("DCGM_OTEL_DEVICES", "gpu:0,slot:3"),
            ("DCGM_OTEL_NAMING", "prometheus"),
            ("DCGM_OTEL_PROFILE", "tiny"),
            ("DCGM_OTEL_ID_SOURCE", "serial"),
            ("DCGM_OTEL_COUNTER_ORIGIN", "zero"),
        ]),
        [
            r#"DCGM_OTEL_MODE="remote": expected standalone or embedded"#.to_owned(),
            r#"DCGM_OTEL_ENDPOINT="unix://tmp/x": expected three slashes and an absolute path, as in unix:///tmp/nv-hostengine, got "tmp/x""#.to_owned(),
            r#"DCGM_OTEL_INTERVAL="15": expected a duration from 1s to 10min, as in 30s; 15 has no unit; 15s is in seconds"#.to_owned(),
            r#"DCGM_OTEL_MAX_SERIES="-1": expected a whole number above 0, as in 2048"#.to_owned(),
            format!(r#"DCGM_OTEL_GROUPS="nvlnk=on": expected one of the groups {}; did you mean nvlink?"#, Group::names()),
            r#"DCGM_OTEL_GROUPS="ecc=maybe": expected on or off"#.to_owned(),
            r#"DCGM_OTEL_GROUPS="xid": expected a list of group=on or group=off (nvswitch also auto), as in nvlink=off,xid=on"#.to_owned(),
            r#"DCGM_OTEL_METRICS="hw.power=never": expected on, off or auto"#.to_owned(),
            r#"DCGM_OTEL_DEVICES="slot:3": expected all, or a list of kind:number, uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …), as in gpu:0,nvswitch"#.to_owned(),
            r#"DCGM_OTEL_NAMING="prometheus": expected semconv, dcgm_exporter, dcgm_exporter:4.8 or dcgm_exporter:4.8.2"#.to_owned(),
            r#"DCGM_OTEL_PROFILE="tiny": expected minimal, standard or full"#.to_owned(),
            "DCGM_OTEL_ID_SOURCE: expected uuid, hashed_uuid:SALT (a salt of 16 bytes or more), pci_bdf or index".to_owned(),
            r#"DCGM_OTEL_COUNTER_ORIGIN="zero": expected rebased or device"#.to_owned(),
        ]
    );
}

#[test]
fn range_errors_name_their_variables() {
    assert_eq!(
        errors(&[
            ("DCGM_OTEL_INTERVAL", "10ms"),
            ("DCGM_OTEL_MAX_AGE", "1ms"),
            ("DCGM_OTEL_MAX_SERIES", "0"),
            ("DCGM_OTEL_GROUPS", "ecc=auto"),
            ("DCGM_OTEL_ID_SOURCE", "hashed_uuid:short"),
            ("DCGM_OTEL_METRICS", "hw.nonsense=on"),
        ]),
        [
            r#"DCGM_OTEL_INTERVAL="10ms": expected a duration from 1s to 10min, as in 30s"#,
            r#"DCGM_OTEL_MAX_SERIES="0": expected a whole number above 0, as in 2048"#,
            "DCGM_OTEL_ID_SOURCE: expected uuid, hashed_uuid:SALT (a salt of 16 bytes or more), pci_bdf or index",
            r#"DCGM_OTEL_MAX_AGE="1ms": expected the interval, 10ms, or more"#,
            r#"DCGM_OTEL_GROUPS="ecc=auto": expected on or off"#,
            r#"DCGM_OTEL_METRICS="hw.nonsense": expected the name of a metric, as in hw.gpu.utilization, or of a family of its series, as in hw.gpu.utilization/encoder"#,
        ]
    );
}

#[test]
fn code_takes_precedence_over_the_environment() {
    let code = Config::default()
        .with_interval(Duration::from_secs(5))
        .with_group(Group::Ecc, GroupSwitch::On)
        .with_mode(Mode::Embedded);
    let config = code
        .with_env([
            ("DCGM_OTEL_INTERVAL", "30s"),
            ("DCGM_OTEL_GROUPS", "ecc=off,xid=off"),
            ("DCGM_OTEL_MAX_SERIES", "7"),
            ("DCGM_OTEL_ENDPOINT", "elsewhere:1"),
        ])
        .unwrap();
    assert_eq!(config.interval(), Duration::from_secs(5));
    assert_eq!(config.group(Group::Ecc), GroupSwitch::On);
    assert_eq!(config.group(Group::Xid), GroupSwitch::Off);
    assert_eq!(config.max_series(), 7);
    assert_eq!(config.mode(), Mode::Embedded);
}

#[test]
fn endpoint_in_code_implies_the_standalone_mode() {
    let code = Config::default().with_endpoint("here:1".parse().unwrap());
    let config = code.with_env([("DCGM_OTEL_MODE", "embedded")]).unwrap();
    let endpoint = "here:1".parse().unwrap();
    assert_eq!(config.mode(), Mode::Standalone { endpoint });
}

#[test]
fn overridden_values_are_parsed_but_not_range_checked() {
    let code = || Config::default().with_interval(Duration::from_secs(5));
    assert!(code().with_env([("DCGM_OTEL_INTERVAL", "1ms")]).is_ok());
    assert!(code().with_env([("DCGM_OTEL_INTERVAL", "soon")]).is_err());
}

#[test]
fn embedded_mode_refuses_an_endpoint() {
    let text = errors(&[
        ("DCGM_OTEL_MODE", "embedded"),
        ("DCGM_OTEL_ENDPOINT", "localhost:5555"),
    ]);
    assert_eq!(text.len(), 1);
    assert!(
        text[0].starts_with(r#"DCGM_OTEL_ENDPOINT="localhost:5555": expected no value, as"#),
        "{text:?}"
    );
}

#[test]
fn secrets_are_in_no_message() {
    for (variable, text) in [
        ("DCGM_OTEL_ENDPOINT", "user:hunter2@host:1"),
        ("DCGM_OTEL_ENDPOINT", "unix://user:hunter2@/x"),
        ("DCGM_OTEL_ENDPOINT", "ftp://user:hunter2@x"),
        ("DCGM_OTEL_ENDPOINT", "user:hunter2@host://x"),
        ("DCGM_OTEL_ID_SOURCE", "hashed_uuid:hunter2"),
        ("DCGM_OTEL_ID_SOURCE", "hashed-uid:hunter2"),
    ] {
        let error = read_from(&[(variable, text)]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn value_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStringExt;

    let value = OsString::from_vec(vec![0x66, 0xff]);
    let variables = [(OsString::from("DCGM_OTEL_NAMING"), value)];
    let error = Config::default().with_env(variables).unwrap_err();
    assert_eq!(
        error.to_string(),
        "DCGM_OTEL_NAMING: expected text in UTF-8"
    );
}

fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
    let config = read_from(variables).unwrap();
    let effective = config.effective();
    let warnings: Vec<_> = config.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(effective.warnings, warnings);
    for warning in &warnings {
        let line = format!("# warning: {warning}\n");
        assert!(effective.to_string().contains(&line), "{effective}");
    }
    warnings
}

#[test]
fn an_unknown_variable_is_a_warning_that_names_the_nearest() {
    assert_eq!(
        warnings(&[
            ("DCGM_OTEL_INTERVALL", "5s"),
            ("DCGM_OTEL_MAXSERIES", "5"),
            ("dcgm_otel_mode", "embedded"),
            ("DCGM_OTEL_COLOR\n", "a secret"),
            ("DCGM_OTEL_INSTANCE", "west"),
            ("DCGM_OTEL_", "x"),
            ("OTEL_SERVICE_NAME", "x"),
            ("DCGM_OTELX", "x"),
        ]),
        [
            "DCGM_OTEL_: unknown variable, not used",
            "DCGM_OTEL_COLOR : unknown variable, not used",
            "DCGM_OTEL_INSTANCE: unknown variable, not used; set instance in code or in a document",
            "DCGM_OTEL_INTERVALL: unknown variable, not used; did you mean DCGM_OTEL_INTERVAL?",
            "DCGM_OTEL_MAXSERIES: unknown variable, not used; did you mean DCGM_OTEL_MAX_SERIES?",
            "dcgm_otel_mode: unknown variable, not used; did you mean DCGM_OTEL_MODE?",
        ]
    );
}

#[test]
fn variables_of_a_kubernetes_service_are_no_warning() {
    let service = [
        ("DCGM_OTEL_SERVICE_HOST", "10.0.0.7"),
        ("DCGM_OTEL_SERVICE_PORT", "9400"),
        ("DCGM_OTEL_SERVICE_PORT_METRICS", "9400"),
        ("DCGM_OTEL_PORT", "tcp://10.0.0.7:9400"),
        ("DCGM_OTEL_PORT_9400_TCP", "tcp://10.0.0.7:9400"),
        ("DCGM_OTEL_PORT_9400_TCP_ADDR", "10.0.0.7"),
    ];
    assert!(warnings(&service).is_empty());
    assert_eq!(warnings(&[("DCGM_OTEL_PORT", "9400")]).len(), 1);
    assert_eq!(warnings(&[("DCGM_OTEL_SERVICES", "x")]).len(), 1);
}

#[test]
fn reading_the_environment_twice_warns_once() {
    let variables = [("DCGM_OTEL_COLOR", "red")];
    let config = read_from(&variables).unwrap().with_env(variables).unwrap();
    assert_eq!(config.warnings().len(), 1);
}
