//! A harness on the mock of a whole host, whose series have short names.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dcgm::mock::{Clock, Mock, Model};
use dcgm::{EntityId, FieldId, OwnedValue};

use super::{Exported, Harness};
use crate::{Config, ErrorKind, MeterState};

/// Default interval of a meter, in seconds.
pub(crate) const INTERVAL: u64 = 15;

/// Attributes that distinguish the series of one metric of one device.
const TELLING: &[&str] = &[
    "error.type",
    "hw.gpu.clock.domain",
    "hw.gpu.engine.type",
    "hw.gpu.memory.row_remap.state",
    "hw.gpu.pipe",
    "hw.gpu.task",
    "hw.gpu.throttle.reason",
    "hw.limit_type",
    "hw.sensor_location",
    "hw.state",
    "hw.switch.sxid.severity",
    "network.io.direction",
];

/// One collect: each series by a short name, such as `hw.errors gpu3 corrected`, and its value.
pub(crate) type Shown = BTreeMap<String, f64>;

/// Creates a mock whose clock is manual.
pub(crate) fn mock_of(model: Model) -> Mock {
    Mock::builder().model(model).clock(Clock::manual()).build()
}

impl Harness<Mock> {
    /// Installs a meter on a host of the mock, without a sample.
    pub(crate) fn on_host(names: &str, config: Config) -> Self {
        Self::with_config(&mock_of(names.parse().unwrap()), config)
    }

    /// Installs a meter with the default settings, and takes the first sample.
    pub(crate) fn sampled(names: &str) -> Self {
        Self::sampled_with(names, Config::default())
    }

    pub(crate) fn sampled_with(names: &str, config: Config) -> Self {
        Self::prepared(names, config, |_| {})
    }

    /// Changes the mock before the first sample.
    pub(crate) fn prepared(names: &str, config: Config, prepare: impl FnOnce(&Mock)) -> Self {
        let harness = Self::on_host(names, config);
        prepare(&harness.client);
        harness.sample();
        harness
    }

    /// Ticks at each interval until a time by the mock's clock.
    pub(crate) fn run_until(&self, seconds: u64) {
        while self.now() < Duration::from_secs(seconds) {
            self.tick_after(Duration::from_secs(INTERVAL));
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.client.clock().now()
    }

    /// Current values of the hardware.
    pub(crate) fn raw(&self, entity: EntityId, field: FieldId) -> f64 {
        self.raw_at(entity, field, self.now())
    }

    #[expect(clippy::cast_precision_loss, reason = "far from so large")]
    pub(crate) fn raw_at(&self, entity: EntityId, field: FieldId, at: Duration) -> f64 {
        match self.client.model().value(entity, field, at).unwrap() {
            OwnedValue::Int(value) => value as f64,
            OwnedValue::Double(value) => value,
            other => panic!("{other:?} is no number"),
        }
    }

    /// Counts of the hardware since the start of the test.
    pub(crate) fn counted(&self, entity: EntityId, field: FieldId) -> f64 {
        self.raw(entity, field) - self.raw_at(entity, field, Duration::ZERO)
    }

    /// The times at which the meter has sampled, if it has done so at each interval from the start.
    pub(crate) fn samples(&self) -> impl Iterator<Item = Duration> {
        let ticks = self.now().as_secs() / INTERVAL;
        (1..=ticks).map(|tick| Duration::from_secs(tick * INTERVAL))
    }

    pub(crate) fn shown(&self) -> Shown {
        let mut shown = Shown::new();
        for point in self.export() {
            let name = self.short(&point);
            let twice = shown.insert(name, point.value);
            assert_eq!(twice, None, "{point:?}");
        }
        shown
    }

    fn short(&self, point: &Exported) -> String {
        let mut who = point.attribute("hw.id").unwrap_or_else(|| "host".into());
        for entity in self.client.model().host().entities() {
            if let Some(uuid) = entity.uuid.as_deref() {
                who = who.replace(uuid, &format!("gpu{}", entity.id.id));
            }
        }
        if let Some(link) = point.attribute("hw.gpu.nvlink.index") {
            who = format!("{who}#{link}");
        }
        let mut words = vec![point.name.clone(), who];
        words.extend(TELLING.iter().filter_map(|key| point.attribute(key)));
        words.join(" ")
    }

    /// Returns the values of a metric whose short name has this prefix.
    pub(crate) fn shown_of(&self, prefix: &str) -> Shown {
        let mut shown = self.shown();
        shown.retain(|name, _| name.starts_with(prefix));
        shown
    }

    pub(crate) fn series(&self, name: &str) -> Option<f64> {
        self.shown().get(name).copied()
    }

    /// Reported state of each device.
    pub(crate) fn statuses(&self) -> BTreeMap<String, String> {
        let mut statuses = BTreeMap::new();
        for (name, value) in self.shown_of("hw.status ") {
            let [_, who, state] = name.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{name}");
            };
            if value > 0.0 {
                let twice = statuses.insert(who.to_owned(), state.to_owned());
                assert_eq!(twice, None, "{name}");
            }
        }
        statuses
    }

    /// States of devices that are not `ok`.
    pub(crate) fn ailing(&self) -> String {
        let mut statuses = self.statuses();
        statuses.retain(|_, state| state != "ok");
        let lines = statuses.iter().map(|(who, state)| format!("{who} {state}"));
        lines.collect::<Vec<_>>().join(", ")
    }

    /// Errors that the meter counts about itself.
    pub(crate) fn errors(&self) -> Vec<(ErrorKind, u64)> {
        let health = self.health();
        let kinds = ErrorKind::ALL.iter();
        let counts = kinds.map(|kind| (*kind, health.errors(*kind)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    pub(crate) fn assert_well(&self) {
        assert_eq!(self.errors(), []);
        let health = self.health();
        assert_eq!((health.state, health.reconnects), (MeterState::Ready, 0));
    }
}

/// Ticks each harness at each interval until a time by its clock.
pub(crate) fn run_all(all: &[Harness], seconds: u64) {
    for harness in all {
        harness.run_until(seconds);
    }
}

/// Returns the series that differ between two exports, or are in one only.
pub(crate) fn differing(one: &Shown, other: &Shown) -> BTreeSet<String> {
    let names = one.keys().chain(other.keys());
    names
        .filter(|name| one.get(*name) != other.get(*name))
        .cloned()
        .collect()
}

/// Abbreviates names of series: one line per metric and device, with the links of a device
/// together.
pub(crate) fn lines(names: &BTreeSet<String>) -> String {
    let mut grouped: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for name in names {
        let mut words = name.splitn(3, ' ');
        let metric = words.next().unwrap_or_default();
        let who = words.next().unwrap_or_default();
        let (who, _) = who.split_once('#').unwrap_or((who, ""));
        let rest = words.next().unwrap_or_default();
        grouped.entry((metric, who)).or_default().insert(rest);
    }
    let lines = grouped.into_iter().map(|((metric, who), rest)| {
        let rest: Vec<_> = rest.into_iter().filter(|rest| !rest.is_empty()).collect();
        format!("{metric} {who} {}", rest.join(","))
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The counters of one that have fallen in the other, or are gone from it.
pub(crate) fn fallen<'a>(before: &'a Shown, after: &Shown) -> Vec<&'a String> {
    let counters = before.iter().filter(|(name, _)| is_counter(name));
    counters
        .filter(|(name, value)| after.get(*name).is_none_or(|now| now < *value))
        .map(|(name, _)| name)
        .collect()
}

/// Every counter of a host with H100s.
const COUNTERS: &[&str] = &[
    "hw.energy",
    "hw.errors",
    "hw.gpu.io",
    "hw.gpu.nvlink.io",
    "hw.gpu.throttle.duration",
    "hw.gpu.xid.errors",
    "hw.network.io",
    "hw.switch.sxid.errors",
];

pub(crate) fn is_counter(name: &str) -> bool {
    COUNTERS.contains(&name.split(' ').next().unwrap_or_default())
}

/// Returns the series that remain while only counters are shown.
pub(crate) fn counters_of(shown: &Shown) -> Shown {
    let mut counters = shown.clone();
    counters.retain(|name, _| is_counter(name));
    counters
}

/// An event of a field now, for each of the codes.
pub(crate) fn push(mock: &Mock, entity: EntityId, field: FieldId, codes: &[i64]) {
    for code in codes {
        mock.push_event(entity, field, *code);
    }
}
