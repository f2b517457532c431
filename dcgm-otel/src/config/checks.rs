//! The checks of a setting's value, named in the rows of the settings.

use std::time::Duration;

use super::field::Setting;
use super::key::SettingKey;
use super::value::SettingValue;
use super::{ConfigError, DeviceFilter, DeviceSelector, IdSource, Naming};

pub(super) use super::isolation::check_isolation;

const MIN_INTERVAL: Duration = Duration::from_secs(1);
const MAX_INTERVAL: Duration = Duration::from_secs(600);
/// In bytes: the name becomes an attribute of every scope.
const MAX_INSTANCE_BYTES: usize = 64;

/// A setting that needs no check: its type has valid values only, or [`super::validate`] checks it.
pub(super) fn valid<F>(_: SettingKey, _: &F, _: &mut Vec<ConfigError>) {}

pub(super) fn duration_in_range(
    key: SettingKey,
    field: &Setting<Duration>,
    errors: &mut Vec<ConfigError>,
) {
    let valid = (MIN_INTERVAL..=MAX_INTERVAL).contains(&field.value);
    check_setting(key, field, valid, errors);
}

pub(super) fn above_zero(key: SettingKey, field: &Setting<usize>, errors: &mut Vec<ConfigError>) {
    check_setting(key, field, field.value > 0, errors);
}

pub(super) use super::static_attributes::check_attributes;

pub(super) fn check_instance(
    key: SettingKey,
    field: &Setting<Option<String>>,
    errors: &mut Vec<ConfigError>,
) {
    let is_valid = |name: &String| {
        (1..=MAX_INSTANCE_BYTES).contains(&name.len()) && !name.contains(char::is_control)
    };
    check_setting(
        key,
        field,
        field.value.as_ref().is_none_or(is_valid),
        errors,
    );
}

/// Code can make selectors that have no text form.
pub(super) fn check_devices(
    key: SettingKey,
    field: &Setting<DeviceFilter>,
    errors: &mut Vec<ConfigError>,
) {
    for device in field.value.devices() {
        let text = device.to_string();
        if DeviceSelector::parse(&text).as_ref() != Some(device) {
            let name = key.name(field.source);
            errors.push(ConfigError::new(name, text, key.expected()));
        }
    }
}

pub(super) fn id_source(key: SettingKey, field: &Setting<IdSource>, errors: &mut Vec<ConfigError>) {
    if !field.value.is_strong() {
        errors.push(ConfigError::secret(key.name(field.source), key.expected()));
    }
}

/// Returns what messages say of a setting that has no effect with a naming.
pub(super) fn no_effect(naming: Naming) -> String {
    format!("no value, as it has no effect with naming={naming}")
}

fn check_setting<T: SettingValue>(
    key: SettingKey,
    field: &Setting<T>,
    valid: bool,
    errors: &mut Vec<ConfigError>,
) {
    if !valid {
        let text = field.value.to_text().unwrap_or_default();
        errors.push(ConfigError::new(
            key.name(field.source),
            text,
            key.expected(),
        ));
    }
}
