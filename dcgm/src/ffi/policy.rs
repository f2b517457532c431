//! Policies, and the callback for their violations.
//!
//! libdcgm calls back on the only thread that reads from its connections: while a callback runs, every call
//! of the process waits, and a call in it can only time out. So the callback copies the violation into a queue
//! and returns. It can be called before the registration returns, and for 0.2 ms after the connection was
//! closed. Therefore it gets no pointer but a number, which is never used twice, and looks it up in a table
//! that lives as long as the process; a number that is not there any more is ignored.
//!
//! DCGM 3.3 passes neither a number nor the GPU. There, each GPU of a registration gets a function of its own,
//! which knows its place in another table.

use core::ffi::{c_int, c_void};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dcgm_sys as sys;
use parking_lot::Mutex;
use sys::Versioned as _;

use super::{EngineHandle, GroupId, call, new_zeroed};
use crate::entity::EntityId;
use crate::error::Result;
use crate::field::FieldId;
use crate::policy::{Policy, PolicyConditions, Violation, ViolationKind};
use crate::sample::Timestamp;

/// The receiver of the violations of a registration. It must not block, and make no call to DCGM.
pub(crate) trait ViolationSink: Send + Sync {
    fn take_violation(&self, violation: Violation);
}

/// The receivers by the number of their registration.
static SINKS: Mutex<BTreeMap<u64, Arc<dyn ViolationSink>>> = Mutex::new(BTreeMap::new());

/// The place of a receiver in the table, which dropping it frees.
#[derive(Debug)]
pub(crate) struct SinkNumber(u64);

/// Returns the number of a new registration.
pub(super) fn next_sink_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);

    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl SinkNumber {
    pub(crate) fn new(sink: Arc<dyn ViolationSink>) -> Self {
        let number = next_sink_number();
        SINKS.lock().insert(number, sink);
        Self(number)
    }

    #[cfg(any(test, fuzzing))]
    pub(super) const fn raw(&self) -> u64 {
        self.0
    }
}

impl Drop for SinkNumber {
    fn drop(&mut self) {
        let sink = SINKS.lock().remove(&self.0);
        // Outside of the lock.
        drop(sink);
    }
}

/// The places for registrations with DCGM 3.3: one for each GPU of each registration of the process.
const MAX_SLOTS: usize = 64;

/// The GPU and the receiver of each place.
struct Slots {
    slots: [Option<(EntityId, Arc<dyn ViolationSink>)>; MAX_SLOTS],
    /// The place after the one that was taken last: a place rests before it is used again, since a callback
    /// can be late.
    next: usize,
}

static SLOTS: Mutex<Slots> = Mutex::new(Slots {
    slots: [const { None }; MAX_SLOTS],
    next: 0,
});

/// A place for a registration with DCGM 3.3, which dropping it frees.
#[derive(Debug)]
pub(crate) struct SinkSlot(usize);

impl SinkSlot {
    /// Takes a place for the violations of a GPU; `None` if all are in use.
    pub(crate) fn new(gpu: EntityId, sink: Arc<dyn ViolationSink>) -> Option<Self> {
        let mut table = SLOTS.lock();
        let next = table.next;
        let mut order = (next..MAX_SLOTS).chain(0..next);
        let index = order.find(|index| table.slots.get(*index).is_some_and(Option::is_none))?;
        if let Some(slot) = table.slots.get_mut(index) {
            *slot = Some((gpu, sink));
        }
        table.next = (index + 1) % MAX_SLOTS;
        Some(Self(index))
    }
}

impl Drop for SinkSlot {
    fn drop(&mut self) {
        let sink = SLOTS.lock().slots.get_mut(self.0).and_then(Option::take);
        // Outside of the lock.
        drop(sink);
    }
}

/// The group of all GPUs, which cannot be destroyed.
const ALL_GPUS: GroupId = GroupId(sys::DCGM_GROUP_ALL_GPUS as sys::dcgmGpuGrp_t);

impl EngineHandle {
    /// Replaces the policies of the GPUs of a group.
    pub(crate) fn set_policy(&self, group: GroupId, policy: &Policy) -> Result<()> {
        let mut raw = encode_policy(policy);
        // SAFETY: the struct of its version; no status handle.
        unsafe {
            call!(
                self.library(),
                dcgmPolicySet(self.handle(), group.0, &raw mut *raw, 0)
            )
        }
    }

    /// Returns the policy of the only GPU of a group: the entries of a reply do not name their GPUs.
    pub(crate) fn policy(&self, group: GroupId) -> Result<Policy> {
        let mut raw = new_zeroed::<sys::dcgmPolicy_v1>();
        raw.version = sys::dcgmPolicy_v1::VERSION;
        // SAFETY: one struct of its version; no status handle.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyGet(self.handle(), group.0, 1, &raw mut *raw, 0)
            )
        }?;
        Ok(decode_policy(&raw))
    }

    /// Registers for violations of the GPUs of a group.
    pub(crate) fn register_policy(
        &self,
        group: GroupId,
        conditions: PolicyConditions,
        number: &SinkNumber,
    ) -> Result<()> {
        // SAFETY: the callback has the type of C's, takes any number, and lives as long as the process.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyRegister_v2(
                    self.handle(),
                    group.0,
                    conditions.bits(),
                    Some(on_violation),
                    number.0
                )
            )
        }
    }

    /// Registers with DCGM 3.3 for violations of the only GPU of a group.
    pub(crate) fn register_policy_3_3(
        &self,
        group: GroupId,
        conditions: PolicyConditions,
        slot: &SinkSlot,
    ) -> Result<()> {
        // 3.3 would call a second function right after the first, with the same violation.
        let second = None;
        let first = SLOT_CALLBACKS.get(slot.0).copied();
        // SAFETY: the callback has the type of C's, and lives as long as the process.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyRegister(self.handle(), group.0, conditions.bits(), first, second)
            )
        }
    }

    /// Removes all registrations of the connection, whatever the group and the conditions.
    pub(crate) fn unregister_policies(&self) -> Result<()> {
        // SAFETY: integers, which DCGM checks.
        unsafe {
            call!(
                self.library(),
                dcgmPolicyUnregister(self.handle(), ALL_GPUS.0, PolicyConditions::ALL.bits())
            )
        }
    }
}

/// The limits of a policy, at the numbers of their conditions.
fn encode_policy(policy: &Policy) -> Box<sys::dcgmPolicy_v1> {
    let mut raw = new_zeroed::<sys::dcgmPolicy_v1>();
    raw.version = sys::dcgmPolicy_v1::VERSION;
    raw.condition = policy.conditions().bits();
    raw.mode = sys::DCGM_POLICY_MODE_AUTOMATED;
    raw.isolation = sys::DCGM_POLICY_ISOLATION_NONE;
    raw.action = sys::DCGM_POLICY_ACTION_NONE;
    raw.validation = sys::DCGM_POLICY_VALID_NONE;
    raw.response = sys::DCGM_POLICY_FAILURE_NONE;
    let flags = [
        (sys::DCGM_POLICY_COND_IDX_DBE, policy.dbe),
        (sys::DCGM_POLICY_COND_IDX_PCI, policy.pcie),
        (sys::DCGM_POLICY_COND_IDX_NVLINK, policy.nvlink),
        (sys::DCGM_POLICY_COND_IDX_XID, policy.xid),
    ];
    let limits = [
        (
            sys::DCGM_POLICY_COND_IDX_MAX_PAGES_RETIRED,
            policy.max_retired_pages,
        ),
        (sys::DCGM_POLICY_COND_IDX_THERMAL, policy.max_temperature),
        (sys::DCGM_POLICY_COND_IDX_POWER, policy.max_power),
    ];
    let flags = flags.map(|(index, flag)| (index, sys::BOOL, u64::from(flag)));
    let limits = limits.map(|(index, limit)| (index, sys::LLONG, limit.unwrap_or(0).into()));
    for (index, tag, value) in flags.into_iter().chain(limits) {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(parameters) = raw.parms.get_mut(index) {
            parameters.tag = tag;
            parameters.val.llval = value;
        }
    }
    raw
}

fn decode_policy(raw: &sys::dcgmPolicy_v1) -> Policy {
    let conditions = PolicyConditions::from_bits(raw.condition);
    let limit = |condition, index| {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let parameters = raw.parms.get(index)?;
        // SAFETY: all bits of the union were written, and any bits are a number.
        let value = unsafe { parameters.val.llval };
        conditions
            .contains(condition)
            .then(|| u32::try_from(value).unwrap_or(u32::MAX))
    };
    Policy {
        dbe: conditions.contains(PolicyConditions::DBE),
        pcie: conditions.contains(PolicyConditions::PCIE),
        max_retired_pages: limit(
            PolicyConditions::RETIRED_PAGES,
            sys::DCGM_POLICY_COND_IDX_MAX_PAGES_RETIRED,
        ),
        max_temperature: limit(PolicyConditions::THERMAL, sys::DCGM_POLICY_COND_IDX_THERMAL),
        max_power: limit(PolicyConditions::POWER, sys::DCGM_POLICY_COND_IDX_POWER),
        nvlink: conditions.contains(PolicyConditions::NVLINK),
        xid: conditions.contains(PolicyConditions::XID),
    }
}

/// Runs a callback. No panic unwinds into C.
pub(super) fn contain_panics(callback: impl FnOnce()) -> c_int {
    // DCGM ignores the result. The payload of a panic can panic when it is dropped.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(callback)) {
        drop(catch_unwind(AssertUnwindSafe(|| drop(payload))));
    }
    0
}

/// The functions of the places.
static SLOT_CALLBACKS: [unsafe extern "C" fn(*mut c_void) -> c_int; MAX_SLOTS] = slot_callbacks();

macro_rules! callbacks {
    ($($slot:literal)*) => {
        [$(on_slot_violation::<$slot>),*]
    };
}

#[rustfmt::skip] // Sixteen in a line.
const fn slot_callbacks() -> [unsafe extern "C" fn(*mut c_void) -> c_int; MAX_SLOTS] {
    callbacks![
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
        16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
        32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47
        48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
    ]
}

/// Passes a violation to the receiver of a place.
///
/// # Safety
///
/// `response` is null or points to a response of 3.3 that lives until this returns.
unsafe extern "C" fn on_slot_violation<const SLOT: usize>(response: *mut c_void) -> c_int {
    contain_panics(|| {
        let response = response.cast::<sys::dcgmPolicyCallbackResponse_v1>();
        // SAFETY: by this function's contract.
        let Some(response) = (unsafe { response.as_ref() }) else {
            return;
        };
        if response.version != sys::dcgmPolicyCallbackResponse_v1::VERSION {
            return;
        }
        let target = SLOTS.lock().slots.get(SLOT).cloned().flatten();
        let Some((gpu, sink)) = target else { return };
        // SAFETY: this member is as long as the union, and any bits are numbers.
        let all = unsafe { response.val.dbe };
        let named = sys::dcgmPolicyCallbackResponse_v2 {
            version: sys::dcgmPolicyCallbackResponse_v2::VERSION,
            condition: response.condition,
            val: sys::dcgmPolicyCallbackResponse_v2__bindgen_ty_1 { dbe: all },
            gpuId: gpu.id,
        };
        if let Some(violation) = decode_violation(&named) {
            sink.take_violation(violation);
        }
    })
}

/// Passes a violation to the receiver of its registration. No pointer survives the call.
///
/// # Safety
///
/// `response` is null or points to a response that lives until this returns.
pub(crate) unsafe extern "C" fn on_violation(
    response: *mut sys::dcgmPolicyCallbackResponse_v2,
    number: u64,
) -> c_int {
    contain_panics(|| {
        // SAFETY: by this function's contract.
        let Some(response) = (unsafe { response.as_ref() }) else {
            return;
        };
        let Some(violation) = decode_violation(response) else {
            return;
        };
        let sink = SINKS.lock().get(&number).map(Arc::clone);
        if let Some(sink) = sink {
            sink.take_violation(violation);
        }
    })
}

/// Returns the violation; `None` for another version or an unknown condition, and for XID 0.
fn decode_violation(response: &sys::dcgmPolicyCallbackResponse_v2) -> Option<Violation> {
    if response.version != sys::dcgmPolicyCallbackResponse_v2::VERSION {
        return None;
    }
    let value = &response.val;
    let (timestamp, kind) = match PolicyConditions::from_bits(response.condition) {
        PolicyConditions::DBE => {
            // SAFETY: the condition says which member was written, and any bits are numbers.
            let dbe = unsafe { value.dbe };
            let count = dbe.numerrors;
            (dbe.timestamp, ViolationKind::Dbe { count })
        }
        PolicyConditions::PCIE => {
            // SAFETY: as above.
            let pci = unsafe { value.pci };
            let count = pci.counter;
            (pci.timestamp, ViolationKind::Pcie { count })
        }
        PolicyConditions::RETIRED_PAGES => {
            // SAFETY: as above.
            let pages = unsafe { value.mpr };
            let kind = ViolationKind::RetiredPages {
                corrected: pages.sbepages,
                uncorrectable: pages.dbepages,
            };
            (pages.timestamp, kind)
        }
        PolicyConditions::THERMAL => {
            // SAFETY: as above.
            let thermal = unsafe { value.thermal };
            let celsius = i32::from_ne_bytes(thermal.thermalViolation.to_ne_bytes());
            (thermal.timestamp, ViolationKind::Thermal { celsius })
        }
        PolicyConditions::POWER => {
            // SAFETY: as above.
            let power = unsafe { value.power };
            let watts = power.powerViolation;
            (power.timestamp, ViolationKind::Power { watts })
        }
        PolicyConditions::NVLINK => {
            // SAFETY: as above.
            let link = unsafe { value.nvlink };
            let kind = ViolationKind::NvLink {
                field: FieldId::from_raw(link.fieldId),
                count: link.counter,
            };
            (link.timestamp, kind)
        }
        PolicyConditions::XID => {
            // SAFETY: as above.
            let xid = unsafe { value.xid };
            if xid.errnum == 0 {
                return None;
            }
            let code = i64::from(xid.errnum);
            (xid.timestamp, ViolationKind::Xid { code })
        }
        _ => return None,
    };
    let gpu = EntityId::gpu(response.gpuId);
    let timestamp = Timestamp::from_micros(timestamp);
    Some(Violation::new(gpu, timestamp, kind))
}
