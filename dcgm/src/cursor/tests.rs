use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::value::NoValue;

const GPUS: [EntityId; 3] = [EntityId::gpu(0), EntityId::gpu(1), EntityId::gpu(2)];

fn xid(gpu: EntityId, seconds: i64, value: i64) -> Sample<'static> {
    Sample {
        entity: gpu,
        field: FieldId::XID_ERRORS,
        timestamp: at(seconds),
        value: Ok(Value::Int(value)),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// An engine that holds samples and reports any time.
#[derive(Debug, Default)]
struct Engine {
    held: Vec<Sample<'static>>,
    connection: u64,
}

impl Engine {
    fn read(&self, cursor: &mut Cursor, gpus: &[EntityId], now: Timestamp) -> Vec<i64> {
        let from = cursor.begin_read((gpus, &[FieldId::XID_ERRORS]), at(100), self.connection);
        let asked = self
            .held
            .iter()
            .filter(|sample| gpus.contains(&sample.entity) && sample.timestamp >= from);
        let new: Vec<_> = asked.filter(|sample| cursor.is_new(sample)).collect();
        cursor.commit(gpus, new.iter().map(|sample| **sample), now);
        new.iter()
            .filter_map(|sample| sample.value.ok()?.as_i64())
            .collect()
    }
}

fn sample(seconds: i64, value: i64) -> Sample<'static> {
    xid(GPUS[0], seconds, value)
}

/// Reads the first GPU once.
fn read(cursor: &mut Cursor, held: &[Sample<'static>], now: i64) -> Vec<i64> {
    let engine = Engine {
        held: held.to_vec(),
        connection: 0,
    };
    engine.read(cursor, &GPUS[..1], at(now))
}

#[test]
fn late_events_are_returned_once() {
    let mut cursor = Cursor::new();
    let mut held = vec![
        sample(90, 1),
        sample(101, 2),
        sample(101, 3),
        sample(101, 2),
    ];
    // Samples from before the watch are skipped.
    assert_eq!(read(&mut cursor, &held, 102), [2, 3, 2]);
    assert_eq!(read(&mut cursor, &held, 103), [0; 0]);
    held.push(sample(102, 4));
    assert_eq!(read(&mut cursor, &held, 104), [4]);
    held.push(sample(200, 5));
    assert_eq!(read(&mut cursor, &held, 300), [5]);
    assert_eq!(read(&mut cursor, &held, 301), [0; 0]);
    assert_eq!(cursor.position(GPUS[0]), Some(at(301)));
    assert_eq!(cursor.position(GPUS[1]), None);
}

#[test]
fn earlier_events_are_skipped_from_a_start_time() {
    let mut cursor = Cursor::starting_at(at(101));
    let held = [sample(100, 1), sample(101, 2)];
    assert_eq!(read(&mut cursor, &held, 102), [2]);
    let mut all = Cursor::starting_at(Timestamp::NEVER);
    assert_eq!(read(&mut all, &held, 102), [1, 2]);
}

#[test]
fn uncommitted_read_is_repeated() {
    let mut cursor = Cursor::starting_at(at(100));
    let event = sample(101, 7);
    cursor.begin_read((&GPUS, &[FieldId::XID_ERRORS]), at(100), 0);
    assert!(cursor.is_new(&event) && cursor.is_new(&event));
    cursor.commit(&GPUS, core::iter::once(event), at(102));
    assert!(!cursor.is_new(&event));
    let absent = Sample {
        value: Err(NoValue::NotWatched),
        ..event
    };
    assert!(cursor.is_new(&absent));
}

#[test]
fn returning_entity_continues_at_its_position() {
    let mut cursor = Cursor::new();
    let mut engine = Engine::default();
    let both = &GPUS[..2];
    assert_eq!(engine.read(&mut cursor, both, at(110)), [0; 0]);
    engine.held = vec![xid(GPUS[0], 120, 1), xid(GPUS[1], 121, 2)];
    assert_eq!(engine.read(&mut cursor, &both[..1], at(130)), [1]);
    assert_eq!(engine.read(&mut cursor, &both[..1], at(600)), [0; 0]);
    engine.held.push(xid(GPUS[1], 610, 3));
    assert_eq!(engine.read(&mut cursor, both, at(620)), [2, 3]);
    assert_eq!(engine.read(&mut cursor, both, at(630)), [0; 0]);
}

#[test]
fn clock_step_back_neither_loses_nor_repeats() {
    let mut cursor = Cursor::new();
    let mut held = vec![sample(7190, 1)];
    assert_eq!(read(&mut cursor, &held, 7200), [1]);
    // An hour back, to before the start of the watch.
    held.push(sample(3590, 2));
    assert_eq!(read(&mut cursor, &held, 3600), [0; 0]);
    assert_eq!(read(&mut cursor, &held, 3615), [2]);
    held.push(sample(3620, 3));
    assert_eq!(read(&mut cursor, &held, 3630), [3]);
    // Then forward again.
    assert_eq!(read(&mut cursor, &held, 7250), [0; 0]);
    held.push(sample(7260, 4));
    assert_eq!(read(&mut cursor, &held, 7270), [4]);
}

#[test]
fn invalid_times_do_not_lose_events() {
    let mut cursor = Cursor::new();
    let mut held = vec![sample(110, 1)];
    assert_eq!(read(&mut cursor, &held, 111), [1]);
    for wrong in [0, -5, i64::MAX / 1_000_000] {
        let value = i64::try_from(held.len()).unwrap();
        held.push(sample(112, 10 * value));
        assert_eq!(read(&mut cursor, &held, wrong), [10 * value], "{wrong}");
    }
    held.push(sample(113, 5));
    assert_eq!(read(&mut cursor, &held, 115), [0; 0]);
    assert_eq!(read(&mut cursor, &held, 116), [5]);
}

#[test]
fn memory_is_bounded_for_any_engine_time() {
    let mut cursor = Cursor::new();
    for round in 0..40 {
        // An engine without a clock, and samples from the future.
        let held: Vec<_> = (0..1000)
            .map(|one| sample(1_000_000 + round, round * 1000 + one))
            .collect();
        assert_eq!(read(&mut cursor, &held, 0).len(), 1000);
        assert!(cursor.seen.len() <= MAX_SEEN);
    }
    let mut cursor = Cursor::new();
    for round in 0..40 {
        let held: Vec<_> = (0..1000)
            .map(|one| sample(200 + 10 * round, round * 1000 + one))
            .collect();
        assert_eq!(read(&mut cursor, &held, 205 + 10 * round).len(), 1000);
    }
    assert_eq!(read(&mut cursor, &[], 10_000), [0; 0]);
    assert_eq!(cursor.seen.len(), MAX_OLD);
}

#[test]
fn events_that_arrive_late_are_returned_once() {
    for late in [3, 10, 30, 299] {
        let mut cursor = Cursor::new();
        let mut held = vec![sample(900, 1)];
        assert_eq!(read(&mut cursor, &held, 1000), [1]);
        held.push(sample(1010 - late, 2));
        held.push(xid(GPUS[0], 1010 - late, 3));
        assert_eq!(read(&mut cursor, &held, 1010), [2, 3], "{late}");
        assert_eq!(read(&mut cursor, &held, 1011), [0; 0], "{late}");
        assert_eq!(read(&mut cursor, &held, 1300), [0; 0], "{late}");
    }
    // Other fields have an overlap of 2 s.
    let mut cursor = Cursor::new();
    let temperature = |seconds| Sample {
        field: FieldId::GPU_TEMP,
        ..sample(seconds, 50)
    };
    let fields = [FieldId::GPU_TEMP];
    cursor.begin_read((&GPUS, &fields), at(100), 0);
    cursor.commit(&GPUS, core::iter::empty(), at(1000));
    let from = cursor.begin_read((&GPUS, &fields), at(100), 0);
    assert_eq!(from, at(998));
    assert!(cursor.is_new(&temperature(998)) && !cursor.is_new(&temperature(997)));
}

fn moved(event: &Sample<'static>, micros: i64) -> Sample<'static> {
    Sample {
        timestamp: Timestamp::from_micros(event.timestamp.micros() + micros),
        ..*event
    }
}

#[test]
fn events_that_a_restarted_engine_reads_again_are_returned_once() {
    let gpus = &GPUS[..1];
    for shift in [-999_999, -7, 0, 4, 1_000_000] {
        let mut cursor = Cursor::new();
        let first = [sample(900, 79), sample(901, 31), sample(950, 31)];
        let mut engine = Engine {
            held: first.to_vec(),
            connection: 1,
        };
        assert_eq!(engine.read(&mut cursor, gpus, at(1000)), [79, 31, 31]);
        engine.connection = 2;
        engine.held = first.iter().map(|event| moved(event, shift)).collect();
        // What happened in between is new.
        engine.held.push(sample(990, 45));
        assert_eq!(engine.read(&mut cursor, gpus, at(1010)), [45], "{shift}");
        engine.held.push(sample(1011, 79));
        assert_eq!(engine.read(&mut cursor, gpus, at(1015)), [79], "{shift}");
        assert_eq!(engine.read(&mut cursor, gpus, at(1020)), [0; 0], "{shift}");
    }
}

#[test]
fn events_of_one_engine_are_never_the_same_unless_their_times_are() {
    let gpus = &GPUS[..1];
    let mut cursor = Cursor::new();
    let first = sample(900, 31);
    let mut engine = Engine {
        held: vec![first],
        connection: 1,
    };
    assert_eq!(engine.read(&mut cursor, gpus, at(901)), [31]);
    engine.held.push(moved(&first, 5));
    engine.held.push(moved(&first, 500_000));
    assert_eq!(engine.read(&mut cursor, gpus, at(902)), [31, 31]);
    // Over another connection to the same engine, with one more.
    engine.connection = 2;
    engine.held.push(moved(&first, 700_000));
    assert_eq!(engine.read(&mut cursor, gpus, at(903)), [31]);
}

/// A change of an engine.
#[derive(Clone, Copy, Debug)]
enum EngineChange {
    Xid(usize),
    /// An event that happened some seconds ago.
    Late(usize, i64),
    /// The engine restarts, and reads the kernel log again: timestamps move by some microseconds.
    Restart(i64),
    Away(usize),
    Back(usize),
    /// Seconds pass, and all present entities are read.
    Read(i64),
    /// Seconds pass, and the engine reports a wrong time.
    Wrong(i64, i64),
    /// The clock is stepped by a number of seconds.
    Step(i64),
}

fn any_change() -> impl Strategy<Value = EngineChange> {
    use EngineChange::{Away, Back, Late, Read, Restart, Step, Wrong, Xid};
    prop_oneof![
        4 => (0..GPUS.len()).prop_map(Xid),
        2 => (0..GPUS.len(), 0..290_i64).prop_map(|(gpu, by)| Late(gpu, by)),
        1 => (-5..=5_i64).prop_map(Restart),
        1 => (0..GPUS.len()).prop_map(Away),
        1 => (0..GPUS.len()).prop_map(Back),
        4 => (0..50_i64).prop_map(Read),
        1 => (0..50_i64, prop_oneof![Just(0), Just(-1), Just(i64::MAX)]).prop_map(|(by, wrong)| Wrong(by, wrong)),
        1 => (-100_000..100_000_i64).prop_map(Step),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_event_is_returned_once_in_any_sequence(changes in prop::collection::vec(any_change(), 0..60)) {
        let mut cursor = Cursor::new();
        let mut engine = Engine::default();
        let mut there = [true; GPUS.len()];
        let mut now = 1_000_000;
        // The start of the watch, or the time after a step of the clock.
        let mut earliest = now;
        let mut happened = 0;
        let mut came: BTreeMap<i64, u32> = BTreeMap::new();
        let mut read = |cursor: &mut Cursor, engine: &Engine, there: &[bool; 3], now| {
            let gpus: Vec<_> = GPUS.iter().zip(there).filter(|(_, there)| **there).map(|(gpu, _)| *gpu).collect();
            for value in engine.read(cursor, &gpus, now) {
                *came.entry(value).or_default() += 1;
            }
        };
        // All entities are watched once.
        read(&mut cursor, &engine, &there, at(now));
        for one in changes {
            match one {
                EngineChange::Xid(gpu) => {
                    happened += 1;
                    now += 1;
                    engine.held.push(xid(GPUS[gpu], now, happened));
                }
                EngineChange::Late(gpu, by) => {
                    happened += 1;
                    let then = (now - by).max(earliest);
                    engine.held.push(xid(GPUS[gpu], then, happened));
                }
                EngineChange::Restart(micros) => {
                    engine.connection += 1;
                    for event in &mut engine.held {
                        *event = moved(event, micros);
                    }
                }
                EngineChange::Away(gpu) => there[gpu] = false,
                EngineChange::Back(gpu) => there[gpu] = true,
                EngineChange::Read(by) => {
                    now += by;
                    read(&mut cursor, &engine, &there, at(now));
                }
                EngineChange::Wrong(by, said) => {
                    now += by;
                    read(&mut cursor, &engine, &there, Timestamp::from_micros(said));
                }
                EngineChange::Step(by) => {
                    // It is read before the step and soon after it, like by a meter.
                    there = [true; 3];
                    read(&mut cursor, &engine, &there, at(now));
                    now = (now + by).max(100_000);
                    earliest = now;
                    read(&mut cursor, &engine, &there, at(now));
                }
            }
        }
        there = [true; 3];
        now += 1;
        read(&mut cursor, &engine, &there, at(now));
        read(&mut cursor, &engine, &there, at(now + 1));
        let all: BTreeMap<i64, u32> = (1..=happened).map(|value| (value, 1)).collect();
        prop_assert_eq!(came, all);
    }
}
