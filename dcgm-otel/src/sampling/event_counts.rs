//! Counts of one GPU's XIDs and of the reasons that reduced its clocks: since the start, and in a window of
//! time.

use std::collections::{BTreeMap, VecDeque};

use dcgm::{FieldId, Timestamp};

/// The most samples of a kind that are kept for the counts in a window; the oldest are dropped first.
const MAX_KEPT: usize = 4096;

/// The most XIDs with a count of their own. NVIDIA's codes end below 200.
const MAX_CODES: usize = 256;

/// A reason that reduces the clocks: its bit in field 112, and its name in dcgm-exporter.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockEvent {
    pub(super) name: &'static str,
    bit: i64,
}

const fn clock_event(name: &'static str, bit: i64) -> ClockEvent {
    ClockEvent { name, bit }
}

/// Every reason, in the order of the bits.
pub(super) const CLOCK_EVENTS: [ClockEvent; 9] = [
    clock_event("gpu_idle", 0x1),
    clock_event("clocks_setting", 0x2),
    clock_event("power_cap", 0x4),
    clock_event("hw_slowdown", 0x8),
    clock_event("sync_boost", 0x10),
    clock_event("sw_thermal", 0x20),
    clock_event("hw_thermal", 0x40),
    clock_event("hw_power_brake", 0x80),
    clock_event("display_clocks", 0x100),
];

/// Counts by reason.
type ClockCounts = [u64; CLOCK_EVENTS.len()];

/// The events of a GPU.
#[derive(Clone, Debug, Default)]
pub(crate) struct GpuEvents {
    xids: VecDeque<(Timestamp, i64)>,
    xid_totals: BTreeMap<i64, u64>,
    clocks: VecDeque<(Timestamp, i64)>,
    clock_totals: ClockCounts,
    /// The reasons in the newest sample.
    reasons: Option<i64>,
    /// Set after the first read, whose samples are from before the start.
    has_begun: bool,
}

impl GpuEvents {
    /// Records a sample of one of the two fields. Samples of a field come in the order of time.
    pub(super) fn record(&mut self, field: FieldId, at: Timestamp, value: i64) {
        if field == FieldId::CLOCK_THROTTLE_REASONS {
            self.record_reasons(at, value);
        } else if field == FieldId::XID_ERRORS && value != 0 {
            push_kept(&mut self.xids, (at, value));
            let has_room =
                self.xid_totals.len() < MAX_CODES || self.xid_totals.contains_key(&value);
            if self.has_begun && has_room {
                *self.xid_totals.entry(value).or_default() += 1;
            }
        }
    }

    fn record_reasons(&mut self, at: Timestamp, reasons: i64) {
        push_kept(&mut self.clocks, (at, reasons));
        if let Some(before) = self.reasons.filter(|_| self.has_begun) {
            let begun = reasons & !before;
            for (event, total) in CLOCK_EVENTS.iter().zip(&mut self.clock_totals) {
                *total += u64::from(begun & event.bit != 0);
            }
        }
        self.reasons = Some(reasons);
    }

    /// Ends a read, and forgets the samples from before `oldest`.
    pub(super) fn end_read(&mut self, oldest: Timestamp) {
        self.has_begun = true;
        // A sample can arrive late, so that they are not quite in the order of time.
        for kept in [&mut self.xids, &mut self.clocks] {
            kept.retain(|(at, _)| *at >= oldest);
        }
    }

    /// Returns each XID since the start and its number.
    pub(super) fn xid_totals(&self) -> impl Iterator<Item = (&i64, &u64)> {
        self.xid_totals.iter()
    }

    /// Returns how often each reason began since the start.
    pub(super) fn clock_totals(&self) -> &ClockCounts {
        &self.clock_totals
    }

    /// Returns the number of each XID since a time.
    pub(super) fn xids_since(&self, since: Timestamp) -> BTreeMap<i64, u64> {
        let mut counts = BTreeMap::new();
        for (_, code) in self.xids.iter().filter(|(at, _)| *at >= since) {
            *counts.entry(*code).or_default() += 1;
        }
        counts
    }

    /// Returns the number of samples with each reason since a time.
    pub(super) fn clocks_since(&self, since: Timestamp) -> ClockCounts {
        let mut counts = ClockCounts::default();
        for (_, reasons) in self.clocks.iter().filter(|(at, _)| *at >= since) {
            for (event, count) in CLOCK_EVENTS.iter().zip(&mut counts) {
                *count += u64::from(reasons & event.bit != 0);
            }
        }
        counts
    }
}

fn push_kept(kept: &mut VecDeque<(Timestamp, i64)>, sample: (Timestamp, i64)) {
    if kept.len() >= MAX_KEPT {
        kept.pop_front();
    }
    kept.push_back(sample);
}

#[cfg(test)]
mod tests {
    use super::*;

    const REASONS: FieldId = FieldId::CLOCK_THROTTLE_REASONS;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn xids_before_the_start_count_in_the_window_only() {
        let mut events = GpuEvents::default();
        events.record(FieldId::XID_ERRORS, at(0), 31);
        events.end_read(at(-300));
        for (second, code) in [(10, 79), (20, 79), (30, 0)] {
            events.record(FieldId::XID_ERRORS, at(second), code);
        }
        events.end_read(at(-300));
        let totals: Vec<_> = events.xid_totals().collect();
        assert_eq!(totals, [(&79, &2)]);
        assert_eq!(events.xids_since(at(0)), BTreeMap::from([(31, 1), (79, 2)]));
        assert_eq!(events.xids_since(at(15)), BTreeMap::from([(79, 1)]));
        events.end_read(at(15));
        assert_eq!(events.xids_since(at(0)), BTreeMap::from([(79, 1)]));
    }

    #[test]
    fn a_reason_is_counted_when_it_begins() {
        let mut events = GpuEvents::default();
        events.record(REASONS, at(0), 0x4);
        events.end_read(at(-300));
        for (second, reasons) in [(1, 0x4), (2, 0x44), (3, 0x40), (4, 0x4), (5, 0x4)] {
            events.record(REASONS, at(second), reasons);
        }
        assert_eq!(events.clock_totals(), &[0, 0, 1, 0, 0, 0, 1, 0, 0]);
        assert_eq!(events.clocks_since(at(0)), [0, 0, 5, 0, 0, 0, 2, 0, 0]);
        assert_eq!(events.clocks_since(at(3)), [0, 0, 2, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn counts_are_bounded() {
        let mut events = GpuEvents::default();
        events.end_read(at(0));
        for code in 1..20_000 {
            events.record(FieldId::XID_ERRORS, at(code), code);
        }
        assert_eq!(events.xid_totals().count(), MAX_CODES);
        assert_eq!(events.xids.len(), MAX_KEPT);
    }
}
