//! The table of fields: one row per field. The number is the identity; names change between releases.
//!
//! A row without a tag is of a release whose headers were read and whose library was not run: its type and
//! the entity that has it are read off the header's words, and [`FieldInfo::type_verified`] is false.
//!
//! The columns: number, name of the constant (from DCGM's name up to 4.5, which dcgm-exporter still uses), DCGM's name
//! since 4.6, DCGM's name before (`=` if it is the same), tag, type, unit, the lowest entity that has it, kind, first
//! release, meaning.

use crate::entity::EntityKind as On;
use crate::field::{FieldId, FieldInfo, FieldKind};
use crate::value::ValueType;
use crate::version::Version;

macro_rules! fields {
    ($($id:literal $name:ident $new:literal $old:tt $tag:literal $type:ident $unit:tt $on:ident $kind:ident $since:tt $meaning:literal;)*) => {
        /// The fields by name.
        impl FieldId {
            $( constant!($id $name $new $old $unit $on $kind $since $meaning); )*
        }

        /// Every field, by ascending number.
        pub(crate) const FIELDS: &[FieldInfo] = &[
            $(FieldInfo {
                id: FieldId::from_raw($id),
                name: $new,
                old_name: old_name!($new $old),
                tag: $tag,
                value_type: ValueType::$type,
                unit: $unit,
                scope: On::$on,
                kind: FieldKind::$kind,
                since: Version::from_literal($since),
                type_verified: !$tag.is_empty(),
            },)*
        ];
    };
}

/// Names that were the name of another field before a release: the name, that field, and the first
/// release in which the name is that of another one.
pub(crate) const MOVED_NAMES: &[(&str, FieldId, Version)] = &[(
    "DCGM_FI_DEV_GPU_UTIL_RATIO",
    FieldId::GPU_UTIL,
    Version::new(4, 7, 0),
)];

macro_rules! constant {
    ($id:literal $name:ident $new:literal = $unit:tt $on:ident $kind:ident $since:tt $meaning:literal) => {
        #[doc = concat!($meaning, ".")]
        ///
        #[doc = concat!(kind!($kind), " of ", scope!($on), unit!($unit), "; since DCGM ", since!($since), ".")]
        #[doc = concat!("Field ", $id, ", `", $new, "`.")]
        #[doc(alias = $new)]
        pub const $name: Self = Self::from_raw($id);
    };
    ($id:literal $name:ident $new:literal $old:literal $unit:tt $on:ident $kind:ident $since:tt $meaning:literal) => {
        #[doc = concat!($meaning, ".")]
        ///
        #[doc = concat!(kind!($kind), " of ", scope!($on), unit!($unit), "; since DCGM ", since!($since), ".")]
        #[doc = concat!("Field ", $id, ", `", $new, "`, before 4.6 `", $old, "`.")]
        #[doc(alias = $new)]
        #[doc(alias = $old)]
        pub const $name: Self = Self::from_raw($id);
    };
}

macro_rules! old_name {
    ($new:literal =) => {
        $new
    };
    ($new:literal $old:literal) => {
        $old
    };
}

#[rustfmt::skip] // One row per kind.
macro_rules! kind {
    (Blob) => { "Struct" };
    (Counter) => { "Counter" };
    (Event) => { "Event" };
    (Gauge) => { "Gauge" };
    (Info) => { "Property" };
    (State) => { "State" };
}

#[rustfmt::skip] // One row per kind of entity.
macro_rules! scope {
    (HOST) => { "the host" };
    (GPU) => { "a GPU" };
    (VGPU) => { "a virtual GPU" };
    (SWITCH) => { "an NVSwitch" };
    (GPU_INSTANCE) => { "a GPU or GPU instance" };
    (COMPUTE_INSTANCE) => { "a GPU, GPU instance or compute instance" };
    (LINK) => { "a link" };
    (CPU) => { "a CPU" };
    (CPU_CORE) => { "a CPU or CPU core" };
    (CONNECTX) => { "a ConnectX adapter" };
}

macro_rules! unit {
    ("") => {
        ""
    };
    ($unit:literal) => {
        concat!(", unit `", $unit, "`")
    };
}

macro_rules! since {
    ("3.3.5") => {
        "3.3.5 or earlier"
    };
    ($since:literal) => {
        $since
    };
}

#[rustfmt::skip] // One row per field.
fields! {
    1 DRIVER_VERSION "DCGM_FI_SYSTEM_DRIVER_VERSION" "DCGM_FI_DRIVER_VERSION" "driver_version" Text "" HOST Info "3.3.5" "Version of the NVIDIA driver";
    2 NVML_VERSION "DCGM_FI_SYSTEM_NVML_VERSION" "DCGM_FI_NVML_VERSION" "nvml_version" Text "" HOST Info "3.3.5" "Version of NVML";
    3 PROCESS_NAME "DCGM_FI_SYSTEM_PROCESS_NAME" "DCGM_FI_PROCESS_NAME" "process_name" Text "" HOST Info "3.3.5" "Name of the process in which the engine runs";
    4 COUNT "DCGM_FI_SYSTEM_GPU_QUANTITY" "DCGM_FI_DEV_COUNT" "device_count" Int "1" HOST Gauge "3.3.5" "Number of GPUs on the host";
    5 CUDA_DRIVER_VERSION "DCGM_FI_CUDA_DRIVER_VERSION" = "cuda_driver_version" Int "encoded" HOST Info "3.3.5" "CUDA version that the driver supports: 1000 * major + 10 * minor";
    6 BIND_UNBIND_EVENT "DCGM_FI_SYSTEM_GPU_BIND_EVENT" "DCGM_FI_BIND_UNBIND_EVENT" "bind_unbind_event" Int "enum dcgmBindUnbindEventState_t" HOST State "4.5.0" "State of binding GPUs to the driver and unbinding them";
    50 NAME "DCGM_FI_DEV_GPU_NAME" "DCGM_FI_DEV_NAME" "name" Text "" COMPUTE_INSTANCE Info "3.3.5" "Product name";
    51 BRAND "DCGM_FI_DEV_GPU_BRAND" "DCGM_FI_DEV_BRAND" "brand" Text "" GPU Info "3.3.5" "Product brand";
    52 NVML_INDEX "DCGM_FI_DEV_NVML_INDEX" = "nvml_index" Int "id/enum" GPU Info "3.3.5" "Index of the GPU in NVML";
    53 SERIAL "DCGM_FI_DEV_BOARD_SERIAL" "DCGM_FI_DEV_SERIAL" "serial_number" Text "" GPU Info "3.3.5" "Serial number of the board";
    54 UUID "DCGM_FI_DEV_GPU_UUID" "DCGM_FI_DEV_UUID" "uuid" Text "" COMPUTE_INSTANCE Info "3.3.5" "UUID of the GPU or MIG instance";
    55 MINOR_NUMBER "DCGM_FI_DEV_GPU_MINOR_NUMBER" "DCGM_FI_DEV_MINOR_NUMBER" "minor_number" Int "id/enum" GPU Info "3.3.5" "Minor number of the device file, as in `/dev/nvidia3`";
    56 OEM_INFOROM_VER "DCGM_FI_DEV_INFOROM_OEM_VERSION" "DCGM_FI_DEV_OEM_INFOROM_VER" "oem_inforom_version" Text "" GPU Info "3.3.5" "Version of the OEM object of the InfoROM";
    57 PCI_BUSID "DCGM_FI_DEV_PCI_BUS_ID" "DCGM_FI_DEV_PCI_BUSID" "pci_busid" Text "" GPU Info "3.3.5" "PCI address, as in `00000000:1B:00.0`";
    58 PCI_COMBINED_ID "DCGM_FI_DEV_PCI_COMBINED_ID" = "pci_combined_id" Int "pci id (hex word)" GPU Info "3.3.5" "PCI device id and vendor id";
    59 PCI_SUBSYS_ID "DCGM_FI_DEV_PCI_SUBSYS_ID" = "pci_subsys_id" Int "pci id (hex word)" GPU Info "3.3.5" "PCI subsystem id";
    60 GPU_TOPOLOGY_PCI "DCGM_FI_SYSTEM_PCI_TOPOLOGY" "DCGM_FI_GPU_TOPOLOGY_PCI" "system_topology_pci" Blob "" GPU Blob "3.3.5" "Topology of the GPUs over PCIe";
    61 GPU_TOPOLOGY_NVLINK "DCGM_FI_SYSTEM_NVLINK_TOPOLOGY" "DCGM_FI_GPU_TOPOLOGY_NVLINK" "system_topology_nvlink" Blob "" GPU Blob "3.3.5" "Topology of the GPUs over NVLink";
    62 GPU_TOPOLOGY_AFFINITY "DCGM_FI_SYSTEM_GPU_AFFINITY" "DCGM_FI_GPU_TOPOLOGY_AFFINITY" "system_affinity" Blob "" GPU Blob "3.3.5" "Affinity of the GPUs to CPUs";
    63 CUDA_COMPUTE_CAPABILITY "DCGM_FI_CUDA_GPU_COMPUTE_CAPABILITY" "DCGM_FI_DEV_CUDA_COMPUTE_CAPABILITY" "cuda_compute_capability" Int "encoded" GPU Info "3.3.5" "CUDA compute capability: major << 16 | minor";
    64 P2P_NVLINK_STATUS "DCGM_FI_DEV_NVLINK_P2P_STATUS" "DCGM_FI_DEV_P2P_NVLINK_STATUS" "p2p_nvlink_status" Int "bitmask" GPU State "4.3.1" "Peer-to-peer access over NVLink, as a mask of GPUs";
    65 COMPUTE_MODE "DCGM_FI_DEV_GPU_COMPUTE_MODE" "DCGM_FI_DEV_COMPUTE_MODE" "compute_mode" Int "bool/enum" GPU State "3.3.5" "Compute mode";
    66 PERSISTENCE_MODE "DCGM_FI_DEV_GPU_PERSISTENCE_MODE" "DCGM_FI_DEV_PERSISTENCE_MODE" "persistance_mode" Int "bool/enum" GPU State "3.3.5" "Persistence mode";
    67 MIG_MODE "DCGM_FI_DEV_MIG_MODE" = "mig_mode" Int "bool/enum" GPU State "3.3.5" "MIG mode";
    68 CUDA_VISIBLE_DEVICES_STR "DCGM_FI_CUDA_GPU_VISIBLE_DEVICES" "DCGM_FI_DEV_CUDA_VISIBLE_DEVICES_STR" "cuda_visible_devices" Text "" COMPUTE_INSTANCE Info "3.3.5" "Identifier of the device or MIG instance for `CUDA_VISIBLE_DEVICES`";
    69 MIG_MAX_SLICES "DCGM_FI_DEV_MIG_MAX_SLICES" = "mig_max_slices" Int "1" GPU Gauge "3.3.5" "Largest number of MIG slices";
    70 CPU_AFFINITY_0 "DCGM_FI_DEV_CPU_AFFINITY_0" = "cpu_affinity_0" Int "bitmask" GPU Info "3.3.5" "CPUs 0 to 63 near the GPU, as a bitmask";
    71 CPU_AFFINITY_1 "DCGM_FI_DEV_CPU_AFFINITY_1" = "cpu_affinity_1" Int "bitmask" GPU Info "3.3.5" "CPUs 64 to 127 near the GPU, as a bitmask";
    72 CPU_AFFINITY_2 "DCGM_FI_DEV_CPU_AFFINITY_2" = "cpu_affinity_2" Int "bitmask" GPU Info "3.3.5" "CPUs 128 to 191 near the GPU, as a bitmask";
    73 CPU_AFFINITY_3 "DCGM_FI_DEV_CPU_AFFINITY_3" = "cpu_affinity_3" Int "bitmask" GPU Info "3.3.5" "CPUs 192 to 255 near the GPU, as a bitmask";
    74 CC_MODE "DCGM_FI_DEV_CC_MODE" = "cc_mode" Int "bool/enum" GPU State "3.3.5" "Confidential computing mode";
    75 MIG_ATTRIBUTES "DCGM_FI_DEV_MIG_ATTRIBUTES" = "mig_attributes" Blob "" GPU Blob "3.3.5" "Attributes of the GPU under MIG";
    76 MIG_GI_INFO "DCGM_FI_DEV_MIG_GI_INFO" = "mig_gi_info" Blob "" GPU Blob "3.3.5" "Profiles of GPU instances under MIG";
    77 MIG_CI_INFO "DCGM_FI_DEV_MIG_CI_INFO" = "mig_ci_info" Blob "" GPU Blob "3.3.5" "Profiles of compute instances under MIG";
    80 ECC_INFOROM_VER "DCGM_FI_DEV_INFOROM_ECC_VERSION" "DCGM_FI_DEV_ECC_INFOROM_VER" "ecc_inforom_version" Text "" GPU Info "3.3.5" "Version of the ECC object of the InfoROM";
    81 POWER_INFOROM_VER "DCGM_FI_DEV_INFOROM_POWER_VERSION" "DCGM_FI_DEV_POWER_INFOROM_VER" "power_inforom_version" Text "" GPU Info "3.3.5" "Version of the power management object of the InfoROM";
    82 INFOROM_IMAGE_VER "DCGM_FI_DEV_INFOROM_IMAGE_VERSION" "DCGM_FI_DEV_INFOROM_IMAGE_VER" "inforom_image_version" Text "" GPU Info "3.3.5" "Version of the InfoROM image";
    83 INFOROM_CONFIG_CHECK "DCGM_FI_DEV_INFOROM_CHECKSUM" "DCGM_FI_DEV_INFOROM_CONFIG_CHECK" "inforom_config_checksum" Int "checksum" GPU Info "3.3.5" "Checksum of the InfoROM configuration";
    84 INFOROM_CONFIG_VALID "DCGM_FI_DEV_INFOROM_VALID" "DCGM_FI_DEV_INFOROM_CONFIG_VALID" "inforom_config_valid" Int "bool/enum" GPU State "3.3.5" "Validity of the InfoROM";
    85 VBIOS_VERSION "DCGM_FI_DEV_VBIOS_VERSION" = "vbios_version" Text "" GPU Info "3.3.5" "VBIOS version";
    86 MEM_AFFINITY_0 "DCGM_FI_DEV_MEMORY_AFFINITY_0" "DCGM_FI_DEV_MEM_AFFINITY_0" "mem_affinity_0" Int "bitmask" GPU Info "3.3.5" "NUMA nodes 0 to 63 near the GPU, as a bitmask";
    87 MEM_AFFINITY_1 "DCGM_FI_DEV_MEMORY_AFFINITY_1" "DCGM_FI_DEV_MEM_AFFINITY_1" "mem_affinity_1" Int "bitmask" GPU Info "3.3.5" "NUMA nodes 64 to 127 near the GPU, as a bitmask";
    88 MEM_AFFINITY_2 "DCGM_FI_DEV_MEMORY_AFFINITY_2" "DCGM_FI_DEV_MEM_AFFINITY_2" "mem_affinity_2" Int "bitmask" GPU Info "3.3.5" "NUMA nodes 128 to 191 near the GPU, as a bitmask";
    89 MEM_AFFINITY_3 "DCGM_FI_DEV_MEMORY_AFFINITY_3" "DCGM_FI_DEV_MEM_AFFINITY_3" "mem_affinity_3" Int "bitmask" GPU Info "3.3.5" "NUMA nodes 192 to 255 near the GPU, as a bitmask";
    90 BAR1_TOTAL "DCGM_FI_DEV_BAR1_TOTAL" = "bar1_total" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "Size of the BAR1 memory";
    91 SYNC_BOOST "DCGM_FI_SYSTEM_GPU_SYNC_BOOST" "DCGM_FI_SYNC_BOOST" "sync_boost" Blob "" GPU Blob "3.3.5" "Sync boost settings";
    92 BAR1_USED "DCGM_FI_DEV_BAR1_USED" = "bar1_used" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "BAR1 memory in use";
    93 BAR1_FREE "DCGM_FI_DEV_BAR1_FREE" = "bar1_free" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "Free BAR1 memory";
    94 GPM_SUPPORT "DCGM_FI_DEV_GPM_SUPPORT" = "gpm_support" Int "bool/enum" GPU State "4.0.0" "Support for GPU performance monitoring (GPM)";
    100 SM_CLOCK "DCGM_FI_DEV_SM_CLOCK" = "sm_clock" Int "MHz" GPU Gauge "3.3.5" "SM clock frequency";
    101 MEM_CLOCK "DCGM_FI_DEV_MEM_CLOCK" = "memory_clock" Int "MHz" GPU Gauge "3.3.5" "Memory clock frequency";
    102 VIDEO_CLOCK "DCGM_FI_DEV_VIDEO_CLOCK" = "video_clock" Int "MHz" GPU Gauge "3.3.5" "Video clock frequency";
    110 APP_SM_CLOCK "DCGM_FI_DEV_APP_SM_CLOCK" = "sm_app_clock" Int "MHz" GPU Gauge "3.3.5" "SM clock that applications requested";
    111 APP_MEM_CLOCK "DCGM_FI_DEV_APP_MEM_CLOCK" = "mem_app_clock" Int "MHz" GPU Gauge "3.3.5" "Memory clock that applications requested";
    112 CLOCK_THROTTLE_REASONS "DCGM_FI_DEV_CLOCKS_EVENT_REASONS" "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS" "current_clocks_event_reasons" Int "bitmask" GPU State "3.3.5" "Reasons for which the clocks are reduced, as a bitmask";
    113 MAX_SM_CLOCK "DCGM_FI_DEV_MAX_SM_CLOCK" = "sm_max_clock" Int "MHz" GPU Gauge "3.3.5" "Highest possible SM clock frequency";
    114 MAX_MEM_CLOCK "DCGM_FI_DEV_MAX_MEM_CLOCK" = "memory_max_clock" Int "MHz" GPU Gauge "3.3.5" "Highest possible memory clock frequency";
    115 MAX_VIDEO_CLOCK "DCGM_FI_DEV_MAX_VIDEO_CLOCK" = "video_max_clock" Int "MHz" GPU Gauge "3.3.5" "Highest possible video clock frequency";
    120 AUTOBOOST "DCGM_FI_DEV_CLOCKS_AUTOBOOST_MODE" "DCGM_FI_DEV_AUTOBOOST" "autoboost" Int "bool/enum" GPU State "3.3.5" "Auto-boost mode of the clocks";
    130 SUPPORTED_CLOCKS "DCGM_FI_DEV_CLOCKS_SUPPORTED" "DCGM_FI_DEV_SUPPORTED_CLOCKS" "supported_clocks" Blob "" GPU Blob "3.3.5" "Supported combinations of clock frequencies";
    140 MEMORY_TEMP "DCGM_FI_DEV_MEMORY_TEMP_CELSIUS" "DCGM_FI_DEV_MEMORY_TEMP" "memory_temp" Int "Cel" GPU Gauge "3.3.5" "Temperature of the memory";
    150 GPU_TEMP "DCGM_FI_DEV_GPU_TEMP_CELSIUS" "DCGM_FI_DEV_GPU_TEMP" "gpu_temp" Int "Cel" GPU Gauge "3.3.5" "Temperature of the GPU";
    151 MEM_MAX_OP_TEMP "DCGM_FI_DEV_MEMORY_MAX_OP_TEMP_CELSIUS" "DCGM_FI_DEV_MEM_MAX_OP_TEMP" "gpu_mem_max_op_temp" Int "Cel" GPU Gauge "3.3.5" "Highest operating temperature of the memory";
    152 GPU_MAX_OP_TEMP "DCGM_FI_DEV_GPU_MAX_OP_TEMP_CELSIUS" "DCGM_FI_DEV_GPU_MAX_OP_TEMP" "gpu_max_op_temp" Int "Cel" GPU Gauge "3.3.5" "Highest operating temperature of the GPU";
    153 GPU_TEMP_LIMIT "DCGM_FI_DEV_GPU_TEMP_MARGIN_CELSIUS" "DCGM_FI_DEV_GPU_TEMP_LIMIT" "gpu_temp_tlimit" Int "Cel" GPU Gauge "4.1.0" "Distance of the GPU's temperature to its nearest thermal limit";
    155 POWER_USAGE "DCGM_FI_DEV_BOARD_POWER_WATTS" "DCGM_FI_DEV_POWER_USAGE" "power_usage" Double "W" GPU Gauge "3.3.5" "Power draw of the board; averaged over one second on many products";
    156 TOTAL_ENERGY_CONSUMPTION "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION" = "total_energy_consumption" Int "mJ" GPU Counter "3.3.5" "Energy consumed since the driver was loaded";
    157 POWER_USAGE_INSTANT "DCGM_FI_DEV_BOARD_POWER_RAW_WATTS" "DCGM_FI_DEV_POWER_USAGE_INSTANT" "power_usage_instant" Double "W" GPU Gauge "3.3.5" "Instantaneous power draw of the board";
    158 SLOWDOWN_TEMP "DCGM_FI_DEV_GPU_TEMP_SLOWDOWN_CELSIUS" "DCGM_FI_DEV_SLOWDOWN_TEMP" "slowdown_temp" Int "Cel" GPU Gauge "3.3.5" "Temperature at which the clocks are slowed down";
    159 SHUTDOWN_TEMP "DCGM_FI_DEV_GPU_TEMP_SHUTDOWN_CELSIUS" "DCGM_FI_DEV_SHUTDOWN_TEMP" "shutdown_temp" Int "Cel" GPU Gauge "3.3.5" "Temperature at which the GPU shuts down";
    160 POWER_MGMT_LIMIT "DCGM_FI_DEV_BOARD_POWER_LIMIT_REQUESTED_WATTS" "DCGM_FI_DEV_POWER_MGMT_LIMIT" "power_management_limit" Double "W" GPU Gauge "3.3.5" "Power limit that was requested";
    161 POWER_MGMT_LIMIT_MIN "DCGM_FI_DEV_BOARD_POWER_LIMIT_MIN_WATTS" "DCGM_FI_DEV_POWER_MGMT_LIMIT_MIN" "power_management_limit_min" Double "W" GPU Gauge "3.3.5" "Lowest power limit that can be set";
    162 POWER_MGMT_LIMIT_MAX "DCGM_FI_DEV_BOARD_POWER_LIMIT_MAX_WATTS" "DCGM_FI_DEV_POWER_MGMT_LIMIT_MAX" "power_management_limit_max" Double "W" GPU Gauge "3.3.5" "Highest power limit that can be set";
    163 POWER_MGMT_LIMIT_DEF "DCGM_FI_DEV_BOARD_POWER_LIMIT_DEFAULT_WATTS" "DCGM_FI_DEV_POWER_MGMT_LIMIT_DEF" "power_management_limit_default" Double "W" GPU Gauge "3.3.5" "Default power limit";
    164 ENFORCED_POWER_LIMIT "DCGM_FI_DEV_BOARD_POWER_LIMIT_ENFORCED_WATTS" "DCGM_FI_DEV_ENFORCED_POWER_LIMIT" "enforced_power_limit" Double "W" GPU Gauge "3.3.5" "Power limit in effect, the lowest of all limiters";
    165 REQUESTED_POWER_PROFILE_MASK "DCGM_FI_DEV_BOARD_POWER_PROFILE_REQUESTED_MASK" "DCGM_FI_DEV_REQUESTED_POWER_PROFILE_MASK" "req_power_prof" Blob "" GPU Blob "4.0.0" "Requested power profiles, as a bitmask";
    166 ENFORCED_POWER_PROFILE_MASK "DCGM_FI_DEV_BOARD_POWER_PROFILE_ENFORCED_MASK" "DCGM_FI_DEV_ENFORCED_POWER_PROFILE_MASK" "enf_power_prof" Blob "" GPU Blob "4.0.0" "Enforced power profiles, as a bitmask";
    167 VALID_POWER_PROFILE_MASK "DCGM_FI_DEV_BOARD_POWER_PROFILE_SUPPORTED_MASK" "DCGM_FI_DEV_VALID_POWER_PROFILE_MASK" "val_power_prof" Blob "" GPU Blob "4.0.0" "Supported power profiles, as a bitmask";
    170 FABRIC_MANAGER_STATUS "DCGM_FI_DEV_FABRIC_MANAGER_STATUS" = "fabric_manager_status" Int "enum dcgmFabricManagerStatus_t" GPU State "4.0.0" "State of the registration with the NVLink fabric";
    171 FABRIC_MANAGER_ERROR_CODE "DCGM_FI_DEV_FABRIC_MANAGER_ERROR" "DCGM_FI_DEV_FABRIC_MANAGER_ERROR_CODE" "fabric_manager_failure_code" Int "code" GPU State "4.0.0" "Error code of the registration with the NVLink fabric";
    172 FABRIC_CLUSTER_UUID "DCGM_FI_DEV_FABRIC_CLUSTER_UUID" = "fabric_cluster_uuid" Text "" GPU Info "4.0.0" "UUID of the cluster to which the GPU belongs";
    173 FABRIC_CLIQUE_ID "DCGM_FI_DEV_FABRIC_CLIQUE_ID" = "fabric_clique_id" Int "id/enum" GPU Info "4.0.0" "Id of the fabric clique to which the GPU belongs";
    174 FABRIC_HEALTH_MASK "DCGM_FI_DEV_FABRIC_HEALTH_MASK" = "fabric_health_mask" Int "bitmask" GPU State "4.4.2" "Health of the NVLink fabric, as a bitmask";
    175 FABRIC_HEALTH_SUMMARY "DCGM_FI_DEV_FABRIC_HEALTH_SUMMARY" = "fabric_health_summary" Int "id/enum" GPU Info "4.6.0" "Summary of the health of the NVLink fabric";
    190 PSTATE "DCGM_FI_DEV_GPU_PSTATE" "DCGM_FI_DEV_PSTATE" "pstate" Int "id/enum" GPU Info "3.3.5" "Performance state: 0 for P0, the highest, to 15";
    191 FAN_SPEED "DCGM_FI_DEV_FAN_SPEED" = "fan_speed" Int "%" GPU Gauge "3.3.5" "Fan speed, relative to the maximum";
    200 PCIE_TX_THROUGHPUT "DCGM_FI_DEV_PCIE_TX_THROUGHPUT" = "pcie_tx_throughput" Int "KB/s" GPU Gauge "3.3.5" "PCIe bytes transmitted per second; not supported by DCGM 3.3.9 to 4.6";
    201 PCIE_RX_THROUGHPUT "DCGM_FI_DEV_PCIE_RX_THROUGHPUT" = "pcie_rx_throughput" Int "KB/s" GPU Gauge "3.3.5" "PCIe bytes received per second; not supported by DCGM 3.3.9 to 4.6";
    202 PCIE_REPLAY_COUNTER "DCGM_FI_DEV_PCIE_REPLAY_TOTAL" "DCGM_FI_DEV_PCIE_REPLAY_COUNTER" "pcie_replay_counter" Int "1" GPU Counter "3.3.5" "PCIe replays";
    203 GPU_UTIL "DCGM_FI_DEV_GPU_UTIL" = "gpu_utilization" Int "%" GPU Gauge "3.3.5" "Share of time with a kernel running, in percent (0 to 100). DCGM 4.6 called it `DCGM_FI_DEV_GPU_UTIL_RATIO`, which is the name of 1613 since 4.7";
    204 MEM_COPY_UTIL "DCGM_FI_DEV_MEM_COPY_UTIL" = "mem_copy_utilization" Int "%" GPU Gauge "3.3.5" "Share of time in which the memory was read or written";
    205 ACCOUNTING_DATA "DCGM_FI_DEV_PROCESS_ACCOUNTING_STATS" "DCGM_FI_DEV_ACCOUNTING_DATA" "accounting_data" Blob "" GPU Blob "3.3.5" "Accounting statistics of processes";
    206 ENC_UTIL "DCGM_FI_DEV_ENC_UTIL" = "enc_utilization" Int "%" GPU Gauge "3.3.5" "Utilization of the video encoder";
    207 DEC_UTIL "DCGM_FI_DEV_DEC_UTIL" = "dec_utilization" Int "%" GPU Gauge "3.3.5" "Utilization of the video decoder";
    210 MEM_COPY_UTIL_SAMPLES "DCGM_FI_DEV_MEM_COPY_UTIL_SAMPLES" = "mem_util_samples" Double "%" GPU Event "3.3.5" "Buffered samples of the memory utilization; internal to DCGM";
    211 GPU_UTIL_SAMPLES "DCGM_FI_DEV_GPU_UTIL_SAMPLES" = "gpu_util_samples" Double "%" GPU Event "3.3.5" "Buffered samples of the GPU utilization; internal to DCGM";
    220 GRAPHICS_PIDS "DCGM_FI_DEV_GRAPHICS_PIDS" = "graphics_pids" Blob "" GPU Blob "3.3.5" "Processes that use the GPU for graphics";
    221 COMPUTE_PIDS "DCGM_FI_DEV_COMPUTE_PIDS" = "compute_pids" Blob "" GPU Blob "3.3.5" "Processes that use the GPU for compute";
    230 XID_ERRORS "DCGM_FI_DEV_XID_ERROR" "DCGM_FI_DEV_XID_ERRORS" "xid_errors" Int "xid code" COMPUTE_INSTANCE Event "3.3.5" "XID errors: each sample is one, with its number as the value";
    235 PCIE_MAX_LINK_GEN "DCGM_FI_DEV_PCIE_MAX_LINK_GEN" = "pcie_max_link_gen" Int "PCIe generation" GPU Gauge "3.3.5" "Highest PCIe generation of GPU and slot";
    236 PCIE_MAX_LINK_WIDTH "DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH" = "pcie_max_link_width" Int "lanes" GPU Gauge "3.3.5" "Highest number of PCIe lanes of GPU and slot";
    237 PCIE_LINK_GEN "DCGM_FI_DEV_PCIE_LINK_GEN" = "pcie_link_gen" Int "PCIe generation" GPU Gauge "3.3.5" "Current PCIe generation";
    238 PCIE_LINK_WIDTH "DCGM_FI_DEV_PCIE_LINK_WIDTH" = "pcie_link_width" Int "lanes" GPU Gauge "3.3.5" "Current number of PCIe lanes";
    240 POWER_VIOLATION "DCGM_FI_DEV_POWER_VIOLATION" = "power_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were reduced by the power limit";
    241 THERMAL_VIOLATION "DCGM_FI_DEV_THERMAL_VIOLATION" = "thermal_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were reduced by a thermal limit";
    242 SYNC_BOOST_VIOLATION "DCGM_FI_DEV_SYNC_BOOST_VIOLATION" = "sync_boost_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were reduced by sync boost";
    243 BOARD_LIMIT_VIOLATION "DCGM_FI_DEV_BOARD_LIMIT_VIOLATION" = "board_limit_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were reduced by a limit of the board";
    244 LOW_UTIL_VIOLATION "DCGM_FI_DEV_LOW_UTIL_VIOLATION" = "low_util_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were reduced because of low utilization";
    245 RELIABILITY_VIOLATION "DCGM_FI_DEV_RELIABILITY_VIOLATION" = "reliability_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were reduced for reliability";
    246 TOTAL_APP_CLOCKS_VIOLATION "DCGM_FI_DEV_TOTAL_APP_CLOCKS_VIOLATION" = "app_clock_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were below the application clocks, for any reason";
    247 TOTAL_BASE_CLOCKS_VIOLATION "DCGM_FI_DEV_TOTAL_BASE_CLOCKS_VIOLATION" = "base_clock_violation" Int "ns" GPU Counter "3.3.5" "Time in which the clocks were below the base clocks, for any reason";
    250 FB_TOTAL "DCGM_FI_DEV_FB_TOTAL" = "fb_total" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "Size of the frame buffer memory";
    251 FB_FREE "DCGM_FI_DEV_FB_FREE" = "fb_free" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "Free frame buffer memory";
    252 FB_USED "DCGM_FI_DEV_FB_USED" = "fb_used" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "Frame buffer memory in use";
    253 FB_RESERVED "DCGM_FI_DEV_FB_RESERVED" = "fb_resv" Int "MiB" COMPUTE_INSTANCE Gauge "3.3.5" "Frame buffer memory reserved by the system";
    254 FB_USED_PERCENT "DCGM_FI_DEV_FB_USED_RATIO" "DCGM_FI_DEV_FB_USED_PERCENT" "fb_USDP" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Frame buffer memory in use, relative to the size without the reserved part";
    285 C2C_LINK_COUNT "DCGM_FI_DEV_C2C_LINK_QUANTITY" "DCGM_FI_DEV_C2C_LINK_COUNT" "c2c_link_count" Int "1" GPU Gauge "3.3.5" "Number of C2C links";
    286 C2C_LINK_STATUS "DCGM_FI_DEV_C2C_LINK_STATUS" = "c2c_link_status" Int "bool/enum" GPU State "3.3.5" "State of the C2C links: 1 for active";
    287 C2C_MAX_BANDWIDTH "DCGM_FI_DEV_C2C_MAX_BANDWIDTH" = "c2c_max_bandwidth" Int "MB/s" GPU Info "3.3.5" "Highest bandwidth of the C2C links";
    300 ECC_CURRENT "DCGM_FI_DEV_ECC_MODE" "DCGM_FI_DEV_ECC_CURRENT" "ecc" Int "bool/enum" GPU State "3.3.5" "ECC mode in effect";
    301 ECC_PENDING "DCGM_FI_DEV_ECC_PENDING" = "ecc_pending" Int "bool/enum" GPU State "3.3.5" "ECC mode after the next reboot";
    310 ECC_SBE_VOL_TOTAL "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL" = "ecc_sbe_volatile_total" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors, since the driver was loaded";
    311 ECC_DBE_VOL_TOTAL "DCGM_FI_DEV_ECC_DBE_VOL_TOTAL" = "ecc_dbe_volatile_total" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors, since the driver was loaded";
    312 ECC_SBE_AGG_TOTAL "DCGM_FI_DEV_ECC_SBE_AGG_TOTAL" = "ecc_sbe_aggregate_total" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors, over the lifetime of the GPU";
    313 ECC_DBE_AGG_TOTAL "DCGM_FI_DEV_ECC_DBE_AGG_TOTAL" = "ecc_dbe_aggregate_total" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors, over the lifetime of the GPU";
    314 ECC_SBE_VOL_L1 "DCGM_FI_DEV_ECC_SBE_VOL_L1" = "ecc_sbe_volatile_l1" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the L1 cache, since the driver was loaded";
    315 ECC_DBE_VOL_L1 "DCGM_FI_DEV_ECC_DBE_VOL_L1" = "ecc_dbe_volatile_l1" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the L1 cache, since the driver was loaded";
    316 ECC_SBE_VOL_L2 "DCGM_FI_DEV_ECC_SBE_VOL_L2" = "ecc_sbe_volatile_l2" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the L2 cache, since the driver was loaded";
    317 ECC_DBE_VOL_L2 "DCGM_FI_DEV_ECC_DBE_VOL_L2" = "ecc_dbe_volatile_l2" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the L2 cache, since the driver was loaded";
    318 ECC_SBE_VOL_DEV "DCGM_FI_DEV_ECC_SBE_VOL_DEV" = "ecc_sbe_volatile_device" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the device memory, since the driver was loaded";
    319 ECC_DBE_VOL_DEV "DCGM_FI_DEV_ECC_DBE_VOL_DEV" = "ecc_dbe_volatile_device" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the device memory, since the driver was loaded";
    320 ECC_SBE_VOL_REG "DCGM_FI_DEV_ECC_SBE_VOL_REG" = "ecc_sbe_volatile_register" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the register file, since the driver was loaded";
    321 ECC_DBE_VOL_REG "DCGM_FI_DEV_ECC_DBE_VOL_REG" = "ecc_dbe_volatile_register" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the register file, since the driver was loaded";
    322 ECC_SBE_VOL_TEX "DCGM_FI_DEV_ECC_SBE_VOL_TEX" = "ecc_sbe_volatile_texture" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the texture memory, since the driver was loaded";
    323 ECC_DBE_VOL_TEX "DCGM_FI_DEV_ECC_DBE_VOL_TEX" = "ecc_dbe_volatile_texture" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the texture memory, since the driver was loaded";
    324 ECC_SBE_AGG_L1 "DCGM_FI_DEV_ECC_SBE_AGG_L1" = "ecc_sbe_aggregate_l1" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the L1 cache, over the lifetime of the GPU";
    325 ECC_DBE_AGG_L1 "DCGM_FI_DEV_ECC_DBE_AGG_L1" = "ecc_dbe_aggregate_l1" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the L1 cache, over the lifetime of the GPU";
    326 ECC_SBE_AGG_L2 "DCGM_FI_DEV_ECC_SBE_AGG_L2" = "ecc_sbe_aggregate_l2" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the L2 cache, over the lifetime of the GPU";
    327 ECC_DBE_AGG_L2 "DCGM_FI_DEV_ECC_DBE_AGG_L2" = "ecc_dbe_aggregate_l2" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the L2 cache, over the lifetime of the GPU";
    328 ECC_SBE_AGG_DEV "DCGM_FI_DEV_ECC_SBE_AGG_DEV" = "ecc_sbe_aggregate_device" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the device memory, over the lifetime of the GPU";
    329 ECC_DBE_AGG_DEV "DCGM_FI_DEV_ECC_DBE_AGG_DEV" = "ecc_dbe_aggregate_device" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the device memory, over the lifetime of the GPU";
    330 ECC_SBE_AGG_REG "DCGM_FI_DEV_ECC_SBE_AGG_REG" = "ecc_sbe_aggregate_register" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the register file, over the lifetime of the GPU";
    331 ECC_DBE_AGG_REG "DCGM_FI_DEV_ECC_DBE_AGG_REG" = "ecc_dbe_aggregate_register" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the register file, over the lifetime of the GPU";
    332 ECC_SBE_AGG_TEX "DCGM_FI_DEV_ECC_SBE_AGG_TEX" = "ecc_sbe_aggregate_texture" Int "1" GPU Counter "3.3.5" "Corrected (single-bit) ECC errors of the texture memory, over the lifetime of the GPU";
    333 ECC_DBE_AGG_TEX "DCGM_FI_DEV_ECC_DBE_AGG_TEX" = "ecc_dbe_aggregate_texture" Int "1" GPU Counter "3.3.5" "Uncorrected (double-bit) ECC errors of the texture memory, over the lifetime of the GPU";
    334 ECC_SBE_VOL_SHM "DCGM_FI_DEV_ECC_SBE_VOL_SHM" = "ecc_sbe_volatile_shared" Int "1" GPU Counter "4.1.0" "Corrected (single-bit) ECC errors of the shared memory, since the driver was loaded";
    335 ECC_DBE_VOL_SHM "DCGM_FI_DEV_ECC_DBE_VOL_SHM" = "ecc_dbe_volatile_shared" Int "1" GPU Counter "4.1.0" "Uncorrected (double-bit) ECC errors of the shared memory, since the driver was loaded";
    336 ECC_SBE_VOL_CBU "DCGM_FI_DEV_ECC_SBE_VOL_CBU" = "ecc_sbe_volatile_cbu" Int "1" GPU Counter "4.1.0" "Corrected (single-bit) ECC errors of the CBU, since the driver was loaded";
    337 ECC_DBE_VOL_CBU "DCGM_FI_DEV_ECC_DBE_VOL_CBU" = "ecc_dbe_volatile_cbu" Int "1" GPU Counter "4.1.0" "Uncorrected (double-bit) ECC errors of the CBU, since the driver was loaded";
    338 ECC_SBE_AGG_SHM "DCGM_FI_DEV_ECC_SBE_AGG_SHM" = "ecc_sbe_aggregate_shared" Int "1" GPU Counter "4.1.0" "Corrected (single-bit) ECC errors of the shared memory, over the lifetime of the GPU";
    339 ECC_DBE_AGG_SHM "DCGM_FI_DEV_ECC_DBE_AGG_SHM" = "ecc_dbe_aggregate_shared" Int "1" GPU Counter "4.1.0" "Uncorrected (double-bit) ECC errors of the shared memory, over the lifetime of the GPU";
    340 ECC_SBE_AGG_CBU "DCGM_FI_DEV_ECC_SBE_AGG_CBU" = "ecc_sbe_aggregate_cbu" Int "1" GPU Counter "4.1.0" "Corrected (single-bit) ECC errors of the CBU, over the lifetime of the GPU";
    341 ECC_DBE_AGG_CBU "DCGM_FI_DEV_ECC_DBE_AGG_CBU" = "ecc_dbe_aggregate_cbu" Int "1" GPU Counter "4.1.0" "Uncorrected (double-bit) ECC errors of the CBU, over the lifetime of the GPU";
    342 ECC_SBE_VOL_SRM "DCGM_FI_DEV_ECC_SBE_VOL_SRM" = "ecc_sbe_volatile_sram" Int "1" GPU Counter "4.1.0" "Corrected (single-bit) ECC errors of the SRAM, since the driver was loaded";
    343 ECC_DBE_VOL_SRM "DCGM_FI_DEV_ECC_DBE_VOL_SRM" = "ecc_dbe_volatile_sram" Int "1" GPU Counter "4.1.0" "Uncorrected (double-bit) ECC errors of the SRAM, since the driver was loaded";
    344 ECC_SBE_AGG_SRM "DCGM_FI_DEV_ECC_SBE_AGG_SRM" = "ecc_sbe_aggregate_sram" Int "1" GPU Counter "4.1.0" "Corrected (single-bit) ECC errors of the SRAM, over the lifetime of the GPU";
    345 ECC_DBE_AGG_SRM "DCGM_FI_DEV_ECC_DBE_AGG_SRM" = "ecc_dbe_aggregate_sram" Int "1" GPU Counter "4.1.0" "Uncorrected (double-bit) ECC errors of the SRAM, over the lifetime of the GPU";
    346 THRESHOLD_SRM "DCGM_FI_DEV_SRAM_EXCEEDED" "DCGM_FI_DEV_THRESHOLD_SRM" "ecc_threshold_sram" Int "bool/enum" GPU State "4.2.3" "Set if the threshold of SRAM errors is exceeded";
    350 DIAG_MEMORY_RESULT "DCGM_FI_DEV_DIAG_MEMORY_RESULT" = "gpu_memory_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest memory test of the diagnostic";
    351 DIAG_DIAGNOSTIC_RESULT "DCGM_FI_DEV_DIAG_DIAGNOSTIC_RESULT" = "diagnostics_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest diagnostic test of the diagnostic";
    352 DIAG_PCIE_RESULT "DCGM_FI_DEV_DIAG_PCIE_RESULT" = "pcie_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest PCIe test of the diagnostic";
    353 DIAG_TARGETED_STRESS_RESULT "DCGM_FI_DEV_DIAG_TARGETED_STRESS_RESULT" = "targeted_stress_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest targeted stress test of the diagnostic";
    354 DIAG_TARGETED_POWER_RESULT "DCGM_FI_DEV_DIAG_TARGETED_POWER_RESULT" = "targeted_power_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest targeted power test of the diagnostic";
    355 DIAG_MEMORY_BANDWIDTH_RESULT "DCGM_FI_DEV_DIAG_MEMORY_BANDWIDTH_RESULT" = "memory_bandwidth_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest memory bandwidth test of the diagnostic";
    356 DIAG_MEMTEST_RESULT "DCGM_FI_DEV_DIAG_MEMTEST_RESULT" = "memory_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest memtest test of the diagnostic";
    357 DIAG_PULSE_TEST_RESULT "DCGM_FI_DEV_DIAG_PULSE_TEST_RESULT" = "pulse_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest pulse test of the diagnostic";
    358 DIAG_EUD_RESULT "DCGM_FI_DEV_DIAG_EUD_RESULT" = "eud_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest EUD test of the diagnostic";
    359 DIAG_CPU_EUD_RESULT "DCGM_FI_DEV_DIAG_CPU_EUD_RESULT" = "cpu_eud_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest CPU EUD test of the diagnostic";
    360 DIAG_SOFTWARE_RESULT "DCGM_FI_DEV_DIAG_SOFTWARE_RESULT" = "software_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest software test of the diagnostic";
    361 DIAG_NVBANDWIDTH_RESULT "DCGM_FI_DEV_DIAG_NVBANDWIDTH_RESULT" = "nvbandwidth_test_result" Int "enum dcgmError_t" HOST State "4.0.0" "Result of the latest nvbandwidth test of the diagnostic";
    362 DIAG_STATUS "DCGM_FI_DEV_DIAG_STATUS" = "diag_status" Blob "" HOST Blob "4.0.0" "Status of the diagnostic";
    363 DIAG_NCCL_TESTS_RESULT "DCGM_FI_DEV_DIAG_NCCL_TESTS_RESULT" = "nccl_tests_test_result" Int "enum dcgmError_t" HOST State "4.5.0" "Result of the latest NCCL test of the diagnostic";
    385 BANKS_REMAP_ROWS_AVAIL_MAX "DCGM_FI_DEV_BANK_REMAP_AVAIL_MAX" "DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_MAX" "remap_rows_avail_max" Int "banks" GPU Gauge "3.3.5" "Memory banks with all spare rows left";
    386 BANKS_REMAP_ROWS_AVAIL_HIGH "DCGM_FI_DEV_BANK_REMAP_AVAIL_HIGH" "DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_HIGH" "remap_rows_avail_high" Int "banks" GPU Gauge "3.3.5" "Memory banks with many spare rows left";
    387 BANKS_REMAP_ROWS_AVAIL_PARTIAL "DCGM_FI_DEV_BANK_REMAP_AVAIL_PARTIAL" "DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_PARTIAL" "remap_rows_avail_partial" Int "banks" GPU Gauge "3.3.5" "Memory banks with some spare rows left";
    388 BANKS_REMAP_ROWS_AVAIL_LOW "DCGM_FI_DEV_BANK_REMAP_AVAIL_LOW" "DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_LOW" "remap_rows_avail_low" Int "banks" GPU Gauge "3.3.5" "Memory banks with few spare rows left";
    389 BANKS_REMAP_ROWS_AVAIL_NONE "DCGM_FI_DEV_BANK_REMAP_AVAIL_NONE" "DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_NONE" "remap_rows_avail_none" Int "banks" GPU Gauge "3.3.5" "Memory banks with no spare rows left";
    390 RETIRED_SBE "DCGM_FI_DEV_PAGE_RETIRED_SBE_TOTAL" "DCGM_FI_DEV_RETIRED_SBE" "retired_pages_sbe" Int "pages" GPU Counter "3.3.5" "Memory pages retired because of corrected (single-bit) errors";
    391 RETIRED_DBE "DCGM_FI_DEV_PAGE_RETIRED_DBE_TOTAL" "DCGM_FI_DEV_RETIRED_DBE" "retired_pages_dbe" Int "pages" GPU Counter "3.3.5" "Memory pages retired because of uncorrected (double-bit) errors";
    392 RETIRED_PENDING "DCGM_FI_DEV_PAGE_RETIRED_PENDING" "DCGM_FI_DEV_RETIRED_PENDING" "retired_pages_pending" Int "bool/enum" GPU State "3.3.5" "Set if memory pages wait for their retirement";
    393 UNCORRECTABLE_REMAPPED_ROWS "DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL" "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS" "uncorrectable_remapped_rows" Int "rows" GPU Counter "3.3.5" "Memory rows remapped because of uncorrected errors";
    394 CORRECTABLE_REMAPPED_ROWS "DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL" "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS" "correctable_remapped_rows" Int "rows" GPU Counter "3.3.5" "Memory rows remapped because of corrected errors";
    395 ROW_REMAP_FAILURE "DCGM_FI_DEV_ROW_REMAP_FAILED" "DCGM_FI_DEV_ROW_REMAP_FAILURE" "row_remap_failure" Int "bool/enum" GPU State "3.3.5" "Set if the remapping of a memory row failed";
    396 ROW_REMAP_PENDING "DCGM_FI_DEV_ROW_REMAP_PENDING" = "row_remap_pending" Int "bool/enum" GPU State "3.3.5" "Set if the remapping of memory rows waits for a reset";
    400 NVLINK_CRC_FLIT_ERROR_COUNT_L0 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L0_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L0" "nvlink_flit_crc_error_count_l0" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 0";
    401 NVLINK_CRC_FLIT_ERROR_COUNT_L1 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L1_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L1" "nvlink_flit_crc_error_count_l1" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 1";
    402 NVLINK_CRC_FLIT_ERROR_COUNT_L2 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L2_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L2" "nvlink_flit_crc_error_count_l2" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 2";
    403 NVLINK_CRC_FLIT_ERROR_COUNT_L3 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L3_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L3" "nvlink_flit_crc_error_count_l3" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 3";
    404 NVLINK_CRC_FLIT_ERROR_COUNT_L4 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L4_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L4" "nvlink_flit_crc_error_count_l4" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 4";
    405 NVLINK_CRC_FLIT_ERROR_COUNT_L5 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L5_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L5" "nvlink_flit_crc_error_count_l5" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 5";
    406 NVLINK_CRC_FLIT_ERROR_COUNT_L12 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L12_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L12" "nvlink_flit_crc_error_count_l12" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 12";
    407 NVLINK_CRC_FLIT_ERROR_COUNT_L13 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L13_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L13" "nvlink_flit_crc_error_count_l13" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 13";
    408 NVLINK_CRC_FLIT_ERROR_COUNT_L14 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L14_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L14" "nvlink_flit_crc_error_count_l14" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 14";
    409 NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL" "nvlink_flit_crc_error_count_total" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of all NVLinks";
    410 NVLINK_CRC_DATA_ERROR_COUNT_L0 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L0_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L0" "nvlink_data_crc_error_count_l0" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 0";
    411 NVLINK_CRC_DATA_ERROR_COUNT_L1 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L1_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L1" "nvlink_data_crc_error_count_l1" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 1";
    412 NVLINK_CRC_DATA_ERROR_COUNT_L2 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L2_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L2" "nvlink_data_crc_error_count_l2" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 2";
    413 NVLINK_CRC_DATA_ERROR_COUNT_L3 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L3_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L3" "nvlink_data_crc_error_count_l3" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 3";
    414 NVLINK_CRC_DATA_ERROR_COUNT_L4 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L4_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L4" "nvlink_data_crc_error_count_l4" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 4";
    415 NVLINK_CRC_DATA_ERROR_COUNT_L5 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L5_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L5" "nvlink_data_crc_error_count_l5" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 5";
    416 NVLINK_CRC_DATA_ERROR_COUNT_L12 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L12_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L12" "nvlink_data_crc_error_count_l12" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 12";
    417 NVLINK_CRC_DATA_ERROR_COUNT_L13 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L13_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L13" "nvlink_data_crc_error_count_l13" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 13";
    418 NVLINK_CRC_DATA_ERROR_COUNT_L14 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L14_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L14" "nvlink_data_crc_error_count_l14" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 14";
    419 NVLINK_CRC_DATA_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL" "nvlink_data_crc_error_count_total" Int "1" GPU Counter "3.3.5" "CRC errors of data of all NVLinks";
    420 NVLINK_REPLAY_ERROR_COUNT_L0 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L0_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L0" "nvlink_replay_error_count_l0" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 0";
    421 NVLINK_REPLAY_ERROR_COUNT_L1 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L1_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L1" "nvlink_replay_error_count_l1" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 1";
    422 NVLINK_REPLAY_ERROR_COUNT_L2 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L2_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L2" "nvlink_replay_error_count_l2" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 2";
    423 NVLINK_REPLAY_ERROR_COUNT_L3 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L3_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L3" "nvlink_replay_error_count_l3" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 3";
    424 NVLINK_REPLAY_ERROR_COUNT_L4 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L4_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L4" "nvlink_replay_error_count_l4" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 4";
    425 NVLINK_REPLAY_ERROR_COUNT_L5 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L5_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L5" "nvlink_replay_error_count_l5" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 5";
    426 NVLINK_REPLAY_ERROR_COUNT_L12 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L12_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L12" "nvlink_replay_error_count_l12" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 12";
    427 NVLINK_REPLAY_ERROR_COUNT_L13 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L13_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L13" "nvlink_replay_error_count_l13" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 13";
    428 NVLINK_REPLAY_ERROR_COUNT_L14 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L14_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L14" "nvlink_replay_error_count_l14" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 14";
    429 NVLINK_REPLAY_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL" "nvlink_replay_error_count_total" Int "1" GPU Counter "3.3.5" "Replay errors of all NVLinks";
    430 NVLINK_RECOVERY_ERROR_COUNT_L0 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L0_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L0" "nvlink_recovery_error_count_l0" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 0";
    431 NVLINK_RECOVERY_ERROR_COUNT_L1 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L1_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L1" "nvlink_recovery_error_count_l1" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 1";
    432 NVLINK_RECOVERY_ERROR_COUNT_L2 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L2_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L2" "nvlink_recovery_error_count_l2" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 2";
    433 NVLINK_RECOVERY_ERROR_COUNT_L3 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L3_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L3" "nvlink_recovery_error_count_l3" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 3";
    434 NVLINK_RECOVERY_ERROR_COUNT_L4 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L4_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L4" "nvlink_recovery_error_count_l4" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 4";
    435 NVLINK_RECOVERY_ERROR_COUNT_L5 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L5_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L5" "nvlink_recovery_error_count_l5" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 5";
    436 NVLINK_RECOVERY_ERROR_COUNT_L12 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L12_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L12" "nvlink_recovery_error_count_l12" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 12";
    437 NVLINK_RECOVERY_ERROR_COUNT_L13 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L13_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L13" "nvlink_recovery_error_count_l13" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 13";
    438 NVLINK_RECOVERY_ERROR_COUNT_L14 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L14_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L14" "nvlink_recovery_error_count_l14" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 14";
    439 NVLINK_RECOVERY_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL" "nvlink_recovery_error_count_total" Int "1" GPU Counter "3.3.5" "Recovery errors of all NVLinks";
    440 NVLINK_BANDWIDTH_L0 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L0" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L0" "nvlink_throughput_l0" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 0, both directions: a rate, in 1000 KiB/s";
    441 NVLINK_BANDWIDTH_L1 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L1" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L1" "nvlink_throughput_l1" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 1, both directions: a rate, in 1000 KiB/s";
    442 NVLINK_BANDWIDTH_L2 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L2" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L2" "nvlink_throughput_l2" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 2, both directions: a rate, in 1000 KiB/s";
    443 NVLINK_BANDWIDTH_L3 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L3" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L3" "nvlink_throughput_l3" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 3, both directions: a rate, in 1000 KiB/s";
    444 NVLINK_BANDWIDTH_L4 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L4" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L4" "nvlink_throughput_l4" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 4, both directions: a rate, in 1000 KiB/s";
    445 NVLINK_BANDWIDTH_L5 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L5" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L5" "nvlink_throughput_l5" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 5, both directions: a rate, in 1000 KiB/s";
    446 NVLINK_BANDWIDTH_L12 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L12" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L12" "nvlink_throughput_l12" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 12, both directions: a rate, in 1000 KiB/s";
    447 NVLINK_BANDWIDTH_L13 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L13" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L13" "nvlink_throughput_l13" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 13, both directions: a rate, in 1000 KiB/s";
    448 NVLINK_BANDWIDTH_L14 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L14" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L14" "nvlink_throughput_l14" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 14, both directions: a rate, in 1000 KiB/s";
    449 NVLINK_BANDWIDTH_TOTAL "DCGM_FI_DEV_NVLINK_THROUGHPUT_TOTAL" "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL" "nvlink_throughput_total" Int "MB/s" GPU Gauge "3.3.5" "Throughput of all NVLinks, both directions: a rate, in 1000 KiB/s";
    450 GPU_NVLINK_ERRORS "DCGM_FI_DEV_NVLINK_ERROR" "DCGM_FI_DEV_GPU_NVLINK_ERRORS" "gpu_nvlink_errors" Int "enum dcgmGpuNVLinkErrorType_t" GPU Event "3.3.5" "NVLink errors: each sample is one, with its type as the value";
    451 NVLINK_CRC_FLIT_ERROR_COUNT_L6 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L6_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L6" "nvlink_flit_crc_error_count_l6" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 6";
    452 NVLINK_CRC_FLIT_ERROR_COUNT_L7 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L7_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L7" "nvlink_flit_crc_error_count_l7" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 7";
    453 NVLINK_CRC_FLIT_ERROR_COUNT_L8 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L8_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L8" "nvlink_flit_crc_error_count_l8" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 8";
    454 NVLINK_CRC_FLIT_ERROR_COUNT_L9 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L9_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L9" "nvlink_flit_crc_error_count_l9" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 9";
    455 NVLINK_CRC_FLIT_ERROR_COUNT_L10 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L10_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L10" "nvlink_flit_crc_error_count_l10" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 10";
    456 NVLINK_CRC_FLIT_ERROR_COUNT_L11 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L11_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L11" "nvlink_flit_crc_error_count_l11" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 11";
    457 NVLINK_CRC_DATA_ERROR_COUNT_L6 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L6_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L6" "nvlink_data_crc_error_count_l6" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 6";
    458 NVLINK_CRC_DATA_ERROR_COUNT_L7 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L7_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L7" "nvlink_data_crc_error_count_l7" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 7";
    459 NVLINK_CRC_DATA_ERROR_COUNT_L8 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L8_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L8" "nvlink_data_crc_error_count_l8" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 8";
    460 NVLINK_CRC_DATA_ERROR_COUNT_L9 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L9_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L9" "nvlink_data_crc_error_count_l9" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 9";
    461 NVLINK_CRC_DATA_ERROR_COUNT_L10 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L10_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L10" "nvlink_data_crc_error_count_l10" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 10";
    462 NVLINK_CRC_DATA_ERROR_COUNT_L11 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L11_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L11" "nvlink_data_crc_error_count_l11" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 11";
    463 NVLINK_REPLAY_ERROR_COUNT_L6 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L6_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L6" "nvlink_replay_error_count_l6" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 6";
    464 NVLINK_REPLAY_ERROR_COUNT_L7 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L7_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L7" "nvlink_replay_error_count_l7" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 7";
    465 NVLINK_REPLAY_ERROR_COUNT_L8 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L8_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L8" "nvlink_replay_error_count_l8" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 8";
    466 NVLINK_REPLAY_ERROR_COUNT_L9 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L9_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L9" "nvlink_replay_error_count_l9" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 9";
    467 NVLINK_REPLAY_ERROR_COUNT_L10 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L10_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L10" "nvlink_replay_error_count_l10" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 10";
    468 NVLINK_REPLAY_ERROR_COUNT_L11 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L11_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L11" "nvlink_replay_error_count_l11" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 11";
    469 NVLINK_RECOVERY_ERROR_COUNT_L6 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L6_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L6" "nvlink_recovery_error_count_l6" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 6";
    470 NVLINK_RECOVERY_ERROR_COUNT_L7 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L7_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L7" "nvlink_recovery_error_count_l7" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 7";
    471 NVLINK_RECOVERY_ERROR_COUNT_L8 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L8_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L8" "nvlink_recovery_error_count_l8" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 8";
    472 NVLINK_RECOVERY_ERROR_COUNT_L9 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L9_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L9" "nvlink_recovery_error_count_l9" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 9";
    473 NVLINK_RECOVERY_ERROR_COUNT_L10 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L10_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L10" "nvlink_recovery_error_count_l10" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 10";
    474 NVLINK_RECOVERY_ERROR_COUNT_L11 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L11_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L11" "nvlink_recovery_error_count_l11" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 11";
    475 NVLINK_BANDWIDTH_L6 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L6" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L6" "nvlink_throughput_l6" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 6, both directions: a rate, in 1000 KiB/s";
    476 NVLINK_BANDWIDTH_L7 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L7" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L7" "nvlink_throughput_l7" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 7, both directions: a rate, in 1000 KiB/s";
    477 NVLINK_BANDWIDTH_L8 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L8" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L8" "nvlink_throughput_l8" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 8, both directions: a rate, in 1000 KiB/s";
    478 NVLINK_BANDWIDTH_L9 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L9" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L9" "nvlink_throughput_l9" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 9, both directions: a rate, in 1000 KiB/s";
    479 NVLINK_BANDWIDTH_L10 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L10" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L10" "nvlink_throughput_l10" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 10, both directions: a rate, in 1000 KiB/s";
    480 NVLINK_BANDWIDTH_L11 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L11" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L11" "nvlink_throughput_l11" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 11, both directions: a rate, in 1000 KiB/s";
    481 NVLINK_CRC_FLIT_ERROR_COUNT_L15 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L15_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L15" "nvlink_flit_crc_error_count_l15" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 15";
    482 NVLINK_CRC_FLIT_ERROR_COUNT_L16 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L16_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L16" "nvlink_flit_crc_error_count_l16" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 16";
    483 NVLINK_CRC_FLIT_ERROR_COUNT_L17 "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L17_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L17" "nvlink_flit_crc_error_count_l17" Int "1" GPU Counter "3.3.5" "CRC errors of flow control digits of NVLink 17";
    484 NVLINK_CRC_DATA_ERROR_COUNT_L15 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L15_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L15" "nvlink_data_crc_error_count_l15" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 15";
    485 NVLINK_CRC_DATA_ERROR_COUNT_L16 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L16_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L16" "nvlink_data_crc_error_count_l16" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 16";
    486 NVLINK_CRC_DATA_ERROR_COUNT_L17 "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L17_TOTAL" "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L17" "nvlink_data_crc_error_count_l17" Int "1" GPU Counter "3.3.5" "CRC errors of data of NVLink 17";
    487 NVLINK_REPLAY_ERROR_COUNT_L15 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L15_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L15" "nvlink_replay_error_count_l15" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 15";
    488 NVLINK_REPLAY_ERROR_COUNT_L16 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L16_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L16" "nvlink_replay_error_count_l16" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 16";
    489 NVLINK_REPLAY_ERROR_COUNT_L17 "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L17_TOTAL" "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L17" "nvlink_replay_error_count_l17" Int "1" GPU Counter "3.3.5" "Replay errors of NVLink 17";
    491 NVLINK_RECOVERY_ERROR_COUNT_L15 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L15_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L15" "nvlink_recovery_error_count_l15" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 15";
    492 NVLINK_RECOVERY_ERROR_COUNT_L16 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L16_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L16" "nvlink_recovery_error_count_l16" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 16";
    493 NVLINK_RECOVERY_ERROR_COUNT_L17 "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L17_TOTAL" "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L17" "nvlink_recovery_error_count_l17" Int "1" GPU Counter "3.3.5" "Recovery errors of NVLink 17";
    494 NVLINK_BANDWIDTH_L15 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L15" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L15" "nvlink_throughput_l15" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 15, both directions: a rate, in 1000 KiB/s";
    495 NVLINK_BANDWIDTH_L16 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L16" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L16" "nvlink_throughput_l16" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 16, both directions: a rate, in 1000 KiB/s";
    496 NVLINK_BANDWIDTH_L17 "DCGM_FI_DEV_NVLINK_THROUGHPUT_L17" "DCGM_FI_DEV_NVLINK_BANDWIDTH_L17" "nvlink_throughput_l17" Int "MB/s" GPU Gauge "3.3.5" "Throughput of NVLink 17, both directions: a rate, in 1000 KiB/s";
    497 NVLINK_ERROR_DL_CRC "DCGM_FI_DEV_NVLINK_CRC_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_ERROR_DL_CRC" "nvlink_crc_err" Int "1" GPU Counter "4.0.0" "CRC errors of all NVLinks";
    498 NVLINK_ERROR_DL_RECOVERY "DCGM_FI_DEV_NVLINK_RECOVERY_TOTAL" "DCGM_FI_DEV_NVLINK_ERROR_DL_RECOVERY" "nvlink_recovery_err" Int "1" GPU Counter "4.0.0" "Recoveries of all NVLinks";
    499 NVLINK_ERROR_DL_REPLAY "DCGM_FI_DEV_NVLINK_REPLAY_TOTAL" "DCGM_FI_DEV_NVLINK_ERROR_DL_REPLAY" "nvlink_replay_err" Int "1" GPU Counter "4.0.0" "Replays of all NVLinks";
    500 VIRTUAL_MODE "DCGM_FI_DEV_GPU_VIRTUAL_MODE" "DCGM_FI_DEV_VIRTUAL_MODE" "virtualization_mode" Int "id/enum" GPU Info "3.3.5" "Virtualization mode of the GPU";
    501 SUPPORTED_TYPE_INFO "DCGM_FI_DEV_VGPU_SUPPORTED_INFO" "DCGM_FI_DEV_SUPPORTED_TYPE_INFO" "supported_type_info" Blob "" VGPU Blob "3.3.5" "Supported vGPU types";
    502 CREATABLE_VGPU_TYPE_IDS "DCGM_FI_DEV_VGPU_CREATABLE_IDS" "DCGM_FI_DEV_CREATABLE_VGPU_TYPE_IDS" "creatable_vgpu_type_ids" Blob "" VGPU Blob "3.3.5" "Types of vGPU that can be created now";
    503 VGPU_INSTANCE_IDS "DCGM_FI_DEV_VGPU_INSTANCE_INFO" "DCGM_FI_DEV_VGPU_INSTANCE_IDS" "active_vgpu_instance_ids" Blob "" VGPU Blob "3.3.5" "Active vGPU instances";
    504 VGPU_UTILIZATIONS "DCGM_FI_DEV_VGPU_UTIL_INFO" "DCGM_FI_DEV_VGPU_UTILIZATIONS" "vgpu_instance_utilizations" Blob "" VGPU Blob "3.3.5" "Utilization of the vGPUs";
    505 VGPU_PER_PROCESS_UTILIZATION "DCGM_FI_DEV_VGPU_PROCESS_UTIL_INFO" "DCGM_FI_DEV_VGPU_PER_PROCESS_UTILIZATION" "vgpu_instance_per_process_utilization" Blob "" VGPU Blob "3.3.5" "Utilization of the vGPUs by process";
    506 ENC_STATS "DCGM_FI_DEV_ENC_STATS" = "enc_stats" Blob "" GPU Blob "3.3.5" "Statistics of the video encoder";
    507 FBC_STATS "DCGM_FI_DEV_FBC_STATS" = "fbc_stats" Blob "" GPU Blob "3.3.5" "Statistics of frame buffer capture";
    508 FBC_SESSIONS_INFO "DCGM_FI_DEV_FBC_SESSIONS_INFO" = "fbc_sessions_info" Blob "" GPU Blob "3.3.5" "Sessions of frame buffer capture";
    509 SUPPORTED_VGPU_TYPE_IDS "DCGM_FI_DEV_VGPU_SUPPORTED_IDS" "DCGM_FI_DEV_SUPPORTED_VGPU_TYPE_IDS" "vgpu_type_ids" Blob "" VGPU Blob "3.3.5" "Ids of the supported vGPU types";
    510 VGPU_TYPE_INFO "DCGM_FI_DEV_VGPU_TYPE_INFO" = "vgpu_type_info" Blob "" VGPU Blob "3.3.5" "Information about the vGPU types";
    511 VGPU_TYPE_NAME "DCGM_FI_DEV_VGPU_TYPE_NAME" = "vgpu_type_name" Blob "" VGPU Blob "3.3.5" "Names of the vGPU types";
    512 VGPU_TYPE_CLASS "DCGM_FI_DEV_VGPU_TYPE_CLASS" = "vgpu_type_class" Blob "" VGPU Blob "3.3.5" "Classes of the vGPU types";
    513 VGPU_TYPE_LICENSE "DCGM_FI_DEV_VGPU_TYPE_LICENSE" = "vgpu_type_license" Blob "" VGPU Blob "3.3.5" "Licenses of the vGPU types";
    520 VGPU_VM_ID "DCGM_FI_DEV_VGPU_VM_ID" = "vgpu_instance_vm_id" Text "" VGPU Info "3.3.5" "Id of the virtual machine";
    521 VGPU_VM_NAME "DCGM_FI_DEV_VGPU_VM_NAME" = "vgpu_instance_vm_name" Text "" VGPU Info "3.3.5" "Name of the virtual machine";
    522 VGPU_TYPE "DCGM_FI_DEV_VGPU_TYPE" = "vgpu_instance_type" Int "id/enum" VGPU Info "3.3.5" "Type of the vGPU";
    523 VGPU_UUID "DCGM_FI_DEV_VGPU_UUID" = "vgpu_instance_uuid" Text "" VGPU Info "3.3.5" "UUID of the vGPU";
    524 VGPU_DRIVER_VERSION "DCGM_FI_DEV_VGPU_DRIVER_VERSION" = "vgpu_instance_driver_version" Text "" VGPU Info "3.3.5" "Driver version in the virtual machine";
    525 VGPU_MEMORY_USAGE "DCGM_FI_DEV_VGPU_MEMORY_USAGE" = "vgpu_instance_memory_usage" Int "MiB" VGPU Gauge "3.3.5" "Memory that the vGPU uses";
    526 VGPU_LICENSE_STATUS "DCGM_FI_DEV_VGPU_LICENSE_STATUS" = "vgpu_instance_license_status" Int "bool/enum" VGPU State "3.3.5" "License status of the vGPU";
    527 VGPU_FRAME_RATE_LIMIT "DCGM_FI_DEV_VGPU_FRAME_RATE_LIMIT" = "vgpu_instance_frame_rate_limit" Int "frames/s" VGPU Gauge "3.3.5" "Frame rate limit of the vGPU";
    528 VGPU_ENC_STATS "DCGM_FI_DEV_VGPU_ENC_STATS" = "vgpu_instance_enc_stats" Blob "" VGPU Blob "3.3.5" "Encoder statistics of the vGPU";
    529 VGPU_ENC_SESSIONS_INFO "DCGM_FI_DEV_VGPU_ENC_SESSIONS_INFO" = "vgpu_instance_enc_sessions_info" Blob "" VGPU Blob "3.3.5" "Encoder sessions of the vGPU";
    530 VGPU_FBC_STATS "DCGM_FI_DEV_VGPU_FBC_STATS" = "vgpu_instance_fbc_stats" Blob "" VGPU Blob "3.3.5" "Frame buffer capture statistics of the vGPU";
    531 VGPU_FBC_SESSIONS_INFO "DCGM_FI_DEV_VGPU_FBC_SESSIONS_INFO" = "vgpu_instance_fbc_sessions_info" Blob "" VGPU Blob "3.3.5" "Frame buffer capture sessions of the vGPU";
    532 VGPU_INSTANCE_LICENSE_STATE "DCGM_FI_DEV_VGPU_INSTANCE_LICENSE_STATUS" "DCGM_FI_DEV_VGPU_INSTANCE_LICENSE_STATE" "vgpu_instance_license_state" Text "" VGPU Info "3.3.5" "License state of the vGPU, as text";
    533 VGPU_PCI_ID "DCGM_FI_DEV_VGPU_PCI_ID" = "vgpu_instance_pci_id" Text "" VGPU Info "3.3.5" "PCI id of the vGPU";
    534 VGPU_VM_GPU_INSTANCE_ID "DCGM_FI_DEV_VGPU_GPU_INSTANCE_ID" "DCGM_FI_DEV_VGPU_VM_GPU_INSTANCE_ID" "vgpu_instance_gpu_instance_id" Int "id/enum" VGPU Info "3.3.5" "Id of the GPU instance of the vGPU";
    571 PLATFORM_INFINIBAND_GUID "DCGM_FI_DEV_PLATFORM_INFINIBAND_GUID" = "infiniband_guid" Text "" GPU Info "4.1.0" "GUID of the InfiniBand device of the platform";
    572 PLATFORM_CHASSIS_SERIAL_NUMBER "DCGM_FI_DEV_PLATFORM_CHASSIS_SERIAL_NUMBER" = "chassis_serial" Text "" GPU Info "4.1.0" "Serial number of the chassis";
    573 PLATFORM_CHASSIS_SLOT_NUMBER "DCGM_FI_DEV_PLATFORM_CHASSIS_SLOT_NUMBER" = "chassis_slot_number" Int "id/enum" GPU Info "4.1.0" "Number of the slot in the chassis";
    574 PLATFORM_TRAY_INDEX "DCGM_FI_DEV_PLATFORM_TRAY_INDEX" = "tray_index" Int "id/enum" GPU Info "4.1.0" "Index of the tray in the chassis";
    575 PLATFORM_HOST_ID "DCGM_FI_DEV_PLATFORM_HOST_ID" = "host_id" Int "id/enum" GPU Info "4.1.0" "Number of the host in the tray";
    576 PLATFORM_PEER_TYPE "DCGM_FI_DEV_PLATFORM_PEER_TYPE" = "peer_type" Int "id/enum" GPU Info "4.1.0" "Kind of peer connection of the platform";
    577 PLATFORM_MODULE_ID "DCGM_FI_DEV_PLATFORM_MODULE_ID" = "module_id" Int "id/enum" GPU Info "4.1.0" "Number of the GPU module on the host";
    580 NVLINK_PPRM_OPER_RECOVERY "DCGM_FI_DEV_NVLINK_PPRM_OPER_RECOVERY" = "nvlink_pprm_oper_recovery" Int "enum" LINK State "4.4.1" "State of the link recovery";
    581 NVLINK_PPCNT_RECOVERY_TIME_SINCE_LAST "DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_TIME_SINCE_LAST" = "nvlink_ppcnt_recovery_time_since_last" Int "s" LINK Gauge "4.4.1" "Time since the latest link recovery";
    582 NVLINK_PPCNT_RECOVERY_TIME_BETWEEN_LAST_TWO "DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_TIME_BETWEEN_LAST_TWO" = "nvlink_ppcnt_recovery_time_between_last_two" Int "ms" LINK Gauge "4.4.1" "Time between the latest two link recoveries";
    583 NVLINK_PPCNT_RECOVERY_TOTAL_SUCCESSFUL_EVENTS "DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_SUCCESSFUL_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_TOTAL_SUCCESSFUL_EVENTS" "nvlink_ppcnt_recovery_total_successful_events" Int "1" LINK Counter "4.4.1" "Successful link recoveries";
    584 NVLINK_PPCNT_PHYSICAL_SUCCESSFUL_RECOVERY_EVENTS "DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_RECOVERY_SUCCESSFUL_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_SUCCESSFUL_RECOVERY_EVENTS" "nvlink_ppcnt_physical_successful_recovery_event" Int "1" LINK Counter "4.4.1" "Successful recoveries of the physical layer";
    585 NVLINK_PPCNT_PHYSICAL_LINK_DOWN_COUNTER "DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_LINK_DOWN_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_LINK_DOWN_COUNTER" "nvlink_ppcnt_physical_link_down_counter" Int "1" LINK Counter "4.4.1" "Times that the physical link went down";
    586 NVLINK_PPCNT_PLR_RCV_CODES "DCGM_FI_DEV_NVLINK_PPCNT_PLR_RX_CODE_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_RCV_CODES" "nvlink_ppcnt_plr_rcv_codes" Int "1" LINK Counter "4.4.1" "Codewords received by physical layer retransmission (PLR)";
    587 NVLINK_PPCNT_PLR_RCV_CODE_ERR "DCGM_FI_DEV_NVLINK_PPCNT_PLR_RX_CODE_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_RCV_CODE_ERR" "nvlink_ppcnt_plr_rcv_code_err" Int "1" LINK Counter "4.4.1" "Erroneous codewords received by physical layer retransmission (PLR)";
    588 NVLINK_PPCNT_PLR_RCV_UNCORRECTABLE_CODE "DCGM_FI_DEV_NVLINK_PPCNT_PLR_RX_CODE_UNCORRECTABLE_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_RCV_UNCORRECTABLE_CODE" "nvlink_ppcnt_plr_rcv_uncorrectable_code" Int "1" LINK Counter "4.4.1" "Uncorrectable codewords received by physical layer retransmission (PLR)";
    589 NVLINK_PPCNT_PLR_XMIT_CODES "DCGM_FI_DEV_NVLINK_PPCNT_PLR_TX_CODE_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_XMIT_CODES" "nvlink_ppcnt_plr_xmit_codes" Int "1" LINK Counter "4.4.1" "Codewords transmitted by physical layer retransmission (PLR)";
    590 NVLINK_PPCNT_PLR_XMIT_RETRY_CODES "DCGM_FI_DEV_NVLINK_PPCNT_PLR_TX_RETRY_CODE_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_XMIT_RETRY_CODES" "nvlink_ppcnt_plr_xmit_retry_codes" Int "1" LINK Counter "4.4.1" "Codewords retransmitted by physical layer retransmission (PLR)";
    591 NVLINK_PPCNT_PLR_XMIT_RETRY_EVENTS "DCGM_FI_DEV_NVLINK_PPCNT_PLR_TX_RETRY_EVENT_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_XMIT_RETRY_EVENTS" "nvlink_ppcnt_plr_xmit_retry_events" Int "1" LINK Counter "4.4.1" "Retransmission events of the physical layer retransmission (PLR)";
    592 NVLINK_PPCNT_PLR_SYNC_EVENTS "DCGM_FI_DEV_NVLINK_PPCNT_PLR_SYNC_EVENT_TOTAL" "DCGM_FI_DEV_NVLINK_PPCNT_PLR_SYNC_EVENTS" "nvlink_ppcnt_plr_sync_events" Int "1" LINK Counter "4.4.1" "Synchronization events of the physical layer retransmission (PLR)";
    701 NVSWITCH_VOLTAGE_MVOLT "DCGM_FI_DEV_NVSWITCH_VOLTAGE_MVOLT" = "nvswitch_voltage_mvolt" Int "mV" SWITCH Gauge "3.3.5" "Voltage of the NVSwitch";
    702 NVSWITCH_CURRENT_IDDQ "DCGM_FI_DEV_NVSWITCH_CURRENT_IDDQ" = "nvswitch_current_iddq" Int "" SWITCH Gauge "3.3.5" "IDDQ current of the NVSwitch, as a raw value";
    703 NVSWITCH_CURRENT_IDDQ_REV "DCGM_FI_DEV_NVSWITCH_CURRENT_IDDQ_REV" = "nvswitch_current_iddq_rev" Int "" SWITCH Gauge "3.3.5" "Revision of the IDDQ current of the NVSwitch, as a raw value";
    704 NVSWITCH_CURRENT_IDDQ_DVDD "DCGM_FI_DEV_NVSWITCH_CURRENT_IDDQ_DVDD" = "nvswitch_current_iddq_dvdd" Int "" SWITCH Gauge "3.3.5" "IDDQ current of the DVDD rail of the NVSwitch, as a raw value";
    705 NVSWITCH_POWER_VDD "DCGM_FI_DEV_NVSWITCH_POWER_VDD_WATTS" "DCGM_FI_DEV_NVSWITCH_POWER_VDD" "nvswitch_power_vdd" Int "W" SWITCH Gauge "3.3.5" "Power of the VDD rail of the NVSwitch";
    706 NVSWITCH_POWER_DVDD "DCGM_FI_DEV_NVSWITCH_POWER_DVDD_WATTS" "DCGM_FI_DEV_NVSWITCH_POWER_DVDD" "nvswitch_power_dvdd" Int "W" SWITCH Gauge "3.3.5" "Power of the DVDD rail of the NVSwitch";
    707 NVSWITCH_POWER_HVDD "DCGM_FI_DEV_NVSWITCH_POWER_HVDD_WATTS" "DCGM_FI_DEV_NVSWITCH_POWER_HVDD" "nvswitch_power_hvdd" Int "W" SWITCH Gauge "3.3.5" "Power of the HVDD rail of the NVSwitch";
    780 NVSWITCH_LINK_THROUGHPUT_TX "DCGM_FI_DEV_NVSWITCH_LINK_THROUGHPUT_TX" = "nvlink_throughput_tx" Int "" LINK Counter "3.3.5" "Throughput counter of the NVSwitch port, transmitted, as the vendor library reports it";
    781 NVSWITCH_LINK_THROUGHPUT_RX "DCGM_FI_DEV_NVSWITCH_LINK_THROUGHPUT_RX" = "nvswitch_link_throughput_rx" Int "" LINK Counter "3.3.5" "Throughput counter of the NVSwitch port, received, as the vendor library reports it";
    782 NVSWITCH_LINK_FATAL_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_FATAL_ERRORS" = "nvswitch_link_fatal_errors" Int "1" LINK Counter "3.3.5" "Fatal errors of the NVSwitch port";
    783 NVSWITCH_LINK_NON_FATAL_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_NON_FATAL_ERRORS" = "nvswitch_link_non_fatal_errors" Int "1" LINK Counter "3.3.5" "Non-fatal errors of the NVSwitch port";
    784 NVSWITCH_LINK_REPLAY_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_REPLAY_ERROR_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_REPLAY_ERRORS" "nvswitch_link_replay_errors" Int "1" LINK Counter "3.3.5" "Replay errors of the NVSwitch port";
    785 NVSWITCH_LINK_RECOVERY_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_RECOVERY_ERROR_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_RECOVERY_ERRORS" "nvswitch_link_recovery_errors" Int "1" LINK Counter "3.3.5" "Recovery errors of the NVSwitch port";
    786 NVSWITCH_LINK_FLIT_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_FLIT_ERROR_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_FLIT_ERRORS" "nvswitch_link_flit_errors" Int "1" LINK Counter "3.3.5" "Flit errors of the NVSwitch port";
    787 NVSWITCH_LINK_CRC_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS" "nvswitch_link_crc_errors" Int "1" LINK Counter "3.3.5" "CRC errors of the NVSwitch port";
    788 NVSWITCH_LINK_ECC_ERRORS "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS" "nvswitch_link_ecc_errors" Int "1" LINK Counter "3.3.5" "ECC errors of the NVSwitch port";
    789 NVSWITCH_LINK_LATENCY_LOW_VC0 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC0" = "nvswitch_link_latency_low_vc0" Int "1" LINK Counter "3.3.5" "Samples of low latency on virtual channel 0 of the NVSwitch port";
    790 NVSWITCH_LINK_LATENCY_LOW_VC1 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC1" = "nvswitch_link_latency_low_vc1" Int "1" LINK Counter "3.3.5" "Samples of low latency on virtual channel 1 of the NVSwitch port";
    791 NVSWITCH_LINK_LATENCY_LOW_VC2 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC2" = "nvswitch_link_latency_low_vc2" Int "1" LINK Counter "3.3.5" "Samples of low latency on virtual channel 2 of the NVSwitch port";
    792 NVSWITCH_LINK_LATENCY_LOW_VC3 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC3" = "nvswitch_link_latency_low_vc" Int "1" LINK Counter "3.3.5" "Samples of low latency on virtual channel 3 of the NVSwitch port";
    793 NVSWITCH_LINK_LATENCY_MEDIUM_VC0 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC0" = "nvswitch_link_latency_medium_vc0" Int "1" LINK Counter "3.3.5" "Samples of medium latency on virtual channel 0 of the NVSwitch port";
    794 NVSWITCH_LINK_LATENCY_MEDIUM_VC1 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC1" = "nvswitch_link_latency_medium_vc1" Int "1" LINK Counter "3.3.5" "Samples of medium latency on virtual channel 1 of the NVSwitch port";
    795 NVSWITCH_LINK_LATENCY_MEDIUM_VC2 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC2" = "nvswitch_link_latency_medium_vc2" Int "1" LINK Counter "3.3.5" "Samples of medium latency on virtual channel 2 of the NVSwitch port";
    796 NVSWITCH_LINK_LATENCY_MEDIUM_VC3 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC3" = "nvswitch_link_latency_medium_vc3" Int "1" LINK Counter "3.3.5" "Samples of medium latency on virtual channel 3 of the NVSwitch port";
    797 NVSWITCH_LINK_LATENCY_HIGH_VC0 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC0" = "nvswitch_link_latency_high_vc0" Int "1" LINK Counter "3.3.5" "Samples of high latency on virtual channel 0 of the NVSwitch port";
    798 NVSWITCH_LINK_LATENCY_HIGH_VC1 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC1" = "nvswitch_link_latency_high_vc1" Int "1" LINK Counter "3.3.5" "Samples of high latency on virtual channel 1 of the NVSwitch port";
    799 NVSWITCH_LINK_LATENCY_HIGH_VC2 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC2" = "nvswitch_link_latency_high_vc2" Int "1" LINK Counter "3.3.5" "Samples of high latency on virtual channel 2 of the NVSwitch port";
    800 NVSWITCH_LINK_LATENCY_HIGH_VC3 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC3" = "nvswitch_link_latency_high_vc3" Int "1" LINK Counter "3.3.5" "Samples of high latency on virtual channel 3 of the NVSwitch port";
    801 NVSWITCH_LINK_LATENCY_PANIC_VC0 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC0" = "nvswitch_link_latency_panic_vc0" Int "1" LINK Counter "3.3.5" "Samples of panic latency on virtual channel 0 of the NVSwitch port";
    802 NVSWITCH_LINK_LATENCY_PANIC_VC1 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC1" = "nvswitch_link_latency_panic_vc1" Int "1" LINK Counter "3.3.5" "Samples of panic latency on virtual channel 1 of the NVSwitch port";
    803 NVSWITCH_LINK_LATENCY_PANIC_VC2 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC2" = "nvswitch_link_latency_panic_vc2" Int "1" LINK Counter "3.3.5" "Samples of panic latency on virtual channel 2 of the NVSwitch port";
    804 NVSWITCH_LINK_LATENCY_PANIC_VC3 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC3" = "nvswitch_link_latency_panic_vc3" Int "1" LINK Counter "3.3.5" "Samples of panic latency on virtual channel 3 of the NVSwitch port";
    805 NVSWITCH_LINK_LATENCY_COUNT_VC0 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC0_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC0" "nvswitch_link_latency_count_vc0" Int "1" LINK Counter "3.3.5" "Latency samples on virtual channel 0 of the NVSwitch port";
    806 NVSWITCH_LINK_LATENCY_COUNT_VC1 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC1_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC1" "nvswitch_link_latency_count_vc1" Int "1" LINK Counter "3.3.5" "Latency samples on virtual channel 1 of the NVSwitch port";
    807 NVSWITCH_LINK_LATENCY_COUNT_VC2 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC2_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC2" "nvswitch_link_latency_count_vc2" Int "1" LINK Counter "3.3.5" "Latency samples on virtual channel 2 of the NVSwitch port";
    808 NVSWITCH_LINK_LATENCY_COUNT_VC3 "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC3_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC3" "nvswitch_link_latency_count_vc3" Int "1" LINK Counter "3.3.5" "Latency samples on virtual channel 3 of the NVSwitch port";
    809 NVSWITCH_LINK_CRC_ERRORS_LANE0 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L0_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE0" "nvswitch_link_crc_errors_lane0" Int "1" LINK Counter "3.3.5" "CRC errors on lane 0 of the NVSwitch port";
    810 NVSWITCH_LINK_CRC_ERRORS_LANE1 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L1_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE1" "nvswitch_link_crc_errors_lane1" Int "1" LINK Counter "3.3.5" "CRC errors on lane 1 of the NVSwitch port";
    811 NVSWITCH_LINK_CRC_ERRORS_LANE2 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L2_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE2" "nvswitch_link_crc_errors_lane2" Int "1" LINK Counter "3.3.5" "CRC errors on lane 2 of the NVSwitch port";
    812 NVSWITCH_LINK_CRC_ERRORS_LANE3 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L3_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE3" "nvswitch_link_crc_errors_lane3" Int "1" LINK Counter "3.3.5" "CRC errors on lane 3 of the NVSwitch port";
    813 NVSWITCH_LINK_ECC_ERRORS_LANE0 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L0_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE0" "nvswitch_link_ecc_errors_lane0" Int "1" LINK Counter "3.3.5" "ECC errors on lane 0 of the NVSwitch port";
    814 NVSWITCH_LINK_ECC_ERRORS_LANE1 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L1_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE1" "nvswitch_link_ecc_errors_lane1" Int "1" LINK Counter "3.3.5" "ECC errors on lane 1 of the NVSwitch port";
    815 NVSWITCH_LINK_ECC_ERRORS_LANE2 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L2_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE2" "nvswitch_link_ecc_errors_lane2" Int "1" LINK Counter "3.3.5" "ECC errors on lane 2 of the NVSwitch port";
    816 NVSWITCH_LINK_ECC_ERRORS_LANE3 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L3_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE3" "nvswitch_link_ecc_errors_lane3" Int "1" LINK Counter "3.3.5" "ECC errors on lane 3 of the NVSwitch port";
    817 NVSWITCH_LINK_CRC_ERRORS_LANE4 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L4_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE4" "nvswitch_link_crc_errors_lane4" Int "1" LINK Counter "4.0.0" "CRC errors on lane 4 of the NVSwitch port";
    818 NVSWITCH_LINK_CRC_ERRORS_LANE5 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L5_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE5" "nvswitch_link_crc_errors_lane5" Int "1" LINK Counter "4.0.0" "CRC errors on lane 5 of the NVSwitch port";
    819 NVSWITCH_LINK_CRC_ERRORS_LANE6 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L6_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE6" "nvswitch_link_crc_errors_lane6" Int "1" LINK Counter "4.0.0" "CRC errors on lane 6 of the NVSwitch port";
    820 NVSWITCH_LINK_CRC_ERRORS_LANE7 "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L7_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE7" "nvswitch_link_crc_errors_lane7" Int "1" LINK Counter "4.0.0" "CRC errors on lane 7 of the NVSwitch port";
    821 NVSWITCH_LINK_ECC_ERRORS_LANE4 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L4_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE4" "nvswitch_link_ecc_errors_lane4" Int "1" LINK Counter "4.0.0" "ECC errors on lane 4 of the NVSwitch port";
    822 NVSWITCH_LINK_ECC_ERRORS_LANE5 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L5_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE5" "nvswitch_link_ecc_errors_lane5" Int "1" LINK Counter "4.0.0" "ECC errors on lane 5 of the NVSwitch port";
    823 NVSWITCH_LINK_ECC_ERRORS_LANE6 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L6_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE6" "nvswitch_link_ecc_errors_lane6" Int "1" LINK Counter "4.0.0" "ECC errors on lane 6 of the NVSwitch port";
    824 NVSWITCH_LINK_ECC_ERRORS_LANE7 "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L7_TOTAL" "DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE7" "nvswitch_link_ecc_errors_lane7" Int "1" LINK Counter "4.0.0" "ECC errors on lane 7 of the NVSwitch port";
    825 NVLINK_TX_BANDWIDTH_L0 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L0" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L0" "nvlink_tx_throughput_link0" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 0, transmitted: a rate, in 1000 KiB/s";
    826 NVLINK_TX_BANDWIDTH_L1 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L1" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L1" "nvlink_tx_throughput_link1" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 1, transmitted: a rate, in 1000 KiB/s";
    827 NVLINK_TX_BANDWIDTH_L2 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L2" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L2" "nvlink_tx_throughput_link2" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 2, transmitted: a rate, in 1000 KiB/s";
    828 NVLINK_TX_BANDWIDTH_L3 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L3" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L3" "nvlink_tx_throughput_link3" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 3, transmitted: a rate, in 1000 KiB/s";
    829 NVLINK_TX_BANDWIDTH_L4 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L4" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L4" "nvlink_tx_throughput_link4" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 4, transmitted: a rate, in 1000 KiB/s";
    830 NVLINK_TX_BANDWIDTH_L5 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L5" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L5" "nvlink_tx_throughput_link5" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 5, transmitted: a rate, in 1000 KiB/s";
    831 NVLINK_TX_BANDWIDTH_L6 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L6" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L6" "nvlink_tx_throughput_link6" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 6, transmitted: a rate, in 1000 KiB/s";
    832 NVLINK_TX_BANDWIDTH_L7 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L7" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L7" "nvlink_tx_throughput_link7" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 7, transmitted: a rate, in 1000 KiB/s";
    833 NVLINK_TX_BANDWIDTH_L8 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L8" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L8" "nvlink_tx_throughput_link8" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 8, transmitted: a rate, in 1000 KiB/s";
    834 NVLINK_TX_BANDWIDTH_L9 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L9" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L9" "nvlink_tx_throughput_link9" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 9, transmitted: a rate, in 1000 KiB/s";
    835 NVLINK_TX_BANDWIDTH_L10 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L10" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L10" "nvlink_tx_throughput_link10" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 10, transmitted: a rate, in 1000 KiB/s";
    836 NVLINK_TX_BANDWIDTH_L11 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L11" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L11" "nvlink_tx_throughput_link11" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 11, transmitted: a rate, in 1000 KiB/s";
    837 NVLINK_TX_BANDWIDTH_L12 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L12" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L12" "nvlink_tx_throughput_link12" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 12, transmitted: a rate, in 1000 KiB/s";
    838 NVLINK_TX_BANDWIDTH_L13 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L13" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L13" "nvlink_tx_throughput_link13" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 13, transmitted: a rate, in 1000 KiB/s";
    839 NVLINK_TX_BANDWIDTH_L14 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L14" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L14" "nvlink_tx_throughput_link14" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 14, transmitted: a rate, in 1000 KiB/s";
    840 NVLINK_TX_BANDWIDTH_L15 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L15" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L15" "nvlink_tx_throughput_link15" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 15, transmitted: a rate, in 1000 KiB/s";
    841 NVLINK_TX_BANDWIDTH_L16 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L16" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L16" "nvlink_tx_throughput_link16" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 16, transmitted: a rate, in 1000 KiB/s";
    842 NVLINK_TX_BANDWIDTH_L17 "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L17" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L17" "nvlink_tx_throughput_link17" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 17, transmitted: a rate, in 1000 KiB/s";
    843 NVLINK_TX_BANDWIDTH_TOTAL "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_TOTAL" "DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_TOTAL" "nvlink_tx_throughput_total" Int "MB/s" GPU Gauge "4.1.0" "Throughput of all NVLinks, transmitted: a rate, in 1000 KiB/s";
    856 NVSWITCH_FATAL_ERRORS "DCGM_FI_DEV_SXID_FATAL_ERROR" "DCGM_FI_DEV_NVSWITCH_FATAL_ERRORS" "nvswitch_fatal_error" Int "sxid code" SWITCH Event "3.3.5" "Fatal SXid errors: each sample is one, with its number as the value";
    857 NVSWITCH_NON_FATAL_ERRORS "DCGM_FI_DEV_SXID_NON_FATAL_ERROR" "DCGM_FI_DEV_NVSWITCH_NON_FATAL_ERRORS" "nvswitch_non_fatal_error" Int "sxid code" SWITCH Event "3.3.5" "Non-fatal SXid errors: each sample is one, with its number as the value";
    858 NVSWITCH_TEMPERATURE_CURRENT "DCGM_FI_DEV_NVSWITCH_TEMP_CELSIUS" "DCGM_FI_DEV_NVSWITCH_TEMPERATURE_CURRENT" "nvswitch_current_temperature" Int "Cel" SWITCH Gauge "3.3.5" "Temperature of the NVSwitch";
    859 NVSWITCH_TEMPERATURE_LIMIT_SLOWDOWN "DCGM_FI_DEV_NVSWITCH_TEMP_SLOWDOWN_CELSIUS" "DCGM_FI_DEV_NVSWITCH_TEMPERATURE_LIMIT_SLOWDOWN" "nvswitch_slowdown_temperature" Int "Cel" SWITCH Gauge "3.3.5" "Temperature at which the NVSwitch slows down";
    860 NVSWITCH_TEMPERATURE_LIMIT_SHUTDOWN "DCGM_FI_DEV_NVSWITCH_TEMP_SHUTDOWN_CELSIUS" "DCGM_FI_DEV_NVSWITCH_TEMPERATURE_LIMIT_SHUTDOWN" "nvswitch_shutdown_temperature" Int "Cel" SWITCH Gauge "3.3.5" "Temperature at which the NVSwitch shuts down";
    861 NVSWITCH_THROUGHPUT_TX "DCGM_FI_DEV_NVSWITCH_THROUGHPUT_TX" = "nvswitch_throughput_tx" Int "" SWITCH Counter "3.3.5" "Throughput counter of the NVSwitch, transmitted, as the vendor library reports it";
    862 NVSWITCH_THROUGHPUT_RX "DCGM_FI_DEV_NVSWITCH_THROUGHPUT_RX" = "nvswitch_throughput_rx" Int "" SWITCH Counter "3.3.5" "Throughput counter of the NVSwitch, received, as the vendor library reports it";
    863 NVSWITCH_PHYS_ID "DCGM_FI_DEV_NVSWITCH_PHYSICAL_ID" "DCGM_FI_DEV_NVSWITCH_PHYS_ID" "nvswitch_physical_id" Int "id/enum" SWITCH Info "3.3.5" "Physical id of the NVSwitch";
    864 NVSWITCH_RESET_REQUIRED "DCGM_FI_DEV_NVSWITCH_RESET_REQUIRED" = "nvswitch_reset_required" Int "bool/enum" SWITCH State "3.3.5" "Set if the NVSwitch needs a reset";
    865 NVSWITCH_LINK_ID "DCGM_FI_DEV_NVSWITCH_LINK_ID" = "nvlink_id" Int "id/enum" LINK Info "3.3.5" "Id of the NVSwitch port";
    866 NVSWITCH_PCIE_DOMAIN "DCGM_FI_DEV_NVSWITCH_PCIE_DOMAIN" = "nvswitch_pcie_dom" Int "pci address part" SWITCH Info "3.3.5" "PCI domain of the NVSwitch";
    867 NVSWITCH_PCIE_BUS "DCGM_FI_DEV_NVSWITCH_PCIE_BUS" = "nvswitch_pcie_bus" Int "pci address part" SWITCH Info "3.3.5" "PCI bus of the NVSwitch";
    868 NVSWITCH_PCIE_DEVICE "DCGM_FI_DEV_NVSWITCH_PCIE_DEVICE" = "nvswitch_pcie_dev" Int "pci address part" SWITCH Info "3.3.5" "PCI device number of the NVSwitch";
    869 NVSWITCH_PCIE_FUNCTION "DCGM_FI_DEV_NVSWITCH_PCIE_FUNCTION" = "nvswitch_pcie_fun" Int "pci address part" SWITCH Info "3.3.5" "PCI function of the NVSwitch";
    870 NVSWITCH_LINK_STATUS "DCGM_FI_DEV_NVSWITCH_LINK_STATUS" = "nvswitch_nvlink_status" Int "enum" LINK State "3.3.5" "State of the NVSwitch port";
    871 NVSWITCH_LINK_TYPE "DCGM_FI_DEV_NVSWITCH_LINK_TYPE" = "nvswitch_nvlink_dev_type" Int "enum" LINK State "3.3.5" "Type of the NVSwitch port";
    872 NVSWITCH_LINK_REMOTE_PCIE_DOMAIN "DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_DOMAIN" = "link_pcie_remote_dom" Int "pci address part" LINK Info "3.3.5" "PCI domain of the remote device";
    873 NVSWITCH_LINK_REMOTE_PCIE_BUS "DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_BUS" = "link_pcie_remote_bus" Int "pci address part" LINK Info "3.3.5" "PCI bus of the remote device";
    874 NVSWITCH_LINK_REMOTE_PCIE_DEVICE "DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_DEVICE" = "link_pcie_remote_dev" Int "pci address part" LINK Info "3.3.5" "PCI device number of the remote device";
    875 NVSWITCH_LINK_REMOTE_PCIE_FUNCTION "DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_FUNCTION" = "link_pcie_remote_func" Int "pci address part" LINK Info "3.3.5" "PCI function of the remote device";
    876 NVSWITCH_LINK_DEVICE_LINK_ID "DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_LINK_ID" "DCGM_FI_DEV_NVSWITCH_LINK_DEVICE_LINK_ID" "link_dev_link_id" Int "id/enum" LINK Info "3.3.5" "Id of the link on the remote device";
    877 NVSWITCH_LINK_DEVICE_LINK_SID "DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_LINK_SID" "DCGM_FI_DEV_NVSWITCH_LINK_DEVICE_LINK_SID" "link_dev_link_sid" Text "" LINK Info "3.3.5" "System id of the link on the remote device";
    878 NVSWITCH_LINK_DEVICE_UUID "DCGM_FI_DEV_NVSWITCH_UUID" "DCGM_FI_DEV_NVSWITCH_LINK_DEVICE_UUID" "link_dev_uuid" Text "" LINK Info "3.3.5" "UUID of the NVSwitch";
    879 NVLINK_RX_BANDWIDTH_L0 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L0" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L0" "nvlink_rx_throughput_link0" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 0, received: a rate, in 1000 KiB/s";
    880 NVLINK_RX_BANDWIDTH_L1 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L1" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L1" "nvlink_rx_throughput_link1" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 1, received: a rate, in 1000 KiB/s";
    881 NVLINK_RX_BANDWIDTH_L2 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L2" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L2" "nvlink_rx_throughput_link2" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 2, received: a rate, in 1000 KiB/s";
    882 NVLINK_RX_BANDWIDTH_L3 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L3" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L3" "nvlink_rx_throughput_link3" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 3, received: a rate, in 1000 KiB/s";
    883 NVLINK_RX_BANDWIDTH_L4 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L4" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L4" "nvlink_rx_throughput_link4" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 4, received: a rate, in 1000 KiB/s";
    884 NVLINK_RX_BANDWIDTH_L5 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L5" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L5" "nvlink_rx_throughput_link5" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 5, received: a rate, in 1000 KiB/s";
    885 NVLINK_RX_BANDWIDTH_L6 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L6" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L6" "nvlink_rx_throughput_link6" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 6, received: a rate, in 1000 KiB/s";
    886 NVLINK_RX_BANDWIDTH_L7 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L7" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L7" "nvlink_rx_throughput_link7" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 7, received: a rate, in 1000 KiB/s";
    887 NVLINK_RX_BANDWIDTH_L8 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L8" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L8" "nvlink_rx_throughput_link8" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 8, received: a rate, in 1000 KiB/s";
    888 NVLINK_RX_BANDWIDTH_L9 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L9" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L9" "nvlink_rx_throughput_link9" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 9, received: a rate, in 1000 KiB/s";
    889 NVLINK_RX_BANDWIDTH_L10 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L10" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L10" "nvlink_rx_throughput_link10" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 10, received: a rate, in 1000 KiB/s";
    890 NVLINK_RX_BANDWIDTH_L11 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L11" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L11" "nvlink_rx_throughput_link11" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 11, received: a rate, in 1000 KiB/s";
    891 NVLINK_RX_BANDWIDTH_L12 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L12" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L12" "nvlink_rx_throughput_link12" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 12, received: a rate, in 1000 KiB/s";
    892 NVLINK_RX_BANDWIDTH_L13 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L13" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L13" "nvlink_rx_throughput_link13" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 13, received: a rate, in 1000 KiB/s";
    893 NVLINK_RX_BANDWIDTH_L14 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L14" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L14" "nvlink_rx_throughput_link14" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 14, received: a rate, in 1000 KiB/s";
    894 NVLINK_RX_BANDWIDTH_L15 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L15" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L15" "nvlink_rx_throughput_link15" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 15, received: a rate, in 1000 KiB/s";
    895 NVLINK_RX_BANDWIDTH_L16 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L16" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L16" "nvlink_rx_throughput_link16" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 16, received: a rate, in 1000 KiB/s";
    896 NVLINK_RX_BANDWIDTH_L17 "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L17" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L17" "nvlink_rx_throughput_link17" Int "MB/s" GPU Gauge "4.1.0" "Throughput of NVLink 17, received: a rate, in 1000 KiB/s";
    897 NVLINK_RX_BANDWIDTH_TOTAL "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_TOTAL" "DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_TOTAL" "nvlink_rx_throughput_total" Int "MB/s" GPU Gauge "4.1.0" "Throughput of all NVLinks, received: a rate, in 1000 KiB/s";
    1001 PROF_GR_ENGINE_ACTIVE "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO" "DCGM_FI_PROF_GR_ENGINE_ACTIVE" "gr_engine_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of time in which the graphics or compute engine was active";
    1002 PROF_SM_ACTIVE "DCGM_FI_PROF_SM_UTIL_RATIO" "DCGM_FI_PROF_SM_ACTIVE" "sm_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of time in which an SM had a warp assigned, averaged over the SMs";
    1003 PROF_SM_OCCUPANCY "DCGM_FI_PROF_SM_OCCUPANCY_RATIO" "DCGM_FI_PROF_SM_OCCUPANCY" "sm_occupancy" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Resident warps relative to the possible number, averaged over the SMs";
    1004 PROF_PIPE_TENSOR_ACTIVE "DCGM_FI_PROF_TENSOR_UTIL_RATIO" "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE" "tensor_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the tensor pipe was active";
    1005 PROF_DRAM_ACTIVE "DCGM_FI_PROF_DRAM_UTIL_RATIO" "DCGM_FI_PROF_DRAM_ACTIVE" "dram_active" Double "ratio" GPU_INSTANCE Gauge "3.3.5" "Share of cycles in which the device memory interface was active";
    1006 PROF_PIPE_FP64_ACTIVE "DCGM_FI_PROF_FP64_UTIL_RATIO" "DCGM_FI_PROF_PIPE_FP64_ACTIVE" "fp64_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the FP64 pipe was active";
    1007 PROF_PIPE_FP32_ACTIVE "DCGM_FI_PROF_FP32_UTIL_RATIO" "DCGM_FI_PROF_PIPE_FP32_ACTIVE" "fp32_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the FP32 pipe was active";
    1008 PROF_PIPE_FP16_ACTIVE "DCGM_FI_PROF_FP16_UTIL_RATIO" "DCGM_FI_PROF_PIPE_FP16_ACTIVE" "fp16_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the FP16 pipe was active";
    1009 PROF_PCIE_TX_BYTES "DCGM_FI_PROF_PCIE_TX_BYTES" = "pcie_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "PCIe bytes transmitted per second, averaged over the interval: a rate and not a total";
    1010 PROF_PCIE_RX_BYTES "DCGM_FI_PROF_PCIE_RX_BYTES" = "pcie_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "PCIe bytes received per second, averaged over the interval: a rate and not a total";
    1011 PROF_NVLINK_TX_BYTES "DCGM_FI_PROF_NVLINK_TX_BYTES" = "nvlink_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "NVLink bytes transmitted per second, averaged over the interval: a rate and not a total";
    1012 PROF_NVLINK_RX_BYTES "DCGM_FI_PROF_NVLINK_RX_BYTES" = "nvlink_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "NVLink bytes received per second, averaged over the interval: a rate and not a total";
    1013 PROF_PIPE_TENSOR_IMMA_ACTIVE "DCGM_FI_PROF_IMMA_UTIL_RATIO" "DCGM_FI_PROF_PIPE_TENSOR_IMMA_ACTIVE" "tensor_imma_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the tensor pipe executed IMMA instructions";
    1014 PROF_PIPE_TENSOR_HMMA_ACTIVE "DCGM_FI_PROF_HMMA_UTIL_RATIO" "DCGM_FI_PROF_PIPE_TENSOR_HMMA_ACTIVE" "tensor_hmma_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the tensor pipe executed HMMA instructions";
    1015 PROF_PIPE_TENSOR_DFMA_ACTIVE "DCGM_FI_PROF_DFMA_UTIL_RATIO" "DCGM_FI_PROF_PIPE_TENSOR_DFMA_ACTIVE" "tensor_dfma_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the tensor pipe executed DFMA instructions";
    1016 PROF_PIPE_INT_ACTIVE "DCGM_FI_PROF_INT_UTIL_RATIO" "DCGM_FI_PROF_PIPE_INT_ACTIVE" "integer_active" Double "ratio" COMPUTE_INSTANCE Gauge "3.3.5" "Share of cycles in which the integer pipe was active";
    1017 PROF_NVDEC0_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_0_RATIO" "DCGM_FI_PROF_NVDEC0_ACTIVE" "nvdec0_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 0 was active";
    1018 PROF_NVDEC1_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_1_RATIO" "DCGM_FI_PROF_NVDEC1_ACTIVE" "nvdec1_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 1 was active";
    1019 PROF_NVDEC2_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_2_RATIO" "DCGM_FI_PROF_NVDEC2_ACTIVE" "nvdec2_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 2 was active";
    1020 PROF_NVDEC3_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_3_RATIO" "DCGM_FI_PROF_NVDEC3_ACTIVE" "nvdec3_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 3 was active";
    1021 PROF_NVDEC4_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_4_RATIO" "DCGM_FI_PROF_NVDEC4_ACTIVE" "nvdec4_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 4 was active";
    1022 PROF_NVDEC5_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_5_RATIO" "DCGM_FI_PROF_NVDEC5_ACTIVE" "nvdec5_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 5 was active";
    1023 PROF_NVDEC6_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_6_RATIO" "DCGM_FI_PROF_NVDEC6_ACTIVE" "nvdec6_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 6 was active";
    1024 PROF_NVDEC7_ACTIVE "DCGM_FI_PROF_NVDEC_UTIL_7_RATIO" "DCGM_FI_PROF_NVDEC7_ACTIVE" "nvdec7_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which video decoder 7 was active";
    1025 PROF_NVJPG0_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_0_RATIO" "DCGM_FI_PROF_NVJPG0_ACTIVE" "nvjpg0_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 0 was active";
    1026 PROF_NVJPG1_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_1_RATIO" "DCGM_FI_PROF_NVJPG1_ACTIVE" "nvjpg1_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 1 was active";
    1027 PROF_NVJPG2_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_2_RATIO" "DCGM_FI_PROF_NVJPG2_ACTIVE" "nvjpg2_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 2 was active";
    1028 PROF_NVJPG3_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_3_RATIO" "DCGM_FI_PROF_NVJPG3_ACTIVE" "nvjpg3_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 3 was active";
    1029 PROF_NVJPG4_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_4_RATIO" "DCGM_FI_PROF_NVJPG4_ACTIVE" "nvjpg4_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 4 was active";
    1030 PROF_NVJPG5_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_5_RATIO" "DCGM_FI_PROF_NVJPG5_ACTIVE" "nvjpg5_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 5 was active";
    1031 PROF_NVJPG6_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_6_RATIO" "DCGM_FI_PROF_NVJPG6_ACTIVE" "nvjpg6_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 6 was active";
    1032 PROF_NVJPG7_ACTIVE "DCGM_FI_PROF_NVJPG_UTIL_7_RATIO" "DCGM_FI_PROF_NVJPG7_ACTIVE" "nvjpg7_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which JPEG decoder 7 was active";
    1033 PROF_NVOFA0_ACTIVE "DCGM_FI_PROF_NVOFA_UTIL_0_RATIO" "DCGM_FI_PROF_NVOFA0_ACTIVE" "nvofa0_active" Double "ratio" GPU Gauge "3.3.5" "Share of time in which optical flow accelerator 0 was active";
    1034 PROF_NVOFA1_ACTIVE "DCGM_FI_PROF_NVOFA_UTIL_1_RATIO" "DCGM_FI_PROF_NVOFA1_ACTIVE" "nvofa1_active" Double "ratio" GPU Gauge "4.0.0" "Share of time in which optical flow accelerator 1 was active";
    1040 PROF_NVLINK_L0_TX_BYTES "DCGM_FI_PROF_NVLINK_L0_TX_BYTES" = "nvlink_l0_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 0 per second: a rate and not a total";
    1041 PROF_NVLINK_L0_RX_BYTES "DCGM_FI_PROF_NVLINK_L0_RX_BYTES" = "nvlink_l0_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 0 per second: a rate and not a total";
    1042 PROF_NVLINK_L1_TX_BYTES "DCGM_FI_PROF_NVLINK_L1_TX_BYTES" = "nvlink_l1_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 1 per second: a rate and not a total";
    1043 PROF_NVLINK_L1_RX_BYTES "DCGM_FI_PROF_NVLINK_L1_RX_BYTES" = "nvlink_l1_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 1 per second: a rate and not a total";
    1044 PROF_NVLINK_L2_TX_BYTES "DCGM_FI_PROF_NVLINK_L2_TX_BYTES" = "nvlink_l2_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 2 per second: a rate and not a total";
    1045 PROF_NVLINK_L2_RX_BYTES "DCGM_FI_PROF_NVLINK_L2_RX_BYTES" = "nvlink_l2_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 2 per second: a rate and not a total";
    1046 PROF_NVLINK_L3_TX_BYTES "DCGM_FI_PROF_NVLINK_L3_TX_BYTES" = "nvlink_l3_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 3 per second: a rate and not a total";
    1047 PROF_NVLINK_L3_RX_BYTES "DCGM_FI_PROF_NVLINK_L3_RX_BYTES" = "nvlink_l3_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 3 per second: a rate and not a total";
    1048 PROF_NVLINK_L4_TX_BYTES "DCGM_FI_PROF_NVLINK_L4_TX_BYTES" = "nvlink_l4_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 4 per second: a rate and not a total";
    1049 PROF_NVLINK_L4_RX_BYTES "DCGM_FI_PROF_NVLINK_L4_RX_BYTES" = "nvlink_l4_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 4 per second: a rate and not a total";
    1050 PROF_NVLINK_L5_TX_BYTES "DCGM_FI_PROF_NVLINK_L5_TX_BYTES" = "nvlink_l5_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 5 per second: a rate and not a total";
    1051 PROF_NVLINK_L5_RX_BYTES "DCGM_FI_PROF_NVLINK_L5_RX_BYTES" = "nvlink_l5_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 5 per second: a rate and not a total";
    1052 PROF_NVLINK_L6_TX_BYTES "DCGM_FI_PROF_NVLINK_L6_TX_BYTES" = "nvlink_l6_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 6 per second: a rate and not a total";
    1053 PROF_NVLINK_L6_RX_BYTES "DCGM_FI_PROF_NVLINK_L6_RX_BYTES" = "nvlink_l6_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 6 per second: a rate and not a total";
    1054 PROF_NVLINK_L7_TX_BYTES "DCGM_FI_PROF_NVLINK_L7_TX_BYTES" = "nvlink_l7_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 7 per second: a rate and not a total";
    1055 PROF_NVLINK_L7_RX_BYTES "DCGM_FI_PROF_NVLINK_L7_RX_BYTES" = "nvlink_l7_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 7 per second: a rate and not a total";
    1056 PROF_NVLINK_L8_TX_BYTES "DCGM_FI_PROF_NVLINK_L8_TX_BYTES" = "nvlink_l8_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 8 per second: a rate and not a total";
    1057 PROF_NVLINK_L8_RX_BYTES "DCGM_FI_PROF_NVLINK_L8_RX_BYTES" = "nvlink_l8_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 8 per second: a rate and not a total";
    1058 PROF_NVLINK_L9_TX_BYTES "DCGM_FI_PROF_NVLINK_L9_TX_BYTES" = "nvlink_l9_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 9 per second: a rate and not a total";
    1059 PROF_NVLINK_L9_RX_BYTES "DCGM_FI_PROF_NVLINK_L9_RX_BYTES" = "nvlink_l9_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 9 per second: a rate and not a total";
    1060 PROF_NVLINK_L10_TX_BYTES "DCGM_FI_PROF_NVLINK_L10_TX_BYTES" = "nvlink_l10_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 10 per second: a rate and not a total";
    1061 PROF_NVLINK_L10_RX_BYTES "DCGM_FI_PROF_NVLINK_L10_RX_BYTES" = "nvlink_l10_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 10 per second: a rate and not a total";
    1062 PROF_NVLINK_L11_TX_BYTES "DCGM_FI_PROF_NVLINK_L11_TX_BYTES" = "nvlink_l11_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 11 per second: a rate and not a total";
    1063 PROF_NVLINK_L11_RX_BYTES "DCGM_FI_PROF_NVLINK_L11_RX_BYTES" = "nvlink_l11_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 11 per second: a rate and not a total";
    1064 PROF_NVLINK_L12_TX_BYTES "DCGM_FI_PROF_NVLINK_L12_TX_BYTES" = "nvlink_l12_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 12 per second: a rate and not a total";
    1065 PROF_NVLINK_L12_RX_BYTES "DCGM_FI_PROF_NVLINK_L12_RX_BYTES" = "nvlink_l12_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 12 per second: a rate and not a total";
    1066 PROF_NVLINK_L13_TX_BYTES "DCGM_FI_PROF_NVLINK_L13_TX_BYTES" = "nvlink_l13_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 13 per second: a rate and not a total";
    1067 PROF_NVLINK_L13_RX_BYTES "DCGM_FI_PROF_NVLINK_L13_RX_BYTES" = "nvlink_l13_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 13 per second: a rate and not a total";
    1068 PROF_NVLINK_L14_TX_BYTES "DCGM_FI_PROF_NVLINK_L14_TX_BYTES" = "nvlink_l14_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 14 per second: a rate and not a total";
    1069 PROF_NVLINK_L14_RX_BYTES "DCGM_FI_PROF_NVLINK_L14_RX_BYTES" = "nvlink_l14_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 14 per second: a rate and not a total";
    1070 PROF_NVLINK_L15_TX_BYTES "DCGM_FI_PROF_NVLINK_L15_TX_BYTES" = "nvlink_l15_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 15 per second: a rate and not a total";
    1071 PROF_NVLINK_L15_RX_BYTES "DCGM_FI_PROF_NVLINK_L15_RX_BYTES" = "nvlink_l15_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 15 per second: a rate and not a total";
    1072 PROF_NVLINK_L16_TX_BYTES "DCGM_FI_PROF_NVLINK_L16_TX_BYTES" = "nvlink_l16_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 16 per second: a rate and not a total";
    1073 PROF_NVLINK_L16_RX_BYTES "DCGM_FI_PROF_NVLINK_L16_RX_BYTES" = "nvlink_l16_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 16 per second: a rate and not a total";
    1074 PROF_NVLINK_L17_TX_BYTES "DCGM_FI_PROF_NVLINK_L17_TX_BYTES" = "nvlink_l17_tx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes transmitted by NVLink 17 per second: a rate and not a total";
    1075 PROF_NVLINK_L17_RX_BYTES "DCGM_FI_PROF_NVLINK_L17_RX_BYTES" = "nvlink_l17_rx_bytes" Int "By/s" GPU Gauge "3.3.5" "Bytes received by NVLink 17 per second: a rate and not a total";
    1076 PROF_C2C_TX_ALL_BYTES "DCGM_FI_PROF_C2C_TX_ALL_BYTES" = "c2c_tx_all_bytes" Int "By/s" GPU Gauge "4.1.0" "C2C bytes transmitted per second, with overhead: a rate and not a total";
    1077 PROF_C2C_TX_DATA_BYTES "DCGM_FI_PROF_C2C_TX_DATA_BYTES" = "c2c_tx_data_bytes" Int "By/s" GPU Gauge "4.1.0" "C2C bytes transmitted per second, data only: a rate and not a total";
    1078 PROF_C2C_RX_ALL_BYTES "DCGM_FI_PROF_C2C_RX_ALL_BYTES" = "c2c_rx_all_bytes" Int "By/s" GPU Gauge "4.1.0" "C2C bytes received per second, with overhead: a rate and not a total";
    1079 PROF_C2C_RX_DATA_BYTES "DCGM_FI_PROF_C2C_RX_DATA_BYTES" = "c2c_rx_data_bytes" Int "By/s" GPU Gauge "4.1.0" "C2C bytes received per second, data only: a rate and not a total";
    1080 PROF_HOSTMEM_CACHE_HIT "DCGM_FI_PROF_HOSTMEM_CACHE_HIT" = "hostmem_cache_hit" Int "" GPU Gauge "4.4.1" "Cache hits of accesses to host memory, in percent";
    1081 PROF_HOSTMEM_CACHE_MISS "DCGM_FI_PROF_HOSTMEM_CACHE_MISS" = "hostmem_cache_miss" Int "" GPU Gauge "4.4.1" "Cache misses of accesses to host memory, in percent";
    1082 PROF_PEERMEM_CACHE_HIT "DCGM_FI_PROF_PEERMEM_CACHE_HIT" = "peermem_cache_hit" Int "" GPU Gauge "4.4.1" "Cache hits of accesses to peer memory, in percent";
    1083 PROF_PEERMEM_CACHE_MISS "DCGM_FI_PROF_PEERMEM_CACHE_MISS" = "peermem_cache_miss" Int "" GPU Gauge "4.4.1" "Cache misses of accesses to peer memory, in percent";
    1084 PROF_SM_CYCLES_ELAPSED_TOTAL "DCGM_FI_PROF_SM_CYCLES_ELAPSED_TOTAL" = "sm_cycles_elapsed" Int "cycles" GPU Counter "4.6.0" "SM cycles elapsed";
    1085 PROF_SM_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_SM_CYCLES_ACTIVE_TOTAL" = "sm_cycles_active" Int "cycles" GPU Counter "4.6.0" "SM cycles in which a warp was assigned";
    1086 PROF_MMA_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_MMA_CYCLES_ACTIVE_TOTAL" = "mma_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the tensor pipe was active";
    1087 PROF_DMMA_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_DMMA_CYCLES_ACTIVE_TOTAL" = "dmma_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the tensor pipe executed DMMA instructions";
    1088 PROF_HMMA_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_HMMA_CYCLES_ACTIVE_TOTAL" = "hmma_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the tensor pipe executed HMMA instructions";
    1089 PROF_IMMA_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_IMMA_CYCLES_ACTIVE_TOTAL" = "imma_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the tensor pipe executed IMMA instructions";
    1090 PROF_DFMA_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_DFMA_CYCLES_ACTIVE_TOTAL" = "dfma_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the tensor pipe executed DFMA instructions";
    1091 PROF_PCIE_TX_BYTES_TOTAL "DCGM_FI_PROF_PCIE_TX_BYTES_TOTAL" = "pcie_tx_bytes_total" Int "By" GPU Counter "4.6.0" "PCIe bytes transmitted";
    1092 PROF_PCIE_RX_BYTES_TOTAL "DCGM_FI_PROF_PCIE_RX_BYTES_TOTAL" = "pcie_rx_bytes_total" Int "By" GPU Counter "4.6.0" "PCIe bytes received";
    1093 PROF_INT_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_INT_CYCLES_ACTIVE_TOTAL" = "integer_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the integer pipe was active";
    1094 PROF_FP64_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_FP64_CYCLES_ACTIVE_TOTAL" = "fp64_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the FP64 pipe was active";
    1095 PROF_FP32_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_FP32_CYCLES_ACTIVE_TOTAL" = "fp32_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the FP32 pipe was active";
    1096 PROF_FP16_CYCLES_ACTIVE_TOTAL "DCGM_FI_PROF_FP16_CYCLES_ACTIVE_TOTAL" = "fp16_cycles_active" Int "cycles" GPU Counter "4.6.0" "Cycles in which the FP16 pipe was active";
    1100 CPU_UTIL_TOTAL "DCGM_FI_DEV_CPU_UTIL_TOTAL" = "cpu_utilization_total" Double "ratio" CPU_CORE Gauge "3.3.5" "Share of time in which the core was busy";
    1101 CPU_UTIL_USER "DCGM_FI_DEV_CPU_UTIL_USER" = "cpu_utilization_user" Double "ratio" CPU_CORE Gauge "3.3.5" "Share of time that the core spent in user mode";
    1102 CPU_UTIL_NICE "DCGM_FI_DEV_CPU_UTIL_NICE" = "cpu_utilization_nice" Double "ratio" CPU_CORE Gauge "3.3.5" "Share of time that the core spent on low-priority processes";
    1103 CPU_UTIL_SYS "DCGM_FI_DEV_CPU_UTIL_SYS" = "cpu_utilization_sys" Double "ratio" CPU_CORE Gauge "3.3.5" "Share of time that the core spent in the kernel";
    1104 CPU_UTIL_IRQ "DCGM_FI_DEV_CPU_UTIL_IRQ" = "cpu_utilization_irq" Double "ratio" CPU_CORE Gauge "3.3.5" "Share of time that the core spent on interrupts";
    1110 CPU_TEMP_CURRENT "DCGM_FI_DEV_CPU_TEMP_CELSIUS" "DCGM_FI_DEV_CPU_TEMP_CURRENT" "cpu_temp" Double "Cel" CPU Gauge "3.3.5" "Temperature of the CPU";
    1111 CPU_TEMP_WARNING "DCGM_FI_DEV_CPU_TEMP_WARNING_CELSIUS" "DCGM_FI_DEV_CPU_TEMP_WARNING" "cpu_temp_warn" Double "Cel" CPU Gauge "3.3.5" "Temperature at which the CPU warns";
    1112 CPU_TEMP_CRITICAL "DCGM_FI_DEV_CPU_TEMP_CRITICAL_CELSIUS" "DCGM_FI_DEV_CPU_TEMP_CRITICAL" "cpu_temp_crit" Double "Cel" CPU Gauge "3.3.5" "Critical temperature of the CPU";
    1120 CPU_CLOCK_CURRENT "DCGM_FI_DEV_CPU_CLOCK_CURRENT" = "cpu_clock" Int "kHz" CPU_CORE Gauge "3.3.5" "Clock frequency of the core";
    1130 CPU_POWER_UTIL_CURRENT "DCGM_FI_DEV_CPU_POWER_WATTS" "DCGM_FI_DEV_CPU_POWER_UTIL_CURRENT" "cpu_power_utilization" Double "W" CPU Gauge "3.3.5" "Power draw of the CPU";
    1131 CPU_POWER_LIMIT "DCGM_FI_DEV_CPU_POWER_LIMIT_WATTS" "DCGM_FI_DEV_CPU_POWER_LIMIT" "cpu_power_limit" Double "W" CPU Gauge "3.3.5" "Power limit of the CPU";
    1132 SYSIO_POWER_UTIL_CURRENT "DCGM_FI_DEV_SYSIO_POWER_UTIL_CURRENT" = "sysio_power_utilization" Double "W" CPU Gauge "3.3.9" "Power draw of the system I/O";
    1133 MODULE_POWER_UTIL_CURRENT "DCGM_FI_DEV_MODULE_POWER_UTIL_CURRENT" = "module_power_utilization" Double "W" CPU Gauge "3.3.9" "Power draw of the module";
    1140 CPU_VENDOR "DCGM_FI_DEV_CPU_VENDOR" = "cpu_vendor_name" Text "" CPU Info "3.3.5" "Vendor of the CPU";
    1141 CPU_MODEL "DCGM_FI_DEV_CPU_MODEL" = "cpu_model_name" Text "" CPU Info "3.3.5" "Model of the CPU";
    1200 NVLINK_COUNT_TX_PACKETS "DCGM_FI_DEV_NVLINK_TX_PACKET_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_TX_PACKETS" "nvlink_xmit_packets" Int "packets" GPU Counter "4.0.0" "NVLink packets transmitted";
    1201 NVLINK_COUNT_TX_BYTES "DCGM_FI_DEV_NVLINK_TX_BYTES_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_TX_BYTES" "nvlink_xmit_bytes" Int "By" GPU Counter "4.0.0" "NVLink bytes transmitted";
    1202 NVLINK_COUNT_RX_PACKETS "DCGM_FI_DEV_NVLINK_RX_PACKET_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_PACKETS" "nvlink_rcv_packets" Int "packets" GPU Counter "4.0.0" "NVLink packets received";
    1203 NVLINK_COUNT_RX_BYTES "DCGM_FI_DEV_NVLINK_RX_BYTES_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_BYTES" "nvlink_rcv_bytes" Int "By" GPU Counter "4.0.0" "NVLink bytes received";
    1204 NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS "DCGM_FI_DEV_NVLINK_RX_PACKET_MALFORMED_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS" "nvlink_malformed_packets_err" Int "1" GPU Counter "4.0.0" "Malformed NVLink packets received";
    1205 NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS "DCGM_FI_DEV_NVLINK_RX_PACKET_DROPPED_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS" "nvlink_buffer_overrun_err" Int "1" GPU Counter "4.0.0" "NVLink packets received and dropped";
    1206 NVLINK_COUNT_RX_ERRORS "DCGM_FI_DEV_NVLINK_RX_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_ERRORS" "nvlink_rcv_err" Int "1" GPU Counter "4.0.0" "NVLink packets received with errors of any kind";
    1207 NVLINK_COUNT_RX_REMOTE_ERRORS "DCGM_FI_DEV_NVLINK_RX_REMOTE_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_REMOTE_ERRORS" "nvlink_rcv_remote_err" Int "1" GPU Counter "4.0.0" "NVLink packets received with an error that the remote side marked";
    1208 NVLINK_COUNT_RX_GENERAL_ERRORS "DCGM_FI_DEV_NVLINK_RX_GENERAL_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_GENERAL_ERRORS" "nvlink_rcv_general_err" Int "1" GPU Counter "4.0.0" "NVLink packets received with a header or length error";
    1209 NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS "DCGM_FI_DEV_NVLINK_INTEGRITY_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS" "nvlink_rcv_local_link_integrity_err" Int "1" GPU Counter "4.0.0" "Integrity errors of the local NVLinks";
    1210 NVLINK_COUNT_TX_DISCARDS "DCGM_FI_DEV_NVLINK_COUNT_TX_DISCARDS" = "nvlink_xmit_discards" Int "1" GPU Counter "4.0.0" "NVLink packets discarded on transmission";
    1211 NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS "DCGM_FI_DEV_NVLINK_RECOVERY_SUCCESSFUL_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS" "nvlink_link_recovery_successful" Int "1" GPU Counter "4.0.0" "Successful NVLink recoveries";
    1212 NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS "DCGM_FI_DEV_NVLINK_RECOVERY_FAILED_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS" "nvlink_link_recovery_failed" Int "1" GPU Counter "4.0.0" "Failed NVLink recoveries";
    1213 NVLINK_COUNT_LINK_RECOVERY_EVENTS "DCGM_FI_DEV_NVLINK_RECOVERY_EVENT_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_EVENTS" "nvlink_link_recovery" Int "1" GPU Counter "4.0.0" "NVLink recoveries, successful or not";
    1214 NVLINK_COUNT_RX_SYMBOL_ERRORS "DCGM_FI_DEV_NVLINK_RX_SYMBOL_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_RX_SYMBOL_ERRORS" "nvlink_symbol_err" Int "1" GPU Counter "4.0.0" "NVLink symbol errors";
    1215 NVLINK_COUNT_SYMBOL_BER "DCGM_FI_DEV_NVLINK_SYMBOL_BER_RAW" "DCGM_FI_DEV_NVLINK_COUNT_SYMBOL_BER" "nvlink_symbol_ber" Int "encoded BER" GPU Gauge "4.0.0" "NVLink symbol bit error rate, in the encoding of the register";
    1216 NVLINK_COUNT_SYMBOL_BER_FLOAT "DCGM_FI_DEV_NVLINK_SYMBOL_BER_RATIO" "DCGM_FI_DEV_NVLINK_COUNT_SYMBOL_BER_FLOAT" "nvlink_symbol_ber_float" Double "ratio" GPU Gauge "4.2.3" "NVLink symbol bit error rate";
    1217 NVLINK_COUNT_EFFECTIVE_BER "DCGM_FI_DEV_NVLINK_EFFECTIVE_BER_RAW" "DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_BER" "nvlink_effective_ber" Int "encoded BER" GPU Gauge "4.2.3" "NVLink effective bit error rate, in the encoding of the register";
    1218 NVLINK_COUNT_EFFECTIVE_BER_FLOAT "DCGM_FI_DEV_NVLINK_EFFECTIVE_BER_RATIO" "DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_BER_FLOAT" "nvlink_effective_ber_float" Double "ratio" GPU Gauge "4.2.3" "NVLink effective bit error rate";
    1219 NVLINK_COUNT_EFFECTIVE_ERRORS "DCGM_FI_DEV_NVLINK_EFFECTIVE_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_ERRORS" "nvlink_effective_errors" Int "1" GPU Counter "4.2.3" "NVLink effective errors";
    1220 NVLINK_ECC_DATA_ERROR_COUNT_TOTAL "DCGM_FI_DEV_NVLINK_ECC_ERROR_TOTAL" "DCGM_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_TOTAL" "nvlink_ecc_data_error_count_total" Int "1" GPU Counter "4.5.0" "NVLink ECC errors";
    1300 CONNECTX_HEALTH "DCGM_FI_DEV_CONNECTX_HEALTH" = "cx_health" Int "enum" CONNECTX State "4.1.0" "Health of the adapter";
    1301 CONNECTX_ACTIVE_PCIE_LINK_WIDTH "DCGM_FI_DEV_CONNECTX_ACTIVE_PCIE_LINK_WIDTH" = "cx_active_pcie_link_width" Int "lanes" CONNECTX Gauge "4.1.0" "Current number of PCIe lanes of the adapter";
    1302 CONNECTX_ACTIVE_PCIE_LINK_SPEED "DCGM_FI_DEV_CONNECTX_ACTIVE_PCIE_LINK_SPEED" = "cx_active_pcie_link_speed" Int "" CONNECTX Gauge "4.1.0" "Current PCIe link speed of the adapter, as its library reports it";
    1303 CONNECTX_EXPECT_PCIE_LINK_WIDTH "DCGM_FI_DEV_CONNECTX_EXPECT_PCIE_LINK_WIDTH" = "connectx_expect_pcie_link_width" Int "lanes" CONNECTX Gauge "4.1.0" "Expected number of PCIe lanes of the adapter";
    1304 CONNECTX_EXPECT_PCIE_LINK_SPEED "DCGM_FI_DEV_CONNECTX_EXPECT_PCIE_LINK_SPEED" = "cx_expect_pcie_link_speed" Int "" CONNECTX Gauge "4.1.0" "Expected PCIe link speed of the adapter, as its library reports it";
    1305 CONNECTX_CORRECTABLE_ERR_STATUS "DCGM_FI_DEV_CONNECTX_CORRECTABLE_ERR_STATUS" = "cx_correctable_err_status" Int "bitmask" CONNECTX State "4.1.0" "Correctable PCIe errors of the adapter, as a bitmask";
    1306 CONNECTX_CORRECTABLE_ERR_MASK "DCGM_FI_DEV_CONNECTX_CORRECTABLE_ERR_MASK" = "cx_correctable_err_mask" Int "bitmask" CONNECTX State "4.1.0" "Mask of the correctable PCIe errors of the adapter";
    1307 CONNECTX_UNCORRECTABLE_ERR_STATUS "DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERROR_STATUS" "DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERR_STATUS" "cx_uncorrectable_err_status" Int "bitmask" CONNECTX State "4.1.0" "Uncorrectable PCIe errors of the adapter, as a bitmask";
    1308 CONNECTX_UNCORRECTABLE_ERR_MASK "DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERROR_MASK" "DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERR_MASK" "cx_uncorrectable_err_mask" Int "bitmask" CONNECTX State "4.1.0" "Mask of the uncorrectable PCIe errors of the adapter";
    1309 CONNECTX_UNCORRECTABLE_ERR_SEVERITY "DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERROR_SEVERITY" "DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERR_SEVERITY" "cx_uncorrectable_err_severity" Int "bitmask" CONNECTX State "4.1.0" "Severity of the uncorrectable PCIe errors of the adapter, as a bitmask";
    1310 CONNECTX_DEVICE_TEMPERATURE "DCGM_FI_DEV_CONNECTX_DEVICE_TEMPERATURE" = "cx_dev_temp" Double "Cel" CONNECTX Gauge "4.1.0" "Temperature of the adapter";
    1400 C2C_LINK_ERROR_INTR "DCGM_FI_DEV_C2C_LINK_ERROR_INTR" = "c2c_link_error_intr" Int "1" GPU Counter "4.2.3" "Errors of the C2C link that raised an interrupt";
    1401 C2C_LINK_ERROR_REPLAY "DCGM_FI_DEV_C2C_LINK_ERROR_REPLAY" = "c2c_link_error_replay" Int "1" GPU Counter "4.2.3" "Replays of the C2C link";
    1402 C2C_LINK_ERROR_REPLAY_B2B "DCGM_FI_DEV_C2C_LINK_ERROR_REPLAY_B2B" = "c2c_link_error_replay_b2b" Int "1" GPU Counter "4.2.3" "Back-to-back replays of the C2C link";
    1403 C2C_LINK_POWER_STATE "DCGM_FI_DEV_C2C_LINK_POWER_STATE" = "c2c_link_power_state" Int "enum" GPU State "4.2.3" "Power state of the C2C link";
    1404 NVLINK_COUNT_FEC_HISTORY_0 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_0" = "nvlink_fec_history_count0" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 0 symbols";
    1405 NVLINK_COUNT_FEC_HISTORY_1 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_1" = "nvlink_fec_history_count1" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 1 symbol";
    1406 NVLINK_COUNT_FEC_HISTORY_2 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_2" = "nvlink_fec_history_count2" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 2 symbols";
    1407 NVLINK_COUNT_FEC_HISTORY_3 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_3" = "nvlink_fec_history_count3" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 3 symbols";
    1408 NVLINK_COUNT_FEC_HISTORY_4 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_4" = "nvlink_fec_history_count4" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 4 symbols";
    1409 NVLINK_COUNT_FEC_HISTORY_5 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_5" = "nvlink_fec_history_count5" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 5 symbols";
    1410 NVLINK_COUNT_FEC_HISTORY_6 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_6" = "nvlink_fec_history_count6" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 6 symbols";
    1411 NVLINK_COUNT_FEC_HISTORY_7 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_7" = "nvlink_fec_history_count7" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 7 symbols";
    1412 NVLINK_COUNT_FEC_HISTORY_8 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_8" = "nvlink_fec_history_count8" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 8 symbols";
    1413 NVLINK_COUNT_FEC_HISTORY_9 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_9" = "nvlink_fec_history_count9" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 9 symbols";
    1414 NVLINK_COUNT_FEC_HISTORY_10 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_10" = "nvlink_fec_history_count10" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 10 symbols";
    1415 NVLINK_COUNT_FEC_HISTORY_11 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_11" = "nvlink_fec_history_count11" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 11 symbols";
    1416 NVLINK_COUNT_FEC_HISTORY_12 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_12" = "nvlink_fec_history_count12" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 12 symbols";
    1417 NVLINK_COUNT_FEC_HISTORY_13 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_13" = "nvlink_fec_history_count13" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 13 symbols";
    1418 NVLINK_COUNT_FEC_HISTORY_14 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_14" = "nvlink_fec_history_count14" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 14 symbols";
    1419 NVLINK_COUNT_FEC_HISTORY_15 "DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_15" = "nvlink_fec_history_count15" Int "1" GPU Counter "4.2.3" "NVLink codewords in which forward error correction repaired 15 symbols";
    1420 CLOCKS_EVENT_REASON_SW_POWER_CAP_NS "DCGM_FI_DEV_CLOCKS_EVENT_REASON_SW_POWER_CAP_NS" = "clocks_event_power_cap_ns" Int "ns" GPU Counter "4.2.3" "Time in which the clocks were reduced by the software power cap";
    1421 CLOCKS_EVENT_REASON_SYNC_BOOST_NS "DCGM_FI_DEV_CLOCKS_EVENT_REASON_SYNC_BOOST_NS" = "clocks_event_boost_ns" Int "ns" GPU Counter "4.2.3" "Time in which the clocks were reduced by sync boost";
    1422 CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS "DCGM_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS" = "clocks_event_sw_thermal_slowdown_ns" Int "ns" GPU Counter "4.2.3" "Time in which the clocks were reduced by software because of temperature";
    1423 CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS "DCGM_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS" = "clocks_event_hw_thermal_slowdown_ns" Int "ns" GPU Counter "4.2.3" "Time in which the clocks were reduced by hardware because of temperature";
    1424 CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS "DCGM_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS" = "clocks_event_power_brake_slowdown_ns" Int "ns" GPU Counter "4.2.3" "Time in which the clocks were reduced by the hardware power brake";
    1425 PWR_SMOOTHING_ENABLED "DCGM_FI_DEV_PWR_SMOOTHING_ENABLED" = "power_smoothing_enabled" Int "bool/enum" GPU State "4.4.1" "Set if power smoothing is enabled";
    1426 PWR_SMOOTHING_PRIV_LVL "DCGM_FI_DEV_PWR_SMOOTHING_PRIV_LVL" = "power_smoothing_priv_level" Int "level" GPU State "4.4.1" "Privilege level for power smoothing";
    1427 PWR_SMOOTHING_IMM_RAMP_DOWN_ENABLED "DCGM_FI_DEV_PWR_SMOOTHING_IMM_RAMP_DOWN_ENABLED" = "power_smoothing_imm_ramp_down_enabled" Int "bool/enum" GPU State "4.4.1" "Set if power smoothing may ramp down immediately";
    1428 PWR_SMOOTHING_APPLIED_TMP_CEIL "DCGM_FI_DEV_PWR_SMOOTHING_APPLIED_TMP_CEIL" = "power_smoothing_applied_tmp_ceil" Double "W" GPU Gauge "4.4.1" "Applied ceiling of the total module power";
    1429 PWR_SMOOTHING_APPLIED_TMP_FLOOR "DCGM_FI_DEV_PWR_SMOOTHING_APPLIED_TMP_FLOOR" = "power_smoothing_applied_tmp_floor" Double "W" GPU Gauge "4.4.1" "Applied floor of the total module power";
    1430 PWR_SMOOTHING_MAX_PERCENT_TMP_FLOOR_SETTING "DCGM_FI_DEV_PWR_SMOOTHING_MAX_PERCENT_TMP_FLOOR_SETTING" = "power_smoothing_max_percent_tmp_floor_setting" Double "%" GPU Gauge "4.4.1" "Highest setting of the floor of the total module power";
    1431 PWR_SMOOTHING_MIN_PERCENT_TMP_FLOOR_SETTING "DCGM_FI_DEV_PWR_SMOOTHING_MIN_PERCENT_TMP_FLOOR_SETTING" = "power_smoothing_min_percent_tmp_floor_setting" Double "%" GPU Gauge "4.4.1" "Lowest setting of the floor of the total module power";
    1432 PWR_SMOOTHING_HW_CIRCUITRY_PERCENT_LIFETIME_REMAINING "DCGM_FI_DEV_PWR_SMOOTHING_HW_CIRCUITRY_PERCENT_LIFETIME_REMAINING" = "power_smoothing_hw_circuitry_percent_lifetime_r" Double "%" GPU Gauge "4.4.1" "Remaining lifetime of the power smoothing circuitry";
    1433 PWR_SMOOTHING_MAX_NUM_PRESET_PROFILES "DCGM_FI_DEV_PWR_SMOOTHING_MAX_NUM_PRESET_PROFILES" = "power_smoothing_max_num_preset_profiles" Int "1" GPU Gauge "4.4.1" "Largest number of preset power smoothing profiles";
    1434 PWR_SMOOTHING_PROFILE_PERCENT_TMP_FLOOR "DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_PERCENT_TMP_FLOOR" = "power_smoothing_profile_percent_tmp_floor" Double "%" GPU Gauge "4.4.1" "Floor of the total module power in the active profile";
    1435 PWR_SMOOTHING_PROFILE_RAMP_UP_RATE "DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_RAMP_UP_RATE" = "power_smoothing_profile_ramp_up_rate" Double "mW/s" GPU Gauge "4.4.1" "Ramp-up rate of power in the active profile";
    1436 PWR_SMOOTHING_PROFILE_RAMP_DOWN_RATE "DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_RAMP_DOWN_RATE" = "power_smoothing_profile_ramp_down_rate" Double "mW/s" GPU Gauge "4.4.1" "Ramp-down rate of power in the active profile";
    1437 PWR_SMOOTHING_PROFILE_RAMP_DOWN_HYST_VAL "DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_RAMP_DOWN_HYST_VAL" = "power_smoothing_profile_ramp_down_hyst_val" Int "ms" GPU Gauge "4.4.1" "Hysteresis of the ramp-down in the active profile";
    1438 PWR_SMOOTHING_ACTIVE_PRESET_PROFILE "DCGM_FI_DEV_PWR_SMOOTHING_ACTIVE_PRESET_PROFILE" = "power_smoothing_active_preset_profile" Int "id/enum" GPU Info "4.4.1" "Active preset profile of power smoothing";
    1439 PWR_SMOOTHING_ADMIN_OVERRIDE_PERCENT_TMP_FLOOR "DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_PERCENT_TMP_FLOOR" = "power_smoothing_admin_override_percent_tmp_floo" Double "%" GPU Gauge "4.4.1" "Floor of the total module power that the administrator set";
    1440 PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_UP_RATE "DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_UP_RATE" = "power_smoothing_admin_override_ramp_up_rate" Double "mW/s" GPU Gauge "4.4.1" "Ramp-up rate of power that the administrator set";
    1441 PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_RATE "DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_RATE" = "power_smoothing_admin_override_ramp_down_rate" Double "mW/s" GPU Gauge "4.4.1" "Ramp-down rate of power that the administrator set";
    1442 PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_HYST_VAL "DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_HYST_VAL" = "power_smoothing_admin_override_ramp_down_hyst_v" Int "ms" GPU Gauge "4.4.1" "Hysteresis of the ramp-down that the administrator set";
    1501 PCIE_COUNT_CORRECTABLE_ERRORS "DCGM_FI_DEV_PCIE_CORRECTABLE_ERROR_TOTAL" "DCGM_FI_DEV_PCIE_COUNT_CORRECTABLE_ERRORS" "pcie_count_correctable_errors" Int "1" GPU Counter "4.4.2" "Correctable PCIe errors";
    1502 IMEX_DOMAIN_STATUS "DCGM_FI_IMEX_DOMAIN_STATUS" = "imex_domain_status" Text "" HOST Info "4.4.2" "Status of the IMEX domain";
    1503 IMEX_DAEMON_STATUS "DCGM_FI_IMEX_DAEMON_STATUS" = "imex_daemon_status" Int "enum" HOST State "4.4.2" "Status of the IMEX daemon";
    1507 MEMORY_UNREPAIRABLE_FLAG "DCGM_FI_DEV_MEMORY_UNREPAIRABLE" "DCGM_FI_DEV_MEMORY_UNREPAIRABLE_FLAG" "memory_unrepairable_flag" Int "bool/enum" GPU State "4.5.0" "Set if the memory cannot be repaired";
    1508 NVLINK_GET_STATE "DCGM_FI_DEV_NVLINK_GET_STATE" = "nvlink_state" Int "enum" LINK State "4.5.0" "State of the NVLink";
    1509 NVLINK_PPCNT_IBPC_PORT_XMIT_WAIT "DCGM_FI_DEV_NVLINK_PPCNT_IBPC_PORT_XMIT_WAIT" = "nvlink_ppcnt_ibpc_port_xmit_wait" Int "ticks" LINK Counter "4.5.0" "Ticks in which the port had data to send and could not";
    1523 GET_GPU_RECOVERY_ACTION "DCGM_FI_DEV_GPU_RECOVERY_ACTION" "DCGM_FI_DEV_GET_GPU_RECOVERY_ACTION" "gpu_recovery_action" Int "enum" GPU State "4.5.0" "Recommended action to recover the GPU";
    1524 NVSWITCH_FIRMWARE_VERSION "DCGM_FI_DEV_NVSWITCH_FIRMWARE_VERSION" = "nvswitch_firmware_version" Text "" SWITCH Info "4.6.0" "Firmware version of the NVSwitch";
    1525 NVLINK_CRC_FLIT_ERROR_PER_LINK_TOTAL "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_PER_LINK_TOTAL" = "nvlink_flit_crc_error_count_per_link" Int "1" LINK Counter "4.6.0" "CRC errors of flow control digits of the NVLink";
    1526 NVLINK_CRC_DATA_ERROR_PER_LINK_TOTAL "DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_PER_LINK_TOTAL" = "nvlink_data_crc_error_count_per_link" Int "1" LINK Counter "4.6.0" "CRC errors of data of the NVLink";
    1527 NVLINK_REPLAY_ERROR_PER_LINK_TOTAL "DCGM_FI_DEV_NVLINK_REPLAY_ERROR_PER_LINK_TOTAL" = "nvlink_replay_error_count_per_link" Int "1" LINK Counter "4.6.0" "Replay errors of the NVLink";
    1528 NVLINK_RECOVERY_ERROR_PER_LINK_TOTAL "DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_PER_LINK_TOTAL" = "nvlink_recovery_error_count_per_link" Int "1" LINK Counter "4.6.0" "Recovery errors of the NVLink";
    1529 NVLINK_THROUGHPUT_PER_LINK "DCGM_FI_DEV_NVLINK_THROUGHPUT_PER_LINK" = "nvlink_throughput_per_link" Int "MB/s" LINK Gauge "4.6.0" "Throughput of the NVLink, both directions: a rate, in 1000 KiB/s";
    1530 NVLINK_TX_THROUGHPUT_PER_LINK "DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_PER_LINK" = "nvlink_tx_throughput_per_link" Int "MB/s" LINK Gauge "4.6.0" "Throughput of the NVLink, transmitted: a rate, in 1000 KiB/s";
    1531 NVLINK_RX_THROUGHPUT_PER_LINK "DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_PER_LINK" = "nvlink_rx_throughput_per_link" Int "MB/s" LINK Gauge "4.6.0" "Throughput of the NVLink, received: a rate, in 1000 KiB/s";
    1532 PROF_NVLINK_TX_BYTES_PER_LINK "DCGM_FI_PROF_NVLINK_TX_BYTES_PER_LINK" = "nvlink_tx_bytes_per_link" Int "By/s" LINK Gauge "4.6.0" "Bytes transmitted by the NVLink per second: a rate and not a total";
    1533 PROF_NVLINK_RX_BYTES_PER_LINK "DCGM_FI_PROF_NVLINK_RX_BYTES_PER_LINK" = "nvlink_rx_bytes_per_link" Int "By/s" LINK Gauge "4.6.0" "Bytes received by the NVLink per second: a rate and not a total";
    1600 BAR1_CAPACITY_BYTES "DCGM_FI_DEV_BAR1_CAPACITY_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.6.1" "Size of the BAR1 memory";
    1601 BAR1_USED_BYTES "DCGM_FI_DEV_BAR1_USED_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.6.1" "BAR1 memory in use";
    1602 BAR1_FREE_BYTES "DCGM_FI_DEV_BAR1_FREE_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.6.1" "Free BAR1 memory";
    1603 SM_CLOCK_HERTZ "DCGM_FI_DEV_SM_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "SM clock frequency";
    1604 MEMORY_CLOCK_HERTZ "DCGM_FI_DEV_MEMORY_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "Memory clock frequency";
    1605 VIDEO_CLOCK_HERTZ "DCGM_FI_DEV_VIDEO_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "Video clock frequency";
    1606 SM_APP_CLOCK_HERTZ "DCGM_FI_DEV_SM_APP_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "SM clock that applications requested";
    1607 MEMORY_APP_CLOCK_HERTZ "DCGM_FI_DEV_MEMORY_APP_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "Memory clock that applications requested";
    1608 SM_MAX_CLOCK_HERTZ "DCGM_FI_DEV_SM_MAX_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "Highest possible SM clock frequency";
    1609 MEMORY_MAX_CLOCK_HERTZ "DCGM_FI_DEV_MEMORY_MAX_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "Highest possible memory clock frequency";
    1610 VIDEO_MAX_CLOCK_HERTZ "DCGM_FI_DEV_VIDEO_MAX_CLOCK_HERTZ" = "" Int "Hz" GPU Gauge "4.6.1" "Highest possible video clock frequency";
    1611 GPU_ENERGY_JOULES_TOTAL "DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL" = "" Double "J" GPU Counter "4.6.1" "Energy consumed";
    1612 FAN_SPEED_RATIO "DCGM_FI_DEV_FAN_SPEED_RATIO" = "" Double "ratio" GPU Gauge "4.6.1" "Fan speed, relative to the maximum";
    1613 GPU_UTIL_RATIO "DCGM_FI_DEV_GPU_UTIL_RATIO" = "" Double "ratio" GPU Gauge "4.7.0" "Share of time with a kernel running, 0 to 1";
    1614 MEMORY_UTIL_RATIO "DCGM_FI_DEV_MEMORY_UTIL_RATIO" = "" Double "ratio" GPU Gauge "4.7.0" "Share of time in which the memory was read or written, 0 to 1";
    1615 ENC_UTIL_RATIO "DCGM_FI_DEV_ENC_UTIL_RATIO" = "" Double "ratio" GPU Gauge "4.7.0" "Utilization of the video encoder, 0 to 1";
    1616 DEC_UTIL_RATIO "DCGM_FI_DEV_DEC_UTIL_RATIO" = "" Double "ratio" GPU Gauge "4.7.0" "Utilization of the video decoder, 0 to 1";
    1617 GPU_POWER_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_POWER_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were reduced by the power limit";
    1618 GPU_THERMAL_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_THERMAL_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were reduced by a thermal limit";
    1619 GPU_SYNC_BOOST_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_SYNC_BOOST_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were reduced by sync boost";
    1620 GPU_LIMIT_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_LIMIT_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were reduced by a limit of the board";
    1621 GPU_LOW_UTIL_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_LOW_UTIL_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were reduced because of low utilization";
    1622 GPU_RELIABILITY_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_RELIABILITY_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were reduced for reliability";
    1623 GPU_APP_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_APP_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were below the application clocks, for any reason";
    1624 GPU_BASE_THROTTLE_SECONDS_TOTAL "DCGM_FI_DEV_GPU_BASE_THROTTLE_SECONDS_TOTAL" = "" Double "s" GPU Counter "4.7.0" "Time in which the clocks were below the base clocks, for any reason";
    1625 FB_CAPACITY_BYTES "DCGM_FI_DEV_FB_CAPACITY_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.7.0" "Size of the frame buffer memory";
    1626 FB_FREE_BYTES "DCGM_FI_DEV_FB_FREE_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.7.0" "Free frame buffer memory";
    1627 FB_USED_BYTES "DCGM_FI_DEV_FB_USED_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.7.0" "Frame buffer memory in use";
    1628 FB_RESERVED_BYTES "DCGM_FI_DEV_FB_RESERVED_BYTES" = "" Int "By" COMPUTE_INSTANCE Gauge "4.7.0" "Frame buffer memory reserved by the system";
    1629 C2C_MAX_BANDWIDTH_BYTES_PER_SECOND "DCGM_FI_DEV_C2C_MAX_BANDWIDTH_BYTES_PER_SECOND" = "" Int "By/s" GPU Info "4.7.0" "Highest bandwidth of the C2C links";
    1630 NVLINK_THROUGHPUT_L0_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L0_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 0, both directions: a rate";
    1631 NVLINK_THROUGHPUT_L1_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L1_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 1, both directions: a rate";
    1632 NVLINK_THROUGHPUT_L2_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L2_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 2, both directions: a rate";
    1633 NVLINK_THROUGHPUT_L3_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L3_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 3, both directions: a rate";
    1634 NVLINK_THROUGHPUT_L4_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L4_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 4, both directions: a rate";
    1635 NVLINK_THROUGHPUT_L5_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L5_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 5, both directions: a rate";
    1636 NVLINK_THROUGHPUT_L6_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L6_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 6, both directions: a rate";
    1637 NVLINK_THROUGHPUT_L7_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L7_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 7, both directions: a rate";
    1638 NVLINK_THROUGHPUT_L8_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L8_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 8, both directions: a rate";
    1639 NVLINK_THROUGHPUT_L9_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L9_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 9, both directions: a rate";
    1640 NVLINK_THROUGHPUT_L10_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L10_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 10, both directions: a rate";
    1641 NVLINK_THROUGHPUT_L11_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L11_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 11, both directions: a rate";
    1642 NVLINK_THROUGHPUT_L12_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L12_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 12, both directions: a rate";
    1643 NVLINK_THROUGHPUT_L13_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L13_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 13, both directions: a rate";
    1644 NVLINK_THROUGHPUT_L14_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L14_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 14, both directions: a rate";
    1645 NVLINK_THROUGHPUT_L15_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L15_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 15, both directions: a rate";
    1646 NVLINK_THROUGHPUT_L16_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L16_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 16, both directions: a rate";
    1647 NVLINK_THROUGHPUT_L17_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_L17_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of NVLink 17, both directions: a rate";
    1648 NVLINK_THROUGHPUT_BYTES_PER_SECOND "DCGM_FI_DEV_NVLINK_THROUGHPUT_BYTES_PER_SECOND" = "" Int "By/s" GPU Gauge "4.7.0" "Throughput of all NVLinks, both directions: a rate";
    1649 VGPU_FB_USED_BYTES "DCGM_FI_DEV_VGPU_FB_USED_BYTES" = "" Int "By" VGPU Gauge "4.7.0" "Frame buffer memory in use by the vGPU";
    1650 NVLINK_PPCNT_RECOVERY_LAST_GAP_SECONDS "DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_LAST_GAP_SECONDS" = "" Double "s" LINK Gauge "4.7.0" "Time between the latest two link recoveries";
}
