//! The use of a GPU in a period, from the samples of the mock: for jobs and processes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::mock::clock::Clock;
use crate::mock::engine::{EngineState, Pair, Reading, SampleGrid};
use crate::usage::{GpuUsage, MinMaxMean, ThrottleTimes};

impl EngineState {
    /// Returns the cached samples of a pair in a period, in the order of time.
    pub(super) fn cached_samples(
        &self,
        pair: Pair,
        from: Duration,
        to: Duration,
    ) -> BTreeMap<Duration, Reading> {
        if pair.1.is_event() {
            let events = self.events_between(pair, from, to).into_iter();
            return events.map(|(at, value)| (at, Ok(value))).collect();
        }
        self.samples_between(pair, from, to).into_iter().collect()
    }

    /// Returns `true` if a client watches a pair.
    pub(super) fn has_watcher(&self, pair: Pair) -> bool {
        let mut grids = self.watched.get(&pair).into_iter().flatten();
        grids.any(|grid| grid.ended.is_none())
    }

    /// Adds a watch that no session holds, and returns its number.
    pub(super) fn watch_for_engine(
        &mut self,
        entities: &[EntityId],
        fields: &[FieldId],
        (began, interval): (Duration, Duration),
    ) -> u64 {
        let watch = self.next_id;
        self.next_id += 1;
        let grid = SampleGrid {
            watch,
            began,
            interval: interval.max(Duration::from_millis(1)),
            ended: None,
        };
        for entity in entities {
            for field in fields {
                self.watched
                    .entry((*entity, *field))
                    .or_default()
                    .push(grid);
            }
        }
        watch
    }

    fn numbers(&self, pair: Pair, (from, to): (Duration, Duration)) -> Vec<(Duration, f64)> {
        let samples = self.cached_samples(pair, from, to).into_iter();
        samples
            .filter_map(|(at, reading)| Some((at, reading.ok()?.as_value().as_f64()?)))
            .collect()
    }

    pub(super) fn summarize(&self, pair: Pair, period: (Duration, Duration)) -> Option<MinMaxMean> {
        let numbers = self.numbers(pair, period);
        let each = || numbers.iter().map(|(_, number)| *number);
        let count = f64::from(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
        Some(MinMaxMean::new(
            each().reduce(f64::min)?,
            each().reduce(f64::max)?,
            each().sum::<f64>() / count,
        ))
    }

    fn increase(&self, pair: Pair, period: (Duration, Duration)) -> Option<f64> {
        let numbers = self.numbers(pair, period);
        Some(numbers.last()?.1 - numbers.first()?.1)
    }

    /// Returns the use of a GPU in a period.
    pub(super) fn gpu_usage(
        &self,
        gpu: EntityId,
        period: (Duration, Duration),
        clock: &Clock,
    ) -> GpuUsage {
        let summary = |field| self.summarize((gpu, field), period);
        let increase = |field| self.increase((gpu, field), period);
        let largest = |field| summary(field).map(|numbers| whole(numbers.max));
        let throttled = |field| increase(field).map(|time| Duration::from_nanos(whole(time)));
        let (from, to) = period;
        let xids = self.cached_samples((gpu, FieldId::XID_ERRORS), from, to);
        let mut usage = GpuUsage::new(gpu);
        usage.energy_joules =
            increase(FieldId::TOTAL_ENERGY_CONSUMPTION).map(|energy| energy / 1000.0);
        usage.sm_utilization_percent = summary(FieldId::GPU_UTIL);
        usage.memory_utilization_percent = summary(FieldId::MEM_COPY_UTIL);
        usage.sm_clock_mhz = summary(FieldId::SM_CLOCK);
        usage.memory_clock_mhz = summary(FieldId::MEM_CLOCK);
        usage.pcie_rx_kb_per_second = summary(FieldId::PCIE_RX_THROUGHPUT);
        usage.pcie_tx_kb_per_second = summary(FieldId::PCIE_TX_THROUGHPUT);
        usage.pcie_replay_counter = largest(FieldId::PCIE_REPLAY_COUNTER);
        usage.double_bit_ecc_counter = largest(FieldId::ECC_DBE_VOL_TOTAL);
        usage.xid_times = xids
            .keys()
            .take(10)
            .map(|at| clock.timestamp(*at))
            .collect();
        usage.throttle_times = ThrottleTimes {
            power: throttled(FieldId::POWER_VIOLATION),
            thermal: throttled(FieldId::THERMAL_VIOLATION),
            sync_boost: throttled(FieldId::SYNC_BOOST_VIOLATION),
            board_limit: throttled(FieldId::BOARD_LIMIT_VIOLATION),
            low_utilization: throttled(FieldId::LOW_UTIL_VIOLATION),
            reliability: throttled(FieldId::RELIABILITY_VIOLATION),
        };
        usage
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counters and times, at least 0 and below 2^53"
)]
fn whole(number: f64) -> u64 {
    number.max(0.0) as u64
}
