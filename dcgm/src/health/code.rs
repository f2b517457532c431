//! [`HealthCode`]: the codes of incidents, one row each, and the meanings of those that health checks report.

use core::fmt;

/// The code of an incident (`dcgmError_t`, `DCGM_FR_*`). DCGM's diagnostic uses the same codes. A code
/// without a constant here keeps its number.
///
/// ```
/// use dcgm::health::HealthCode;
///
/// let code = HealthCode::from_raw(120);
/// assert_eq!(code, HealthCode::FALLEN_OFF_BUS);
/// assert_eq!(code.meaning(), Some("the GPU has fallen off the bus"));
/// assert_eq!(code.to_string(), "the GPU has fallen off the bus (DCGM_FR_FALLEN_OFF_BUS, 120)");
/// // A code of a later release.
/// assert_eq!(HealthCode::from_raw(999).to_string(), "unknown code 999");
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmError_t")]
pub struct HealthCode(u32);

macro_rules! health_codes {
    ($($c:ident => $name:ident;)*) => {
        impl HealthCode {
            $(
                #[doc = concat!("`", stringify!($c), "`.")]
                pub const $name: Self = Self(dcgm_sys::$c);
            )*

            /// Every code that has a constant.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the C name; `None` for a code without a constant.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( dcgm_sys::$c => Some(stringify!($c)), )*
                    _ => None,
                }
            }
        }
    };
}

#[rustfmt::skip] // One row per code.
health_codes! {
    DCGM_FR_OK                              => OK;
    DCGM_FR_UNKNOWN                         => UNKNOWN;
    DCGM_FR_UNRECOGNIZED                    => UNRECOGNIZED;
    DCGM_FR_PCI_REPLAY_RATE                 => PCI_REPLAY_RATE;
    DCGM_FR_VOLATILE_DBE_DETECTED           => VOLATILE_DBE_DETECTED;
    DCGM_FR_VOLATILE_SBE_DETECTED           => VOLATILE_SBE_DETECTED;
    DCGM_FR_PENDING_PAGE_RETIREMENTS        => PENDING_PAGE_RETIREMENTS;
    DCGM_FR_RETIRED_PAGES_LIMIT             => RETIRED_PAGES_LIMIT;
    DCGM_FR_RETIRED_PAGES_DBE_LIMIT         => RETIRED_PAGES_DBE_LIMIT;
    DCGM_FR_CORRUPT_INFOROM                 => CORRUPT_INFOROM;
    DCGM_FR_CLOCKS_EVENT_THERMAL            => CLOCKS_EVENT_THERMAL;
    DCGM_FR_POWER_UNREADABLE                => POWER_UNREADABLE;
    DCGM_FR_CLOCKS_EVENT_POWER              => CLOCKS_EVENT_POWER;
    DCGM_FR_NVLINK_ERROR_THRESHOLD          => NVLINK_ERROR_THRESHOLD;
    DCGM_FR_NVLINK_DOWN                     => NVLINK_DOWN;
    DCGM_FR_NVSWITCH_FATAL_ERROR            => NVSWITCH_FATAL_ERROR;
    DCGM_FR_NVSWITCH_NON_FATAL_ERROR        => NVSWITCH_NON_FATAL_ERROR;
    DCGM_FR_NVSWITCH_DOWN                   => NVSWITCH_DOWN;
    DCGM_FR_NO_ACCESS_TO_FILE               => NO_ACCESS_TO_FILE;
    DCGM_FR_NVML_API                        => NVML_API;
    DCGM_FR_DEVICE_COUNT_MISMATCH           => DEVICE_COUNT_MISMATCH;
    DCGM_FR_BAD_PARAMETER                   => BAD_PARAMETER;
    DCGM_FR_CANNOT_OPEN_LIB                 => CANNOT_OPEN_LIB;
    DCGM_FR_DENYLISTED_DRIVER               => DENYLISTED_DRIVER;
    DCGM_FR_NVML_LIB_BAD                    => NVML_LIB_BAD;
    DCGM_FR_GRAPHICS_PROCESSES              => GRAPHICS_PROCESSES;
    DCGM_FR_HOSTENGINE_CONN                 => HOSTENGINE_CONN;
    DCGM_FR_FIELD_QUERY                     => FIELD_QUERY;
    DCGM_FR_BAD_CUDA_ENV                    => BAD_CUDA_ENV;
    DCGM_FR_PERSISTENCE_MODE                => PERSISTENCE_MODE;
    DCGM_FR_LOW_BANDWIDTH                   => LOW_BANDWIDTH;
    DCGM_FR_HIGH_LATENCY                    => HIGH_LATENCY;
    DCGM_FR_CANNOT_GET_FIELD_TAG            => CANNOT_GET_FIELD_TAG;
    DCGM_FR_FIELD_VIOLATION                 => FIELD_VIOLATION;
    DCGM_FR_FIELD_THRESHOLD                 => FIELD_THRESHOLD;
    DCGM_FR_FIELD_VIOLATION_DBL             => FIELD_VIOLATION_DBL;
    DCGM_FR_FIELD_THRESHOLD_DBL             => FIELD_THRESHOLD_DBL;
    DCGM_FR_UNSUPPORTED_FIELD_TYPE          => UNSUPPORTED_FIELD_TYPE;
    DCGM_FR_FIELD_THRESHOLD_TS              => FIELD_THRESHOLD_TS;
    DCGM_FR_FIELD_THRESHOLD_TS_DBL          => FIELD_THRESHOLD_TS_DBL;
    DCGM_FR_THERMAL_VIOLATIONS              => THERMAL_VIOLATIONS;
    DCGM_FR_THERMAL_VIOLATIONS_TS           => THERMAL_VIOLATIONS_TS;
    DCGM_FR_TEMP_VIOLATION                  => TEMP_VIOLATION;
    DCGM_FR_CLOCKS_EVENT_VIOLATION          => CLOCKS_EVENT_VIOLATION;
    DCGM_FR_INTERNAL                        => INTERNAL;
    DCGM_FR_PCIE_GENERATION                 => PCIE_GENERATION;
    DCGM_FR_PCIE_WIDTH                      => PCIE_WIDTH;
    DCGM_FR_ABORTED                         => ABORTED;
    DCGM_FR_TEST_DISABLED                   => TEST_DISABLED;
    DCGM_FR_CANNOT_GET_STAT                 => CANNOT_GET_STAT;
    DCGM_FR_STRESS_LEVEL                    => STRESS_LEVEL;
    DCGM_FR_CUDA_API                        => CUDA_API;
    DCGM_FR_FAULTY_MEMORY                   => FAULTY_MEMORY;
    DCGM_FR_CANNOT_SET_WATCHES              => CANNOT_SET_WATCHES;
    DCGM_FR_CUDA_UNBOUND                    => CUDA_UNBOUND;
    DCGM_FR_ECC_DISABLED                    => ECC_DISABLED;
    DCGM_FR_MEMORY_ALLOC                    => MEMORY_ALLOC;
    DCGM_FR_CUDA_DBE                        => CUDA_DBE;
    DCGM_FR_MEMORY_MISMATCH                 => MEMORY_MISMATCH;
    DCGM_FR_CUDA_DEVICE                     => CUDA_DEVICE;
    DCGM_FR_ECC_UNSUPPORTED                 => ECC_UNSUPPORTED;
    DCGM_FR_ECC_PENDING                     => ECC_PENDING;
    DCGM_FR_MEMORY_BANDWIDTH                => MEMORY_BANDWIDTH;
    DCGM_FR_TARGET_POWER                    => TARGET_POWER;
    DCGM_FR_API_FAIL                        => API_FAIL;
    DCGM_FR_API_FAIL_GPU                    => API_FAIL_GPU;
    DCGM_FR_CUDA_CONTEXT                    => CUDA_CONTEXT;
    DCGM_FR_DCGM_API                        => DCGM_API;
    DCGM_FR_CONCURRENT_GPUS                 => CONCURRENT_GPUS;
    DCGM_FR_TOO_MANY_ERRORS                 => TOO_MANY_ERRORS;
    DCGM_FR_NVLINK_CRC_ERROR_THRESHOLD      => NVLINK_CRC_ERROR_THRESHOLD;
    DCGM_FR_NVLINK_ERROR_CRITICAL           => NVLINK_ERROR_CRITICAL;
    DCGM_FR_ENFORCED_POWER_LIMIT            => ENFORCED_POWER_LIMIT;
    DCGM_FR_MEMORY_ALLOC_HOST               => MEMORY_ALLOC_HOST;
    DCGM_FR_GPU_OP_MODE                     => GPU_OP_MODE;
    DCGM_FR_NO_MEMORY_CLOCKS                => NO_MEMORY_CLOCKS;
    DCGM_FR_NO_GRAPHICS_CLOCKS              => NO_GRAPHICS_CLOCKS;
    DCGM_FR_HAD_TO_RESTORE_STATE            => HAD_TO_RESTORE_STATE;
    DCGM_FR_L1TAG_UNSUPPORTED               => L1TAG_UNSUPPORTED;
    DCGM_FR_L1TAG_MISCOMPARE                => L1TAG_MISCOMPARE;
    DCGM_FR_ROW_REMAP_FAILURE               => ROW_REMAP_FAILURE;
    DCGM_FR_UNCONTAINED_ERROR               => UNCONTAINED_ERROR;
    DCGM_FR_EMPTY_GPU_LIST                  => EMPTY_GPU_LIST;
    DCGM_FR_DBE_PENDING_PAGE_RETIREMENTS    => DBE_PENDING_PAGE_RETIREMENTS;
    DCGM_FR_UNCORRECTABLE_ROW_REMAP         => UNCORRECTABLE_ROW_REMAP;
    DCGM_FR_PENDING_ROW_REMAP               => PENDING_ROW_REMAP;
    DCGM_FR_BROKEN_P2P_MEMORY_DEVICE        => BROKEN_P2P_MEMORY_DEVICE;
    DCGM_FR_BROKEN_P2P_WRITER_DEVICE        => BROKEN_P2P_WRITER_DEVICE;
    DCGM_FR_NVSWITCH_NVLINK_DOWN            => NVSWITCH_NVLINK_DOWN;
    DCGM_FR_EUD_BINARY_PERMISSIONS          => EUD_BINARY_PERMISSIONS;
    DCGM_FR_EUD_NON_ROOT_USER               => EUD_NON_ROOT_USER;
    DCGM_FR_EUD_SPAWN_FAILURE               => EUD_SPAWN_FAILURE;
    DCGM_FR_EUD_TIMEOUT                     => EUD_TIMEOUT;
    DCGM_FR_EUD_ZOMBIE                      => EUD_ZOMBIE;
    DCGM_FR_EUD_NON_ZERO_EXIT_CODE          => EUD_NON_ZERO_EXIT_CODE;
    DCGM_FR_EUD_TEST_FAILED                 => EUD_TEST_FAILED;
    DCGM_FR_FILE_CREATE_PERMISSIONS         => FILE_CREATE_PERMISSIONS;
    DCGM_FR_PAUSE_RESUME_FAILED             => PAUSE_RESUME_FAILED;
    DCGM_FR_PCIE_H_REPLAY_VIOLATION         => PCIE_H_REPLAY_VIOLATION;
    DCGM_FR_GPU_EXPECTED_NVLINKS_UP         => GPU_EXPECTED_NVLINKS_UP;
    DCGM_FR_NVSWITCH_EXPECTED_NVLINKS_UP    => NVSWITCH_EXPECTED_NVLINKS_UP;
    DCGM_FR_XID_ERROR                       => XID_ERROR;
    DCGM_FR_SBE_VIOLATION                   => SBE_VIOLATION;
    DCGM_FR_DBE_VIOLATION                   => DBE_VIOLATION;
    DCGM_FR_PCIE_REPLAY_VIOLATION           => PCIE_REPLAY_VIOLATION;
    DCGM_FR_SBE_THRESHOLD_VIOLATION         => SBE_THRESHOLD_VIOLATION;
    DCGM_FR_DBE_THRESHOLD_VIOLATION         => DBE_THRESHOLD_VIOLATION;
    DCGM_FR_PCIE_REPLAY_THRESHOLD_VIOLATION => PCIE_REPLAY_THRESHOLD_VIOLATION;
    DCGM_FR_CUDA_FM_NOT_INITIALIZED         => CUDA_FM_NOT_INITIALIZED;
    DCGM_FR_SXID_ERROR                      => SXID_ERROR;
    DCGM_FR_GFLOPS_THRESHOLD_VIOLATION      => GFLOPS_THRESHOLD_VIOLATION;
    DCGM_FR_NAN_VALUE                       => NAN_VALUE;
    DCGM_FR_FABRIC_MANAGER_TRAINING_ERROR   => FABRIC_MANAGER_TRAINING_ERROR;
    DCGM_FR_BROKEN_P2P_PCIE_MEMORY_DEVICE   => BROKEN_P2P_PCIE_MEMORY_DEVICE;
    DCGM_FR_BROKEN_P2P_PCIE_WRITER_DEVICE   => BROKEN_P2P_PCIE_WRITER_DEVICE;
    DCGM_FR_BROKEN_P2P_NVLINK_MEMORY_DEVICE => BROKEN_P2P_NVLINK_MEMORY_DEVICE;
    DCGM_FR_BROKEN_P2P_NVLINK_WRITER_DEVICE => BROKEN_P2P_NVLINK_WRITER_DEVICE;
    DCGM_FR_TEST_SKIPPED                    => TEST_SKIPPED;
    DCGM_FR_SRAM_THRESHOLD                  => SRAM_THRESHOLD;
    DCGM_FR_NVLINK_EFFECTIVE_BER_THRESHOLD  => NVLINK_EFFECTIVE_BER_THRESHOLD;
    DCGM_FR_FALLEN_OFF_BUS                  => FALLEN_OFF_BUS;
    DCGM_FR_NVLINK_SYMBOL_BER_THRESHOLD     => NVLINK_SYMBOL_BER_THRESHOLD;
    DCGM_FR_IMEX_UNHEALTHY                  => IMEX_UNHEALTHY;
    DCGM_FR_FABRIC_PROBE_STATE              => FABRIC_PROBE_STATE;
    DCGM_FR_BINARY_PERMISSIONS              => BINARY_PERMISSIONS;
    DCGM_FR_GPU_RECOVERY_RESET              => GPU_RECOVERY_RESET;
    DCGM_FR_GPU_RECOVERY_REBOOT             => GPU_RECOVERY_REBOOT;
    DCGM_FR_GPU_RECOVERY_DRAIN_P2P          => GPU_RECOVERY_DRAIN_P2P;
    DCGM_FR_GPU_RECOVERY_DRAIN_RESET        => GPU_RECOVERY_DRAIN_RESET;
    DCGM_FR_NCCL_ERROR                      => NCCL_ERROR;
    DCGM_FR_RETEST_REQUESTED                => RETEST_REQUESTED;
    DCGM_FR_CONTAINED_ERROR                 => CONTAINED_ERROR;
    DCGM_FR_UNCORRECTABLE_ROW_REMAP_LIMIT   => UNCORRECTABLE_ROW_REMAP_LIMIT;
}

impl HealthCode {
    /// Wraps DCGM's number, known or not.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// Returns DCGM's number.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// Returns the meaning in plain words, for the codes that health checks report; `None` for the others,
    /// which are those of the diagnostic. [`HealthClient::code_info`](super::HealthClient::code_info) has
    /// DCGM's own text for every code of the loaded library.
    #[must_use]
    pub const fn meaning(self) -> Option<&'static str> {
        match health_text(self) {
            Some((meaning, _)) => Some(meaning),
            None => None,
        }
    }

    /// Returns the action to take first, for the codes that health checks report; `None` for the others.
    #[must_use]
    pub const fn action(self) -> Option<&'static str> {
        match health_text(self) {
            Some((_, action)) => Some(action),
            None => None,
        }
    }
}

/// Prints the meaning, name and number.
impl fmt::Display for HealthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.meaning(), self.name()) {
            (Some(meaning), Some(name)) => write!(f, "{meaning} ({name}, {})", self.0),
            (None, Some(name)) => write!(f, "{name} ({})", self.0),
            _ => write!(f, "unknown code {}", self.0),
        }
    }
}

impl fmt::Debug for HealthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}({})", self.0),
            None => write!(f, "HealthCode({})", self.0),
        }
    }
}

/// The meaning of a code, and the action to take first.
///
/// The meanings are the conditions under which engines of 4.6 and 3.3 were seen to report the codes. The
/// actions follow from them, and from the actions that NVIDIA advises for the XIDs of the same causes.
#[rustfmt::skip] // One row per code.
const fn health_text(code: HealthCode) -> Option<(&'static str, &'static str)> {
    const DRAIN_AND_RESET: &str = "drain the GPU and reset it";
    const FIELD_DIAGNOSTIC: &str = "drain the GPU and run a field diagnostic";
    const CHECK_LINKS: &str = "drain the GPU, reset it, and check the NVLink hardware if it recurs";

    Some(match code {
        HealthCode::PCI_REPLAY_RATE => ("more PCIe replays within a minute than the link should have", "reseat the GPU and check the PCIe path"),
        HealthCode::VOLATILE_DBE_DETECTED => ("uncorrectable memory errors since the driver was loaded", DRAIN_AND_RESET),
        HealthCode::PENDING_PAGE_RETIREMENTS => ("memory pages or rows wait for their retirement", DRAIN_AND_RESET),
        HealthCode::RETIRED_PAGES_LIMIT => ("too many memory pages are retired", FIELD_DIAGNOSTIC),
        HealthCode::RETIRED_PAGES_DBE_LIMIT => ("pages were retired lately for uncorrectable errors, on top of many earlier ones", FIELD_DIAGNOSTIC),
        HealthCode::CORRUPT_INFOROM => ("the InfoROM is corrupt", FIELD_DIAGNOSTIC),
        HealthCode::CLOCKS_EVENT_THERMAL => ("the clocks were lowered for thermal reasons", "check the cooling"),
        HealthCode::POWER_UNREADABLE => ("the power draw cannot be read", "check the logs of the engine and of the driver, then reset the GPU"),
        HealthCode::CLOCKS_EVENT_POWER => ("the clocks were lowered for power reasons", "watch the power supply; the GPU works"),
        HealthCode::NVLINK_ERROR_THRESHOLD => ("NVLink errors that the links corrected", CHECK_LINKS),
        HealthCode::NVLINK_DOWN => ("an NVLink of the GPU is down", CHECK_LINKS),
        HealthCode::NVSWITCH_FATAL_ERROR => ("a fatal error of an NVSwitch", "restart the host"),
        HealthCode::NVSWITCH_NON_FATAL_ERROR => ("a non-fatal error of an NVSwitch", "watch the NVSwitch"),
        HealthCode::NVSWITCH_DOWN | HealthCode::NVSWITCH_NVLINK_DOWN => ("a link of an NVSwitch is down", "restart the host, and check the NVLink hardware if it recurs"),
        HealthCode::FIELD_VIOLATION => ("a bit of the fabric health mask is set", "check the fabric manager and the NVLink fabric"),
        HealthCode::FAULTY_MEMORY => ("memory that cannot be repaired", FIELD_DIAGNOSTIC),
        HealthCode::NVLINK_CRC_ERROR_THRESHOLD => ("a high rate of NVLink CRC errors", CHECK_LINKS),
        HealthCode::NVLINK_ERROR_CRITICAL => ("NVLink errors that the links could not correct", CHECK_LINKS),
        HealthCode::ROW_REMAP_FAILURE => ("an uncorrectable memory error, and its row could not be remapped", FIELD_DIAGNOSTIC),
        HealthCode::UNCONTAINED_ERROR => ("an uncontained memory error (XID 95)", "stop the applications on the GPU and reset it"),
        HealthCode::XID_ERROR => ("the driver reported an XID", "take the action that the XID advises"),
        HealthCode::NVLINK_EFFECTIVE_BER_THRESHOLD => ("an effective bit error rate of an NVLink above its limit", CHECK_LINKS),
        HealthCode::FALLEN_OFF_BUS => ("the GPU has fallen off the bus", "drain the host, and check the seating, power and temperature of the GPU"),
        HealthCode::NVLINK_SYMBOL_BER_THRESHOLD => ("a symbol bit error rate of an NVLink above its limit", CHECK_LINKS),
        HealthCode::IMEX_UNHEALTHY => ("the IMEX domain or its daemon is not healthy", "check the IMEX daemons of the domain"),
        HealthCode::FABRIC_PROBE_STATE => ("the GPU is not registered with the NVLink fabric", "check the fabric manager"),
        HealthCode::GPU_RECOVERY_RESET => ("the driver asks for a reset of the GPU", "stop the applications on the GPU and reset it"),
        HealthCode::GPU_RECOVERY_REBOOT => ("the driver asks for a restart of the host", "drain the host and restart it"),
        HealthCode::GPU_RECOVERY_DRAIN_P2P => ("the driver asks to end peer-to-peer traffic of the GPU", "stop the applications that use peer-to-peer, then check again"),
        HealthCode::GPU_RECOVERY_DRAIN_RESET => ("the driver asks to drain the GPU and to reset it", DRAIN_AND_RESET),
        HealthCode::CONTAINED_ERROR => ("a contained memory error (XID 94)", "restart the application that was stopped"),
        HealthCode::UNCORRECTABLE_ROW_REMAP_LIMIT => ("too many memory rows are remapped for uncorrectable errors", FIELD_DIAGNOSTIC),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_run_from_zero_to_132() {
        let numbers: Vec<_> = HealthCode::ALL.iter().map(|code| code.raw()).collect();
        assert_eq!(numbers, (0..133).collect::<Vec<_>>());
    }

    #[test]
    fn every_code_of_a_health_check_has_a_meaning_and_an_action() {
        // The codes that engines were seen to report.
        let seen = [
            3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 33, 52, 70, 71, 80, 81, 101, 119, 120,
            121, 122, 123, 125, 126, 127, 128, 131, 132,
        ];
        for code in seen.map(HealthCode::from_raw) {
            assert!(
                code.meaning().is_some() && code.action().is_some(),
                "{code}"
            );
        }
    }
}
