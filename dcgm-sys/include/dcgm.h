/*
 * The public C ABI of NVIDIA Data Center GPU Manager (DCGM), as 4.6.0 has it, with what 3.3.9 has
 * otherwise, and what 4.6.1 and 4.7.0 add.
 *
 * Written from measured facts: names, numbers and layouts, checked on x86_64 and aarch64. It is not
 * NVIDIA's header, and holds none of its text. `src/bindings.rs` is made from this file; both are
 * checked against the tables under `tests/abi/`.
 *
 * Version words are literals (`sizeof | version << 24`), so that a layout that drifts is found by the
 * check and not hidden by it. Types whose name ends in `_3_3` or `_3_3_t` are the forms that 3.3 has
 * under a name that 4.x uses for something else. `unsigned long` is written as the fixed-width type that it
 * is on the platforms where DCGM exists.
 */
#ifndef DCGM_SYS_H
#define DCGM_SYS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Handles. Pointer-sized integers; what they hold is an id of the engine's, never an address. */
typedef uintptr_t dcgmHandle_t;
typedef uintptr_t dcgmGpuGrp_t;
typedef uintptr_t dcgmFieldGrp_t;
typedef uintptr_t dcgmStatus_t;
typedef uint64_t dcgmGpuTopologyLevel_t;
typedef unsigned int dcgm_connection_id_t;
typedef unsigned int dcgm_field_eid_t;
/* Blank values: a number or text that stands for the reason why there is none. */
#define DCGM_INT8_BLANK 112
#define DCGM_INT32_BLANK 0x7ffffff0
#define DCGM_INT64_BLANK 0x7ffffffffffffff0ll
#define DCGM_FP64_BLANK 140737488355328.0
#define DCGM_STR_BLANK "<<<NULL>>>"
#define DCGM_INT32_NOT_FOUND 0x7ffffff1
#define DCGM_INT64_NOT_FOUND 0x7ffffffffffffff1ll
#define DCGM_FP64_NOT_FOUND 140737488355329.0
#define DCGM_STR_NOT_FOUND "<<<NOT_FOUND>>>"
#define DCGM_INT32_NOT_SUPPORTED 0x7ffffff2
#define DCGM_INT64_NOT_SUPPORTED 0x7ffffffffffffff2ll
#define DCGM_FP64_NOT_SUPPORTED 140737488355330.0
#define DCGM_STR_NOT_SUPPORTED "<<<NOT_SUPPORTED>>>"
#define DCGM_INT32_NOT_PERMISSIONED 0x7ffffff3
#define DCGM_INT64_NOT_PERMISSIONED 0x7ffffffffffffff3ll
#define DCGM_FP64_NOT_PERMISSIONED 140737488355331.0
#define DCGM_STR_NOT_PERMISSIONED "<<<NOT_PERM>>>"

/* Field types. */
#define DCGM_FT_BINARY 'b'
#define DCGM_FT_DOUBLE 'd'
#define DCGM_FT_INT64 'i'
#define DCGM_FT_STRING 's'
#define DCGM_FT_TIMESTAMP 't'

/* Field scopes. */
#define DCGM_FS_GLOBAL 0
#define DCGM_FS_ENTITY 1
#define DCGM_FS_DEVICE 1

/* Groups that always exist. */
#define DCGM_GROUP_ALL_GPUS 0x7fffffff
#define DCGM_GROUP_ALL_NVSWITCHES 0x7ffffffe
#define DCGM_GROUP_ALL_INSTANCES 0x7ffffffd
#define DCGM_GROUP_ALL_COMPUTE_INSTANCES 0x7ffffffc
#define DCGM_GROUP_ALL_ENTITIES 0x7ffffffb
#define DCGM_GROUP_NULL 0x7ffffffa

/* Limits of groups and field groups. */
#define DCGM_MAX_NUM_GROUPS 64
#define DCGM_GROUP_MAX_ENTITIES_V1 64
#define DCGM_GROUP_MAX_ENTITIES_V2 1024
#define DCGM_MAX_NUM_FIELD_GROUPS 64
#define DCGM_MAX_FIELD_IDS_PER_FIELD_GROUP 128

/* Flags. */
#define DCGM_FV_FLAG_LIVE_DATA 1
#define DCGM_RUN_FLAGS_VERBOSE 1
#define DCGM_RUN_FLAGS_STATSONFAIL 2
#define DCGM_RUN_FLAGS_TRAIN 4
#define DCGM_RUN_FLAGS_FORCE_TRAIN 8
#define DCGM_RUN_FLAGS_FAIL_EARLY 16
#define DCGM_RUN_FLAGS_ENABLE_HEARTBEAT 32
#define DCGM_GEGE_FLAG_ONLY_SUPPORTED 1
#define DCGM_TOPO_HINT_F_NONE 0
#define DCGM_TOPO_HINT_F_IGNOREHEALTH 1
#define DCGM_SUMMARY_MIN 1
#define DCGM_SUMMARY_MAX 2
#define DCGM_SUMMARY_AVG 4
#define DCGM_SUMMARY_SUM 8
#define DCGM_SUMMARY_COUNT 16
#define DCGM_SUMMARY_INTEGRAL 32
#define DCGM_SUMMARY_DIFF 64
#define DCGM_SUMMARY_SIZE 7
#define DCGM_MIG_RECONFIG_DELAY_PROCESSING 1
#define DCGM_CMI_F_WATCHED 1

/* Maxima and lengths. */
#define DCGM_MAX_NUM_DEVICES 32
#define DCGM_NVLINK_MAX_LINKS_PER_GPU 36
#define DCGM_NVLINK_ERROR_COUNT 4
#define DCGM_NVLINK_MAX_LINKS_PER_GPU_LEGACY1 6
#define DCGM_NVLINK_MAX_LINKS_PER_GPU_LEGACY2 12
#define DCGM_NVLINK_MAX_LINKS_PER_GPU_LEGACY3 18
#define DCGM_MAX_NUM_SWITCHES 12
#define DCGM_MAX_XID_INFO 10
#define DCGM_NVLINK_MAX_LINKS_PER_NVSWITCH 256
#define DCGM_LANE_MAX_LANES_PER_NVSWICH_LINK 4
#define DCGM_MAX_VGPU_INSTANCES_PER_PGPU 32
#define DCGM_MAX_NUM_CPUS 8
#define DCGM_MAX_NUM_CPU_CORES 1024
#define DCGM_MAX_AGE_USEC_DEFAULT 30000000
#define DCGM_MAX_CLOCKS 256
#define DCGM_MAX_FBC_SESSIONS 256
#define DCGM_VGPU_NAME_BUFFER_SIZE 64
#define DCGM_GRID_LICENSE_BUFFER_SIZE 128
#define DCGM_MAX_INSTANCES_PER_GPU 8
#define DCGM_MAX_COMPUTE_INSTANCES_PER_GPU 8
#define DCGM_MAX_TOTAL_INSTANCES_PER_GPU 14
#define DCGM_MAX_HIERARCHY_INFO 448
#define DCGM_MAX_INSTANCES 256
#define DCGM_MAX_COMPUTE_INSTANCES 256
#define DCGM_CPU_CORE_BITMASK_COUNT_V1 16
#define DCGM_MAX_VGPU_TYPES_PER_PGPU 32
#define DCGM_DEVICE_UUID_BUFFER_SIZE 80
#define DCGM_POWER_PROFILE_ARRAY_SIZE 8
#define DCGM_POWER_PROFILE_MAX_NUM 255
#define DCGM_POLICY_COND_IDX_MAX 7
#define DCGM_POLICY_COND_MAX 7
#define DCGM_MAX_BLOB_LENGTH 4096
#define DCGM_HEALTH_WATCH_COUNT_V1 10
#define DCGM_HEALTH_WATCH_COUNT_V2 12
#define DCGM_HEALTH_WATCH_COUNT_V3 13
#define DCGM_ERR_MSG_LENGTH 512
#define DCGM_DIAG_AUX_DATA_LEN 2048
#define DCGM_DIAG_TEST_RUN_ERROR_INDICES_MAX 32
#define DCGM_DIAG_TEST_RUN_INFO_INDICES_MAX 16
#define DCGM_DIAG_TEST_RUN_INFO_INDICES_MAX_V2 128
#define DCGM_DIAG_TEST_RUN_RESULTS_MAX 1024
#define DCGM_DIAG_TEST_RUN_NAME_LEN 32
#define DCGM_DEVICE_ID_LEN 5
#define DCGM_VERSION_LEN 12
#define DCGM_HEALTH_WATCH_MAX_INCIDENTS_V2 1024
#define DCGM_MAX_PID_INFO_NUM 16
#define DCGM_MAX_ERRORS 5
#define DCGM_PER_GPU_TEST_COUNT_V8 13
#define DCGM_PER_GPU_TEST_COUNT_V7 9
#define DCGM_SWTEST_COUNT 11
#define DCGM_DIAG_RESPONSE_TESTS_MAX 20
#define DCGM_DIAG_RESPONSE_ERRORS_MAX 32
#define DCGM_DIAG_RESPONSE_INFO_MAX 16
#define DCGM_DIAG_RESPONSE_INFO_MAX_V2 128
#define DCGM_DIAG_RESPONSE_ENTITIES_MAX 1024
#define DCGM_DIAG_RESPONSE_RESULTS_MAX 20480
#define DCGM_DIAG_RESPONSE_CATEGORIES_MAX 5
#define DCGM_DIAG_RESPONSE_CATEGORY_LEN 20
#define DCGM_DIAG_RESPONSE_V11_UNUSED_LEN 682880
#define DCGM_DIAG_RESPONSE_V12_UNUSED_LEN 621952
#define DCGM_AFFINITY_BITMASK_ARRAY_SIZE 8
#define DCGM_MAX_CONFIG_FILE_LEN 10000
#define DCGM_MAX_TEST_NAMES 20
#define DCGM_MAX_TEST_NAMES_LEN 50
#define DCGM_MAX_TEST_PARMS 100
#define DCGM_MAX_TEST_PARMS_LEN 100
#define DCGM_MAX_TEST_PARMS_LEN_V2 1050
#define DCGM_GPU_LIST_LEN 50
#define DCGM_ENTITY_ID_LIST_LEN 2048
#define DCGM_EXPECTED_ENTITIES_LEN 50
#define DCGM_FILE_LEN 30
#define DCGM_PATH_LEN 128
#define DCGM_CLOCKS_EVENT_MASK_LEN 50
#define DCGM_IGNORE_ERROR_MAX_LEN 512
#define DCGM_THROTTLE_MASK_LEN 50
#define DCGM_MAX_NUM_HOSTS 72
#define DCGM_MN_DIAG_RESPONSE_TESTS_MAX 4
#define DCGM_MN_DIAG_RESPONSE_ENTITIES_PER_HOST_MAX 16
#define DCGM_MN_DIAG_RESPONSE_HOSTS_MAX 72
#define DCGM_MN_DIAG_RESPONSE_ENTITIES_MAX 1152
#define DCGM_MN_DIAG_TEST_RUN_ERROR_INDICES_MAX 32
#define DCGM_MN_DIAG_TEST_RUN_INFO_INDICES_MAX 128
#define DCGM_MN_DIAG_RESPONSE_ERRORS_MAX 32
#define DCGM_MN_DIAG_RESPONSE_INFO_MAX 128
#define DCGM_MN_DIAG_RESPONSE_RESULTS_MAX 4608
#define DCGM_MN_DIAG_TEST_RUN_NAME_LEN 32
#define DCGM_MN_DIAG_AUX_DATA_LEN 2048
#define DCGM_MODULE_STATUSES_CAPACITY 16
#define DCGM_MODULE_ID_COUNT_V1 10
#define DCGM_MODULE_ID_COUNT_V2 16
#define DCGM_PROF_MAX_NUM_GROUPS_V2 10
#define DCGM_PROF_MAX_FIELD_IDS_PER_GROUP_V2 64
#define DCGM_TOPOLOGY_MAX_ELEMENTS 496

/* Why clocks are below their maximum (a bit mask). */
#define DCGM_CLOCKS_EVENT_REASON_GPU_IDLE 1
#define DCGM_CLOCKS_EVENT_REASON_CLOCKS_SETTING 2
#define DCGM_CLOCKS_EVENT_REASON_SW_POWER_CAP 4
#define DCGM_CLOCKS_EVENT_REASON_HW_SLOWDOWN 8
#define DCGM_CLOCKS_EVENT_REASON_SYNC_BOOST 16
#define DCGM_CLOCKS_EVENT_REASON_SW_THERMAL 32
#define DCGM_CLOCKS_EVENT_REASON_HW_THERMAL 64
#define DCGM_CLOCKS_EVENT_REASON_HW_POWER_BRAKE 128
#define DCGM_CLOCKS_EVENT_REASON_DISPLAY_CLOCKS 256
#define DCGM_CLOCKS_THROTTLE_REASON_GPU_IDLE 1
#define DCGM_CLOCKS_THROTTLE_REASON_CLOCKS_SETTING 2
#define DCGM_CLOCKS_THROTTLE_REASON_SW_POWER_CAP 4
#define DCGM_CLOCKS_THROTTLE_REASON_HW_SLOWDOWN 8
#define DCGM_CLOCKS_THROTTLE_REASON_SYNC_BOOST 16
#define DCGM_CLOCKS_THROTTLE_REASON_SW_THERMAL 32
#define DCGM_CLOCKS_THROTTLE_REASON_HW_THERMAL 64
#define DCGM_CLOCKS_THROTTLE_REASON_HW_POWER_BRAKE 128
#define DCGM_CLOCKS_THROTTLE_REASON_DISPLAY_CLOCKS 256

/* Topology bits. */
#define DCGM_TOPOLOGY_NVLINK19 67108864
#define DCGM_TOPOLOGY_NVLINK20 134217728
#define DCGM_TOPOLOGY_NVLINK21 268435456
#define DCGM_TOPOLOGY_NVLINK22 536870912
#define DCGM_TOPOLOGY_NVLINK23 1073741824
#define DCGM_TOPOLOGY_NVLINK24 0x80000000ull
#define DCGM_TOPOLOGY_NVLINK25 0x100000000ull
#define DCGM_TOPOLOGY_NVLINK26 0x200000000ull
#define DCGM_TOPOLOGY_NVLINK27 0x400000000ull
#define DCGM_TOPOLOGY_NVLINK28 0x800000000ull
#define DCGM_TOPOLOGY_NVLINK29 0x1000000000ull
#define DCGM_TOPOLOGY_NVLINK30 0x2000000000ull
#define DCGM_TOPOLOGY_NVLINK31 0x4000000000ull
#define DCGM_TOPOLOGY_NVLINK32 0x8000000000ull
#define DCGM_TOPOLOGY_NVLINK33 0x10000000000ull
#define DCGM_TOPOLOGY_NVLINK34 0x20000000000ull
#define DCGM_TOPOLOGY_NVLINK35 0x40000000000ull
#define DCGM_TOPOLOGY_NVLINK36 0x80000000000ull

/* Connection. */
#define DCGM_HE_PORT_NUMBER 5555
#define DCGM_DEFAULT_SOCKET_PATH "/tmp/nv-hostengine"
#define DCGM_UNIX_SOCKET_PREFIX "unix://"
#define DCGM_VSOCK_SOCKET_PREFIX "vsock://"
#define DCGM_TCP_SOCKET_PREFIX "tcp://"
#define DCGM_HOME_DIR_VAR_NAME "DCGM_HOME_DIR"
#define DCGM_EMBEDDED_HANDLE 0x7fffffff

/* Other. */
#define DCGM_HEALTH_WATCH_NVLINK_ERROR_NUM_FIELDS 6
#define DCGM_CONFIG_COMPUTEMODE_DEFAULT 0
#define DCGM_CONFIG_COMPUTEMODE_PROHIBITED 1
#define DCGM_CONFIG_COMPUTEMODE_EXCLUSIVE_PROCESS 2
#define DCGM_POWER_PROFILE_MASK_BITS_PER_ELEM 32
#define DCGM_SM_PERF_INDEX 3
#define LEVEL_ONE_MAX_RESULTS 16
#define DCGM_DIAG_RESPONSE_SYSTEM_ERROR 112
#define DCGM_CONNECTION_ID_NONE 0
#define DCGM_CM_FIELD_INFO_NUM_WATCHERS 10

/* Limits of 3.3 that 4.x raised. */
#define DCGM_GROUP_MAX_ENTITIES_3_3 64
#define DCGM_NVLINK_MAX_LINKS_PER_GPU_3_3 18
#define DCGM_NVLINK_MAX_LINKS_PER_NVSWITCH_3_3 64
#define DCGM_HEALTH_WATCH_MAX_INCIDENTS_3_3 64
/* Added by 4.6.1. */
#define DCGM_POLICY_MAX_POLICIES 1525
#define DCGM_POLICY_MAX_VIOLATIONS 128
#define DCGM_POLICY_MAX_PATH 4096
#define DCGM_HEALTH_WATCH_COUNT_V4 14
#define DCGM_MNDIAG_MAX_NUM_HOSTS 576
#define DCGM_MN_DIAG_RESPONSE_HOSTS_MAX_V1 72
#define DCGM_MN_DIAG_RESPONSE_ENTITIES_MAX_V1 1152
#define DCGM_MN_DIAG_RESPONSE_RESULTS_MAX_V1 4608

typedef enum {
    DCGM_FE_NONE = 0,
    DCGM_FE_GPU = 1,
    DCGM_FE_VGPU = 2,
    DCGM_FE_SWITCH = 3,
    DCGM_FE_GPU_I = 4,
    DCGM_FE_GPU_CI = 5,
    DCGM_FE_LINK = 6,
    DCGM_FE_CPU = 7,
    DCGM_FE_CPU_CORE = 8,
    DCGM_FE_CONNECTX = 9,
    DCGM_FE_COUNT = 10,
} dcgm_field_entity_group_t;

typedef enum {
    DcgmBUEventStateSystemReinitializing = 1,
    DcgmBUEventStateSystemReinitializationCompleted = 2,
} dcgmBindUnbindEventState_t;

typedef enum {
    DCGM_CHIP_ARCH_OLDER = 1,
    DCGM_CHIP_ARCH_KEPLER = 2,
    DCGM_CHIP_ARCH_MAXWELL = 3,
    DCGM_CHIP_ARCH_PASCAL = 4,
    DCGM_CHIP_ARCH_VOLTA = 5,
    DCGM_CHIP_ARCH_TURING = 6,
    DCGM_CHIP_ARCH_AMPERE = 7,
    DCGM_CHIP_ARCH_ADA = 8,
    DCGM_CHIP_ARCH_HOPPER = 9,
    DCGM_CHIP_ARCH_BLACKWELL = 10,
    DCGM_CHIP_ARCH_COUNT = 10,
    DCGM_CHIP_ARCH_UNKNOWN = 4294967295,
} dcgmChipArchitecture_t;

typedef enum {
    DCGM_CONFIG_POWER_CAP_INDIVIDUAL = 0,
    DCGM_CONFIG_POWER_BUDGET_GROUP = 1,
} dcgmConfigPowerLimitType_t;

typedef enum {
    DCGM_CONFIG_TARGET_STATE = 0,
    DCGM_CONFIG_CURRENT_STATE = 1,
} dcgmConfigType_t;

typedef enum {
    DcgmConnectionTypeDomainSocket = 0,
    DcgmConnectionTypeTcp = 1,
    DcgmConnectionTypeVsock = 2,
} dcgmConnectionType_t;

typedef enum {
    DCGM_DIAG_LVL_INVALID = 0,
    DCGM_DIAG_LVL_SHORT = 10,
    DCGM_DIAG_LVL_MED = 20,
    DCGM_DIAG_LVL_LONG = 30,
    DCGM_DIAG_LVL_XLONG = 40,
} dcgmDiagnosticLevel_t;

typedef enum {
    DCGM_DIAG_RESULT_PASS = 0,
    DCGM_DIAG_RESULT_SKIP = 1,
    DCGM_DIAG_RESULT_WARN = 2,
    DCGM_DIAG_RESULT_FAIL = 3,
    DCGM_DIAG_RESULT_NOT_RUN = 4,
} dcgmDiagResult_t;

typedef enum {
    DCGM_ENCODER_QUERY_H264 = 0,
    DCGM_ENCODER_QUERY_HEVC = 1,
} dcgmEncoderType_t;

typedef enum {
    DcgmEntityStatusUnknown = 0,
    DcgmEntityStatusOk = 1,
    DcgmEntityStatusUnsupported = 2,
    DcgmEntityStatusInaccessible = 3,
    DcgmEntityStatusLost = 4,
    DcgmEntityStatusFake = 5,
    DcgmEntityStatusDisabled = 6,
    DcgmEntityStatusDetached = 7,
} DcgmEntityStatus_t;

typedef enum {
    DCGM_FR_OK = 0,
    DCGM_FR_UNKNOWN = 1,
    DCGM_FR_UNRECOGNIZED = 2,
    DCGM_FR_PCI_REPLAY_RATE = 3,
    DCGM_FR_VOLATILE_DBE_DETECTED = 4,
    DCGM_FR_VOLATILE_SBE_DETECTED = 5,
    DCGM_FR_PENDING_PAGE_RETIREMENTS = 6,
    DCGM_FR_RETIRED_PAGES_LIMIT = 7,
    DCGM_FR_RETIRED_PAGES_DBE_LIMIT = 8,
    DCGM_FR_CORRUPT_INFOROM = 9,
    DCGM_FR_CLOCKS_EVENT_THERMAL = 10,
    DCGM_FR_CLOCK_THROTTLE_THERMAL = 10,
    DCGM_FR_POWER_UNREADABLE = 11,
    DCGM_FR_CLOCKS_EVENT_POWER = 12,
    DCGM_FR_CLOCK_THROTTLE_POWER = 12,
    DCGM_FR_NVLINK_ERROR_THRESHOLD = 13,
    DCGM_FR_NVLINK_DOWN = 14,
    DCGM_FR_NVSWITCH_FATAL_ERROR = 15,
    DCGM_FR_NVSWITCH_NON_FATAL_ERROR = 16,
    DCGM_FR_NVSWITCH_DOWN = 17,
    DCGM_FR_NO_ACCESS_TO_FILE = 18,
    DCGM_FR_NVML_API = 19,
    DCGM_FR_DEVICE_COUNT_MISMATCH = 20,
    DCGM_FR_BAD_PARAMETER = 21,
    DCGM_FR_CANNOT_OPEN_LIB = 22,
    DCGM_FR_DENYLISTED_DRIVER = 23,
    DCGM_FR_NVML_LIB_BAD = 24,
    DCGM_FR_GRAPHICS_PROCESSES = 25,
    DCGM_FR_HOSTENGINE_CONN = 26,
    DCGM_FR_FIELD_QUERY = 27,
    DCGM_FR_BAD_CUDA_ENV = 28,
    DCGM_FR_PERSISTENCE_MODE = 29,
    DCGM_FR_LOW_BANDWIDTH = 30,
    DCGM_FR_HIGH_LATENCY = 31,
    DCGM_FR_CANNOT_GET_FIELD_TAG = 32,
    DCGM_FR_FIELD_VIOLATION = 33,
    DCGM_FR_FIELD_THRESHOLD = 34,
    DCGM_FR_FIELD_VIOLATION_DBL = 35,
    DCGM_FR_FIELD_THRESHOLD_DBL = 36,
    DCGM_FR_UNSUPPORTED_FIELD_TYPE = 37,
    DCGM_FR_FIELD_THRESHOLD_TS = 38,
    DCGM_FR_FIELD_THRESHOLD_TS_DBL = 39,
    DCGM_FR_THERMAL_VIOLATIONS = 40,
    DCGM_FR_THERMAL_VIOLATIONS_TS = 41,
    DCGM_FR_TEMP_VIOLATION = 42,
    DCGM_FR_CLOCKS_EVENT_VIOLATION = 43,
    DCGM_FR_THROTTLING_VIOLATION = 43,
    DCGM_FR_INTERNAL = 44,
    DCGM_FR_PCIE_GENERATION = 45,
    DCGM_FR_PCIE_WIDTH = 46,
    DCGM_FR_ABORTED = 47,
    DCGM_FR_TEST_DISABLED = 48,
    DCGM_FR_CANNOT_GET_STAT = 49,
    DCGM_FR_STRESS_LEVEL = 50,
    DCGM_FR_CUDA_API = 51,
    DCGM_FR_FAULTY_MEMORY = 52,
    DCGM_FR_CANNOT_SET_WATCHES = 53,
    DCGM_FR_CUDA_UNBOUND = 54,
    DCGM_FR_ECC_DISABLED = 55,
    DCGM_FR_MEMORY_ALLOC = 56,
    DCGM_FR_CUDA_DBE = 57,
    DCGM_FR_MEMORY_MISMATCH = 58,
    DCGM_FR_CUDA_DEVICE = 59,
    DCGM_FR_ECC_UNSUPPORTED = 60,
    DCGM_FR_ECC_PENDING = 61,
    DCGM_FR_MEMORY_BANDWIDTH = 62,
    DCGM_FR_TARGET_POWER = 63,
    DCGM_FR_API_FAIL = 64,
    DCGM_FR_API_FAIL_GPU = 65,
    DCGM_FR_CUDA_CONTEXT = 66,
    DCGM_FR_DCGM_API = 67,
    DCGM_FR_CONCURRENT_GPUS = 68,
    DCGM_FR_TOO_MANY_ERRORS = 69,
    DCGM_FR_NVLINK_CRC_ERROR_THRESHOLD = 70,
    DCGM_FR_NVLINK_ERROR_CRITICAL = 71,
    DCGM_FR_ENFORCED_POWER_LIMIT = 72,
    DCGM_FR_MEMORY_ALLOC_HOST = 73,
    DCGM_FR_GPU_OP_MODE = 74,
    DCGM_FR_NO_MEMORY_CLOCKS = 75,
    DCGM_FR_NO_GRAPHICS_CLOCKS = 76,
    DCGM_FR_HAD_TO_RESTORE_STATE = 77,
    DCGM_FR_L1TAG_UNSUPPORTED = 78,
    DCGM_FR_L1TAG_MISCOMPARE = 79,
    DCGM_FR_ROW_REMAP_FAILURE = 80,
    DCGM_FR_UNCONTAINED_ERROR = 81,
    DCGM_FR_EMPTY_GPU_LIST = 82,
    DCGM_FR_DBE_PENDING_PAGE_RETIREMENTS = 83,
    DCGM_FR_UNCORRECTABLE_ROW_REMAP = 84,
    DCGM_FR_PENDING_ROW_REMAP = 85,
    DCGM_FR_BROKEN_P2P_MEMORY_DEVICE = 86,
    DCGM_FR_BROKEN_P2P_WRITER_DEVICE = 87,
    DCGM_FR_NVSWITCH_NVLINK_DOWN = 88,
    DCGM_FR_EUD_BINARY_PERMISSIONS = 89,
    DCGM_FR_EUD_NON_ROOT_USER = 90,
    DCGM_FR_EUD_SPAWN_FAILURE = 91,
    DCGM_FR_EUD_TIMEOUT = 92,
    DCGM_FR_EUD_ZOMBIE = 93,
    DCGM_FR_EUD_NON_ZERO_EXIT_CODE = 94,
    DCGM_FR_EUD_TEST_FAILED = 95,
    DCGM_FR_FILE_CREATE_PERMISSIONS = 96,
    DCGM_FR_PAUSE_RESUME_FAILED = 97,
    DCGM_FR_PCIE_H_REPLAY_VIOLATION = 98,
    DCGM_FR_GPU_EXPECTED_NVLINKS_UP = 99,
    DCGM_FR_NVSWITCH_EXPECTED_NVLINKS_UP = 100,
    DCGM_FR_XID_ERROR = 101,
    DCGM_FR_SBE_VIOLATION = 102,
    DCGM_FR_DBE_VIOLATION = 103,
    DCGM_FR_PCIE_REPLAY_VIOLATION = 104,
    DCGM_FR_SBE_THRESHOLD_VIOLATION = 105,
    DCGM_FR_DBE_THRESHOLD_VIOLATION = 106,
    DCGM_FR_PCIE_REPLAY_THRESHOLD_VIOLATION = 107,
    DCGM_FR_CUDA_FM_NOT_INITIALIZED = 108,
    DCGM_FR_SXID_ERROR = 109,
    DCGM_FR_GFLOPS_THRESHOLD_VIOLATION = 110,
    DCGM_FR_NAN_VALUE = 111,
    DCGM_FR_FABRIC_MANAGER_TRAINING_ERROR = 112,
    DCGM_FR_BROKEN_P2P_PCIE_MEMORY_DEVICE = 113,
    DCGM_FR_BROKEN_P2P_PCIE_WRITER_DEVICE = 114,
    DCGM_FR_BROKEN_P2P_NVLINK_MEMORY_DEVICE = 115,
    DCGM_FR_BROKEN_P2P_NVLINK_WRITER_DEVICE = 116,
    DCGM_FR_TEST_SKIPPED = 117,
    DCGM_FR_SRAM_THRESHOLD = 118,
    DCGM_FR_NVLINK_EFFECTIVE_BER_THRESHOLD = 119,
    DCGM_FR_FALLEN_OFF_BUS = 120,
    DCGM_FR_NVLINK_SYMBOL_BER_THRESHOLD = 121,
    DCGM_FR_IMEX_UNHEALTHY = 122,
    DCGM_FR_FABRIC_PROBE_STATE = 123,
    DCGM_FR_BINARY_PERMISSIONS = 124,
    DCGM_FR_GPU_RECOVERY_RESET = 125,
    DCGM_FR_GPU_RECOVERY_REBOOT = 126,
    DCGM_FR_GPU_RECOVERY_DRAIN_P2P = 127,
    DCGM_FR_GPU_RECOVERY_DRAIN_RESET = 128,
    DCGM_FR_NCCL_ERROR = 129,
    DCGM_FR_RETEST_REQUESTED = 130,
    DCGM_FR_CONTAINED_ERROR = 131,
    DCGM_FR_UNCORRECTABLE_ROW_REMAP_LIMIT = 132,
    DCGM_FR_CPU_SDC_TEST_FAILED = 133,
    DCGM_FR_RIST_TEST_FAILED = 134,
    DCGM_FR_RIST_NO_RESULTS = 135,
    DCGM_FR_RIST_PROTOCOL = 136,
    DCGM_FR_RIST_NONZERO_EXIT = 137,
    DCGM_FR_CHILD_TERMINATED = 138,
    DCGM_FR_RIST_TIMEOUT = 139,
    DCGM_FR_RIST_HEARTBEAT_STALLED = 140,
    DCGM_FR_CHILD_SPAWN_FAILED = 141,
    DCGM_FR_GPU_RECOVERY_IMEX_DOMAIN = 142,
    DCGM_FR_ERROR_SENTINEL = 143,
} dcgmError_t;

typedef enum {
    DCGM_FR_EC_NONE = 0,
    DCGM_FR_EC_PERF_THRESHOLD = 1,
    DCGM_FR_EC_PERF_VIOLATION = 2,
    DCGM_FR_EC_SOFTWARE_CONFIG = 3,
    DCGM_FR_EC_SOFTWARE_LIBRARY = 4,
    DCGM_FR_EC_SOFTWARE_XID = 5,
    DCGM_FR_EC_SOFTWARE_CUDA = 6,
    DCGM_FR_EC_SOFTWARE_EUD = 7,
    DCGM_FR_EC_SOFTWARE_OTHER = 8,
    DCGM_FR_EC_HARDWARE_THERMAL = 9,
    DCGM_FR_EC_HARDWARE_MEMORY = 10,
    DCGM_FR_EC_HARDWARE_NVLINK = 11,
    DCGM_FR_EC_HARDWARE_NVSWITCH = 12,
    DCGM_FR_EC_HARDWARE_PCIE = 13,
    DCGM_FR_EC_HARDWARE_POWER = 14,
    DCGM_FR_EC_HARDWARE_OTHER = 15,
    DCGM_FR_EC_INTERNAL_OTHER = 16,
    DCGM_FR_EC_SOFTWARE_CPU_SDC = 17,
} dcgmErrorCategory_t;

typedef enum {
    DCGM_ERROR_NONE = 0,
    DCGM_ERROR_MONITOR = 1,
    DCGM_ERROR_ISOLATE = 2,
    DCGM_ERROR_UNKNOWN = 3,
    DCGM_ERROR_TRIAGE = 4,
    DCGM_ERROR_CONFIG = 5,
    DCGM_ERROR_RESET = 6,
} dcgmErrorSeverity_t;

typedef enum {
    DcgmFMStatusNotSupported = 0,
    DcgmFMStatusNotStarted = 1,
    DcgmFMStatusInProgress = 2,
    DcgmFMStatusSuccess = 3,
    DcgmFMStatusFailure = 4,
    DcgmFMStatusUnrecognized = 5,
    DcgmFMStatusNvmlTooOld = 6,
    DcgmFMStatusCount = 7,
} dcgmFabricManagerStatus_t;

typedef enum {
    DCGM_FBC_SESSION_TYPE_UNKNOWN = 0,
    DCGM_FBC_SESSION_TYPE_TOSYS = 1,
    DCGM_FBC_SESSION_TYPE_CUDA = 2,
    DCGM_FBC_SESSION_TYPE_VID = 3,
    DCGM_FBC_SESSION_TYPE_HWENC = 4,
} dcgmFBCSessionType_t;

typedef enum {
    DCGM_GPU_BRAND_UNKNOWN = 0,
    DCGM_GPU_BRAND_QUADRO = 1,
    DCGM_GPU_BRAND_TESLA = 2,
    DCGM_GPU_BRAND_NVS = 3,
    DCGM_GPU_BRAND_GRID = 4,
    DCGM_GPU_BRAND_GEFORCE = 5,
    DCGM_GPU_BRAND_TITAN = 6,
    DCGM_BRAND_NVIDIA_VAPPS = 7,
    DCGM_BRAND_NVIDIA_VPC = 8,
    DCGM_BRAND_NVIDIA_VCS = 9,
    DCGM_BRAND_NVIDIA_VWS = 10,
    DCGM_BRAND_NVIDIA_VGAMING = 11,
    DCGM_BRAND_QUADRO_RTX = 12,
    DCGM_BRAND_NVIDIA_RTX = 13,
    DCGM_BRAND_NVIDIA = 14,
    DCGM_BRAND_GEFORCE_RTX = 15,
    DCGM_BRAND_TITAN_RTX = 16,
    DCGM_GPU_BRAND_COUNT = 17,
} dcgmGpuBrandType_t;

typedef enum {
    DCGM_GPU_NVLINK_ERROR_RECOVERY_REQUIRED = 1,
    DCGM_GPU_NVLINK_ERROR_FATAL = 2,
} dcgmGpuNVLinkErrorType_t;

typedef enum {
    DCGM_TOPOLOGY_UNINITIALIZED = 0,
    DCGM_TOPOLOGY_BOARD = 1,
    DCGM_TOPOLOGY_SINGLE = 2,
    DCGM_TOPOLOGY_MULTIPLE = 4,
    DCGM_TOPOLOGY_HOSTBRIDGE = 8,
    DCGM_TOPOLOGY_CPU = 16,
    DCGM_TOPOLOGY_SYSTEM = 32,
    DCGM_TOPOLOGY_NVLINK1 = 256,
    DCGM_TOPOLOGY_NVLINK2 = 512,
    DCGM_TOPOLOGY_NVLINK3 = 1024,
    DCGM_TOPOLOGY_NVLINK4 = 2048,
    DCGM_TOPOLOGY_NVLINK5 = 4096,
    DCGM_TOPOLOGY_NVLINK6 = 8192,
    DCGM_TOPOLOGY_NVLINK7 = 16384,
    DCGM_TOPOLOGY_NVLINK8 = 32768,
    DCGM_TOPOLOGY_NVLINK9 = 65536,
    DCGM_TOPOLOGY_NVLINK10 = 131072,
    DCGM_TOPOLOGY_NVLINK11 = 262144,
    DCGM_TOPOLOGY_NVLINK12 = 524288,
    DCGM_TOPOLOGY_NVLINK13 = 1048576,
    DCGM_TOPOLOGY_NVLINK14 = 2097152,
    DCGM_TOPOLOGY_NVLINK15 = 4194304,
    DCGM_TOPOLOGY_NVLINK16 = 8388608,
    DCGM_TOPOLOGY_NVLINK17 = 16777216,
    DCGM_TOPOLOGY_NVLINK18 = 33554432,
} dcgmGpuTopologyLevel_v1_t;

typedef enum {
    DCGM_GPU_VIRTUALIZATION_MODE_NONE = 0,
    DCGM_GPU_VIRTUALIZATION_MODE_PASSTHROUGH = 1,
    DCGM_GPU_VIRTUALIZATION_MODE_VGPU = 2,
    DCGM_GPU_VIRTUALIZATION_MODE_HOST_VGPU = 3,
    DCGM_GPU_VIRTUALIZATION_MODE_HOST_VSGA = 4,
} dcgmGpuVirtualizationMode_t;

typedef enum {
    DCGM_GROUP_DEFAULT = 0,
    DCGM_GROUP_EMPTY = 1,
    DCGM_GROUP_DEFAULT_NVSWITCHES = 2,
    DCGM_GROUP_DEFAULT_INSTANCES = 3,
    DCGM_GROUP_DEFAULT_COMPUTE_INSTANCES = 4,
    DCGM_GROUP_DEFAULT_EVERYTHING = 5,
} dcgmGroupType_t;

typedef enum {
    DCGM_HEALTH_WATCH_PCIE = 1,
    DCGM_HEALTH_WATCH_NVLINK = 2,
    DCGM_HEALTH_WATCH_PMU = 4,
    DCGM_HEALTH_WATCH_MCU = 8,
    DCGM_HEALTH_WATCH_MEM = 16,
    DCGM_HEALTH_WATCH_SM = 32,
    DCGM_HEALTH_WATCH_INFOROM = 64,
    DCGM_HEALTH_WATCH_THERMAL = 128,
    DCGM_HEALTH_WATCH_POWER = 256,
    DCGM_HEALTH_WATCH_DRIVER = 512,
    DCGM_HEALTH_WATCH_NVSWITCH_NONFATAL = 1024,
    DCGM_HEALTH_WATCH_NVSWITCH_FATAL = 2048,
    DCGM_HEALTH_WATCH_CONNECTX = 4096,
    DCGM_HEALTH_WATCH_ALL = 4294967295,
    DCGM_HEALTH_WATCH_IMEX = 8192,
} dcgmHealthSystems_t;

typedef enum {
    DCGM_HEALTH_RESULT_PASS = 0,
    DCGM_HEALTH_RESULT_WARN = 10,
    DCGM_HEALTH_RESULT_FAIL = 20,
} dcgmHealthWatchResults_t;

typedef enum {
    DcgmLoggingSeverityUnspecified = -1,
    DcgmLoggingSeverityNone = 0,
    DcgmLoggingSeverityFatal = 1,
    DcgmLoggingSeverityError = 2,
    DcgmLoggingSeverityWarning = 3,
    DcgmLoggingSeverityInfo = 4,
    DcgmLoggingSeverityDebug = 5,
    DcgmLoggingSeverityVerbose = 6,
} DcgmLoggingSeverity_t;

typedef enum {
    DcgmMigCreateGpuInstance = 0,
    DcgmMigCreateComputeInstance = 1,
} dcgmMigCreate_t;

typedef enum {
    DcgmMigProfileNone = 0,
    DcgmMigProfileGpuInstanceSlice1 = 1,
    DcgmMigProfileGpuInstanceSlice2 = 2,
    DcgmMigProfileGpuInstanceSlice3 = 3,
    DcgmMigProfileGpuInstanceSlice4 = 4,
    DcgmMigProfileGpuInstanceSlice7 = 5,
    DcgmMigProfileGpuInstanceSlice8 = 6,
    DcgmMigProfileGpuInstanceSlice6 = 7,
    DcgmMigProfileGpuInstanceSlice1Rev1 = 8,
    DcgmMigProfileGpuInstanceSlice2Rev1 = 9,
    DcgmMigProfileGpuInstanceSlice1Rev2 = 10,
    DcgmMigProfileGpuInstanceSlice1GFX = 11,
    DcgmMigProfileGpuInstanceSlice2GFX = 12,
    DcgmMigProfileGpuInstanceSlice4GFX = 13,
    DcgmMigProfileComputeInstanceSlice1 = 30,
    DcgmMigProfileComputeInstanceSlice2 = 31,
    DcgmMigProfileComputeInstanceSlice3 = 32,
    DcgmMigProfileComputeInstanceSlice4 = 33,
    DcgmMigProfileComputeInstanceSlice7 = 34,
    DcgmMigProfileComputeInstanceSlice8 = 35,
    DcgmMigProfileComputeInstanceSlice6 = 36,
    DcgmMigProfileComputeInstanceSlice1Rev1 = 37,
} dcgmMigProfile_t;

typedef enum {
    DcgmModuleIdCore = 0,
    DcgmModuleIdNvSwitch = 1,
    DcgmModuleIdVGPU = 2,
    DcgmModuleIdIntrospect = 3,
    DcgmModuleIdHealth = 4,
    DcgmModuleIdPolicy = 5,
    DcgmModuleIdConfig = 6,
    DcgmModuleIdDiag = 7,
    DcgmModuleIdProfiling = 8,
    DcgmModuleIdSysmon = 9,
    DcgmModuleIdMnDiag = 10,
    DcgmModuleIdCount = 11,
} dcgmModuleId_t;

typedef enum {
    DcgmModuleStatusNotLoaded = 0,
    DcgmModuleStatusDenylisted = 1,
    DcgmModuleStatusFailed = 2,
    DcgmModuleStatusLoaded = 3,
    DcgmModuleStatusUnloaded = 4,
    DcgmModuleStatusPaused = 5,
    DcgmModuleStatusReloadable = 6,
} dcgmModuleStatus_t;

typedef enum {
    DcgmNvLinkP2pStatusOK = 0,
    DcgmNvLinkP2pStatusChipsetNotSupported = 1,
    DcgmNvLinkP2pStatusGpuNotSupported = 2,
    DcgmNvLinkP2pStatusTopologyNotSupported = 3,
    DcgmNvLinkP2pStatusDisabledByRegKey = 4,
    DcgmNvLinkP2pStatusNotSupported = 5,
    DcgmNvLinkP2pStatusUnknown = 6,
} dcgmNvLinkGpuP2PStatus_t;

typedef enum {
    DcgmNvLinkLinkStateNotSupported = 0,
    DcgmNvLinkLinkStateDisabled = 1,
    DcgmNvLinkLinkStateDown = 2,
    DcgmNvLinkLinkStateUp = 3,
} dcgmNvLinkLinkState_t;

typedef enum {
    DCGM_OPERATION_MODE_AUTO = 1,
    DCGM_OPERATION_MODE_MANUAL = 2,
} dcgmOperationMode_t;

typedef enum {
    DCGM_ORDER_ASCENDING = 1,
    DCGM_ORDER_DESCENDING = 2,
} dcgmOrder_t;

typedef enum {
    DCGM_MEMORY_INDEX = 0,
    DCGM_DIAGNOSTIC_INDEX = 1,
    DCGM_PCI_INDEX = 2,
    DCGM_SM_STRESS_INDEX = 3,
    DCGM_TARGETED_STRESS_INDEX = 4,
    DCGM_TARGETED_POWER_INDEX = 5,
    DCGM_MEMORY_BANDWIDTH_INDEX = 6,
    DCGM_MEMTEST_INDEX = 7,
    DCGM_PULSE_TEST_INDEX = 8,
    DCGM_EUD_TEST_INDEX = 9,
    DCGM_NVBANDWIDTH_INDEX = 10,
    DCGM_NCCL_TESTS_INDEX = 11,
    DCGM_RIST_TEST_INDEX = 12,
    DCGM_UNUSED4_TEST_INDEX = 13,
    DCGM_UNUSED5_TEST_INDEX = 14,
    DCGM_SOFTWARE_INDEX = 15,
    DCGM_CONTEXT_CREATE_INDEX = 16,
    DCGM_UNKNOWN_INDEX = 17,
} dcgmPerGpuTestIndices_t;

typedef enum {
    DCGM_POLICY_ACTION_NONE = 0,
    DCGM_POLICY_ACTION_GPURESET = 1,
} dcgmPolicyAction_t;

typedef enum {
    DCGM_POLICY_COND_DBE = 1,
    DCGM_POLICY_COND_PCI = 2,
    DCGM_POLICY_COND_MAX_PAGES_RETIRED = 4,
    DCGM_POLICY_COND_THERMAL = 8,
    DCGM_POLICY_COND_POWER = 16,
    DCGM_POLICY_COND_NVLINK = 32,
    DCGM_POLICY_COND_XID = 64,
} dcgmPolicyCondition_t;

typedef enum {
    DCGM_POLICY_COND_IDX_DBE = 0,
    DCGM_POLICY_COND_IDX_PCI = 1,
    DCGM_POLICY_COND_IDX_MAX_PAGES_RETIRED = 2,
    DCGM_POLICY_COND_IDX_THERMAL = 3,
    DCGM_POLICY_COND_IDX_POWER = 4,
    DCGM_POLICY_COND_IDX_NVLINK = 5,
    DCGM_POLICY_COND_IDX_XID = 6,
} dcgmPolicyConditionIdx_t;

typedef enum {
    DCGM_POLICY_FAILURE_NONE = 0,
} dcgmPolicyFailureResp_t;

typedef enum {
    DCGM_POLICY_ISOLATION_NONE = 0,
} dcgmPolicyIsolation_t;

typedef enum {
    DCGM_POLICY_MODE_AUTOMATED = 0,
    DCGM_POLICY_MODE_MANUAL = 1,
} dcgmPolicyMode_t;

typedef enum {
    DCGM_POLICY_VALID_NONE = 0,
    DCGM_POLICY_VALID_SV_SHORT = 1,
    DCGM_POLICY_VALID_SV_MED = 2,
    DCGM_POLICY_VALID_SV_LONG = 3,
    DCGM_POLICY_VALID_SV_XLONG = 4,
} dcgmPolicyValidation_t;

typedef enum {
    DCGM_POWER_PROFILE_MAX_P = 0,
    DCGM_POWER_PROFILE_MAX_Q = 1,
    DCGM_POWER_PROFILE_COMPUTE = 2,
    DCGM_POWER_PROFILE_MEMORY_BOUND = 3,
    DCGM_POWER_PROFILE_NETWORK = 4,
    DCGM_POWER_PROFILE_BALANCED = 5,
    DCGM_POWER_PROFILE_LLM_INFERENCE = 6,
    DCGM_POWER_PROFILE_LLM_TRAINING = 7,
    DCGM_POWER_PROFILE_RBM = 8,
    DCGM_POWER_PROFILE_DCPCIE = 9,
    DCGM_POWER_PROFILE_HMMA_SPARSE = 10,
    DCGM_POWER_PROFILE_HMMA_DENSE = 11,
    DCGM_POWER_PROFILE_SYNC_BALANCED = 12,
    DCGM_POWER_PROFILE_HPC = 13,
    DCGM_POWER_PROFILE_MIG = 14,
    DCGM_POWER_PROFILE_MAX = 15,
} dcgmPowerProfileType_t;

typedef enum {
    DCGM_ST_OK = 0,
    DCGM_ST_BADPARAM = -1,
    DCGM_ST_GENERIC_ERROR = -3,
    DCGM_ST_MEMORY = -4,
    DCGM_ST_NOT_CONFIGURED = -5,
    DCGM_ST_NOT_SUPPORTED = -6,
    DCGM_ST_INIT_ERROR = -7,
    DCGM_ST_NVML_ERROR = -8,
    DCGM_ST_PENDING = -9,
    DCGM_ST_UNINITIALIZED = -10,
    DCGM_ST_TIMEOUT = -11,
    DCGM_ST_VER_MISMATCH = -12,
    DCGM_ST_UNKNOWN_FIELD = -13,
    DCGM_ST_NO_DATA = -14,
    DCGM_ST_STALE_DATA = -15,
    DCGM_ST_NOT_WATCHED = -16,
    DCGM_ST_NO_PERMISSION = -17,
    DCGM_ST_GPU_IS_LOST = -18,
    DCGM_ST_RESET_REQUIRED = -19,
    DCGM_ST_FUNCTION_NOT_FOUND = -20,
    DCGM_ST_CONNECTION_NOT_VALID = -21,
    DCGM_ST_GPU_NOT_SUPPORTED = -22,
    DCGM_ST_GROUP_INCOMPATIBLE = -23,
    DCGM_ST_MAX_LIMIT = -24,
    DCGM_ST_LIBRARY_NOT_FOUND = -25,
    DCGM_ST_DUPLICATE_KEY = -26,
    DCGM_ST_GPU_IN_SYNC_BOOST_GROUP = -27,
    DCGM_ST_GPU_NOT_IN_SYNC_BOOST_GROUP = -28,
    DCGM_ST_REQUIRES_ROOT = -29,
    DCGM_ST_NVVS_ERROR = -30,
    DCGM_ST_INSUFFICIENT_SIZE = -31,
    DCGM_ST_FIELD_UNSUPPORTED_BY_API = -32,
    DCGM_ST_MODULE_NOT_LOADED = -33,
    DCGM_ST_IN_USE = -34,
    DCGM_ST_GROUP_IS_EMPTY = -35,
    DCGM_ST_PROFILING_NOT_SUPPORTED = -36,
    DCGM_ST_PROFILING_LIBRARY_ERROR = -37,
    DCGM_ST_PROFILING_MULTI_PASS = -38,
    DCGM_ST_DIAG_ALREADY_RUNNING = -39,
    DCGM_ST_DIAG_BAD_JSON = -40,
    DCGM_ST_DIAG_BAD_LAUNCH = -41,
    DCGM_ST_DIAG_UNUSED = -42,
    DCGM_ST_DIAG_THRESHOLD_EXCEEDED = -43,
    DCGM_ST_INSUFFICIENT_DRIVER_VERSION = -44,
    DCGM_ST_INSTANCE_NOT_FOUND = -45,
    DCGM_ST_COMPUTE_INSTANCE_NOT_FOUND = -46,
    DCGM_ST_CHILD_NOT_KILLED = -47,
    DCGM_ST_3RD_PARTY_LIBRARY_ERROR = -48,
    DCGM_ST_INSUFFICIENT_RESOURCES = -49,
    DCGM_ST_PLUGIN_EXCEPTION = -50,
    DCGM_ST_NVVS_ISOLATE_ERROR = -51,
    DCGM_ST_NVVS_BINARY_NOT_FOUND = -52,
    DCGM_ST_NVVS_KILLED = -53,
    DCGM_ST_PAUSED = -54,
    DCGM_ST_ALREADY_INITIALIZED = -55,
    DCGM_ST_NVML_NOT_LOADED = -56,
    DCGM_ST_NVML_DRIVER_TIMEOUT = -57,
    DCGM_ST_NVVS_NO_AVAILABLE_TEST = -58,
    DCGM_ST_MNDIAG_CONNECTION_NOT_AVAILABLE = -59,
    DCGM_ST_MNDIAG_CONNECTION_UNAUTHORIZED = -60,
    DCGM_ST_REMOTE_SSH_CONNECTION_FAILED = -61,
    DCGM_ST_CHILD_SPAWN_FAILED = -62,
    DCGM_ST_FILE_IO_ERROR = -63,
    DCGM_ST_CHILD_SIGNAL_RECEIVED = -64,
    DCGM_ST_CALLER_ALREADY_STOPPED = -65,
    DCGM_ST_DIAG_STOPPED = -66,
    DCGM_ST_GPUS_DETACHED = -67,
} dcgmReturn_t;

typedef enum {
    DCGM_SWTEST_DENYLIST = 0,
    DCGM_SWTEST_NVML_LIBRARY = 1,
    DCGM_SWTEST_CUDA_MAIN_LIBRARY = 2,
    DCGM_SWTEST_CUDA_RUNTIME_LIBRARY = 3,
    DCGM_SWTEST_PERMISSIONS = 4,
    DCGM_SWTEST_PERSISTENCE_MODE = 5,
    DCGM_SWTEST_ENVIRONMENT = 6,
    DCGM_SWTEST_PAGE_RETIREMENT = 7,
    DCGM_SWTEST_GRAPHICS_PROCESSES = 8,
    DCGM_SWTEST_INFOROM = 9,
    DCGM_SWTEST_FABRIC_MANAGER = 10,
} dcgmSoftwareTest_t;

typedef enum {
    DcgmWatcherTypeClient = 0,
    DcgmWatcherTypeHostEngine = 1,
    DcgmWatcherTypeHealthWatch = 2,
    DcgmWatcherTypePolicyManager = 3,
    DcgmWatcherTypeCacheManager = 4,
    DcgmWatcherTypeConfigManager = 5,
    DcgmWatcherTypeNvSwitchManager = 6,
    DcgmWatcherTypeCount = 7,
} DcgmWatcherType_t;

typedef enum {
    DCGM_WORKLOAD_PROFILE_ACTION_SET = 0,
    DCGM_WORKLOAD_PROFILE_ACTION_SET_AND_OVERWRITE = 1,
    DCGM_WORKLOAD_PROFILE_ACTION_CLEAR = 2,
} dcgmWorkloadProfileAction_t;

typedef enum {
    DCGM_POLICY_CHANNEL_CONSOLE = 1,
    DCGM_POLICY_CHANNEL_FILE = 2,
    DCGM_POLICY_CHANNEL_CALLBACK = 4,
} dcgmPolicyChannel_t;

typedef enum {
    DCGM_POLICY_OP_GT = 0,
    DCGM_POLICY_OP_GE = 1,
    DCGM_POLICY_OP_LT = 2,
    DCGM_POLICY_OP_LE = 3,
    DCGM_POLICY_OP_EQ = 4,
    DCGM_POLICY_OP_NE = 5,
    DCGM_POLICY_OP_CHANGED = 6,
    DCGM_POLICY_OP_COUNT = 7,
} dcgmPolicyOperator_t;

typedef enum {
    DCGM_POLICY_STATE_DISABLED = 0,
    DCGM_POLICY_STATE_ENABLED = 1,
} dcgmPolicyState_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    DcgmWatcherType_t watcherType;
    dcgm_connection_id_t connectionId;
    int64_t monitorIntervalUsec;
    int64_t maxAgeUsec;
} dcgm_cm_field_info_watcher_t;

/* Since 3.3.5 or earlier: 32 bytes. */
typedef struct {
    dcgmError_t errorId;
    const char * msgFormat;
    const char * suggestion;
    int severity;
    int category;
} dcgm_error_meta_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    char shortName[10];
    char unit[4];
    short width;
} dcgm_field_output_format_t;
typedef dcgm_field_output_format_t *dcgm_field_output_format_p;

/* Since 3.3.5 or earlier: 72 bytes. */
typedef struct {
    unsigned short fieldId;
    char fieldType;
    unsigned char size;
    char tag[48];
    int scope;
    int nvmlFieldId;
    dcgm_field_entity_group_t entityLevel;
    dcgm_field_output_format_p valueFormat;
} dcgm_field_meta_t;
typedef const dcgm_field_meta_t *dcgm_field_meta_p;

/* Since 3.3.5 or earlier: 4 bytes. */
typedef struct {
    union {
        struct {
            dcgm_field_entity_group_t type : 8;
            uint32_t index : 16;
            union {
                dcgm_field_eid_t gpuId : 8;
                dcgm_field_eid_t switchId : 8;
            } __attribute__((packed)) ;
        } __attribute__((packed)) parsed;
        dcgm_field_eid_t raw;
    } __attribute__((packed)) ;
} __attribute__((packed)) dcgm_link_t;

/* Since 3.3.5 or earlier: 2312 bytes. */
typedef struct {
    unsigned int numGpus;
    struct {
        unsigned int dcgmGpuId;
        uint64_t bitmask[8];
    } affinityMasks[32];
} dcgmAffinity_t;

/* Since 3.3.5 or earlier: 528 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numFieldIds;
    dcgmFieldGrp_t fieldGroupId;
    char fieldGroupName[256];
    unsigned short fieldIds[128];
} dcgmFieldGroupInfo_v1;
typedef dcgmFieldGroupInfo_v1 dcgmFieldGroupInfo_t;

/* Since 3.3.5 or earlier: 33800 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numFieldGroups;
    dcgmFieldGroupInfo_v1 fieldGroups[64];
} dcgmAllFieldGroup_v1;
typedef dcgmAllFieldGroup_v1 dcgmAllFieldGroup_t;

/* Since 3.3.5 or earlier: 320 bytes. */
typedef struct {
    unsigned int version;
    unsigned int flags;
    unsigned int entityId;
    unsigned int entityGroupId;
    unsigned short fieldId;
    short lastStatus;
    int64_t oldestTimestamp;
    int64_t newestTimestamp;
    int64_t monitorIntervalUsec;
    int64_t maxAgeUsec;
    int64_t execTimeUsec;
    int64_t fetchCount;
    int numSamples;
    int numWatchers;
    dcgm_cm_field_info_watcher_t watchers[10];
} dcgmCacheManagerFieldInfo_v4_t;

/* Since 3.3.5 or earlier: 12 bytes. */
typedef struct {
    int version;
    unsigned int memClock;
    unsigned int smClock;
} dcgmClockSet_v1;
typedef dcgmClockSet_v1 dcgmClockSet_t;

/* Since 3.3.5 or earlier: 44 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuInstanceId;
    unsigned int id;
    unsigned int sliceCount;
    unsigned int instanceCount;
    unsigned int multiprocessorCount;
    unsigned int sharedCopyEngineCount;
    unsigned int sharedDecoderCount;
    unsigned int sharedEncoderCount;
    unsigned int sharedJpegCount;
    unsigned int sharedOfaCount;
} dcgmComputeInstanceProfileInfo_v1;
typedef dcgmComputeInstanceProfileInfo_v1 dcgmComputeInstanceProfileInfo_t;

/* Since 3.3.5 or earlier: 52 bytes. */
typedef struct {
    unsigned int version;
    unsigned int profileCount;
    dcgmComputeInstanceProfileInfo_v1 profileInfo;
} dcgmComputeInstanceProfiles_v1;
typedef dcgmComputeInstanceProfiles_v1 dcgmComputeInstanceProfiles_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int syncBoost;
    dcgmClockSet_v1 targetClocks;
} dcgmConfigPerfStateSettings_t;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    dcgmConfigPowerLimitType_t type;
    unsigned int val;
} dcgmConfigPowerLimit_t;

/* Since 3.3.5 or earlier: 40 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuId;
    unsigned int eccMode;
    unsigned int computeMode;
    dcgmConfigPerfStateSettings_t perfState;
    dcgmConfigPowerLimit_t powerLimit;
} dcgmConfig_v1;

/* Since 4.0.0: 72 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuId;
    unsigned int eccMode;
    unsigned int computeMode;
    dcgmConfigPerfStateSettings_t perfState;
    dcgmConfigPowerLimit_t powerLimit;
    unsigned int workloadPowerProfiles[8];
} dcgmConfig_v2;
typedef dcgmConfig_v2 dcgmConfig_t;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    unsigned int version;
    unsigned int persistAfterDisconnect;
} dcgmConnectV2Params_v1;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    unsigned int persistAfterDisconnect;
    unsigned int timeoutMs;
    unsigned int addressIsUnixSocket;
} dcgmConnectV2Params_v2;
typedef dcgmConnectV2Params_v2 dcgmConnectV2Params_t;

/* Since 4.5.0: 12 bytes. */
typedef struct {
    unsigned int version;
    unsigned int persistAfterDisconnect;
    unsigned int timeoutMs;
} dcgmConnectV3Params_v1;
typedef dcgmConnectV3Params_v1 dcgmConnectV3Params_t;

/* Since 3.3.5 or earlier: 136 bytes. */
typedef struct {
    unsigned int version;
    uint64_t bitmask[16];
} dcgmCpuHierarchyOwnedCores_v1;
typedef dcgmCpuHierarchyOwnedCores_v1 dcgmCpuHierarchyOwnedCores_t;

/* Since 3.3.5 or earlier: 144 bytes. */
typedef struct {
    unsigned int cpuId;
    dcgmCpuHierarchyOwnedCores_v1 ownedCores;
} dcgmCpuHierarchyCpu_v1;

/* Since 3.3.5 or earlier: 1160 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numCpus;
    dcgmCpuHierarchyCpu_v1 cpus[8];
} dcgmCpuHierarchy_v1;

/* Since 4.0.0: 400 bytes. */
typedef struct {
    unsigned int cpuId;
    dcgmCpuHierarchyOwnedCores_v1 ownedCores;
    char serial[256];
} dcgmCpuHierarchyCpu_v2;

/* Since 4.0.0: 3208 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numCpus;
    dcgmCpuHierarchyCpu_v2 cpus[8];
} dcgmCpuHierarchy_v2;
typedef dcgmCpuHierarchy_v2 dcgmCpuHierarchy_t;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    dcgm_field_entity_group_t entityGroupId;
    dcgm_field_eid_t entityId;
} dcgmGroupEntityPair_t;

/* Since 3.3.5 or earlier: 20 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    dcgmGroupEntityPair_t parent;
    dcgmMigProfile_t sliceProfile;
} dcgmMigHierarchyInfo_t;

/* Since 3.3.5 or earlier: 8968 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numToCreate;
    dcgmMigHierarchyInfo_t entityList[448];
} dcgmCreateFakeEntities_v2;
typedef dcgmCreateFakeEntities_v2 dcgmCreateFakeEntities_t;

/* Since 3.3.5 or earlier: 20 bytes. */
typedef struct {
    unsigned int version;
    dcgm_field_eid_t parentId;
    dcgmMigProfile_t profile;
    dcgmMigCreate_t createOption;
    unsigned int flags;
} dcgmCreateMigEntity_v1;
typedef dcgmCreateMigEntity_v1 dcgmCreateMigEntity_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    dcgm_field_entity_group_t entityGroupId;
    dcgm_field_eid_t entityId;
    unsigned int flags;
} dcgmDeleteMigEntity_v1;
typedef dcgmDeleteMigEntity_v1 dcgmDeleteMigEntity_t;

/* Since 3.3.5 or earlier: 2064 bytes. */
typedef struct {
    unsigned int version;
    char brandName[256];
    char deviceName[256];
    char pciBusId[256];
    char serial[256];
    char uuid[256];
    char vbios[256];
    char inforomImageVersion[256];
    unsigned int pciDeviceId;
    unsigned int pciSubSystemId;
    char driverVersion[256];
    unsigned int virtualizationMode;
} dcgmDeviceIdentifiers_v1;
typedef dcgmDeviceIdentifiers_v1 dcgmDeviceIdentifiers_t;

/* Since 3.3.5 or earlier: 20 bytes. */
typedef struct {
    unsigned int version;
    unsigned int bar1Total;
    unsigned int fbTotal;
    unsigned int fbUsed;
    unsigned int fbFree;
} dcgmDeviceMemoryUsage_v1;
typedef dcgmDeviceMemoryUsage_v1 dcgmDeviceMemoryUsage_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    unsigned int version;
    unsigned int curPowerLimit;
    unsigned int defaultPowerLimit;
    unsigned int enforcedPowerLimit;
    unsigned int minPowerLimit;
    unsigned int maxPowerLimit;
} dcgmDevicePowerLimits_v1;
typedef dcgmDevicePowerLimits_v1 dcgmDevicePowerLimits_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    unsigned int persistenceModeEnabled;
    unsigned int migModeEnabled;
    unsigned int confidentialComputeMode;
} dcgmDeviceSettings_v2;
typedef dcgmDeviceSettings_v2 dcgmDeviceSettings_t;

/* Since 3.3.5 or earlier: 3080 bytes. */
typedef struct {
    unsigned int version;
    unsigned int count;
    dcgmClockSet_v1 clockSet[256];
} dcgmDeviceSupportedClockSets_v1;
typedef dcgmDeviceSupportedClockSets_v1 dcgmDeviceSupportedClockSets_t;

/* Since 3.3.5 or earlier: 12 bytes. */
typedef struct {
    unsigned int version;
    unsigned int slowdownTemp;
    unsigned int shutdownTemp;
} dcgmDeviceThermals_v1;
typedef dcgmDeviceThermals_v1 dcgmDeviceThermals_t;

/* Since 3.3.5 or earlier: 5220 bytes. */
typedef struct {
    unsigned int version;
    dcgmDeviceSupportedClockSets_v1 clockSets;
    dcgmDeviceThermals_v1 thermalSettings;
    dcgmDevicePowerLimits_v1 powerLimits;
    dcgmDeviceIdentifiers_v1 identifiers;
    dcgmDeviceMemoryUsage_v1 memoryUsage;
    dcgmDeviceSettings_v2 settings;
} dcgmDeviceAttributes_v3;
typedef dcgmDeviceAttributes_v3 dcgmDeviceAttributes_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    unsigned int sessionCount;
    unsigned int averageFps;
    unsigned int averageLatency;
} dcgmDeviceEncStats_v1;
typedef dcgmDeviceEncStats_v1 dcgmDeviceEncStats_t;

/* Since 3.3.5 or earlier: 52 bytes. */
typedef struct {
    unsigned int version;
    unsigned int sessionId;
    unsigned int pid;
    unsigned int vgpuId;
    unsigned int displayOrdinal;
    dcgmFBCSessionType_t sessionType;
    unsigned int sessionFlags;
    unsigned int hMaxResolution;
    unsigned int vMaxResolution;
    unsigned int hResolution;
    unsigned int vResolution;
    unsigned int averageFps;
    unsigned int averageLatency;
} dcgmDeviceFbcSessionInfo_v1;
typedef dcgmDeviceFbcSessionInfo_v1 dcgmDeviceFbcSessionInfo_t;

/* Since 3.3.5 or earlier: 13320 bytes. */
typedef struct {
    unsigned int version;
    unsigned int sessionCount;
    dcgmDeviceFbcSessionInfo_v1 sessionInfo[256];
} dcgmDeviceFbcSessions_v1;
typedef dcgmDeviceFbcSessions_v1 dcgmDeviceFbcSessions_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    unsigned int sessionCount;
    unsigned int averageFps;
    unsigned int averageLatency;
} dcgmDeviceFbcStats_v1;
typedef dcgmDeviceFbcStats_v1 dcgmDeviceFbcStats_t;

/* Since 3.3.5 or earlier: 56 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuInstanceId;
    unsigned int computeInstanceId;
    unsigned int multiprocessorCount;
    unsigned int sharedCopyEngineCount;
    unsigned int sharedDecoderCount;
    unsigned int sharedEncoderCount;
    unsigned int sharedJpegCount;
    unsigned int sharedOfaCount;
    unsigned int gpuInstanceSliceCount;
    unsigned int computeInstanceSliceCount;
    uint64_t memorySizeMB;
} dcgmDeviceMigAttributesInfo_v1;
typedef dcgmDeviceMigAttributesInfo_v1 dcgmDeviceMigAttributesInfo_t;

/* Since 3.3.5 or earlier: 64 bytes. */
typedef struct {
    unsigned int version;
    unsigned int migDevicesCount;
    dcgmDeviceMigAttributesInfo_v1 migAttributesInfo;
} dcgmDeviceMigAttributes_v1;
typedef dcgmDeviceMigAttributes_v1 dcgmDeviceMigAttributes_t;

/* Since 3.3.5 or earlier: 40 bytes. */
typedef struct {
    unsigned int version;
    unsigned int pid;
    unsigned int gpuUtilization;
    unsigned int memoryUtilization;
    uint64_t maxMemoryUsage;
    uint64_t startTimestamp;
    uint64_t activeTimeUsec;
} dcgmDevicePidAccountingStats_v1;
typedef dcgmDevicePidAccountingStats_v1 dcgmDevicePidAccountingStats_t;

/* Since 3.3.5 or earlier: 64 bytes. */
typedef struct {
    unsigned int version;
    uint64_t deviceId;
    uint64_t subsystemId;
    unsigned int numDisplayHeads;
    unsigned int maxInstances;
    unsigned int frameRateLimit;
    unsigned int maxResolutionX;
    unsigned int maxResolutionY;
    uint64_t fbTotal;
    unsigned int gpuInstanceProfileId;
} dcgmDeviceSupportedVgpuTypeInfo_v1;
typedef dcgmDeviceSupportedVgpuTypeInfo_v1 dcgmDeviceSupportedVgpuTypeInfo_t;

/* Since 3.3.5 or earlier: 448 bytes. */
typedef struct {
    unsigned int version;
    uint64_t cpuAffinityMask[8];
    unsigned int numGpus;
    struct {
        unsigned int gpuId;
        dcgmGpuTopologyLevel_v1_t path;
        unsigned int localNvLinkIds;
    } gpuPaths[31];
} dcgmDeviceTopology_v1;

/* Since 4.6.0: 824 bytes. */
typedef struct {
    unsigned int version;
    uint64_t cpuAffinityMask[8];
    unsigned int numGpus;
    struct {
        unsigned int gpuId;
        dcgmGpuTopologyLevel_t path;
        uint64_t localNvLinkIds;
    } gpuPaths[31];
} dcgmDeviceTopology_v2;
typedef dcgmDeviceTopology_v2 dcgmDeviceTopology_t;

/* Since 3.3.5 or earlier: 36 bytes. */
typedef struct {
    unsigned int version;
    union {
        unsigned int vgpuId;
        unsigned int sessionCount;
    } encoderSessionInfo;
    unsigned int sessionId;
    unsigned int pid;
    dcgmEncoderType_t codecType;
    unsigned int hResolution;
    unsigned int vResolution;
    unsigned int averageFps;
    unsigned int averageLatency;
} dcgmDeviceVgpuEncSessions_v1;
typedef dcgmDeviceVgpuEncSessions_v1 dcgmDeviceVgpuEncSessions_t;

/* Since 3.3.5 or earlier: 92 bytes. */
typedef struct {
    unsigned int version;
    union {
        unsigned int vgpuId;
        unsigned int vgpuProcessSamplesCount;
    } vgpuProcessUtilInfo;
    unsigned int pid;
    char processName[64];
    unsigned int smUtil;
    unsigned int memUtil;
    unsigned int encUtil;
    unsigned int decUtil;
} dcgmDeviceVgpuProcessUtilInfo_v1;
typedef dcgmDeviceVgpuProcessUtilInfo_v1 dcgmDeviceVgpuProcessUtilInfo_t;

/* Since 3.3.5 or earlier: 296 bytes. */
typedef struct {
    unsigned int version;
    union {
        unsigned int vgpuTypeId;
        unsigned int supportedVgpuTypeCount;
    } vgpuTypeInfo;
    char vgpuTypeName[64];
    char vgpuTypeClass[64];
    char vgpuTypeLicense[128];
    int deviceId;
    int subsystemId;
    int numDisplayHeads;
    int maxInstances;
    int frameRateLimit;
    int maxResolutionX;
    int maxResolutionY;
    int fbTotal;
} dcgmDeviceVgpuTypeInfo_v1;

/* Since 3.3.5 or earlier: 300 bytes. */
typedef struct {
    unsigned int version;
    union {
        unsigned int vgpuTypeId;
        unsigned int supportedVgpuTypeCount;
    } vgpuTypeInfo;
    char vgpuTypeName[64];
    char vgpuTypeClass[64];
    char vgpuTypeLicense[128];
    int deviceId;
    int subsystemId;
    int numDisplayHeads;
    int maxInstances;
    int frameRateLimit;
    int maxResolutionX;
    int maxResolutionY;
    int fbTotal;
    int gpuInstanceProfileId;
} dcgmDeviceVgpuTypeInfo_v2;
typedef dcgmDeviceVgpuTypeInfo_v2 dcgmDeviceVgpuTypeInfo_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    unsigned int version;
    unsigned int vgpuId;
    unsigned int smUtil;
    unsigned int memUtil;
    unsigned int encUtil;
    unsigned int decUtil;
} dcgmDeviceVgpuUtilInfo_v1;
typedef dcgmDeviceVgpuUtilInfo_v1 dcgmDeviceVgpuUtilInfo_t;

/* Since 4.0.0: 100 bytes. */
typedef struct {
    unsigned int version;
    unsigned int profileMask[8];
    unsigned int requestedProfileMask[8];
    unsigned int enforcedProfileMask[8];
} dcgmDeviceWorkloadPowerProfilesStatus_v1;
typedef dcgmDeviceWorkloadPowerProfilesStatus_v1 dcgmDeviceWorkloadPowerProfilesStatus_t;

/* Since 4.0.0: 272 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    char serialNum[256];
    char skuDeviceId[5];
} dcgmDiagEntity_v1;

/* Since 4.0.0: 16 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    dcgmDiagResult_t result;
    unsigned int testId;
} dcgmDiagEntityResult_v1;

/* Since 4.0.0: 536 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    unsigned int code;
    unsigned int category;
    unsigned int severity;
    char msg[512];
    unsigned int testId;
} dcgmDiagError_v1;

/* Since 3.3.5 or earlier: 1028 bytes. */
typedef struct {
    char msg[1024];
    unsigned int code;
} dcgmDiagErrorDetail_t;

/* Since 3.3.5 or earlier: 528 bytes. */
typedef struct {
    char msg[512];
    int gpuId;
    unsigned int code;
    unsigned int category;
    unsigned int severity;
} dcgmDiagErrorDetail_v2;

/* Since 4.0.0: 524 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    char msg[512];
    unsigned int testId;
} dcgmDiagInfo_v1;

/* Since 3.3.5 or earlier: 3156 bytes. */
typedef struct {
    dcgmDiagResult_t status;
    dcgmDiagErrorDetail_v2 error[5];
    char info[512];
} dcgmDiagTestResult_v3;

/* Since 3.3.5 or earlier: 41036 bytes. */
typedef struct {
    unsigned int gpuId;
    unsigned int hwDiagnosticReturn;
    dcgmDiagTestResult_v3 results[13];
} dcgmDiagResponsePerGpu_v5;

/* Since 3.3.9: 2052 bytes. */
typedef struct {
    unsigned int version;
    char data[2048];
} dcgmDiagTestAuxData_v1;

/* Since 3.3.9: 1399484 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuCount;
    unsigned int levelOneTestCount;
    dcgmDiagTestResult_v3 levelOneResults[16];
    dcgmDiagResponsePerGpu_v5 perGpuResponses[32];
    dcgmDiagErrorDetail_v2 systemError;
    char devIds[32][5];
    char devSerials[32][256];
    char dcgmVersion[12];
    char driverVersion[256];
    dcgmDiagTestAuxData_v1 auxDataPerTest[13];
} dcgmDiagResponse_v10;

/* Since 4.0.0: 4224 bytes. */
typedef struct {
    char name[32];
    char pluginName[32];
    dcgmDiagResult_t result;
    unsigned char numErrors;
    unsigned char numInfo;
    unsigned char categoryIndex;
    unsigned char _unused;
    unsigned short numResults;
    unsigned char errorIndices[32];
    unsigned char infoIndices[16];
    unsigned short resultIndices[1024];
    dcgmDiagTestAuxData_v1 auxData;
} dcgmDiagTestRun_v1;

/* Since 4.0.0: 1399484 bytes. */
typedef struct {
    unsigned int version;
    unsigned char numTests;
    unsigned char numErrors;
    unsigned char numInfo;
    unsigned char numCategories;
    unsigned short numEntities;
    unsigned short numResults;
    dcgmDiagTestRun_v1 tests[20];
    dcgmDiagEntity_v1 entities[1024];
    dcgmDiagError_v1 errors[32];
    dcgmDiagInfo_v1 info[16];
    dcgmDiagEntityResult_v1 results[20480];
    char categories[5][20];
    char dcgmVersion[12];
    char driverVersion[256];
    char _unused[682880];
} dcgmDiagResponse_v11;

/* Since 4.2.3: 4336 bytes. */
typedef struct {
    char name[32];
    char pluginName[32];
    dcgmDiagResult_t result;
    unsigned char numErrors;
    unsigned char numInfo;
    unsigned char categoryIndex;
    unsigned char _unused;
    unsigned short numResults;
    unsigned char errorIndices[32];
    unsigned char infoIndices[128];
    unsigned short resultIndices[1024];
    dcgmDiagTestAuxData_v1 auxData;
} dcgmDiagTestRun_v2;

/* Since 4.2.3: 1399484 bytes. */
typedef struct {
    unsigned int version;
    unsigned char numTests;
    unsigned char numErrors;
    unsigned char numInfo;
    unsigned char numCategories;
    unsigned short numEntities;
    unsigned short numResults;
    dcgmDiagTestRun_v2 tests[20];
    dcgmDiagEntity_v1 entities[1024];
    dcgmDiagError_v1 errors[32];
    dcgmDiagInfo_v1 info[128];
    dcgmDiagEntityResult_v1 results[20480];
    char categories[5][20];
    char dcgmVersion[12];
    char driverVersion[256];
    char _unused[621952];
} dcgmDiagResponse_v12;
typedef dcgmDiagResponse_v12 dcgmDiagResponse_t;

/* Since 3.3.5 or earlier: 2056 bytes. */
typedef struct {
    dcgmDiagResult_t status;
    dcgmDiagErrorDetail_t error;
    char info[1024];
} dcgmDiagTestResult_v2;

/* Since 3.3.5 or earlier: 18512 bytes. */
typedef struct {
    unsigned int gpuId;
    unsigned int hwDiagnosticReturn;
    dcgmDiagTestResult_v2 results[9];
} dcgmDiagResponsePerGpu_v3;

/* Since 3.3.5 or earlier: 627344 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuCount;
    unsigned int levelOneTestCount;
    dcgmDiagTestResult_v2 levelOneResults[16];
    dcgmDiagResponsePerGpu_v3 perGpuResponses[32];
    dcgmDiagErrorDetail_t systemError;
    char _unused[1024];
} dcgmDiagResponse_v7;

/* Since 3.3.5 or earlier: 26736 bytes. */
typedef struct {
    unsigned int gpuId;
    unsigned int hwDiagnosticReturn;
    dcgmDiagTestResult_v2 results[13];
} dcgmDiagResponsePerGpu_v4;

/* Since 3.3.5 or earlier: 890512 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuCount;
    unsigned int levelOneTestCount;
    dcgmDiagTestResult_v2 levelOneResults[16];
    dcgmDiagResponsePerGpu_v4 perGpuResponses[32];
    dcgmDiagErrorDetail_t systemError;
    char devIds[32][5];
    char dcgmVersion[12];
    char driverVersion[256];
    char _unused[596];
} dcgmDiagResponse_v8;

/* Since 3.3.5 or earlier: 1373404 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuCount;
    unsigned int levelOneTestCount;
    dcgmDiagTestResult_v3 levelOneResults[16];
    dcgmDiagResponsePerGpu_v5 perGpuResponses[32];
    dcgmDiagErrorDetail_v2 systemError;
    char devIds[32][5];
    char devSerials[32][256];
    char dcgmVersion[12];
    char driverVersion[256];
    char _unused[596];
} dcgmDiagResponse_v9;

/* Since 4.0.0: 144 bytes. */
typedef struct {
    unsigned int version;
    unsigned int totalTests;
    unsigned int completedTests;
    char testName[128];
    unsigned int errorCode;
} dcgmDiagStatus_v1;
typedef dcgmDiagStatus_v1 dcgmDiagStatus_t;

/* Since 4.4.2: 520 bytes. */
typedef struct {
    unsigned int version;
    char envVarName[256];
    char envVarValue[256];
    dcgmReturn_t ret;
} dcgmEnvVarInfo_v1;
typedef dcgmEnvVarInfo_v1 dcgmEnvVarInfo_t;

/* Since 3.3.5 or earlier: 12 bytes. */
typedef struct {
    unsigned int gpuId;
    short fieldId;
    int status;
} dcgmErrorInfo_t;

/* Since 3.3.5 or earlier: 64 bytes. */
typedef struct {
    unsigned int fieldType;
    unsigned int summaryCount;
    union {
        int64_t i64;
        double fp64;
    } values[7];
} dcgmSummaryResponse_t;

/* Since 3.3.5 or earlier: 104 bytes. */
typedef struct {
    unsigned int version;
    unsigned short fieldId;
    dcgm_field_entity_group_t entityGroupId;
    dcgm_field_eid_t entityId;
    uint32_t summaryTypeMask;
    uint64_t startTime;
    uint64_t endTime;
    dcgmSummaryResponse_t response;
} dcgmFieldSummaryRequest_v1;
typedef dcgmFieldSummaryRequest_v1 dcgmFieldSummaryRequest_t;

/* Since 3.3.5 or earlier: 4120 bytes. */
typedef struct {
    unsigned int version;
    unsigned short fieldId;
    unsigned short fieldType;
    int status;
    int64_t ts;
    union {
        int64_t i64;
        double dbl;
        char str[256];
        char blob[4096];
    } value;
} dcgmFieldValue_v1;
typedef dcgmFieldValue_v1 dcgmInjectFieldValue_t;
typedef dcgmFieldValue_v1 dcgmInjectFieldValue_v1;

/* Since 3.3.5 or earlier: 4128 bytes. */
typedef struct {
    unsigned int version;
    dcgm_field_entity_group_t entityGroupId;
    dcgm_field_eid_t entityId;
    unsigned short fieldId;
    unsigned short fieldType;
    int status;
    unsigned int unused;
    int64_t ts;
    union {
        int64_t i64;
        double dbl;
        char str[256];
        char blob[4096];
    } value;
} dcgmFieldValue_v2;

/* Since 3.3.5 or earlier: 56 bytes. */
typedef struct {
    unsigned int version;
    unsigned int id;
    unsigned int isP2pSupported;
    unsigned int sliceCount;
    unsigned int instanceCount;
    unsigned int multiprocessorCount;
    unsigned int copyEngineCount;
    unsigned int decoderCount;
    unsigned int encoderCount;
    unsigned int jpegCount;
    unsigned int ofaCount;
    uint64_t memorySizeMB;
} dcgmGpuInstanceProfileInfo_v1;
typedef dcgmGpuInstanceProfileInfo_v1 dcgmGpuInstanceProfileInfo_t;

/* Since 3.3.5 or earlier: 64 bytes. */
typedef struct {
    unsigned int version;
    unsigned int profileCount;
    dcgmGpuInstanceProfileInfo_v1 profileInfo;
} dcgmGpuInstanceProfiles_v1;
typedef dcgmGpuInstanceProfiles_v1 dcgmGpuInstanceProfiles_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    unsigned int pid;
    double smUtil;
    double memUtil;
} dcgmProcessUtilInfo_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    double minValue;
    double maxValue;
    double average;
} dcgmStatSummaryFp64_t;

/* Since 3.3.5 or earlier: 12 bytes. */
typedef struct {
    int minValue;
    int maxValue;
    int average;
} dcgmStatSummaryInt32_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    int64_t minValue;
    int64_t maxValue;
    int64_t average;
} dcgmStatSummaryInt64_t;

/* Since 3.3.5 or earlier: 1184 bytes. */
typedef struct {
    unsigned int gpuId;
    int64_t energyConsumed;
    dcgmStatSummaryFp64_t powerUsage;
    dcgmStatSummaryInt64_t pcieRxBandwidth;
    dcgmStatSummaryInt64_t pcieTxBandwidth;
    int64_t pcieReplays;
    int64_t startTime;
    int64_t endTime;
    dcgmStatSummaryInt32_t smUtilization;
    dcgmStatSummaryInt32_t memoryUtilization;
    unsigned int eccSingleBit;
    unsigned int eccDoubleBit;
    dcgmStatSummaryInt32_t memoryClock;
    dcgmStatSummaryInt32_t smClock;
    int numXidCriticalErrors;
    int64_t xidCriticalErrorsTs[10];
    int numComputePids;
    dcgmProcessUtilInfo_t computePidInfo[16];
    int numGraphicsPids;
    dcgmProcessUtilInfo_t graphicsPidInfo[16];
    int64_t maxGpuMemoryUsed;
    int64_t powerViolationTime;
    int64_t thermalViolationTime;
    int64_t reliabilityViolationTime;
    int64_t boardLimitViolationTime;
    int64_t lowUtilizationTime;
    int64_t syncBoostTime;
    dcgmHealthWatchResults_t overallHealth;
    unsigned int incidentCount;
    struct {
        dcgmHealthSystems_t system;
        dcgmHealthWatchResults_t health;
    } systems[10];
} dcgmGpuUsageInfo_t;

/* Since 3.3.5 or earlier: 776 bytes. */
typedef struct {
    unsigned int version;
    unsigned int count;
    char groupName[256];
    dcgmGroupEntityPair_t entityList[64];
} dcgmGroupInfo_v2;

/* Since 4.0.0: 8456 bytes. */
typedef struct {
    unsigned int version;
    unsigned int count;
    char groupName[256];
    dcgmGroupEntityPair_t entityList[1024];
} dcgmGroupInfo_v3;
typedef dcgmGroupInfo_v3 dcgmGroupInfo_t;

/* Since 3.3.5 or earlier: 80 bytes. */
typedef struct {
    unsigned int version;
    uint64_t groupCpuAffinityMask[8];
    unsigned int numaOptimalFlag;
    dcgmGpuTopologyLevel_v1_t slowestPath;
} dcgmGroupTopology_v1;

/* Since 4.6.0: 88 bytes. */
typedef struct {
    unsigned int version;
    uint64_t groupCpuAffinityMask[8];
    unsigned int numaOptimalFlag;
    dcgmGpuTopologyLevel_t slowestPath;
} dcgmGroupTopology_v2;
typedef dcgmGroupTopology_v2 dcgmGroupTopology_t;

/* Since 3.3.5 or earlier: 1044 bytes. */
typedef struct {
    dcgmHealthSystems_t system;
    dcgmHealthWatchResults_t health;
    dcgmDiagErrorDetail_t error;
    dcgmGroupEntityPair_t entityInfo;
} dcgmIncidentInfo_t;

/* Since 4.0.0: 1069068 bytes. */
typedef struct {
    unsigned int version;
    dcgmHealthWatchResults_t overallHealth;
    unsigned int incidentCount;
    dcgmIncidentInfo_t incidents[1024];
} dcgmHealthResponse_v5;
typedef dcgmHealthResponse_v5 dcgmHealthResponse_t;

/* Since 3.3.5 or earlier: 40 bytes. */
typedef struct {
    unsigned int version;
    dcgmGpuGrp_t groupId;
    dcgmHealthSystems_t systems;
    int64_t updateInterval;
    double maxKeepAge;
} dcgmHealthSetParams_v2;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    unsigned int version;
    unsigned int overallHealth;
} dcgmHostengineHealth_v1;
typedef dcgmHostengineHealth_v1 dcgmHostengineHealth_t;

/* Since 3.3.5 or earlier: 32 bytes. */
typedef struct {
    unsigned int version;
    double total;
    double kernel;
    double user;
} dcgmIntrospectCpuUtil_v1;
typedef dcgmIntrospectCpuUtil_v1 dcgmIntrospectCpuUtil_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    int64_t bytesUsed;
} dcgmIntrospectMemory_v1;
typedef dcgmIntrospectMemory_v1 dcgmIntrospectMemory_t;

/* Since 3.3.5 or earlier: 39080 bytes. */
typedef struct {
    unsigned int version;
    int numGpus;
    dcgmGpuUsageInfo_t summary;
    dcgmGpuUsageInfo_t gpus[32];
} dcgmJobInfo_v3;
typedef dcgmJobInfo_v3 dcgmJobInfo_t;

/* Since 3.3.5 or earlier: 148 bytes. */
typedef struct {
    char gpuUuid[128];
    unsigned int nvmlGpuIndex;
    unsigned int nvmlInstanceId;
    unsigned int nvmlComputeInstanceId;
    unsigned int nvmlMigProfileId;
    unsigned int nvmlProfileSlices;
} dcgmMigEntityInfo_t;

/* Since 3.3.5 or earlier: 164 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    dcgmGroupEntityPair_t parent;
    dcgmMigEntityInfo_t info;
} dcgmMigHierarchyInfo_v2;

/* Since 3.3.5 or earlier: 73480 bytes. */
typedef struct {
    unsigned int version;
    unsigned int count;
    dcgmMigHierarchyInfo_v2 entityList[448];
} dcgmMigHierarchy_v2;

/* Since 4.3.1: 276 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    unsigned int hostId;
    char serialNum[256];
    char skuDeviceId[5];
    char _unusedPad1[3];
} dcgmMnDiagEntity_v1;
typedef dcgmMnDiagEntity_v1 dcgmMnDiagEntity_t;

/* Since 4.3.1: 20 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    dcgmDiagResult_t result;
    unsigned int hostId;
    unsigned int testId;
} dcgmMnDiagEntityResult_v1;
typedef dcgmMnDiagEntityResult_v1 dcgmMnDiagEntityResult_t;

/* Since 4.3.1: 540 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    unsigned int hostId;
    unsigned int testId;
    unsigned int code;
    unsigned int category;
    unsigned int severity;
    char msg[512];
} dcgmMnDiagError_v1;
typedef dcgmMnDiagError_v1 dcgmMnDiagError_t;

/* Since 4.3.1: 592 bytes. */
typedef struct {
    char hostname[256];
    char dcgmVersion[12];
    char driverVersion[256];
    unsigned int numEntities;
    unsigned int entityIndices[16];
} dcgmMnDiagHosts_v1;
typedef dcgmMnDiagHosts_v1 dcgmMnDiagHosts_t;

/* Since 4.3.1: 528 bytes. */
typedef struct {
    dcgmGroupEntityPair_t entity;
    unsigned int hostId;
    unsigned int testId;
    char msg[512];
} dcgmMnDiagInfo_v1;
typedef dcgmMnDiagInfo_v1 dcgmMnDiagInfo_t;

/* Since 4.3.1: 2052 bytes. */
typedef struct {
    unsigned int version;
    char data[2048];
} dcgmMnDiagTestAuxData_v1;
typedef dcgmMnDiagTestAuxData_v1 dcgmMnDiagTestAuxData_t;

/* Since 4.3.1: 4596 bytes. */
typedef struct {
    char name[32];
    char pluginName[32];
    dcgmDiagResult_t result;
    unsigned char numErrors;
    unsigned char numInfo;
    unsigned char categoryIndex;
    unsigned char _unused1;
    unsigned short numResults;
    unsigned char _unused2[2];
    unsigned char errorIndices[32];
    unsigned char infoIndices[128];
    unsigned short resultIndices[1152];
    unsigned char _unused3[4];
    dcgmMnDiagTestAuxData_v1 auxData;
} dcgmMnDiagTestRun_v1;
typedef dcgmMnDiagTestRun_v1 dcgmMnDiagTestRun_t;

/* Since 4.3.1: 556000 bytes. */
typedef struct {
    unsigned int version;
    unsigned char numHosts;
    unsigned char numTests;
    unsigned short numErrors;
    unsigned short numInfos;
    unsigned short numEntities;
    unsigned short numResults;
    char _unusedPad1[2];
    dcgmMnDiagHosts_v1 hosts[72];
    dcgmMnDiagTestRun_v1 tests[4];
    dcgmMnDiagEntity_v1 entities[1152];
    dcgmMnDiagError_v1 errors[32];
    dcgmMnDiagInfo_v1 info[128];
    dcgmMnDiagEntityResult_v1 results[4608];
} dcgmMnDiagResponse_v1;
typedef dcgmMnDiagResponse_v1 dcgmMnDiagResponse_t;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    dcgmModuleId_t id;
    dcgmModuleStatus_t status;
} dcgmModuleGetStatusesModule_t;

/* Since 3.3.5 or earlier: 136 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numStatuses;
    dcgmModuleGetStatusesModule_t statuses[16];
} dcgmModuleGetStatuses_v1;
typedef dcgmModuleGetStatuses_v1 dcgmModuleGetStatuses_t;

/* Since 4.5.0: 8 bytes. */
typedef struct {
    unsigned int version;
    uint32_t moduleMask;
} dcgmModulesReloadable_v1;
typedef dcgmModulesReloadable_v1 dcgmModulesReloadable_t;

/* Since 4.3.1: 132 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkGpuP2PStatus_t linkStatus[32];
} dcgmNvLinkGpuLinkP2PStatus_v1;

/* Since 3.3.5 or earlier: 28 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkLinkState_t linkState[6];
} dcgmNvLinkGpuLinkStatus_v1;

/* Since 3.3.5 or earlier: 52 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkLinkState_t linkState[12];
} dcgmNvLinkGpuLinkStatus_v2;

/* Since 3.3.5 or earlier: 76 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkLinkState_t linkState[18];
} dcgmNvLinkGpuLinkStatus_v3;

/* Since 4.6.0: 148 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkLinkState_t linkState[36];
} dcgmNvLinkGpuLinkStatus_v4;

/* Since 3.3.5 or earlier: 1028 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkLinkState_t linkState[256];
} dcgmNvLinkNvSwitchLinkStatus_t;

/* Since 4.3.1: 4232 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numGpus;
    dcgmNvLinkGpuLinkP2PStatus_v1 gpus[32];
} dcgmNvLinkP2PStatus_v1;
typedef dcgmNvLinkP2PStatus_v1 dcgmNvLinkP2PStatus_t;

/* Since 4.0.0: 14780 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numGpus;
    dcgmNvLinkGpuLinkStatus_v3 gpus[32];
    unsigned int numNvSwitches;
    dcgmNvLinkNvSwitchLinkStatus_t nvSwitches[12];
} dcgmNvLinkStatus_v4;

/* Since 4.6.0: 17084 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numGpus;
    dcgmNvLinkGpuLinkStatus_v4 gpus[32];
    unsigned int numNvSwitches;
    dcgmNvLinkNvSwitchLinkStatus_t nvSwitches[12];
} dcgmNvLinkStatus_v5;
typedef dcgmNvLinkStatus_v5 dcgmNvLinkStatus_t;

/* Since 3.3.5 or earlier: 536 bytes. */
typedef struct {
    unsigned int gpuId;
    int64_t energyConsumed;
    dcgmStatSummaryInt64_t pcieRxBandwidth;
    dcgmStatSummaryInt64_t pcieTxBandwidth;
    int64_t pcieReplays;
    int64_t startTime;
    int64_t endTime;
    dcgmProcessUtilInfo_t processUtilization;
    dcgmStatSummaryInt32_t smUtilization;
    dcgmStatSummaryInt32_t memoryUtilization;
    unsigned int eccSingleBit;
    unsigned int eccDoubleBit;
    dcgmStatSummaryInt32_t memoryClock;
    dcgmStatSummaryInt32_t smClock;
    int numXidCriticalErrors;
    int64_t xidCriticalErrorsTs[10];
    int numOtherComputePids;
    unsigned int otherComputePids[16];
    int numOtherGraphicsPids;
    unsigned int otherGraphicsPids[16];
    int64_t maxGpuMemoryUsed;
    int64_t powerViolationTime;
    int64_t thermalViolationTime;
    int64_t reliabilityViolationTime;
    int64_t boardLimitViolationTime;
    int64_t lowUtilizationTime;
    int64_t syncBoostTime;
    dcgmHealthWatchResults_t overallHealth;
    unsigned int incidentCount;
    struct {
        dcgmHealthSystems_t system;
        dcgmHealthWatchResults_t health;
    } systems[10];
} dcgmPidSingleInfo_t;

/* Since 3.3.5 or earlier: 17704 bytes. */
typedef struct {
    unsigned int version;
    unsigned int pid;
    unsigned int unused;
    int numGpus;
    dcgmPidSingleInfo_t summary;
    dcgmPidSingleInfo_t gpus[32];
} dcgmPidInfo_v2;
typedef dcgmPidInfo_v2 dcgmPidInfo_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    enum { BOOL = 0, LLONG = 1 } tag;
    union {
        unsigned int boolean;
        uint64_t llval;
    } val;
} dcgmPolicyConditionParams_t;

/* Since 3.3.5 or earlier: 144 bytes. */
typedef struct {
    unsigned int version;
    dcgmPolicyCondition_t condition;
    dcgmPolicyMode_t mode;
    dcgmPolicyIsolation_t isolation;
    dcgmPolicyAction_t action;
    dcgmPolicyValidation_t validation;
    dcgmPolicyFailureResp_t response;
    dcgmPolicyConditionParams_t parms[7];
} dcgmPolicy_v1;
typedef dcgmPolicy_v1 dcgmPolicy_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    enum { L1 = 0, L2 = 1, DEVICE = 2, REGISTER = 3, TEXTURE = 4 } location;
    unsigned int numerrors;
} dcgmPolicyConditionDbe_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    unsigned int sbepages;
    unsigned int dbepages;
} dcgmPolicyConditionMpr_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    unsigned short fieldId;
    unsigned int counter;
} dcgmPolicyConditionNvlink_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    unsigned int counter;
} dcgmPolicyConditionPci_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    unsigned int powerViolation;
} dcgmPolicyConditionPower_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    unsigned int thermalViolation;
} dcgmPolicyConditionThermal_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    int64_t timestamp;
    unsigned int errnum;
} dcgmPolicyConditionXID_t;

/* Since 4.0.0: 32 bytes. */
typedef struct {
    unsigned int version;
    dcgmPolicyCondition_t condition;
    union {
        dcgmPolicyConditionDbe_t dbe;
        dcgmPolicyConditionPci_t pci;
        dcgmPolicyConditionMpr_t mpr;
        dcgmPolicyConditionThermal_t thermal;
        dcgmPolicyConditionPower_t power;
        dcgmPolicyConditionNvlink_t nvlink;
        dcgmPolicyConditionXID_t xid;
    } val;
    unsigned int gpuId;
} dcgmPolicyCallbackResponse_v2;
typedef dcgmPolicyCallbackResponse_v2 dcgmPolicyCallbackResponse_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    unsigned int notifyOnEccDbe;
    unsigned int notifyOnPciEvent;
    unsigned int notifyOnMaxRetiredPages;
} dcgmPolicyViolation_v1;
typedef dcgmPolicyViolation_v1 dcgmPolicyViolation_t;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    unsigned int gpuId;
    unsigned int violationOccurred;
} dcgmPolicyViolationNotify_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    double util;
    unsigned int pid;
} dcgmProcessUtilSample_t;

/* Since 3.3.5 or earlier: 136 bytes. */
typedef struct {
    unsigned short majorId;
    unsigned short minorId;
    unsigned int numFieldIds;
    unsigned short fieldIds[64];
} dcgmProfMetricGroupInfo_v2;

/* Since 3.3.5 or earlier: 1376 bytes. */
typedef struct {
    unsigned int version;
    unsigned int unused;
    unsigned int gpuId;
    unsigned int numMetricGroups;
    dcgmProfMetricGroupInfo_v2 metricGroups[10];
} dcgmProfGetMetricGroups_v3;
typedef dcgmProfGetMetricGroups_v3 dcgmProfGetMetricGroups_t;

/* Since 4.1.0: 119272 bytes. */
typedef struct {
    unsigned int version;
    unsigned int flags;
    unsigned int debugLevel;
    dcgmGpuGrp_t groupId;
    dcgmPolicyValidation_t validate;
    char testNames[20][50];
    char testParms[100][1050];
    char fakeGpuList[50];
    char debugLogFile[128];
    char statsPath[128];
    char configFileContents[10000];
    char clocksEventMask[50];
    char pluginPath[128];
    unsigned int currentIteration;
    unsigned int totalIterations;
    unsigned int timeoutSeconds;
    char _unusedBuf[128];
    unsigned int failCheckInterval;
    char expectedNumEntities[50];
    char entityIds[2048];
    unsigned int watchFrequency;
    char ignoreErrorCodes[512];
} dcgmRunDiag_v10;
typedef dcgmRunDiag_v10 dcgmRunDiag_t;

/* Since 3.3.5 or earlier: 21712 bytes. */
typedef struct {
    unsigned int version;
    unsigned int flags;
    unsigned int debugLevel;
    dcgmGpuGrp_t groupId;
    dcgmPolicyValidation_t validate;
    char testNames[20][50];
    char testParms[100][100];
    char fakeGpuList[50];
    char gpuList[50];
    char debugLogFile[128];
    char statsPath[128];
    char configFileContents[10000];
    char clocksEventMask[50];
    char pluginPath[128];
    unsigned int currentIteration;
    unsigned int totalIterations;
    unsigned int timeoutSeconds;
    char _unusedBuf[128];
    unsigned int failCheckInterval;
} dcgmRunDiag_v7;

/* Since 3.3.9: 116760 bytes. */
typedef struct {
    unsigned int version;
    unsigned int flags;
    unsigned int debugLevel;
    dcgmGpuGrp_t groupId;
    dcgmPolicyValidation_t validate;
    char testNames[20][50];
    char testParms[100][1050];
    char fakeGpuList[50];
    char gpuList[50];
    char debugLogFile[128];
    char statsPath[128];
    char configFileContents[10000];
    char clocksEventMask[50];
    char pluginPath[128];
    unsigned int currentIteration;
    unsigned int totalIterations;
    unsigned int timeoutSeconds;
    char _unusedBuf[128];
    unsigned int failCheckInterval;
    char expectedNumEntities[50];
} dcgmRunDiag_v8;

/* Since 4.0.0: 118760 bytes. */
typedef struct {
    unsigned int version;
    unsigned int flags;
    unsigned int debugLevel;
    dcgmGpuGrp_t groupId;
    dcgmPolicyValidation_t validate;
    char testNames[20][50];
    char testParms[100][1050];
    char fakeGpuList[50];
    char debugLogFile[128];
    char statsPath[128];
    char configFileContents[10000];
    char clocksEventMask[50];
    char pluginPath[128];
    unsigned int currentIteration;
    unsigned int totalIterations;
    unsigned int timeoutSeconds;
    char _unusedBuf[128];
    unsigned int failCheckInterval;
    char expectedNumEntities[50];
    char entityIds[2048];
    unsigned int watchFrequency;
} dcgmRunDiag_v9;

/* Since 4.3.1: 123692 bytes. */
typedef struct {
    unsigned int version;
    char hostList[72][256];
    char testName[256];
    char testParms[100][1050];
} dcgmRunMnDiag_v1;
typedef dcgmRunMnDiag_v1 dcgmRunMnDiag_t;

/* Since 3.3.5 or earlier: 16 bytes. */
typedef struct {
    unsigned int version;
    unsigned int pid;
    uint64_t memoryUsed;
} dcgmRunningProcess_v1;
typedef dcgmRunningProcess_v1 dcgmRunningProcess_t;

/* Since 3.3.5 or earlier: 24 bytes. */
typedef struct {
    unsigned int version;
    dcgm_field_entity_group_t entityGroupId;
    dcgm_field_eid_t entityId;
    unsigned int linkId;
    dcgmNvLinkLinkState_t linkState;
    unsigned int unused;
} dcgmSetNvLinkLinkState_v1;

/* Since 3.3.5 or earlier: 8 bytes. */
typedef struct {
    int targetLogger;
    DcgmLoggingSeverity_t targetSeverity;
} dcgmSettingsSetLoggingSeverity_v1;

/* Since 4.1.0: 12 bytes. */
typedef struct {
    unsigned int version;
    int targetLogger;
    DcgmLoggingSeverity_t targetSeverity;
} dcgmSettingsSetLoggingSeverity_v2;
typedef dcgmSettingsSetLoggingSeverity_v2 dcgmSettingsSetLoggingSeverity_t;

/* Since 3.3.5 or earlier: 72 bytes. */
typedef struct {
    unsigned int version;
    dcgmOperationMode_t opMode;
    dcgmHandle_t dcgmHandle;
    const char * logFile;
    DcgmLoggingSeverity_t severity;
    unsigned int denyListCount;
    unsigned int denyList[10];
} dcgmStartEmbeddedV2Params_v1;

/* Since 3.3.5 or earlier: 80 bytes. */
typedef struct {
    unsigned int version;
    dcgmOperationMode_t opMode;
    dcgmHandle_t dcgmHandle;
    const char * logFile;
    DcgmLoggingSeverity_t severity;
    unsigned int denyListCount;
    const char * serviceAccount;
    unsigned int denyList[10];
} dcgmStartEmbeddedV2Params_v2;

/* Since 4.3.1: 104 bytes. */
typedef struct {
    unsigned int version;
    dcgmOperationMode_t opMode;
    dcgmHandle_t dcgmHandle;
    const char * logFile;
    DcgmLoggingSeverity_t severity;
    unsigned int denyListCount;
    const char * serviceAccount;
    unsigned int denyList[16];
} dcgmStartEmbeddedV2Params_v3;
typedef dcgmStartEmbeddedV2Params_v3 dcgmStartEmbeddedV2Params_t;

/* Since 4.6.0: 20 bytes. */
typedef struct {
    unsigned int dcgmGpuA;
    unsigned int dcgmGpuB;
    unsigned int AtoBNvLinkIds;
    unsigned int BtoANvLinkIds;
    dcgmGpuTopologyLevel_v1_t path;
} dcgmTopologyElement_v1;

/* Since 3.3.5 or earlier: 9928 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numElements;
    dcgmTopologyElement_v1 element[496];
} dcgmTopology_v1;

/* Since 4.6.0: 32 bytes. */
typedef struct {
    unsigned int dcgmGpuA;
    unsigned int dcgmGpuB;
    uint64_t AtoBNvLinkIds;
    uint64_t BtoANvLinkIds;
    dcgmGpuTopologyLevel_t path;
} dcgmTopologyElement_v2;
typedef dcgmTopologyElement_v2 dcgmTopologyElement_t;

/* Since 4.6.0: 15880 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numElements;
    dcgmTopologyElement_v2 element[496];
} dcgmTopology_v2;
typedef dcgmTopology_v2 dcgmTopology_t;

/* Since 3.3.5 or earlier: 32 bytes. */
typedef struct {
    unsigned int version;
    uint64_t inputGpuIds;
    uint32_t numGpus;
    uint64_t hintFlags;
} dcgmTopoSchedHint_v1;
typedef dcgmTopoSchedHint_v1 dcgmTopoSchedHint_t;

/* Since 3.3.5 or earlier: 516 bytes. */
typedef struct {
    unsigned int version;
    char rawBuildInfoString[512];
} dcgmVersionInfo_v2;
typedef dcgmVersionInfo_v2 dcgmVersionInfo_t;

/* Since 3.3.5 or earlier: 40 bytes. */
typedef struct {
    unsigned int version;
    unsigned int gpuId;
    unsigned int eccMode;
    unsigned int computeMode;
    dcgmConfigPerfStateSettings_t perfState;
    dcgmConfigPowerLimit_t powerLimit;
} dcgmVgpuConfig_v1;
typedef dcgmVgpuConfig_v1 dcgmVgpuConfig_t;

/* Since 3.3.5 or earlier: 10528 bytes. */
typedef struct {
    unsigned int version;
    unsigned int activeVgpuInstanceCount;
    unsigned int activeVgpuInstanceIds[32];
    unsigned int creatableVgpuTypeCount;
    unsigned int creatableVgpuTypeIds[32];
    unsigned int supportedVgpuTypeCount;
    dcgmDeviceVgpuTypeInfo_v1 supportedVgpuTypeInfo[32];
    dcgmDeviceVgpuUtilInfo_v1 vgpuUtilInfo[32];
    unsigned int gpuUtil;
    unsigned int memCopyUtil;
    unsigned int encUtil;
    unsigned int decUtil;
} dcgmVgpuDeviceAttributes_v6;

/* Since 3.3.5 or earlier: 10656 bytes. */
typedef struct {
    unsigned int version;
    unsigned int activeVgpuInstanceCount;
    unsigned int activeVgpuInstanceIds[32];
    unsigned int creatableVgpuTypeCount;
    unsigned int creatableVgpuTypeIds[32];
    unsigned int supportedVgpuTypeCount;
    dcgmDeviceVgpuTypeInfo_v2 supportedVgpuTypeInfo[32];
    dcgmDeviceVgpuUtilInfo_v1 vgpuUtilInfo[32];
    unsigned int gpuUtil;
    unsigned int memCopyUtil;
    unsigned int encUtil;
    unsigned int decUtil;
} dcgmVgpuDeviceAttributes_v7;
typedef dcgmVgpuDeviceAttributes_v7 dcgmVgpuDeviceAttributes_t;

/* Since 3.3.5 or earlier: 340 bytes. */
typedef struct {
    unsigned int version;
    char vmId[80];
    char vmName[80];
    unsigned int vgpuTypeId;
    char vgpuUuid[80];
    char vgpuDriverVersion[80];
    unsigned int fbUsage;
    unsigned int licenseStatus;
    unsigned int frameRateLimit;
} dcgmVgpuInstanceAttributes_v1;
typedef dcgmVgpuInstanceAttributes_v1 dcgmVgpuInstanceAttributes_t;

/* Since 4.4.1: 56 bytes. */
typedef struct {
    unsigned int version;
    dcgmGpuGrp_t groupId;
    dcgmWorkloadProfileAction_t action;
    unsigned int profileMask[8];
} dcgmWorkloadPowerProfile_v1;
typedef dcgmWorkloadPowerProfile_v1 dcgmWorkloadPowerProfile_t;

/* Since 4.0.0: 44 bytes. */
typedef struct {
    unsigned int version;
    dcgmPowerProfileType_t profileId;
    unsigned int priority;
    unsigned int conflictingMask[8];
} dcgmWorkloadPowerProfileInfo_v1;
typedef dcgmWorkloadPowerProfileInfo_v1 dcgmWorkloadPowerProfileInfo_t;

/* Since 4.0.0: 11228 bytes. */
typedef struct {
    unsigned int version;
    dcgmWorkloadPowerProfileInfo_v1 workloadPowerProfile[255];
    unsigned int profileCount;
} dcgmWorkloadPowerProfileProfilesInfo_v1;
typedef dcgmWorkloadPowerProfileProfilesInfo_v1 dcgmWorkloadPowerProfileProfilesInfo_t;

/* Since 4.6.1: 568 bytes. */
typedef struct {
    uint64_t policyId;
    char policyName[256];
    char fieldName[256];
    unsigned short fieldId;
    dcgmGroupEntityPair_t entity;
    double currentValue;
    double thresholdValue;
    dcgmPolicyOperator_t policyOperator;
    unsigned int channelMask;
    int64_t timestamp;
} dcgm_policy_violation_t;

/* Since 4.6.1: 20720 bytes. */
typedef struct {
    char name[32];
    char pluginName[32];
    dcgmDiagResult_t result;
    unsigned char numErrors;
    unsigned char numInfo;
    unsigned char categoryIndex;
    unsigned char _unused1;
    unsigned short numResults;
    unsigned char _unused2[2];
    unsigned char errorIndices[32];
    unsigned char infoIndices[128];
    unsigned short resultIndices[9216];
    dcgmMnDiagTestAuxData_v1 auxData;
} dcgmMnDiagTestRun_v2;

/* Since 4.6.1: 3789648 bytes. */
typedef struct {
    unsigned int version;
    unsigned short numHosts;
    unsigned char numTests;
    char _unusedPad1;
    unsigned short numErrors;
    unsigned short numInfos;
    unsigned short numEntities;
    unsigned short numResults;
    dcgmMnDiagHosts_v1 hosts[576];
    dcgmMnDiagTestRun_v2 tests[4];
    dcgmMnDiagEntity_v1 entities[9216];
    dcgmMnDiagError_v1 errors[32];
    dcgmMnDiagInfo_v1 info[128];
    dcgmMnDiagEntityResult_v1 results[36864];
} dcgmMnDiagResponse_v2;

/* Since 4.6.1: 600 bytes. */
typedef struct {
    unsigned int version;
    uint64_t policyId;
    unsigned short fieldId;
    char name[256];
    double currentValue;
    double threshold;
    dcgmPolicyOperator_t policyOperator;
    dcgmGroupEntityPair_t entities[32];
    unsigned int entityCount;
    unsigned int channelMask;
    dcgmPolicyState_t state;
    unsigned int rateLimitSec;
    int64_t createdAt;
    unsigned int violationCount;
    int64_t lastTriggeredTimestamp;
} dcgmPolicyInfo_v1;
typedef dcgmPolicyInfo_v1 dcgmPolicyInfo_t;

/* Since 4.6.1: 552 bytes. */
typedef struct {
    unsigned int version;
    unsigned short fieldId;
    char name[256];
    double threshold;
    dcgmPolicyOperator_t policyOperator;
    dcgmGroupEntityPair_t entities[32];
    unsigned int entityCount;
    unsigned int channelMask;
    dcgmPolicyState_t state;
    unsigned int rateLimitSec;
} dcgmPolicySpec_v1;
typedef dcgmPolicySpec_v1 dcgmPolicySpec_t;

/* Since 4.6.1: 252716 bytes. */
typedef struct {
    unsigned int version;
    char hostList[576][256];
    char testName[256];
    char testParms[100][1050];
} dcgmRunMnDiag_v2;

/* Since 3.3.5 or earlier (3.3 only): 66828 bytes. */
typedef struct {
    unsigned int version;
    dcgmHealthWatchResults_t overallHealth;
    unsigned int incidentCount;
    dcgmIncidentInfo_t incidents[64];
} dcgmHealthResponse_v4;

/* Since 3.3.5 or earlier (3.3 only): 260 bytes. */
typedef struct {
    dcgm_field_eid_t entityId;
    dcgmNvLinkLinkState_t linkState[64];
} dcgmNvLinkNvSwitchLinkStatus_3_3_t;

/* Since 3.3.5 or earlier (3.3 only): 5564 bytes. */
typedef struct {
    unsigned int version;
    unsigned int numGpus;
    dcgmNvLinkGpuLinkStatus_v3 gpus[32];
    unsigned int numNvSwitches;
    dcgmNvLinkNvSwitchLinkStatus_3_3_t nvSwitches[12];
} dcgmNvLinkStatus_v3;

/* Since 3.3.5 or earlier (3.3 only): 24 bytes. */
typedef struct {
    unsigned int version;
    dcgmPolicyCondition_t condition;
    union {
        dcgmPolicyConditionDbe_t dbe;
        dcgmPolicyConditionPci_t pci;
        dcgmPolicyConditionMpr_t mpr;
        dcgmPolicyConditionThermal_t thermal;
        dcgmPolicyConditionPower_t power;
        dcgmPolicyConditionNvlink_t nvlink;
        dcgmPolicyConditionXID_t xid;
    } val;
} dcgmPolicyCallbackResponse_v1;

/* Since 3.3.5 or earlier (3.3 only): 24 bytes. */
typedef struct {
    unsigned int version;
    dcgmGpuGrp_t groupId;
    unsigned int flags;
} dcgmProfUnwatchFields_v1;
typedef dcgmProfUnwatchFields_v1 dcgmProfUnwatchFields_t;

/* Since 3.3.5 or earlier (3.3 only): 176 bytes. */
typedef struct {
    unsigned int version;
    dcgmGpuGrp_t groupId;
    unsigned int numFieldIds;
    unsigned short fieldIds[64];
    int64_t updateFreq;
    double maxKeepAge;
    int maxKeepSamples;
    unsigned int flags;
} dcgmProfWatchFields_v2;
typedef dcgmProfWatchFields_v2 dcgmProfWatchFields_t;

/* Callbacks. */
typedef int (*dcgmFieldValueEntityEnumeration_f)(dcgm_field_entity_group_t entityGroupId, dcgm_field_eid_t entityId, dcgmFieldValue_v1 *values, int numValues, void *userData);
typedef int (*dcgmFieldValueEnumeration_f)(unsigned int gpuId, dcgmFieldValue_v1 *values, int numValues, void *userData);
typedef int (*fpRecvUpdates)(dcgmPolicyCallbackResponse_v2 *response, uint64_t userData);
typedef int (*fpRecvPolicyViolation)(dcgm_policy_violation_t *violation, uint64_t userData);
typedef int (*fpRecvUpdates_3_3)(void *response);

/* Version words. */
#define dcgmAllFieldGroup_version 16811016u
#define dcgmAllFieldGroup_version1 16811016u
#define dcgmCacheManagerFieldInfo_version4 67109184u
#define dcgmCacheManagerLoad_version 16777480u
#define dcgmCacheManagerLoad_version1 16777480u
#define dcgmCacheManagerSave_version 16777480u
#define dcgmCacheManagerSave_version1 16777480u
#define dcgmChildProcessParams_version 16777280u
#define dcgmChildProcessParams_version1 16777280u
#define dcgmChildProcessStatus_version 16777236u
#define dcgmChildProcessStatus_version1 16777236u
#define dcgmClockSet_version 16777228u
#define dcgmClockSet_version1 16777228u
#define dcgmComputeInstanceProfileInfo_version 16777260u
#define dcgmComputeInstanceProfileInfo_version1 16777260u
#define dcgmComputeInstanceProfiles_version 16777268u
#define dcgmComputeInstanceProfiles_version1 16777268u
#define dcgmConfig_version 33554504u
#define dcgmConfig_version1 16777256u
#define dcgmConfig_version2 33554504u
#define dcgmConnectV2Params_version 33554448u
#define dcgmConnectV2Params_version1 16777224u
#define dcgmConnectV2Params_version2 33554448u
#define dcgmConnectV3Params_version 16777228u
#define dcgmConnectV3Params_version1 16777228u
#define dcgmCpuHierarchy_version 33557640u
#define dcgmCpuHierarchy_version1 16778376u
#define dcgmCpuHierarchy_version2 33557640u
#define dcgmCpuHierarchyOwnedCores_version1 16777352u
#define dcgmCreateFakeEntities_version 33563400u
#define dcgmCreateFakeEntities_version2 33563400u
#define dcgmCreateMigEntity_version 16777236u
#define dcgmCreateMigEntity_version1 16777236u
#define dcgmDeleteMigEntity_version 16777232u
#define dcgmDeleteMigEntity_version1 16777232u
#define dcgmDeviceAttributes_version 50336868u
#define dcgmDeviceAttributes_version3 50336868u
#define dcgmDeviceEncStats_version 16777232u
#define dcgmDeviceEncStats_version1 16777232u
#define dcgmDeviceFbcSessionInfo_version 16777268u
#define dcgmDeviceFbcSessionInfo_version1 16777268u
#define dcgmDeviceFbcSessions_version 16790536u
#define dcgmDeviceFbcSessions_version1 16790536u
#define dcgmDeviceFbcStats_version 16777232u
#define dcgmDeviceFbcStats_version1 16777232u
#define dcgmDeviceIdentifiers_version 16779280u
#define dcgmDeviceIdentifiers_version1 16779280u
#define dcgmDeviceMemoryUsage_version 16777236u
#define dcgmDeviceMemoryUsage_version1 16777236u
#define dcgmDeviceMigAttributes_version 16777280u
#define dcgmDeviceMigAttributes_version1 16777280u
#define dcgmDeviceMigAttributesInfo_version 16777272u
#define dcgmDeviceMigAttributesInfo_version1 16777272u
#define dcgmDevicePidAccountingStats_version 16777256u
#define dcgmDevicePidAccountingStats_version1 16777256u
#define dcgmDevicePowerLimits_version 16777240u
#define dcgmDevicePowerLimits_version1 16777240u
#define dcgmDeviceSettings_version 33554448u
#define dcgmDeviceSettings_version2 33554448u
#define dcgmDeviceSupportedClockSets_version 16780296u
#define dcgmDeviceSupportedClockSets_version1 16780296u
#define dcgmDeviceSupportedVgpuTypeInfo_version 16777280u
#define dcgmDeviceSupportedVgpuTypeInfo_version1 16777280u
#define dcgmDeviceThermals_version 16777228u
#define dcgmDeviceThermals_version1 16777228u
#define dcgmDeviceTopology_version 33555256u
#define dcgmDeviceTopology_version1 16777664u
#define dcgmDeviceTopology_version2 33555256u
#define dcgmDeviceVgpuEncSessions_version 16777252u
#define dcgmDeviceVgpuEncSessions_version1 16777252u
#define dcgmDeviceVgpuProcessUtilInfo_version 16777308u
#define dcgmDeviceVgpuProcessUtilInfo_version1 16777308u
#define dcgmDeviceVgpuTypeInfo_version 33554732u
#define dcgmDeviceVgpuTypeInfo_version1 16777512u
#define dcgmDeviceVgpuTypeInfo_version2 33554732u
#define dcgmDeviceVgpuUtilInfo_version 16777240u
#define dcgmDeviceVgpuUtilInfo_version1 16777240u
#define dcgmDeviceWorkloadPowerProfilesStatus_version 16777316u
#define dcgmDeviceWorkloadPowerProfilesStatus_version1 16777316u
#define dcgmDiagResponse_version 202726076u
#define dcgmDiagResponse_version10 169171644u
#define dcgmDiagResponse_version11 185948860u
#define dcgmDiagResponse_version12 202726076u
#define dcgmDiagResponse_version7 118067856u
#define dcgmDiagResponse_version8 135108240u
#define dcgmDiagResponse_version9 152368348u
#define dcgmDiagStatus_version 16777360u
#define dcgmDiagStatus_version1 16777360u
#define dcgmDiagTestAuxData_version 16779268u
#define dcgmDiagTestAuxData_version1 16779268u
#define dcgmEnvVarInfo_version 16777736u
#define dcgmEnvVarInfo_version1 16777736u
#define dcgmFieldGroupInfo_version 16777744u
#define dcgmFieldGroupInfo_version1 16777744u
#define dcgmFieldSummaryRequest_version1 16777320u
#define dcgmFieldValue_version1 16781336u
#define dcgmFieldValue_version2 33558560u
#define dcgmGetMultipleLatestValues_version 33562920u
#define dcgmGetMultipleLatestValues_version2 33562920u
#define dcgmGetMultipleValuesForField_version 1u
#define dcgmGetMultipleValuesForFieldResponse_version 1u
#define dcgmGpuInstanceProfileInfo_version 16777272u
#define dcgmGpuInstanceProfileInfo_version1 16777272u
#define dcgmGpuInstanceProfiles_version 16777280u
#define dcgmGpuInstanceProfiles_version1 16777280u
#define dcgmGroupInfo_version 50340104u
#define dcgmGroupInfo_version2 33555208u
#define dcgmGroupInfo_version3 50340104u
#define dcgmGroupTopology_version 33554520u
#define dcgmGroupTopology_version1 16777296u
#define dcgmGroupTopology_version2 33554520u
#define dcgmHealthResponse_version 84955148u
#define dcgmHealthResponse_version5 84955148u
#define dcgmHealthSetParams_version2 33554472u
#define dcgmHostengineHealth_version 16777224u
#define dcgmHostengineHealth_version1 16777224u
#define dcgmInjectFieldValue_version 16781336u
#define dcgmInjectFieldValue_version1 16781336u
#define dcgmInjectFieldValueMsg_version 16781352u
#define dcgmInjectFieldValueMsg_version1 16781352u
#define dcgmIntrospectCpuUtil_version 16777248u
#define dcgmIntrospectCpuUtil_version1 16777248u
#define dcgmIntrospectMemory_version 16777232u
#define dcgmIntrospectMemory_version1 16777232u
#define dcgmJobInfo_version 50370728u
#define dcgmJobInfo_version3 50370728u
#define dcgmLink_version1 16777220u
#define dcgmMigHierarchy_version 33627912u
#define dcgmMigHierarchy_version2 33627912u
#define dcgmMnDiagEntity_version 16777492u
#define dcgmMnDiagEntity_version1 16777492u
#define dcgmMnDiagEntityResult_version 16777236u
#define dcgmMnDiagEntityResult_version1 16777236u
#define dcgmMnDiagError_version 16777756u
#define dcgmMnDiagError_version1 16777756u
#define dcgmMnDiagHosts_version 16777808u
#define dcgmMnDiagHosts_version1 16777808u
#define dcgmMnDiagInfo_version 16777744u
#define dcgmMnDiagInfo_version1 16777744u
#define dcgmMnDiagResponse_version 17333216u
#define dcgmMnDiagResponse_version1 17333216u
#define dcgmMnDiagTestAuxData_version 16779268u
#define dcgmMnDiagTestAuxData_version1 16779268u
#define dcgmMnDiagTestRun_version 16781812u
#define dcgmMnDiagTestRun_version1 16781812u
#define dcgmModuleDenylist_version1 16777224u
#define dcgmModuleGetStatuses_version 16777352u
#define dcgmModuleGetStatuses_version1 16777352u
#define dcgmModulesReloadable_version 16777224u
#define dcgmModulesReloadable_version1 16777224u
#define dcgmMsgEmptyCache_version 16777224u
#define dcgmMsgEmptyCache_version1 16777224u
#define dcgmMsgModulesReloadable_version 16777224u
#define dcgmMsgModulesReloadable_version1 16777224u
#define dcgmNvLinkP2PStatus_version1 16781448u
#define dcgmNvLinkStatus_version 83903164u
#define dcgmNvLinkStatus_version4 67123644u
#define dcgmNvLinkStatus_version5 83903164u
#define dcgmPidInfo_version 33572136u
#define dcgmPidInfo_version2 33572136u
#define dcgmPolicy_version 16777360u
#define dcgmPolicy_version1 16777360u
#define dcgmPolicyCallbackResponse_version 33554464u
#define dcgmPolicyCallbackResponse_version2 33554464u
#define dcgmPolicyViolation_version 16777232u
#define dcgmPolicyViolation_version1 16777232u
#define dcgmProfGetMetricGroups_version 50333024u
#define dcgmProfGetMetricGroups_version3 50333024u
#define dcgmRunDiag_version 167891432u
#define dcgmRunDiag_version10 167891432u
#define dcgmRunDiag_version7 117462224u
#define dcgmRunDiag_version8 134334488u
#define dcgmRunDiag_version9 151113704u
#define dcgmRunMnDiag_version 16900908u
#define dcgmRunMnDiag_version1 16900908u
#define dcgmRunningProcess_version 16777232u
#define dcgmRunningProcess_version1 16777232u
#define dcgmSetNvLinkLinkState_version1 16777240u
#define dcgmSettingsSetLoggingSeverity_version 33554444u
#define dcgmSettingsSetLoggingSeverity_version1 16777224u
#define dcgmSettingsSetLoggingSeverity_version2 33554444u
#define dcgmStartEmbeddedV2Params_version 50331752u
#define dcgmStartEmbeddedV2Params_version1 16777288u
#define dcgmStartEmbeddedV2Params_version2 33554512u
#define dcgmStartEmbeddedV2Params_version3 50331752u
#define dcgmTopology_version 33570312u
#define dcgmTopology_version1 16787144u
#define dcgmTopology_version2 33570312u
#define dcgmTopoSchedHint_version1 16777248u
#define dcgmUnwatchFieldValue_version 1u
#define dcgmUpdateAllFields_version 1u
#define dcgmVersionInfo_version 33554948u
#define dcgmVersionInfo_version2 33554948u
#define dcgmVersionTest_version 33554444u
#define dcgmVersionTest_version1 16777224u
#define dcgmVersionTest_version2 33554444u
#define dcgmVersionTest_version3 50331660u
#define dcgmVgpuConfig_version 16777256u
#define dcgmVgpuConfig_version1 16777256u
#define dcgmVgpuDeviceAttributes_version 117451168u
#define dcgmVgpuDeviceAttributes_version6 16787744u
#define dcgmVgpuDeviceAttributes_version7 117451168u
#define dcgmVgpuInstanceAttributes_version 16777556u
#define dcgmVgpuInstanceAttributes_version1 16777556u
#define dcgmWatchFields_version 1u
#define dcgmWatchFieldValue_version 1u
#define dcgmWatchPredefined_version 16777256u
#define dcgmWatchPredefined_version1 16777256u
#define dcgmWorkloadPowerProfile_version 16777272u
#define dcgmWorkloadPowerProfile_version1 16777272u
#define dcgmWorkloadPowerProfileInfo_version 16777260u
#define dcgmWorkloadPowerProfileInfo_version1 16777260u
#define dcgmWorkloadPowerProfileProfilesInfo_version 16788444u
#define dcgmWorkloadPowerProfileProfilesInfo_version1 16788444u
#define dcgmHealthResponse_version4 67175692u
#define dcgmNvLinkStatus_version3 50337212u
#define dcgmPolicyCallbackResponse_version1 16777240u
#define dcgmProfUnwatchFields_version1 16777240u
#define dcgmProfUnwatchFields_version 16777240u
#define dcgmProfWatchFields_version2 33554608u
#define dcgmProfWatchFields_version 33554608u
#define dcgmMnDiagResponse_version2 37344080u
#define dcgmMnDiagTestRun_version2 33575152u
#define dcgmPolicyInfo_version1 16777816u
#define dcgmPolicySpec_version1 16777768u
#define dcgmRunMnDiag_version2 33807148u

/* Field ids. The name of 4.6 first, then its other names: those of 4.6.1 and of before. */
#define DCGM_FI_SYSTEM_FIELD_UNKNOWN 0
#define DCGM_FI_UNKNOWN 0
#define DCGM_FI_SYSTEM_DRIVER_VERSION 1
#define DCGM_FI_DRIVER_VERSION 1
#define DCGM_FI_SYSTEM_NVML_VERSION 2
#define DCGM_FI_NVML_VERSION 2
#define DCGM_FI_SYSTEM_PROCESS_NAME 3
#define DCGM_FI_PROCESS_NAME 3
#define DCGM_FI_SYSTEM_GPU_QUANTITY 4
#define DCGM_FI_DEV_COUNT 4
#define DCGM_FI_CUDA_DRIVER_VERSION 5
#define DCGM_FI_SYSTEM_GPU_BIND_EVENT 6
#define DCGM_FI_BIND_UNBIND_EVENT 6
#define DCGM_FI_DEV_GPU_NAME 50
#define DCGM_FI_DEV_NAME 50
#define DCGM_FI_DEV_GPU_BRAND 51
#define DCGM_FI_DEV_BRAND 51
#define DCGM_FI_DEV_NVML_INDEX 52
#define DCGM_FI_DEV_BOARD_SERIAL 53
#define DCGM_FI_DEV_SERIAL 53
#define DCGM_FI_DEV_GPU_UUID 54
#define DCGM_FI_DEV_UUID 54
#define DCGM_FI_DEV_GPU_MINOR_NUMBER 55
#define DCGM_FI_DEV_MINOR_NUMBER 55
#define DCGM_FI_DEV_INFOROM_OEM_VERSION 56
#define DCGM_FI_DEV_OEM_INFOROM_VER 56
#define DCGM_FI_DEV_PCI_BUS_ID 57
#define DCGM_FI_DEV_PCI_BUSID 57
#define DCGM_FI_DEV_PCI_COMBINED_ID 58
#define DCGM_FI_DEV_PCI_SUBSYS_ID 59
#define DCGM_FI_SYSTEM_PCI_TOPOLOGY 60
#define DCGM_FI_GPU_TOPOLOGY_PCI 60
#define DCGM_FI_SYSTEM_NVLINK_TOPOLOGY 61
#define DCGM_FI_GPU_TOPOLOGY_NVLINK 61
#define DCGM_FI_SYSTEM_GPU_AFFINITY 62
#define DCGM_FI_GPU_TOPOLOGY_AFFINITY 62
#define DCGM_FI_CUDA_GPU_COMPUTE_CAPABILITY 63
#define DCGM_FI_DEV_CUDA_COMPUTE_CAPABILITY 63
#define DCGM_FI_DEV_NVLINK_P2P_STATUS 64
#define DCGM_FI_DEV_P2P_NVLINK_STATUS 64
#define DCGM_FI_DEV_GPU_COMPUTE_MODE 65
#define DCGM_FI_DEV_COMPUTE_MODE 65
#define DCGM_FI_DEV_GPU_PERSISTENCE_MODE 66
#define DCGM_FI_DEV_PERSISTENCE_MODE 66
#define DCGM_FI_DEV_MIG_MODE 67
#define DCGM_FI_CUDA_GPU_VISIBLE_DEVICES 68
#define DCGM_FI_DEV_CUDA_VISIBLE_DEVICES_STR 68
#define DCGM_FI_DEV_MIG_MAX_SLICES 69
#define DCGM_FI_DEV_CPU_AFFINITY_0 70
#define DCGM_FI_DEV_CPU_AFFINITY_1 71
#define DCGM_FI_DEV_CPU_AFFINITY_2 72
#define DCGM_FI_DEV_CPU_AFFINITY_3 73
#define DCGM_FI_DEV_CC_MODE 74
#define DCGM_FI_DEV_MIG_ATTRIBUTES 75
#define DCGM_FI_DEV_MIG_GI_INFO 76
#define DCGM_FI_DEV_MIG_CI_INFO 77
#define DCGM_FI_DEV_INFOROM_ECC_VERSION 80
#define DCGM_FI_DEV_ECC_INFOROM_VER 80
#define DCGM_FI_DEV_INFOROM_POWER_VERSION 81
#define DCGM_FI_DEV_POWER_INFOROM_VER 81
#define DCGM_FI_DEV_INFOROM_IMAGE_VERSION 82
#define DCGM_FI_DEV_INFOROM_IMAGE_VER 82
#define DCGM_FI_DEV_INFOROM_CHECKSUM 83
#define DCGM_FI_DEV_INFOROM_CONFIG_CHECK 83
#define DCGM_FI_DEV_INFOROM_VALID 84
#define DCGM_FI_DEV_INFOROM_CONFIG_VALID 84
#define DCGM_FI_DEV_VBIOS_VERSION 85
#define DCGM_FI_DEV_MEMORY_AFFINITY_0 86
#define DCGM_FI_DEV_MEM_AFFINITY_0 86
#define DCGM_FI_DEV_MEMORY_AFFINITY_1 87
#define DCGM_FI_DEV_MEM_AFFINITY_1 87
#define DCGM_FI_DEV_MEMORY_AFFINITY_2 88
#define DCGM_FI_DEV_MEM_AFFINITY_2 88
#define DCGM_FI_DEV_MEMORY_AFFINITY_3 89
#define DCGM_FI_DEV_MEM_AFFINITY_3 89
#define DCGM_FI_DEV_BAR1_TOTAL 90
#define DCGM_FI_SYSTEM_GPU_SYNC_BOOST 91
#define DCGM_FI_SYNC_BOOST 91
#define DCGM_FI_DEV_BAR1_USED 92
#define DCGM_FI_DEV_BAR1_FREE 93
#define DCGM_FI_DEV_GPM_SUPPORT 94
#define DCGM_FI_DEV_SM_CLOCK 100
#define DCGM_FI_DEV_MEM_CLOCK 101
#define DCGM_FI_DEV_VIDEO_CLOCK 102
#define DCGM_FI_DEV_APP_SM_CLOCK 110
#define DCGM_FI_DEV_APP_MEM_CLOCK 111
#define DCGM_FI_DEV_CLOCKS_EVENT_REASONS 112
#define DCGM_FI_DEV_CLOCK_THROTTLE_REASONS 112
#define DCGM_FI_DEV_MAX_SM_CLOCK 113
#define DCGM_FI_DEV_MAX_MEM_CLOCK 114
#define DCGM_FI_DEV_MAX_VIDEO_CLOCK 115
#define DCGM_FI_DEV_CLOCKS_AUTOBOOST_MODE 120
#define DCGM_FI_DEV_AUTOBOOST 120
#define DCGM_FI_DEV_CLOCKS_SUPPORTED 130
#define DCGM_FI_DEV_SUPPORTED_CLOCKS 130
#define DCGM_FI_DEV_MEMORY_TEMP_CELSIUS 140
#define DCGM_FI_DEV_MEMORY_TEMP 140
#define DCGM_FI_DEV_GPU_TEMP_CELSIUS 150
#define DCGM_FI_DEV_GPU_TEMP 150
#define DCGM_FI_DEV_MEMORY_MAX_OP_TEMP_CELSIUS 151
#define DCGM_FI_DEV_MEM_MAX_OP_TEMP 151
#define DCGM_FI_DEV_GPU_MAX_OP_TEMP_CELSIUS 152
#define DCGM_FI_DEV_GPU_MAX_OP_TEMP 152
#define DCGM_FI_DEV_GPU_TEMP_MARGIN_CELSIUS 153
#define DCGM_FI_DEV_GPU_TEMP_LIMIT 153
#define DCGM_FI_DEV_BOARD_POWER_WATTS 155
#define DCGM_FI_DEV_POWER_USAGE 155
#define DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION 156
#define DCGM_FI_DEV_BOARD_POWER_RAW_WATTS 157
#define DCGM_FI_DEV_POWER_USAGE_INSTANT 157
#define DCGM_FI_DEV_GPU_TEMP_SLOWDOWN_CELSIUS 158
#define DCGM_FI_DEV_SLOWDOWN_TEMP 158
#define DCGM_FI_DEV_GPU_TEMP_SHUTDOWN_CELSIUS 159
#define DCGM_FI_DEV_SHUTDOWN_TEMP 159
#define DCGM_FI_DEV_BOARD_POWER_LIMIT_REQUESTED_WATTS 160
#define DCGM_FI_DEV_POWER_MGMT_LIMIT 160
#define DCGM_FI_DEV_BOARD_POWER_LIMIT_MIN_WATTS 161
#define DCGM_FI_DEV_POWER_MGMT_LIMIT_MIN 161
#define DCGM_FI_DEV_BOARD_POWER_LIMIT_MAX_WATTS 162
#define DCGM_FI_DEV_POWER_MGMT_LIMIT_MAX 162
#define DCGM_FI_DEV_BOARD_POWER_LIMIT_DEFAULT_WATTS 163
#define DCGM_FI_DEV_POWER_MGMT_LIMIT_DEF 163
#define DCGM_FI_DEV_BOARD_POWER_LIMIT_ENFORCED_WATTS 164
#define DCGM_FI_DEV_ENFORCED_POWER_LIMIT 164
#define DCGM_FI_DEV_BOARD_POWER_PROFILE_REQUESTED_MASK 165
#define DCGM_FI_DEV_REQUESTED_POWER_PROFILE_MASK 165
#define DCGM_FI_DEV_BOARD_POWER_PROFILE_ENFORCED_MASK 166
#define DCGM_FI_DEV_ENFORCED_POWER_PROFILE_MASK 166
#define DCGM_FI_DEV_BOARD_POWER_PROFILE_SUPPORTED_MASK 167
#define DCGM_FI_DEV_VALID_POWER_PROFILE_MASK 167
#define DCGM_FI_DEV_FABRIC_MANAGER_STATUS 170
#define DCGM_FI_DEV_FABRIC_MANAGER_ERROR 171
#define DCGM_FI_DEV_FABRIC_MANAGER_ERROR_CODE 171
#define DCGM_FI_DEV_FABRIC_CLUSTER_UUID 172
#define DCGM_FI_DEV_FABRIC_CLIQUE_ID 173
#define DCGM_FI_DEV_FABRIC_HEALTH_MASK 174
#define DCGM_FI_DEV_FABRIC_HEALTH_SUMMARY 175
#define DCGM_FI_DEV_GPU_PSTATE 190
#define DCGM_FI_DEV_PSTATE 190
#define DCGM_FI_DEV_FAN_SPEED 191
#define DCGM_FI_DEV_PCIE_TX_THROUGHPUT 200
#define DCGM_FI_DEV_PCIE_RX_THROUGHPUT 201
#define DCGM_FI_DEV_PCIE_REPLAY_TOTAL 202
#define DCGM_FI_DEV_PCIE_REPLAY_COUNTER 202
#define DCGM_FI_DEV_GPU_UTIL 203
#define DCGM_FI_DEV_MEM_COPY_UTIL 204
#define DCGM_FI_DEV_PROCESS_ACCOUNTING_STATS 205
#define DCGM_FI_DEV_ACCOUNTING_DATA 205
#define DCGM_FI_DEV_ENC_UTIL 206
#define DCGM_FI_DEV_DEC_UTIL 207
#define DCGM_FI_DEV_MEM_COPY_UTIL_SAMPLES 210
#define DCGM_FI_DEV_GPU_UTIL_SAMPLES 211
#define DCGM_FI_DEV_GRAPHICS_PIDS 220
#define DCGM_FI_DEV_COMPUTE_PIDS 221
#define DCGM_FI_DEV_XID_ERROR 230
#define DCGM_FI_DEV_XID_ERRORS 230
#define DCGM_FI_DEV_PCIE_MAX_LINK_GEN 235
#define DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH 236
#define DCGM_FI_DEV_PCIE_LINK_GEN 237
#define DCGM_FI_DEV_PCIE_LINK_WIDTH 238
#define DCGM_FI_DEV_POWER_VIOLATION 240
#define DCGM_FI_DEV_THERMAL_VIOLATION 241
#define DCGM_FI_DEV_SYNC_BOOST_VIOLATION 242
#define DCGM_FI_DEV_BOARD_LIMIT_VIOLATION 243
#define DCGM_FI_DEV_LOW_UTIL_VIOLATION 244
#define DCGM_FI_DEV_RELIABILITY_VIOLATION 245
#define DCGM_FI_DEV_TOTAL_APP_CLOCKS_VIOLATION 246
#define DCGM_FI_DEV_TOTAL_BASE_CLOCKS_VIOLATION 247
#define DCGM_FI_DEV_FB_TOTAL 250
#define DCGM_FI_DEV_FB_FREE 251
#define DCGM_FI_DEV_FB_USED 252
#define DCGM_FI_DEV_FB_RESERVED 253
#define DCGM_FI_DEV_FB_USED_RATIO 254
#define DCGM_FI_DEV_FB_USED_PERCENT 254
#define DCGM_FI_DEV_C2C_LINK_QUANTITY 285
#define DCGM_FI_DEV_C2C_LINK_COUNT 285
#define DCGM_FI_DEV_C2C_LINK_STATUS 286
#define DCGM_FI_DEV_C2C_MAX_BANDWIDTH 287
#define DCGM_FI_DEV_ECC_MODE 300
#define DCGM_FI_DEV_ECC_CURRENT 300
#define DCGM_FI_DEV_ECC_PENDING 301
#define DCGM_FI_DEV_ECC_SBE_VOL_TOTAL 310
#define DCGM_FI_DEV_ECC_DBE_VOL_TOTAL 311
#define DCGM_FI_DEV_ECC_SBE_AGG_TOTAL 312
#define DCGM_FI_DEV_ECC_DBE_AGG_TOTAL 313
#define DCGM_FI_DEV_ECC_SBE_VOL_L1 314
#define DCGM_FI_DEV_ECC_DBE_VOL_L1 315
#define DCGM_FI_DEV_ECC_SBE_VOL_L2 316
#define DCGM_FI_DEV_ECC_DBE_VOL_L2 317
#define DCGM_FI_DEV_ECC_SBE_VOL_DEV 318
#define DCGM_FI_DEV_ECC_DBE_VOL_DEV 319
#define DCGM_FI_DEV_ECC_SBE_VOL_REG 320
#define DCGM_FI_DEV_ECC_DBE_VOL_REG 321
#define DCGM_FI_DEV_ECC_SBE_VOL_TEX 322
#define DCGM_FI_DEV_ECC_DBE_VOL_TEX 323
#define DCGM_FI_DEV_ECC_SBE_AGG_L1 324
#define DCGM_FI_DEV_ECC_DBE_AGG_L1 325
#define DCGM_FI_DEV_ECC_SBE_AGG_L2 326
#define DCGM_FI_DEV_ECC_DBE_AGG_L2 327
#define DCGM_FI_DEV_ECC_SBE_AGG_DEV 328
#define DCGM_FI_DEV_ECC_DBE_AGG_DEV 329
#define DCGM_FI_DEV_ECC_SBE_AGG_REG 330
#define DCGM_FI_DEV_ECC_DBE_AGG_REG 331
#define DCGM_FI_DEV_ECC_SBE_AGG_TEX 332
#define DCGM_FI_DEV_ECC_DBE_AGG_TEX 333
#define DCGM_FI_DEV_ECC_SBE_VOL_SHM 334
#define DCGM_FI_DEV_ECC_DBE_VOL_SHM 335
#define DCGM_FI_DEV_ECC_SBE_VOL_CBU 336
#define DCGM_FI_DEV_ECC_DBE_VOL_CBU 337
#define DCGM_FI_DEV_ECC_SBE_AGG_SHM 338
#define DCGM_FI_DEV_ECC_DBE_AGG_SHM 339
#define DCGM_FI_DEV_ECC_SBE_AGG_CBU 340
#define DCGM_FI_DEV_ECC_DBE_AGG_CBU 341
#define DCGM_FI_DEV_ECC_SBE_VOL_SRM 342
#define DCGM_FI_DEV_ECC_DBE_VOL_SRM 343
#define DCGM_FI_DEV_ECC_SBE_AGG_SRM 344
#define DCGM_FI_DEV_ECC_DBE_AGG_SRM 345
#define DCGM_FI_DEV_SRAM_EXCEEDED 346
#define DCGM_FI_DEV_THRESHOLD_SRM 346
#define DCGM_FI_DEV_DIAG_MEMORY_RESULT 350
#define DCGM_FI_DEV_DIAG_DIAGNOSTIC_RESULT 351
#define DCGM_FI_DEV_DIAG_PCIE_RESULT 352
#define DCGM_FI_DEV_DIAG_TARGETED_STRESS_RESULT 353
#define DCGM_FI_DEV_DIAG_TARGETED_POWER_RESULT 354
#define DCGM_FI_DEV_DIAG_MEMORY_BANDWIDTH_RESULT 355
#define DCGM_FI_DEV_DIAG_MEMTEST_RESULT 356
#define DCGM_FI_DEV_DIAG_PULSE_TEST_RESULT 357
#define DCGM_FI_DEV_DIAG_EUD_RESULT 358
#define DCGM_FI_DEV_DIAG_CPU_EUD_RESULT 359
#define DCGM_FI_DEV_DIAG_SOFTWARE_RESULT 360
#define DCGM_FI_DEV_DIAG_NVBANDWIDTH_RESULT 361
#define DCGM_FI_DEV_DIAG_STATUS 362
#define DCGM_FI_DEV_DIAG_NCCL_TESTS_RESULT 363
#define DCGM_FI_DEV_BANK_REMAP_AVAIL_MAX 385
#define DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_MAX 385
#define DCGM_FI_DEV_BANK_REMAP_AVAIL_HIGH 386
#define DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_HIGH 386
#define DCGM_FI_DEV_BANK_REMAP_AVAIL_PARTIAL 387
#define DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_PARTIAL 387
#define DCGM_FI_DEV_BANK_REMAP_AVAIL_LOW 388
#define DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_LOW 388
#define DCGM_FI_DEV_BANK_REMAP_AVAIL_NONE 389
#define DCGM_FI_DEV_BANKS_REMAP_ROWS_AVAIL_NONE 389
#define DCGM_FI_DEV_PAGE_RETIRED_SBE_TOTAL 390
#define DCGM_FI_DEV_RETIRED_SBE 390
#define DCGM_FI_DEV_PAGE_RETIRED_DBE_TOTAL 391
#define DCGM_FI_DEV_RETIRED_DBE 391
#define DCGM_FI_DEV_PAGE_RETIRED_PENDING 392
#define DCGM_FI_DEV_RETIRED_PENDING 392
#define DCGM_FI_DEV_ROW_REMAP_UNCORRECTABLE_TOTAL 393
#define DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS 393
#define DCGM_FI_DEV_ROW_REMAP_CORRECTABLE_TOTAL 394
#define DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS 394
#define DCGM_FI_DEV_ROW_REMAP_FAILED 395
#define DCGM_FI_DEV_ROW_REMAP_FAILURE 395
#define DCGM_FI_DEV_ROW_REMAP_PENDING 396
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L0_TOTAL 400
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L0 400
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L1_TOTAL 401
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L1 401
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L2_TOTAL 402
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L2 402
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L3_TOTAL 403
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L3 403
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L4_TOTAL 404
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L4 404
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L5_TOTAL 405
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L5 405
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L12_TOTAL 406
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L12 406
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L13_TOTAL 407
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L13 407
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L14_TOTAL 408
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L14 408
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_TOTAL 409
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL 409
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L0_TOTAL 410
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L0 410
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L1_TOTAL 411
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L1 411
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L2_TOTAL 412
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L2 412
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L3_TOTAL 413
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L3 413
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L4_TOTAL 414
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L4 414
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L5_TOTAL 415
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L5 415
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L12_TOTAL 416
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L12 416
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L13_TOTAL 417
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L13 417
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L14_TOTAL 418
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L14 418
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_TOTAL 419
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL 419
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L0_TOTAL 420
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L0 420
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L1_TOTAL 421
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L1 421
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L2_TOTAL 422
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L2 422
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L3_TOTAL 423
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L3 423
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L4_TOTAL 424
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L4 424
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L5_TOTAL 425
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L5 425
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L12_TOTAL 426
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L12 426
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L13_TOTAL 427
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L13 427
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L14_TOTAL 428
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L14 428
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_TOTAL 429
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL 429
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L0_TOTAL 430
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L0 430
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L1_TOTAL 431
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L1 431
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L2_TOTAL 432
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L2 432
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L3_TOTAL 433
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L3 433
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L4_TOTAL 434
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L4 434
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L5_TOTAL 435
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L5 435
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L12_TOTAL 436
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L12 436
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L13_TOTAL 437
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L13 437
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L14_TOTAL 438
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L14 438
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_TOTAL 439
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL 439
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L0 440
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L0 440
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L1 441
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L1 441
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L2 442
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L2 442
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L3 443
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L3 443
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L4 444
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L4 444
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L5 445
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L5 445
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L12 446
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L12 446
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L13 447
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L13 447
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L14 448
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L14 448
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_TOTAL 449
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL 449
#define DCGM_FI_DEV_NVLINK_ERROR 450
#define DCGM_FI_DEV_GPU_NVLINK_ERRORS 450
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L6_TOTAL 451
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L6 451
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L7_TOTAL 452
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L7 452
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L8_TOTAL 453
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L8 453
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L9_TOTAL 454
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L9 454
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L10_TOTAL 455
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L10 455
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L11_TOTAL 456
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L11 456
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L6_TOTAL 457
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L6 457
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L7_TOTAL 458
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L7 458
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L8_TOTAL 459
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L8 459
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L9_TOTAL 460
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L9 460
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L10_TOTAL 461
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L10 461
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L11_TOTAL 462
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L11 462
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L6_TOTAL 463
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L6 463
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L7_TOTAL 464
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L7 464
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L8_TOTAL 465
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L8 465
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L9_TOTAL 466
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L9 466
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L10_TOTAL 467
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L10 467
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L11_TOTAL 468
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L11 468
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L6_TOTAL 469
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L6 469
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L7_TOTAL 470
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L7 470
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L8_TOTAL 471
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L8 471
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L9_TOTAL 472
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L9 472
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L10_TOTAL 473
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L10 473
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L11_TOTAL 474
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L11 474
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L6 475
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L6 475
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L7 476
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L7 476
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L8 477
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L8 477
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L9 478
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L9 478
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L10 479
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L10 479
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L11 480
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L11 480
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L15_TOTAL 481
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L15 481
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L16_TOTAL 482
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L16 482
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_L17_TOTAL 483
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L17 483
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L15_TOTAL 484
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L15 484
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L16_TOTAL 485
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L16 485
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_L17_TOTAL 486
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L17 486
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L15_TOTAL 487
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L15 487
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L16_TOTAL 488
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L16 488
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_L17_TOTAL 489
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L17 489
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L15_TOTAL 491
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L15 491
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L16_TOTAL 492
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L16 492
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_L17_TOTAL 493
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L17 493
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L15 494
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L15 494
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L16 495
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L16 495
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L17 496
#define DCGM_FI_DEV_NVLINK_BANDWIDTH_L17 496
#define DCGM_FI_DEV_NVLINK_CRC_ERROR_TOTAL 497
#define DCGM_FI_DEV_NVLINK_ERROR_DL_CRC 497
#define DCGM_FI_DEV_NVLINK_RECOVERY_TOTAL 498
#define DCGM_FI_DEV_NVLINK_ERROR_DL_RECOVERY 498
#define DCGM_FI_DEV_NVLINK_REPLAY_TOTAL 499
#define DCGM_FI_DEV_NVLINK_ERROR_DL_REPLAY 499
#define DCGM_FI_DEV_GPU_VIRTUAL_MODE 500
#define DCGM_FI_DEV_VIRTUAL_MODE 500
#define DCGM_FI_DEV_VGPU_SUPPORTED_INFO 501
#define DCGM_FI_DEV_SUPPORTED_TYPE_INFO 501
#define DCGM_FI_DEV_VGPU_CREATABLE_IDS 502
#define DCGM_FI_DEV_CREATABLE_VGPU_TYPE_IDS 502
#define DCGM_FI_DEV_VGPU_INSTANCE_INFO 503
#define DCGM_FI_DEV_VGPU_INSTANCE_IDS 503
#define DCGM_FI_DEV_VGPU_UTIL_INFO 504
#define DCGM_FI_DEV_VGPU_UTILIZATIONS 504
#define DCGM_FI_DEV_VGPU_PROCESS_UTIL_INFO 505
#define DCGM_FI_DEV_VGPU_PER_PROCESS_UTILIZATION 505
#define DCGM_FI_DEV_ENC_STATS 506
#define DCGM_FI_DEV_FBC_STATS 507
#define DCGM_FI_DEV_FBC_SESSIONS_INFO 508
#define DCGM_FI_DEV_VGPU_SUPPORTED_IDS 509
#define DCGM_FI_DEV_SUPPORTED_VGPU_TYPE_IDS 509
#define DCGM_FI_DEV_VGPU_TYPE_INFO 510
#define DCGM_FI_DEV_VGPU_TYPE_NAME 511
#define DCGM_FI_DEV_VGPU_TYPE_CLASS 512
#define DCGM_FI_DEV_VGPU_TYPE_LICENSE 513
#define DCGM_FI_DEV_VGPU_VM_ID 520
#define DCGM_FI_DEV_VGPU_VM_NAME 521
#define DCGM_FI_DEV_VGPU_TYPE 522
#define DCGM_FI_DEV_VGPU_UUID 523
#define DCGM_FI_DEV_VGPU_DRIVER_VERSION 524
#define DCGM_FI_DEV_VGPU_MEMORY_USAGE 525
#define DCGM_FI_DEV_VGPU_LICENSE_STATUS 526
#define DCGM_FI_DEV_VGPU_FRAME_RATE_LIMIT 527
#define DCGM_FI_DEV_VGPU_ENC_STATS 528
#define DCGM_FI_DEV_VGPU_ENC_SESSIONS_INFO 529
#define DCGM_FI_DEV_VGPU_FBC_STATS 530
#define DCGM_FI_DEV_VGPU_FBC_SESSIONS_INFO 531
#define DCGM_FI_DEV_VGPU_INSTANCE_LICENSE_STATUS 532
#define DCGM_FI_DEV_VGPU_INSTANCE_LICENSE_STATE 532
#define DCGM_FI_DEV_VGPU_PCI_ID 533
#define DCGM_FI_DEV_VGPU_GPU_INSTANCE_ID 534
#define DCGM_FI_DEV_VGPU_VM_GPU_INSTANCE_ID 534
#define DCGM_FI_DEV_PLATFORM_INFINIBAND_GUID 571
#define DCGM_FI_DEV_PLATFORM_CHASSIS_SERIAL_NUMBER 572
#define DCGM_FI_DEV_PLATFORM_CHASSIS_SLOT_NUMBER 573
#define DCGM_FI_DEV_PLATFORM_TRAY_INDEX 574
#define DCGM_FI_DEV_PLATFORM_HOST_ID 575
#define DCGM_FI_DEV_PLATFORM_PEER_TYPE 576
#define DCGM_FI_DEV_PLATFORM_MODULE_ID 577
#define DCGM_FI_DEV_NVLINK_PPRM_OPER_RECOVERY 580
#define DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_TIME_SINCE_LAST 581
#define DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_TIME_BETWEEN_LAST_TWO 582
#define DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_SUCCESSFUL_TOTAL 583
#define DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_TOTAL_SUCCESSFUL_EVENTS 583
#define DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_RECOVERY_SUCCESSFUL_TOTAL 584
#define DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_SUCCESSFUL_RECOVERY_EVENTS 584
#define DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_LINK_DOWN_TOTAL 585
#define DCGM_FI_DEV_NVLINK_PPCNT_PHYSICAL_LINK_DOWN_COUNTER 585
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_RX_CODE_TOTAL 586
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_RCV_CODES 586
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_RX_CODE_ERROR_TOTAL 587
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_RCV_CODE_ERR 587
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_RX_CODE_UNCORRECTABLE_TOTAL 588
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_RCV_UNCORRECTABLE_CODE 588
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_TX_CODE_TOTAL 589
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_XMIT_CODES 589
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_TX_RETRY_CODE_TOTAL 590
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_XMIT_RETRY_CODES 590
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_TX_RETRY_EVENT_TOTAL 591
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_XMIT_RETRY_EVENTS 591
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_SYNC_EVENT_TOTAL 592
#define DCGM_FI_DEV_NVLINK_PPCNT_PLR_SYNC_EVENTS 592
#define DCGM_FI_DEV_NVSWITCH_VOLTAGE_MVOLT 701
#define DCGM_FI_DEV_NVSWITCH_CURRENT_IDDQ 702
#define DCGM_FI_DEV_NVSWITCH_CURRENT_IDDQ_REV 703
#define DCGM_FI_DEV_NVSWITCH_CURRENT_IDDQ_DVDD 704
#define DCGM_FI_DEV_NVSWITCH_POWER_VDD_WATTS 705
#define DCGM_FI_DEV_NVSWITCH_POWER_VDD 705
#define DCGM_FI_DEV_NVSWITCH_POWER_DVDD_WATTS 706
#define DCGM_FI_DEV_NVSWITCH_POWER_DVDD 706
#define DCGM_FI_DEV_NVSWITCH_POWER_HVDD_WATTS 707
#define DCGM_FI_DEV_NVSWITCH_POWER_HVDD 707
#define DCGM_FI_DEV_NVSWITCH_LINK_THROUGHPUT_TX 780
#define DCGM_FI_DEV_NVSWITCH_LINK_THROUGHPUT_RX 781
#define DCGM_FI_DEV_NVSWITCH_LINK_FATAL_ERRORS 782
#define DCGM_FI_DEV_NVSWITCH_LINK_NON_FATAL_ERRORS 783
#define DCGM_FI_DEV_NVSWITCH_LINK_REPLAY_ERROR_TOTAL 784
#define DCGM_FI_DEV_NVSWITCH_LINK_REPLAY_ERRORS 784
#define DCGM_FI_DEV_NVSWITCH_LINK_RECOVERY_ERROR_TOTAL 785
#define DCGM_FI_DEV_NVSWITCH_LINK_RECOVERY_ERRORS 785
#define DCGM_FI_DEV_NVSWITCH_LINK_FLIT_ERROR_TOTAL 786
#define DCGM_FI_DEV_NVSWITCH_LINK_FLIT_ERRORS 786
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_TOTAL 787
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS 787
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_TOTAL 788
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS 788
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC0 789
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC1 790
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC2 791
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_LOW_VC3 792
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC0 793
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC1 794
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC2 795
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_MEDIUM_VC3 796
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC0 797
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC1 798
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC2 799
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_HIGH_VC3 800
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC0 801
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC1 802
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC2 803
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_PANIC_VC3 804
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC0_TOTAL 805
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC0 805
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC1_TOTAL 806
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC1 806
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC2_TOTAL 807
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC2 807
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_SAMPLE_VC3_TOTAL 808
#define DCGM_FI_DEV_NVSWITCH_LINK_LATENCY_COUNT_VC3 808
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L0_TOTAL 809
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE0 809
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L1_TOTAL 810
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE1 810
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L2_TOTAL 811
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE2 811
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L3_TOTAL 812
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE3 812
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L0_TOTAL 813
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE0 813
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L1_TOTAL 814
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE1 814
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L2_TOTAL 815
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE2 815
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L3_TOTAL 816
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE3 816
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L4_TOTAL 817
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE4 817
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L5_TOTAL 818
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE5 818
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L6_TOTAL 819
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE6 819
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERROR_L7_TOTAL 820
#define DCGM_FI_DEV_NVSWITCH_LINK_CRC_ERRORS_LANE7 820
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L4_TOTAL 821
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE4 821
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L5_TOTAL 822
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE5 822
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L6_TOTAL 823
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE6 823
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERROR_L7_TOTAL 824
#define DCGM_FI_DEV_NVSWITCH_LINK_ECC_ERRORS_LANE7 824
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L0 825
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L0 825
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L1 826
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L1 826
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L2 827
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L2 827
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L3 828
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L3 828
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L4 829
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L4 829
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L5 830
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L5 830
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L6 831
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L6 831
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L7 832
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L7 832
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L8 833
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L8 833
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L9 834
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L9 834
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L10 835
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L10 835
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L11 836
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L11 836
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L12 837
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L12 837
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L13 838
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L13 838
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L14 839
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L14 839
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L15 840
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L15 840
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L16 841
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L16 841
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_L17 842
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_L17 842
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_TOTAL 843
#define DCGM_FI_DEV_NVLINK_TX_BANDWIDTH_TOTAL 843
#define DCGM_FI_DEV_SXID_FATAL_ERROR 856
#define DCGM_FI_DEV_NVSWITCH_FATAL_ERRORS 856
#define DCGM_FI_DEV_SXID_NON_FATAL_ERROR 857
#define DCGM_FI_DEV_NVSWITCH_NON_FATAL_ERRORS 857
#define DCGM_FI_DEV_NVSWITCH_TEMP_CELSIUS 858
#define DCGM_FI_DEV_NVSWITCH_TEMPERATURE_CURRENT 858
#define DCGM_FI_DEV_NVSWITCH_TEMP_SLOWDOWN_CELSIUS 859
#define DCGM_FI_DEV_NVSWITCH_TEMPERATURE_LIMIT_SLOWDOWN 859
#define DCGM_FI_DEV_NVSWITCH_TEMP_SHUTDOWN_CELSIUS 860
#define DCGM_FI_DEV_NVSWITCH_TEMPERATURE_LIMIT_SHUTDOWN 860
#define DCGM_FI_DEV_NVSWITCH_THROUGHPUT_TX 861
#define DCGM_FI_DEV_NVSWITCH_THROUGHPUT_RX 862
#define DCGM_FI_DEV_NVSWITCH_PHYSICAL_ID 863
#define DCGM_FI_DEV_NVSWITCH_PHYS_ID 863
#define DCGM_FI_DEV_NVSWITCH_RESET_REQUIRED 864
#define DCGM_FI_DEV_NVSWITCH_LINK_ID 865
#define DCGM_FI_DEV_NVSWITCH_PCIE_DOMAIN 866
#define DCGM_FI_DEV_NVSWITCH_PCIE_BUS 867
#define DCGM_FI_DEV_NVSWITCH_PCIE_DEVICE 868
#define DCGM_FI_DEV_NVSWITCH_PCIE_FUNCTION 869
#define DCGM_FI_DEV_NVSWITCH_LINK_STATUS 870
#define DCGM_FI_DEV_NVSWITCH_LINK_TYPE 871
#define DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_DOMAIN 872
#define DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_BUS 873
#define DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_DEVICE 874
#define DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_PCIE_FUNCTION 875
#define DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_LINK_ID 876
#define DCGM_FI_DEV_NVSWITCH_LINK_DEVICE_LINK_ID 876
#define DCGM_FI_DEV_NVSWITCH_LINK_REMOTE_LINK_SID 877
#define DCGM_FI_DEV_NVSWITCH_LINK_DEVICE_LINK_SID 877
#define DCGM_FI_DEV_NVSWITCH_UUID 878
#define DCGM_FI_DEV_NVSWITCH_DEVICE_UUID 878
#define DCGM_FI_DEV_NVSWITCH_LINK_DEVICE_UUID 878
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L0 879
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L0 879
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L1 880
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L1 880
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L2 881
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L2 881
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L3 882
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L3 882
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L4 883
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L4 883
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L5 884
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L5 884
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L6 885
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L6 885
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L7 886
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L7 886
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L8 887
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L8 887
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L9 888
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L9 888
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L10 889
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L10 889
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L11 890
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L11 890
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L12 891
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L12 891
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L13 892
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L13 892
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L14 893
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L14 893
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L15 894
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L15 894
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L16 895
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L16 895
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_L17 896
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_L17 896
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_TOTAL 897
#define DCGM_FI_DEV_NVLINK_RX_BANDWIDTH_TOTAL 897
#define DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO 1001
#define DCGM_FI_PROF_GR_ENGINE_ACTIVE 1001
#define DCGM_FI_PROF_SM_UTIL_RATIO 1002
#define DCGM_FI_PROF_SM_ACTIVE 1002
#define DCGM_FI_PROF_SM_OCCUPANCY_RATIO 1003
#define DCGM_FI_PROF_SM_OCCUPANCY 1003
#define DCGM_FI_PROF_TENSOR_UTIL_RATIO 1004
#define DCGM_FI_PROF_PIPE_TENSOR_ACTIVE 1004
#define DCGM_FI_PROF_DRAM_UTIL_RATIO 1005
#define DCGM_FI_PROF_DRAM_ACTIVE 1005
#define DCGM_FI_PROF_FP64_UTIL_RATIO 1006
#define DCGM_FI_PROF_PIPE_FP64_ACTIVE 1006
#define DCGM_FI_PROF_FP32_UTIL_RATIO 1007
#define DCGM_FI_PROF_PIPE_FP32_ACTIVE 1007
#define DCGM_FI_PROF_FP16_UTIL_RATIO 1008
#define DCGM_FI_PROF_PIPE_FP16_ACTIVE 1008
#define DCGM_FI_PROF_PCIE_TX_BYTES 1009
#define DCGM_FI_PROF_PCIE_RX_BYTES 1010
#define DCGM_FI_PROF_NVLINK_TX_BYTES 1011
#define DCGM_FI_PROF_NVLINK_RX_BYTES 1012
#define DCGM_FI_PROF_IMMA_UTIL_RATIO 1013
#define DCGM_FI_PROF_PIPE_TENSOR_IMMA_ACTIVE 1013
#define DCGM_FI_PROF_HMMA_UTIL_RATIO 1014
#define DCGM_FI_PROF_PIPE_TENSOR_HMMA_ACTIVE 1014
#define DCGM_FI_PROF_DFMA_UTIL_RATIO 1015
#define DCGM_FI_PROF_PIPE_TENSOR_DFMA_ACTIVE 1015
#define DCGM_FI_PROF_INT_UTIL_RATIO 1016
#define DCGM_FI_PROF_PIPE_INT_ACTIVE 1016
#define DCGM_FI_PROF_NVDEC_UTIL_0_RATIO 1017
#define DCGM_FI_PROF_NVDEC0_ACTIVE 1017
#define DCGM_FI_PROF_NVDEC_UTIL_1_RATIO 1018
#define DCGM_FI_PROF_NVDEC1_ACTIVE 1018
#define DCGM_FI_PROF_NVDEC_UTIL_2_RATIO 1019
#define DCGM_FI_PROF_NVDEC2_ACTIVE 1019
#define DCGM_FI_PROF_NVDEC_UTIL_3_RATIO 1020
#define DCGM_FI_PROF_NVDEC3_ACTIVE 1020
#define DCGM_FI_PROF_NVDEC_UTIL_4_RATIO 1021
#define DCGM_FI_PROF_NVDEC4_ACTIVE 1021
#define DCGM_FI_PROF_NVDEC_UTIL_5_RATIO 1022
#define DCGM_FI_PROF_NVDEC5_ACTIVE 1022
#define DCGM_FI_PROF_NVDEC_UTIL_6_RATIO 1023
#define DCGM_FI_PROF_NVDEC6_ACTIVE 1023
#define DCGM_FI_PROF_NVDEC_UTIL_7_RATIO 1024
#define DCGM_FI_PROF_NVDEC7_ACTIVE 1024
#define DCGM_FI_PROF_NVJPG_UTIL_0_RATIO 1025
#define DCGM_FI_PROF_NVJPG0_ACTIVE 1025
#define DCGM_FI_PROF_NVJPG_UTIL_1_RATIO 1026
#define DCGM_FI_PROF_NVJPG1_ACTIVE 1026
#define DCGM_FI_PROF_NVJPG_UTIL_2_RATIO 1027
#define DCGM_FI_PROF_NVJPG2_ACTIVE 1027
#define DCGM_FI_PROF_NVJPG_UTIL_3_RATIO 1028
#define DCGM_FI_PROF_NVJPG3_ACTIVE 1028
#define DCGM_FI_PROF_NVJPG_UTIL_4_RATIO 1029
#define DCGM_FI_PROF_NVJPG4_ACTIVE 1029
#define DCGM_FI_PROF_NVJPG_UTIL_5_RATIO 1030
#define DCGM_FI_PROF_NVJPG5_ACTIVE 1030
#define DCGM_FI_PROF_NVJPG_UTIL_6_RATIO 1031
#define DCGM_FI_PROF_NVJPG6_ACTIVE 1031
#define DCGM_FI_PROF_NVJPG_UTIL_7_RATIO 1032
#define DCGM_FI_PROF_NVJPG7_ACTIVE 1032
#define DCGM_FI_PROF_NVOFA_UTIL_0_RATIO 1033
#define DCGM_FI_PROF_NVOFA0_ACTIVE 1033
#define DCGM_FI_PROF_NVOFA_UTIL_1_RATIO 1034
#define DCGM_FI_PROF_NVOFA1_ACTIVE 1034
#define DCGM_FI_PROF_NVLINK_L0_TX_BYTES 1040
#define DCGM_FI_PROF_NVLINK_L0_RX_BYTES 1041
#define DCGM_FI_PROF_NVLINK_L1_TX_BYTES 1042
#define DCGM_FI_PROF_NVLINK_L1_RX_BYTES 1043
#define DCGM_FI_PROF_NVLINK_L2_TX_BYTES 1044
#define DCGM_FI_PROF_NVLINK_L2_RX_BYTES 1045
#define DCGM_FI_PROF_NVLINK_L3_TX_BYTES 1046
#define DCGM_FI_PROF_NVLINK_L3_RX_BYTES 1047
#define DCGM_FI_PROF_NVLINK_L4_TX_BYTES 1048
#define DCGM_FI_PROF_NVLINK_L4_RX_BYTES 1049
#define DCGM_FI_PROF_NVLINK_L5_TX_BYTES 1050
#define DCGM_FI_PROF_NVLINK_L5_RX_BYTES 1051
#define DCGM_FI_PROF_NVLINK_L6_TX_BYTES 1052
#define DCGM_FI_PROF_NVLINK_L6_RX_BYTES 1053
#define DCGM_FI_PROF_NVLINK_L7_TX_BYTES 1054
#define DCGM_FI_PROF_NVLINK_L7_RX_BYTES 1055
#define DCGM_FI_PROF_NVLINK_L8_TX_BYTES 1056
#define DCGM_FI_PROF_NVLINK_L8_RX_BYTES 1057
#define DCGM_FI_PROF_NVLINK_L9_TX_BYTES 1058
#define DCGM_FI_PROF_NVLINK_L9_RX_BYTES 1059
#define DCGM_FI_PROF_NVLINK_L10_TX_BYTES 1060
#define DCGM_FI_PROF_NVLINK_L10_RX_BYTES 1061
#define DCGM_FI_PROF_NVLINK_L11_TX_BYTES 1062
#define DCGM_FI_PROF_NVLINK_L11_RX_BYTES 1063
#define DCGM_FI_PROF_NVLINK_L12_TX_BYTES 1064
#define DCGM_FI_PROF_NVLINK_L12_RX_BYTES 1065
#define DCGM_FI_PROF_NVLINK_L13_TX_BYTES 1066
#define DCGM_FI_PROF_NVLINK_L13_RX_BYTES 1067
#define DCGM_FI_PROF_NVLINK_L14_TX_BYTES 1068
#define DCGM_FI_PROF_NVLINK_L14_RX_BYTES 1069
#define DCGM_FI_PROF_NVLINK_L15_TX_BYTES 1070
#define DCGM_FI_PROF_NVLINK_L15_RX_BYTES 1071
#define DCGM_FI_PROF_NVLINK_L16_TX_BYTES 1072
#define DCGM_FI_PROF_NVLINK_L16_RX_BYTES 1073
#define DCGM_FI_PROF_NVLINK_L17_TX_BYTES 1074
#define DCGM_FI_PROF_NVLINK_L17_RX_BYTES 1075
#define DCGM_FI_PROF_C2C_TX_ALL_BYTES 1076
#define DCGM_FI_PROF_C2C_TX_DATA_BYTES 1077
#define DCGM_FI_PROF_C2C_RX_ALL_BYTES 1078
#define DCGM_FI_PROF_C2C_RX_DATA_BYTES 1079
#define DCGM_FI_PROF_HOSTMEM_CACHE_HIT 1080
#define DCGM_FI_PROF_HOSTMEM_CACHE_MISS 1081
#define DCGM_FI_PROF_PEERMEM_CACHE_HIT 1082
#define DCGM_FI_PROF_PEERMEM_CACHE_MISS 1083
#define DCGM_FI_PROF_SM_CYCLES_ELAPSED_TOTAL 1084
#define DCGM_FI_PROF_SM_CYCLES_ACTIVE_TOTAL 1085
#define DCGM_FI_PROF_MMA_CYCLES_ACTIVE_TOTAL 1086
#define DCGM_FI_PROF_DMMA_CYCLES_ACTIVE_TOTAL 1087
#define DCGM_FI_PROF_HMMA_CYCLES_ACTIVE_TOTAL 1088
#define DCGM_FI_PROF_IMMA_CYCLES_ACTIVE_TOTAL 1089
#define DCGM_FI_PROF_DFMA_CYCLES_ACTIVE_TOTAL 1090
#define DCGM_FI_PROF_PCIE_TX_BYTES_TOTAL 1091
#define DCGM_FI_PROF_PCIE_RX_BYTES_TOTAL 1092
#define DCGM_FI_PROF_INT_CYCLES_ACTIVE_TOTAL 1093
#define DCGM_FI_PROF_FP64_CYCLES_ACTIVE_TOTAL 1094
#define DCGM_FI_PROF_FP32_CYCLES_ACTIVE_TOTAL 1095
#define DCGM_FI_PROF_FP16_CYCLES_ACTIVE_TOTAL 1096
#define DCGM_FI_DEV_CPU_UTIL_TOTAL 1100
#define DCGM_FI_DEV_CPU_UTIL_RATIO 1100
#define DCGM_FI_DEV_CPU_UTIL_USER 1101
#define DCGM_FI_DEV_CPU_UTIL_USER_RATIO 1101
#define DCGM_FI_DEV_CPU_UTIL_NICE 1102
#define DCGM_FI_DEV_CPU_UTIL_NICE_RATIO 1102
#define DCGM_FI_DEV_CPU_UTIL_SYS 1103
#define DCGM_FI_DEV_CPU_UTIL_SYS_RATIO 1103
#define DCGM_FI_DEV_CPU_UTIL_IRQ 1104
#define DCGM_FI_DEV_CPU_UTIL_IRQ_RATIO 1104
#define DCGM_FI_DEV_CPU_TEMP_CELSIUS 1110
#define DCGM_FI_DEV_CPU_TEMP_CURRENT 1110
#define DCGM_FI_DEV_CPU_TEMP_WARNING_CELSIUS 1111
#define DCGM_FI_DEV_CPU_TEMP_WARNING 1111
#define DCGM_FI_DEV_CPU_TEMP_CRITICAL_CELSIUS 1112
#define DCGM_FI_DEV_CPU_TEMP_CRITICAL 1112
#define DCGM_FI_DEV_CPU_CLOCK_CURRENT 1120
#define DCGM_FI_DEV_CPU_POWER_WATTS 1130
#define DCGM_FI_DEV_CPU_POWER_UTIL_CURRENT 1130
#define DCGM_FI_DEV_CPU_POWER_LIMIT_WATTS 1131
#define DCGM_FI_DEV_CPU_POWER_LIMIT 1131
#define DCGM_FI_DEV_SYSIO_POWER_UTIL_CURRENT 1132
#define DCGM_FI_DEV_SYSIO_POWER_WATTS 1132
#define DCGM_FI_DEV_MODULE_POWER_UTIL_CURRENT 1133
#define DCGM_FI_DEV_MODULE_POWER_WATTS 1133
#define DCGM_FI_DEV_CPU_VENDOR 1140
#define DCGM_FI_DEV_CPU_MODEL 1141
#define DCGM_FI_DEV_NVLINK_TX_PACKET_TOTAL 1200
#define DCGM_FI_DEV_NVLINK_COUNT_TX_PACKETS 1200
#define DCGM_FI_DEV_NVLINK_TX_BYTES_TOTAL 1201
#define DCGM_FI_DEV_NVLINK_COUNT_TX_BYTES 1201
#define DCGM_FI_DEV_NVLINK_RX_PACKET_TOTAL 1202
#define DCGM_FI_DEV_NVLINK_COUNT_RX_PACKETS 1202
#define DCGM_FI_DEV_NVLINK_RX_BYTES_TOTAL 1203
#define DCGM_FI_DEV_NVLINK_COUNT_RX_BYTES 1203
#define DCGM_FI_DEV_NVLINK_RX_PACKET_MALFORMED_TOTAL 1204
#define DCGM_FI_DEV_NVLINK_COUNT_RX_MALFORMED_PACKET_ERRORS 1204
#define DCGM_FI_DEV_NVLINK_RX_PACKET_DROPPED_TOTAL 1205
#define DCGM_FI_DEV_NVLINK_COUNT_RX_BUFFER_OVERRUN_ERRORS 1205
#define DCGM_FI_DEV_NVLINK_RX_ERROR_TOTAL 1206
#define DCGM_FI_DEV_NVLINK_COUNT_RX_ERRORS 1206
#define DCGM_FI_DEV_NVLINK_RX_REMOTE_ERROR_TOTAL 1207
#define DCGM_FI_DEV_NVLINK_COUNT_RX_REMOTE_ERRORS 1207
#define DCGM_FI_DEV_NVLINK_RX_GENERAL_ERROR_TOTAL 1208
#define DCGM_FI_DEV_NVLINK_COUNT_RX_GENERAL_ERRORS 1208
#define DCGM_FI_DEV_NVLINK_INTEGRITY_ERROR_TOTAL 1209
#define DCGM_FI_DEV_NVLINK_COUNT_LOCAL_LINK_INTEGRITY_ERRORS 1209
#define DCGM_FI_DEV_NVLINK_COUNT_TX_DISCARDS 1210
#define DCGM_FI_DEV_NVLINK_TX_DISCARD_TOTAL 1210
#define DCGM_FI_DEV_NVLINK_RECOVERY_SUCCESSFUL_TOTAL 1211
#define DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_SUCCESSFUL_EVENTS 1211
#define DCGM_FI_DEV_NVLINK_RECOVERY_FAILED_TOTAL 1212
#define DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_FAILED_EVENTS 1212
#define DCGM_FI_DEV_NVLINK_RECOVERY_EVENT_TOTAL 1213
#define DCGM_FI_DEV_NVLINK_COUNT_LINK_RECOVERY_EVENTS 1213
#define DCGM_FI_DEV_NVLINK_RX_SYMBOL_ERROR_TOTAL 1214
#define DCGM_FI_DEV_NVLINK_COUNT_RX_SYMBOL_ERRORS 1214
#define DCGM_FI_DEV_NVLINK_SYMBOL_BER_RAW 1215
#define DCGM_FI_DEV_NVLINK_COUNT_SYMBOL_BER 1215
#define DCGM_FI_DEV_NVLINK_SYMBOL_BER_RATIO 1216
#define DCGM_FI_DEV_NVLINK_COUNT_SYMBOL_BER_FLOAT 1216
#define DCGM_FI_DEV_NVLINK_EFFECTIVE_BER_RAW 1217
#define DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_BER 1217
#define DCGM_FI_DEV_NVLINK_EFFECTIVE_BER_RATIO 1218
#define DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_BER_FLOAT 1218
#define DCGM_FI_DEV_NVLINK_EFFECTIVE_ERROR_TOTAL 1219
#define DCGM_FI_DEV_NVLINK_COUNT_EFFECTIVE_ERRORS 1219
#define DCGM_FI_DEV_NVLINK_ECC_ERROR_TOTAL 1220
#define DCGM_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_TOTAL 1220
#define DCGM_FI_DEV_CONNECTX_HEALTH 1300
#define DCGM_FI_DEV_CONNECTX_ACTIVE_PCIE_LINK_WIDTH 1301
#define DCGM_FI_DEV_CONNECTX_ACTIVE_PCIE_LINK_SPEED 1302
#define DCGM_FI_DEV_CONNECTX_EXPECT_PCIE_LINK_WIDTH 1303
#define DCGM_FI_DEV_CONNECTX_EXPECT_PCIE_LINK_SPEED 1304
#define DCGM_FI_DEV_CONNECTX_CORRECTABLE_ERR_STATUS 1305
#define DCGM_FI_DEV_CONNECTX_CORRECTABLE_ERROR_STATUS 1305
#define DCGM_FI_DEV_CONNECTX_CORRECTABLE_ERR_MASK 1306
#define DCGM_FI_DEV_CONNECTX_CORRECTABLE_ERROR_MASK 1306
#define DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERROR_STATUS 1307
#define DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERR_STATUS 1307
#define DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERROR_MASK 1308
#define DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERR_MASK 1308
#define DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERROR_SEVERITY 1309
#define DCGM_FI_DEV_CONNECTX_UNCORRECTABLE_ERR_SEVERITY 1309
#define DCGM_FI_DEV_CONNECTX_DEVICE_TEMPERATURE 1310
#define DCGM_FI_DEV_CONNECTX_TEMP_CELSIUS 1310
#define DCGM_FI_DEV_C2C_LINK_ERROR_INTR 1400
#define DCGM_FI_DEV_C2C_LINK_ERROR_TOTAL 1400
#define DCGM_FI_DEV_C2C_LINK_ERROR_REPLAY 1401
#define DCGM_FI_DEV_C2C_LINK_REPLAY_ERROR_TOTAL 1401
#define DCGM_FI_DEV_C2C_LINK_ERROR_REPLAY_B2B 1402
#define DCGM_FI_DEV_C2C_LINK_REPLAY_ERROR_B2B_TOTAL 1402
#define DCGM_FI_DEV_C2C_LINK_POWER_STATE 1403
#define DCGM_FI_DEV_C2C_LINK_POWER_STATUS 1403
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_0 1404
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_0_TOTAL 1404
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_1 1405
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_1_TOTAL 1405
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_2 1406
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_2_TOTAL 1406
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_3 1407
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_3_TOTAL 1407
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_4 1408
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_4_TOTAL 1408
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_5 1409
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_5_TOTAL 1409
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_6 1410
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_6_TOTAL 1410
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_7 1411
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_7_TOTAL 1411
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_8 1412
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_8_TOTAL 1412
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_9 1413
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_9_TOTAL 1413
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_10 1414
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_10_TOTAL 1414
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_11 1415
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_11_TOTAL 1415
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_12 1416
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_12_TOTAL 1416
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_13 1417
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_13_TOTAL 1417
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_14 1418
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_14_TOTAL 1418
#define DCGM_FI_DEV_NVLINK_COUNT_FEC_HISTORY_15 1419
#define DCGM_FI_DEV_NVLINK_FEC_HISTORY_15_TOTAL 1419
#define DCGM_FI_DEV_CLOCKS_EVENT_REASON_SW_POWER_CAP_NS 1420
#define DCGM_FI_DEV_CLOCKS_EVENT_REASON_SYNC_BOOST_NS 1421
#define DCGM_FI_DEV_CLOCKS_EVENT_REASON_SW_THERM_SLOWDOWN_NS 1422
#define DCGM_FI_DEV_CLOCKS_EVENT_REASON_HW_THERM_SLOWDOWN_NS 1423
#define DCGM_FI_DEV_CLOCKS_EVENT_REASON_HW_POWER_BRAKE_SLOWDOWN_NS 1424
#define DCGM_FI_DEV_PWR_SMOOTHING_ENABLED 1425
#define DCGM_FI_DEV_PWR_SMOOTHING_PRIV_LVL 1426
#define DCGM_FI_DEV_PWR_SMOOTHING_IMM_RAMP_DOWN_ENABLED 1427
#define DCGM_FI_DEV_PWR_SMOOTHING_APPLIED_TMP_CEIL 1428
#define DCGM_FI_DEV_PWR_SMOOTHING_APPLIED_TMP_CEIL_WATTS 1428
#define DCGM_FI_DEV_PWR_SMOOTHING_APPLIED_TMP_FLOOR 1429
#define DCGM_FI_DEV_PWR_SMOOTHING_APPLIED_TMP_FLOOR_WATTS 1429
#define DCGM_FI_DEV_PWR_SMOOTHING_MAX_PERCENT_TMP_FLOOR_SETTING 1430
#define DCGM_FI_DEV_PWR_SMOOTHING_MIN_PERCENT_TMP_FLOOR_SETTING 1431
#define DCGM_FI_DEV_PWR_SMOOTHING_HW_CIRCUITRY_PERCENT_LIFETIME_REMAINING 1432
#define DCGM_FI_DEV_PWR_SMOOTHING_MAX_NUM_PRESET_PROFILES 1433
#define DCGM_FI_DEV_PWR_SMOOTHING_MAX_PRESET_PROFILES 1433
#define DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_PERCENT_TMP_FLOOR 1434
#define DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_RAMP_UP_RATE 1435
#define DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_RAMP_DOWN_RATE 1436
#define DCGM_FI_DEV_PWR_SMOOTHING_PROFILE_RAMP_DOWN_HYST_VAL 1437
#define DCGM_FI_DEV_PWR_SMOOTHING_ACTIVE_PRESET_PROFILE 1438
#define DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_PERCENT_TMP_FLOOR 1439
#define DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_UP_RATE 1440
#define DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_RATE 1441
#define DCGM_FI_DEV_PWR_SMOOTHING_ADMIN_OVERRIDE_RAMP_DOWN_HYST_VAL 1442
#define DCGM_FI_DEV_PCIE_CORRECTABLE_ERROR_TOTAL 1501
#define DCGM_FI_DEV_PCIE_COUNT_CORRECTABLE_ERRORS 1501
#define DCGM_FI_IMEX_DOMAIN_STATUS 1502
#define DCGM_FI_IMEX_DAEMON_STATUS 1503
#define DCGM_FI_DEV_MEMORY_UNREPAIRABLE 1507
#define DCGM_FI_DEV_MEMORY_UNREPAIRABLE_FLAG 1507
#define DCGM_FI_DEV_NVLINK_GET_STATE 1508
#define DCGM_FI_DEV_NVLINK_LINK_STATUS 1508
#define DCGM_FI_DEV_NVLINK_PPCNT_IBPC_PORT_XMIT_WAIT 1509
#define DCGM_FI_DEV_NVLINK_PPCNT_IBPC_TX_WAIT_TOTAL 1509
#define DCGM_FI_DEV_GPU_RECOVERY_ACTION 1523
#define DCGM_FI_DEV_GET_GPU_RECOVERY_ACTION 1523
#define DCGM_FI_DEV_NVSWITCH_FIRMWARE_VERSION 1524
#define DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_PER_LINK_TOTAL 1525
#define DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_PER_LINK_TOTAL 1526
#define DCGM_FI_DEV_NVLINK_REPLAY_ERROR_PER_LINK_TOTAL 1527
#define DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_PER_LINK_TOTAL 1528
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_PER_LINK 1529
#define DCGM_FI_DEV_NVLINK_TX_THROUGHPUT_PER_LINK 1530
#define DCGM_FI_DEV_NVLINK_RX_THROUGHPUT_PER_LINK 1531
#define DCGM_FI_PROF_NVLINK_TX_BYTES_PER_LINK 1532
#define DCGM_FI_PROF_NVLINK_RX_BYTES_PER_LINK 1533
#define DCGM_FI_DEV_BAR1_CAPACITY_BYTES 1600
#define DCGM_FI_DEV_BAR1_USED_BYTES 1601
#define DCGM_FI_DEV_BAR1_FREE_BYTES 1602
#define DCGM_FI_DEV_SM_CLOCK_HERTZ 1603
#define DCGM_FI_DEV_MEMORY_CLOCK_HERTZ 1604
#define DCGM_FI_DEV_VIDEO_CLOCK_HERTZ 1605
#define DCGM_FI_DEV_SM_APP_CLOCK_HERTZ 1606
#define DCGM_FI_DEV_MEMORY_APP_CLOCK_HERTZ 1607
#define DCGM_FI_DEV_SM_MAX_CLOCK_HERTZ 1608
#define DCGM_FI_DEV_MEMORY_MAX_CLOCK_HERTZ 1609
#define DCGM_FI_DEV_VIDEO_MAX_CLOCK_HERTZ 1610
#define DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL 1611
#define DCGM_FI_DEV_FAN_SPEED_RATIO 1612
#define DCGM_FI_DEV_GPU_UTIL_RATIO 1613
#define DCGM_FI_DEV_MEMORY_UTIL_RATIO 1614
#define DCGM_FI_DEV_ENC_UTIL_RATIO 1615
#define DCGM_FI_DEV_DEC_UTIL_RATIO 1616
#define DCGM_FI_DEV_GPU_POWER_THROTTLE_SECONDS_TOTAL 1617
#define DCGM_FI_DEV_GPU_THERMAL_THROTTLE_SECONDS_TOTAL 1618
#define DCGM_FI_DEV_GPU_SYNC_BOOST_THROTTLE_SECONDS_TOTAL 1619
#define DCGM_FI_DEV_GPU_LIMIT_THROTTLE_SECONDS_TOTAL 1620
#define DCGM_FI_DEV_GPU_LOW_UTIL_THROTTLE_SECONDS_TOTAL 1621
#define DCGM_FI_DEV_GPU_RELIABILITY_THROTTLE_SECONDS_TOTAL 1622
#define DCGM_FI_DEV_GPU_APP_THROTTLE_SECONDS_TOTAL 1623
#define DCGM_FI_DEV_GPU_BASE_THROTTLE_SECONDS_TOTAL 1624
#define DCGM_FI_DEV_FB_CAPACITY_BYTES 1625
#define DCGM_FI_DEV_FB_FREE_BYTES 1626
#define DCGM_FI_DEV_FB_USED_BYTES 1627
#define DCGM_FI_DEV_FB_RESERVED_BYTES 1628
#define DCGM_FI_DEV_C2C_MAX_BANDWIDTH_BYTES_PER_SECOND 1629
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L0_BYTES_PER_SECOND 1630
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L1_BYTES_PER_SECOND 1631
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L2_BYTES_PER_SECOND 1632
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L3_BYTES_PER_SECOND 1633
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L4_BYTES_PER_SECOND 1634
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L5_BYTES_PER_SECOND 1635
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L6_BYTES_PER_SECOND 1636
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L7_BYTES_PER_SECOND 1637
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L8_BYTES_PER_SECOND 1638
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L9_BYTES_PER_SECOND 1639
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L10_BYTES_PER_SECOND 1640
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L11_BYTES_PER_SECOND 1641
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L12_BYTES_PER_SECOND 1642
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L13_BYTES_PER_SECOND 1643
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L14_BYTES_PER_SECOND 1644
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L15_BYTES_PER_SECOND 1645
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L16_BYTES_PER_SECOND 1646
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_L17_BYTES_PER_SECOND 1647
#define DCGM_FI_DEV_NVLINK_THROUGHPUT_BYTES_PER_SECOND 1648
#define DCGM_FI_DEV_VGPU_FB_USED_BYTES 1649
#define DCGM_FI_DEV_NVLINK_PPCNT_RECOVERY_LAST_GAP_SECONDS 1650
#define DCGM_FI_MAX_FIELDS 1651
#define DCGM_FI_FIRST_VGPU_FIELD_ID 520
#define DCGM_FI_LAST_VGPU_FIELD_ID 570
#define DCGM_FI_INTERNAL_FIELDS_0_START 600
#define DCGM_FI_INTERNAL_FIELDS_0_END 699
#define DCGM_FI_FIRST_NVSWITCH_FIELD_ID 700
#define DCGM_FI_LAST_NVSWITCH_FIELD_ID 899
#define DCGM_FI_DEV_FIRST_CONNECTX_FIELD_ID 1300
#define DCGM_FI_DEV_LAST_CONNECTX_FIELD_ID 1399
#define DCGM_FI_MAX_VGPU_FIELDS 50
#define DCGM_FI_MAX_NVSWITCH_FIELDS 200

/* Functions. */
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmActionValidate(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmPolicyValidation_t validate, dcgmDiagResponse_v12 *response);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmActionValidate_v2(dcgmHandle_t pDcgmHandle, dcgmRunDiag_v10 *drd, dcgmDiagResponse_v12 *response);
/* Since 4.5.0. */
dcgmReturn_t dcgmAttachDriver(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmConfigEnforce(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmConfigGet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmConfigType_t type, int count, dcgmConfig_v2 *deviceConfigList, dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmConfigSet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmConfig_v2 *pDeviceConfig, dcgmStatus_t statusHandle);
/* Since 4.4.1. */
dcgmReturn_t dcgmConfigSetWorkloadPowerProfile(dcgmHandle_t pDcgmHandle, dcgmWorkloadPowerProfile_v1 *workloadPowerProfile);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmConnect(const char *ipAddress, dcgmHandle_t *pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmConnect_v2(const char *ipAddress, dcgmConnectV2Params_v2 *connectParams, dcgmHandle_t *pDcgmHandle);
/* Since 4.5.0. */
dcgmReturn_t dcgmConnect_v3(const char *connectionString, dcgmConnectV3Params_v1 *connectParams, dcgmHandle_t *pDcgmHandle);
/* Since 3.3.5 or earlier. */
unsigned int dcgmCpuHierarchyCpuOwnsCore(unsigned int coreId, const dcgmCpuHierarchyOwnedCores_v1 *ownedCores);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmCreateFakeEntities(dcgmHandle_t pDcgmHandle, dcgmCreateFakeEntities_v2 *createFakeEntities);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmCreateMigEntity(dcgmHandle_t dcgmHandle, dcgmCreateMigEntity_v1 *cme);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmCreateNvmlInjectionGpu(dcgmHandle_t dcgmHandle, unsigned int index);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmDeleteMigEntity(dcgmHandle_t dcgmHandle, dcgmDeleteMigEntity_v1 *dme);
/* Since 4.5.0. */
dcgmReturn_t dcgmDetachDriver(dcgmHandle_t pDcgmHandle);
/* Since 4.4.2. */
dcgmReturn_t dcgmDiagSendHeartbeat(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmDisconnect(dcgmHandle_t pDcgmHandle);
/* Since 4.5.0. */
dcgmReturn_t dcgmEmptyCache(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmEngineRun(unsigned short portNumber, const char *socketPath, unsigned int connectionType);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmEntitiesGetLatestValues(dcgmHandle_t pDcgmHandle, dcgmGroupEntityPair_t *entities, unsigned int entityCount, unsigned short *fields, unsigned int fieldCount, unsigned int flags, dcgmFieldValue_v2 *values);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmEntityGetLatestValues(dcgmHandle_t pDcgmHandle, dcgm_field_entity_group_t entityGroup, int entityId, unsigned short *fields, unsigned int count, dcgmFieldValue_v1 *values);
/* Since 3.3.5 or earlier. */
dcgmErrorCategory_t dcgmErrorGetCategoryByCode(unsigned int code);
/* Since 3.3.5 or earlier. */
const char *dcgmErrorGetFormatMsgByCode(unsigned int code);
/* Since 3.3.5 or earlier. */
dcgmErrorSeverity_t dcgmErrorGetPriorityByCode(unsigned int code);
/* Since 3.3.5 or earlier. */
const dcgm_field_meta_t *DcgmFieldGetById(unsigned short fieldId);
/* Since 3.3.5 or earlier. */
const dcgm_field_meta_t *DcgmFieldGetByTag(const char *tag);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmFieldGroupCreate(dcgmHandle_t dcgmHandle, int numFieldIds, const unsigned short *fieldIds, const char *fieldGroupName, dcgmFieldGrp_t *dcgmFieldGroupId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmFieldGroupDestroy(dcgmHandle_t dcgmHandle, dcgmFieldGrp_t dcgmFieldGroupId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmFieldGroupGetAll(dcgmHandle_t dcgmHandle, dcgmAllFieldGroup_v1 *allGroupInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmFieldGroupGetInfo(dcgmHandle_t dcgmHandle, dcgmFieldGroupInfo_v1 *fieldGroupInfo);
/* Since 3.3.5 or earlier. */
const char *DcgmFieldsGetEntityGroupString(dcgm_field_entity_group_t entityGroupId);
/* Since 3.3.5 or earlier. */
int DcgmFieldsInit(void);
/* Since 3.3.5 or earlier. */
int DcgmFieldsTerm(void);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetAllDevices(dcgmHandle_t pDcgmHandle, unsigned int *gpuIdList, int *count);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetAllSupportedDevices(dcgmHandle_t pDcgmHandle, unsigned int *gpuIdList, int *count);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetCacheManagerFieldInfo(dcgmHandle_t pDcgmHandle, dcgmCacheManagerFieldInfo_v4_t *fieldInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetCpuHierarchy(dcgmHandle_t dcgmHandle, dcgmCpuHierarchy_v1 *cpuHierarchy);
/* Since 4.0.0. */
dcgmReturn_t dcgmGetCpuHierarchy_v2(dcgmHandle_t dcgmHandle, dcgmCpuHierarchy_v2 *cpuHierarchy);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetDeviceAttributes(dcgmHandle_t pDcgmHandle, unsigned int gpuId, dcgmDeviceAttributes_v3 *pDcgmAttr);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetDeviceTopology(dcgmHandle_t pDcgmHandle, unsigned int gpuId, dcgmDeviceTopology_v2 *pDcgmDeviceTopology);
/* Since 4.0.0. */
dcgmReturn_t dcgmGetDeviceWorkloadPowerProfileInfo(dcgmHandle_t pDcgmHandle, unsigned int gpuId, dcgmWorkloadPowerProfileProfilesInfo_v1 *profilesInfo, dcgmDeviceWorkloadPowerProfilesStatus_v1 *profilesStatus);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetEntityGroupEntities(dcgmHandle_t dcgmHandle, dcgm_field_entity_group_t entityGroup, unsigned int *entities, int *numEntities, unsigned int flags);
/* Since 3.3.5 or earlier. */
const dcgm_error_meta_t *dcgmGetErrorMeta(dcgmError_t error);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetFieldSummary(dcgmHandle_t pDcgmHandle, dcgmFieldSummaryRequest_v1 *request);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetFieldValuesSince(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, int64_t sinceTimestamp, unsigned short *fieldIds, int numFieldIds, int64_t *nextSinceTimestamp, dcgmFieldValueEnumeration_f enumCB, void *userData);
/* Since 4.2.3. */
dcgmReturn_t dcgmGetGpuChipArchitecture(dcgmHandle_t dcgmHandle, unsigned int gpuId, dcgmChipArchitecture_t *chipArchitecture);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetGpuInstanceHierarchy(dcgmHandle_t dcgmHandle, dcgmMigHierarchy_v2 *hierarchy);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetGpuStatus(dcgmHandle_t pDcgmHandle, unsigned int gpuId, DcgmEntityStatus_t *status);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetGroupTopology(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmGroupTopology_v2 *pDcgmGroupTopology);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetLatestValues(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmFieldGrp_t fieldGroupId, dcgmFieldValueEnumeration_f enumCB, void *userData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetLatestValues_v2(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmFieldGrp_t fieldGroupId, dcgmFieldValueEntityEnumeration_f enumCB, void *userData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetLatestValuesForFields(dcgmHandle_t pDcgmHandle, int gpuId, unsigned short *fields, unsigned int count, dcgmFieldValue_v1 *values);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetMultipleValuesForField(dcgmHandle_t pDcgmHandle, int gpuId, unsigned short fieldId, int *count, int64_t startTs, int64_t endTs, dcgmOrder_t order, dcgmFieldValue_v1 *values);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetNvLinkLinkStatus(dcgmHandle_t dcgmHandle, dcgmNvLinkStatus_v5 *linkStatus);
/* Since 4.3.1. */
dcgmReturn_t dcgmGetNvLinkP2PStatus(dcgmHandle_t dcgmHandle, dcgmNvLinkP2PStatus_v1 *linkStatus);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetPidInfo(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmPidInfo_v2 *pidInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetValuesSince(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmFieldGrp_t fieldGroupId, int64_t sinceTimestamp, int64_t *nextSinceTimestamp, dcgmFieldValueEnumeration_f enumCB, void *userData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetValuesSince_v2(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmFieldGrp_t fieldGroupId, int64_t sinceTimestamp, int64_t *nextSinceTimestamp, dcgmFieldValueEntityEnumeration_f enumCB, void *userData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetVgpuDeviceAttributes(dcgmHandle_t pDcgmHandle, unsigned int gpuId, dcgmVgpuDeviceAttributes_v7 *pDcgmVgpuAttr);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGetVgpuInstanceAttributes(dcgmHandle_t pDcgmHandle, unsigned int vgpuId, dcgmVgpuInstanceAttributes_v1 *pDcgmVgpuInstanceAttr);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupAddDevice(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, unsigned int gpuId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupAddEntity(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgm_field_entity_group_t entityGroupId, unsigned int entityId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupCreate(dcgmHandle_t pDcgmHandle, dcgmGroupType_t type, const char *groupName, dcgmGpuGrp_t *pDcgmGrpId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupDestroy(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupGetAllIds(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t *groupIdList, unsigned int *count);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupGetInfo(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmGroupInfo_v3 *pDcgmGroupInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupRemoveDevice(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, unsigned int gpuId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmGroupRemoveEntity(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgm_field_entity_group_t entityGroupId, unsigned int entityId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHealthCheck(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmHealthResponse_v5 *results);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHealthGet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmHealthSystems_t *systems);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHealthSet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmHealthSystems_t systems);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHealthSet_v2(dcgmHandle_t pDcgmHandle, dcgmHealthSetParams_v2 *params);
/* Since 4.4.2. */
dcgmReturn_t dcgmHostengineEnvironmentVariableInfo(dcgmHandle_t pDcgmHandle, dcgmEnvVarInfo_v1 *pEnvVarInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHostengineIsHealthy(dcgmHandle_t pDcgmHandle, dcgmHostengineHealth_v1 *heHealth);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHostengineSetLoggingSeverity(dcgmHandle_t pDcgmHandle, dcgmSettingsSetLoggingSeverity_v2 *logging);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmHostengineVersionInfo(dcgmHandle_t pDcgmHandle, dcgmVersionInfo_v2 *pVersionInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmInit(void);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmInjectEntityFieldValue(dcgmHandle_t pDcgmHandle, dcgm_field_entity_group_t entityGroupId, unsigned int entityId, dcgmFieldValue_v1 *pDcgmInjectFieldValue);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmInjectEntityFieldValueToNvml(dcgmHandle_t pDcgmHandle, dcgm_field_entity_group_t entityGroupId, unsigned int entityId, dcgmFieldValue_v1 *pDcgmInjectFieldValue);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmInjectFieldValue(dcgmHandle_t pDcgmHandle, unsigned int gpuId, dcgmFieldValue_v1 *dcgmInjectFieldValue);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmIntrospectGetHostengineCpuUtilization(dcgmHandle_t pDcgmHandle, dcgmIntrospectCpuUtil_v1 *cpuUtil, int waitIfNoData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmIntrospectGetHostengineMemoryUsage(dcgmHandle_t pDcgmHandle, dcgmIntrospectMemory_v1 *memoryInfo, int waitIfNoData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmJobGetStats(dcgmHandle_t pDcgmHandle, char *jobId, dcgmJobInfo_v3 *pJobInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmJobRemove(dcgmHandle_t pDcgmHandle, char *jobId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmJobRemoveAll(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmJobStartStats(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, char *jobId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmJobStopStats(dcgmHandle_t pDcgmHandle, char *jobId);
/* Since 4.5.0. */
dcgmReturn_t dcgmMarkModulesReloadable(dcgmHandle_t pDcgmHandle, dcgmModulesReloadable_v1 *msg);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmModuleDenylist(dcgmHandle_t pDcgmHandle, dcgmModuleId_t moduleId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmModuleGetStatuses(dcgmHandle_t pDcgmHandle, dcgmModuleGetStatuses_v1 *moduleStatuses);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmModuleIdToName(dcgmModuleId_t id, const char **name);
/* Since 4.0.0. */
dcgmReturn_t dcgmNvswitchGetBackend(dcgmHandle_t pDcgmHandle, bool *active, char *backendName, unsigned int backendNameLength);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmPauseTelemetryForDiag(dcgmHandle_t pDcgmHandle);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyCreate(dcgmHandle_t pDcgmHandle, unsigned short fieldId, const char *name, double threshold, dcgmPolicyOperator_t policyOperator, const dcgmGroupEntityPair_t *entities, unsigned int entityCount, unsigned int channelMask, unsigned int enabled, unsigned int rateLimitSec, uint64_t *policyId);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyDelete(dcgmHandle_t pDcgmHandle, unsigned short fieldId, uint64_t policyId, unsigned int deleteAll);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyDisable(dcgmHandle_t pDcgmHandle, unsigned short fieldId, uint64_t policyId);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyEnable(dcgmHandle_t pDcgmHandle, unsigned short fieldId, uint64_t policyId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmPolicyGet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, int count, dcgmPolicy_v1 *policy, dcgmStatus_t statusHandle);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyGetAll(dcgmHandle_t pDcgmHandle, dcgmPolicyInfo_v1 *policies, unsigned int *count);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyGetOne(dcgmHandle_t pDcgmHandle, unsigned short fieldId, uint64_t policyId, dcgmPolicyInfo_v1 *policy);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyGetViolations(dcgmHandle_t pDcgmHandle, int64_t since, dcgm_policy_violation_t *violations, unsigned int *count);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyImport(dcgmHandle_t pDcgmHandle, const char *path);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyModify(dcgmHandle_t pDcgmHandle, const dcgmPolicyInfo_v1 *policy);
/* Since 4.0.0. */
dcgmReturn_t dcgmPolicyRegister_v2(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmPolicyCondition_t condition, fpRecvUpdates callback, uint64_t userData);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyRegister_v3(dcgmHandle_t pDcgmHandle, unsigned short fieldId, uint64_t policyId, fpRecvPolicyViolation callback, uint64_t userData);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmPolicySet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmPolicy_v1 *policy, dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmPolicyTrigger(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmPolicyUnregister(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmPolicyCondition_t condition);
/* Since 4.7.0. */
dcgmReturn_t dcgmPolicyUnregister_v3(dcgmHandle_t pDcgmHandle, unsigned short fieldId, uint64_t policyId);
/* Since 4.4.1. */
dcgmReturn_t dcgmPowerProfileIdToName(dcgmPowerProfileType_t id, const char **name);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmProfGetSupportedMetricGroups(dcgmHandle_t pDcgmHandle, dcgmProfGetMetricGroups_v3 *metricGroups);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmProfPause(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmProfResume(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmResumeTelemetryForDiag(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmRunDiagnostic(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmDiagnosticLevel_t diagLevel, dcgmDiagResponse_v12 *diagResponse);
/* Since 4.3.1. */
dcgmReturn_t dcgmRunMnDiagnostic(dcgmHandle_t pDcgmHandle, const dcgmRunMnDiag_v1 *drmnd, dcgmMnDiagResponse_v1 *response);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmSelectGpusByTopology(dcgmHandle_t pDcgmHandle, uint64_t inputGpuIds, unsigned int numGpus, uint64_t *outputGpuIds, uint64_t hintFlags);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmSetEntityNvLinkLinkState(dcgmHandle_t dcgmHandle, dcgmSetNvLinkLinkState_v1 *linkState);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmShutdown(void);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStartEmbedded(dcgmOperationMode_t opMode, dcgmHandle_t *pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStartEmbedded_v2(dcgmStartEmbeddedV2Params_v1 *params);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStatusClear(dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStatusCreate(dcgmStatus_t *statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStatusDestroy(dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStatusGetCount(dcgmStatus_t statusHandle, unsigned int *count);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStatusPopError(dcgmStatus_t statusHandle, dcgmErrorInfo_t *pDcgmErrorInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStopDiagnostic(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmStopEmbedded(dcgmHandle_t pDcgmHandle);
/* Since 4.3.1. */
dcgmReturn_t dcgmStopMnDiagnostic(dcgmHandle_t pDcgmHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmUnwatchFields(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmFieldGrp_t fieldGroupId);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmUnwatchFieldValue(dcgmHandle_t pDcgmHandle, int gpuId, unsigned short fieldId, int clearCache);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmUpdateAllFields(dcgmHandle_t pDcgmHandle, int waitForUpdate);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmVersionInfo(dcgmVersionInfo_v2 *pVersionInfo);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmVgpuConfigEnforce(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmVgpuConfigGet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmConfigType_t type, int count, dcgmVgpuConfig_v1 *deviceConfigList, dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmVgpuConfigSet(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmVgpuConfig_v1 *pDeviceConfig, dcgmStatus_t statusHandle);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmWatchFields(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmFieldGrp_t fieldGroupId, int64_t updateFreq, double maxKeepAge, int maxKeepSamples);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmWatchFieldValue(dcgmHandle_t pDcgmHandle, int gpuId, unsigned short fieldId, int64_t updateFreq, double maxKeepAge, int maxKeepSamples);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmWatchJobFields(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, int64_t updateFreq, double maxKeepAge, int maxKeepSamples);
/* Since 3.3.5 or earlier. */
dcgmReturn_t dcgmWatchPidFields(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, int64_t updateFreq, double maxKeepAge, int maxKeepSamples);
/* Since 3.3.5 or earlier. */
const char *errorString(dcgmReturn_t result);
/* 3.3 only. */
dcgmReturn_t dcgmPolicyRegister(dcgmHandle_t pDcgmHandle, dcgmGpuGrp_t groupId, dcgmPolicyCondition_t condition, fpRecvUpdates_3_3 beginCallback, fpRecvUpdates_3_3 finishCallback);
/* 3.3 only. */
dcgmReturn_t dcgmProfUnwatchFields(dcgmHandle_t pDcgmHandle, dcgmProfUnwatchFields_v1 *unwatchFields);
/* 3.3 only. */
dcgmReturn_t dcgmProfWatchFields(dcgmHandle_t pDcgmHandle, dcgmProfWatchFields_v2 *watchFields);

#ifdef __cplusplus
}
#endif

#endif
