//! The behavior of a GPU: its load, and the values that follow from it.

use std::time::Duration;

use crate::entity::EntityId;
use crate::mock::model::{Model, Need, Presence};
use crate::mock::product::Spec;
use crate::mock::scenario::Script;
use crate::mock::signal::{Load, hash_words, step_until, step_value, truncate_to_int, unit_noise};
use crate::value::NoValue;

/// A GPU or one of its instances at a time.
pub(super) struct Gpu {
    pub(super) model: Model,
    pub(super) spec: &'static Spec,
    pub(super) id: EntityId,
    /// The entity: the GPU or one of its instances.
    pub(super) asked: EntityId,
    /// Seconds since the start.
    pub(super) t: f64,
    /// The seconds before that time that a rate covers.
    window: f64,
    pub(super) script: &'static Script,
    pub(super) cut: bool,
    /// Its share of the memory.
    pub(super) share: f64,
    /// The requested link.
    pub(super) link: Option<u32>,
    load: &'static Load,
    seed: u64,
    load_seed: u64,
    /// The time at which a reset set its counters to zero.
    reset: Option<f64>,
}

/// The direction as seen from the GPU.
#[derive(Clone, Copy)]
pub(super) enum LinkDirection {
    In,
    Out,
}

/// The lifetime of a counter.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// Kept by the driver: a reset of the GPU sets it to zero.
    Driver,
    /// Kept by the hardware since boot, or by the board for life.
    Hardware,
}

/// The share of the memory that an instance has.
const SLICE: f64 = 0.1224;

impl Gpu {
    pub(super) fn new(model: &Model, id: EntityId, at: Duration) -> Option<Self> {
        let entity = model.host().entity(id)?;
        let spec = model.host().product().product_spec();
        let general = model.incident_script();
        let seed = hash_words(&[u64::from(id.id), spec.compute_capability.unsigned_abs()]);
        let reset = match model.presence(id, at) {
            Presence::Here { since } if !since.is_zero() => Some(since.as_secs_f64()),
            _ => None,
        };
        Some(Self {
            model: model.clone(),
            spec,
            id,
            asked: id,
            t: at.as_secs_f64(),
            window: model.rate_window().min(at).as_secs_f64(),
            script: model.script_of(id),
            cut: entity.mig_enabled == Some(true),
            share: 1.0,
            link: None,
            load: general.load,
            seed,
            load_seed: if general.in_step { 1 } else { seed },
            reset,
        })
    }

    /// Returns an instance of the GPU, with its own load.
    pub(super) fn into_instance(mut self, instance: EntityId) -> Self {
        self.load_seed = hash_words(&[self.load_seed, u64::from(instance.id)]);
        self.share = SLICE;
        self.asked = instance;
        self
    }

    /// Returns the GPU as seen through one of its links.
    pub(super) fn through_link(&self, link: u32) -> Self {
        Self {
            model: self.model.clone(),
            link: Some(link),
            ..*self
        }
    }

    pub(super) fn check_support(&self, need: Need) -> Result<(), NoValue> {
        let has = self.spec.can.contains(&need);
        match need {
            Need::NoMig | Need::RowRemap if self.cut => Err(NoValue::NotSupported),
            Need::Always | Need::NoMig => Ok(()),
            Need::Smoothing if has => Err(NoValue::NotPermitted),
            _ if has => Ok(()),
            _ => Err(NoValue::NotSupported),
        }
    }

    /// Returns a fraction that changes every second.
    pub(super) fn jitter_fraction(&self, what: u64) -> f64 {
        unit_noise(&[self.seed, what, truncate_to_int(self.t).unsigned_abs()])
    }

    /// Returns a constant fraction.
    pub(super) fn trait_of(&self, what: u64) -> f64 {
        unit_noise(&[self.seed, what])
    }

    /// Returns the work rate, from 0 to 1.
    pub(super) fn work_rate(&self) -> f64 {
        self.load.level_at(self.t, self.load_seed) * step_value(self.script.work, self.t)
    }

    /// Returns the integral of [`Self::work_rate`].
    pub(super) fn work_until(&self, t: f64) -> f64 {
        let load = |t| self.load.integral_until(t, self.load_seed);
        step_until(self.script.work, t, load)
    }

    /// Returns the mean of [`Self::work_rate`] over the last seconds.
    pub(super) fn recent_work(&self, seconds: f64) -> f64 {
        let from = (self.t - seconds).max(0.0);
        if self.t - from < 1.0 {
            return self.work_rate();
        }
        (self.work_until(self.t) - self.work_until(from)) / (self.t - from)
    }

    /// Returns a counter: its initial value plus the integral of its rate.
    pub(super) fn counter_value(
        &self,
        kept: Kept,
        base: f64,
        integral: impl Fn(f64) -> f64,
    ) -> i64 {
        match (kept, self.reset) {
            (Kept::Driver, Some(reset)) => truncate_to_int(integral(self.t) - integral(reset)),
            _ => truncate_to_int(base + integral(self.t)),
        }
    }

    pub(super) fn power_watts(&self) -> f64 {
        self.spec.idle_w + self.dynamic_w() * self.work_rate()
    }

    pub(super) fn energy_mj(&self) -> i64 {
        let joules = |t| self.spec.idle_w * t + self.dynamic_w() * self.work_until(t);
        let base = self.trait_of(156) * 4e12;
        self.counter_value(Kept::Driver, base, |t| 1000.0 * joules(t))
    }

    fn dynamic_w(&self) -> f64 {
        0.96 * self.spec.limit_w - self.spec.idle_w
    }

    pub(super) fn gpu_temperature(&self) -> i64 {
        let hottest = self.spec.slowdown_c + 1;
        let degrees =
            30.0 + 4.0 * self.trait_of(150) + 42.0 * self.recent_work(90.0) + self.extra_heat();
        truncate_to_int(degrees).min(hottest)
    }

    pub(super) fn memory_temperature(&self) -> i64 {
        let degrees =
            36.0 + 4.0 * self.trait_of(140) + 45.0 * self.recent_work(120.0) + self.extra_heat();
        truncate_to_int(degrees).min(self.spec.memory_max_c)
    }

    fn extra_heat(&self) -> f64 {
        let Some((from, to, degrees, until)) = self.script.heat else {
            return 0.0;
        };
        let risen = degrees * ((self.t - from) / (to - from)).clamp(0.0, 1.0);
        risen * (-(self.t - until).max(0.0) / 60.0).exp()
    }

    pub(super) fn sm_mhz(&self) -> i64 {
        let boost = 0.995 - 0.02 * self.work_rate();
        // Clocks change in steps of 15 MHz.
        let steps = self.spec.sm_mhz * boost * step_value(self.script.clock, self.t) / 15.0;
        truncate_to_int(steps) * 15
    }

    /// Returns the elapsed cycles of all SMs.
    pub(super) fn sm_cycles(&self) -> i64 {
        let rate = self.spec.sm * self.spec.sm_mhz * 1e6;
        let elapsed = |t| rate * step_until(self.script.clock, t, |t| t);
        self.counter_value(Kept::Hardware, 1e15 + 3e15 * self.trait_of(1084), elapsed)
    }

    /// Returns the cycles in which a part of the SMs was active, as a share of the work.
    pub(super) fn active_cycles(&self, share: f64) -> i64 {
        let rate = share * self.spec.sm * self.spec.sm_mhz * 1e6;
        let base = share * (0.5e15 + 1e15 * self.trait_of(1084));
        self.counter_value(Kept::Hardware, base, |t| rate * self.work_until(t))
    }

    /// Returns the reasons for reduced clocks, as bits.
    pub(super) fn clock_reasons(&self) -> i64 {
        let (idle, power_cap, heat) = (0x1, 0x4, 0x8 | 0x20 | 0x40);
        let mut bits = 0;
        if self.work_rate() < 0.05 {
            bits |= idle;
        }
        if self.work_rate() > 0.9 {
            bits |= power_cap;
        }
        if step_value(self.script.throttled, self.t) > 0.0 {
            bits |= heat;
        }
        bits
    }

    pub(super) fn power_violation_ns(&self) -> i64 {
        let base = self.trait_of(240) * 1e12;
        self.counter_value(Kept::Driver, base, |t| 0.02e9 * self.work_until(t))
    }

    pub(super) fn thermal_violation_ns(&self, share: f64) -> i64 {
        self.counter_value(Kept::Driver, 0.0, |t| {
            share * 1e9 * step_until(self.script.throttled, t, |t| t)
        })
    }

    pub(super) fn low_utilization_ns(&self) -> i64 {
        self.counter_value(Kept::Driver, 0.0, |t| 0.01e9 * (t - self.work_until(t)))
    }

    pub(super) fn fb_total(&self) -> f64 {
        (self.spec.fb_mib * self.share).floor()
    }

    pub(super) fn fb_reserved(&self) -> f64 {
        (self.spec.reserved_mib * self.share).floor()
    }

    pub(super) fn fb_used(&self) -> f64 {
        let usable = self.fb_total() - self.fb_reserved();
        (usable * (0.55 + 0.4 * self.recent_work(300.0))).floor()
    }

    pub(super) fn bar1_used(&self) -> f64 {
        (self.spec.bar1_mib * self.share * 0.01).floor().max(2.0)
    }

    /// Returns the mean of a rate over the window that the sample covers; its current value without a
    /// window.
    fn mean_rate(&self, now: impl Fn() -> f64, integral: impl Fn(f64) -> f64) -> f64 {
        if self.window > 0.0 {
            (integral(self.t) - integral(self.t - self.window)) / self.window
        } else {
            now()
        }
    }

    pub(super) fn pcie_rate(&self, direction: LinkDirection) -> f64 {
        let now = || {
            let fallen = self.script.fallback.is_some_and(|from| self.t >= from);
            self.pcie_full(direction) * self.work_rate() * if fallen { 0.5 } else { 1.0 }
        };
        self.mean_rate(now, |t| self.pcie_until(direction, t))
    }

    pub(super) fn pcie_bytes(&self, direction: LinkDirection) -> i64 {
        let base = self.trait_of(1091) * 1e15;
        self.counter_value(Kept::Hardware, base, |t| self.pcie_until(direction, t))
    }

    /// Returns the integral of the throughput over `PCIe`.
    fn pcie_until(&self, direction: LinkDirection, t: f64) -> f64 {
        let full = t.min(self.script.fallback.unwrap_or(t));
        self.pcie_full(direction) * 0.5 * (self.work_until(t) + self.work_until(full))
    }

    fn pcie_full(&self, direction: LinkDirection) -> f64 {
        match direction {
            LinkDirection::In => self.spec.pcie_rate,
            LinkDirection::Out => 0.6 * self.spec.pcie_rate,
        }
    }

    pub(super) fn pcie_fallen(&self) -> bool {
        self.script.fallback.is_some_and(|from| self.t >= from)
    }

    pub(super) fn pcie_replays(&self, times: f64) -> i64 {
        let base = (6.0 * self.trait_of(202)).floor();
        self.counter_value(Kept::Driver, base * times, |t| {
            times * step_until(self.script.replays, t, |t| t)
        })
    }

    /// Returns the corrected memory errors.
    pub(super) fn corrected_errors(&self, kept: Kept) -> i64 {
        let before = match kept {
            Kept::Driver => 0.0,
            Kept::Hardware => (9.0 * self.trait_of(312)).floor(),
        };
        self.counter_value(kept, before, |t| {
            step_until(self.script.corrected, t, |t| t)
        })
    }

    /// Returns the uncorrected memory errors.
    pub(super) fn uncorrected_errors(&self) -> i64 {
        let so_far = self.script.uncorrected.iter().filter(|at| **at <= self.t);
        i64::try_from(so_far.count()).unwrap_or(0)
    }

    /// Returns the requested links.
    pub(super) fn requested_links(&self) -> impl Iterator<Item = u32> + '_ {
        let all = 0..self.spec.links;
        all.filter(|link| self.link.is_none_or(|only| only == *link))
    }

    /// Returns the bytes per second over the requested links.
    pub(super) fn link_rate(&self, direction: LinkDirection) -> f64 {
        let rate = |link| {
            let now = || {
                let left = self
                    .bad_link(link)
                    .map_or(1.0, |bad| step_value(bad.bandwidth, self.t));
                self.link_full(direction) * left * self.work_rate()
            };
            self.mean_rate(now, |t| self.link_until(link, direction, t))
                .floor()
        };
        self.requested_links().map(rate).sum()
    }

    pub(super) fn link_bytes(&self, direction: LinkDirection, kept: Kept) -> i64 {
        let bytes = |link| {
            let base = unit_noise(&[self.seed, u64::from(link)]) * 4e13;
            self.counter_value(kept, base, |t| self.link_until(link, direction, t))
        };
        self.requested_links().map(bytes).sum()
    }

    /// Returns the integral of the traffic of a link.
    fn link_until(&self, link: u32, direction: LinkDirection, t: f64) -> f64 {
        let work = match self.bad_link(link) {
            Some(bad) => step_until(bad.bandwidth, t, |t| self.work_until(t)),
            None => self.work_until(t),
        };
        self.link_full(direction) * work
    }

    /// Returns the errors of the requested links, as a share of the flow control errors.
    pub(super) fn link_errors(&self, share: f64) -> i64 {
        let errors = |link| match self.bad_link(link) {
            Some(bad) => self.counter_value(Kept::Driver, 0.0, |t| {
                share * step_until(bad.errors, t, |t| t)
            }),
            None => 0,
        };
        self.requested_links().map(errors).sum()
    }

    pub(super) fn bit_error_ratio(&self) -> f64 {
        let worst = |link| {
            self.bad_link(link)
                .map_or(0.0, |bad| step_value(bad.errors, self.t))
        };
        1e-15 + 1e-13 * self.requested_links().map(worst).fold(0.0, f64::max)
    }

    /// Returns the throughput of a link at full load: zero in MIG mode.
    fn link_full(&self, direction: LinkDirection) -> f64 {
        match direction {
            _ if self.cut => 0.0,
            LinkDirection::In => self.spec.link_rate,
            LinkDirection::Out => 0.95 * self.spec.link_rate,
        }
    }

    fn bad_link(&self, link: u32) -> Option<&'static crate::mock::scenario::LinkScript> {
        self.script.link.filter(|bad| bad.index == link)
    }
}
