//! The encoding of the types of the subjects: health, jobs, topology and the others.

use super::wire::{
    Decoded, Input, Malformed, Wire, put_bytes, wire_enums, wire_newtypes, wire_structs,
};
use crate::config::{
    ComputeMode, GpuConfig, GpuSettings, PowerLimit, PowerProfile, PowerProfiles,
    SupportedPowerProfile,
};
use crate::diagnostics::{
    DiagnosticError, DiagnosticLevel, DiagnosticNote, DiagnosticProgress, DiagnosticReport,
    DiagnosticRequest, EntityOutcome, FailureCode, HostReport, MultiNodeReport, MultiNodeRequest,
    TestOutcome, TestParameter, TestProgress, TestReport, TestSelection, TestedEntity,
};
use crate::entity::EntityId;
use crate::field_policies::{
    FieldOperator, FieldPolicy, FieldPolicyId, FieldViolation, PolicyChannels, StoredFieldPolicy,
};
use crate::health::{
    HealthCode, HealthCodeInfo, HealthReport, HealthRequest, HealthSystems, IncidentSeverity,
    UnknownReason,
};
use crate::history::{
    FieldMeta, FieldSummary, FieldWatcher, FieldWatchers, SampleOrder, TimeWindow, WatcherKind,
};
use crate::host_engine::{CpuUsage, LogSeverity, Logger, Module, ModuleId, ModuleStatus};
use crate::jobs::{JobGpuStats, JobId, JobProcess, JobRequest, JobStats, JobWatch};
use crate::policy::{Policy, PolicyConditions, Violation, ViolationKind};
use crate::processes::{ProcessGpuStats, ProcessStats, ProcessWatch};
use crate::profiling::MetricGroup;
use crate::topology::{
    ChipArchitecture, ClockPair, CpuSet, CpuSocket, GpuAttributes, GpuPath, GpuTopology,
    MemorySizes, NvSwitchBackend, P2pMatrix, P2pStatus, PathLevel, PowerLimits, ThermalLimits,
    UnhealthyGpus, VgpuAttributes, VgpuInstance, VgpuInstanceAttributes, VgpuType,
    VirtualizationMode,
};
use crate::usage::{GpuUsage, MinMaxMean, ThrottleTimes};
use crate::value::ValueType;

wire_newtypes! {
    ChipArchitecture: u32, from_raw, raw;
    ComputeMode: u32, from_raw, raw;
    FailureCode: u32, from_raw, raw;
    HealthCode: u32, from_raw, raw;
    FieldOperator: u32, from_raw, raw;
    HealthSystems: u32, from_bits, bits;
    ModuleId: u32, from_raw, raw;
    ModuleStatus: u32, from_raw, raw;
    P2pStatus: u32, from_raw, raw;
    PathLevel: u32, from_raw, raw;
    PolicyChannels: u32, from_bits, bits;
    PolicyConditions: u32, from_bits, bits;
    PowerProfile: u32, from_raw, raw;
    TestOutcome: u32, from_raw, raw;
    VirtualizationMode: u32, from_raw, raw;
    WatcherKind: u32, from_raw, raw;
}

wire_enums! {
    DiagnosticLevel { 0 Short, 1 Medium, 2 Long, 3 ExtraLong }
    IncidentSeverity { 0 Warning, 1 Failure }
    LogSeverity { 0 None, 1 Fatal, 2 Error, 3 Warning, 4 Info, 5 Debug, 6 Verbose }
    Logger { 0 File, 1 Syslog }
    PowerLimit { 0 PerGpu(watts), 1 Budget(watts) }
    SampleOrder { 0 OldestFirst, 1 NewestFirst }
    TestSelection { 0 Level(level), 1 Named(names) }
    UnhealthyGpus { 0 Exclude, 1 Include }
    UnknownReason { 0 Unavailable(status), 1 EnginePaused, 2 NotSampled }
    ValueType { 0 Int, 1 Double, 2 Text, 3 Blob }
    ViolationKind {
        0 Dbe { count }, 1 Pcie { count }, 2 RetiredPages { corrected, uncorrectable }, 3 Thermal { celsius },
        4 Power { watts }, 5 NvLink { field, count }, 6 Xid { code },
    }
}

wire_structs! {
    ClockPair { memory_mhz, sm_mhz }
    CpuSocket { cpu, cores, serial }
    CpuUsage { total, user, kernel }
    DiagnosticError { entity, code, message }
    DiagnosticNote { entity, message }
    DiagnosticProgress { elapsed, tests }
    DiagnosticReport { tests, entities, errors, engine_version, driver_version }
    DiagnosticRequest { tests, entities, parameters, deadline, stops_at_failure, ends_with_client }
    EntityOutcome { entity, outcome }
    FieldMeta { field, tag, value_type, is_global, entity_level, short_name, unit }
    FieldSummary { min, max, count, sum, mean, difference, integral }
    FieldWatcher { kind, connection, interval, keep_age }
    FieldWatchers { watchers, interval, keep_age, oldest, newest, samples, fetches, last_status }
    GpuAttributes {
        gpu, supported_clocks, thermal_limits, power_limits, memory, inforom_version, pci_device_id,
        pci_subsystem_id, virtualization_mode, persistence_mode, mig_enabled, confidential_compute,
    }
    GpuConfig { gpu, settings }
    GpuPath { gpu, level, nvlinks, local_links }
    GpuSettings {
        ecc, compute_mode, sync_boost, memory_clock_mhz, sm_clock_mhz, power_limit, power_profiles,
    }
    GpuTopology { gpu, cpu_affinity, paths }
    GpuUsage {
        gpu, energy_joules, sm_utilization_percent, memory_utilization_percent, sm_clock_mhz, memory_clock_mhz,
        pcie_rx_kb_per_second, pcie_tx_kb_per_second, pcie_replay_counter, double_bit_ecc_counter, xid_times,
        max_memory_bytes, throttle_times,
    }
    FieldPolicy { field, operator, threshold, name, entities, channels, is_enabled, rate_limit }
    FieldViolation { policy, name, entity, value, threshold, operator, timestamp }
    HealthCodeInfo { code, message_format, suggestion, priority, category }
    HealthRequest { entities, systems, interval, keep_age }
    HostReport { name, engine_version, driver_version, entities, outcomes, errors }
    JobGpuStats { usage, power_watts, compute_processes, graphics_processes }
    JobProcess { pid, sm_utilization_percent, memory_utilization_percent }
    JobRequest { id, gpus, watch }
    JobStats { start, end, gpus, damaged_gpus }
    JobWatch { interval, keep_age }
    MemorySizes { bar1_total_mib, fb_total_mib, fb_used_mib, fb_free_mib }
    MetricGroup { major, minor, fields }
    MinMaxMean { min, max, mean }
    Module { id, status }
    MultiNodeReport { hosts, tests }
    MultiNodeRequest { hosts, test, parameters, deadline }
    NvSwitchBackend { name, is_active }
    Policy { dbe, pcie, max_retired_pages, max_temperature, max_power, nvlink, xid }
    PowerLimits { current_watts, default_watts, enforced_watts, min_watts, max_watts }
    PowerProfiles { supported, requested, enforced }
    ProcessGpuStats {
        usage, all_processes_sm_utilization_percent, all_processes_memory_utilization_percent,
        other_compute_pids, other_graphics_pids,
    }
    ProcessStats { pid, start, end, gpus, damaged_gpus }
    ProcessWatch { interval, keep_age }
    SupportedPowerProfile { profile, priority, conflicts }
    StoredFieldPolicy { id, policy, value, created, violations, last_violation }
    TestParameter { test, name, value }
    TestProgress { completed, total, latest }
    TestReport { name, category, outcome, entities, errors, notes }
    TestedEntity { entity, serial, device_id }
    ThermalLimits { slowdown_celsius, shutdown_celsius }
    ThrottleTimes { power, thermal, sync_boost, board_limit, low_utilization, reliability }
    TimeWindow { start, end }
    VgpuAttributes {
        active, creatable_types, supported_types, gpu_percent, memory_percent, encoder_percent, decoder_percent,
    }
    VgpuInstance { vgpu, sm_percent, memory_percent, encoder_percent, decoder_percent }
    VgpuInstanceAttributes {
        vm_id, vm_name, type_id, uuid, driver_version, memory_used_mib, is_licensed, frame_rate_limit,
    }
    VgpuType { id, name, class, license, max_instances }
    Violation { gpu, timestamp, kind }
}

#[cfg(feature = "admin")]
mod admin {
    use super::super::wire::{Wire, wire_enums, wire_newtypes, wire_structs};
    use crate::admin::{
        ComputeInstanceProfile, ConfigOutcome, GpuInstanceProfile, PowerProfileChange,
        RefusedSetting,
    };

    wire_newtypes! {
        ComputeInstanceProfile: u32, from_raw, raw;
        GpuInstanceProfile: u32, from_raw, raw;
    }

    wire_enums! {
        PowerProfileChange { 0 Add, 1 Replace, 2 Remove }
    }

    wire_structs! {
        ConfigOutcome { refused }
        RefusedSetting { gpu, field, code }
    }
}

#[cfg(feature = "testing")]
mod testing {
    use super::super::wire::{Wire, wire_enums, wire_structs};
    use crate::testing::FakeEntity;
    use crate::value::OwnedValue;

    wire_enums! {
        OwnedValue { 0 Int(value), 1 Double(value), 2 Text(text), 3 Blob(bytes) }
    }

    wire_structs! {
        FakeEntity { kind, parent }
    }
}

impl Wire for CpuSet {
    fn encode(&self, out: &mut Vec<u8>) {
        self.iter().collect::<Vec<_>>().encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(Vec::decode(input)?.into_iter().collect())
    }
}

impl Wire for FieldPolicyId {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.field(), self.raw()).encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        let (field, raw) = Wire::decode(input)?;
        Ok(Self::from_raw(field, raw))
    }
}

/// As it is, because the id of a job may have any character but NUL.
impl Wire for JobId {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_str().as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Self::new(input.raw_text()?).map_err(|_invalid| Malformed("the id of a job is invalid"))
    }
}

impl Wire for P2pMatrix {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.gpus().to_vec(), self.statuses().to_vec()).encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        let (gpus, statuses): (Vec<EntityId>, Vec<P2pStatus>) = Wire::decode(input)?;
        let count = gpus.len();
        if count.checked_mul(count) != Some(statuses.len()) {
            return Err(Malformed("a matrix is not square"));
        }
        let status = |row: usize, column: usize| statuses.get(row * count + column).copied();
        Ok(Self::new(gpus, |row, column| {
            status(row, column).unwrap_or(P2pStatus::UNKNOWN)
        }))
    }
}

impl HealthReport {
    /// Encodes what the engine has reported. What is new is known to the watch of the program.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let entities = self.entities().iter();
        let entities: Vec<_> = entities.map(|one| (one.entity, one.unknown)).collect();
        entities.encode(out);
        super::wire::put_count(self.incidents().len(), out);
        for incident in self.incidents() {
            let id = incident.id;
            (id.entity, id.system, id.code, incident.severity).encode(out);
            incident.message.encode(out);
        }
    }

    /// Decodes a report into this memory.
    pub(super) fn decode_from(&mut self, input: &mut Input<'_>) -> Decoded<()> {
        let entities: Vec<(EntityId, Option<UnknownReason>)> = Wire::decode(input)?;
        let ids: Vec<_> = entities.iter().map(|(entity, _)| *entity).collect();
        self.begin(&ids);
        for _ in 0..input.count()? {
            let (entity, system, code, severity) = Wire::decode(input)?;
            self.push((entity, system, code), severity, &input.text()?);
        }
        for (entity, unknown) in entities {
            if let Some(reason) = unknown {
                self.mark_unknown(entity, reason);
            }
        }
        Ok(())
    }
}
