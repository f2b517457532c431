//! The module of diagnostics: missing, as on the observed engines; or one that runs a canned diagnostic, step by
//! step. The real module, which is closed, was not observed: codes of a run are from its caller's source.

use super::{Code, Engine, GPU, Pair, st};
use crate::wire::Payload;

/// `DCGM_FI_DEV_DIAG_STATUS`.
const STATUS: u16 = 362;
const NO_GROUP: u64 = 0x7fff_fffa;
const MODULE: usize = 7;
const MULTI_NODE: usize = 10;
const LOADED: u32 = 3;
const FAILED: u32 = 2;

/// What the module does.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Mode {
    /// It is not installed.
    #[default]
    Missing,
    /// A test ends with each step.
    Finishes,
    /// The second test does not end.
    Holds,
}

#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    pub(super) mode: Mode,
    failing: Option<u32>,
    run: Option<Run>,
    last: u64,
    heartbeats: u64,
}

/// A diagnostic that runs.
#[derive(Debug)]
struct Run {
    id: u64,
    tests: Vec<Vec<u8>>,
    entities: Vec<Pair>,
    done: usize,
    stopped: bool,
}

/// Where a diagnostic is.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) is_over: bool,
    pub(crate) tests: Vec<Vec<u8>>,
    pub(crate) entities: Vec<Pair>,
    pub(crate) failing: Option<u32>,
}

/// The tests of a level.
fn tests_of(level: u32) -> Vec<Vec<u8>> {
    let all: [&[&str]; 4] = [
        &["software"],
        &["pcie", "memory"],
        &["diagnostic", "targeted_stress"],
        &["memtest", "pulse_test"],
    ];
    let levels = all.iter().take(level as usize);
    levels
        .flat_map(|tests| *tests)
        .map(|name| name.as_bytes().to_vec())
        .collect()
}

impl Engine {
    /// The module for several hosts is not installed.
    pub(crate) fn multi_node(&mut self) -> Code {
        self.load_module(MULTI_NODE, FAILED);
        st::MODULE_NOT_LOADED
    }

    /// 0: no module; 1: tests end; 2: they do not.
    pub(crate) fn set_diagnostics(&mut self, mode: u32, failing: Option<u32>) {
        self.diagnostics.mode = match mode {
            1 => Mode::Finishes,
            2 => Mode::Holds,
            _ => Mode::Missing,
        };
        self.diagnostics.failing = failing;
    }

    pub(crate) fn heartbeats(&self) -> u64 {
        self.diagnostics.heartbeats
    }

    fn find_module(&mut self) -> Result<(), Code> {
        let is_there = self.diagnostics.mode != Mode::Missing;
        self.load_module(MODULE, if is_there { LOADED } else { FAILED });
        if is_there {
            Ok(())
        } else {
            Err(st::MODULE_NOT_LOADED)
        }
    }

    /// Starts a diagnostic by level, or by name if it is 0. The entities are those of the group, or of the list
    /// if there is none.
    pub(crate) fn start_diagnostic(
        &mut self,
        (group, level): (u64, u32),
        list: &[u8],
        names: &[Vec<u8>],
        now: i64,
    ) -> Result<u64, Code> {
        self.find_module()?;
        let entities = if group == NO_GROUP {
            parse_list(list).ok_or(st::BADPARAM)?
        } else {
            let (_, members) = self.group(group, now)?;
            members.into_iter().filter(|pair| pair.0 == GPU).collect()
        };
        if entities.is_empty() {
            return Err(st::GROUP_IS_EMPTY);
        }
        if self.diagnostics.run.is_some() {
            return Err(st::DIAG_ALREADY_RUNNING);
        }
        let tests = match level {
            0 => names.to_vec(),
            level => tests_of(level),
        };
        if tests.iter().any(|name| name.starts_with(b"no_such")) {
            return Err(st::NVVS_NO_AVAILABLE_TEST);
        }
        self.diagnostics.last += 1;
        let id = self.diagnostics.last;
        self.diagnostics.run = Some(Run {
            id,
            tests,
            entities,
            done: 0,
            stopped: false,
        });
        Ok(id)
    }

    /// Goes on with a diagnostic.
    pub(crate) fn step_diagnostic(&mut self, id: u64, now: i64) -> Result<Progress, Code> {
        let (mode, failing) = (self.diagnostics.mode, self.diagnostics.failing);
        let run = self.diagnostics.run.as_mut().filter(|run| run.id == id);
        let run = run.ok_or(st::GENERIC_ERROR)?;
        if run.stopped {
            self.diagnostics.run = None;
            return Err(st::NVVS_KILLED);
        }
        let mut progress = Progress {
            is_over: false,
            tests: run.tests.clone(),
            entities: run.entities.clone(),
            failing,
        };
        if run.done == run.tests.len() {
            self.diagnostics.run = None;
            progress.is_over = true;
            return Ok(progress);
        }
        if mode == Mode::Holds && run.done == 1 {
            return Ok(progress);
        }
        run.done += 1;
        let mut status = vec![0; 144];
        let total = u32::try_from(run.tests.len()).unwrap_or(0);
        let done = u32::try_from(run.done).unwrap_or(0);
        for (at, word) in [(0, 0x0100_0090_u32), (4, total), (8, done)] {
            status.splice(at..at + 4, word.to_ne_bytes());
        }
        let name = run.tests.get(run.done - 1).cloned().unwrap_or_default();
        status.splice(12..12 + name.len(), name);
        status.truncate(144);
        // 3.3 does not know the field.
        let _ = self.inject((0, 0), STATUS, b'b', now, Payload::Blob(status), now);
        Ok(progress)
    }

    /// Stops what runs, also for a client that did not start it.
    pub(crate) fn stop_diagnostic(&mut self) -> Code {
        if let Err(code) = self.find_module() {
            return code;
        }
        if let Some(run) = &mut self.diagnostics.run {
            run.stopped = true;
        }
        st::OK
    }

    pub(crate) fn diagnostic_heartbeat(&mut self) -> Code {
        if let Err(code) = self.find_module() {
            return code;
        }
        self.diagnostics.heartbeats += 1;
        st::OK
    }
}

/// A list as `0,1,cpu:0`.
fn parse_list(list: &[u8]) -> Option<Vec<Pair>> {
    let list = core::str::from_utf8(list).ok()?;
    let one = |name: &str| match name.split_once(':') {
        None => Some((GPU, name.parse().ok()?)),
        Some(("cpu", id)) => Some((super::CPU, id.parse().ok()?)),
        Some(_) => None,
    };
    list.split(',').map(one).collect()
}
