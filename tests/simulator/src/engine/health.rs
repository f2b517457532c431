//! Health: the systems of each group, and the incidents that their samples make.

use std::collections::{BTreeSet, HashMap};

use super::entities::DETACHED;
use super::watches::Holder;
use super::{Code, Connection, Engine, GPU, GPU_CI, GPU_I, Pair, SWITCH, st};
use crate::Flavour;
use crate::wire::Payload;

const PCIE: u32 = 0x1;
const NVLINK: u32 = 0x2;
const MEM: u32 = 0x10;
const INFOROM: u32 = 0x40;
const THERMAL: u32 = 0x80;
const POWER: u32 = 0x100;
const DRIVER: u32 = 0x200;
const NVSWITCH_NONFATAL: u32 = 0x400;
const NVSWITCH_FATAL: u32 = 0x800;
const ALL: u32 = u32::MAX;
const FAIL: u32 = 20;
const WARN: u32 = 10;
const XID: u16 = 230;
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const WEEK: i64 = 7 * 24 * 60 * MINUTE;
/// The state of a link that is down.
const LINK_DOWN: u32 = 2;

/// The fields of GPUs that a system has sampled: as often as asked for, or at least this far apart.
const FIELDS: &[(u32, &[u16], i64)] = &[
    (PCIE, &[202, 237, 238], 0),
    (
        NVLINK,
        &[
            63, 170, 174, 409, 419, 429, 439, 497, 498, 499, 1204, 1205, 1206, 1207, 1208, 1209,
            1213, 1214, 1215, 1217, 1219, 1220,
        ],
        0,
    ),
    (MEM, &[XID, 311], 0),
    (MEM, &[390, 391, 392, 393, 395, 1507], 30 * SECOND),
    (INFOROM, &[84], 3600 * SECOND),
    (INFOROM, &[XID], 0),
    (THERMAL, &[241], 30 * SECOND),
    (POWER, &[155, 240], 30 * SECOND),
    (DRIVER, &[1523], 0),
];

/// Fields that are kept for two hours.
const KEPT_LONG: [u16; 2] = [84, XID];

/// The global fields of NVLINK.
const IMEX: [u16; 2] = [1502, 1503];

/// Counters of NVLink errors that the link could not correct.
const NVLINK_ERRORS: [u16; 12] = [
    429, 439, 1204, 1205, 1206, 1207, 1208, 1209, 1213, 1214, 1219, 1220,
];

#[derive(Debug, Default)]
pub(super) struct Health {
    systems: HashMap<u64, u32>,
    /// The XIDs that were seen, by the number of an entity, whatever its kind: until the engine ends.
    xids: HashMap<u32, BTreeSet<i64>>,
}

impl Health {
    pub(super) fn forget(&mut self, group: u64) {
        self.systems.remove(&group);
    }
}

/// Something wrong with an entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Incident {
    pub(crate) system: u32,
    pub(crate) health: u32,
    pub(crate) code: u32,
    pub(crate) entity: Pair,
    pub(crate) message: String,
}

/// System, health and code of an XID.
fn of_xid(xid: i64, flavour: Flavour) -> Option<(u32, u32, u32)> {
    if flavour == Flavour::V3_3 {
        return (xid == 95).then_some((MEM, FAIL, 81));
    }
    Some(match xid {
        79 => (ALL, FAIL, 120),
        95 => (ALL, FAIL, 81),
        94 => (ALL, WARN, 131),
        48 | 74 | 119 | 120 | 140 => (ALL, FAIL, 101),
        31 | 32 | 43 => (MEM, WARN, 101),
        63 => (MEM, WARN, 6),
        64 => (MEM, FAIL, 80),
        38 | 39 | 42 => (PCIE, WARN, 101),
        60 => (THERMAL, WARN, 10),
        61 | 62 => (THERMAL, WARN, 101),
        57 => (POWER, WARN, 12),
        54 | 56 | 58 | 78 => (POWER, WARN, 101),
        67 | 73 | 121 | 137 => (NVLINK, WARN, 101),
        _ => return None,
    })
}

/// `PCIe` replays in a minute that a link of this generation and width may have.
fn replay_limit(generation: i64, width: i64) -> i64 {
    const GIGATRANSFERS: [i64; 7] = [25, 50, 80, 160, 320, 640, 1280];
    let index = usize::try_from(generation - 1).unwrap_or(usize::MAX);
    let rate = GIGATRANSFERS.get(index).copied().unwrap_or(0);
    // One in 10^12 bits, for a minute; the rates are in tenths.
    (rate * width * 60 + 9_999) / 10_000
}

/// The samples of a field.
struct Window<'a> {
    samples: Vec<&'a (i64, Payload)>,
    now: i64,
}

impl Window<'_> {
    /// The latest value; `None` without a sample or for a blank.
    fn latest(&self) -> Option<i64> {
        let (_, payload) = self.samples.last()?;
        payload.as_int().filter(|_| !payload.is_blank())
    }

    /// The latest value, if it is of the last minute.
    fn recent(&self) -> Option<i64> {
        let (at, _) = self.samples.last()?;
        self.latest().filter(|_| *at > self.now - MINUTE)
    }

    /// The first and the last value of the last minute, if neither is blank.
    fn minute(&self) -> Option<(i64, i64)> {
        let mut samples = self
            .samples
            .iter()
            .filter(|(at, _)| *at > self.now - MINUTE);
        let first = samples.next()?;
        let last = samples.next_back().unwrap_or(first);
        let value =
            |(_, payload): &(i64, Payload)| payload.as_int().filter(|_| !payload.is_blank());
        Some((value(first)?, value(last)?))
    }

    /// The change in the last minute.
    fn change(&self) -> i64 {
        self.minute()
            .map_or(0, |(first, last)| (last - first).abs())
    }
}

/// Returns the number of a group, which the built-in ones have beside their special one.
const fn fixed_group(group: u64) -> u64 {
    match group {
        super::groups::ALL_GPUS => 0,
        super::groups::ALL_SWITCHES => 1,
        other => other,
    }
}

impl Engine {
    pub(crate) fn set_health(
        &mut self,
        connection: Connection,
        group: u64,
        systems: u32,
        (interval, keep): (i64, i64),
        now: i64,
    ) -> Code {
        self.load_module(4, 3);
        let members = match self.group(group, now) {
            Ok((_, members)) => members,
            Err(code) => return code,
        };
        self.health.systems.insert(fixed_group(group), systems);
        if !self.nvml() {
            return st::OK;
        }
        let holder = Holder::Health(connection);
        for &pair in &members {
            match pair.0 {
                GPU | GPU_I | GPU_CI => {
                    for (_, fields, least) in FIELDS.iter().filter(|row| row.0 & systems != 0) {
                        for &field in *fields {
                            let long = KEPT_LONG.contains(&field);
                            let keep = if long { 7200 * SECOND } else { keep };
                            let times = (interval.max(*least), keep);
                            self.watch_for(holder, pair, field, times, now);
                        }
                    }
                }
                SWITCH => {
                    for (system, field) in [(NVSWITCH_FATAL, 856), (NVSWITCH_NONFATAL, 857)] {
                        if systems & system != 0 {
                            self.watch_for(holder, pair, field, (interval, keep), now);
                        }
                    }
                }
                _ => {}
            }
        }
        if systems & NVLINK != 0 && self.flavour == Flavour::V4_6 {
            for field in IMEX {
                self.watch_for(holder, (0, 0), field, (interval, keep), now);
            }
        }
        st::OK
    }

    pub(crate) fn health(&mut self, group: u64, now: i64) -> Result<u32, Code> {
        self.load_module(4, 3);
        self.group(group, now)?;
        Ok(self
            .health
            .systems
            .get(&fixed_group(group))
            .copied()
            .unwrap_or(0))
    }

    /// The worst result, and why.
    pub(crate) fn check_health(&mut self, group: u64, now: i64) -> (Code, u32, Vec<Incident>) {
        self.load_module(4, 3);
        let members = match self.group(group, now) {
            Ok((_, members)) => members,
            Err(code) => return (code, 0, Vec::new()),
        };
        let Some(&systems) = self.health.systems.get(&fixed_group(group)) else {
            return (st::OK, 0, Vec::new());
        };
        let mut incidents = Vec::new();
        self.check_host(systems, &mut incidents);
        for pair in members {
            if self.nvml() {
                self.check_xids(pair, systems, &mut incidents);
            }
            // The engine finds nothing wrong with a GPU that it cannot see.
            if self.set_status_of(pair) == Some(DETACHED) {
                continue;
            }
            match pair.0 {
                GPU | GPU_I | GPU_CI => self.check_gpu(pair, systems, now, &mut incidents),
                SWITCH => self.check_switch(pair, systems, now, &mut incidents),
                _ => {}
            }
        }
        let worst = incidents
            .iter()
            .map(|incident| incident.health)
            .max()
            .unwrap_or(0);
        self.harm.log_lines += incidents.len() as u64;
        let code = match self.flavour {
            Flavour::V3_3 if !self.nvml() => st::NOT_WATCHED,
            _ => st::OK,
        };
        (code, worst, incidents)
    }

    fn window(&self, pair: Pair, field: u16, now: i64) -> Window<'_> {
        let samples = self.fields.get(&(pair, field));
        Window {
            samples: samples.map_or_else(Vec::new, |watched| watched.samples().collect()),
            now,
        }
    }

    /// IMEX, whose entity is the host.
    fn check_host(&self, systems: u32, incidents: &mut Vec<Incident>) {
        if systems & NVLINK == 0 || self.flavour == Flavour::V3_3 {
            return;
        }
        let latest = |field| {
            let watched = self.fields.get(&((0, 0), field))?;
            Some(&watched.samples().next_back()?.1)
        };
        let is_down = matches!(
            latest(1502),
            Some(Payload::Text(text)) if matches!(text.as_slice(), b"DOWN" | b"DEGRADED")
        );
        let is_not_ready = latest(1503)
            .filter(|payload| !payload.is_blank())
            .and_then(Payload::as_int)
            .is_some_and(|status| !matches!(status, -2 | -1 | 5 | 7));
        for what in [("domain", is_down), ("daemon", is_not_ready)] {
            if what.1 {
                incidents.push(Incident {
                    system: NVLINK,
                    health: FAIL,
                    code: 122,
                    entity: (0, 0),
                    message: format!("the IMEX {} is not well", what.0),
                });
            }
        }
    }

    /// Reports every XID that was seen so far, of any entity with this number.
    fn check_xids(&mut self, pair: Pair, systems: u32, incidents: &mut Vec<Incident>) {
        if systems & (MEM | INFOROM) != 0 && matches!(pair.0, GPU | GPU_I | GPU_CI) {
            if let Some(watched) = self.fields.get(&(pair, XID)) {
                let xids = watched
                    .samples()
                    .filter_map(|(_, payload)| payload.as_int().filter(|_| !payload.is_blank()));
                self.health.xids.entry(pair.1).or_default().extend(xids);
            }
        }
        // 3.3 reports its one only for GPUs.
        if self.flavour == Flavour::V3_3 && pair.0 != GPU {
            return;
        }
        let seen = self.health.xids.get(&pair.1).into_iter().flatten();
        let mut found: Vec<_> = seen
            .filter_map(|xid| Some((*xid, of_xid(*xid, self.flavour)?)))
            .filter(|(_, (system, ..))| systems & system != 0)
            .collect();
        found.sort_by_key(|(_, (system, ..))| (*system != ALL, *system));
        incidents.extend(
            found
                .into_iter()
                .map(|(xid, (system, health, code))| Incident {
                    system,
                    health,
                    code,
                    entity: pair,
                    message: format!("something happened (triggered by XID {xid}: GPU %d)"),
                }),
        );
    }

    fn check_switch(&self, pair: Pair, systems: u32, now: i64, incidents: &mut Vec<Incident>) {
        let mut push = |(system, health, code), message: &str| {
            incidents.push(Incident {
                system,
                health,
                code,
                entity: pair,
                message: message.to_owned(),
            });
        };
        for (system, health, code, field) in [
            (NVSWITCH_NONFATAL, WARN, 16, 857),
            (NVSWITCH_FATAL, FAIL, 15, 856),
        ] {
            let count = self.window(pair, field, now).latest();
            if systems & system != 0 && count.is_some_and(|count| count > 0) {
                push((system, health, code), "an error of an NVSwitch");
            }
        }
        if systems & NVSWITCH_FATAL != 0 {
            let links = self.links_of(pair, now).into_iter();
            for _ in links.filter(|state| *state == LINK_DOWN) {
                push((NVSWITCH_FATAL, FAIL, 14), "a link is down");
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "a row an observed incident")]
    fn check_gpu(&self, pair: Pair, systems: u32, now: i64, incidents: &mut Vec<Incident>) {
        let is_new = self.flavour == Flavour::V4_6;
        let window = |field| self.window(pair, field, now);
        let mut push = |(system, health, code): (u32, u32, u32), value: i64| {
            if systems & system != 0 {
                incidents.push(Incident {
                    system,
                    health,
                    code,
                    entity: pair,
                    message: format!("code {code} of GPU {}: {value}", pair.1),
                });
            }
        };
        if let (true, Some(generation), Some(width)) =
            (self.nvml(), window(237).latest(), window(238).latest())
        {
            let change = window(202).change();
            if change > replay_limit(generation, width) {
                push((PCIE, WARN, 3), change);
            }
        }
        for field in [409, 419] {
            let change = window(field).change();
            if change >= 100 * 60 {
                push((NVLINK, FAIL, 70), change);
            } else if change >= 1 {
                push((NVLINK, WARN, 13), change);
            }
        }
        for field in NVLINK_ERRORS.into_iter().filter(|id| is_new || *id < 1000) {
            let change = window(field).change();
            if change >= 1 {
                push((NVLINK, FAIL, 71), change);
            }
        }
        if is_new {
            for field in [497, 498, 499] {
                if let Some(count @ 1..) = window(field).recent() {
                    push((NVLINK, FAIL, 71), count);
                }
            }
            let change = window(1217).change();
            if change >= 1 {
                push((NVLINK, FAIL, 119), change);
            }
            if let Some((_, rate)) = window(1215).minute() {
                // Mantissa and negative exponent: at least 10^-16.
                let (mantissa, exponent) = (rate >> 8 & 0xff, rate & 0xff);
                if mantissa > 0 && exponent <= 16 {
                    push((NVLINK, FAIL, 121), rate);
                }
            }
        }
        if pair.0 == GPU {
            let links = self.links_of(pair, now).into_iter();
            for _ in links.filter(|state| *state == LINK_DOWN) {
                push((NVLINK, FAIL, 14), 0);
            }
        }
        if is_new {
            if let Some(mask) = window(174).latest() {
                for shift in [0, 2, 4, 6] {
                    if mask >> shift & 3 == 1 {
                        push((NVLINK, FAIL, 33), mask);
                    }
                }
                if mask >> 8 & 0xf > 1 {
                    push((NVLINK, FAIL, 33), mask);
                }
            }
            match window(170).latest() {
                None | Some(0 | 3) => {}
                Some(status @ 2) => push((NVLINK, WARN, 123), status),
                Some(status) => push((NVLINK, FAIL, 123), status),
            }
        }
        if let Some(count @ 1..) = window(311).recent() {
            push((MEM, FAIL, 4), count);
        }
        if let Some(count) = window(392).recent().filter(|count| *count != 0) {
            push((MEM, WARN, 6), count);
        }
        let (single, double) = (window(390).recent(), window(391).recent());
        let sum = single.unwrap_or(0) + double.unwrap_or(0);
        let is_full = sum >= 63 && single.is_some_and(|count| count > 0);
        if is_full {
            push((MEM, FAIL, 7), sum);
        }
        let old = window(391);
        let old = old.samples.iter().rev().find(|(at, _)| *at <= now - WEEK);
        let old = old.and_then(|(_, payload)| payload.as_int()).unwrap_or(0);
        let is_rising = |count: &i64| !is_full && *count > 15 && count - old > 1;
        if let Some(count) = double.filter(is_rising) {
            push((MEM, FAIL, 8), count);
        }
        if let Some(count @ 1..) = window(395).recent() {
            push((MEM, FAIL, 80), count);
        }
        if is_new {
            let rows = window(393);
            if let Some(count) = rows.latest().filter(|count| *count >= 512) {
                if rows.samples.len() > 1 {
                    push((MEM, WARN, 132), count);
                }
            }
            if let Some(value) = window(1507).latest().filter(|value| *value != 0) {
                push((MEM, FAIL, 52), value);
            }
        }
        if window(84).latest() == Some(0) {
            push((INFOROM, WARN, 9), 0);
        }
        if window(241).change() >= 1 {
            push((THERMAL, WARN, 10), 0);
        }
        if window(240).change() >= 1 {
            push((POWER, WARN, 12), 0);
        }
        let power = window(155);
        if let Some((_, power)) = power.samples.last() {
            if [0, 1, 3]
                .iter()
                .any(|offset| *power == Payload::blank(b'd', *offset))
            {
                push((POWER, WARN, 11), 0);
            }
        }
        if is_new {
            match window(1523).latest() {
                Some(1) => push((DRIVER, FAIL, 125), 1),
                Some(2) => push((DRIVER, FAIL, 126), 2),
                Some(3) => push((DRIVER, WARN, 127), 3),
                Some(4) => push((DRIVER, FAIL, 128), 4),
                _ => {}
            }
        }
    }
}
