//! Diagnostics. In the real library a run is one request; here it asks again until the engine is done, so that the
//! engine answers others meanwhile.

use core::ffi::c_void;
use core::mem::offset_of;
use std::thread;
use std::time::Duration;

use dcgm_sys::{
    Versioned, dcgmDiagEntityResult_v1, dcgmDiagError_v1, dcgmDiagInfo_v1, dcgmDiagResponse_v9,
    dcgmDiagResponse_v10, dcgmDiagResponse_v11, dcgmDiagResponse_v12, dcgmDiagTestResult_v3,
    dcgmDiagTestRun_v1, dcgmDiagTestRun_v2, dcgmRunDiag_v7, dcgmRunDiag_v8, dcgmRunDiag_v9,
    dcgmRunDiag_v10,
};

use super::{Ptr, ask, ask_packet, check_version, code_of, long, ok, run};
use crate::Flavour;
use crate::dispatch::Op;
use crate::engine::{Code, st};
use crate::faults::{Garbage, garbage};
use crate::process::PROCESS;
use crate::wire::Packet;

const STEP: Duration = Duration::from_millis(5);
const LEVELS: [u32; 4] = [10, 20, 30, 40];

/// A request in any of its versions.
struct Request {
    group: i64,
    level: u32,
    list: Vec<u8>,
    names: Vec<Vec<u8>>,
    parameters: Vec<Vec<u8>>,
}

fn text(from: Ptr<u8>, room: usize) -> Vec<u8> {
    let bytes = from.read_all(room);
    bytes.into_iter().take_while(|byte| *byte != 0).collect()
}

fn rows(from: Ptr<u8>, count: usize, room: usize) -> Vec<Vec<u8>> {
    let all = (0..count).map(|row| text(from.at(row * room), room));
    all.take_while(|text| !text.is_empty()).collect()
}

macro_rules! read_request {
    ($from:expr, $version:ident, $list:ident, $list_room:literal, $parameter_room:literal) => {{
        let from: Ptr<u8> = $from;
        Request {
            group: from
                .field::<i64>(offset_of!($version, groupId))
                .read()
                .unwrap_or(0),
            level: from
                .field::<u32>(offset_of!($version, validate))
                .read()
                .unwrap_or(0),
            list: text(from.at(offset_of!($version, $list)), $list_room),
            names: rows(from.at(offset_of!($version, testNames)), 20, 50),
            parameters: rows(
                from.at(offset_of!($version, testParms)),
                100,
                $parameter_room,
            ),
        }
    }};
}

/// Reads a request of a version that the release knows.
fn read(request: Ptr<c_void>) -> Result<Request, Code> {
    let from = request.cast::<u8>();
    let old = [dcgmRunDiag_v7::VERSION, dcgmRunDiag_v8::VERSION];
    let new = [dcgmRunDiag_v9::VERSION, dcgmRunDiag_v10::VERSION];
    let all = match PROCESS.flavour() {
        Flavour::V4_6 => [old, new].concat(),
        Flavour::V3_3 => old.to_vec(),
    };
    let version = check_version(from, &all)?;
    Ok(if version == dcgmRunDiag_v7::VERSION {
        read_request!(from, dcgmRunDiag_v7, gpuList, 50, 100)
    } else if version == dcgmRunDiag_v8::VERSION {
        read_request!(from, dcgmRunDiag_v8, gpuList, 50, 1050)
    } else if version == dcgmRunDiag_v9::VERSION {
        read_request!(from, dcgmRunDiag_v9, entityIds, 2048, 1050)
    } else {
        read_request!(from, dcgmRunDiag_v10, entityIds, 2048, 1050)
    })
}

fn check_response(response: Ptr<c_void>) -> Result<u32, Code> {
    let old = [dcgmDiagResponse_v9::VERSION, dcgmDiagResponse_v10::VERSION];
    let new = [dcgmDiagResponse_v11::VERSION, dcgmDiagResponse_v12::VERSION];
    let all = match PROCESS.flavour() {
        Flavour::V4_6 => [old, new].concat(),
        Flavour::V3_3 => old.to_vec(),
    };
    check_version(response.cast::<u32>(), &all)
}

pub fn action_validate_v2(handle: usize, request: Ptr<c_void>, response: Ptr<c_void>) -> Code {
    run(|| {
        if request.is_null() || response.is_null() {
            return Err(st::BADPARAM);
        }
        let version = check_response(response)?;
        let request = read(request)?;
        run_to_end(handle, &request, version, response)
    })
}

pub fn action_validate(handle: usize, group: usize, level: u32, response: Ptr<c_void>) -> Code {
    run(|| {
        let version = check_response(response)?;
        run_to_end(handle, &by_level(group, level), version, response)
    })
}

pub fn run_diagnostic(handle: usize, group: usize, level: u32, response: Ptr<c_void>) -> Code {
    run(|| {
        let place = LEVELS.iter().position(|one| *one == level);
        let place = place.ok_or(st::BADPARAM)?;
        let version = check_response(response)?;
        let level = u32::try_from(place).unwrap_or(0) + 1;
        run_to_end(handle, &by_level(group, level), version, response)
    })
}

fn by_level(group: usize, level: u32) -> Request {
    Request {
        group: long(group),
        level,
        list: Vec::new(),
        names: Vec::new(),
        parameters: Vec::new(),
    }
}

fn run_to_end(
    handle: usize,
    request: &Request,
    version: u32,
    response: Ptr<c_void>,
) -> Result<(), Code> {
    let texts = [vec![request.list.clone()], request.names.clone()].concat();
    let started = ok(ask_packet(
        handle,
        Packet {
            op: Op::StartDiagnostic as u32,
            ints: vec![request.group, request.level.into()],
            texts,
            ..Packet::default()
        },
    ))?;
    loop {
        let reply = ok(ask(handle, Op::StepDiagnostic, vec![started.int(0)]))?;
        if reply.int(0) != 0 {
            let results = Results::new(&reply, &request.parameters);
            let into = response.cast::<u8>();
            if version == dcgmDiagResponse_v11::VERSION {
                results.write_v11(into);
            } else if version == dcgmDiagResponse_v12::VERSION {
                results.write_v12(into);
            } else {
                results.write_by_gpu(into);
            }
            return Ok(());
        }
        thread::sleep(STEP);
    }
}

/// The results of a canned diagnostic.
struct Results {
    tests: Vec<Vec<u8>>,
    entities: Vec<(u32, u32)>,
    /// The GPU on which the last test fails.
    failing: Option<u32>,
    note: Vec<u8>,
    has_huge_counts: bool,
}

const PASS: u32 = 0;
const FAIL: u32 = 3;
const NOT_RUN: u32 = 4;
const CODE: u32 = 4;
const MESSAGE: &[u8] = b"Detected 2 volatile double-bit ECC errors";

impl Results {
    fn new(reply: &Packet, parameters: &[Vec<u8>]) -> Self {
        let pairs = reply.ints.get(2..).unwrap_or_default();
        let word = |value: i64| u32::try_from(value).unwrap_or(0);
        Self {
            tests: reply.texts.clone(),
            entities: pairs
                .chunks_exact(2)
                .map(|pair| (word(pair[0]), word(pair[1])))
                .collect(),
            failing: u32::try_from(reply.int(1)).ok(),
            note: parameters.join(&b";"[..]),
            has_huge_counts: garbage("dcgmActionValidate_v2") == Garbage::HugeCount,
        }
    }

    fn fails(&self, test: usize, id: u32) -> bool {
        test + 1 == self.tests.len() && self.failing == Some(id)
    }

    fn result(&self, test: usize) -> u32 {
        let mut ids = self.entities.iter().map(|entity| entity.1);
        if ids.any(|id| self.fails(test, id)) {
            FAIL
        } else {
            PASS
        }
    }

    /// 3.3: the first test is the one of the host.
    fn write_by_gpu(&self, into: Ptr<u8>) {
        let gpus = u32::try_from(self.entities.len()).unwrap_or(0);
        let huge = |count: u32| {
            if self.has_huge_counts {
                u32::MAX
            } else {
                count
            }
        };
        into.field::<u32>(offset_of!(dcgmDiagResponse_v9, gpuCount))
            .write(huge(gpus));
        into.field::<u32>(offset_of!(dcgmDiagResponse_v9, levelOneTestCount))
            .write(huge(11));
        let system = into.at(offset_of!(dcgmDiagResponse_v9, systemError));
        system.field::<u32>(512).write(u32::MAX);
        for test in 0..11 {
            let row = into.at(offset_of!(dcgmDiagResponse_v9, levelOneResults)
                + test * size_of::<dcgmDiagTestResult_v3>());
            row.field::<u32>(0).write(PASS);
        }
        let names = [
            "memory",
            "diagnostic",
            "pcie",
            "sm_stress",
            "targeted_stress",
            "targeted_power",
            "memory_bandwidth",
            "memtest",
            "pulse_test",
        ];
        for (index, (_, id)) in self.entities.iter().enumerate().take(32) {
            let gpu = into.at(offset_of!(dcgmDiagResponse_v9, perGpuResponses) + index * 41_036);
            gpu.field::<u32>(0).write(*id);
            for test in 0..13 {
                let row = gpu.at(8 + test * size_of::<dcgmDiagTestResult_v3>());
                let name = names.get(test).map(|name| name.as_bytes());
                let place = self.tests.iter().position(|one| Some(&one[..]) == name);
                let Some(place) = place else {
                    row.field::<u32>(0).write(NOT_RUN);
                    continue;
                };
                let fails = self.fails(place, *id);
                row.field::<u32>(0).write(if fails { FAIL } else { PASS });
                if fails {
                    row.at(4).write_text(MESSAGE, 512);
                    row.field::<u32>(4 + 512).write(*id);
                    row.field::<u32>(4 + 516).write(CODE);
                }
                row.at(4 + 5 * 528).write_text(&self.note, 512);
            }
            into.at(offset_of!(dcgmDiagResponse_v9, devIds) + index * 5)
                .write_text(b"2330", 5);
            into.at(offset_of!(dcgmDiagResponse_v9, devSerials) + index * 256)
                .write_text(format!("165392301000{id}").as_bytes(), 256);
        }
        into.at(offset_of!(dcgmDiagResponse_v9, driverVersion))
            .write_text(b"550.54.15", 256);
        into.at(offset_of!(dcgmDiagResponse_v9, dcgmVersion))
            .write_text(b"3.3.9", 12);
    }
}

/// Writes the response of 4.x in one version.
macro_rules! write_by_test {
    ($function:ident, $response:ident, $test:ident) => {
        impl Results {
            fn $function(&self, into: Ptr<u8>) {
                let byte = |offset: usize, value: usize| {
                    let value = u8::try_from(value).unwrap_or(u8::MAX);
                    let value = if self.has_huge_counts { u8::MAX } else { value };
                    into.at(offset).write(value);
                };
                let short = |at: Ptr<u8>, value: usize| {
                    let value = u16::try_from(value).unwrap_or(u16::MAX);
                    let value = if self.has_huge_counts {
                        u16::MAX
                    } else {
                        value
                    };
                    at.cast::<u16>().write(value);
                };
                let failed = self.failing.is_some();
                let (tests, entities) = (self.tests.len(), self.entities.len());
                byte(offset_of!($response, numTests), tests);
                byte(offset_of!($response, numErrors), usize::from(failed));
                byte(
                    offset_of!($response, numInfo),
                    usize::from(!self.note.is_empty()),
                );
                byte(offset_of!($response, numCategories), 1);
                short(into.at(offset_of!($response, numEntities)), entities);
                short(into.at(offset_of!($response, numResults)), tests * entities);
                into.at(offset_of!($response, categories))
                    .write_text(b"Hardware", 20);
                into.at(offset_of!($response, dcgmVersion))
                    .write_text(b"4.6.0", 12);
                into.at(offset_of!($response, driverVersion))
                    .write_text(b"550.54.15", 256);
                for (index, (kind, id)) in self.entities.iter().enumerate() {
                    let row = into.at(offset_of!($response, entities) + index * 272);
                    row.field::<u32>(0).write(*kind);
                    row.field::<u32>(4).write(*id);
                    row.at(8)
                        .write_text(format!("165392301000{id}").as_bytes(), 256);
                    row.at(264).write_text(b"2330", 5);
                }
                for (test, name) in self.tests.iter().enumerate() {
                    let row = into.at(offset_of!($response, tests) + test * size_of::<$test>());
                    row.at(offset_of!($test, name)).write_text(name, 32);
                    row.at(offset_of!($test, pluginName)).write_text(name, 32);
                    row.field::<u32>(offset_of!($test, result))
                        .write(self.result(test));
                    let fails = self.result(test) == FAIL;
                    let count = |offset: usize, value: bool| {
                        let value = if self.has_huge_counts {
                            u8::MAX
                        } else {
                            value.into()
                        };
                        row.at(offset).write(value);
                    };
                    count(offset_of!($test, numErrors), fails);
                    count(offset_of!($test, numInfo), !self.note.is_empty());
                    short(row.at(offset_of!($test, numResults)), entities);
                    for (index, (kind, id)) in self.entities.iter().enumerate() {
                        let place = test * entities + index;
                        short(row.at(offset_of!($test, resultIndices) + 2 * index), place);
                        let result = into.at(offset_of!($response, results)
                            + place * size_of::<dcgmDiagEntityResult_v1>());
                        result.field::<u32>(0).write(*kind);
                        result.field::<u32>(4).write(*id);
                        let failed = self.fails(test, *id);
                        result
                            .field::<u32>(8)
                            .write(if failed { FAIL } else { PASS });
                        result
                            .field::<u32>(12)
                            .write(u32::try_from(test).unwrap_or(0));
                    }
                    if fails {
                        let error = into.at(offset_of!($response, errors));
                        error.field::<u32>(0).write(1);
                        error.field::<u32>(4).write(self.failing.unwrap_or(0));
                        error
                            .field::<u32>(offset_of!(dcgmDiagError_v1, code))
                            .write(CODE);
                        error
                            .at(offset_of!(dcgmDiagError_v1, msg))
                            .write_text(MESSAGE, 512);
                        error
                            .field::<u32>(offset_of!(dcgmDiagError_v1, testId))
                            .write(u32::try_from(test).unwrap_or(0));
                    }
                }
                let note = into.at(offset_of!($response, info));
                note.at(offset_of!(dcgmDiagInfo_v1, msg))
                    .write_text(&self.note, 512);
            }
        }
    };
}

write_by_test!(write_v11, dcgmDiagResponse_v11, dcgmDiagTestRun_v1);
write_by_test!(write_v12, dcgmDiagResponse_v12, dcgmDiagTestRun_v2);

pub fn stop_diagnostic(handle: usize) -> Code {
    code_of(ask(handle, Op::StopDiagnostic, Vec::new()))
}

pub fn diagnostic_heartbeat(handle: usize) -> Code {
    code_of(ask(handle, Op::DiagnosticHeartbeat, Vec::new()))
}

/// The module for several hosts is never there; the version is not looked at before.
pub fn run_multi_node(handle: usize, request: Ptr<c_void>, response: Ptr<c_void>) -> Code {
    if request.is_null() || response.is_null() {
        return st::BADPARAM;
    }
    code_of(ask(handle, Op::MultiNode, Vec::new()))
}

pub fn stop_multi_node(handle: usize) -> Code {
    code_of(ask(handle, Op::MultiNode, Vec::new()))
}
