//! The printed form of the settings.

use std::time::Duration;

use super::*;
use crate::config::{CustomMetric, Group, GroupSwitch, IdSource, MetricSwitch, Naming, Salt};

fn sample() -> Config {
    Config::default()
        .with_interval(Duration::from_secs(30))
        .with_group(Group::NvLink, GroupSwitch::Off)
        .with_group_series(Group::Profiling, 64)
        .with_metric("hw.power", MetricSwitch::Off)
        .with_id_source(IdSource::HashedUuid(Salt::new("correct horse battery")))
        .with_instance("west")
        .with_attribute("rack", "7")
        .with_custom_metric(CustomMetric::new(dcgm::FieldId::PSTATE, "a.b"))
        .with_env([("DCGM_OTEL_PROFILE", "full")])
        .unwrap()
}

#[test]
fn every_setting_has_its_source() {
    let effective = sample().effective();
    let line = |path: &str| {
        let setting = effective.get(path).unwrap();
        format!("{} # {}", setting.value, setting.source)
    };
    assert_eq!(line("mode"), "standalone # default");
    assert_eq!(line("endpoint"), "localhost:5555 # default");
    assert_eq!(line("interval"), "30s # code");
    assert_eq!(line("max_age"), "auto # default");
    assert_eq!(line("profile"), "full # environment");
    assert_eq!(line("groups.nvlink"), "off # code");
    assert_eq!(line("groups.nvswitch"), "auto # default");
    assert_eq!(line("group_series.profiling"), "64 # code");
    assert_eq!(line("metrics.hw.power"), "off # code");
    assert_eq!(line("devices"), "all # default");
    assert_eq!(line("id_source"), "hashed_uuid:<redacted> # code");
    assert_eq!(line("instance"), "west # code");
    assert_eq!(effective.get("instances"), None);
}

#[test]
fn embedded_mode_has_no_endpoint() {
    let config = Config::default().with_mode(Mode::Embedded);
    assert_eq!(config.effective().get("endpoint"), None);
}

#[test]
fn salt_is_not_printed() {
    let config = sample();
    let printed = format!("{config:?} {} {:?}", config.effective(), config.effective());
    assert!(!printed.contains("horse"), "{printed}");
}

#[test]
fn every_key_is_listed() {
    let effective = sample().effective();
    let with_semconv = |key: &&SettingKey| key.only_with() != Some(Naming::DcgmExporter);
    for key in SettingKey::ALL.iter().filter(with_semconv) {
        let path = key.path();
        let inner = format!("{path}.");
        let mut settings = effective.settings.iter();
        assert!(
            settings.any(|one| one.path == path || one.path.starts_with(&inner)),
            "{path}"
        );
    }
}

#[test]
fn dump_is_valid_as_environment() {
    let config = sample().with_id_source(IdSource::PciBdf);
    let effective = config.effective();
    let text = |key: &SettingKey| {
        let inner = format!("{}.", key.path());
        let settings = effective.settings.iter();
        let items = settings
            .filter_map(|one| Some(format!("{}={}", one.path.strip_prefix(&inner)?, one.value)));
        match effective.get(key.path()) {
            Some(setting) => setting.value.clone(),
            None => items.collect::<Vec<_>>().join(","),
        }
    };
    let variables = SettingKey::ALL.iter();
    let variables = variables.filter_map(|key| Some((key.variable()?, text(key))));
    let again = Config::default().with_env(variables).unwrap();
    let values = |effective: EffectiveConfig| -> Vec<_> {
        let settings = effective.settings.into_iter();
        // These two have no variable.
        let with =
            settings.filter(|one| one.path != "instance" && one.path != "group_series.profiling");
        with.map(|one| (one.path, one.value)).collect()
    };
    assert_eq!(values(again.effective()), values(effective.clone()));
}

#[cfg(feature = "serde")]
#[test]
fn dump_survives_serialization() {
    let effective = sample().effective();
    let text = serde_json::to_string(&effective).unwrap();
    assert_eq!(
        serde_json::from_str::<EffectiveConfig>(&text).unwrap(),
        effective
    );
    assert!(
        text.contains(r#"{"path":"interval","value":"30s","source":"code"}"#),
        "{text}"
    );
    assert!(!text.contains("horse"), "{text}");
}
