//! Claims about the engine in this process: who starts it, who stops it, and what it leaves behind.

#![cfg(unix)]
#![expect(
    unsafe_code,
    reason = "other code in the process uses the C ABI, and forks"
)]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::ffi::{CString, c_int, c_uint};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use dcgm::{
    Client as _, Cursor, Deadlines, EmbeddedMode, Engine, EngineOptions, EntityId, EntityKind,
    Error, FieldId, Operation, ReturnCode, Samples, WatchRequest,
};
use dcgm_simulator::{Control, Fault};
use dcgm_sys as sys;
use sys::Versioned as _;

/// The engine, the working directory, the clock and the faults are the process's: one test at a
/// time.
static ALONE: Mutex<()> = Mutex::new(());

/// Far longer than anything here takes, and shorter than a hang.
const BOUND: Duration = Duration::from_secs(60);

struct Bench {
    control: Control,
    library: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    fn new() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = dcgm_simulator::library_4_6().expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        control.clear();
        control.reset_calls();
        assert!(control.set_host("8xh100"));
        Self {
            control,
            library,
            _alone: alone,
        }
    }

    fn engine(&self, mode: EmbeddedMode) -> Engine {
        Engine::new(EngineOptions::embedded(mode).with_library(&self.library))
    }

    fn connected(&self, mode: EmbeddedMode) -> Engine {
        let engine = self.engine(mode);
        engine.connect().expect("connect");
        engine
    }

    fn starts(&self) -> u64 {
        self.control.calls("dcgmStartEmbedded_v2")
    }

    fn stops(&self) -> u64 {
        self.control.calls("dcgmStopEmbedded")
    }
}

fn gpus(engine: &Engine) -> usize {
    let mut gpus = Vec::new();
    engine.list(EntityKind::GPU, &mut gpus).expect("list");
    gpus.len()
}

/// Counts the new samples after time has passed, and after `update` has requested a sample.
fn new_samples(bench: &Bench, mode: EmbeddedMode) -> (usize, usize) {
    bench.control.stop_clock(0);
    let engine = bench.connected(mode);
    let request = WatchRequest::new([EntityId::gpu(0)], [FieldId::POWER_USAGE]);
    let watch = engine.watch(&request).expect("watch");
    let (mut cursor, mut samples) = (Cursor::new(), Samples::new());
    let mut count = || {
        engine
            .events(&watch, &mut cursor, &mut samples)
            .expect("events");
        samples.len()
    };
    count();
    bench.control.advance(Duration::from_secs(60));
    let by_itself = count();
    bench.control.advance(Duration::from_secs(60));
    engine.update().expect("update");
    let on_request = count();
    bench.control.run_clock();
    (by_itself, on_request)
}

/// Other code in this process that uses the C ABI.
struct Another(&'static sys::Library);

const HANDLE: sys::dcgmHandle_t = 0x7fff_ffff;

impl Another {
    fn start(bench: &Bench, log: &str) -> Self {
        let library = sys::Library::open_at(&bench.library).expect("the simulator");
        let log = CString::new(log).unwrap();
        let mut params = sys::dcgmStartEmbeddedV2Params_v1 {
            version: sys::dcgmStartEmbeddedV2Params_v1::VERSION,
            opMode: sys::DCGM_OPERATION_MODE_MANUAL,
            dcgmHandle: 0,
            logFile: log.as_ptr(),
            severity: sys::DcgmLoggingSeverityError,
            denyListCount: 0,
            denyList: [0; 10],
        };
        // SAFETY: it takes nothing.
        assert_eq!(unsafe { library.symbols().dcgmInit() }, Ok(sys::DCGM_ST_OK));
        // SAFETY: the struct of its version; the log's name lives as long as the call.
        let answer = unsafe { library.symbols().dcgmStartEmbedded_v2(&raw mut params) };
        assert_eq!((answer, params.dcgmHandle), (Ok(sys::DCGM_ST_OK), HANDLE));
        Self(library)
    }

    /// Returns `true` if the engine still answers.
    fn is_running(&self) -> bool {
        let mut ids = [0; 32];
        let mut count = 32;
        // SAFETY: the array has room for as many ids.
        let answer = unsafe {
            self.0.symbols().dcgmGetEntityGroupEntities(
                HANDLE,
                sys::DCGM_FE_GPU,
                ids.as_mut_ptr(),
                &raw mut count,
                0,
            )
        };
        answer == Ok(sys::DCGM_ST_OK)
    }

    fn stop(&self) {
        // SAFETY: an integer.
        let answer = unsafe { self.0.symbols().dcgmStopEmbedded(HANDLE) };
        assert_eq!(answer, Ok(sys::DCGM_ST_OK));
    }
}

/// In a process of its own, as the environment is read by all of a process's threads.
#[test]
fn the_working_directory_stays_what_it_was() {
    const NAME: &str = "the_working_directory_stays_what_it_was";

    let Some(home) = env::var_os("DCGM_HOME_DIR") else {
        let home = tempfile::tempdir().unwrap();
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", NAME]);
        let ran = again.env("DCGM_HOME_DIR", home.path()).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        return;
    };
    let bench = Bench::new();
    let before = env::current_dir().unwrap();
    // A careless start ends up elsewhere.
    let careless = Another::start(&bench, "/dev/null");
    assert_eq!(env::current_dir().unwrap(), fs::canonicalize(home).unwrap());
    careless.stop();
    env::set_current_dir(&before).unwrap();

    let engine = bench.connected(EmbeddedMode::Auto);
    assert_eq!(env::current_dir().unwrap(), before);
    drop(engine);
    assert_eq!(env::current_dir().unwrap(), before);
}

#[test]
fn nothing_is_logged_without_a_log_file() {
    let bench = Bench::new();
    drop(bench.connected(EmbeddedMode::Auto));
    assert_eq!(bench.control.log().as_deref(), Some("/dev/null"));

    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("engine.log");
    let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&bench.library);
    let engine = Engine::new(options.with_log_file(&log));
    engine.connect().unwrap();
    assert_eq!(bench.control.log().as_deref(), log.to_str());
    assert!(!fs::read(&log).unwrap().is_empty());
}

#[test]
fn engines_share_one_and_the_last_that_goes_stops_it() {
    let bench = Bench::new();
    let first = bench.connected(EmbeddedMode::Auto);
    let second = bench.connected(EmbeddedMode::Auto);
    assert_eq!((bench.starts(), bench.stops()), (1, 0));
    drop(first);
    assert_eq!((gpus(&second), bench.stops()), (8, 0));
    drop(second);
    assert_eq!((bench.starts(), bench.stops()), (1, 1));
    // And the next one starts it again.
    assert_eq!(gpus(&bench.connected(EmbeddedMode::Auto)), 8);
    assert_eq!((bench.starts(), bench.stops()), (2, 2));
}

#[test]
fn an_engine_that_other_code_started_is_used_and_never_stopped() {
    let bench = Bench::new();
    let another = Another::start(&bench, "/dev/null");
    // Its mode is not known, so either is as good.
    let first = bench.connected(EmbeddedMode::Auto);
    let second = bench.connected(EmbeddedMode::Manual);
    assert_eq!((gpus(&first), gpus(&second)), (8, 8));
    second.update().expect("update");
    drop((first, second));
    assert_eq!(bench.stops(), 0);
    assert!(another.is_running());
    another.stop();
    assert!(!another.is_running());
}

#[test]
fn an_automatic_engine_samples_by_itself_and_a_manual_one_on_request() {
    let bench = Bench::new();
    let (by_itself, _) = new_samples(&bench, EmbeddedMode::Auto);
    assert!(by_itself > 0);
    let (by_itself, on_request) = new_samples(&bench, EmbeddedMode::Manual);
    assert_eq!(by_itself, 0);
    assert!(on_request > 0);
}

#[test]
fn the_other_mode_is_refused_while_the_engine_runs() {
    let bench = Bench::new();
    for (mode, other, name) in [
        (EmbeddedMode::Auto, EmbeddedMode::Manual, "auto"),
        (EmbeddedMode::Manual, EmbeddedMode::Auto, "manual"),
    ] {
        let engine = bench.connected(mode);
        let error = bench.engine(other).connect().unwrap_err();
        assert!(
            matches!(error, Error::EmbeddedMode { running } if running == name),
            "{error}"
        );
        assert_eq!(gpus(&engine), 8);
        drop(engine);
        assert_eq!(gpus(&bench.connected(other)), 8);
    }
}

#[test]
fn an_engine_in_another_libdcgm_is_refused_and_not_mistaken() {
    let bench = Bench::new();
    let engine = bench.connected(EmbeddedMode::Auto);
    let other = dcgm_simulator::library_3_3().expect("cargo builds it with this test");
    let other = Engine::new(EngineOptions::embedded(EmbeddedMode::Auto).with_library(other));
    let error = other.connect().unwrap_err();
    assert!(matches!(error, Error::Request(_)), "{error}");
    assert_eq!((gpus(&engine), bench.stops()), (8, 0));
    drop(engine);
    // One after the other they may.
    other.connect().unwrap();
    assert_eq!(
        other.build_info().unwrap().version().unwrap().to_string(),
        "3.3.9"
    );
}

#[test]
fn an_engine_that_did_not_stop_is_still_ours_and_is_stopped_at_the_next_end() {
    let bench = Bench::new();
    let raw = Another(sys::Library::open_at(&bench.library).expect("the simulator"));
    let fault = |code: ReturnCode, calls| {
        let fault = Fault::Code(code.raw());
        assert!(bench.control.fault("dcgmStopEmbedded", fault, calls));
    };
    let codes = ReturnCode::ALL.iter().filter(|code| !code.is_ok());
    for code in codes.filter(|code| **code != ReturnCode::UNINITIALIZED) {
        for next in [EmbeddedMode::Auto, EmbeddedMode::Manual] {
            fault(*code, 1);
            drop(bench.connected(EmbeddedMode::Auto));
            assert!(raw.is_running(), "{code:?}: the fault changes nothing");
            // In the same mode it is used again, and for another it is stopped at once.
            let engine = bench.connected(next);
            assert_eq!(gpus(&engine), 8, "{code:?}");
            drop(engine);
            assert!(!raw.is_running(), "{code:?}, {next:?}: taken for another's");
        }
    }

    // While nothing stops it, it is what it is.
    fault(ReturnCode::GENERIC_ERROR, u32::MAX);
    drop(bench.connected(EmbeddedMode::Auto));
    let error = bench.engine(EmbeddedMode::Manual).connect().unwrap_err();
    let is_mode = matches!(error, Error::EmbeddedMode { running: "auto" });
    assert!(is_mode, "{error}");
    assert_eq!(gpus(&bench.connected(EmbeddedMode::Auto)), 8);
    let other = dcgm_simulator::library_3_3().expect("cargo builds it with this test");
    let other = Engine::new(EngineOptions::embedded(EmbeddedMode::Auto).with_library(other));
    let error = other.connect().unwrap_err();
    assert!(matches!(error, Error::Request(_)), "{error}");
    bench.control.clear();
    other.connect().expect("the one that was left has stopped");
    assert!(!raw.is_running());
}

#[test]
fn an_engine_that_another_shutdown_stopped_is_no_longer_ours() {
    let bench = Bench::new();
    let raw = Another(sys::Library::open_at(&bench.library).expect("the simulator"));
    let engine = bench.connected(EmbeddedMode::Auto);
    // SAFETY: it takes nothing.
    let answer = unsafe { raw.0.symbols().dcgmShutdown() };
    assert_eq!(answer, Ok(sys::DCGM_ST_OK));
    drop(engine);
    let another = Another::start(&bench, "/dev/null");
    drop(bench.connected(EmbeddedMode::Auto));
    assert!(another.is_running(), "it was stopped as if it were ours");
    another.stop();
}

#[test]
fn a_start_that_hangs_keeps_no_caller_beyond_its_deadline() {
    let bench = Bench::new();
    assert!(bench.control.fault("dcgmStartEmbedded_v2", Fault::Hang, 1));
    let mut deadlines = Deadlines::default();
    deadlines.connect = Duration::from_millis(300);
    let options = EngineOptions::embedded(EmbeddedMode::Auto).with_library(&bench.library);
    let options = options.with_deadlines(deadlines);
    let (first, second) = (Engine::new(options.clone()), Engine::new(options));
    // If the others' threads were lost, too, the last would report it.
    for engine in [&first, &second, &second, &second] {
        let error = engine.connect().unwrap_err();
        assert!(
            matches!(
                error,
                Error::Timeout {
                    operation: Operation::Connect,
                    ..
                }
            ),
            "{error}"
        );
    }
    assert_eq!((bench.starts(), bench.control.hanging()), (1, 1));
    bench.control.release();
    let start = Instant::now();
    while second.connect().is_err() {
        assert!(start.elapsed() < BOUND, "the lock is never given back");
        thread::yield_now();
    }
    assert_eq!(gpus(&second), 8);
}

unsafe extern "C" {
    safe fn fork() -> c_int;
    safe fn alarm(seconds: c_uint) -> c_uint;
    safe fn _exit(code: c_int) -> !;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
}

#[test]
fn a_forked_child_neither_uses_nor_stops_the_parents_engine() {
    let bench = Bench::new();
    // No thread of the engine's own holds a lock of the simulator's while this forks.
    let engine = bench.connected(EmbeddedMode::Manual);
    let fresh = bench.engine(EmbeddedMode::Manual);
    let child = fork();
    if child == 0 {
        // The child does nothing that prints or panics, and a hang ends it.
        alarm(30);
        let own = bench.engine(EmbeddedMode::Manual);
        let forked = |engine: &Engine| matches!(engine.connect(), Err(Error::Forked));
        let refused = forked(&own) && forked(&fresh) && forked(&engine);
        drop((own, fresh, engine));
        let untouched = bench.stops() == 0;
        _exit(i32::from(!(refused && untouched)));
    }
    assert!(child > 0, "no process");
    let mut status = -1;
    // SAFETY: it writes one integer.
    let waited = unsafe { waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0));
    assert_eq!((gpus(&engine), bench.stops()), (8, 0));
}
