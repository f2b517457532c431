//! Fields that `top` watches, and what some of them say about health.

use dcgm::FieldId;

/// Fields watched on each GPU. None of them belongs to LINK entities: DCGM 4.6 keeps the samples of
/// those forever and then reads the links in every pass of its loop.
pub(crate) const GPU_FIELDS: [FieldId; 21] = [
    FieldId::GPU_UTIL,
    FieldId::FB_USED,
    FieldId::FB_TOTAL,
    FieldId::GPU_TEMP,
    FieldId::POWER_USAGE,
    FieldId::POWER_MGMT_LIMIT,
    FieldId::SM_CLOCK,
    FieldId::MEM_CLOCK,
    FieldId::CLOCK_THROTTLE_REASONS,
    FieldId::ECC_DBE_VOL_TOTAL,
    FieldId::RETIRED_PENDING,
    FieldId::ROW_REMAP_FAILURE,
    FieldId::ROW_REMAP_PENDING,
    FieldId::GET_GPU_RECOVERY_ACTION,
    FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_REPLAY_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
    FieldId::NVLINK_COUNT_RX_ERRORS,
    FieldId::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS,
    FieldId::PCIE_REPLAY_COUNTER,
];

/// Fields watched on each GPU, in a watch of their own: not every GPU supports profiling.
pub(crate) const PROFILING_FIELDS: [FieldId; 4] = [
    FieldId::PROF_GR_ENGINE_ACTIVE,
    FieldId::PROF_SM_ACTIVE,
    FieldId::PROF_PIPE_TENSOR_ACTIVE,
    FieldId::PROF_DRAM_ACTIVE,
];

/// Fields watched on each MIG GPU instance.
pub(crate) const INSTANCE_FIELDS: [FieldId; 3] = [
    FieldId::FB_USED,
    FieldId::FB_TOTAL,
    FieldId::PROF_GR_ENGINE_ACTIVE,
];

/// Fields that are 0 on a healthy GPU.
pub(crate) const FAULTS: [(FieldId, &str); 5] = [
    (FieldId::ECC_DBE_VOL_TOTAL, "uncorrectable memory errors"),
    (FieldId::ROW_REMAP_FAILURE, "row remap failed"),
    (FieldId::ROW_REMAP_PENDING, "row remap pending"),
    (FieldId::RETIRED_PENDING, "page retirement pending"),
    (
        FieldId::GET_GPU_RECOVERY_ACTION,
        "recovery action requested",
    ),
];

/// Counters that do not grow on a healthy GPU. A GPU has either the first four or, from `NVLink` 5
/// on, the two after them.
pub(crate) const ERROR_COUNTERS: [(FieldId, &str); 7] = [
    (
        FieldId::NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL,
        "NVLink flit CRC errors",
    ),
    (
        FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL,
        "NVLink data CRC errors",
    ),
    (FieldId::NVLINK_REPLAY_ERROR_COUNT_TOTAL, "NVLink replays"),
    (
        FieldId::NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
        "NVLink recoveries",
    ),
    (FieldId::NVLINK_COUNT_RX_ERRORS, "NVLink receive errors"),
    (
        FieldId::NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS,
        "NVLink recoveries failed",
    ),
    (FieldId::PCIE_REPLAY_COUNTER, "PCIe replays"),
];
