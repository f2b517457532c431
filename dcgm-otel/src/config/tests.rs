//! The settings: defaults, ranges, precedence among themselves.

use std::time::Duration;

use super::*;

fn errors(config: &Config) -> Vec<String> {
    let errors = config.validate().unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn defaults() {
    let config = Config::default();
    config.validate().unwrap();
    let endpoint = Endpoint::default();
    assert_eq!(config.mode(), Mode::Standalone { endpoint });
    assert_eq!(config.interval(), 15 * SECOND);
    assert_eq!(config.initial_delay(), SECOND);
    assert_eq!(config.max_age(30 * SECOND), 90 * SECOND);
    assert_eq!(config.max_series(), 1024);
    assert_eq!(config.naming(), Naming::Semconv);
    assert_eq!(config.profile(), Profile::Standard);
    assert_eq!(config.id_source(), &IdSource::Uuid);
    assert_eq!(config.counter_origin(), CounterOrigin::Rebased);
    assert_eq!(config.throttle_name(), ThrottleName::Duration);
    assert_eq!(config.instance(), None);
    for group in Group::ALL {
        assert_eq!(config.group(*group), group.default_switch());
        assert_eq!(config.group_series(*group), None);
    }
}

#[test]
fn interval_is_between_1_s_and_10_min() {
    for good in [SECOND, 600 * SECOND] {
        Config::default().with_interval(good).validate().unwrap();
    }
    for bad in [
        Duration::from_nanos(999_999_999),
        601 * SECOND,
        Duration::ZERO,
        Duration::MAX,
    ] {
        let config = Config::default().with_interval(bad);
        let errors = config.validate().unwrap_err();
        assert!(
            errors.iter().any(|error| error.path == "interval"),
            "{bad:?}"
        );
    }
    Config::default()
        .with_initial_delay(Duration::ZERO)
        .validate()
        .unwrap();
    Config::default()
        .with_initial_delay(Duration::MAX)
        .validate()
        .unwrap();
}

#[test]
fn all_errors_are_reported_with_their_paths() {
    let config = Config::default()
        .with_interval(Duration::from_millis(10))
        .with_max_age(Duration::from_millis(1))
        .with_max_series(0)
        .with_group_series(Group::Ecc, 0)
        .with_group(Group::NvLink, GroupSwitch::Auto)
        .with_metric("hw.nonsense", MetricSwitch::On)
        .with_devices(DeviceFilter::all().with(DeviceSelector::PciBdf("junk".into())))
        .with_id_source(IdSource::HashedUuid(Salt::new("hunter2")))
        .with_instance("");
    assert_eq!(
        errors(&config),
        [
            r#"interval="10ms": expected a duration from 1s to 10min, as in 30s"#,
            r#"max_series="0": expected a whole number above 0, as in 2048"#,
            r#"devices="bdf:junk": expected all, or a list of kind:number, uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …), as in gpu:0,nvswitch"#,
            "id_source: expected uuid, hashed_uuid:SALT (a salt of 16 bytes or more), pci_bdf or index",
            r#"instance="": expected 1 to 64 bytes of text without control characters, as in training"#,
            r#"max_age="1ms": expected the interval, 10ms, or more"#,
            r#"groups.nvlink="auto": expected on or off"#,
            r#"group_series.ecc="0": expected a whole number above 0; to disable it set groups.ecc=off"#,
            r#"metrics="hw.nonsense": expected the name of a metric, as in hw.gpu.utilization, or of a family of its series, as in hw.gpu.utilization/encoder"#,
        ]
    );
    let text = config.validate().unwrap_err().to_string();
    assert_eq!(text.lines().count(), 9, "{text}");
    assert!(!format!("{text} {config:?}").contains("hunter2"));
}

#[test]
fn only_nvswitch_can_be_auto() {
    let config = |group| {
        Config::default()
            .with_group(group, GroupSwitch::Auto)
            .validate()
    };
    for group in Group::ALL {
        assert_eq!(config(*group).is_ok(), *group == Group::NvSwitch, "{group}");
    }
}

#[test]
fn group_overrides_metric_and_family_overrides_both() {
    let config = Config::default()
        .with_group(Group::Codec, GroupSwitch::Off)
        .with_metric("hw.gpu.utilization", MetricSwitch::On)
        .with_metric("hw.gpu.utilization/memory", MetricSwitch::Off);
    config.validate().unwrap();
    let switch = |group, family| config.metric(group, "hw.gpu.utilization", family);
    assert_eq!(switch(Group::Codec, "encoder"), Some(MetricSwitch::Off));
    assert_eq!(
        switch(Group::Utilization, "general"),
        Some(MetricSwitch::On)
    );
    assert_eq!(
        switch(Group::Utilization, "memory"),
        Some(MetricSwitch::Off)
    );
    assert_eq!(config.metric(Group::Power, "hw.power", "gpu"), None);
}

#[test]
fn either_name_switches_the_throttle_metric() {
    for name in ["hw.gpu.throttle.duration", "hw.gpu.throttle.time"] {
        let config = Config::default().with_metric(name, MetricSwitch::Off);
        for asked in ["hw.gpu.throttle.duration", "hw.gpu.throttle.time"] {
            assert_eq!(
                config.metric(Group::Throttle, asked, "policy"),
                Some(MetricSwitch::Off)
            );
        }
    }
}

#[test]
fn only_metrics_of_the_naming_can_be_switched() {
    let is_valid = |naming, name: &str| {
        let config = Config::default().with_naming(naming);
        config
            .with_metric(name, MetricSwitch::On)
            .validate()
            .is_ok()
    };
    for name in ["hw.power", "hw.gpu.utilization/encoder"] {
        assert!(is_valid(Naming::Semconv, name), "{name}");
        assert!(!is_valid(Naming::DcgmExporter, name), "{name}");
    }
    let name = "DCGM_FI_DEV_GPU_TEMP";
    assert!(is_valid(Naming::DcgmExporter48, name) && !is_valid(Naming::Semconv, name));
    for name in [
        "",
        "hw",
        "hw.power/",
        "hw.power/nothing",
        "hw.power/gpu/x",
        "DCGM_FI_DEV_SERIAL",
    ] {
        for naming in Naming::ALL {
            assert!(!is_valid(*naming, name), "{name}");
        }
    }
}

#[test]
fn a_setting_without_effect_in_the_naming_is_refused() {
    let config = Config::default()
        .with_naming(Naming::DcgmExporter48)
        .with_profile(Profile::Full)
        .with_id_source(IdSource::Index)
        .with_counter_origin(CounterOrigin::Device)
        .with_throttle_name(ThrottleName::Time)
        .with_group(Group::Fabric, GroupSwitch::On)
        .with_group(Group::NvSwitch, GroupSwitch::On)
        .with_group(Group::Cpu, GroupSwitch::Off)
        .with_group(Group::Power, GroupSwitch::On)
        .with_metric("hw.power", MetricSwitch::Off);
    let no_effect = "expected no value, as it has no effect with naming=dcgm_exporter:4.8";
    assert_eq!(
        errors(&config),
        [
            format!(r#"profile="full": {no_effect}"#),
            format!(r#"id_source="index": {no_effect}"#),
            format!(r#"counter_origin="device": {no_effect}"#),
            format!(r#"throttle_name="time": {no_effect}"#),
            format!(r#"groups.nvswitch="on": {no_effect}"#),
            format!(r#"metrics="hw.power": {no_effect}"#),
        ]
    );
    // Defaults are not refused, and everything else has an effect.
    let config = Config::default()
        .with_naming(Naming::DcgmExporter48)
        .with_max_age(60 * SECOND)
        .with_group_series(Group::Power, 1)
        .with_metric("DCGM_FI_DEV_POWER_USAGE", MetricSwitch::Off)
        .with_instance("training");
    config.validate().unwrap();
}

#[test]
fn max_age_is_raised_to_the_sampling_period() {
    let config = Config::default().with_max_age(20 * SECOND);
    assert_eq!(config.max_age(15 * SECOND), 20 * SECOND);
    assert_eq!(config.max_age(60 * SECOND), 60 * SECOND);
}

mod table;

#[cfg(feature = "serde")]
mod documents {
    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_document_is_the_default() {
        assert_eq!(read("{}").unwrap(), Config::default());
    }

    #[test]
    fn document_sets_what_code_sets() {
        let config = read(
            r#"{
                "endpoint": "unix:///run/x.sock",
                "interval": "30s",
                "initial_delay": "500ms",
                "max_age": "2m",
                "max_series": 500,
                "groups": {"nvlink": "off", "nvswitch": "auto"},
                "metrics": {"hw.power": "off"},
                "group_series": {"profiling": 64},
                "devices": ["gpu:0", "uuid:GPU-1b2c"],
                "naming": "semconv",
                "profile": "minimal",
                "id_source": "hashed_uuid:0123456789abcdef",
                "counter_origin": "device",
                "throttle_name": "time",
                "instance": "west"
            }"#,
        );
        let devices = DeviceFilter::all()
            .with(DeviceSelector::Index(dcgm::EntityId::gpu(0)))
            .with(DeviceSelector::Uuid("GPU-1b2c".into()));
        let mut code = Config::default()
            .with_endpoint("unix:///run/x.sock".parse().unwrap())
            .with_interval(30 * SECOND)
            .with_initial_delay(SECOND / 2)
            .with_max_age(120 * SECOND)
            .with_max_series(500)
            .with_group(Group::NvLink, GroupSwitch::Off)
            .with_group(Group::NvSwitch, GroupSwitch::Auto)
            .with_metric("hw.power", MetricSwitch::Off)
            .with_group_series(Group::Profiling, 64)
            .with_devices(devices)
            .with_naming(Naming::Semconv)
            .with_profile(Profile::Minimal)
            .with_id_source(IdSource::HashedUuid(Salt::new("0123456789abcdef")))
            .with_counter_origin(CounterOrigin::Device)
            .with_throttle_name(ThrottleName::Time)
            .with_instance("west");
        // The document does not set the mode; in code, an endpoint does.
        code.mode.source = SettingSource::Default;
        let values = |config: &Config| {
            let settings = config.effective().settings.into_iter();
            settings
                .map(|one| (one.path, one.value))
                .collect::<Vec<_>>()
        };
        let config = config.unwrap();
        assert_eq!(values(&config), values(&code));
        let sources = config.effective().settings.into_iter();
        let mut sources =
            sources.filter(|one| !one.path.starts_with("groups.") && one.path != "mode");
        let other =
            sources.find(|one| !matches!(one.source, SettingSource::File | SettingSource::Default));
        assert_eq!(other, None);
        let exporter = read(r#"{"naming": "dcgm_exporter"}"#).unwrap();
        assert_eq!(exporter.naming(), Naming::DcgmExporter);
        // Settings without effect are not listed.
        assert_eq!(exporter.effective().get("profile"), None);
    }

    #[test]
    fn sources_are_distinguished() {
        let document = r#"{"interval": "30s", "max_series": 500, "groups": {"ecc": "off"}}"#;
        let config = read(document).unwrap().with_max_series(600);
        let variables = [
            ("DCGM_OTEL_INTERVAL", "5s"),
            ("DCGM_OTEL_GROUPS", "ecc=on,xid=off"),
        ];
        let effective = config.with_env(variables).unwrap().effective();
        let line = |path: &str| {
            let setting = effective.get(path).unwrap();
            format!("{} # {}", setting.value, setting.source)
        };
        assert_eq!(line("interval"), "30s # file");
        assert_eq!(line("max_series"), "600 # code");
        assert_eq!(line("groups.ecc"), "off # file");
        assert_eq!(line("groups.xid"), "off # environment");
        assert_eq!(line("naming"), "semconv # default");
    }

    #[test]
    fn all_errors_are_reported_together() {
        let error = read(
            r#"{
                "interval": 15,
                "max_series": 0,
                "groups": {"ecc": "auto", "nvlnk": "on", "xid": true},
                "group_series": {"power": -1},
                "devices": ["slot:3"],
                "endpoint": "user:hunter2@host:1",
                "naming": "prometheus"
            }"#,
        )
        .unwrap_err();
        for part in [
            "interval=\"15\": expected a duration from 1s to 10min, as in 30s; 15 has no unit; 15s is in seconds\n",
            r#"max_series="0": expected a whole number above 0"#,
            r#"groups.ecc="auto": expected on or off"#,
            r#"groups.nvlnk="on": expected one of the groups utilization, codec"#,
            "; did you mean nvlink?\n",
            r#"groups.xid="true": expected on or off"#,
            r#"group_series.power="-1": expected a whole number above 0"#,
            r#"devices="slot:3": expected all, or a list of"#,
            "endpoint: expected an endpoint without user name and password",
            r#"naming="prometheus": expected semconv, dcgm_exporter, dcgm_exporter:4.8 or dcgm_exporter:4.8.2"#,
        ] {
            assert!(error.contains(part), "{part} is not in {error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn unknown_key_is_refused() {
        let error = read(r#"{"intervall": "15s", "interval": "1ms"}"#).unwrap_err();
        let lines = [
            "intervall: expected the name of a setting; did you mean interval?",
            r#"interval="1ms": expected a duration from 1s to 10min, as in 30s"#,
        ];
        assert_eq!(error, lines.join("\n"));
        let error = read(r#"{"interval": "15s", "interval": "20s"}"#).unwrap_err();
        assert!(error.contains("interval is given twice"), "{error}");
    }

    #[test]
    fn value_of_another_form_is_refused() {
        let error =
            read(r#"{"interval": ["15s"], "groups": "ecc=on", "profile": {}}"#).unwrap_err();
        for part in [
            r#"interval="[…]": expected a duration"#,
            r#"groups="ecc=on": expected a list of group=on"#,
            r#"profile="{…}": expected minimal"#,
        ] {
            assert!(error.contains(part), "{part} is not in {error}");
        }
        // A list can be one text, and nothing can be null.
        let config = read(r#"{"devices": "gpu:0,gpu:1", "interval": null}"#).unwrap();
        assert_eq!(config.devices().devices().len(), 2);
    }

    #[test]
    fn endpoint_needs_the_standalone_mode() {
        assert_eq!(
            read(r#"{"mode": "embedded"}"#).unwrap().mode(),
            Mode::Embedded
        );
        let error = read(r#"{"mode": "embedded", "endpoint": "localhost:5555"}"#).unwrap_err();
        assert!(
            error.contains("an embedded engine has no endpoint"),
            "{error}"
        );
    }
}
