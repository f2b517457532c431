//! Claims about the program that a meter is in: its own metrics go on, and it never waits, whatever
//! libdcgm, the client, the catalogue or the program's own code do.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod hangs;
mod host;
mod lifecycle;
mod memory;
mod others;
mod panics;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dcgm::{Deadlines, Engine, EngineOptions};
use dcgm_otel::{DcgmMeter, DcgmMeterBuilder};
use dcgm_simulator::{Control, Flavour, Served};

/// Faults are the library's and threads the process's: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

const SECOND: Duration = Duration::from_secs(1);

/// Far longer than anything here takes.
const BOUND: Duration = Duration::from_secs(60);

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An engine to talk to, over the C boundary.
struct Bench {
    control: Control,
    served: Served,
    library: PathBuf,
    alone: Option<MutexGuard<'static, ()>>,
}

impl Bench {
    fn new() -> Self {
        let alone = alone();
        let mut bench = Self::beside(Flavour::V4_6);
        bench.alone = Some(alone);
        bench
    }

    /// Another, for a test that is alone already.
    fn beside(flavour: Flavour) -> Self {
        let library = match flavour {
            Flavour::V4_6 => dcgm_simulator::library_4_6(),
            _ => dcgm_simulator::library_3_3(),
        }
        .expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        control.clear();
        assert!(control.set_host("1xl4"));
        let served = control.serve("127.0.0.1:0", flavour).expect("served");
        Self {
            control,
            served,
            library,
            alone: None,
        }
    }

    fn options(&self) -> EngineOptions {
        standalone(self.served.port).with_library(&self.library)
    }

    /// A meter's builder whose calls may take that long.
    fn meter(&self, limit: Duration) -> DcgmMeterBuilder {
        meter(self.options(), limit)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.control.clear();
        self.control.kill(self.served);
    }
}

fn standalone(port: u16) -> EngineOptions {
    EngineOptions::standalone(format!("127.0.0.1:{port}").parse().expect("an endpoint"))
}

fn meter(options: EngineOptions, limit: Duration) -> DcgmMeterBuilder {
    let mut deadlines = Deadlines::default();
    deadlines.connect = limit;
    deadlines.enumerate = limit;
    deadlines.watch = limit;
    deadlines.read = limit;
    DcgmMeter::builder()
        .with_client(Engine::new(options.with_deadlines(deadlines)))
        .with_interval(SECOND)
        .with_initial_delay(Duration::ZERO)
}
