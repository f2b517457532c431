//! probe
#![cfg(feature = "mock")]
use dcgm::mock::*;
use dcgm::*;
use std::time::Duration;
#[test]
fn probe() {
    for name in Host::NAMES {
        for scenario in Scenario::ALL {
            let m = Model::new(Host::by_name(name).unwrap(), *scenario);
            let mut n = 0;
            let mut bad = std::collections::BTreeMap::new();
            let mut ids: Vec<_> = m.entities(Duration::ZERO).iter().map(|e| e.id).collect();
            ids.extend(m.links(Duration::ZERO).iter().filter_map(|l| l.id));
            ids.push(EntityId::HOST);
            for id in ids {
                for info in FieldId::all() {
                    let mut last: Option<i64> = None;
                    let step = if n > 100000 { 600 } else { 60 };
                    for s in (0..7200).step_by(step) {
                        match m.value(id, info.id, Duration::from_secs(s)) {
                            Ok(v) => {
                                n += 1;
                                let t = match v.as_value() {
                                    Value::Int(_) => ValueType::Int,
                                    Value::Double(_) => ValueType::Double,
                                    Value::Text(_) => ValueType::Text,
                                    Value::Blob(_) => ValueType::Blob,
                                    _ => unreachable!(),
                                };
                                if t != info.value_type {
                                    *bad.entry((info.id.raw(), "type")).or_insert(0) += 1;
                                }
                                if let (FieldKind::Counter, Some(x)) =
                                    (info.kind, v.as_value().as_i64())
                                {
                                    if last.is_some_and(|l| x < l) && *scenario != Scenario::Xid79 {
                                        *bad.entry((info.id.raw(), "fell")).or_insert(0) += 1;
                                    }
                                    last = Some(x);
                                }
                            }
                            Err(_) => {}
                        }
                    }
                }
            }
            println!("{name} {scenario:?} values {n} bad {bad:?}");
        }
    }
    let m = Model::by_name("8xh100,training").unwrap();
    for info in FieldId::all() {
        println!(
            "{} {:?}",
            info.id,
            m.value(EntityId::gpu(2), info.id, Duration::from_secs(100))
        );
    }
}
