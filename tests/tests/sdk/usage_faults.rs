//! Every answer of the functions for jobs, processes and cached samples is an error, or means that there is nothing.

use std::time::Duration;

use dcgm::history::{SampleOrder, TimeWindow};
use dcgm::jobs::{JobId, JobRequest};
use dcgm::processes::ProcessWatch;
use dcgm::{Client as _, Engine, EntityId, FieldId, Result, ReturnCode};
use dcgm_simulator::{Fault, Flavour};

use crate::bench::Bench;

/// A function, a call that calls it, and the codes that are no error of that call.
struct Row {
    function: &'static str,
    call: fn(&Engine) -> Result<()>,
    means_nothing: &'static [ReturnCode],
}

const GPUS: [EntityId; 2] = [EntityId::gpu(0), EntityId::gpu(1)];
const GONE: &[ReturnCode] = &[ReturnCode::NO_DATA, ReturnCode::NOT_CONFIGURED];

fn id() -> JobId {
    JobId::new("job").expect("an id")
}

fn start(engine: &Engine) -> Result<()> {
    engine.jobs().start_job(&JobRequest::new(id(), GPUS))
}

#[rustfmt::skip] // One row a function.
const ROWS: &[Row] = &[
    Row { function: "dcgmJobStartStats",    call: start, means_nothing: &[] },
    Row { function: "dcgmWatchJobFields",   call: start, means_nothing: &[] },
    Row { function: "dcgmJobStopStats",     call: |engine| engine.jobs().stop_job(&id()), means_nothing: &[] },
    Row { function: "dcgmJobGetStats",      call: |engine| engine.jobs().job_stats(&id()).map(drop), means_nothing: &[] },
    Row { function: "dcgmJobRemove",        call: |engine| engine.jobs().remove_job(&id()), means_nothing: GONE },
    Row { function: "dcgmGroupGetAllIds",   call: |engine| engine.jobs().job_ids().map(drop), means_nothing: &[] },
    Row { function: "dcgmWatchPidFields",   call: |engine| engine.processes().watch_processes(&GPUS, ProcessWatch::default()).map(drop), means_nothing: &[] },
    Row { function: "dcgmGetPidInfo",       call: |engine| engine.processes().process(7).map(drop), means_nothing: &[ReturnCode::NO_DATA] },
    Row { function: "dcgmGetFieldSummary",  call: |engine| engine.history().summary(GPUS[0], FieldId::GPU_UTIL, TimeWindow::ALL).map(drop), means_nothing: &[ReturnCode::NO_DATA] },
    Row { function: "dcgmGetMultipleValuesForField", call: |engine| engine.history().samples(GPUS[0], FieldId::GPU_UTIL, TimeWindow::ALL, SampleOrder::OldestFirst, 9).map(drop), means_nothing: &[] },
    Row { function: "dcgmGetCacheManagerFieldInfo", call: |engine| engine.history().watchers(GPUS[0], FieldId::GPU_UTIL).map(drop), means_nothing: &[ReturnCode::NOT_WATCHED] },
];

#[test]
fn every_code_of_every_function_is_an_error_or_means_nothing() {
    let bench = Bench::new(Flavour::V4_6);
    let engine = &bench.engine;
    let unknown = [-2, -68, i32::MIN, i32::MAX].map(ReturnCode::from_raw);
    let mut combinations = 0;
    for row in ROWS {
        for code in ReturnCode::ALL.iter().chain(&unknown) {
            if code.is_ok() {
                continue;
            }
            let is_start = ["dcgmJobStartStats", "dcgmWatchJobFields"].contains(&row.function);
            if !is_start {
                start(engine).expect("started");
            }
            assert!(
                bench
                    .control
                    .fault(row.function, Fault::Code(code.raw()), 1)
            );
            let outcome = (row.call)(engine);
            let context = format!("{} {code:?}: {outcome:?}", row.function);
            if row.means_nothing.contains(code) {
                assert!(outcome.is_ok(), "{context}");
            } else {
                let error = outcome.expect_err(&context);
                assert_eq!(
                    (error.function(), error.code()),
                    (Some(row.function), Some(*code))
                );
                if error.is_disconnected() {
                    engine.connect().expect("connect");
                }
            }
            bench.control.clear();
            // What is left can be removed, and then nothing is.
            if let Err(error) = engine.jobs().remove_job(&id()) {
                assert_eq!(error.code(), Some(ReturnCode::NO_DATA), "{context}");
            }
            let open = bench.control.open();
            let left = (open.groups, open.field_groups, open.watches, open.handles);
            assert_eq!(left, (0, 0, 0, 1), "{context}");
            combinations += 1;
        }
    }
    assert!(combinations > 600, "{combinations}");
    assert_eq!((bench.control.crashes(), bench.control.panics()), (0, 0));
}

#[test]
fn a_silent_engine_ends_each_call_at_its_deadline() {
    for row in ROWS {
        let bench = Bench::new(Flavour::V4_6);
        let engine = Engine::new(
            bench.engine.options().clone().with_deadlines(
                dcgm::Deadlines::default()
                    .with_read(Duration::from_millis(300))
                    .with_watch(Duration::from_millis(300)),
            ),
        );
        engine.connect().expect("connect");
        if !["dcgmJobStartStats", "dcgmWatchJobFields"].contains(&row.function) {
            start(&engine).expect("started");
        }
        let fault = Fault::HangUntilDisconnected;
        assert!(bench.control.fault(row.function, fault, 1));
        let error = (row.call)(&engine).unwrap_err();
        assert!(error.is_timeout(), "{}: {error}", row.function);
        engine.connect().expect("connect");
        engine.jobs().job_ids().expect("ids");
    }
}
