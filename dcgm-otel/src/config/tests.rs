//! The settings: defaults, ranges, precedence among themselves.

use super::*;

fn told(config: &Config) -> Vec<String> {
    let errors = config.validate().unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_defaults_are_these() {
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
fn the_interval_is_between_a_second_and_ten_minutes() {
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
fn all_that_is_wrong_is_told_at_once_with_its_path() {
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
        told(&config),
        [
            r#"interval "10ms": 1s to 10min"#,
            r#"max_age "1ms": the interval, 10ms, or more"#,
            r#"max_series "0": a whole number above 0"#,
            r#"group_series.ecc "0": a whole number above 0; disable the group instead"#,
            r#"groups.nvlink "auto": on or off"#,
            r#"metrics "hw.nonsense": the name of a metric, as in hw.gpu.utilization, or of a family of its series, as in hw.gpu.utilization/encoder"#,
            r#"devices "bdf:junk": a list of kind:number (gpu:0), uuid:GPU-…, bdf:0000:1b:00.0 or a kind (gpu, nvswitch, cpu, connectx, …)"#,
            "id_source: a salt of 16 bytes or more",
            r#"instance "": 1 to 64 bytes of text without control characters"#,
        ]
    );
    let text = config.validate().unwrap_err().to_string();
    assert!(
        text.starts_with(r#"interval "10ms": 1s to 10min; max_age "#),
        "{text}"
    );
    assert!(!format!("{text} {config:?}").contains("hunter2"));
}

#[test]
fn only_the_switch_of_nvswitches_can_be_auto() {
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
fn a_disabled_group_wins_over_its_metrics_and_a_family_over_its_metric() {
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
fn the_throttle_metric_is_meant_by_either_of_its_names() {
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
fn metrics_of_either_naming_can_be_switched_and_no_others() {
    for name in [
        "hw.power",
        "hw.gpu.utilization/encoder",
        "DCGM_FI_DEV_GPU_TEMP",
    ] {
        assert!(is_metric(name), "{name}");
    }
    for name in [
        "",
        "hw",
        "hw.power/",
        "hw.power/nothing",
        "hw.power/gpu/x",
        "DCGM_FI_DEV_SERIAL",
    ] {
        assert!(!is_metric(name), "{name}");
    }
}

#[test]
fn an_age_below_a_values_own_period_would_make_it_flicker_and_is_raised() {
    let config = Config::default().with_max_age(20 * SECOND);
    assert_eq!(config.max_age(15 * SECOND), 20 * SECOND);
    assert_eq!(config.max_age(60 * SECOND), 60 * SECOND);
}

#[test]
fn the_table_of_variables_has_each_of_them_once() {
    let source = include_str!("../config.rs");
    for variable in Key::ALL.iter().filter_map(|key| key.variable()) {
        let row = format!("/// | `{variable}` | ");
        assert_eq!(source.matches(&row).count(), 1, "{variable}");
    }
    assert_eq!(source.matches("/// | `DCGM_OTEL_").count(), 13);
}

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
    fn a_document_says_what_code_says() {
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
                "naming": "dcgm_exporter",
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
            .with_naming(Naming::DcgmExporter)
            .with_profile(Profile::Minimal)
            .with_id_source(IdSource::HashedUuid(Salt::new("0123456789abcdef")))
            .with_counter_origin(CounterOrigin::Device)
            .with_throttle_name(ThrottleName::Time)
            .with_instance("west");
        // The document said nothing of the mode, and the code did by giving an endpoint.
        code.embedded.origin = SettingSource::Default;
        assert_eq!(read_ok(config), code);
    }

    fn read_ok(config: Result<Config, String>) -> Config {
        config.unwrap()
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
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
            r#"interval "15": a whole number and its unit"#,
            r#"max_series "0": a whole number above 0"#,
            r#"groups.ecc "auto": on or off"#,
            r#"groups "nvlnk": utilization, codec"#,
            r#"groups.xid "true": on or off"#,
            r#"group_series.power "-1": a whole number above 0"#,
            r#"devices "slot:3": a list of"#,
            "endpoint: the endpoint holds a user name or password",
            r#"naming "prometheus": semconv or dcgm_exporter"#,
        ] {
            assert!(error.contains(part), "{part} is not in {error}");
        }
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_key_that_does_not_exist_is_refused() {
        assert!(
            read(r#"{"intervall": "15s"}"#)
                .unwrap_err()
                .contains("intervall")
        );
    }

    #[test]
    fn an_endpoint_belongs_to_the_standalone_mode() {
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
