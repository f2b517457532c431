//! Topology and attributes.

use core::ffi::{c_char, c_uint};

use dcgm_sys as sys;
use sys::Versioned as _;

use super::inventory::property_text;
use super::{EngineHandle, call, new_zeroed, text};
use crate::attributes::{
    ChipArchitecture, ClockPair, CpuSocket, GpuAttributes, MemorySizes, NvSwitchBackend,
    PowerLimits, ThermalLimits, VgpuAttributes, VgpuInstance, VgpuInstanceAttributes, VgpuType,
    VirtualizationMode,
};
use crate::cpu_set::CpuSet;
use crate::entity::{EntityId, EntityKind, is_all_zero};
use crate::error::{Error, Result};
use crate::topology::{GpuPath, GpuTopology, P2pMatrix, P2pStatus, PathLevel};

/// The numbers of the GPUs in a mask.
const MASK_BITS: u32 = u64::BITS;

/// Returns a number, unless it is one of DCGM's blanks. An engine writes those of 32 bits, and 64-bit
/// ones that it has cut to 32 bits.
fn number(value: c_uint) -> Option<u32> {
    const BLANKS: u32 = 16;
    let blank = sys::DCGM_INT32_BLANK.unsigned_abs();
    let is_blank = (blank..blank + BLANKS).contains(&value) || value >= u32::MAX - (BLANKS - 1);
    (!is_blank).then_some(value)
}

fn flag(value: c_uint) -> Option<bool> {
    number(value).map(|value| value != 0)
}

/// Returns the first `count` rows, or `None` if the array does not have so many: the engine has not
/// written the count.
fn counted<T>(rows: &[T], count: c_uint) -> Option<&[T]> {
    rows.get(..usize::try_from(count).ok()?)
}

impl EngineHandle {
    /// Returns the topology of a GPU, by the struct with room for 36 NVLinks between two GPUs, or by the
    /// smaller one, with room for 24, the only one of 3.3. An engine of 3.3 returns an empty topology for
    /// a GPU that does not exist.
    pub(crate) fn device_topology(&self, gpu: u32, is_large: bool) -> Result<GpuTopology> {
        macro_rules! ask {
            ($topology:ident) => {{
                let mut topology = new_zeroed::<sys::$topology>();
                topology.version = sys::$topology::VERSION;
                // SAFETY: the struct has the version that it states, and a library that does not look at
                // the version knows only the smaller one.
                unsafe {
                    call!(
                        self.library(),
                        dcgmGetDeviceTopology(self.handle(), gpu, (&raw mut *topology).cast())
                    )
                }?;
                let count = usize::try_from(topology.numGpus).unwrap_or(usize::MAX);
                let rows = topology.gpuPaths.iter().take(count);
                let paths = rows
                    .map(|row| gpu_path(row.gpuId, row.path.into(), row.localNvLinkIds.into()))
                    .collect();
                let cpus = CpuSet::from_bits(&topology.cpuAffinityMask);
                Ok(GpuTopology::new(EntityId::gpu(gpu), cpus, paths))
            }};
        }
        if is_large {
            ask!(dcgmDeviceTopology_v2)
        } else {
            ask!(dcgmDeviceTopology_v1)
        }
    }

    /// Returns the state of peer-to-peer access between all GPUs.
    pub(crate) fn p2p_matrix(&self) -> Result<P2pMatrix> {
        let mut matrix = new_zeroed::<sys::dcgmNvLinkP2PStatus_v1>();
        matrix.version = sys::dcgmNvLinkP2PStatus_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmGetNvLinkP2PStatus(self.handle(), &raw mut *matrix)
            )
        }?;
        let count = usize::try_from(matrix.numGpus).unwrap_or(usize::MAX);
        let rows = matrix.gpus.iter().take(count);
        let gpus = rows.map(|row| EntityId::gpu(row.entityId)).collect();
        Ok(P2pMatrix::new(gpus, |row, column| {
            let row = matrix.gpus.get(row);
            let status = row.and_then(|row| row.linkStatus.get(column));
            status.map_or(P2pStatus::UNKNOWN, |status| P2pStatus::from_raw(*status))
        }))
    }

    /// Has the engine choose `count` of the GPUs of a mask. Returns the mask that it wrote, with the error
    /// or without: after "insufficient size", that of the healthy GPUs.
    pub(crate) fn select_gpus(
        &self,
        mask: u64,
        count: u32,
        ignore_health: bool,
    ) -> (Result<()>, Vec<u32>) {
        let hints = if ignore_health {
            sys::DCGM_TOPO_HINT_F_IGNOREHEALTH
        } else {
            sys::DCGM_TOPO_HINT_F_NONE
        };
        let mut chosen = 0;
        // SAFETY: integers, which DCGM checks; it writes one integer.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmSelectGpusByTopology(self.handle(), mask, count, &raw mut chosen, hints.into())
            )
        };
        // An engine that wrote something else has not chosen.
        let chosen: u64 = chosen & mask;
        let gpus = (0..MASK_BITS).filter(|bit| chosen >> bit & 1 == 1);
        (outcome, gpus.collect())
    }

    /// Returns the architecture of a GPU's chip; `None` if the engine does not know it.
    pub(crate) fn chip_architecture(&self, gpu: u32) -> Result<Option<ChipArchitecture>> {
        let mut architecture = sys::DCGM_CHIP_ARCH_UNKNOWN;
        // SAFETY: it writes one integer.
        unsafe {
            call!(
                self.library(),
                dcgmGetGpuChipArchitecture(self.handle(), gpu, &raw mut architecture)
            )
        }?;
        Ok((architecture != sys::DCGM_CHIP_ARCH_UNKNOWN)
            .then(|| ChipArchitecture::from_raw(architecture)))
    }

    /// Returns the attributes of a GPU, and `true` if the reply has its UUID: not for a GPU that does not
    /// exist, whose numbers are 0, and not for a fake one.
    pub(crate) fn gpu_attributes(&self, gpu: u32) -> Result<(GpuAttributes, bool)> {
        let attributes = self.device_attributes(gpu)?;
        let identifiers = &attributes.identifiers;
        let uuid = property_text(&identifiers.uuid);
        let is_identified = uuid.is_some_and(|uuid| !is_all_zero(&uuid));
        let sys::dcgmDeviceAttributes_v3 {
            clockSets: clocks,
            thermalSettings: thermal,
            powerLimits: power,
            memoryUsage: memory,
            settings,
            ..
        } = &*attributes;
        let pairs = counted(&clocks.clockSet, clocks.count).unwrap_or_default();
        let pair = |set: &sys::dcgmClockSet_v1| ClockPair::new(set.memClock, set.smClock);
        let attributes = GpuAttributes {
            supported_clocks: pairs.iter().map(pair).collect(),
            thermal_limits: ThermalLimits {
                slowdown_celsius: number(thermal.slowdownTemp),
                shutdown_celsius: number(thermal.shutdownTemp),
            },
            power_limits: PowerLimits {
                current_watts: number(power.curPowerLimit),
                default_watts: number(power.defaultPowerLimit),
                enforced_watts: number(power.enforcedPowerLimit),
                min_watts: number(power.minPowerLimit),
                max_watts: number(power.maxPowerLimit),
            },
            memory: MemorySizes {
                bar1_total_mib: number(memory.bar1Total),
                fb_total_mib: number(memory.fbTotal),
                fb_used_mib: number(memory.fbUsed),
                fb_free_mib: number(memory.fbFree),
            },
            inforom_version: property_text(&identifiers.inforomImageVersion),
            pci_device_id: number(identifiers.pciDeviceId),
            pci_subsystem_id: number(identifiers.pciSubSystemId),
            virtualization_mode: number(identifiers.virtualizationMode)
                .map(VirtualizationMode::from_raw),
            persistence_mode: flag(settings.persistenceModeEnabled),
            mig_enabled: flag(settings.migModeEnabled),
            confidential_compute: flag(settings.confidentialComputeMode),
            ..GpuAttributes::new(EntityId::gpu(gpu))
        };
        Ok((attributes, is_identified))
    }

    /// Returns the Grace CPUs: with serial numbers, or, if the library or the engine does not know that
    /// request, without.
    pub(crate) fn cpu_sockets(&self) -> Result<Vec<CpuSocket>> {
        match self.cpu_sockets_with_serial() {
            Err(Error::SymbolMissing(_)) => {}
            Err(error) if error.is_version_mismatch() => {}
            outcome => return outcome,
        }
        let mut hierarchy = new_zeroed::<sys::dcgmCpuHierarchy_v1>();
        hierarchy.version = sys::dcgmCpuHierarchy_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmGetCpuHierarchy(self.handle(), &raw mut *hierarchy)
            )
        }?;
        let count = usize::try_from(hierarchy.numCpus).unwrap_or(usize::MAX);
        let rows = hierarchy.cpus.iter().take(count);
        Ok(rows
            .map(|row| cpu_socket(row.cpuId, &row.ownedCores, None))
            .collect())
    }

    fn cpu_sockets_with_serial(&self) -> Result<Vec<CpuSocket>> {
        let mut hierarchy = new_zeroed::<sys::dcgmCpuHierarchy_v2>();
        hierarchy.version = sys::dcgmCpuHierarchy_v2::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmGetCpuHierarchy_v2(self.handle(), &raw mut *hierarchy)
            )
        }?;
        let count = usize::try_from(hierarchy.numCpus).unwrap_or(usize::MAX);
        let rows = hierarchy.cpus.iter().take(count);
        Ok(rows
            .map(|row| cpu_socket(row.cpuId, &row.ownedCores, Some(&row.serial)))
            .collect())
    }

    /// Returns the library by which the engine reads NVSwitches.
    pub(crate) fn nvswitch_backend(&self) -> Result<NvSwitchBackend> {
        // With less than 6 bytes, DCGM fails.
        const NAME_BYTES: usize = 64;
        let mut name: [c_char; NAME_BYTES] = [0; NAME_BYTES];
        // A byte, because C could write a number that is not a Rust `bool`.
        let mut active = 0_u8;
        let length = c_uint::try_from(NAME_BYTES).unwrap_or(0);
        // SAFETY: it writes one byte, and a text of at most `length` bytes. DCGM does not check for null
        // pointers, and neither is null.
        unsafe {
            call!(
                self.library(),
                dcgmNvswitchGetBackend(
                    self.handle(),
                    (&raw mut active).cast(),
                    name.as_mut_ptr(),
                    length
                )
            )
        }?;
        let mut text = String::new();
        text::push_text(&name, &mut text);
        Ok(NvSwitchBackend::new(text.into(), active != 0))
    }

    /// Returns the vGPU attributes of a GPU.
    pub(crate) fn vgpu_attributes(&self, gpu: u32) -> Result<VgpuAttributes> {
        let mut attributes = new_zeroed::<sys::dcgmVgpuDeviceAttributes_v7>();
        attributes.version = sys::dcgmVgpuDeviceAttributes_v7::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmGetVgpuDeviceAttributes(self.handle(), gpu, &raw mut *attributes)
            )
        }?;
        let active = counted(
            &attributes.activeVgpuInstanceIds,
            attributes.activeVgpuInstanceCount,
        );
        let creatable = counted(
            &attributes.creatableVgpuTypeIds,
            attributes.creatableVgpuTypeCount,
        );
        let supported = counted(
            &attributes.supportedVgpuTypeInfo,
            attributes.supportedVgpuTypeCount,
        );
        let utilization = &attributes.vgpuUtilInfo;
        let instance = |id: &c_uint| {
            let vgpu = EntityId::new(EntityKind::VGPU, *id);
            let found = utilization.iter().find(|row| row.vgpuId == *id);
            found.map_or(VgpuInstance::new(vgpu), |row| VgpuInstance {
                vgpu,
                sm_percent: number(row.smUtil),
                memory_percent: number(row.memUtil),
                encoder_percent: number(row.encUtil),
                decoder_percent: number(row.decUtil),
            })
        };
        Ok(VgpuAttributes {
            active: active.map(|ids| ids.iter().map(instance).collect()),
            creatable_types: creatable.map(<[_]>::to_vec),
            supported_types: supported.map(|rows| rows.iter().map(vgpu_type).collect()),
            gpu_percent: number(attributes.gpuUtil),
            memory_percent: number(attributes.memCopyUtil),
            encoder_percent: number(attributes.encUtil),
            decoder_percent: number(attributes.decUtil),
        })
    }

    /// Returns the attributes of a vGPU; all are missing for one that does not exist.
    pub(crate) fn vgpu_instance_attributes(&self, vgpu: u32) -> Result<VgpuInstanceAttributes> {
        let mut attributes = new_zeroed::<sys::dcgmVgpuInstanceAttributes_v1>();
        attributes.version = sys::dcgmVgpuInstanceAttributes_v1::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmGetVgpuInstanceAttributes(self.handle(), vgpu, &raw mut *attributes)
            )
        }?;
        Ok(VgpuInstanceAttributes {
            vm_id: text::identity_text(&attributes.vmId),
            vm_name: text::identity_text(&attributes.vmName),
            type_id: number(attributes.vgpuTypeId),
            uuid: text::identity_text(&attributes.vgpuUuid),
            driver_version: text::identity_text(&attributes.vgpuDriverVersion),
            memory_used_mib: number(attributes.fbUsage),
            // Without a vGPU, DCGM leaves the beginning of a text here.
            is_licensed: match attributes.licenseStatus {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
            frame_rate_limit: number(attributes.frameRateLimit),
        })
    }
}

/// Returns a path from DCGM's bits: a bit for the level, a bit for the number of NVLinks, and a bit for
/// each port.
fn gpu_path(gpu: u32, path: u64, ports: u64) -> GpuPath {
    const LEVEL_BITS: u32 = 8;
    // The bit of 1 link is the lowest one; that of no link does not exist.
    let nvlinks = u64::BITS - (path >> LEVEL_BITS).leading_zeros();
    let level = path & ((1 << LEVEL_BITS) - 1);
    let level = PathLevel::from_raw(u32::try_from(level).unwrap_or(0));
    GpuPath {
        nvlinks,
        local_links: CpuSet::from_bits(&[ports]).iter().collect(),
        ..GpuPath::new(EntityId::gpu(gpu), level)
    }
}

fn cpu_socket(
    cpu: c_uint,
    cores: &sys::dcgmCpuHierarchyOwnedCores_v1,
    serial: Option<&[c_char]>,
) -> CpuSocket {
    CpuSocket::new(
        EntityId::new(EntityKind::CPU, cpu),
        CpuSet::from_bits(&cores.bitmask),
        serial.and_then(text::identity_text),
    )
}

fn vgpu_type(row: &sys::dcgmDeviceVgpuTypeInfo_v2) -> VgpuType {
    // SAFETY: both members of the union are integers of the same size.
    let id = unsafe { row.vgpuTypeInfo.vgpuTypeId };
    VgpuType {
        id: number(id),
        name: text::identity_text(&row.vgpuTypeName),
        class: text::identity_text(&row.vgpuTypeClass),
        license: text::identity_text(&row.vgpuTypeLicense),
        max_instances: u32::try_from(row.maxInstances).ok().and_then(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_level_and_the_number_of_links() {
        let path = |raw| {
            let path = gpu_path(1, raw, 0b101);
            (path.level, path.nvlinks)
        };
        assert_eq!(path(0x200_0010), (PathLevel::CPU, 18));
        assert_eq!(path(0x200_0020), (PathLevel::SYSTEM, 18));
        assert_eq!(path(0x810), (PathLevel::CPU, 4));
        assert_eq!(path(0x210), (PathLevel::CPU, 2));
        assert_eq!(path(0x101), (PathLevel::BOARD, 1));
        assert_eq!(path(0x20), (PathLevel::SYSTEM, 0));
        assert_eq!(path(sys::DCGM_TOPOLOGY_NVLINK36 | 2).1, 36);
        assert_eq!(gpu_path(1, 0x810, 0b1001_0001).local_links, [0, 4, 7]);
    }

    #[test]
    fn blanks_are_those_of_32_bits_and_cut_ones() {
        assert_eq!(number(700), Some(700));
        assert_eq!(number(0), Some(0));
        for blank in [0x7fff_fff0, 0x7fff_fff2, 0x7fff_ffff, 0xffff_fff0, u32::MAX] {
            assert_eq!(number(blank), None, "{blank:#x}");
        }
        assert!(number(0x7fff_ffef).is_some() && number(0x8000_0000).is_some());
    }

    #[test]
    fn a_count_larger_than_its_array_was_not_written() {
        assert_eq!(counted(&[1, 2], 1), Some([1].as_slice()));
        assert_eq!(counted(&[1, 2], 2), Some([1, 2].as_slice()));
        for count in [3, 16_783_616, 4_127_322_722, u32::MAX] {
            assert_eq!(counted(&[1, 2], count), None);
        }
    }
}
