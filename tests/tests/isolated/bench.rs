//! [`Bench`]: a simulated host engine, and clients of it in this process and in a worker.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dcgm::isolated::{IsolatedEngine, WorkerProgram};
use dcgm::{Client as _, Deadlines, EmbeddedMode, Engine, EngineOptions};
use dcgm_simulator::{Control, Flavour, Served};

pub(crate) const FLAVOURS: [Flavour; 2] = [Flavour::V4_6, Flavour::V3_3];

/// The host program, which can be its own worker.
pub(crate) const HOST: &str = env!("CARGO_BIN_EXE_dcgm-test-host");

/// The clock of the simulator is the process's: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn worker() -> WorkerProgram {
    WorkerProgram::Path(HOST.into())
}

pub(crate) fn library(flavour: Flavour) -> PathBuf {
    let library = match flavour {
        Flavour::V4_6 => dcgm_simulator::library_4_6(),
        _ => dcgm_simulator::library_3_3(),
    };
    library.expect("cargo builds it with this test")
}

/// Deadlines for a machine that builds at the same time.
pub(crate) fn patient() -> Deadlines {
    Deadlines::default()
        .with_connect(Duration::from_secs(20))
        .with_read(Duration::from_secs(20))
}

/// An engine in a worker, with 8 H100, connected.
pub(crate) fn embedded(deadlines: Deadlines) -> IsolatedEngine {
    let options = EngineOptions::embedded(EmbeddedMode::Auto)
        .with_library(library(Flavour::V4_6))
        .with_deadlines(deadlines);
    let engine = IsolatedEngine::new(options, worker());
    engine.connect().unwrap();
    engine
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.unwrap().success(), "kill {name} {pid}");
}

/// Returns `true` if the process exists, and is no zombie.
pub(crate) fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

/// Waits until a condition holds.
pub(crate) fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) struct Bench {
    pub(crate) control: Control,
    pub(crate) served: Served,
    pub(crate) native: Engine,
    pub(crate) isolated: IsolatedEngine,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    /// Both are connected, and the clock stands still.
    pub(crate) fn new(flavour: Flavour) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = library(flavour);
        let control = Control::of(&library).expect("the simulator");
        control.clear();
        assert!(control.set_host("8xh100"));
        let served = control.serve("127.0.0.1:0", flavour).expect("served");
        let endpoint = format!("127.0.0.1:{}", served.port).parse().unwrap();
        let options = EngineOptions::standalone(endpoint)
            .with_library(library)
            .with_deadlines(patient());
        let native = Engine::new(options.clone());
        native.connect().unwrap();
        let isolated = IsolatedEngine::new(options, worker());
        isolated.connect().unwrap();
        Self {
            control,
            served,
            native,
            isolated,
            _alone: alone,
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.control.clear();
        self.control.run_clock();
        self.control.kill(self.served);
    }
}
