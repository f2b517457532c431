//! The configuration files of the kit: both are read, and the complete one is complete.

use std::collections::{BTreeMap, BTreeSet};

use dcgm_otel::{Config, Group};

use crate::kit;

const COMPLETE: &str = "docs/ops/config-complete.toml";

fn read(file: &str) -> Config {
    let config: Config = basic_toml::from_str(&kit::text(file)).unwrap();
    config.validate().unwrap();
    config
}

/// The settings in effect, by path.
fn effective(config: &Config) -> BTreeMap<String, String> {
    let settings = config.effective().settings.into_iter();
    settings
        .map(|setting| (setting.path, setting.value))
        .collect()
}

/// Every key that a document can have, read off the table of settings.
fn keys() -> BTreeSet<String> {
    let source = kit::text("dcgm-otel/src/config/rows.rs");
    let table = source
        .split("\n        $define! {")
        .nth(1)
        .unwrap()
        .split("\n        }")
        .next()
        .unwrap();
    let rows = table.lines().filter_map(|line| line.split_once(", with_"));
    let keys = rows.map(|(key, _)| key.trim().to_owned());
    // Those of another naming are errors with that of the complete configuration.
    let others = ["exporter_csv", "xid_window", "clock_event_window"];
    keys.filter(|key| !others.contains(&key.as_str())).collect()
}

#[test]
fn the_complete_configuration_has_every_key_and_every_group() {
    let text = kit::text(COMPLETE);
    let document: BTreeMap<String, serde_json::Value> = basic_toml::from_str(&text).unwrap();
    assert_eq!(document.keys().cloned().collect::<BTreeSet<_>>(), keys());
    let groups = document["groups"].as_object().unwrap().keys();
    let all = Group::ALL.iter().map(|group| group.name());
    assert_eq!(
        groups.map(String::as_str).collect::<BTreeSet<_>>(),
        all.collect()
    );
}

#[test]
fn what_is_marked_as_default_is_and_nothing_else() {
    let given = effective(&read(COMPLETE));
    let default = effective(&Config::default());
    let mut table = String::new();
    let mut marked = 0;
    for line in kit::text(COMPLETE).lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            table = format!("{name}.");
        }
        let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let path = format!("{table}{}", key.trim_matches('"'));
        assert!(given.contains_key(&path), "{path} is not in effect");
        let same = given.get(&path) == default.get(&path);
        assert_eq!(same, value.ends_with(" # default"), "{path}");
        marked += usize::from(same);
    }
    assert!(marked > 30, "the search finds nothing");
}

#[test]
fn the_minimal_configuration_is_the_default() {
    let minimal = read("docs/ops/config-minimal.toml");
    assert_eq!(effective(&minimal), effective(&Config::default()));
}
