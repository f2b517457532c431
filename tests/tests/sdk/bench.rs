//! [`Bench`]: an engine in the simulated libdcgm, and a client that is connected to it.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dcgm::{Client as _, Deadlines, EmbeddedMode, Engine, EngineOptions};
use dcgm_simulator::{Control, Flavour, Served};

/// Both releases.
pub(crate) const FLAVOURS: [Flavour; 2] = [Flavour::V4_6, Flavour::V3_3];

/// Faults and the clock are the library's, and so the process's: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// A served engine of 8 H100, and a client of it.
pub(crate) struct Bench {
    pub(crate) control: Control,
    pub(crate) served: Served,
    pub(crate) engine: Engine,
    _alone: MutexGuard<'static, ()>,
}

pub(crate) fn library(flavour: Flavour) -> PathBuf {
    let library = match flavour {
        Flavour::V4_6 => dcgm_simulator::library_4_6(),
        _ => dcgm_simulator::library_3_3(),
    };
    library.expect("cargo builds it with this test")
}

impl Bench {
    pub(crate) fn new(flavour: Flavour) -> Self {
        Self::with_host(flavour, "8xh100")
    }

    pub(crate) fn with_host(flavour: Flavour, host: &str) -> Self {
        // Long enough for a machine that builds at the same time. No claim is about how long it is.
        let deadlines = Deadlines::for_interval(Duration::from_secs(5));
        Self::with_deadlines(flavour, host, deadlines)
    }

    pub(crate) fn with_deadlines(flavour: Flavour, host: &str, deadlines: Deadlines) -> Self {
        Self::connected(flavour, host, |served| {
            let endpoint = format!("127.0.0.1:{}", served.port);
            EngineOptions::standalone(endpoint.parse().expect("an endpoint"))
                .with_deadlines(deadlines)
        })
    }

    /// An embedded engine, in which nothing is served.
    pub(crate) fn embedded(flavour: Flavour) -> Self {
        // For the same shape, one is served: no client connects to it.
        Self::connected(flavour, "8xh100", |_| {
            let deadlines = Deadlines::for_interval(Duration::from_secs(5));
            EngineOptions::embedded(EmbeddedMode::Auto).with_deadlines(deadlines)
        })
    }

    fn connected(
        flavour: Flavour,
        host: &str,
        options: impl FnOnce(Served) -> EngineOptions,
    ) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = library(flavour);
        let control = Control::of(&library).expect("the simulator");
        control.clear();
        assert!(control.set_host(host));
        let served = control.serve("127.0.0.1:0", flavour).expect("served");
        let engine = Engine::new(options(served).with_library(&library));
        engine.connect().expect("connect");
        Self {
            control,
            served,
            engine,
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
