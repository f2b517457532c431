//! A simulated library that belongs to one thread of a test, and what is open in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dcgm::{Deadlines, EmbeddedMode, Engine, EngineOptions};
use dcgm_simulator::{Control, Flavour, Open, Served};

/// Far beyond everything here, for what is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Panics of all threads, this crate's and the tests'.
pub(crate) static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics from now on, wherever they are caught.
pub(crate) fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }));
    });
}

/// The transport to the engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reach {
    Standalone,
    /// In manual mode, so that there is `dcgmUpdateAllFields`.
    Embedded,
}

/// A copy of the simulated library. Each copy has faults, handles and engines of its own, so that
/// tests can run at the same time.
pub(crate) struct Bench {
    pub(crate) control: Control,
    pub(crate) flavour: Flavour,
    pub(crate) reach: Reach,
    library: PathBuf,
    served: Served,
    _folder: Arc<tempfile::TempDir>,
}

/// The bytes of a library in which a function has another name, so that it is not found.
fn without(mut library: Vec<u8>, function: &str) -> Vec<u8> {
    let name = format!("\0{function}\0").into_bytes();
    let mut found = 0;
    let mut from = 0;
    while let Some(at) = library
        .get(from..)
        .and_then(|rest| rest.windows(name.len()).position(|window| window == name))
    {
        library[from + at + 1] = b'X';
        from += at + 1;
        found += 1;
    }
    assert!(found > 0, "{function} is no symbol of the library");
    library
}

impl Bench {
    /// The library without some function, if one is named.
    pub(crate) fn new(flavour: Flavour, reach: Reach, missing: Option<&str>) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let library = folder.path().join("libdcgm.so");
        let built = built(flavour);
        match missing {
            None => drop(fs::copy(built, &library).expect("copied")),
            Some(function) => {
                let bytes = without(fs::read(built).expect("read"), function);
                fs::write(&library, bytes).expect("written");
            }
        }
        let control = Control::of(&library).expect("the simulator");
        assert!(control.set_host("1xl4"));
        let served = control.serve("127.0.0.1:0", flavour).expect("served");
        Self {
            control,
            flavour,
            reach,
            library,
            served,
            _folder: folder,
        }
    }

    pub(crate) fn options(&self) -> EngineOptions {
        let options = match self.reach {
            Reach::Embedded => EngineOptions::embedded(EmbeddedMode::Manual),
            Reach::Standalone => {
                let endpoint = format!("127.0.0.1:{}", self.served.port);
                EngineOptions::standalone(endpoint.parse().expect("an endpoint"))
            }
        };
        options.with_library(&self.library)
    }

    /// An engine whose calls have more time than they need.
    pub(crate) fn engine(&self) -> Engine {
        Engine::new(self.options())
    }

    /// An engine whose calls all have this time.
    pub(crate) fn hasty(&self, deadline: Duration) -> Engine {
        let mut deadlines = Deadlines::default();
        deadlines.connect = deadline;
        deadlines.enumerate = deadline;
        deadlines.watch = deadline;
        deadlines.read = deadline;
        Engine::new(self.options().with_deadlines(deadlines))
    }

    /// Waits until nothing more is open than before: an engine sees the end of a connection a
    /// little later than the client that ended it.
    pub(crate) fn settles_at(&self, before: Open, what: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let open = self.control.open();
            if open == before {
                return;
            }
            assert!(
                Instant::now() < until,
                "{what}: {open:?} is open, and before it was {before:?}"
            );
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.control.clear();
        self.control.kill(self.served);
    }
}

fn built(flavour: Flavour) -> impl AsRef<Path> {
    match flavour {
        Flavour::V4_6 => dcgm_simulator::library_4_6(),
        _ => dcgm_simulator::library_3_3(),
    }
    .expect("cargo builds it with this test")
}
