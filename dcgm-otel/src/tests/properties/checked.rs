//! One meter on one provider, and what must hold of what it exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dcgm::{EntityId, EntityKind, FieldId};
use opentelemetry_sdk::metrics::Temporality;

use super::script::{Step, all};
use super::scripted::ScriptedFake;
use crate::catalogue::{CATALOGUE, Kind, Metric, Op, Source};
use crate::testing::{Exported, Fake, Harness};
use crate::{Config, MeterState};

pub(super) struct CheckedMeter {
    pub(super) scripted: ScriptedFake,
    pub(super) harness: Harness<Fake>,
    temporality: Temporality,
    /// Exported total of each counter; with delta temporality, the sum of the exports.
    totals: BTreeMap<String, f64>,
    /// Series of the last export, and series that have disappeared.
    shown: BTreeSet<String>,
    went: BTreeSet<String>,
    /// Number of lists of entities, and the time of the last one.
    lists: u64,
    listed: Option<Instant>,
    /// Number of events that were reported to earlier meters.
    earlier_events: usize,
}

/// A series by name and attributes.
pub(super) fn key(point: &Exported) -> String {
    let mut key = point.name.clone();
    for one in &point.attributes {
        let _ = write!(key, ",{}={}", one.key, one.value);
    }
    key
}

impl CheckedMeter {
    pub(super) fn new(config: Config, temporality: Temporality) -> Self {
        let scripted = ScriptedFake::new();
        let mut harness = Harness::without_meter(&scripted.fake, config, temporality);
        scripted.record_samples(&harness);
        harness.install();
        Self {
            scripted,
            harness,
            temporality,
            totals: BTreeMap::new(),
            shown: BTreeSet::new(),
            went: BTreeSet::new(),
            lists: 0,
            listed: None,
            earlier_events: 0,
        }
    }

    pub(super) fn take(&mut self, step: &Step) {
        self.scripted.take(step);
        match step {
            Step::Pass(millis) => self.harness.advance(Duration::from_millis(*millis)),
            Step::Install(collect) => self.install(*collect),
            _ => {}
        }
    }

    fn install(&mut self, collect: bool) {
        self.harness.uninstall();
        self.scripted.reported.lock().fields.clear();
        self.went.clear();
        self.shown.clear();
        if collect {
            assert!(self.points().is_empty(), "shown without a meter");
            // That collect ended the series: they start at 0 again.
            self.totals.clear();
            self.scripted.fake.edit(|state| state.delivered.clear());
        }
        self.earlier_events = self.scripted.fake.edit(|state| state.delivered.len());
        self.harness.install();
    }

    /// Exported metrics of the devices.
    pub(super) fn points(&self) -> Vec<Exported> {
        let mut points = self.harness.export();
        points.retain(|point| point.name.starts_with("hw."));
        points
    }

    /// Samples, exports, and checks all that must hold.
    pub(super) fn check(&mut self, when: &str) {
        let outcome = self.harness.meter().sample_now();
        let lists = self.scripted.fake.edit(|state| state.lists);
        if lists > self.lists {
            (self.lists, self.listed) = (lists, Some(self.harness.clock.now()));
        }
        let health = self.harness.health();
        let is_ready = health.state == MeterState::Ready;
        assert_eq!(is_ready, outcome.is_ok(), "{when}: {outcome:?}");
        assert_eq!(health.reason.is_none(), outcome.is_ok(), "{when}");
        assert_eq!(health.callback_panics, 0, "{when}");
        let points = self.points();
        self.check_each(&points, when);
        self.check_levels(&points, when);
        self.check_counters(&points, when);
        self.check_events(&points, when);
    }

    fn check_each(&self, points: &[Exported], when: &str) {
        assert!(points.len() <= self.harness.config.max_series(), "{when}");
        let mut keys = BTreeSet::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for point in points {
            let names = point.attributes.windows(2);
            let mut names = names.map(|pair| (pair[0].key.as_str(), pair[1].key.as_str()));
            assert!(names.all(|(a, b)| a < b), "{when}: {point:?}");
            assert!(keys.insert(key(point)), "{when}: twice {point:?}");
            *counts.entry(&point.name).or_default() += 1;
            let (least, most) = metric(point).range;
            let (least, most) = if point.is_counter() {
                (0.0, f64::INFINITY)
            } else {
                (least, most)
            };
            let value = point.value;
            assert!(
                value.is_finite() && (least..=most).contains(&value),
                "{when}: {point:?}"
            );
        }
        let most = counts.values().max().copied().unwrap_or_default();
        assert!(
            most <= self.harness.config.max_instrument_series(),
            "{when}"
        );
    }

    /// Checks that each gauge is fresh and equals the last reading.
    fn check_levels(&self, points: &[Exported], when: &str) {
        let mut levels = points.iter().filter(|point| !point.is_counter()).peekable();
        let reported = self.scripted.reported.lock();
        let now = self.harness.clock.now();
        let is_fresh =
            |at, period: Duration| now.duration_since(at) < self.harness.config.max_age(period);
        assert!(
            levels.peek().is_none() || self.scripted.is_connected(),
            "{when}: without a connection {:?}",
            levels.next()
        );
        let second = Duration::from_secs(1);
        let anything = reported.fields.values().map(|seen| seen.changed);
        let anything = anything.chain(self.listed).any(|at| is_fresh(at, second));
        for point in levels {
            // The engine's empty list counts as a new sample of this tick.
            let of_gpu = point.attribute("hw.type").as_deref() == Some("gpu");
            let is_said = self.scripted.has_no_gpu() && of_gpu || self.scripted.has_nothing();
            // What is kept once for the host is read through whichever GPU is the first, and is as
            // new as the first sight of it there.
            let is_of_host = point.attribute("hw.id").is_none();
            if is_of_host || is_said && point.name == "hw.status" {
                continue;
            }
            // A meter that exports states of links only, because of its cap, has each tick's list as the
            // sign that the engine answers, and not the samples.
            let is_listed = sources(point)
                .iter()
                .all(|(source, _)| source.op.is_listed())
                && points.iter().all(|one| one.name == point.name)
                && self.scripted.can_list();
            assert!(
                anything || is_listed,
                "{when}: nothing is sampled, and yet {point:?}"
            );
            let mut is_joint = false;
            let mut is_right = false;
            for (source, at_rest) in sources(point) {
                is_joint |= source.op.is_joint() || source.op.is_listed();
                let period = if at_rest { second * 3600 } else { second };
                for entity in entities(point) {
                    for field in source.each.iter().chain([&source.field]) {
                        let seen = reported.fields.get(&(entity, *field));
                        is_right |= seen.is_some_and(|seen| {
                            is_fresh(seen.changed, period) && says(point, &source, seen.number)
                        });
                    }
                }
            }
            assert!(
                is_joint || is_right,
                "{when}: not fresh or not so {point:?}"
            );
        }
    }

    fn check_counters(&mut self, points: &[Exported], when: &str) {
        let mut shown = BTreeSet::new();
        for point in points.iter().filter(|point| point.is_counter()) {
            let key = key(point);
            let total = self.totals.entry(key.clone()).or_default();
            if self.temporality == Temporality::Delta {
                assert!(point.value >= 0.0, "{when}: {point:?}");
                *total += point.value;
            } else {
                assert!(point.value >= *total, "{when}: {total} before {point:?}");
                *total = point.value;
            }
            assert!(!self.went.contains(&key), "{when}: went and came {key}");
            shown.insert(key);
        }
        let gone: Vec<_> = self.shown.difference(&shown).cloned().collect();
        // A cap drops whole units for good.
        assert!(
            gone.is_empty() || self.harness.config.max_series() < 1000,
            "{when}: went {gone:?}"
        );
        self.went.extend(gone);
        self.shown = shown;
        self.forget();
    }

    /// With delta temporality the SDK forgets the series that an export does not show: when a series is
    /// back, its first growth is all of its total.
    fn forget(&mut self) {
        if self.temporality == Temporality::Delta {
            self.totals.retain(|key, _| self.shown.contains(key));
        }
    }

    /// Each event is counted, once.
    fn check_events(&self, points: &[Exported], when: &str) {
        if self.harness.config.max_series() < 1000 || self.temporality == Temporality::Delta {
            return;
        }
        let mut expected: BTreeMap<(String, &str, String), f64> = BTreeMap::new();
        let mut recent = BTreeSet::new();
        let delivered = self.scripted.fake.edit(|state| state.delivered.clone());
        for (place, (entity, field, code)) in delivered.iter().enumerate() {
            let code = match code {
                i64::MIN..=0 => continue,
                1..=999 => code.to_string(),
                // Codes of switches have up to five digits.
                1000..=99_999 if *field != FieldId::XID_ERRORS => code.to_string(),
                _ => "_OTHER".to_owned(),
            };
            let name = match *field {
                FieldId::XID_ERRORS => "hw.gpu.xid.errors",
                _ => "hw.switch.sxid.errors",
            };
            let series = (id(*entity), name, code);
            if place >= self.earlier_events {
                recent.insert(series.clone());
            }
            *expected.entry(series).or_default() += 1.0;
        }
        let mut found: BTreeMap<(String, &str, String), f64> = BTreeMap::new();
        for point in points {
            let name = match point.name.as_str() {
                "hw.gpu.xid.errors" => "hw.gpu.xid.errors",
                "hw.switch.sxid.errors" => "hw.switch.sxid.errors",
                _ => continue,
            };
            let of = point.attribute("hw.id").unwrap();
            let code = point.attribute("error.type").unwrap();
            *found.entry((of, name, code)).or_default() += point.value;
        }
        // A series that only earlier meters had appears with its next event.
        expected.retain(|series, _| recent.contains(series) || found.contains_key(series));
        assert_eq!(found, expected, "{when}");
    }

    /// Returns `true` if the totals equal those of another meter.
    pub(super) fn agrees_with(&self, delta: &Self) {
        assert_eq!(self.shown, delta.shown);
        for key in &self.shown {
            let (total, sum) = (self.totals[key], delta.totals[key]);
            let near = (total - sum).abs() <= 1e-9 * total.abs().max(1.0);
            assert!(near, "{key}: {total} in all, {sum} in parts");
        }
    }
}

fn metric(point: &Exported) -> &'static Metric {
    let mut all = CATALOGUE.iter();
    all.find(|metric| metric.name == point.name).unwrap()
}

/// Where a point may have its value from, and whether that is hardly ever sampled.
fn sources(point: &Exported) -> Vec<(Source, bool)> {
    let families = metric(point).families.iter();
    let rows = families.flat_map(|family| {
        let points = family.points.iter();
        points.map(move |row| (row, family.at_rest))
    });
    let rows = rows.filter(|(row, _)| {
        row.attributes
            .iter()
            .all(|(key, value)| point.attribute(key).as_deref() == Some(value))
    });
    rows.flat_map(|(row, at_rest)| row.sources.iter().map(move |one| (*one, at_rest)))
        .collect()
}

/// The `hw.id` of an entity; of a link of a GPU, that of the GPU.
fn id(entity: EntityId) -> String {
    match (entity.kind, entity.id) {
        (EntityKind::GPU, id) => format!("GPU-a{id}"),
        (EntityKind::GPU_INSTANCE, id) => format!("GPU-a1/gi/{}", id - 8),
        (EntityKind::COMPUTE_INSTANCE, id) => format!("GPU-a1/gi/2/ci/{}", id - 20),
        (EntityKind::LINK, 32) => "GPU-a0".to_owned(),
        (EntityKind::LINK, id) => format!("nvswitch-0/port/{}", id - 30),
        (EntityKind::SWITCH, id) => format!("nvswitch-{id}"),
        _ => String::new(),
    }
}

/// Entities that a point may describe.
fn entities(point: &Exported) -> Vec<EntityId> {
    let of = point.attribute("hw.id").unwrap_or_default();
    let of = of.strip_suffix("/fan").unwrap_or(&of);
    let mut found = all();
    if of.is_empty() {
        // The engine keeps these once per host; they are read through a GPU.
        found.retain(|one| one.kind == EntityKind::GPU);
        found.push(EntityId::HOST);
        return found;
    }
    found.retain(|one| id(*one) == of);
    found
}

/// Returns `true` if a reading of `source` gives the value of `point`.
fn says(point: &Exported, source: &Source, number: Option<f64>) -> bool {
    if !matches!(source.op, Op::Last | Op::NonZero) {
        return true;
    }
    let Some(number) = number else { return false };
    let scaled = source.scale.scale_number(number);
    match metric(point).kind {
        Kind::GaugeF64 => scaled.total_cmp(&point.value).is_eq(),
        _ => (scaled.round() - point.value).abs() <= scaled.abs() * 1e-12,
    }
}
