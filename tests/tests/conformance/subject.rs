//! The subjects of the claims, and their control by a test.

use std::cell::{Cell, RefCell};
use std::env;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dcgm::mock::{Clock, Mock, Model};
use dcgm::{
    Client, EmbeddedMode, Endpoint, Engine, EngineOptions, EntityId, FieldId, NoValue, Timestamp,
    Watch, WatchRequest,
};
pub(crate) use dcgm_simulator::Flavour;
use dcgm_simulator::{Control, Served};
use tempfile::TempDir;

use crate::native::Native;

/// The transport of the native client to an engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Via {
    Embedded,
    Tcp,
    Unix,
}

/// A value to put where the engine has its samples.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Injected {
    Int(i64),
    Double(f64),
    Text(&'static str),
}

/// A connected client, four GPUs, and a way to inject.
pub(crate) struct Subject {
    /// Dropped first: what it holds is given back while the engine is still there.
    client: Option<Box<dyn Client>>,
    steering: Steering,
    gpus: Vec<EntityId>,
    last: Cell<i64>,
    /// One subject at a time: an embedded engine is the process's, and fakes are the engine's.
    _alone: Option<MutexGuard<'static, ()>>,
}

enum Steering {
    /// A mock keeps samples of watched fields only, so injecting a value also watches its field.
    Mock {
        mock: Mock,
        clock: Clock,
        watches: RefCell<Vec<Watch>>,
    },
    Native {
        native: Native,
        options: EngineOptions,
        simulated: bool,
        served: Option<(Control, Served, TempDir)>,
    },
}

static ALONE: Mutex<()> = Mutex::new(());

impl Subject {
    pub(crate) fn mock() -> Self {
        let clock = Clock::manual();
        let model = "8xh100".parse::<Model>().expect("a host of that name");
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        mock.connect().expect("connect");
        let gpus = (0..4).map(EntityId::gpu).collect();
        let client: Box<dyn Client> = Box::new(mock.clone());
        let steering = Steering::Mock {
            mock,
            clock,
            watches: RefCell::default(),
        };
        Self {
            client: Some(client),
            steering,
            gpus,
            last: Cell::new(0),
            _alone: None,
        }
    }

    pub(crate) fn simulated(flavour: Flavour, via: Via) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let library = match flavour {
            Flavour::V4_6 => dcgm_simulator::library_4_6(),
            _ => dcgm_simulator::library_3_3(),
        };
        let library = library.expect("cargo builds it with this test");
        let control = Control::of(&library).expect("the simulator");
        assert!(control.set_host("8xh100"));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("engine");
        let address = match via {
            Via::Embedded => return Self::native(&library, None, true, None, alone),
            Via::Tcp => "127.0.0.1:0".to_owned(),
            Via::Unix => format!("unix://{}", path.display()),
        };
        let served = control.serve(&address, flavour).expect("served");
        let address = if served.port == 0 {
            address
        } else {
            format!("127.0.0.1:{}", served.port)
        };
        let endpoint = address.parse().expect("an endpoint");
        Self::native(
            &library,
            Some(&endpoint),
            true,
            Some((control, served, folder)),
            alone,
        )
    }

    /// Connects to the engine that the environment names.
    pub(crate) fn real() -> Self {
        let library = env::var_os("DCGM_TEST_LIBRARY");
        let library = library.expect("DCGM_TEST_LIBRARY names a libdcgm");
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = env::var("DCGM_TEST_ENDPOINT").ok();
        let endpoint = endpoint.map(|text| text.parse().expect("DCGM_TEST_ENDPOINT"));
        Self::native(Path::new(&library), endpoint.as_ref(), false, None, alone)
    }

    fn native(
        library: &Path,
        endpoint: Option<&Endpoint>,
        simulated: bool,
        served: Option<(Control, Served, TempDir)>,
        alone: MutexGuard<'static, ()>,
    ) -> Self {
        let options = match endpoint {
            Some(endpoint) => EngineOptions::standalone(endpoint.clone()),
            None => EngineOptions::embedded(EmbeddedMode::Auto),
        };
        let options = options.with_library(library);
        let client = Engine::new(options.clone());
        client
            .connect()
            .unwrap_or_else(|error| panic!("{error}; {:?}", error.hint()));
        let native = Native::connect(&options, library, endpoint);
        let gpus = native.fakes(4);
        let steering = Steering::Native {
            native,
            options,
            simulated,
            served,
        };
        Self {
            client: Some(Box::new(client)),
            steering,
            gpus,
            last: Cell::new(0),
            _alone: Some(alone),
        }
    }

    pub(crate) fn client(&self) -> &dyn Client {
        self.client
            .as_deref()
            .expect("it is there until the subject is dropped")
    }

    /// Another client of the same kind, not connected.
    pub(crate) fn unconnected(&self) -> Box<dyn Client> {
        match &self.steering {
            Steering::Mock { .. } => Box::new(Mock::named("8xh100").expect("a host of that name")),
            Steering::Native { options, .. } => Box::new(Engine::new(options.clone())),
        }
    }

    /// Four GPUs that no other test uses.
    pub(crate) fn gpus(&self) -> &[EntityId] {
        &self.gpus
    }

    pub(crate) fn is_simulated(&self) -> bool {
        match &self.steering {
            Steering::Mock { .. } => true,
            Steering::Native { simulated, .. } => *simulated,
        }
    }

    /// A time for the next sample, by the engine's clock, and never the same twice.
    pub(crate) fn now(&self) -> Timestamp {
        let now = match &self.steering {
            Steering::Mock { clock, .. } => {
                clock.advance(Duration::from_millis(1));
                clock.timestamp(clock.now()).micros()
            }
            Steering::Native { .. } => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .expect("after 1970");
                i64::try_from(since.as_micros()).expect("before 294,247")
            }
        };
        self.last.set(now.max(self.last.get() + 1));
        Timestamp::from_micros(self.last.get())
    }

    /// Has the engine hold a sample.
    pub(crate) fn inject(
        &self,
        entity: EntityId,
        field: FieldId,
        value: Injected,
        when: Timestamp,
    ) {
        let (mock, clock, watches) = match &self.steering {
            Steering::Native { native, .. } => {
                native.inject(entity, field, value, when);
                return;
            }
            Steering::Mock {
                mock,
                clock,
                watches,
            } => (mock, clock, watches),
        };
        assert_eq!(when, clock.timestamp(clock.now()), "a mock samples now");
        let mut watches = watches.borrow_mut();
        if !watches
            .iter()
            .any(|w| w.entities().contains(&entity) && w.fields().contains(&field))
        {
            watches.push(
                mock.watch(&WatchRequest::new([entity], [field]))
                    .expect("watch"),
            );
        }
        match value {
            Injected::Int(value) if field == FieldId::XID_ERRORS => {
                mock.push_event(entity, field, value);
            }
            Injected::Int(value) => match NoValue::from_blank_int(value) {
                Some(why) => mock.set_no_value(entity, field, why),
                None => mock.set(entity, field, value),
            },
            Injected::Double(value) => match NoValue::from_blank_double(value) {
                Some(why) => mock.set_no_value(entity, field, why),
                None => mock.set(entity, field, value),
            },
            Injected::Text("<<<NOT_SUPPORTED>>>") => {
                mock.set_no_value(entity, field, NoValue::NotSupported);
            }
            Injected::Text(text) => mock.set(entity, field, text),
        }
    }

    /// Returns `true` if this engine can watch GPUs at all; without a driver it cannot, and then
    /// the claim is skipped with that reason.
    pub(crate) fn can_watch(&self, claim: &str) -> bool {
        let request = WatchRequest::new(&self.gpus[..1], [FieldId::GPU_TEMP]);
        match self.client().watch(&request) {
            Ok(_) => true,
            Err(error) if error.code() == Some(dcgm::ReturnCode::NVML_NOT_LOADED) => {
                assert!(!self.is_simulated(), "the simulated engine has a driver");
                eprintln!("SKIPPED: {claim}: {error}");
                false
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns the number of groups and field groups that the engine holds.
    pub(crate) fn open_groups(&self) -> Option<(usize, usize)> {
        match &self.steering {
            Steering::Mock { mock, .. } => Some((mock.open_watches(), 0)),
            Steering::Native { native, .. } => Some(native.open_groups()),
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.client = None;
        if let Steering::Native { native, served, .. } = &self.steering {
            native.disconnect();
            if let Some((control, served, _)) = served {
                control.kill(*served);
            }
        }
    }
}
