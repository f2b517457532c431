//! Setters and getters of the settings that need more than a value.

use std::time::Duration;

use dcgm::Endpoint;

use super::field::Setting;
use super::peaks::{self, PeakPeriod};
use super::{
    AttributeKey, Config, ConfigWarning, CustomMetric, ExporterCsv, Group, GroupSwitch,
    MetricSwitch, Mode, ModeKind, SettingSource, StaticScope, ThrottleName,
};
use crate::catalogue::INFO;

/// Series of each monitored entity that the default of the maximum leaves room for.
const SERIES_PER_ENTITY: usize = 100;

/// Sampling periods after which a value without a new sample expires by default.
const DEFAULT_AGE_PERIODS: u32 = 3;

impl Config {
    /// Sets the source of the samples: a host engine, or an engine in this process.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        match mode {
            Mode::Standalone { endpoint } => self.with_endpoint(endpoint),
            Mode::Embedded => {
                self.mode = Setting::from_code(ModeKind::Embedded);
                self.endpoint = Setting::from_default(Endpoint::default());
                self
            }
        }
    }

    /// Sets the endpoint of the host engine, and the mode to standalone.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.mode = Setting::from_code(ModeKind::Standalone);
        self.endpoint = Setting::from_code(endpoint);
        self
    }

    /// Sets the age at which a sample expires and its gauge disappears. `age` must be the interval or
    /// longer. By default, a sample expires after three times the period at which its field is sampled.
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = Setting::from_code(Some(age));
        self
    }

    /// Turns a group of metrics on or off. The metrics of a group that is off stay off, whatever
    /// [`with_metric`](Self::with_metric) sets.
    #[must_use]
    pub fn with_group(mut self, group: Group, switch: GroupSwitch) -> Self {
        self.groups.set(group, Setting::from_code(switch));
        self
    }

    /// Sets the switch of a metric or of one family of its series. `name` is, for example,
    /// `hw.gpu.utilization` for the metric and `hw.gpu.utilization/encoder` for the family. The switch
    /// of a family takes precedence over the switch of its metric.
    #[must_use]
    pub fn with_metric(mut self, name: impl Into<String>, switch: MetricSwitch) -> Self {
        self.metrics.set(name.into(), Setting::from_code(switch));
        self
    }

    /// Returns the maximum number of series for so many monitored entities.
    pub(crate) fn series_cap(&self, entities: usize) -> usize {
        match self.max_series.source {
            SettingSource::Default => self
                .max_series
                .value
                .max(entities.saturating_mul(SERIES_PER_ENTITY)),
            _ => self.max_series.value,
        }
    }

    /// Sets the maximum number of series of a group. The limits of all series
    /// ([`with_max_series`](Self::with_max_series)) and of one metric
    /// ([`with_max_instrument_series`](Self::with_max_instrument_series)) apply as well.
    #[must_use]
    pub fn with_group_series(mut self, group: Group, series: usize) -> Self {
        self.group_series.set(group, Setting::from_code(series));
        self
    }

    /// Adds a metric of a field that the catalogue does not have. A definition replaces those of a
    /// document and of the environment with the same name.
    ///
    /// A process can have 64 different sets of definitions in its life, because instruments cannot be
    /// removed from a provider; a further set is an error when a meter is installed.
    #[must_use]
    pub fn with_custom_metric(mut self, metric: CustomMetric) -> Self {
        self.custom.push_from_code(metric);
        self
    }

    /// Adds the metrics named `hw.gpu.peak.…`: minimum, maximum and mean of all samples between two ticks, which the
    /// engine then takes every 100 ms, or every 400th of the interval if that is longer.
    ///
    /// By default these are `hw.gpu.peak.power`, `hw.gpu.peak.temperature`, `hw.gpu.peak.sm.utilization` and
    /// `hw.gpu.peak.pipe.utilization`; [`with_metric`](Self::with_metric) turns them off, and others on. A reader that
    /// collects less often than the meter ticks sees the last window only, so set the
    /// [interval](Self::with_interval) to that of the reader.
    #[must_use]
    pub fn with_peaks(mut self) -> Self {
        self.peaks = Setting::from_code(PeakPeriod::Shortest);
        self
    }

    /// Adds the metrics of [`with_peaks`](Self::with_peaks), with samples every `period`: 100 ms or more, a 400th of the
    /// interval or more, and at most half of it.
    #[must_use]
    pub fn with_peak_period(mut self, period: Duration) -> Self {
        self.peaks = Setting::from_code(PeakPeriod::Every(period));
        self
    }

    /// Sets the file that selects the metrics, in dcgm-exporter's format. It has an effect with
    /// [`Naming::DcgmExporter`](crate::Naming::DcgmExporter) only, and is an error otherwise.
    #[must_use]
    pub fn with_exporter_csv(mut self, csv: ExporterCsv) -> Self {
        self.exporter_csv = Setting::from_code(Some(csv));
        self
    }

    /// Adds an attribute that is always the same, such as the name of the cluster. Attributes of the meter
    /// itself with this key take precedence. A key that begins with `hw.` or `dcgm.` is an error.
    #[must_use]
    pub fn with_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = AttributeKey(key.into());
        self.attributes.set(key, Setting::from_code(value.into()));
        self
    }

    /// Returns the static attributes of a metric.
    pub(crate) fn static_attributes(&self, metric: &str) -> impl Iterator<Item = (&str, &str)> {
        let is_here = self.attributes_on() == StaticScope::Series || metric == INFO;
        let all = self.attributes.iter().filter(move |_| is_here);
        all.map(|(key, setting)| (key.0.as_str(), setting.value.as_str()))
    }

    /// Sets the name that distinguishes this meter from others on the same provider. `name` has 1 to
    /// 64 bytes and becomes the attribute `dcgm.meter.instance` of the instrumentation scope. Each
    /// meter on a provider needs a different name; one of them can be without a name, the default.
    ///
    /// Use few names: a provider keeps the instruments of every name until the provider is dropped.
    #[must_use]
    pub fn with_instance(mut self, name: impl Into<String>) -> Self {
        self.instance = Setting::from_code(Some(name.into()));
        self
    }

    /// Returns the source of the samples.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.mode.value {
            ModeKind::Embedded => Mode::Embedded,
            ModeKind::Standalone => Mode::Standalone {
                endpoint: self.endpoint.value.clone(),
            },
        }
    }

    /// Returns the age at which a sample expires, for a field that is sampled every `period`. The
    /// returned age is never shorter than `period`, even if the age set by
    /// [`with_max_age`](Self::with_max_age) is shorter: otherwise the value would vanish between two
    /// samples.
    #[must_use]
    pub fn max_age(&self, period: Duration) -> Duration {
        match self.max_age.value {
            Some(age) => age.max(period),
            None => period.saturating_mul(DEFAULT_AGE_PERIODS),
        }
    }

    /// Returns the sampling period of peaks; `None` without peaks.
    #[must_use]
    pub fn peaks(&self) -> Option<Duration> {
        self.peaks.value.for_interval(self.interval())
    }

    /// Returns the time for which the engine keeps the samples of peaks.
    pub(crate) fn peaks_keep_age(&self) -> Duration {
        peaks::keep_age(self.interval())
    }

    /// Returns the switch of a group.
    #[must_use]
    pub fn group(&self, group: Group) -> GroupSwitch {
        let switch = self.groups.get(&group);
        switch.unwrap_or_else(|| group.default_switch())
    }

    /// Returns the maximum number of series of a group; `None` if the group has no limit of its own.
    #[must_use]
    pub fn group_series(&self, group: Group) -> Option<usize> {
        self.group_series.get(&group)
    }

    /// Returns the switch that applies to a family of series: the switch of the family, else the switch
    /// of the metric. Returns [`MetricSwitch::Off`] while `group`, the group of the family, is off.
    /// Returns `None` if no switch was set; the default of the family then applies.
    #[must_use]
    pub fn metric(&self, group: Group, metric: &str, family: &str) -> Option<MetricSwitch> {
        if self.group(group) == GroupSwitch::Off {
            return Some(MetricSwitch::Off);
        }
        let switch = |name: &str| self.metrics.get(name);
        let find = |metric: &str| switch(&format!("{metric}/{family}")).or_else(|| switch(metric));
        let names = ThrottleName::ALL.iter().map(|name| name.metric());
        find(metric).or_else(|| {
            // Either name of the throttle metric switches it.
            let is_throttle = names.clone().any(|name| name == metric);
            is_throttle.then(|| names.clone().find_map(find)).flatten()
        })
    }

    /// Returns the name that distinguishes the meter from others on the same provider; `None` if it
    /// was not set.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.instance.value.as_deref()
    }

    /// Returns the custom metrics.
    pub fn custom_metrics(&self) -> impl Iterator<Item = &CustomMetric> {
        self.custom.iter()
    }

    /// Returns the file that selects the metrics; `None` if it was not set.
    #[must_use]
    pub const fn exporter_csv(&self) -> Option<&ExporterCsv> {
        self.exporter_csv.value.as_ref()
    }

    /// Returns findings that do not stop a meter: unknown environment variables.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.warnings
    }
}
