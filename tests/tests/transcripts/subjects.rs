//! Recorded calls of the subjects beside samples: health, policies, topology, jobs, processes, configuration,
//! modules, diagnostics, MIG.
//!
//! The recordings are in `data/subjects.jsonl`: inputs in `in`, results in `ret` and `out`. The probe had one
//! engine for each file.

#![expect(
    clippy::unnecessary_wraps,
    reason = "every call has the result of one that can be left out"
)]

mod config;
mod groups;
mod host_engine;
mod jobs;
mod topology;
mod watched;

use core::ffi::c_int;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use dcgm_simulator::Control;
use serde_json::Value;

use crate::native::Native;
use crate::run::{Injected, Row, Run};

const RECORDINGS: &str = include_str!("../../data/subjects.jsonl");
/// Rows that must be reproduced.
pub(crate) const PINNED: usize = 638;
/// A group that does not exist.
const NO_GROUP: usize = 999;
const FIRST_FAKE: u32 = 8;

/// The values of a row that were seen again, under the row's keys. `Err`: the reason to leave the row out.
type Seen = Result<Value, &'static str>;

/// The result for the rows of a case: the probe's number and its subject.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) recorded: usize,
    pub(crate) reproduced: usize,
    pub(crate) left_out: BTreeMap<&'static str, usize>,
    pub(crate) wrong: Vec<String>,
}

/// The replay of a file.
struct Subject<'r, 'a> {
    run: &'r mut Run<'a>,
    lib: &'a Native,
    /// Groups by their members.
    groups: HashMap<String, usize>,
    /// The list of errors of the calls that configure.
    errors: usize,
    /// The start of each job.
    started: HashMap<Vec<u8>, i64>,
    profiles: config::ProfileStructs,
    /// The field group that the probe watched; 0: none yet.
    watched: usize,
    /// The group that was created last.
    last_group: usize,
    /// The probe changed the modules in a way that is not repeated.
    is_after_reload: bool,
    /// Health checks are on for all GPUs.
    is_checked: bool,
}

/// Makes all calls again, case by case.
pub(crate) fn replay(lib: &Native, control: &Control) -> BTreeMap<String, Tally> {
    let mut rows: Vec<(String, Vec<Row>)> = Vec::new();
    for line in RECORDINGS.lines() {
        let row = Row(serde_json::from_str(line).unwrap());
        let file = row.text("file").to_owned();
        match rows.last_mut().filter(|(last, _)| *last == file) {
            Some((_, rows)) => rows.push(row),
            None => rows.push((file, vec![row])),
        }
    }
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (file, rows) in &rows {
        let case = file.split('-').next().unwrap().trim_start_matches('s');
        let subject = case.trim_start_matches(|one: char| one.is_ascii_digit());
        let subject = subject.trim_end_matches('b');
        let tally = tallies.entry(title(subject)).or_default();
        let mut run = Run::new(lib, control, file);
        let mut subject = Subject::begin(&mut run, lib);
        for row in rows {
            tally.recorded += 1;
            match subject.call(row) {
                Err(reason) => *tally.left_out.entry(reason).or_default() += 1,
                Ok(seen) => {
                    let differing = differences(row, &seen);
                    if differing.is_empty() {
                        tally.reproduced += 1;
                    }
                    tally.wrong.extend(differing);
                }
            }
        }
        run.end();
        assert_eq!(control.panics(), 0, "{file}: the simulator panicked");
    }
    tallies
}

/// The names of the cases.
fn title(case: &str) -> String {
    let title = match case {
        "jo" => "jobs",
        "pid" => "processes",
        "topo" => "topology and NVLink",
        "config" => "configuration, power profiles, vGPU",
        "misc" => "modules, introspection, groups, fields, diagnostics",
        "prof" => "profiling",
        "mig" => "MIG",
        "env" => "environment",
        "imex" => "health of IMEX",
        "health" => "health: masks, codes, watched fields",
        "policy" => "policies: codes",
        "nonvml" => "without NVML",
        "nonroot" => "an engine that is not root's",
        other => other,
    };
    title.to_owned()
}

/// The input of a row, and what is no observation.
const NOT_OBSERVED: [&str; 8] = [
    "file",
    "name",
    "call",
    "in",
    "n",
    "systems",
    "interval_us",
    "on",
];

fn differences(row: &Row, seen: &Value) -> Vec<String> {
    let observed = row.0.iter();
    let observed: Vec<_> = observed
        .filter(|(key, _)| !NOT_OBSERVED.contains(&key.as_str()))
        .collect();
    assert!(!observed.is_empty(), "{}: nothing to compare", row.name());
    let differing = observed.into_iter().filter_map(|(key, recorded)| {
        let got = seen.get(key).unwrap_or(&Value::Null);
        let difference = difference(recorded, got, key)?;
        Some(format!(
            "{}: {}: {difference}",
            row.text("file"),
            row.name()
        ))
    });
    differing.collect()
}

/// Finds the first difference: a recorded list may end earlier, and a recorded object may have fewer keys. The
/// probe writes `<undefined>` for memory that DCGM did not write.
fn difference(recorded: &Value, seen: &Value, place: &str) -> Option<String> {
    let is_same = match (recorded, seen) {
        (Value::Object(recorded), Value::Object(seen)) => {
            return recorded.iter().find_map(|(key, value)| {
                let seen = seen.get(key).unwrap_or(&Value::Null);
                difference(value, seen, &format!("{place}.{key}"))
            });
        }
        // An empty list is the end of one, and not the beginning.
        (Value::Array(recorded), Value::Array(seen))
            if recorded.len() <= seen.len() && recorded.is_empty() == seen.is_empty() =>
        {
            let mut pairs = recorded.iter().zip(seen).enumerate();
            return pairs.find_map(|(index, (recorded, seen))| {
                difference(recorded, seen, &format!("{place}[{index}]"))
            });
        }
        (Value::String(text), _) if text == "<undefined>" => true,
        (Value::Number(recorded), Value::Number(seen)) if recorded != seen => {
            let (recorded, seen) = (recorded.as_f64().unwrap(), seen.as_f64().unwrap());
            // Sums of floating-point numbers, in another order.
            (recorded - seen).abs() <= 1e-12 * recorded.abs()
        }
        _ => recorded == seen,
    };
    (!is_same).then(|| format!("{place}\n  recorded {recorded}\n  here     {seen}"))
}

impl Row {
    /// Returns an input.
    fn input(&self, key: &str) -> Option<&Value> {
        self.0.get("in").and_then(|input| input.get(key))
    }

    fn input_int(&self, key: &str) -> Option<i64> {
        self.input(key).and_then(Value::as_i64)
    }

    fn input_word(&self, key: &str) -> Option<u32> {
        let value = self.input(key).and_then(Value::as_u64)?;
        Some(u32::try_from(value).unwrap())
    }

    fn call(&self) -> &str {
        self.text("call")
    }

    /// Returns `true` if the probe passed a null pointer.
    fn is_null(&self) -> bool {
        self.name().contains("NULL")
    }

    /// Returns the version word that the probe wrote.
    fn version(&self, version: u32) -> u32 {
        if let Some(version) = self.input_word("version") {
            return version;
        }
        if self.name().contains("bad") && self.name().contains("version") {
            return 0;
        }
        version
    }
}

/// Returns the pointer, or null where the probe passed that.
fn pointer<T>(row: &Row, value: &mut T) -> *mut T {
    if row.is_null() {
        core::ptr::null_mut()
    } else {
        value
    }
}

impl<'r, 'a> Subject<'r, 'a> {
    fn begin(run: &'r mut Run<'a>, lib: &'a Native) -> Self {
        let host = if run.file.ends_with("nonvml") {
            "none"
        } else {
            "8xh100"
        };
        // No row needs a timeout, and the machine may build at the same time.
        let patience = Duration::from_secs(60);
        run.control.limits(patience, patience);
        run.begin_with(host);
        let wiring = match run.file.rsplit('-').next() {
            Some("topo") => 1,
            Some("links") => 2,
            Some("topo2") => 3,
            Some("topo4") => 4,
            _ => 0,
        };
        run.control.set_wiring(wiring);
        run.control.set_root(!run.file.ends_with("nonroot"));
        let mut errors = 0;
        assert_eq!(lib.dcgmStatusCreate(&raw mut errors), 0);
        let mut subject = Self {
            run,
            lib,
            groups: HashMap::new(),
            errors,
            started: HashMap::new(),
            profiles: config::ProfileStructs::new(),
            watched: 0,
            last_group: 0,
            is_after_reload: false,
            is_checked: false,
        };
        if host == "none" {
            subject.add_fakes(1, 0);
        }
        if subject.run.file.starts_with("s18env") {
            subject
                .run
                .control
                .set_environment("CUDA_VISIBLE_DEVICES", "0,1");
            let long = "x".repeat(300);
            subject
                .run
                .control
                .set_environment("DCGM_DIAG_REMOVED", &long);
        }
        if subject.run.file.starts_with("s10pid") {
            subject.account_processes();
        }
        subject
    }

    /// Begins again with a new engine.
    fn restart(&mut self) {
        self.run.end();
        self.run.address.clear();
        self.run.begin_with("8xh100");
        self.groups.clear();
    }

    fn handle(&self) -> usize {
        self.run.handle
    }

    /// Creates fakes of a kind, up to a number.
    fn add_fakes(&mut self, kind: u32, last: u32) {
        while self.run.fake(kind, (0, 0)).1 < last {}
    }

    fn is_there(&self, kind: u32, id: u32) -> bool {
        let (mut ids, mut count) = ([0; 64], 64);
        let code = self.lib.dcgmGetEntityGroupEntities(
            self.handle(),
            kind,
            ids.as_mut_ptr(),
            &raw mut count,
            0,
        );
        let count = usize::try_from(count).unwrap_or(0);
        code == 0 && ids[..count].contains(&id)
    }

    /// Returns the group of a row: by its number, its members, or the one of GPUs 0 and 1.
    fn group(&mut self, row: &Row) -> usize {
        if let Some(id) = row.input("group_id").and_then(Value::as_u64) {
            return usize::try_from(id).unwrap();
        }
        if row.name().contains("unknown group") {
            return NO_GROUP;
        }
        let members = match row.input("group") {
            Some(members) => members.clone(),
            None if row.name().contains("empty group") => serde_json::json!([]),
            // The only GPU.
            None if self.run.file.ends_with("nonvml") => serde_json::json!([[1, 0]]),
            None => serde_json::json!([[1, 0], [1, 1]]),
        };
        self.group_of(&members)
    }

    fn group_of(&mut self, members: &Value) -> usize {
        if let Some(id) = self.groups.get(&members.to_string()) {
            return *id;
        }
        let pairs: Vec<(u32, u32)> = serde_json::from_value(members.clone()).unwrap();
        for (kind, id) in &pairs {
            if (*kind != 1 || *id >= FIRST_FAKE) && !self.is_there(*kind, *id) {
                self.add_fakes(*kind, *id);
            }
        }
        let id = self.run.group("g", &pairs);
        self.groups.insert(members.to_string(), id);
        id
    }

    fn ret(code: c_int) -> Seen {
        Ok(serde_json::json!({"ret": code}))
    }

    fn call(&mut self, row: &Row) -> Seen {
        if !row.name().contains("at once after") {
            self.run.control.advance(Duration::from_millis(1));
        }
        let seen = match row.call() {
            "" => self.act(row),
            call => topology::call(self, row, call)
                .or_else(|| config::call(self, row, call))
                .or_else(|| jobs::call(self, row, call))
                .or_else(|| groups::call(self, row, call))
                .or_else(|| host_engine::call(self, row, call))
                .or_else(|| watched::call(self, row, call)),
        };
        seen.unwrap_or(Err("not called by the client"))
    }

    /// Does what a row without a call describes.
    fn act(&mut self, row: &Row) -> Option<Seen> {
        let name = row.name();
        let fakes = |ids: Vec<u32>| Ok(serde_json::json!({"ret": 0, "ids": ids}));
        Some(match name {
            "one fake GPU and one fake switch added" => {
                assert_eq!([1, 3].map(|kind| self.run.fake(kind, (0, 0)).0), [0, 0]);
                Err(groups::SWITCHES)
            }
            "a fake GPU added" => fakes(vec![self.run.fake(1, (0, 0)).1]),
            "inject on GPU_I" => {
                let value = Injected::Int(7);
                Subject::ret(self.run.inject((4, 64), 203, &value, self.run.now()))
            }
            "a fake switch added" => Err(groups::SWITCHES),
            "a fake GPU instance on an h8 GPU" => fakes(vec![self.run.fake(4, (1, 0)).1]),
            _ if name.starts_with("fakes: 2 GPUs") => {
                let gpus: Vec<u32> = (0..2).map(|_| self.run.fake(1, (0, 0)).1).collect();
                let parents = [gpus[0], gpus[0], gpus[1]];
                let instances = parents.map(|gpu| self.run.fake(4, (1, gpu)).1);
                let parents = [instances[0], instances[0], instances[2]];
                let compute = parents.map(|instance| self.run.fake(5, (4, instance)).1);
                Ok(serde_json::json!({
                    "ret": [0, 0, 0], "gpus": gpus, "gpu_i": instances, "gpu_ci": compute
                }))
            }
            _ => {
                return config::act(self, row)
                    .or_else(|| jobs::act(self, row))
                    .or_else(|| groups::act(self, row))
                    .or_else(|| host_engine::act(self, row))
                    .or_else(|| watched::act(self, row));
            }
        })
    }
}
