//! An engine's steering wheel: a client of the test's own, and a connection over the C ABI.

use std::ffi::CString;
use std::path::Path;

use dcgm::testing::FakeEntity;
use dcgm::{
    Client as _, Endpoint, Engine, EngineOptions, EntityId, EntityKind, EntityStatus, FieldId,
    OwnedValue, Timestamp,
};
use dcgm_sys as sys;
use sys::Versioned as _;

use crate::subject::Injected;

pub(crate) struct Native {
    engine: Box<Engine>,
    library: &'static sys::Library,
    handle: sys::dcgmHandle_t,
    embedded: bool,
}

/// Calls a function that must succeed.
macro_rules! must {
    ($native:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: pointers are to locals that live as long as the call, with version words set.
        let answer = unsafe { $native.library.symbols().$function($($argument),*) };
        assert_eq!(answer, Ok(sys::DCGM_ST_OK), stringify!($function));
    }};
}

impl Native {
    /// Connects to the engine that the client under test is connected to.
    pub(crate) fn connect(
        options: &EngineOptions,
        library: &Path,
        endpoint: Option<&Endpoint>,
    ) -> Self {
        let engine = Box::new(Engine::new(options.clone()));
        engine.connect().expect("connect");
        let library = sys::Library::open_at(library).expect("the client has loaded it");
        let mut native = Self {
            engine,
            library,
            handle: 0x7fff_ffff,
            embedded: endpoint.is_none(),
        };
        if let Some(endpoint) = endpoint {
            let (address, unix) = match endpoint {
                Endpoint::Unix(path) => (path.display().to_string(), 1),
                other => (other.to_string(), 0),
            };
            let address = CString::new(address).unwrap();
            let mut params = sys::dcgmConnectV2Params_v2 {
                version: sys::dcgmConnectV2Params_v2::VERSION,
                persistAfterDisconnect: 0,
                timeoutMs: 1000,
                addressIsUnixSocket: unix,
            };
            let mut handle = 0;
            must!(
                native,
                dcgmConnect_v2(address.as_ptr(), &raw mut params, &raw mut handle)
            );
            native.handle = handle;
        }
        native
    }

    /// The fake GPUs of the engine, made if there are fewer. Fakes cannot be deleted, so those that
    /// are there are used again.
    pub(crate) fn fakes(&self, count: usize) -> Vec<EntityId> {
        let gpus = self.engine.entities(&[EntityKind::GPU]).expect("GPUs");
        let fakes = gpus.iter().filter(|gpu| gpu.status == EntityStatus::FAKE);
        let mut fakes: Vec<_> = fakes.map(|gpu| gpu.id).take(count).collect();
        let missing = vec![FakeEntity::gpu(); count - fakes.len()];
        fakes.extend(self.engine.testing().create_fakes(&missing).expect("fakes"));
        fakes
    }

    pub(crate) fn inject(
        &self,
        entity: EntityId,
        field: FieldId,
        value: Injected,
        when: Timestamp,
    ) {
        let value: OwnedValue = match value {
            Injected::Int(value) => value.into(),
            Injected::Double(value) => value.into(),
            Injected::Text(text) => text.into(),
        };
        let injected = self
            .engine
            .testing()
            .inject(entity, field, &value, Some(when));
        injected.expect("inject");
    }

    /// Returns the number of groups and field groups that the engine holds.
    pub(crate) fn open_groups(&self) -> (usize, usize) {
        let mut ids = [0; 128];
        let mut groups = 128;
        must!(
            self,
            dcgmGroupGetAllIds(self.handle, ids.as_mut_ptr(), &raw mut groups)
        );
        // SAFETY: integers, of which zero is a value.
        let mut all: Box<sys::dcgmAllFieldGroup_v1> = Box::new(unsafe { std::mem::zeroed() });
        all.version = sys::dcgmAllFieldGroup_v1::VERSION;
        must!(self, dcgmFieldGroupGetAll(self.handle, &raw mut *all));
        (groups as usize, all.numFieldGroups as usize)
    }

    pub(crate) fn disconnect(&self) {
        if !self.embedded {
            must!(self, dcgmDisconnect(self.handle));
        }
    }
}
