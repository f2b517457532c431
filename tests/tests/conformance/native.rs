//! An engine's steering wheel: a connection of the test's own, over the C ABI.

use std::ffi::CString;
use std::path::Path;

use dcgm::{Endpoint, EntityId, FieldId, Timestamp};
use dcgm_sys as sys;
use sys::Versioned as _;

use crate::subject::Injected;

pub(crate) struct Native {
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
    pub(crate) fn connect(library: &Path, endpoint: Option<&Endpoint>) -> Self {
        let library = sys::Library::open_at(library).expect("the client has loaded it");
        let mut native = Self {
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
        let mut fakes = self.find_fakes();
        while fakes.len() < count {
            let mut request = Box::new(sys::dcgmCreateFakeEntities_v2 {
                version: sys::dcgmCreateFakeEntities_v2::VERSION,
                numToCreate: 1,
                // SAFETY: integers, of which zero is a value.
                entityList: unsafe { std::mem::zeroed() },
            });
            request.entityList[0].entity.entityGroupId = sys::DCGM_FE_GPU;
            must!(self, dcgmCreateFakeEntities(self.handle, &raw mut *request));
            fakes.push(EntityId::gpu(request.entityList[0].entity.entityId));
        }
        fakes.truncate(count);
        fakes
    }

    fn find_fakes(&self) -> Vec<EntityId> {
        let mut ids = [0; 32];
        let mut count = 32;
        must!(
            self,
            dcgmGetEntityGroupEntities(
                self.handle,
                sys::DCGM_FE_GPU,
                ids.as_mut_ptr(),
                &raw mut count,
                0
            )
        );
        let mut fakes = Vec::new();
        for id in ids.iter().take(usize::try_from(count).unwrap()) {
            let mut status = 0;
            must!(self, dcgmGetGpuStatus(self.handle, *id, &raw mut status));
            if status == sys::DcgmEntityStatusFake {
                fakes.push(EntityId::gpu(*id));
            }
        }
        fakes
    }

    pub(crate) fn inject(
        &self,
        entity: EntityId,
        field: FieldId,
        value: Injected,
        when: Timestamp,
    ) {
        // SAFETY: integers and a union of those, of which zero is a value.
        let mut record: Box<sys::dcgmFieldValue_v1> = Box::new(unsafe { std::mem::zeroed() });
        record.version = sys::dcgmFieldValue_v1::VERSION;
        record.fieldId = field.raw();
        record.ts = when.micros();
        match value {
            Injected::Int(value) => {
                record.fieldType = u16::from(sys::DCGM_FT_INT64);
                record.value.i64 = value;
            }
            Injected::Double(value) => {
                record.fieldType = u16::from(sys::DCGM_FT_DOUBLE);
                record.value.dbl = value;
            }
            Injected::Text(text) => {
                record.fieldType = u16::from(sys::DCGM_FT_STRING);
                let mut array = [0; 256];
                for (to, from) in array.iter_mut().zip(text.bytes()) {
                    *to = std::ffi::c_char::from_ne_bytes([from]);
                }
                record.value.str = array;
            }
        }
        must!(
            self,
            dcgmInjectEntityFieldValue(self.handle, entity.kind.raw(), entity.id, &raw mut *record)
        );
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
