//! Totals against a model of them that was written in another way.

use dcgm::{EntityId, FieldId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::catalogue::CATALOGUE;

const SECOND: Duration = Duration::from_secs(1);

fn input(part: u32, op: Op) -> Input {
    Input {
        entity: EntityId::gpu(part),
        field: FieldId::PCIE_REPLAY_COUNTER,
        op,
        scale: Scale::Times(1),
    }
}

#[derive(Clone, Debug)]
enum Turn {
    /// A part has counted so many more.
    Grows(usize, u32),
    /// It was reset, and has counted this much since.
    Resets(usize, u32),
    /// It reads a little less than it has.
    Jitters(usize),
    Blank(usize),
    /// The driver was reloaded; each part has counted this much since.
    Restart(u32),
    /// Others have come under the same name, which have counted so many.
    Replaced(u32),
    /// The series has another source, or has the first again.
    OtherSource,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        6 => (0..3_usize, 0..5000_u32).prop_map(|(part, by)| Turn::Grows(part, by)),
        2 => (0..3_usize, 0..50_u32).prop_map(|(part, to)| Turn::Resets(part, to)),
        2 => (0..3_usize).prop_map(Turn::Jitters),
        2 => (0..3_usize).prop_map(Turn::Blank),
        1 => (0..5000_u32).prop_map(Turn::Restart),
        1 => (0..5000_u32).prop_map(Turn::Replaced),
        1 => Just(Turn::OtherSource),
    ]
}

fn shown(total: &Total) -> u64 {
    match total.exported_number(Kind::CounterU64) {
        Number::U64(value) => value,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn a_total_is_what_all_its_parts_have_counted_since_they_were_first_seen(
        turns in vec(turn(), 1..60), origin_policy in vec(0..10_000_u64, 3), from_device in any::<bool>(),
        origin in prop_oneof![Just(0_u64), 1..1000_u64],
    ) {
        let series = Series { metric: 0, attributes: [].into() };
        let metric = &CATALOGUE[0];
        let place = crate::catalogue::EntityScope::Gpu;
        let unit = DropUnit::new((0, metric), (0, &metric.families[0]), place);
        let mut op = Op::Sum;
        let inputs = |op| (0..3).map(|part| input(part, op)).collect::<Vec<_>>();
        let origins = if origin > 0 {
            HashMap::from([(series.clone(), Number::U64(origin))])
        } else {
            HashMap::new()
        };
        let from = if from_device { CounterOrigin::Device } else { CounterOrigin::Rebased };
        let mut ledger = Ledger::continue_from(origins, from);
        let owner: Arc<str> = "GPU-a".into();
        let at = ledger.get_or_insert(&series, Some(&owner), unit, &inputs(op), Kind::CounterU64);

        // The model: the devices, and their events since the first reading.
        let mut devices = origin_policy;
        let mut seen = [false; 3];
        let mut grown = origin;
        let from_device = from_device && origin == 0;
        let mut ever = [!from_device; 3];
        // What each part had before it read 0: if it comes back, it was not reset.
        let mut before_zero = [None; 3];
        for (second, turn) in turns.iter().enumerate() {
            let second = i64::try_from(second).unwrap() * 1_000_000;
            let mut read = vec![];
            match *turn {
                Turn::Grows(part, by) => {
                    let (at_zero, by) = (devices[part] == 0, u64::from(by));
                    devices[part] += by;
                    let is_back = |before: &u64| at_zero && *before <= devices[part];
                    if let Some(before) = before_zero[part].filter(is_back) {
                        grown += devices[part] - before;
                    } else if seen[part] {
                        grown += by;
                    }
                    read.push((part, devices[part]));
                }
                Turn::Resets(part, to) => {
                    // A value close to the last one is jitter, which is another case.
                    let to = u64::from(to);
                    if to * 100 > devices[part] * 99 {
                        continue;
                    }
                    let before = devices[part];
                    devices[part] = to;
                    if seen[part] {
                        grown += to;
                        before_zero[part] = (to == 0).then_some(before);
                    }
                    read.push((part, to));
                }
                Turn::Jitters(part) => {
                    if !seen[part] {
                        continue;
                    }
                    let reading = devices[part] - devices[part] / 101;
                    ledger.get_mut(at).unwrap().add_reading(
                        part, &Value::Int(i64::try_from(reading).unwrap()),
                        Timestamp::from_micros(second), SECOND,
                    );
                }
                Turn::Blank(part) => {
                    let step = ledger.get_mut(at).unwrap().add_reading(
                        part, &Value::Text(""), Timestamp::from_micros(second), SECOND,
                    );
                    prop_assert_eq!(step, Step::Held);
                }
                Turn::Restart(to) => {
                    ledger.restart_device("GPU-b");
                    ledger.restart_device("GPU-a");
                    before_zero = [None; 3];
                    for part in 0..3 {
                        devices[part] = u64::from(to);
                        if seen[part] {
                            grown += u64::from(to);
                        }
                        read.push((part, devices[part]));
                    }
                }
                Turn::Replaced(to) => {
                    ledger.get_mut(at).unwrap().forget_baseline();
                    devices = vec![u64::from(to); 3];
                    before_zero = [None; 3];
                    seen = [false; 3];
                }
                Turn::OtherSource => {
                    op = if op == Op::Sum { Op::Counter } else { Op::Sum };
                    let again = ledger.get_or_insert(&series, Some(&owner), unit, &inputs(op), Kind::CounterU64);
                    prop_assert_eq!(again, at);
                    before_zero = [None; 3];
                    seen = [false; 3];
                    ever = [true; 3];
                }
            }
            for (part, reading) in read {
                if !seen[part] && !ever[part] {
                    grown += reading;
                }
                (seen[part], ever[part]) = (true, true);
                let reading = Value::Int(i64::try_from(reading).unwrap());
                let total = ledger.get_mut(at).unwrap();
                total.add_reading(part, &reading, Timestamp::from_micros(second), SECOND);
            }
            prop_assert_eq!(shown(ledger.get(at).unwrap()), grown, "{:?}", turn);
        }
    }

    #[test]
    fn a_rate_adds_up_to_what_flowed_less_what_is_not_known(
        flows in vec((0..5000_u32, prop_oneof![5 => 1..2500_u32, 1 => Just(2500), 1 => 2501..9000_u32, 1 => Just(0)]), 1..50),
        missing in vec(any::<bool>(), 50),
    ) {
        let mut total = Total::new(&[input(0, Op::Integrate)], Number::U64(0), CounterOrigin::Rebased);
        // In thousandths, so that the model is exact.
        let (mut now, mut thousandths, mut last): (u64, u64, Option<u64>) = (1_000, 0, None);
        for ((rate, gap), missing) in flows.into_iter().zip(missing) {
            now += u64::from(gap);
            if missing {
                continue;
            }
            let at = Timestamp::from_micros(i64::try_from(now * 1000).unwrap());
            total.add_reading(0, &Value::Double(f64::from(rate)), at, SECOND);
            let since = last.map_or(u64::MAX, |last| now - last);
            if since <= 2500 {
                thousandths += u64::from(rate) * since;
            }
            last = Some(now);
        }
        // Sums of fractions are rounded, a unit at most.
        prop_assert!(shown(&total).abs_diff(thousandths / 1000) <= 1);
    }
}
