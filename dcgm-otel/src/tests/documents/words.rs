//! What the attributes mean: a row an attribute, and a row a value of those that are enumerations.
//!
//! Those of OpenTelemetry's own conventions are here with their type and values only: the registry
//! refers to them, and does not say again what they are.

use Kind::{Bool, Enum, Int, Text};

/// What its values are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Bool,
    /// One of a few words.
    Enum,
    Int,
    Text,
}

impl Kind {
    /// As the registry writes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Bool => "boolean",
            Enum | Text => "string",
            Int => "int",
        }
    }
}

/// An attribute of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) brief: &'static str,
    /// Empty for those that have none to choose from.
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

/// The attributes of the devices that the conventions have no word for, and those of the meter.
#[rustfmt::skip] // One row an attribute.
pub(super) const OWN: &[Own] = &[
    own("hw.gpu.clock.domain", Enum, "The clock domain of a GPU.", &[]),
    own("hw.gpu.clock.target", Enum, "The clock that the GPU ought to reach.", &[]),
    own("hw.gpu.cuda.compute_capability", Text, "The CUDA compute capability of the GPU: major, minor.", &["9.0"]),
    own("hw.gpu.cuda.driver_version", Text, "The newest CUDA version that the driver supports: major, minor.", &["12.8"]),
    own("hw.gpu.ecc.enabled", Bool, "Whether ECC is in effect on the GPU.", &[]),
    own("hw.gpu.engine.index", Int, "The number of an engine among those of its type on the GPU.", &["0"]),
    own("hw.gpu.engine.type", Enum, "The type of a hardware engine of the GPU.", &[]),
    own("hw.gpu.fabric.clique_id", Int, "The clique of the NVLink fabric that the GPU belongs to: GPUs of one clique reach each other over NVLink.", &["1"]),
    own("hw.gpu.fabric.health.state", Enum, "How the fabric of the GPU is.", &[]),
    own("hw.gpu.fabric.manager.state", Enum, "How far the fabric manager is with the GPU.", &[]),
    own("hw.gpu.imex.domain.state", Enum, "How the IMEX domain of the host is.", &[]),
    own("hw.gpu.index", Int, "The number that the monitoring engine gives to the GPU. It can change when a GPU is removed; `hw.id` does not.", &["0"]),
    own("hw.gpu.memory.cache.source", Enum, "Whose memory the cache holds.", &[]),
    own("hw.gpu.memory.location", Enum, "The memory structure of the GPU in which an error was found.", &[]),
    own("hw.gpu.memory.row_remap.availability", Enum, "How many spare rows a memory bank has left.", &[]),
    own("hw.gpu.memory.row_remap.state", Enum, "What is up with row remapping.", &[]),
    own("hw.gpu.mig.compute_instance_id", Int, "The number of a MIG compute instance within its GPU instance.", &["0"]),
    own("hw.gpu.mig.enabled", Bool, "Whether MIG is in effect on the GPU.", &[]),
    own("hw.gpu.mig.instance_id", Int, "The number of a MIG GPU instance within its GPU. A series without it is of a whole GPU.", &["1"]),
    own("hw.gpu.mig.profile", Text, "The MIG profile of an instance: its slices and memory.", &["1g.10gb"]),
    own("hw.gpu.nvlink.bit_error.type", Enum, "The kind of bit errors.", &[]),
    own("hw.gpu.nvlink.fec.bin", Int, "How many symbols forward error correction repaired in a codeword: 0 to 15.", &["0", "15"]),
    own("hw.gpu.nvlink.index", Int, "The number of an NVLink on its GPU.", &["0", "17"]),
    own("hw.gpu.nvlink.recovery.result", Enum, "How the recovery of a link ended.", &[]),
    own("hw.gpu.pipe", Enum, "An execution pipe of the streaming multiprocessors.", &[]),
    own("hw.gpu.recovery.action", Enum, "What the driver wants done so that the GPU works again.", &[]),
    own("hw.gpu.sm.cycle.state", Enum, "Which clock cycles are counted.", &[]),
    own("hw.gpu.throttle.reason", Enum, "Why the clocks of the GPU are lower than asked for.", &[]),
    own("hw.switch.index", Int, "The number that the monitoring engine gives to the switch.", &["0"]),
    own("hw.switch.physical_id", Int, "The number of the switch on its board.", &["0"]),
    own("hw.switch.sxid.severity", Enum, "Whether the switch goes on working after the error.", &[]),
    own("dcgm.meter.backend", Enum, "Where the meter has its samples from.", &[]),
    own("dcgm.meter.engine.version", Text, "The release of the DCGM engine that the meter is connected to.", &["4.5.1"]),
    own("dcgm.meter.instance", Text, "The name of the meter among several of one process. An attribute of the instrumentation scope.", &["node-a"]),
    own("dcgm.meter.library.version", Text, "The release of the libdcgm that the meter has loaded.", &["4.5.1"]),
    own("dcgm.meter.simulated", Bool, "Whether the values are made up, for tests and demonstrations.", &[]),
];

/// The values of the enumerations: key, value, what it means.
#[rustfmt::skip] // One row a value.
pub(super) const MEMBERS: &[(&str, &str, &str)] = &[
    ("dcgm.meter.backend", "embedded", "An engine within this process."),
    ("dcgm.meter.backend", "mock", "A made-up host."),
    ("dcgm.meter.backend", "other", "A client of the program's own."),
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
    ("hw.gpu.fabric.health.state", "healthy", "It works."),
    ("hw.gpu.fabric.health.state", "limited_capacity", "It works with less bandwidth than it could have."),
    ("hw.gpu.fabric.health.state", "unhealthy", "It does not work as it should."),
    ("hw.gpu.fabric.manager.state", "failure", "The GPU could not be made a part of the fabric."),
    ("hw.gpu.fabric.manager.state", "in_progress", "The GPU is being made a part of the fabric."),
    ("hw.gpu.fabric.manager.state", "not_started", "Nothing has been done yet."),
    ("hw.gpu.fabric.manager.state", "success", "The GPU is a part of the fabric."),
    ("hw.gpu.imex.domain.state", "degraded", "Some of its nodes are not ready."),
    ("hw.gpu.imex.domain.state", "down", "It does not work."),
    ("hw.gpu.imex.domain.state", "up", "All of its nodes are ready."),
    ("hw.gpu.memory.cache.source", "host", "That of the host."),
    ("hw.gpu.memory.cache.source", "peer", "That of other GPUs."),
    ("hw.gpu.memory.location", "cbu", "The convergence barrier unit."),
    ("hw.gpu.memory.location", "dram", "The device memory."),
    ("hw.gpu.memory.location", "l1", "The first-level caches."),
    ("hw.gpu.memory.location", "l2", "The second-level cache."),
    ("hw.gpu.memory.location", "register_file", "The register files."),
    ("hw.gpu.memory.location", "shared_memory", "The shared memory of the multiprocessors."),
    ("hw.gpu.memory.location", "sram", "All on-chip memory together, on GPUs that do not tell more."),
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
    ("hw.gpu.pipe", "fp16", "Half-precision arithmetic."),
    ("hw.gpu.pipe", "fp32", "Single-precision arithmetic."),
    ("hw.gpu.pipe", "fp64", "Double-precision arithmetic."),
    ("hw.gpu.pipe", "int", "Integer arithmetic."),
    ("hw.gpu.pipe", "tensor", "The tensor cores, whatever they multiply."),
    ("hw.gpu.pipe", "tensor_dfma", "The tensor cores, double precision, fused multiply-add."),
    ("hw.gpu.pipe", "tensor_dmma", "The tensor cores, double-precision matrices."),
    ("hw.gpu.pipe", "tensor_hmma", "The tensor cores, half-precision matrices."),
    ("hw.gpu.pipe", "tensor_imma", "The tensor cores, integer matrices."),
    ("hw.gpu.recovery.action", "drain_and_reset", "Let the work end, start no more, then reset the GPU."),
    ("hw.gpu.recovery.action", "drain_p2p", "Let the work that uses other GPUs end, and start no more of it."),
    ("hw.gpu.recovery.action", "gpu_reset", "Reset the GPU."),
    ("hw.gpu.recovery.action", "node_reboot", "Reboot the host."),
    ("hw.gpu.recovery.action", "none", "Nothing."),
    ("hw.gpu.sm.cycle.state", "active", "Those in which work was resident."),
    ("hw.gpu.sm.cycle.state", "elapsed", "All of them."),
    ("hw.gpu.throttle.reason", "board_limit", "The voltage or current that the board can give."),
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
    ("hw.switch.sxid.severity", "fatal", "It has to be reset."),
    ("hw.switch.sxid.severity", "non_fatal", "It goes on."),
];

/// An attribute of OpenTelemetry's own, and the values that its conventions know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upstream {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    /// What it is here. The registry has upstream's word for it.
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

/// Those that are used here.
#[rustfmt::skip] // One row an attribute.
pub(super) const UPSTREAM: &[Upstream] = &[
    upstream("cpu.logical_number", Int, "The number of a CPU core.", &[]),
    upstream("cpu.mode", Enum, "What the CPU was busy with.", &["user", "system", "nice", "idle", "iowait", "interrupt", "steal", "kernel"]),
    upstream("error.type", Text, "What kind of error. On `hw.gpu.xid.errors` and `hw.switch.sxid.errors` the code that the driver gave, or `_OTHER` for one beyond all known; elsewhere:", &[]),
    upstream("hw.driver_version", Text, "The release of the driver.", &[]),
    upstream("hw.firmware_version", Text, "The VBIOS of a GPU, the firmware of a switch.", &[]),
    upstream("hw.gpu.task", Enum, "What kind of work.", &["decoder", "encoder", "general"]),
    upstream("hw.id", Text, "Which device: by default the UUID of a GPU, `<GPU>/gi/<n>` and `…/ci/<n>` for MIG instances, `nvswitch-<n>`, `cpu-<n>` and so on for what has no UUID. As the setting `id_source` says.", &[]),
    upstream("hw.limit_type", Enum, "Which limit.", &["critical", "degraded", "high.critical", "high.degraded", "low.critical", "low.degraded", "max", "throttled", "turbo"]),
    upstream("hw.model", Text, "The product, as the driver calls it.", &[]),
    upstream("hw.name", Text, "The device file: `nvidia<n>`.", &[]),
    upstream("hw.parent", Text, "The `hw.id` of what it is a part of.", &[]),
    upstream("hw.sensor_location", Text, "Where the sensor is.", &[]),
    upstream("hw.state", Enum, "The state that the series is about: 1 if the device is in it, else 0.", &["degraded", "failed", "needs_cleaning", "ok", "predicted_failure"]),
    upstream("hw.type", Enum, "What kind of device. `switch` is beyond the well-known values: an NVSwitch is no network adapter, its ports are.", &["battery", "cpu", "disk_controller", "enclosure", "fan", "gpu", "logical_disk", "memory", "network", "physical_disk", "power_supply", "tape_drive", "temperature", "voltage"]),
    upstream("hw.vendor", Text, "`NVIDIA`.", &[]),
    upstream("network.io.direction", Enum, "Seen from the device.", &["receive", "transmit"]),
];

/// The metrics of OpenTelemetry's own that are emitted: name, instrument, unit. They are referred
/// to, and not defined again.
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
