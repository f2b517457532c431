//! What several fields say together: how a component is, and what it is.

use dcgm::FieldId as F;

use super::Condition::{Degraded, Failed, PredictedFailure};
use crate::host::Availability;

use super::{Condition, Form, ONE, Op, Rule, Source, read_field};

const FLAG_DEGRADED: &[Rule] = &[(0, 0, Condition::Ok), (1, 1, Degraded)];
const FLAG_FAILED: &[Rule] = &[(0, 0, Condition::Ok), (1, 1, Failed)];
const FLAG_PREDICTED: &[Rule] = &[(0, 0, Condition::Ok), (1, 1, PredictedFailure)];
/// A code that is not 0.
const EVENT_DEGRADED: &[Rule] = &[(1, i64::MAX, Degraded)];
const EVENT_FAILED: &[Rule] = &[(1, i64::MAX, Failed)];
/// Nothing, or a reset, a reboot, a drain.
const RECOVERY: &[Rule] = &[(0, 0, Condition::Ok), (1, 4, Degraded)];

/// How a GPU is. The worst counts; that it is lost, the engine says of the entity itself.
pub(super) const GPU_STATUS: &[Source] = &[
    read_field(F::ROW_REMAP_FAILURE, Op::Status(FLAG_FAILED), ONE),
    read_field(F::ROW_REMAP_PENDING, Op::Status(FLAG_DEGRADED), ONE),
    read_field(F::RETIRED_PENDING, Op::Status(FLAG_DEGRADED), ONE),
    read_field(F::GET_GPU_RECOVERY_ACTION, Op::Status(RECOVERY), ONE),
    read_field(F::MEMORY_UNREPAIRABLE_FLAG, Op::Status(FLAG_FAILED), ONE),
    read_field(F::THRESHOLD_SRM, Op::Status(FLAG_PREDICTED), ONE),
];

/// Telemetry of the GPU is paused for a diagnostic. The engine's list says so, and no field.
pub(super) const GPU_PAUSED: &[Source] = &[read_field(
    F::NAME,
    Op::Unavailable(Availability::Paused),
    ONE,
)];

/// The driver is detached from the GPU.
pub(super) const GPU_DETACHED: &[Source] = &[read_field(
    F::NAME,
    Op::Unavailable(Availability::Detached),
    ONE,
)];

/// How an `NVSwitch` is. After a fatal event it needs a reset; others pass.
pub(super) const SWITCH_STATUS: &[Source] = &[
    read_field(F::NVSWITCH_RESET_REQUIRED, Op::Status(FLAG_FAILED), ONE),
    read_field(F::NVSWITCH_FATAL_ERRORS, Op::Status(EVENT_FAILED), ONE),
    read_field(
        F::NVSWITCH_NON_FATAL_ERRORS,
        Op::Transient(EVENT_DEGRADED),
        ONE,
    ),
];

/// How a `ConnectX` is. The bits of its uncorrectable errors mean nothing without their mask, and
/// are not read.
pub(super) const ADAPTER_STATUS: &[Source] =
    &[read_field(F::CONNECTX_HEALTH, Op::Status(FLAG_FAILED), ONE)];

/// What a GPU is, beyond what each of its series says.
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

/// What an `NVSwitch` is.
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
