//! Sources that combine several fields: the state of a component, and facts about it.

use dcgm::FieldId as F;

use super::Condition::{Degraded, Failed, PredictedFailure};
use crate::topology::Availability;

use super::{Condition, Form, ONE, Op, Rule, Source, read_field};

const FLAG_DEGRADED: &[Rule] = &[(0, 0, Condition::Ok), (1, 1, Degraded)];
const FLAG_FAILED: &[Rule] = &[(0, 0, Condition::Ok), (1, 1, Failed)];
const FLAG_PREDICTED: &[Rule] = &[(0, 0, Condition::Ok), (1, 1, PredictedFailure)];
/// Any code other than 0.
const EVENT_DEGRADED: &[Rule] = &[(1, i64::MAX, Degraded)];
const EVENT_FAILED: &[Rule] = &[(1, i64::MAX, Failed)];
/// No action, a reset, a reboot or a drain.
const RECOVERY: &[Rule] = &[(0, 0, Condition::Ok), (1, 4, Degraded)];

/// State of a GPU. The worst sign counts; the engine's list says if the GPU is lost.
pub(super) const GPU_STATUS: &[Source] = &[
    read_field(F::ROW_REMAP_FAILURE, Op::Status(FLAG_FAILED), ONE),
    read_field(F::ROW_REMAP_PENDING, Op::Status(FLAG_DEGRADED), ONE),
    read_field(F::RETIRED_PENDING, Op::Status(FLAG_DEGRADED), ONE),
    read_field(F::GET_GPU_RECOVERY_ACTION, Op::Status(RECOVERY), ONE),
    read_field(F::MEMORY_UNREPAIRABLE_FLAG, Op::Status(FLAG_FAILED), ONE),
    read_field(F::THRESHOLD_SRM, Op::Status(FLAG_PREDICTED), ONE),
];

/// Set while telemetry of the GPU is paused for a diagnostic, by the engine's list.
pub(super) const GPU_PAUSED: &[Source] = &[read_field(
    F::NAME,
    Op::Unavailable(Availability::Paused),
    ONE,
)];

/// Set while the driver is detached from the GPU, by the engine's list.
pub(super) const GPU_DETACHED: &[Source] = &[read_field(
    F::NAME,
    Op::Unavailable(Availability::Detached),
    ONE,
)];

/// State of an `NVSwitch`. After a fatal event it needs a reset; other events expire.
pub(super) const SWITCH_STATUS: &[Source] = &[
    read_field(F::NVSWITCH_RESET_REQUIRED, Op::Status(FLAG_FAILED), ONE),
    read_field(F::NVSWITCH_FATAL_ERRORS, Op::Status(EVENT_FAILED), ONE),
    read_field(
        F::NVSWITCH_NON_FATAL_ERRORS,
        Op::Transient(EVENT_DEGRADED),
        ONE,
    ),
];

/// State of a `ConnectX`. Its uncorrectable error bits mean nothing without their mask, and are not
/// read.
pub(super) const ADAPTER_STATUS: &[Source] =
    &[read_field(F::CONNECTX_HEALTH, Op::Status(FLAG_FAILED), ONE)];

/// Facts about a GPU that its other series do not carry.
pub(super) const GPU_FACTS: &[Source] = &[
    fact(
        F::CUDA_DRIVER_VERSION,
        "hw.gpu.cuda.driver_version",
        Form::Cuda,
    ),
    fact(
        F::CUDA_COMPUTE_CAPABILITY,
        "hw.gpu.cuda.compute_capability",
        Form::Halves,
    ),
    fact(F::MIG_MODE, "hw.gpu.mig.enabled", Form::Flag),
    fact(F::ECC_CURRENT, "hw.gpu.ecc.enabled", Form::Flag),
    fact(F::FABRIC_CLIQUE_ID, "hw.gpu.fabric.clique_id", Form::Plain),
];

/// Facts about an `NVSwitch`.
pub(super) const SWITCH_FACTS: &[Source] = &[
    fact(F::NVSWITCH_PHYS_ID, "hw.switch.physical_id", Form::Plain),
    fact(
        F::NVSWITCH_FIRMWARE_VERSION,
        "hw.firmware_version",
        Form::Plain,
    ),
];

const fn fact(field: F, key: &'static str, form: Form) -> Source {
    read_field(field, Op::Fact(key, form), ONE)
}
