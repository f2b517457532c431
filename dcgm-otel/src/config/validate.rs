//! Checks that need more than one setting.

use std::collections::HashMap;

use super::key::SettingKey;
use super::{
    Config, ConfigError, CustomMetric, ExporterCsv, Group, GroupSwitch, MetricSwitch, ModeKind,
    Naming, PeakPeriod, ThrottleName, duration, peaks,
};
use super::{SettingSource, checks, nearest};
use crate::catalogue::{CATALOGUE, Family};
use crate::naming::exporter;
use crate::text::prometheus_name;

impl Config {
    pub(crate) fn validate_into(&self, errors: &mut Vec<ConfigError>) {
        self.check_each(errors);
        self.check_endpoint(errors);
        self.check_max_age(errors);
        self.check_peaks(errors);
        self.check_groups(errors);
        self.check_metrics(errors);
        self.check_custom(errors);
    }

    /// An endpoint that was given together with the embedded mode, or by a source that takes
    /// precedence over the one of the mode, would be ignored in silence.
    fn check_endpoint(&self, errors: &mut Vec<ConfigError>) {
        let (mode, endpoint) = (&self.mode, &self.endpoint);
        let is_given = endpoint.source != SettingSource::Default;
        if mode.value == ModeKind::Embedded && is_given && endpoint.source >= mode.source {
            let name = SettingKey::endpoint.name(endpoint.source);
            let expected = "no value, as an embedded engine has no endpoint";
            let hint = "remove it, or set the mode to standalone".to_owned();
            let error = ConfigError::new(name, endpoint.value.to_string(), expected);
            errors.push(error.with_hint(Some(hint)));
        }
    }

    /// A value must not expire before the next tick.
    fn check_max_age(&self, errors: &mut Vec<ConfigError>) {
        let interval = self.interval.value;
        if let Some(age) = self.max_age.value.filter(|age| *age < interval) {
            let name = SettingKey::max_age.name(self.max_age.source);
            let expected = format!(
                "the interval, {}, or more",
                duration::write_duration(interval)
            );
            errors.push(ConfigError::new(
                name,
                duration::write_duration(age),
                expected,
            ));
        }
    }

    /// The engine and the meter must be able to keep up, and a window needs more than one sample.
    fn check_peaks(&self, errors: &mut Vec<ConfigError>) {
        let PeakPeriod::Every(period) = self.peaks.value else {
            return;
        };
        let interval = self.interval();
        let (shortest, longest) = (peaks::shortest_period(interval), interval / 2);
        if !(shortest..=longest).contains(&period) {
            let write = duration::write_duration;
            let expected = format!(
                "on, off or a period from {} to {}",
                write(shortest),
                write(longest)
            );
            let name = SettingKey::peaks.name(self.peaks.source);
            errors.push(ConfigError::new(name, write(period), expected));
        }
    }

    fn check_groups(&self, errors: &mut Vec<ConfigError>) {
        let naming = self.naming.value;
        for (group, switch) in self.groups.iter() {
            let key = SettingKey::groups;
            let refuse = |expected: &str| {
                key.entry_error(switch.source, group.name(), switch.value.name(), expected)
            };
            if !group.accepts(switch.value) {
                errors.push(refuse(group.expected()));
            } else if switch.value != GroupSwitch::Off
                && switch.value != group.default_switch()
                && !has_metrics(*group, naming)
            {
                // The default is accepted, so that a file can list all groups with any naming.
                errors.push(refuse(&checks::no_effect(naming)));
            }
        }
        for (group, cap) in self.group_series.iter() {
            let key = SettingKey::group_series;
            if cap.value == 0 {
                let error =
                    key.entry_error(cap.source, group.name(), "0", "a whole number above 0");
                errors.push(error.with_hint(Some(format!("to disable it set groups.{group}=off"))));
            }
        }
    }

    fn check_metrics(&self, errors: &mut Vec<ConfigError>) {
        let naming = self.naming.value;
        for (metric, switch) in self.metrics.iter() {
            if is_metric(metric, naming) || self.is_custom(metric) {
                if switch.value == MetricSwitch::On && self.peaks().is_none() && is_peak(metric) {
                    let name = SettingKey::metrics.name(switch.source);
                    let expected = "no value, as it has no effect with peaks=off";
                    let hint = "to enable it set peaks=on".to_owned();
                    errors.push(ConfigError::new(name, metric, expected).with_hint(Some(hint)));
                }
                continue;
            }
            let other = Naming::ALL.iter().find(|other| is_metric(metric, **other));
            let (expected, hint) = if other.is_some() {
                (checks::no_effect(naming), None)
            } else {
                let mut names = metric_names(naming);
                names.extend(self.custom_names().map(str::to_owned));
                let hint = nearest::did_you_mean(metric, names.iter().map(String::as_str));
                let expected = match naming {
                    Naming::Semconv => {
                        "the name of a metric, as in hw.gpu.utilization, or of a family of its series, as in hw.gpu.utilization/encoder"
                    }
                    _ => "the name of a metric, as in DCGM_FI_DEV_PSTATE",
                };
                (expected.to_owned(), hint)
            };
            let name = SettingKey::metrics.name(switch.source);
            errors.push(ConfigError::new(name, metric, expected).with_hint(hint));
        }
    }
}

impl Config {
    fn check_custom(&self, errors: &mut Vec<ConfigError>) {
        let naming = self.naming.value;
        let mut taken = HashMap::new();
        let base = crate::naming::base_metrics(naming).iter();
        for metric in base {
            let name = prometheus_name(metric.name, metric.unit, metric.kind.is_counter());
            taken.insert(name, metric.name.to_owned());
        }
        for metric in CATALOGUE.iter().filter(|_| naming == Naming::Semconv) {
            if metric.name == ThrottleName::Duration.metric() {
                let other = ThrottleName::Time.metric();
                let name = prometheus_name(other, metric.unit, metric.kind.is_counter());
                taken.insert(name, other.to_owned());
            }
        }
        for name in self.csv_names() {
            taken.insert(prometheus_name(name, "", false), name.to_owned());
        }
        self.custom.check(naming, &taken, errors);
    }

    /// Returns the names of the metrics that a file selects.
    fn csv_names(&self) -> impl Iterator<Item = &str> {
        let csv = self.exporter_csv.value.iter();
        let csv = csv.filter(|_| self.naming.value.is_dcgm_exporter());
        csv.flat_map(ExporterCsv::names)
    }

    /// Returns the names of the metrics that the naming does not have by itself.
    fn custom_names(&self) -> impl Iterator<Item = &str> {
        self.custom
            .iter()
            .map(CustomMetric::name)
            .chain(self.csv_names())
    }

    /// Returns `true` for the name of a custom metric, or of one of its definitions by number.
    fn is_custom(&self, name: &str) -> bool {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        self.custom_names().any(|one| {
            name.strip_prefix(one)
                .is_some_and(|rest| match rest.strip_prefix('/') {
                    // A name can contain slashes, so that only the whole name is split off.
                    Some(family) => family == "all" || is_number(family),
                    None => rest.is_empty(),
                })
        })
    }

    /// Makes the error of a process in which there were too many sets of definitions.
    pub(crate) fn too_many_tables(&self) -> ConfigError {
        let count = self.custom.iter().count();
        let expected = format!(
            "one of the {} sets of definitions that this process has had",
            crate::naming::MAX_TABLES
        );
        let hint = "instruments cannot be removed: restart the process".to_owned();
        ConfigError::new(
            SettingKey::custom.path(),
            format!("{count} definitions"),
            expected,
        )
        .with_hint(Some(hint))
    }
}

/// Returns `true` if the naming has metrics of a group.
fn has_metrics(group: Group, naming: Naming) -> bool {
    let families = crate::naming::base_metrics(naming)
        .iter()
        .flat_map(|metric| metric.families);
    families.into_iter().any(|family| family.group == group)
}

/// Returns `true` if the naming has this metric, or this family of a metric.
pub(super) fn is_metric(name: &str, naming: Naming) -> bool {
    if naming.is_dcgm_exporter() {
        return exporter::metrics(naming).iter().any(|row| row.name == name);
    }
    let (metric, family) = match name.split_once('/') {
        Some((metric, family)) => (metric, Some(family)),
        None => (name, None),
    };
    // The throttle metric has two names, of which the catalogue has one.
    let metric = if metric == ThrottleName::Time.metric() {
        ThrottleName::Duration.metric()
    } else {
        metric
    };
    CATALOGUE.iter().any(|row| {
        let mut families = row.families.iter();
        row.name == metric && family.is_none_or(|name| families.any(|one| one.name == name))
    })
}

/// Returns `true` for the name of a metric of peaks, or of a family of one.
fn is_peak(name: &str) -> bool {
    let metric = name.split('/').next();
    let row = CATALOGUE.iter().find(|row| Some(row.name) == metric);
    row.is_some_and(|row| row.families.iter().all(Family::is_of_peaks))
}

/// Lists the names that can be switched.
fn metric_names(naming: Naming) -> Vec<String> {
    let mut names = Vec::new();
    for metric in crate::naming::base_metrics(naming) {
        names.push(metric.name.to_owned());
        if naming == Naming::Semconv {
            let families = metric.families.iter();
            names.extend(families.map(|family| format!("{}/{}", metric.name, family.name)));
        }
    }
    names
}
