//! Weeks of ticks by a clock that the test moves, with faults at random: totals are what the GPUs
//! did, the cadence stays, memory does not grow.
//!
//! `DCGM_TEST_LONG=1` makes it 30 days of ticks every 15 s; it is less otherwise.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use dcgm::mock::{Call, Host, Mock, Model, Product, Scenario};
use dcgm::{Client, EntityId, Error, FieldId, NoValue, OwnedValue, Query, ReturnCode, Samples};

use crate::sampling::schedule::Schedule;
use crate::testing::{Harness, mock_of};
use crate::tests::long;
use crate::{Config, MeterState};

const INTERVAL: Duration = Duration::from_secs(15);

const GPUS: u32 = 2;

/// Set in the process that has the soak for itself.
const ALONE: &str = "DCGM_TEST_SOAK_ALONE";

/// Counters that a GPU keeps, the attribute that tells the series, and how many make one.
const COUNTED: &[(&str, &str, &str, FieldId, f64)] = &[
    (
        "hw.energy",
        "hw.type",
        "gpu",
        FieldId::TOTAL_ENERGY_CONSUMPTION,
        1e3,
    ),
    (
        "hw.errors",
        "error.type",
        "corrected",
        FieldId::ECC_SBE_VOL_TOTAL,
        1.0,
    ),
    (
        "hw.errors",
        "error.type",
        "pcie_replay",
        FieldId::PCIE_REPLAY_COUNTER,
        1.0,
    ),
    (
        "hw.gpu.io",
        "network.io.direction",
        "receive",
        FieldId::PROF_PCIE_RX_BYTES_TOTAL,
        1.0,
    ),
    (
        "hw.gpu.throttle.duration",
        "hw.gpu.throttle.reason",
        "power",
        FieldId::POWER_VIOLATION,
        1e9,
    ),
];

/// Splitmix64: the same faults for the same seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A fault that ends after some ticks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// Connections are refused.
    Outage,
    /// The engine is down, and comes back as another process.
    Restart,
    /// A field of a GPU is blank.
    Blank(EntityId, FieldId),
    /// The engine answers but no longer samples.
    Frozen,
    /// A GPU is not listed any more.
    Gone(EntityId),
    /// A call fails once.
    Once(Call),
}

struct Soak {
    harness: Harness,
    model: Model,
    began: Instant,
    dice: Dice,
    /// Number of events by GPU and code.
    xids: BTreeMap<(String, String), f64>,
    faults: BTreeMap<&'static str, u64>,
}

/// Another program has the engine record events all the time, so that no outage of ours hides one.
fn watch_events(mock: &Mock) {
    let gpus = (0..GPUS).map(EntityId::gpu);
    mock.watch_elsewhere(gpus, [FieldId::XID_ERRORS]);
}

impl Soak {
    fn new(seed: u64) -> Self {
        let host = (0..GPUS).fold(Host::new("soak", Product::H100Sxm), |host, index| {
            host.with_entity(Product::H100Sxm.gpu(index))
        });
        let model = Model::new(host, Scenario::Training);
        let mock = mock_of(model.clone());
        watch_events(&mock);
        let harness = Harness::with_config(&mock, Config::default().with_interval(INTERVAL));
        Self {
            model,
            began: harness.clock.now(),
            harness,
            dice: Dice(seed),
            xids: BTreeMap::new(),
            faults: BTreeMap::new(),
        }
    }

    fn advance_to(&self, due: Instant) {
        let by = due.saturating_duration_since(self.harness.clock.now());
        self.harness.advance(by);
    }

    fn uuid(&self, gpu: EntityId) -> String {
        let entity = self.model.host().entity(gpu).unwrap();
        entity.uuid.as_deref().unwrap().to_owned()
    }

    /// Applies an event to a GPU.
    fn xid(&mut self, gone: Option<EntityId>) {
        let gpu = EntityId::gpu(u32::try_from(self.dice.below(GPUS.into())).unwrap());
        if gone == Some(gpu) {
            return;
        }
        let code = [31, 43, 45, 48, 63, 79, 94, 1000][usize::try_from(self.dice.below(8)).unwrap()];
        self.harness
            .client
            .push_event(gpu, FieldId::XID_ERRORS, code);
        let label = if code > 999 {
            "_OTHER".to_owned()
        } else {
            code.to_string()
        };
        *self.xids.entry((self.uuid(gpu), label)).or_default() += 1.0;
    }

    /// Begins a fault, and returns its duration in ticks.
    fn strike(&mut self) -> (Fault, u64) {
        let gpu = EntityId::gpu(u32::try_from(self.dice.below(GPUS.into())).unwrap());
        let mock = &self.harness.client;
        let call = |call: Call, code| Error::Call {
            function: call.function(),
            code,
        };
        let (name, fault, ticks) = match self.dice.below(6) {
            0 => {
                let lost = ReturnCode::CONNECTION_NOT_VALID;
                mock.fail_next(Call::List, call(Call::List, lost));
                mock.fail_always(Call::Connect, call(Call::Connect, lost));
                ("outage", Fault::Outage, 20)
            }
            1 => {
                mock.stop_engine();
                ("restart", Fault::Restart, 8)
            }
            2 => {
                let counters = COUNTED.len() as u64;
                let field = COUNTED[usize::try_from(self.dice.below(counters)).unwrap()].3;
                mock.set_no_value(gpu, field, NoValue::Blank);
                ("blank", Fault::Blank(gpu, field), 12)
            }
            3 => {
                mock.freeze_sampling(true);
                ("frozen", Fault::Frozen, 12)
            }
            4 => {
                mock.remove_entity(gpu);
                ("gone", Fault::Gone(gpu), 16)
            }
            _ => {
                let calls = [Call::Latest, Call::Events, Call::List];
                let hit = calls[usize::try_from(self.dice.below(3)).unwrap()];
                let codes = [
                    ReturnCode::TIMEOUT,
                    ReturnCode::GENERIC_ERROR,
                    ReturnCode::NO_DATA,
                ];
                let code = codes[usize::try_from(self.dice.below(3)).unwrap()];
                mock.fail_next(hit, call(hit, code));
                ("once", Fault::Once(hit), 1)
            }
        };
        *self.faults.entry(name).or_default() += 1;
        (fault, 1 + self.dice.below(ticks))
    }

    fn heal(&self, fault: Fault) {
        let mock = &self.harness.client;
        match fault {
            Fault::Outage | Fault::Once(_) => mock.clear_faults(),
            Fault::Restart => {
                mock.start_engine();
                watch_events(mock);
            }
            Fault::Blank(gpu, field) => mock.unset(gpu, field),
            Fault::Frozen => mock.freeze_sampling(false),
            Fault::Gone(gpu) => mock.add_entity(self.model.host().entity(gpu).unwrap().clone()),
        }
    }

    /// Every counter that is shown, by metric, GPU and the attribute that tells it.
    fn totals(&self) -> BTreeMap<(String, String, String), f64> {
        let mut totals = BTreeMap::new();
        for point in self.harness.export() {
            let Some(id) = point.attribute("hw.id") else {
                continue;
            };
            let key = match point.name.as_str() {
                "hw.gpu.xid.errors" => "error.type",
                name => match COUNTED.iter().find(|row| row.0 == name) {
                    Some(row) => row.1,
                    None => continue,
                },
            };
            let value = point.attribute(key).unwrap_or_default();
            totals.insert((point.name.clone(), id, value), point.value);
        }
        totals
    }

    /// Time of the engine's last sample of a field. It depends on when the watch began.
    fn sampled_at(&self, gpu: EntityId, field: FieldId) -> Duration {
        let mut samples = Samples::new();
        let query = Query::new([(vec![gpu], vec![field])]);
        self.harness.client.latest(&query, &mut samples).unwrap();
        let sample = samples.iter().next().unwrap();
        let start = self.harness.client.clock().timestamp(Duration::ZERO);
        sample.timestamp.since(start)
    }

    /// What a field had counted at its last sample.
    #[expect(clippy::cast_precision_loss, reason = "far from so large")]
    fn did(&self, gpu: EntityId, field: FieldId, per: f64) -> f64 {
        let at = |time| match self.model.value(gpu, field, time) {
            Ok(OwnedValue::Int(value)) => value,
            other => panic!("{field}: {other:?}"),
        };
        let last = self.sampled_at(gpu, field);
        assert!(self.harness.now().saturating_sub(last) <= INTERVAL);
        (at(last) - at(Duration::ZERO)) as f64 / per
    }
}

/// Resident memory of this process in KiB.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[expect(clippy::too_many_lines, reason = "one loop, from fault to fault")]
fn soak(seed: u64, length: u32) {
    let mut soak = Soak::new(seed);
    let mut schedule = Schedule::new(soak.harness.clock.now(), Duration::ZERO, INTERVAL);
    let end = soak.began + INTERVAL * length;
    let mut going_on: Option<(Fault, u64)> = None;
    let (mut ticks, mut failed, mut quiet) = (0_u64, 0_u64, 20_u64);
    let mut before = BTreeMap::new();
    let mut early = None;
    let mut late = None;
    // Faults end early enough for a complete last sample.
    let calm = soak.began + INTERVAL * (length - 30);
    while soak.harness.clock.now() < end {
        soak.advance_to(schedule.next_tick());
        ticks += 1;
        let now = soak.harness.clock.now();
        let outcome = soak.harness.meter().sample_now();
        if outcome.is_ok() {
            schedule.record_success(soak.harness.clock.now());
            // On the grid that began with the first tick, and the next place of it.
            let due = schedule.next_tick() - soak.began;
            assert_eq!(
                due.as_nanos() % INTERVAL.as_nanos(),
                0,
                "it drifts: {due:?}"
            );
            assert!(schedule.next_tick() > now && schedule.next_tick() <= now + INTERVAL);
        } else {
            failed += 1;
            schedule.record_failure(soak.harness.clock.now());
            assert!(
                schedule.next_tick() <= now + INTERVAL,
                "it backs off for too long"
            );
        }
        match &mut going_on {
            Some((fault, left)) if *left == 0 || now >= calm => {
                let fault = *fault;
                soak.heal(fault);
                going_on = None;
                quiet = 8 + soak.dice.below(40);
            }
            Some((_, left)) => *left -= 1,
            None if quiet > 0 => quiet -= 1,
            None if now < calm => going_on = Some(soak.strike()),
            None => {}
        }
        // An engine that is down sees nothing, and one that is about to go forgets what was not
        // read.
        let fault = going_on.map(|(fault, _)| fault);
        let records = !matches!(fault, Some(Fault::Restart));
        let about_to = fault.is_none() && quiet == 0;
        if records && !about_to && now < calm && soak.dice.below(10) == 0 {
            // A missing GPU reports nothing.
            let gone = match fault {
                Some(Fault::Gone(gpu)) => Some(gpu),
                _ => None,
            };
            soak.xid(gone);
        }
        if ticks % 16 == 0 {
            let totals = soak.totals();
            for (series, value) in &before {
                let now = totals.get(series);
                assert!(
                    now.is_some_and(|now| now >= value),
                    "{series:?}: {value} {now:?}"
                );
            }
            before = totals;
        }
        let gone = now - soak.began;
        if early.is_none() && gone >= INTERVAL * (length / 10) {
            early = resident();
        }
        late = Some(gone);
    }
    // The last of the slow fields and of the events are in.
    assert_eq!(soak.harness.health().state, MeterState::Ready);
    let totals = soak.totals();
    for gpu in (0..GPUS).map(EntityId::gpu) {
        for (name, _, value, field, per) in COUNTED {
            let key = ((*name).to_owned(), soak.uuid(gpu), (*value).to_owned());
            let shown = totals.get(&key).copied();
            let did = soak.did(gpu, *field, *per);
            // The same but for the last bit of a fraction.
            let close = |shown: f64| (shown - did).abs() <= did.abs() * 1e-12;
            assert!(
                shown.is_some_and(close),
                "seed {seed}: {key:?}: {shown:?}, did {did}"
            );
        }
    }
    let mut xids = BTreeMap::new();
    for ((name, id, code), value) in &totals {
        if name == "hw.gpu.xid.errors" {
            xids.insert((id.clone(), code.clone()), *value);
        }
    }
    assert_eq!(xids, soak.xids, "seed {seed}");
    let all: f64 = soak.xids.values().sum();
    let energy = soak.did(EntityId::gpu(0), FieldId::TOTAL_ENERGY_CONSUMPTION, 1e3);
    let after = resident();
    println!(
        "seed {seed}: {ticks} ticks, {failed} failed, {late:?}, faults {:?}, {all} XIDs, {energy} J, \
         resident {early:?} to {after:?} KiB",
        soak.faults
    );
    assert!(!soak.faults.is_empty() && all > 0.0, "nothing happened");
    if let (Some(early), Some(after)) = (early, after) {
        assert!(after < early + 2048, "memory grows: {early} to {after} KiB");
    }
}

/// The memory is the process's, so the soak has one for itself.
#[test]
fn weeks_of_faults_keep_totals_cadence_and_memory() {
    if std::env::var_os(ALONE).is_some() {
        let length = if long() { 172_800 } else { 2_000 };
        let seed = std::env::var("DCGM_TEST_SEED").ok();
        soak(seed.and_then(|seed| seed.parse().ok()).unwrap_or(4), length);
        return;
    }
    let name = "tests::soak::weeks_of_faults_keep_totals_cadence_and_memory";
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let (output_text, why) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    println!("{output_text}");
    assert!(
        output.status.success() && output_text.contains("1 passed"),
        "{output_text}\n{why}"
    );
}
