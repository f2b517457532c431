//! The workloads that hold the entities: their attributes on gauges, and their parts of counters.
//!
//! A [`SeriesTable`](super::table::SeriesTable) knows no workloads. What it would export is the base of
//! what is exported:
//!
//! ```text
//!  base series ──┐                ┌─ gauge    ──► its point, with the attributes of the holder
//!  holders ──────┴─► plan: each ──┼─ counter  ──► the part without a workload, and one a workload
//!                    series is    └─ join     ──► a series for each holder
//! ```
//!
//! The plan is made again if the base, a holder or the state of a workload changes; sources, slots and
//! totals stay as they are. In between, a tick divides the growth of the totals ([`Split`]) and copies
//! points.

mod devices;
mod holders;
mod plan;
mod shares;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{Entity, EntityId};

use super::cardinality::Caps;
use super::counters::Ledger;
use super::index::{CounterIdx, Index};
use super::reduce::Reducers;
use super::snapshot::{Layout, Number, Point, Series, Snapshot};
use crate::attribution::poller::PolledSource;
use crate::attribution::{Allocation, Device};
use crate::catalogue::{ALLOCATION, Metric};
use crate::config::{AttributionExport, Config, Naming, SharedDevices};
use crate::naming::exporter::workload_label;
use devices::DeviceIndex;
use holders::{Holders, Sharing};
use plan::{Plan, merge_labels};
use shares::{ShareState, Split};

/// Number of intervals for which the counters of a workload are exported after its end.
const GRACE_INTERVALS: u32 = 3;

/// The series of a table, without workloads.
#[derive(Debug)]
pub(super) struct BaseSeries<'a> {
    pub(super) metrics: &'static [Metric],
    pub(super) layout: &'a Arc<Layout>,
    /// The entity of each series; `None` if it is gone.
    pub(super) owners: &'a [Option<EntityId>],
    pub(super) reducers: &'a Reducers,
    pub(super) caps: &'a Caps,
    pub(super) until: Option<Instant>,
}

/// The use that a configuration makes of allocations.
#[derive(Clone, Copy, Debug)]
struct AllocationUse {
    export: AttributionExport,
    shared: SharedDevices,
    naming: Naming,
    /// Time for which the counters of a workload are exported after its end.
    grace: Duration,
}

impl AllocationUse {
    fn of_config(config: &Config) -> Self {
        Self {
            export: config.attribution(),
            shared: config.shared_devices(),
            naming: config.naming(),
            grace: config.interval().saturating_mul(GRACE_INTERVALS),
        }
    }

    /// Returns `true` if series have the attributes of workloads.
    fn has_labels(self) -> bool {
        // dcgm-exporter has no metric to join with.
        self.export != AttributionExport::Join || self.naming.is_dcgm_exporter()
    }

    /// Returns `true` if there is a series for each allocation.
    fn has_join_metric(self) -> bool {
        self.export != AttributionExport::Labels
    }

    /// Returns what the series of shared entities have. There are no copies if there is no room.
    fn sharing(self, has_room: bool) -> Sharing {
        if self.shared == SharedDevices::Copies && has_room {
            Sharing::Copies
        } else if self.naming.is_dcgm_exporter() {
            Sharing::Last
        } else {
            Sharing::Unlabeled
        }
    }
}

/// An answer of a source as it was used.
#[derive(Debug)]
struct UsedAnswer {
    allocations: Arc<Vec<Allocation>>,
    is_expired: bool,
    /// Begin of a call that was reported as overdue.
    overdue: Option<Instant>,
    errors: u64,
}

/// Errors of the sources since the last report.
#[derive(Debug, Default)]
pub(crate) struct AllocationNews {
    pub(crate) errors: u64,
    /// Devices that no entity of the host has, by source.
    pub(crate) unresolved: Vec<(&'static str, Device)>,
    /// Sources whose last answer has become too old.
    pub(crate) expired: Vec<&'static str>,
    /// Sources that do not return.
    pub(crate) overdue: Vec<&'static str>,
}

/// The holders of all entities, and the parts of all totals.
#[derive(Debug)]
pub(crate) struct AllocationBook {
    sources: Arc<[Arc<PolledSource>]>,
    used: AllocationUse,
    answers: Vec<UsedAnswer>,
    devices: DeviceIndex,
    /// Set if there is no room for copies.
    is_limited: bool,
    holders: Holders,
    unresolved: HashSet<(&'static str, Device)>,
    /// By the index of the total.
    splits: Vec<Option<Split>>,
    /// Set if there are shares of workloads that have ended.
    has_ended: bool,
    points: Vec<Option<Point>>,
    plan: Plan,
    /// Set if the plan does not fit any more.
    is_outdated: bool,
    news: AllocationNews,
}

impl AllocationBook {
    pub(crate) fn new(sources: &Arc<[Arc<PolledSource>]>, config: &Config) -> Self {
        let answers = sources.iter().map(|source| UsedAnswer {
            allocations: Arc::default(),
            is_expired: false,
            overdue: None,
            errors: source.errors(),
        });
        Self {
            answers: answers.collect(),
            sources: Arc::clone(sources),
            used: AllocationUse::of_config(config),
            devices: DeviceIndex::default(),
            is_limited: false,
            holders: Holders::default(),
            unresolved: HashSet::new(),
            splits: Vec::new(),
            has_ended: false,
            points: Vec::new(),
            plan: Plan::default(),
            is_outdated: true,
            news: AllocationNews::default(),
        }
    }

    /// Returns `true` if counters are divided among workloads.
    pub(crate) fn divides_counters(&self) -> bool {
        // The totals of dcgm-exporter are those of the device.
        self.used.has_labels() && self.used.naming == Naming::Semconv
    }

    /// Sets the entities of a new session, links among them. Returns `true` if there is a series for
    /// each of their allocations.
    pub(crate) fn set_entities(&mut self, entities: &[Entity]) -> bool {
        self.devices = DeviceIndex::new(entities);
        // They hold other entities now.
        for used in &mut self.answers {
            used.allocations = Arc::default();
        }
        self.used.has_join_metric()
    }

    /// Returns the number of series that the limits leave no room for.
    pub(crate) const fn dropped(&self) -> usize {
        self.plan.dropped
    }

    /// Takes the errors since the last report.
    pub(crate) fn take_news(&mut self) -> AllocationNews {
        std::mem::take(&mut self.news)
    }

    /// Returns the time of the oldest answer that a source has given last.
    pub(crate) fn answered(&self) -> Option<Instant> {
        self.sources
            .iter()
            .map(|source| source.answered_or_made())
            .min()
    }

    /// Adds the attributes of the present holder of an entity to a series that is in no table. Of several
    /// holders that is the last.
    pub(crate) fn label_series(&self, entity: EntityId, series: &mut Series) {
        if let Some(labels) = self.holders.of(entity).last() {
            *series = merge_labels(series, labels);
        }
    }

    /// Returns the part of a total that belongs to no workload, if it has been divided.
    pub(super) fn own_number(&self, counter: CounterIdx) -> Option<Number> {
        let split = self.splits.get(counter.position())?.as_ref()?;
        Some(split.own_number())
    }

    /// Returns the memory for the points of the base.
    pub(super) fn take_points(&mut self) -> Vec<Option<Point>> {
        let mut points = std::mem::take(&mut self.points);
        points.clear();
        points
    }

    /// Fills a snapshot from the points of the base; returns the number of series with a value.
    /// `collections` is the number of collects so far.
    pub(super) fn fill_snapshot(
        &mut self,
        base: &BaseSeries<'_>,
        points: Vec<Option<Point>>,
        ledger: &mut Ledger,
        snapshot: &mut Snapshot,
        (now, collections): (Instant, u64),
    ) -> usize {
        // Before the holders change: what has grown belongs to those of the tick before.
        let mut late_events = Vec::new();
        if self.divides_counters() {
            self.divide_growth(base, ledger, &mut late_events);
        }
        self.end_shares((now, collections));
        if self.update_answers(now) {
            self.is_limited = false;
            self.update_holders(base, ledger, (now, collections));
        }
        for counter in late_events {
            self.divide(counter, ledger);
        }
        if self.is_outdated || !self.plan.is_of(base.layout) {
            self.make_plan(base);
            if self.plan.has_no_room_for_copies && !self.is_limited {
                let with_copies = self.plan.live;
                self.is_limited = true;
                self.update_holders(base, ledger, (now, collections));
                self.make_plan(base);
                self.plan.dropped += with_copies.saturating_sub(self.plan.live);
            }
        }
        let into = snapshot.replace_layout(self.plan.layout(), base.until);
        let known = self.plan.fill(&points, &self.splits, into);
        self.points = points;
        known
    }

    /// Divides the growth of all totals. Events of an entity without a holder wait until it is known
    /// whether there is one now.
    fn divide_growth(
        &mut self,
        base: &BaseSeries<'_>,
        ledger: &mut Ledger,
        late_events: &mut Vec<CounterIdx>,
    ) {
        let counters = base.reducers.counters();
        let all = base.layout.series().iter().zip(base.owners).zip(counters);
        for ((series, owner), counter) in all {
            let Some((counter, kind)) = counter else {
                continue;
            };
            let Some(total) = ledger.get(counter).filter(|total| total.is_shown()) else {
                continue;
            };
            let at = counter.position();
            if self.splits.len() <= at {
                self.splits.resize_with(at + 1, || None);
            }
            let Some(place) = self.splits.get_mut(at) else {
                continue;
            };
            let is_of_events = total.is_of_events();
            let split = match (place, *owner) {
                (Some(split), owner) => {
                    split.entity = owner.unwrap_or(split.entity);
                    split
                }
                // Known to an earlier sampler only.
                (None, None) => continue,
                (place @ None, Some(entity)) => {
                    let mut split = Split::new(total, kind, entity);
                    for labels in self.holders.of(entity) {
                        split.open_share(labels, || {
                            ledger.take_origin(&merge_labels(series, labels))
                        });
                    }
                    self.is_outdated = true;
                    place.insert(split)
                }
            };
            if is_of_events && self.holders.of(split.entity).is_empty() {
                late_events.push(counter);
            } else {
                self.divide(counter, ledger);
            }
        }
    }

    fn divide(&mut self, counter: CounterIdx, ledger: &Ledger) {
        let split = self.splits.get_mut(counter.position());
        let Some((split, total)) = split.and_then(Option::as_mut).zip(ledger.get(counter)) else {
            return;
        };
        let had_own = split.has_own();
        split.divide(total, self.holders.of(split.entity));
        self.is_outdated |= split.has_own() != had_own;
    }

    /// Takes the last answers; returns `true` if the holders may have changed.
    fn update_answers(&mut self, now: Instant) -> bool {
        let mut has_changed = false;
        for (source, used) in self.sources.iter().zip(&mut self.answers) {
            let errors = source.errors();
            self.news.errors += errors.saturating_sub(used.errors);
            used.errors = errors;
            let overdue = source.overdue_call(now);
            if overdue.is_some() && overdue != used.overdue {
                self.news.errors += 1;
                self.news.overdue.push(source.name());
                used.overdue = overdue;
            }
            let is_expired = source.is_expired(now);
            if is_expired && !used.is_expired {
                self.news.errors += 1;
                self.news.expired.push(source.name());
            }
            let answer = source.answer();
            if is_expired != used.is_expired || !Arc::ptr_eq(&answer, &used.allocations) {
                has_changed = true;
                used.is_expired = is_expired;
                used.allocations = answer;
            }
        }
        has_changed
    }

    /// Finds the holders again, and ends and opens the shares of workloads.
    fn update_holders(
        &mut self,
        base: &BaseSeries<'_>,
        ledger: &mut Ledger,
        (now, collections): (Instant, u64),
    ) {
        let sharing = self.used.sharing(!self.is_limited);
        let answers: Vec<&[Allocation]> = self
            .answers
            .iter()
            .map(|used| {
                if used.is_expired {
                    [].as_slice()
                } else {
                    used.allocations.as_slice()
                }
            })
            .collect();
        let (mut holders, unresolved) = Holders::resolve(&answers, &self.devices, sharing);
        self.note_unresolved(unresolved);
        if !self.used.has_labels() {
            holders.clear_labels();
        }
        if self.used.naming != Naming::Semconv {
            holders.rename_keys(workload_label);
        }
        if holders == self.holders {
            return;
        }
        self.holders = holders;
        self.is_outdated = true;
        for split in self.splits.iter_mut().flatten() {
            let holders = self.holders.of(split.entity);
            self.has_ended |= split.end_shares(holders, ShareState::Ended(now, collections));
        }
        let counters = base.reducers.counters();
        for (series, counter) in base.layout.series().iter().zip(counters) {
            let split = counter.and_then(|(at, _)| self.splits.get_mut(at.position()));
            let Some(split) = split.and_then(Option::as_mut) else {
                continue;
            };
            for labels in self.holders.of(split.entity) {
                split.open_share(labels, || ledger.take_origin(&merge_labels(series, labels)));
            }
        }
    }

    fn note_unresolved(&mut self, unresolved: Vec<Vec<Device>>) {
        let mut all = HashSet::new();
        for (source, devices) in self.sources.iter().zip(unresolved) {
            source.set_unresolved(devices.len());
            all.extend(devices.into_iter().map(|device| (source.name(), device)));
        }
        let new = all.difference(&self.unresolved);
        let before = self.news.unresolved.len();
        self.news.unresolved.extend(new.cloned());
        self.news.errors += (self.news.unresolved.len() - before) as u64;
        self.unresolved = all;
    }

    /// Hides the shares whose time is up, and forgets those that a collect has not read.
    fn end_shares(&mut self, (now, collections): (Instant, u64)) {
        if !self.has_ended {
            return;
        }
        let grace = self.used.grace;
        self.has_ended = false;
        for split in self.splits.iter_mut().flatten() {
            let before = split.shares.len();
            split.shares.retain_mut(|share| {
                match share.state {
                    ShareState::Alive => return true,
                    ShareState::Ended(at, collects) => {
                        let is_over = now.saturating_duration_since(at) >= grace;
                        if is_over && collections > collects {
                            share.state = ShareState::Hidden(collections);
                            self.is_outdated = true;
                        }
                    }
                    // Without any collect nothing has read it.
                    ShareState::Hidden(collects) if collections > collects || collections == 0 => {
                        return false;
                    }
                    ShareState::Hidden(_) => {}
                }
                self.has_ended = true;
                true
            });
            // Shares have other positions.
            self.is_outdated |= split.shares.len() != before;
        }
    }

    fn make_plan(&mut self, base: &BaseSeries<'_>) {
        self.is_outdated = false;
        let join = |metric: &Metric| self.used.has_join_metric() && metric.name == ALLOCATION;
        let join = base.metrics.iter().position(join);
        self.plan = Plan::new(base, &self.holders, &mut self.splits, join);
    }
}
