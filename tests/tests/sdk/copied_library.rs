//! A copy of the simulated library for one test, with an engine that it serves and a client of it.
//!
//! Each copy has a clock, faults and engines of its own, so that tests can run at the same time.

use std::path::{Path, PathBuf};

use dcgm::{Client as _, Deadlines, EmbeddedMode, Engine, EngineOptions};
use dcgm_simulator::{Control, Flavour, Served};

use crate::bench;

pub(crate) struct CopiedLibrary {
    pub(crate) control: Control,
    pub(crate) served: Served,
    /// Connected.
    pub(crate) engine: Engine,
    library: PathBuf,
    _folder: tempfile::TempDir,
}

impl CopiedLibrary {
    pub(crate) fn new(flavour: Flavour, host: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let library = folder.path().join("libdcgm.so");
        std::fs::copy(bench::library(flavour), &library).expect("copied");
        let control = Control::of(&library).expect("the simulator");
        assert!(control.set_host(host));
        let served = control.serve("127.0.0.1:0", flavour).expect("served");
        let engine = new_engine(&format!("127.0.0.1:{}", served.port), &library);
        engine.connect().expect("connect");
        Self {
            control,
            served,
            engine,
            library,
            _folder: folder,
        }
    }

    /// A client of another endpoint, not connected.
    pub(crate) fn engine_at(&self, endpoint: &str) -> Engine {
        new_engine(endpoint, &self.library)
    }

    /// Another client of the engine, connected.
    pub(crate) fn second_engine(&self) -> Engine {
        let engine = self.engine_at(&format!("127.0.0.1:{}", self.served.port));
        engine.connect().expect("connect");
        engine
    }

    /// A client with other deadlines, connected.
    pub(crate) fn engine_with(&self, deadlines: Deadlines) -> Engine {
        let endpoint = format!("127.0.0.1:{}", self.served.port);
        let options = EngineOptions::standalone(endpoint.parse().expect("an endpoint"));
        let options = options
            .with_library(&self.library)
            .with_deadlines(deadlines);
        let engine = Engine::new(options);
        engine.connect().expect("connect");
        engine
    }

    /// The embedded engine of this copy, connected.
    pub(crate) fn embedded_engine(&self) -> Engine {
        let options = EngineOptions::embedded(EmbeddedMode::Manual).with_library(&self.library);
        let engine = Engine::new(options);
        engine.connect().expect("connect");
        engine
    }
}

fn new_engine(endpoint: &str, library: &Path) -> Engine {
    let options = EngineOptions::standalone(endpoint.parse().expect("an endpoint"));
    Engine::new(options.with_library(library))
}

impl Drop for CopiedLibrary {
    fn drop(&mut self) {
        self.control.clear();
        self.control.kill(self.served);
    }
}
