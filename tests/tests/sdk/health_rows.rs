//! The incidents that real engines were seen to report, one row each.

use dcgm::health::{HealthReport, HealthRequest, HealthSystems, IncidentSeverity};
use dcgm::{Client as _, EntityId};
use dcgm_simulator::Flavour;
use serde_json::Value;

use crate::bench::{Bench, FLAVOURS};

const ROWS: &str = include_str!("../../data/health.jsonl");

const SECOND: i64 = 1_000_000;

/// Fake GPUs that fit beside the eight others.
const FAKES: usize = 24;

struct Row(Value);

impl Row {
    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().expect("a text")
    }

    fn number(&self, key: &str) -> u32 {
        let number = self.0[key].as_u64().expect("a number");
        u32::try_from(number).expect("small")
    }

    /// Injects the samples for an entity. 3.3 refuses fields that it does not know.
    fn inject(&self, bench: &Bench, entity: (u32, u32), flavour: Flavour) {
        for sample in self.0["inject"].as_array().expect("a list") {
            let number = |at: usize| sample[at].as_i64().expect("a number");
            let field = u16::try_from(number(0)).expect("a field");
            let at = bench.control.now() + number(1) * SECOND;
            let value = match &sample[2] {
                Value::String(text) => text.clone(),
                number => number.to_string(),
            };
            let is_taken = bench.control.inject(entity, field, at, &value);
            assert!(is_taken || flavour == Flavour::V3_3, "{:?}", self.0);
        }
    }

    /// System, health and code of each incident.
    fn expected(&self, flavour: Flavour) -> Vec<[u32; 3]> {
        let old = self.0.get("incidents_3_3");
        let list = match (flavour, old) {
            (Flavour::V3_3, Some(list)) => list,
            _ => &self.0["incidents"],
        };
        serde_json::from_value(list.clone()).expect("triples")
    }
}

fn rows(is_wanted: impl Fn(&str) -> bool) -> Vec<Row> {
    let rows = ROWS
        .lines()
        .map(|line| Row(serde_json::from_str(line).expect("JSON")));
    let rows: Vec<_> = rows.filter(|row| is_wanted(row.text("on"))).collect();
    assert!(rows.len() > 5, "{}", rows.len());
    rows
}

fn found(report: &HealthReport, from: usize) -> Vec<[u32; 3]> {
    let incidents = report.incidents().iter().skip(from);
    incidents
        .map(|incident| {
            let health = match incident.severity {
                IncidentSeverity::Warning => 10,
                _ => 20,
            };
            let id = incident.id;
            [id.system.bits(), health, id.code.raw()]
        })
        .collect()
}

/// Checks one entity, and returns the incidents.
fn check(bench: &Bench, entity: EntityId, systems: HealthSystems) -> HealthReport {
    let health = bench.engine.health();
    let request = HealthRequest::new([entity]).with_systems(systems);
    let watch = health.watch(&request).expect("watch");
    let mut report = HealthReport::new();
    health.check(&watch, &mut report).expect("check");
    report
}

#[test]
fn samples_of_a_fake_gpu_make_the_recorded_incidents() {
    for flavour in FLAVOURS {
        for rows in rows(|on| on == "fake GPU").chunks(FAKES) {
            let bench = Bench::new(flavour);
            bench.control.stop_clock(0);
            for row in rows {
                let gpu = bench.control.fake_gpu().expect("room");
                row.inject(&bench, (1, gpu), flavour);
                let report = check(&bench, EntityId::gpu(gpu), HealthSystems::ALL);
                let found = found(&report, 0);
                assert_eq!(found, row.expected(flavour), "{flavour:?}: {:?}", row.0);
            }
        }
    }
}

#[test]
fn samples_of_a_sampled_gpu_make_the_recorded_incidents() {
    for row in rows(|on| on == "h8 GPU") {
        let bench = Bench::new(Flavour::V4_6);
        bench.control.stop_clock(0);
        let gpu = row.number("gpu");
        // The samples before.
        drop(check(&bench, EntityId::gpu(gpu), HealthSystems::ALL));
        bench.control.advance(std::time::Duration::from_secs(1));
        row.inject(&bench, (1, gpu), Flavour::V4_6);
        let report = check(&bench, EntityId::gpu(gpu), HealthSystems::ALL);
        assert_eq!(
            found(&report, 0),
            row.expected(Flavour::V4_6),
            "{:?}",
            row.0
        );
    }
}

#[test]
fn every_xid_makes_the_recorded_incident_and_no_other() {
    for flavour in FLAVOURS {
        let rows = rows(|on| on == "GPU 0");
        let xid_of = |row: &Row| row.0["inject"][0][2].as_i64();
        for xid in 1..=170 {
            let bench = Bench::new(flavour);
            let taken = bench
                .control
                .inject((1, 0), 230, bench.control.now(), &xid.to_string());
            assert!(taken);
            let report = check(&bench, EntityId::gpu(0), HealthSystems::ALL);
            let row = rows.iter().find(|row| xid_of(row) == Some(xid));
            let expected = row.map_or(Vec::new(), |row| row.expected(flavour));
            assert_eq!(found(&report, 0), expected, "{flavour:?}: XID {xid}");
            let ids = report.incidents().iter().map(|incident| incident.id.xid);
            assert!(ids.into_iter().all(|found| found == Some(xid)), "XID {xid}");
        }
    }
}

#[test]
fn imex_makes_the_recorded_incidents_of_the_host() {
    for row in rows(|on| on == "host") {
        let bench = Bench::new(Flavour::V4_6);
        bench.control.stop_clock(0);
        let gpu = EntityId::gpu(0);
        drop(check(&bench, gpu, HealthSystems::NVLINK));
        row.inject(&bench, (0, 0), Flavour::V4_6);
        let report = check(&bench, gpu, HealthSystems::NVLINK);
        assert_eq!(
            found(&report, 0),
            row.expected(Flavour::V4_6),
            "{:?}",
            row.0
        );
        let entities = report.incidents().iter().map(|incident| incident.id.entity);
        assert!(entities.into_iter().all(|entity| entity == EntityId::HOST));
    }
}
