//! The settings one by one: what they are, and how code sets them.

use std::time::Duration;

use dcgm::Endpoint;

use super::{
    Config, CounterOrigin, DeviceFilter, Group, GroupSwitch, IdSource, MetricSwitch, Mode, Naming,
    PERIODS_OF_AGE, Profile, Setting, SettingSource, ThrottleName,
};

const fn code<T>(value: T) -> Setting<T> {
    Setting::new(value, SettingSource::Code)
}

impl Config {
    /// Reads from a host engine, or from an engine of the process's own.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        match mode {
            Mode::Standalone { endpoint } => self.with_endpoint(endpoint),
            Mode::Embedded => {
                self.embedded = code(true);
                self
            }
        }
    }

    /// Reads from the host engine that listens there.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.embedded = code(false);
        self.endpoint = code(endpoint);
        self
    }

    /// How often it samples: 1 s to 10 min, by default 15 s.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = code(interval);
        self
    }

    /// How long it waits before the first sample: by default 1 s. There is no longest: a large host
    /// takes a while to start.
    #[must_use]
    pub fn with_initial_delay(mut self, delay: Duration) -> Self {
        self.initial_delay = code(delay);
        self
    }

    /// How old a sample may be whose value is still shown: the interval or more, by default three
    /// times the period at which it is sampled.
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = code(Some(age));
        self
    }

    /// How many series there may be at most: above 0, by default 1024.
    #[must_use]
    pub fn with_max_series(mut self, series: usize) -> Self {
        self.max_series = code(series);
        self
    }

    /// How many series one metric may have at most: above 0, by default 1000.
    ///
    /// The SDK keeps 2000 sets of attributes for each instrument, and until the end of a collect
    /// those of the one before count too: more than half of its limit must not change at once, or
    /// values go to an overflow series. A view of the SDK's can raise the limit: see `sdk::view`.
    #[must_use]
    pub fn with_max_instrument_series(mut self, series: usize) -> Self {
        self.max_instrument_series = code(series);
        self
    }

    /// Switches a group. A disabled group wins over the switches of its metrics.
    #[must_use]
    pub fn with_group(mut self, group: Group, switch: GroupSwitch) -> Self {
        self.groups.insert(group, code(switch));
        self
    }

    /// Switches a metric (`hw.gpu.utilization`) or a family of its series
    /// (`hw.gpu.utilization/encoder`), which wins over its metric.
    #[must_use]
    pub fn with_metric(mut self, name: impl Into<String>, switch: MetricSwitch) -> Self {
        self.metrics.insert(name.into(), code(switch));
        self
    }

    /// How many series a group may have at most, within those that there may be in all.
    #[must_use]
    pub fn with_group_series(mut self, group: Group, series: usize) -> Self {
        self.group_series.insert(group, code(series));
        self
    }

    /// Which devices are metered: by default all.
    #[must_use]
    pub fn with_devices(mut self, devices: DeviceFilter) -> Self {
        self.devices = code(devices);
        self
    }

    /// How metrics are called.
    #[must_use]
    pub fn with_naming(mut self, naming: Naming) -> Self {
        self.naming = code(naming);
        self
    }

    /// How much each series says of its device.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = code(profile);
        self
    }

    /// What `hw.id` is made of.
    #[must_use]
    pub fn with_id_source(mut self, source: IdSource) -> Self {
        self.id_source = code(source);
        self
    }

    /// Where counters begin.
    #[must_use]
    pub fn with_counter_origin(mut self, origin: CounterOrigin) -> Self {
        self.counter_origin = code(origin);
        self
    }

    /// How the time that a GPU was held back is called.
    #[must_use]
    pub fn with_throttle_name(mut self, name: ThrottleName) -> Self {
        self.throttle_name = code(name);
        self
    }

    /// The meter's name among several on one provider: an attribute of its scope.
    #[must_use]
    pub fn with_instance(mut self, name: impl Into<String>) -> Self {
        self.instance = code(Some(name.into()));
        self
    }

    /// Where the samples come from.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.embedded.value {
            Mode::Embedded
        } else {
            let endpoint = self.endpoint.value.clone();
            Mode::Standalone { endpoint }
        }
    }

    /// How often it samples.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval.value
    }

    /// How long it waits before the first sample.
    #[must_use]
    pub const fn initial_delay(&self) -> Duration {
        self.initial_delay.value
    }

    /// How old a sample may be whose value is still shown, if it is taken each `period`. A period
    /// longer than [`with_max_age`](Self::with_max_age) wins: else the value would vanish between
    /// two samples.
    #[must_use]
    pub fn max_age(&self, period: Duration) -> Duration {
        match self.max_age.value {
            Some(age) => age.max(period),
            None => period.saturating_mul(PERIODS_OF_AGE),
        }
    }

    /// How many series there may be at most.
    #[must_use]
    pub const fn max_series(&self) -> usize {
        self.max_series.value
    }

    /// How many series one metric may have at most.
    #[must_use]
    pub const fn max_instrument_series(&self) -> usize {
        self.max_instrument_series.value
    }

    /// The switch of a group.
    #[must_use]
    pub fn group(&self, group: Group) -> GroupSwitch {
        let given = self.groups.get(&group).map(|setting| setting.value);
        given.unwrap_or(group.default_switch())
    }

    /// How many series a group may have at most; `None` if only the whole is bounded.
    #[must_use]
    pub fn group_series(&self, group: Group) -> Option<usize> {
        self.group_series.get(&group).map(|setting| setting.value)
    }

    /// What was said of a family of series, the most specific that was; `None` leaves it to the
    /// metric.
    #[must_use]
    pub fn metric(&self, group: Group, metric: &str, family: &str) -> Option<MetricSwitch> {
        if self.group(group) == GroupSwitch::Off {
            return Some(MetricSwitch::Off);
        }
        let switch = |name: &str| self.metrics.get(name).map(|setting| setting.value);
        let said = |metric: &str| switch(&format!("{metric}/{family}")).or_else(|| switch(metric));
        let other = ThrottleName::ALL.iter().map(|name| name.metric());
        said(metric).or_else(|| {
            // The throttle metric is meant by either of its names.
            let throttle = other.clone().any(|name| name == metric);
            throttle.then(|| other.clone().find_map(said)).flatten()
        })
    }

    /// Which devices are metered.
    #[must_use]
    pub const fn devices(&self) -> &DeviceFilter {
        &self.devices.value
    }

    /// How metrics are called.
    #[must_use]
    pub const fn naming(&self) -> Naming {
        self.naming.value
    }

    /// How much each series says of its device.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile.value
    }

    /// What `hw.id` is made of.
    #[must_use]
    pub const fn id_source(&self) -> &IdSource {
        &self.id_source.value
    }

    /// Where counters begin.
    #[must_use]
    pub const fn counter_origin(&self) -> CounterOrigin {
        self.counter_origin.value
    }

    /// How the time that a GPU was held back is called.
    #[must_use]
    pub const fn throttle_name(&self) -> ThrottleName {
        self.throttle_name.value
    }

    /// The meter's name among several on one provider.
    #[must_use]
    pub fn instance(&self) -> Option<&str> {
        self.instance.value.as_deref()
    }
}
