//! [`Dcgm`]: the functions of libdcgm that telemetry needs, without pointers.

use core::ffi::CStr;
use std::ffi::CString;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::matcher::RequestGrid;
use super::{GroupBuffer, call, new_zeroed, text, visit};
use crate::entity::{EntityId, EntityKind, EntityStatus};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};
use crate::version::BuildInfo;

/// The engine's id of a group of entities.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct GroupId(pub(super) sys::dcgmGpuGrp_t);

/// The engine's id of a group of fields.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FieldGroupId(pub(super) sys::dcgmFieldGrp_t);

/// A group of entities and a group of fields, for watching or reading every field of every entity.
pub(crate) type GroupPair = (GroupId, FieldGroupId);

/// The handle of every embedded engine. DCGM does not write it on the second start in a process.
const EMBEDDED: sys::dcgmHandle_t = 0x7fff_ffff;

/// The transport to an engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transport {
    Embedded,
    Tcp,
    Unix,
    Vsock,
}

/// The lifetime of the groups and watches of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lifetime {
    /// The engine removes them with the connection, also after a crash.
    Connection,
    /// The engine keeps them until they are destroyed, or it ends.
    Engine,
}

/// Which entities of a kind are listed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListScope {
    /// All, whatever their status.
    All,
    /// The supported ones, without GPUs that are lost, paused or detached.
    Supported,
}

/// A loaded libdcgm.
///
/// Its functions may be called from any thread. `dcgmShutdown` is never called: it has no reference count
/// and would disconnect every other user of libdcgm in the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dcgm {
    library: &'static sys::Library,
}

impl Dcgm {
    pub(crate) const fn new(library: &'static sys::Library) -> Self {
        Self { library }
    }

    pub(crate) const fn library(self) -> &'static sys::Library {
        self.library
    }

    /// Initializes the library. Repeated calls are harmless.
    pub(crate) fn init_library(self) -> Result<()> {
        // SAFETY: the function has no parameters.
        unsafe { call!(self.library, dcgmInit()) }
    }

    /// Returns the build information of the library.
    pub(crate) fn library_build(self) -> Result<BuildInfo> {
        let mut info = new_zeroed::<sys::dcgmVersionInfo_v2>();
        info.version = sys::dcgmVersionInfo_v2::VERSION;
        // SAFETY: `info` is the struct of that version.
        unsafe { call!(self.library, dcgmVersionInfo(&raw mut *info)) }?;
        Ok(build_info(&info))
    }

    /// Starts the embedded engine, and returns its handle. Returns `false` with it if other code in this
    /// process has started the engine, which then also has to stop it.
    pub(crate) fn start_embedded(
        self,
        manual: bool,
        log_file: &CStr,
    ) -> Result<(EngineHandle, bool)> {
        let mut params = new_zeroed::<sys::dcgmStartEmbeddedV2Params_v2>();
        params.version = sys::dcgmStartEmbeddedV2Params_v2::VERSION;
        params.opMode = if manual {
            sys::DCGM_OPERATION_MODE_MANUAL
        } else {
            sys::DCGM_OPERATION_MODE_AUTO
        };
        params.logFile = log_file.as_ptr();
        params.severity = sys::DcgmLoggingSeverityError;
        params.dcgmHandle = 0;
        // SAFETY: the struct of its version, of which v1 is the beginning; the log file's name
        // lives as long as the call.
        unsafe {
            call!(
                self.library,
                dcgmStartEmbedded_v2((&raw mut *params).cast())
            )
        }?;
        let started = params.dcgmHandle != 0;
        let handle = if started { params.dcgmHandle } else { EMBEDDED };
        let engine = EngineHandle {
            dcgm: self,
            handle: AtomicUsize::new(handle),
        };
        Ok((engine, started))
    }

    /// Returns `true` if the library knows a field. An unknown field fails every request that names it.
    pub(crate) fn knows_field(self, field: FieldId) -> bool {
        // SAFETY: it returns a pointer into its own table, which is only compared with null.
        let found = unsafe { self.library.symbols().DcgmFieldGetById(field.raw()) };
        match found {
            Ok(meta) => !meta.is_null(),
            // No release lacks the function. A field without a row shows by the failure of its request.
            Err(_missing) => self
                .library_build()
                .ok()
                .and_then(|build| build.version())
                .zip(field.info())
                .is_none_or(|(version, info)| info.since <= version),
        }
    }
}

/// The handle of an engine. Another thread can use it while [`connect`](Self::connect) hangs: libdcgm
/// writes it before it waits.
#[derive(Debug)]
pub(crate) struct EngineHandle {
    dcgm: Dcgm,
    handle: AtomicUsize,
}

impl Clone for EngineHandle {
    fn clone(&self) -> Self {
        Self {
            dcgm: self.dcgm,
            handle: AtomicUsize::new(self.handle()),
        }
    }
}

impl EngineHandle {
    /// Creates the handle of an engine that is not connected.
    pub(crate) const fn new(dcgm: Dcgm) -> Self {
        Self {
            dcgm,
            handle: AtomicUsize::new(0),
        }
    }

    pub(crate) const fn dcgm(&self) -> Dcgm {
        self.dcgm
    }

    pub(super) const fn library(&self) -> &'static sys::Library {
        self.dcgm.library
    }

    pub(super) fn handle(&self) -> sys::dcgmHandle_t {
        self.handle.load(Ordering::Acquire)
    }

    /// Returns `true` if libdcgm has written the handle.
    pub(crate) fn is_set(&self) -> bool {
        self.handle() != 0
    }

    /// Clears the handle; DCGM then returns "bad parameter".
    pub(crate) fn clear_handle(&self) {
        self.handle.store(0, Ordering::Release);
    }

    /// Returns the build information of the engine.
    pub(crate) fn engine_build(&self) -> Result<BuildInfo> {
        let mut info = new_zeroed::<sys::dcgmVersionInfo_v2>();
        info.version = sys::dcgmVersionInfo_v2::VERSION;
        // SAFETY: `info` is the struct of that version.
        unsafe {
            call!(
                self.library(),
                dcgmHostengineVersionInfo(self.handle(), &raw mut *info)
            )
        }?;
        Ok(build_info(&info))
    }

    /// Connects. libdcgm writes the handle before it waits, and also on failure: it is valid only if the
    /// result is `Ok`.
    pub(crate) fn connect(
        &self,
        address: &str,
        transport: Transport,
        lifetime: Lifetime,
        timeout: Duration,
    ) -> Result<()> {
        let address = CString::new(address)
            .map_err(|_nul| Error::Request("the address contains a NUL character"))?;
        if transport == Transport::Vsock {
            return self.connect_uri(&address, timeout);
        }
        let mut params = sys::dcgmConnectV2Params_v2 {
            version: sys::dcgmConnectV2Params_v2::VERSION,
            persistAfterDisconnect: u32::from(lifetime == Lifetime::Engine),
            // 0 would mean 5 s.
            timeoutMs: u32::try_from(timeout.as_millis())
                .unwrap_or(u32::MAX)
                .max(1),
            addressIsUnixSocket: u32::from(transport == Transport::Unix),
        };
        // SAFETY: the address is a C string; `params` is the struct of its version; the handle is a
        // cell that is only ever read and written atomically on our side, and a word that C writes
        // in one store.
        unsafe {
            call!(
                self.library(),
                dcgmConnect_v2(address.as_ptr(), &raw mut params, self.handle.as_ptr())
            )
        }
    }

    /// Connects to an address with a scheme.
    fn connect_uri(&self, address: &CStr, timeout: Duration) -> Result<()> {
        let mut params = sys::dcgmConnectV3Params_v1 {
            version: sys::dcgmConnectV3Params_v1::VERSION,
            persistAfterDisconnect: 0,
            timeoutMs: u32::try_from(timeout.as_millis())
                .unwrap_or(u32::MAX)
                .max(1),
        };
        // SAFETY: as for `dcgmConnect_v2`, in `connect`.
        unsafe {
            call!(
                self.library(),
                dcgmConnect_v3(address.as_ptr(), &raw mut params, self.handle.as_ptr())
            )
        }
    }

    /// Disconnects. Called while another thread hangs in a call, it unblocks that call.
    pub(crate) fn disconnect(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmDisconnect(self.handle())) }
    }

    /// Stops the embedded engine.
    pub(crate) fn stop_embedded(&self) -> Result<()> {
        // SAFETY: an integer, which DCGM checks.
        unsafe { call!(self.library(), dcgmStopEmbedded(self.handle())) }
    }

    /// Makes an engine in manual mode take the samples that are due, and waits for it.
    pub(crate) fn update_samples(&self) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe { call!(self.library(), dcgmUpdateAllFields(self.handle(), 1)) }
    }

    /// Replaces the contents of `into` with the entities of a kind, ascending. `capacity` is the maximum
    /// that the release can list.
    pub(crate) fn list_entities(
        &self,
        (kind, scope): (EntityKind, ListScope),
        capacity: usize,
        ids: &mut Vec<u32>,
        into: &mut Vec<EntityId>,
    ) -> Result<()> {
        into.clear();
        ids.resize(capacity, 0);
        let mut count = i32::try_from(capacity).unwrap_or(i32::MAX);
        let flags = match scope {
            ListScope::All => 0,
            ListScope::Supported => sys::DCGM_GEGE_FLAG_ONLY_SUPPORTED,
        };
        // SAFETY: `ids` has room for `count` ids.
        unsafe {
            call!(
                self.library(),
                dcgmGetEntityGroupEntities(
                    self.handle(),
                    kind.raw(),
                    ids.as_mut_ptr(),
                    &raw mut count,
                    flags
                )
            )
        }?;
        // Do not read past the array, even if DCGM returns a larger count.
        let count = usize::try_from(count).unwrap_or(0).min(ids.len());
        into.extend(ids.iter().take(count).map(|id| EntityId::new(kind, *id)));
        into.sort_unstable();
        into.dedup();
        Ok(())
    }

    /// Returns the status of a GPU: `UNKNOWN` and no error for an unknown GPU.
    pub(crate) fn gpu_status(&self, gpu: u32) -> Result<EntityStatus> {
        let mut status = 0;
        // SAFETY: it writes one integer.
        unsafe {
            call!(
                self.library(),
                dcgmGetGpuStatus(self.handle(), gpu, &raw mut status)
            )
        }?;
        Ok(EntityStatus::from_raw(status))
    }

    /// Creates an empty group.
    pub(crate) fn create_group(&self, name: &CStr) -> Result<GroupId> {
        let mut group = 0;
        // SAFETY: the name is a C string; it writes one integer.
        unsafe {
            call!(
                self.library(),
                dcgmGroupCreate(
                    self.handle(),
                    sys::DCGM_GROUP_EMPTY,
                    name.as_ptr(),
                    &raw mut group
                )
            )
        }?;
        Ok(GroupId(group))
    }

    pub(crate) fn add_entity(&self, group: GroupId, entity: EntityId) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmGroupAddEntity(self.handle(), group.0, entity.kind.raw(), entity.id)
            )
        }
    }

    pub(crate) fn destroy_group(&self, group: GroupId) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe { call!(self.library(), dcgmGroupDestroy(self.handle(), group.0)) }
    }

    /// Creates a group of fields. Fails if the name is in use or the engine does not know one of the
    /// fields.
    pub(crate) fn create_field_group(
        &self,
        name: &CStr,
        fields: &[FieldId],
    ) -> Result<FieldGroupId> {
        let ids: Vec<u16> = fields.iter().map(|field| field.raw()).collect();
        let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
        let mut group = 0;
        // SAFETY: `ids` has `count` ids; the name is a C string; it writes one integer.
        unsafe {
            call!(
                self.library(),
                dcgmFieldGroupCreate(
                    self.handle(),
                    count,
                    ids.as_ptr(),
                    name.as_ptr(),
                    &raw mut group
                )
            )
        }?;
        Ok(FieldGroupId(group))
    }

    pub(crate) fn destroy_field_group(&self, fields: FieldGroupId) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmFieldGroupDestroy(self.handle(), fields.0)
            )
        }
    }

    /// Watches a group of fields on a group of entities. The engine takes the first sample before this
    /// returns. After a failure, some of the fields may be watched.
    pub(crate) fn watch_fields(
        &self,
        (group, fields): GroupPair,
        interval: Duration,
        keep_age: Duration,
    ) -> Result<()> {
        let micros = i64::try_from(interval.as_micros())
            .unwrap_or(i64::MAX)
            .max(1);
        // SAFETY: numbers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmWatchFields(
                    self.handle(),
                    group.0,
                    fields.0,
                    micros,
                    keep_age.as_secs_f64(),
                    0
                )
            )
        }
    }

    pub(crate) fn unwatch_fields(&self, (group, fields): GroupPair) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmUnwatchFields(self.handle(), group.0, fields.0)
            )
        }
    }

    /// Appends the latest values of a group, which has these entities and fields: see
    /// [`visit::read_latest`].
    pub(crate) fn read_group(
        &self,
        pair: GroupPair,
        (entities, fields): (&[sys::dcgmGroupEntityPair_t], &[u16]),
        buffer: &mut GroupBuffer,
        into: &mut Samples,
    ) -> Result<()> {
        let grid = RequestGrid { entities, fields };
        visit::read_latest(self, pair, grid, buffer, into)
    }

    /// Passes every sample since a time to `take`: see [`visit::read_since`].
    pub(crate) fn read_since(
        &self,
        pair: GroupPair,
        from: Timestamp,
        scratch: &mut String,
        take: &mut dyn FnMut(Sample<'_>),
    ) -> Result<Timestamp> {
        visit::read_since(self, pair, from, scratch, take)
    }
}

fn build_info(info: &sys::dcgmVersionInfo_v2) -> BuildInfo {
    let mut raw = String::new();
    text::push_long_text(&info.rawBuildInfoString, &mut raw);
    BuildInfo::from_raw(raw)
}
