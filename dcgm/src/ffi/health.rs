//! Health watches and checks, and the library's descriptions of codes.

use core::ffi::{CStr, c_char};
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{Dcgm, EngineHandle, GroupId, call, new_zeroed, text};
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::health::{HealthCode, HealthCodeInfo, HealthSystems, IncidentSeverity};

/// Room for the reply to a health check, which has about 1 MB since DCGM 4.0.
pub(crate) enum HealthReply {
    Large(Box<sys::dcgmHealthResponse_v5>),
    /// For DCGM 3.3.
    Small(Box<sys::dcgmHealthResponse_v4>),
}

/// An incident as the engine reports it.
pub(crate) struct RawIncident<'a> {
    pub(crate) system: HealthSystems,
    pub(crate) severity: IncidentSeverity,
    pub(crate) code: HealthCode,
    pub(crate) entity: EntityId,
    pub(crate) message: &'a [c_char],
}

impl HealthReply {
    pub(crate) fn new(is_large: bool) -> Self {
        if is_large {
            Self::Large(new_zeroed())
        } else {
            Self::Small(new_zeroed())
        }
    }

    /// Prepares the next call, and returns the address for it.
    fn prepare(&mut self) -> *mut sys::dcgmHealthResponse_v5 {
        macro_rules! prepare {
            ($reply:expr, $type:ident) => {{
                $reply.version = sys::$type::VERSION;
                $reply.overallHealth = sys::DCGM_HEALTH_RESULT_PASS;
                $reply.incidentCount = 0;
                (&raw mut **$reply).cast()
            }};
        }
        match self {
            Self::Large(reply) => prepare!(reply, dcgmHealthResponse_v5),
            Self::Small(reply) => prepare!(reply, dcgmHealthResponse_v4),
        }
    }

    /// Returns the incidents, not more than there is room for.
    fn incidents(&self) -> &[sys::dcgmIncidentInfo_t] {
        let (all, count) = match self {
            Self::Large(reply) => (&reply.incidents[..], reply.incidentCount),
            Self::Small(reply) => (&reply.incidents[..], reply.incidentCount),
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(all.len());
        all.get(..count).unwrap_or_default()
    }
}

impl core::fmt::Debug for HealthReply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HealthReply").finish_non_exhaustive()
    }
}

impl EngineHandle {
    /// Makes the engine sample what it checks of a group. The engine accepts any numbers.
    pub(crate) fn set_health(
        &self,
        group: GroupId,
        systems: HealthSystems,
        interval: Duration,
        keep_age: Duration,
    ) -> Result<()> {
        let mut params = sys::dcgmHealthSetParams_v2 {
            version: sys::dcgmHealthSetParams_v2::VERSION,
            groupId: group.0,
            systems: systems.bits(),
            updateInterval: i64::try_from(interval.as_micros()).unwrap_or(i64::MAX),
            maxKeepAge: keep_age.as_secs_f64(),
        };
        // SAFETY: the struct of its version.
        unsafe {
            call!(
                self.library(),
                dcgmHealthSet_v2(self.handle(), &raw mut params)
            )
        }
    }

    /// Checks a group, and passes each incident to `take`. An engine of 3.3 without a driver returns
    /// incidents with the code "not watched": that is no error here.
    pub(crate) fn check_health(
        &self,
        group: GroupId,
        reply: &mut HealthReply,
        mut take: impl FnMut(RawIncident<'_>),
    ) -> Result<()> {
        let address = reply.prepare();
        // SAFETY: the struct has the version that it states, whatever the type of the pointer.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmHealthCheck(self.handle(), group.0, address)
            )
        };
        if let Err(error) = outcome {
            if error.code() != Some(ReturnCode::NOT_WATCHED) {
                return Err(error);
            }
        }
        for incident in reply.incidents() {
            take(RawIncident {
                system: HealthSystems::from_bits(incident.system),
                severity: if incident.health <= sys::DCGM_HEALTH_RESULT_WARN {
                    IncidentSeverity::Warning
                } else {
                    IncidentSeverity::Failure
                },
                code: HealthCode::from_raw(incident.error.code),
                entity: EntityId::new(
                    EntityKind::from_raw(incident.entityInfo.entityGroupId),
                    incident.entityInfo.entityId,
                ),
                message: &incident.error.msg,
            });
        }
        Ok(())
    }

    /// Returns `true` if the engine is paused: the state of its core module.
    pub(crate) fn is_paused(&self) -> Result<bool> {
        const NONE: sys::dcgmModuleGetStatusesModule_t =
            sys::dcgmModuleGetStatusesModule_t { id: 0, status: 0 };
        let mut statuses = sys::dcgmModuleGetStatuses_v1 {
            version: sys::dcgmModuleGetStatuses_v1::VERSION,
            numStatuses: 0,
            statuses: [NONE; 16],
        };
        // SAFETY: the struct of its version.
        unsafe {
            call!(
                self.library(),
                dcgmModuleGetStatuses(self.handle(), &raw mut statuses)
            )
        }?;
        let count = usize::try_from(statuses.numStatuses).unwrap_or(usize::MAX);
        let mut statuses = statuses.statuses.iter().take(count);
        Ok(statuses.any(|module| {
            module.id == sys::DcgmModuleIdCore && module.status == sys::DcgmModuleStatusPaused
        }))
    }
}

impl Dcgm {
    /// Returns the description that the library has of a code.
    pub(crate) fn code_info(self, code: HealthCode) -> Result<Option<HealthCodeInfo>> {
        // SAFETY: it returns null, or a pointer into a table of the library, which is never unloaded.
        let meta = unsafe { self.library().symbols().dcgmGetErrorMeta(code.raw()) }?;
        // SAFETY: as above.
        let Some(meta) = (unsafe { meta.as_ref() }) else {
            return Ok(None);
        };
        // SAFETY: a null pointer, or a C string in the table.
        let message_format = unsafe { copy_text(meta.msgFormat) };
        // SAFETY: as above.
        let suggestion = unsafe { copy_text(meta.suggestion) };
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Some(HealthCodeInfo {
            code,
            message_format,
            suggestion,
            priority: number(meta.severity),
            category: number(meta.category),
        }))
    }
}

/// Copies a C string.
///
/// # Safety
///
/// `string` is null, or a C string that lives until the function returns.
unsafe fn copy_text(string: *const c_char) -> String {
    let mut copy = String::new();
    if !string.is_null() {
        // SAFETY: by this function's contract.
        let length = unsafe { CStr::from_ptr(string) }.count_bytes();
        // SAFETY: the characters before the NUL.
        let bytes = unsafe { core::slice::from_raw_parts(string, length) };
        text::push_long_text(bytes, &mut copy);
    }
    copy
}
