//! Meanings of the attributes: one row per attribute, and one row per value of an enumeration.
//!
//! Attributes of OpenTelemetry's own conventions are listed with type and values only: the registry
//! refers to them and does not define them again.

use Kind::{Bool, Enum, Int, Text};

/// Type of an attribute's values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Bool,
    /// One of a fixed set of words.
    Enum,
    Int,
    Text,
}

impl Kind {
    /// Name of the type in the registry.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Bool => "boolean",
            Enum | Text => "string",
            Int => "int",
        }
    }
}

/// An attribute that the registry defines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) brief: &'static str,
    /// Example values; empty for enumerations and booleans.
    pub(super) examples: &'static [&'static str],
}

const fn own(
    key: &'static str,
    kind: Kind,
    brief: &'static str,
    examples: &'static [&'static str],
) -> Own {
    Own {
        key,
        kind,
        brief,
        examples,
    }
}

/// Attributes that the conventions do not have: of devices, of the meter and of the resource.
#[rustfmt::skip] // One row an attribute.
pub(super) const OWN: &[Own] = &[
    own("hw.gpu.clock.domain", Enum, "The clock domain of a GPU.", &[]),
    own("hw.gpu.clock.target", Enum, "The target clock of the GPU.", &[]),
    own("hw.gpu.cuda.compute_capability", Text, "The CUDA compute capability of the GPU: major, minor.", &["9.0"]),
    own("hw.gpu.cuda.driver_version", Text, "The newest CUDA version that the driver supports: major, minor.", &["12.8"]),
    own("hw.gpu.ecc.enabled", Bool, "`true` if ECC is in effect on the GPU.", &[]),
    own("hw.gpu.engine.index", Int, "The number of an engine among those of its type on the GPU.", &["0"]),
    own("hw.gpu.engine.type", Enum, "The type of a hardware engine of the GPU.", &[]),
    own("hw.gpu.fabric.clique_id", Int, "The clique of the NVLink fabric that the GPU belongs to: GPUs of one clique reach each other over NVLink.", &["1"]),
    own("hw.gpu.fabric.health.state", Enum, "Health of the NVLink fabric of the GPU.", &[]),
    own("hw.gpu.fabric.manager.state", Enum, "Progress of the fabric manager in adding the GPU to the fabric.", &[]),
    own("hw.gpu.health.system", Enum, "The system of the GPU that a health check looks at.", &[]),
    own("hw.gpu.imex.domain.state", Enum, "State of the IMEX domain of the host.", &[]),
    own("hw.gpu.index", Int, "The number that the monitoring engine gives to the GPU. It can change when a GPU is removed; `hw.id` does not.", &["0"]),
    own("hw.gpu.memory.cache.source", Enum, "Owner of the memory that the cache holds.", &[]),
    own("hw.gpu.memory.location", Enum, "The memory structure of the GPU in which an error was found.", &[]),
    own("hw.gpu.memory.row_remap.availability", Enum, "Spare rows that a memory bank has left.", &[]),
    own("hw.gpu.memory.row_remap.state", Enum, "State of row remapping.", &[]),
    own("hw.gpu.mig.compute_instance_id", Int, "The number of a MIG compute instance within its GPU instance.", &["0"]),
    own("hw.gpu.mig.enabled", Bool, "`true` if MIG is in effect on the GPU.", &[]),
    own("hw.gpu.mig.instance_id", Int, "The number of a MIG GPU instance within its GPU. A series without it is of a whole GPU.", &["1"]),
    own("hw.gpu.mig.profile", Text, "The MIG profile of an instance: its slices and memory.", &["1g.10gb"]),
    own("hw.gpu.nvlink.bit_error.type", Enum, "The kind of bit errors.", &[]),
    own("hw.gpu.nvlink.fec.bin", Int, "Number of symbols that forward error correction repaired in a codeword: 0 to 15.", &["0", "15"]),
    own("hw.gpu.nvlink.index", Int, "The number of an NVLink on its GPU.", &["0", "17"]),
    own("hw.gpu.nvlink.recovery.result", Enum, "Result of a link recovery.", &[]),
    own("hw.gpu.peak.statistic", Enum, "The statistic of all samples since the last tick of the meter.", &[]),
    own("hw.gpu.pipe", Enum, "An execution pipe of the streaming multiprocessors.", &[]),
    own("hw.gpu.recovery.action", Enum, "Action that the driver requests to make the GPU work again.", &[]),
    own("hw.gpu.sm.cycle.state", Enum, "Kind of clock cycles that are counted.", &[]),
    own("hw.gpu.throttle.reason", Enum, "Reason why the clocks of the GPU are lower than requested.", &[]),
    own("hw.switch.index", Int, "The number that the monitoring engine gives to the switch.", &["0"]),
    own("hw.switch.physical_id", Int, "The number of the switch on its board.", &["0"]),
    own("hw.switch.sxid.severity", Enum, "Severity of the error: the switch continues to work or has to be reset.", &[]),
    own("dcgm.meter.backend", Enum, "Source of the meter's samples.", &[]),
    own("dcgm.meter.engine.version", Text, "Version of the DCGM engine that the meter is connected to.", &["4.5.1"]),
    own("dcgm.meter.instance", Text, "The name of the meter among several of one process. An attribute of the instrumentation scope.", &["node-a"]),
    own("dcgm.meter.library.version", Text, "Version of the libdcgm that the meter has loaded.", &["4.5.1"]),
    own("dcgm.meter.simulated", Bool, "`true` if the values are simulated, for tests and demonstrations.", &[]),
    own("dcgm.simulated", Bool, "`true` if all values are simulated. An attribute of the resource, set by the examples.", &[]),
];

/// Attributes of the sources of workloads that the conventions do not have. `hw.gpu.allocation` has them.
#[rustfmt::skip] // One row an attribute.
pub(super) const WORKLOAD: &[Own] = &[
    own("hpc.job.id", Text, "The id of the job of a batch system, such as Slurm, that holds the device.", &["4711"]),
    own("k8s.resourceclaim.device", Text, "The name of the device that was allocated for the resource claim.", &["gpu-0"]),
    own("k8s.resourceclaim.driver", Text, "The driver of dynamic resource allocation that offers the device.", &["gpu.nvidia.com"]),
    own("k8s.resourceclaim.name", Text, "The name of the resource claim that the device was allocated for.", &["train-gpu"]),
    own("k8s.resourceclaim.namespace", Text, "The namespace of the resource claim.", &["ml"]),
    own("k8s.resourceclaim.pool", Text, "The pool of the device, which is unique for its driver.", &["node-1"]),
];

/// Values of the enumerations: key, value, meaning.
#[rustfmt::skip] // One row a value.
pub(super) const MEMBERS: &[(&str, &str, &str)] = &[
    ("dcgm.meter.backend", "embedded", "An engine within this process."),
    ("dcgm.meter.backend", "mock", "A simulated host."),
    ("dcgm.meter.backend", "other", "A client that the program provides."),
    ("dcgm.meter.backend", "standalone", "A host engine, over a socket."),
    ("hw.gpu.clock.domain", "memory", "The device memory."),
    ("hw.gpu.clock.domain", "sm", "The streaming multiprocessors."),
    ("hw.gpu.clock.domain", "video", "The video encoders and decoders."),
    ("hw.gpu.clock.target", "application", "The application clocks that are set."),
    ("hw.gpu.clock.target", "base", "The base clocks of the product."),
    ("hw.gpu.engine.type", "graphics", "The graphics and compute engine."),
    ("hw.gpu.engine.type", "jpeg_decoder", "A JPEG decoder (NVJPG)."),
    ("hw.gpu.engine.type", "optical_flow", "An optical flow accelerator (NVOFA)."),
    ("hw.gpu.engine.type", "video_decoder", "A video decoder (NVDEC)."),
    ("hw.gpu.fabric.health.state", "healthy", "The fabric works."),
    ("hw.gpu.fabric.health.state", "limited_capacity", "The fabric works with reduced bandwidth."),
    ("hw.gpu.fabric.health.state", "unhealthy", "The fabric does not work correctly."),
    ("hw.gpu.fabric.manager.state", "failure", "The GPU could not be added to the fabric."),
    ("hw.gpu.fabric.manager.state", "in_progress", "The GPU is being added to the fabric."),
    ("hw.gpu.fabric.manager.state", "not_started", "Adding the GPU to the fabric has not started."),
    ("hw.gpu.fabric.manager.state", "success", "The GPU has been added to the fabric."),
    ("hw.gpu.health.system", "all", "The GPU as a whole, as after an XID that concerns no single system."),
    ("hw.gpu.health.system", "driver", "The recovery action that the driver asks for. DCGM 3.3 does not check it."),
    ("hw.gpu.health.system", "inforom", "The InfoROM."),
    ("hw.gpu.health.system", "mcu", "The microcontroller unit. There are series only while there is an incident, because DCGM up to 4.6 checks nothing for it."),
    ("hw.gpu.health.system", "memory", "Memory errors, retired pages and remapped rows."),
    ("hw.gpu.health.system", "nvlink", "The NVLinks and their fabric."),
    ("hw.gpu.health.system", "pcie", "The PCIe link."),
    ("hw.gpu.health.system", "pmu", "The power management unit. There are series only while there is an incident, as for `mcu`."),
    ("hw.gpu.health.system", "power", "Clocks that were lowered for power reasons, and a power draw that cannot be read."),
    ("hw.gpu.health.system", "sm", "The streaming multiprocessors. There are series only while there is an incident, as for `mcu`."),
    ("hw.gpu.health.system", "thermal", "Clocks that were lowered for thermal reasons."),
    ("hw.gpu.imex.domain.state", "degraded", "Some nodes of the domain are not ready."),
    ("hw.gpu.imex.domain.state", "down", "The domain does not work."),
    ("hw.gpu.imex.domain.state", "up", "All nodes of the domain are ready."),
    ("hw.gpu.memory.cache.source", "host", "The host."),
    ("hw.gpu.memory.cache.source", "peer", "Other GPUs."),
    ("hw.gpu.memory.location", "cbu", "The convergence barrier unit."),
    ("hw.gpu.memory.location", "dram", "The device memory."),
    ("hw.gpu.memory.location", "l1", "The first-level caches."),
    ("hw.gpu.memory.location", "l2", "The second-level cache."),
    ("hw.gpu.memory.location", "register_file", "The register files."),
    ("hw.gpu.memory.location", "shared_memory", "The shared memory of the multiprocessors."),
    ("hw.gpu.memory.location", "sram", "All on-chip memory, on GPUs that do not report its parts."),
    ("hw.gpu.memory.location", "texture", "The texture memory."),
    ("hw.gpu.memory.row_remap.availability", "high", "Most are left."),
    ("hw.gpu.memory.row_remap.availability", "low", "Few are left."),
    ("hw.gpu.memory.row_remap.availability", "max", "All are left."),
    ("hw.gpu.memory.row_remap.availability", "none", "None is left."),
    ("hw.gpu.memory.row_remap.availability", "partial", "Some are left."),
    ("hw.gpu.memory.row_remap.state", "failed", "A row could not be remapped."),
    ("hw.gpu.memory.row_remap.state", "pending", "A row will be remapped when the GPU is reset."),
    ("hw.gpu.nvlink.bit_error.type", "symbol", "Symbols that were wrong after forward error correction."),
    ("hw.gpu.nvlink.recovery.result", "failed", "The link stayed down."),
    ("hw.gpu.nvlink.recovery.result", "successful", "The link works again."),
    ("hw.gpu.peak.statistic", "max", "The largest value."),
    ("hw.gpu.peak.statistic", "mean", "The mean over time. Time without a value does not count."),
    ("hw.gpu.peak.statistic", "min", "The smallest value."),
    ("hw.gpu.pipe", "fp16", "Half-precision arithmetic."),
    ("hw.gpu.pipe", "fp32", "Single-precision arithmetic."),
    ("hw.gpu.pipe", "fp64", "Double-precision arithmetic."),
    ("hw.gpu.pipe", "int", "Integer arithmetic."),
    ("hw.gpu.pipe", "tensor", "The tensor cores, all data types."),
    ("hw.gpu.pipe", "tensor_dfma", "The tensor cores, double precision, fused multiply-add."),
    ("hw.gpu.pipe", "tensor_dmma", "The tensor cores, double-precision matrices."),
    ("hw.gpu.pipe", "tensor_hmma", "The tensor cores, half-precision matrices."),
    ("hw.gpu.pipe", "tensor_imma", "The tensor cores, integer matrices."),
    ("hw.gpu.recovery.action", "drain_and_reset", "Let running work finish, start no new work, then reset the GPU."),
    ("hw.gpu.recovery.action", "drain_p2p", "Let work that uses other GPUs finish, and start no more of it."),
    ("hw.gpu.recovery.action", "gpu_reset", "Reset the GPU."),
    ("hw.gpu.recovery.action", "node_reboot", "Reboot the host."),
    ("hw.gpu.recovery.action", "none", "Nothing."),
    ("hw.gpu.sm.cycle.state", "active", "Cycles in which work was resident."),
    ("hw.gpu.sm.cycle.state", "elapsed", "All cycles."),
    ("hw.gpu.throttle.reason", "board_limit", "The voltage or current limit of the board."),
    ("hw.gpu.throttle.reason", "clocks_setting", "The application clocks that are set."),
    ("hw.gpu.throttle.reason", "display_clocks", "The clocks of a display."),
    ("hw.gpu.throttle.reason", "gpu_idle", "There is no work."),
    ("hw.gpu.throttle.reason", "hw_power_brake", "Hardware: the external power brake."),
    ("hw.gpu.throttle.reason", "hw_slowdown", "Hardware: too hot, or the power brake."),
    ("hw.gpu.throttle.reason", "hw_thermal", "Hardware: too hot."),
    ("hw.gpu.throttle.reason", "low_utilization", "Too little work for higher clocks."),
    ("hw.gpu.throttle.reason", "power", "The power limit."),
    ("hw.gpu.throttle.reason", "reliability", "The limit of reliable voltage."),
    ("hw.gpu.throttle.reason", "sw_power_cap", "Software: the power limit."),
    ("hw.gpu.throttle.reason", "sw_thermal", "Software: too hot."),
    ("hw.gpu.throttle.reason", "sync_boost", "Another GPU of the same sync boost group is slower."),
    ("hw.gpu.throttle.reason", "thermal", "Too hot."),
    ("hw.switch.sxid.severity", "fatal", "The switch has to be reset."),
    ("hw.switch.sxid.severity", "non_fatal", "The switch continues to work."),
];

/// An attribute of OpenTelemetry's conventions, and its well-known values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upstream {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// Meaning in the meter's output, for docs/METRICS.md; the registry has upstream's text.
    pub(super) brief: &'static str,
    pub(super) known: &'static [&'static str],
}

const fn upstream(
    key: &'static str,
    kind: Kind,
    brief: &'static str,
    known: &'static [&'static str],
) -> Upstream {
    Upstream {
        key,
        kind,
        brief,
        known,
    }
}

/// Attributes of the conventions that the meter uses.
#[rustfmt::skip] // One row an attribute.
pub(super) const UPSTREAM: &[Upstream] = &[
    upstream("cpu.logical_number", Int, "The number of a CPU core.", &[]),
    upstream("cpu.mode", Enum, "CPU mode.", &["user", "system", "nice", "idle", "iowait", "interrupt", "steal", "kernel"]),
    upstream("error.type", Text, "Kind of error. On `hw.gpu.xid.errors` and `hw.switch.sxid.errors` the code that the driver gave, or `_OTHER` for one beyond all known; elsewhere:", &[]),
    upstream("hw.driver_version", Text, "The release of the driver.", &[]),
    upstream("hw.firmware_version", Text, "The VBIOS of a GPU, the firmware of a switch.", &[]),
    upstream("hw.gpu.task", Enum, "Kind of work.", &["decoder", "encoder", "general"]),
    upstream("hw.id", Text, "Identifier of the device: by default the UUID of a GPU, `<GPU>/gi/<n>` and `…/ci/<n>` for MIG instances, `nvswitch-<n>`, `cpu-<n>` and so on for devices without UUID. The setting `id_source` changes it.", &[]),
    upstream("hw.limit_type", Enum, "Kind of limit.", &["critical", "degraded", "high.critical", "high.degraded", "low.critical", "low.degraded", "max", "throttled", "turbo"]),
    upstream("hw.model", Text, "The product, as the driver calls it.", &[]),
    upstream("hw.name", Text, "The device file: `nvidia<n>`.", &[]),
    upstream("hw.parent", Text, "The `hw.id` of the component that this one is a part of.", &[]),
    upstream("hw.sensor_location", Text, "Location of the sensor.", &[]),
    upstream("hw.state", Enum, "The state that the series is about: 1 if the device is in it, else 0.", &["degraded", "failed", "needs_cleaning", "ok", "predicted_failure"]),
    upstream("hw.type", Enum, "Kind of device. `switch` is beyond the well-known values: an NVSwitch is no network adapter, its ports are.", &["battery", "cpu", "disk_controller", "enclosure", "fan", "gpu", "logical_disk", "memory", "network", "physical_disk", "power_supply", "tape_drive", "temperature", "voltage"]),
    upstream("hw.vendor", Text, "`NVIDIA`.", &[]),
    upstream("network.io.direction", Enum, "Seen from the device.", &["receive", "transmit"]),
];

/// Metrics of OpenTelemetry's conventions that are emitted: name, instrument, unit. The registry
/// imports them and does not define them again.
#[rustfmt::skip] // One row a metric.
pub(super) const UPSTREAM_METRICS: &[(&str, &str, &str)] = &[
    ("hw.cpu.speed", "gauge", "Hz"),
    ("hw.energy", "counter", "J"),
    ("hw.errors", "counter", "{error}"),
    ("hw.fan.speed_ratio", "gauge", "1"),
    ("hw.gpu.io", "counter", "By"),
    ("hw.gpu.memory.limit", "updowncounter", "By"),
    ("hw.gpu.memory.usage", "updowncounter", "By"),
    ("hw.gpu.memory.utilization", "gauge", "1"),
    ("hw.gpu.utilization", "gauge", "1"),
    ("hw.network.io", "counter", "By"),
    ("hw.network.up", "updowncounter", "1"),
    ("hw.power", "gauge", "W"),
    ("hw.status", "updowncounter", "1"),
    ("hw.temperature", "gauge", "Cel"),
    ("hw.temperature.limit", "gauge", "Cel"),
    ("hw.voltage", "gauge", "V"),
];

/// Entities of OpenTelemetry's conventions that describe the resource, with the attributes that the
/// SDK sets. The registry imports them.
pub(super) const UPSTREAM_ENTITIES: &[(&str, &[&str])] = &[
    ("service", &["service.name"]),
    (
        "telemetry.sdk",
        &[
            "telemetry.sdk.language",
            "telemetry.sdk.name",
            "telemetry.sdk.version",
        ],
    ),
];
