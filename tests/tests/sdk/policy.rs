//! Policies and their violations.

use std::thread;
use std::time::Duration;

use dcgm::policy::{Policy, PolicyConditions, PolicyEvents, Violation, ViolationKind};
use dcgm::{
    Client as _, EmbeddedMode, Engine, EngineOptions, EntityId, EntityStatus, Error, ReturnCode,
    Timestamp,
};
use dcgm_simulator::{Fault, Flavour};
use serde_json::{Value, json};

use crate::bench::{Bench, FLAVOURS};

const ROWS: &str = include_str!("../../data/policy.jsonl");
const XID: u16 = 230;
/// Far beyond the time that a violation takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn gpus() -> Vec<EntityId> {
    (0..8).map(EntityId::gpu).collect()
}

fn xids() -> Policy {
    let mut policy = Policy::default();
    policy.xid = true;
    policy
}

fn bench() -> Bench {
    bench_of(Flavour::V4_6)
}

fn bench_of(flavour: Flavour) -> Bench {
    let bench = Bench::new(flavour);
    bench.control.stop_clock(0);
    bench.control.reset_calls();
    bench
}

/// Sets the policy that reports XIDs, and registers for them.
fn register_xids(bench: &Bench) -> PolicyEvents {
    let policies = bench.engine.policies();
    policies.set(&gpus(), &xids()).expect("set");
    let events = policies.register(&gpus(), PolicyConditions::XID);
    let events = events.expect("register");
    // The sample that the registration made, without an XID.
    assert_eq!(events.next_timeout(Duration::ZERO), None);
    bench.control.advance(Duration::from_secs(6));
    events
}

fn inject_xid(bench: &Bench, gpu: u32, xid: i64) {
    let now = bench.control.now();
    assert!(bench.control.inject((1, gpu), XID, now, &xid.to_string()));
}

fn next(events: &PolicyEvents) -> Violation {
    events.next_timeout(PATIENCE).expect("a violation")
}

/// Returns after the violations that were sent before have arrived: they come over the same connection.
fn settle(bench: &Bench) {
    bench.engine.host_engine().memory_bytes().expect("a reply");
}

fn take_all(bench: &Bench, events: &PolicyEvents) -> Vec<Violation> {
    settle(bench);
    std::iter::from_fn(|| events.next_timeout(Duration::ZERO)).collect()
}

/// Another client of the same engine.
fn other(bench: &Bench) -> Engine {
    let engine = Engine::new(bench.engine.options().clone());
    engine.connect().expect("connect");
    engine
}

/// The recorded form of a violation.
fn row_of(violation: Violation, start: Timestamp) -> Value {
    let at = violation.timestamp.micros() - start.micros();
    match violation.kind {
        ViolationKind::Dbe { count } => json!(["dbe", at, count]),
        ViolationKind::Pcie { count } => json!(["pci", at, count]),
        ViolationKind::RetiredPages {
            corrected,
            uncorrectable,
        } => json!(["mpr", at, corrected, uncorrectable]),
        ViolationKind::Thermal { celsius } => {
            json!(["thermal", at, u32::from_ne_bytes(celsius.to_ne_bytes())])
        }
        ViolationKind::Power { watts } => json!(["power", at, watts]),
        ViolationKind::NvLink { field, count } => json!(["nvlink", at, field.raw(), count]),
        ViolationKind::Xid { code } => json!(["xid", at, code]),
        _ => json!(null),
    }
}

#[test]
fn samples_make_the_recorded_violations() {
    let mut violations = 0;
    for (line, flavour) in ROWS
        .lines()
        .flat_map(|line| FLAVOURS.map(|one| (line, one)))
    {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let bench = bench_of(flavour);
        let gpu = EntityId::gpu(bench.control.fake_gpu().expect("room"));
        let limit = |name: &str| {
            let limit = row["policy"].get(name)?;
            limit.as_u64().and_then(|limit| u32::try_from(limit).ok())
        };
        // The engine looks only at the presence of these.
        let mut policy = Policy::default();
        policy.dbe = limit("DBE").is_some();
        policy.pcie = limit("PCI").is_some();
        policy.max_retired_pages = limit("MPR");
        policy.max_temperature = limit("THERMAL");
        policy.max_power = limit("POWER");
        policy.nvlink = limit("NVLINK").is_some();
        policy.xid = limit("XID").is_some();
        let conditions = row["register"]
            .as_u64()
            .and_then(|bits| bits.try_into().ok());
        let conditions = PolicyConditions::from_bits(conditions.expect("bits"));
        let policies = bench.engine.policies();
        policies.set(&[gpu], &policy).expect("set");
        let events = policies.register(&[gpu], conditions).expect("register");
        let start = Timestamp::from_micros(bench.control.now());
        for step in row["steps"].as_array().expect("a list") {
            let sample = &step["inject"];
            let field = sample[0].as_u64().and_then(|id| id.try_into().ok());
            let seconds = sample[1].as_f64().expect("seconds");
            #[expect(clippy::cast_possible_truncation, reason = "small")]
            let at = start.micros() + (seconds * 1e6) as i64;
            let value = sample[2].to_string();
            let field = field.expect("a field");
            assert!(bench.control.inject((1, gpu.id), field, at, &value));
            let found = take_all(&bench, &events).into_iter();
            let found: Vec<_> = found
                .map(|violation| {
                    assert_eq!(violation.gpu, gpu);
                    row_of(violation, start)
                })
                .collect();
            let mut expected = step["callbacks"].as_array().expect("a list").clone();
            // The engine reports that there is no XID; the client does not.
            expected.retain(|one| (&one[0], &one[2]) != (&json!("xid"), &json!(0)));
            assert_eq!(found, expected, "{flavour:?} {}: {step}", row["name"]);
            violations += found.len();
        }
    }
    assert!(violations > 60, "{violations}");
}

#[test]
fn a_policy_is_read_as_it_was_set() {
    for flavour in FLAVOURS {
        let bench = Bench::new(flavour);
        let policies = bench.engine.policies();
        assert_eq!(policies.get(&[]).expect("get"), []);
        assert_eq!(policies.get(&gpus()).expect("get"), [Policy::default(); 8]);
        let mut policy = xids();
        policy.dbe = true;
        policy.max_temperature = Some(90);
        policy.max_retired_pages = Some(0);
        policies.set(&gpus()[2..4], &policy).expect("set");
        let all = policies.get(&gpus()).expect("get");
        for (gpu, found) in all.iter().enumerate() {
            let is_set = (2..4).contains(&gpu);
            let expected = if is_set { policy } else { Policy::default() };
            assert_eq!(*found, expected, "{flavour:?} {gpu}");
        }
        // For all clients, and the groups for it are gone.
        let other = other(&bench);
        assert_eq!(other.policies().get(&gpus()[2..3]).expect("get"), [policy]);
        other.policies().clear(&gpus()).expect("clear");
        assert_eq!(policies.get(&gpus()).expect("get"), [Policy::default(); 8]);
        assert_eq!(bench.control.open().groups, 0);
    }
}

#[test]
fn invalid_requests_are_refused_before_a_call() {
    let bench = bench();
    let policies = bench.engine.policies();
    let switch = [EntityId::switch(0)];
    for error in [
        policies.get(&switch).map(drop),
        policies.set(&switch, &xids()),
        policies.set(&[], &xids()),
        policies.register(&switch, PolicyConditions::XID).map(drop),
        policies
            .register(&gpus(), PolicyConditions::from_bits(0))
            .map(drop),
    ] {
        let error = error.expect_err("refused");
        assert!(matches!(error, Error::Request(_)), "{error}");
    }
    // A GPU that does not exist, among others: no policy is set.
    let unknown = [EntityId::gpu(0), EntityId::gpu(31)];
    assert!(policies.set(&unknown, &xids()).is_err());
    assert_eq!(policies.get(&gpus()).expect("get"), [Policy::default(); 8]);
}

#[test]
fn a_violation_comes_before_the_registration_returns() {
    let bench = bench();
    let mut policy = Policy::default();
    policy.max_temperature = Some(1);
    let policies = bench.engine.policies();
    policies.set(&gpus(), &policy).expect("set");
    let events = policies.register(&gpus(), PolicyConditions::THERMAL);
    let events = events.expect("register");
    // No wait: they are there already.
    let found: Vec<_> = (0..8)
        .map(|_| events.next_timeout(Duration::ZERO))
        .collect();
    for (gpu, violation) in gpus().iter().zip(found) {
        let violation = violation.expect("the limit is exceeded");
        assert_eq!(violation.gpu, *gpu);
        assert!(matches!(
            violation.kind,
            ViolationKind::Thermal { celsius: 2.. }
        ));
    }
}

#[test]
fn another_client_silences_a_registration() {
    let bench = bench();
    let events = register_xids(&bench);
    inject_xid(&bench, 3, 79);
    let xid = ViolationKind::Xid { code: 79 };
    assert_eq!((next(&events).gpu, xid), (EntityId::gpu(3), xid));
    let mut thermal = Policy::default();
    thermal.max_temperature = Some(90);
    let other = other(&bench);
    other.policies().set(&gpus(), &thermal).expect("set");
    bench.control.advance(Duration::from_secs(6));
    inject_xid(&bench, 3, 79);
    assert_eq!(take_all(&bench, &events), []);
}

#[test]
fn equal_registrations_are_one_in_the_engine() {
    let bench = bench();
    let first = register_xids(&bench);
    let endless = bench.control.open().endless_watches;
    let policies = bench.engine.policies();
    let second = policies.register(&gpus(), PolicyConditions::XID);
    let second = second.expect("register");
    assert_eq!(bench.control.calls("dcgmPolicyRegister_v2"), 1);
    inject_xid(&bench, 1, 31);
    assert_eq!(next(&first), next(&second));

    // The end of one is not the end of the other.
    drop(first);
    bench.control.advance(Duration::from_secs(6));
    inject_xid(&bench, 1, 31);
    assert_eq!(next(&second).gpu, EntityId::gpu(1));
    assert_eq!(bench.control.calls("dcgmPolicyUnregister"), 0);
    drop(second);
    settle(&bench);
    assert_eq!(bench.control.calls("dcgmPolicyUnregister"), 1);
    // What the engine samples for it stays.
    assert_eq!(bench.control.open().endless_watches, endless);
    assert!(endless > 0);
}

#[test]
fn unused_registrations_are_removed_without_the_others() {
    let bench = bench();
    let kept = register_xids(&bench);
    bench.control.reset_calls();
    for bits in 1..=20 {
        let conditions = PolicyConditions::from_bits(bits);
        let events = bench.engine.policies().register(&gpus(), conditions);
        drop(events.expect("register"));
    }
    settle(&bench);
    let removed = bench.control.calls("dcgmPolicyUnregister");
    assert!((1..=3).contains(&removed), "{removed}");
    // Not repeated: one for each, and one more for the kept one each time.
    let registered = bench.control.calls("dcgmPolicyRegister_v2");
    assert_eq!(registered, 20 + removed);
    bench.control.advance(Duration::from_secs(6));
    inject_xid(&bench, 2, 31);
    assert_eq!(next(&kept).gpu, EntityId::gpu(2));
    assert_eq!(take_all(&bench, &kept), []);
}

#[test]
fn registrations_end_before_the_connection() {
    let bench = bench();
    let mut events = register_xids(&bench);
    inject_xid(&bench, 0, 31);
    settle(&bench);
    bench.engine.close();
    assert_eq!(bench.control.calls("dcgmPolicyUnregister"), 1);
    // Longer than the library was seen to call back after the end of a connection.
    thread::sleep(Duration::from_millis(2));
    assert_eq!(events.by_ref().count(), 1, "what waits can be taken");
    assert!(events.is_closed());
    assert_eq!(bench.control.panics(), 0);
    // Dropping it now is harmless.
    drop(events);
    bench.engine.connect().expect("connect");
    let events = register_xids(&bench);
    inject_xid(&bench, 0, 31);
    assert_eq!(next(&events).gpu, EntityId::gpu(0));
}

#[test]
fn a_callback_after_the_connection_was_cut_is_ignored() {
    let bench = bench();
    for _ in 0..20 {
        let events = register_xids(&bench);
        // The deadline passes, and the connection is closed with the registration.
        let hang = Fault::HangUntilDisconnected;
        assert!(bench.control.fault("dcgmPolicyGet", hang, 1));
        let engine = &bench.engine;
        thread::scope(|scope| {
            let call = scope.spawn(|| engine.policies().get(&gpus()));
            while bench.control.hanging() == 0 {
                thread::yield_now();
            }
            engine.close();
            assert!(call.join().expect("no panic").is_err());
        });
        thread::sleep(Duration::from_millis(1));
        // 31 is the late one.
        assert!(events.count() <= 1);
        bench.engine.connect().expect("connect");
    }
    assert_eq!((bench.control.panics(), bench.control.crashes()), (0, 0));
}

#[test]
fn the_loss_of_the_engine_ends_the_events_with_the_next_call() {
    let bench = bench();
    let mut events = register_xids(&bench);
    bench.control.kill(bench.served);
    assert!(!events.is_closed());
    assert!(bench.engine.host_engine().memory_bytes().is_err());
    assert_eq!(events.next(), None);
    assert!(events.is_closed());
}

#[test]
fn violations_are_found_while_a_program_waits() {
    let bench = bench();
    let mut events = register_xids(&bench);
    let waiting = thread::spawn(move || events.next());
    inject_xid(&bench, 6, 48);
    let violation = waiting.join().expect("no panic").expect("a violation");
    assert_eq!(violation.kind, ViolationKind::Xid { code: 48 });
}

#[test]
fn detached_gpus_have_no_policies() {
    let bench = bench();
    let events = register_xids(&bench);
    for gpu in 0..8 {
        bench.control.set_status(gpu, EntityStatus::DETACHED.raw());
    }
    let policies = bench.engine.policies();
    for error in [
        policies.get(&gpus()).map(drop),
        policies.set(&gpus(), &xids()),
    ] {
        // A GPU that is detached cannot be added to a group.
        let code = error.expect_err("detached").code();
        let codes = [ReturnCode::NOT_CONFIGURED, ReturnCode::BAD_PARAM];
        assert!(code.is_some_and(|code| codes.contains(&code)), "{code:?}");
    }
    inject_xid(&bench, 0, 31);
    assert_eq!(take_all(&bench, &events), []);
}

#[test]
fn violations_of_an_old_engine_are_those_of_the_right_gpu() {
    let bench = bench_of(Flavour::V3_3);
    let policies = bench.engine.policies();
    policies.set(&gpus(), &xids()).expect("set");
    // More places than there are, one after another.
    for _ in 0..20 {
        let all = policies.register(&gpus(), PolicyConditions::XID);
        let all = all.expect("register");
        let one = policies.register(&gpus()[3..4], PolicyConditions::XID);
        let one = one.expect("register");
        for gpu in 0..8 {
            inject_xid(&bench, gpu, 31);
        }
        let of = |events| -> Vec<_> {
            let all = take_all(&bench, events).into_iter();
            all.map(|violation| violation.gpu).collect()
        };
        // Once each, although this release calls back twice.
        assert_eq!(of(&all), gpus());
        assert_eq!(of(&one), gpus()[3..4]);
        drop((all, one));
        settle(&bench);
        bench.control.advance(Duration::from_secs(6));
    }
    // Too many at once: an error, and the others are not affected.
    let mut kept = Vec::new();
    let error = loop {
        let conditions = PolicyConditions::from_bits(1 + u32::try_from(kept.len()).expect("few"));
        match policies.register(&gpus(), conditions) {
            Ok(events) => kept.push(events),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Request(_)), "{error}");
    assert_eq!(kept.len(), 8);
    assert_eq!((bench.control.panics(), bench.control.crashes()), (0, 0));
}

#[test]
fn clients_of_an_embedded_engine_keep_their_registrations_apart() {
    for flavour in FLAVOURS {
        // Holds the lock, and a library.
        let bench = bench_of(flavour);
        let library = bench.engine.options().library.clone().expect("a library");
        let embedded = || {
            let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&library);
            let engine = Engine::new(options);
            engine.connect().expect("connect");
            engine
        };
        let (one, other) = (embedded(), embedded());
        one.policies().set(&gpus(), &xids()).expect("set");
        let register = |engine: &Engine, conditions| {
            let events = engine.policies().register(&gpus(), conditions);
            events.expect("register")
        };
        let mut first = register(&one, PolicyConditions::XID);
        let second = register(&other, PolicyConditions::XID);
        let third = register(&other, PolicyConditions::ALL);
        // The callback runs on the thread that stores the sample: it must not wait for one of ours.
        inject_xid(&bench, 4, 48);
        for events in [&second, &third] {
            assert_eq!(next(events).gpu, EntityId::gpu(4), "{flavour:?}");
        }
        assert_eq!(first.next().expect("a violation").gpu, EntityId::gpu(4));

        // The end of one client is not the end of the other's registrations.
        one.close();
        assert!(first.is_closed());
        bench.control.advance(Duration::from_secs(6));
        inject_xid(&bench, 5, 48);
        assert_eq!(next(&second).gpu, EntityId::gpu(5), "{flavour:?}");
        assert_eq!(bench.control.calls("dcgmPolicyUnregister"), 0);
        other.close();
        assert_eq!(bench.control.calls("dcgmPolicyUnregister"), 1);
        assert!(second.is_closed() && third.is_closed());
    }
}
