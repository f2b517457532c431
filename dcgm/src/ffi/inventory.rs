//! What entities are: the structs in which DCGM tells it.

use core::ffi::c_uint;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{Dcgm, HandleCell, call, text, zeroed};
use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind, Link, LinkState, Mig, is_all_zero};
use crate::error::{Error, Result};

/// Asks an engine what its parts are.
pub(crate) struct Parts<'a> {
    pub(super) dcgm: Dcgm,
    pub(super) handle: &'a HandleCell,
}

impl Parts<'_> {
    /// What a GPU is. Of a GPU that does not exist, DCGM says so by blanks, and by no error.
    pub(super) fn gpu(&self, gpu: u32) -> Result<Entity> {
        let mut attributes = zeroed::<sys::dcgmDeviceAttributes_v3>();
        attributes.version = sys::dcgmDeviceAttributes_v3::VERSION;
        // SAFETY: the struct of its version.
        unsafe {
            call!(
                self.dcgm.library(),
                dcgmGetDeviceAttributes(self.handle.get(), gpu, &raw mut *attributes)
            )
        }?;
        let identifiers = &attributes.identifiers;
        // Without a driver, 3.3 writes a sentence into each of them.
        let told = |array: &[core::ffi::c_char]| {
            text::identity(array).filter(|text| !text.starts_with("Cannot perform"))
        };
        Ok(Entity {
            uuid: told(&identifiers.uuid).filter(|uuid| !is_all_zero(uuid)),
            model: told(&identifiers.deviceName),
            brand: told(&identifiers.brandName),
            pci_bus_id: told(&identifiers.pciBusId),
            serial: told(&identifiers.serial),
            vbios: told(&identifiers.vbios),
            driver_version: told(&identifiers.driverVersion),
            ..Entity::new(EntityId::gpu(gpu))
        })
    }

    /// The MIG instances. Empty where the engine runs without a driver, and so cannot know of any.
    pub(super) fn mig(&self) -> Result<Vec<Entity>> {
        let mut hierarchy = zeroed::<sys::dcgmMigHierarchy_v2>();
        hierarchy.version = sys::dcgmMigHierarchy_v2::VERSION;
        // SAFETY: the struct of its version.
        let asked = unsafe {
            call!(
                self.dcgm.library(),
                dcgmGetGpuInstanceHierarchy(self.handle.get(), &raw mut *hierarchy)
            )
        };
        match asked {
            Ok(()) => {}
            Err(error) if error.is_unsupported() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let count = usize::try_from(hierarchy.count).unwrap_or(usize::MAX);
        Ok(hierarchy
            .entityList
            .iter()
            .take(count)
            .map(instance)
            .collect())
    }

    /// The NVLinks, by the newest of the structs that this library takes. `v3`: it is of 3.3, and
    /// knows the smallest only.
    pub(super) fn links(
        &self,
        v3: bool,
        pack: &dyn Fn(EntityId, u32) -> Option<EntityId>,
    ) -> Result<Vec<Link>> {
        let mut links = Vec::new();
        macro_rules! ask {
            ($status:ident) => {{
                let mut status = zeroed::<sys::$status>();
                status.version = sys::$status::VERSION;
                // SAFETY: the struct of its version; every version begins with the word that tells
                // which.
                let asked = unsafe {
                    call!(
                        self.dcgm.library(),
                        dcgmGetNvLinkLinkStatus(self.handle.get(), (&raw mut *status).cast())
                    )
                };
                match asked {
                    Ok(()) => {
                        let count = |n: c_uint| usize::try_from(n).unwrap_or(usize::MAX);
                        for gpu in status.gpus.iter().take(count(status.numGpus)) {
                            push(
                                EntityId::gpu(gpu.entityId),
                                &gpu.linkState,
                                pack,
                                &mut links,
                            );
                        }
                        for switch in status.nvSwitches.iter().take(count(status.numNvSwitches)) {
                            push(
                                EntityId::switch(switch.entityId),
                                &switch.linkState,
                                pack,
                                &mut links,
                            );
                        }
                        return Ok(links);
                    }
                    Err(Error::Call {
                        code: ReturnCode::VER_MISMATCH,
                        ..
                    }) => {}
                    Err(error) if error.is_unsupported() => return Ok(links),
                    Err(error) => return Err(error),
                }
            }};
        }
        if !v3 {
            ask!(dcgmNvLinkStatus_v5);
            ask!(dcgmNvLinkStatus_v4);
        }
        ask!(dcgmNvLinkStatus_v3);
        Err(Error::Call {
            function: "dcgmGetNvLinkLinkStatus",
            code: ReturnCode::VER_MISMATCH,
        })
    }
}

fn instance(row: &sys::dcgmMigHierarchyInfo_v2) -> Entity {
    let id = |pair: &sys::dcgmGroupEntityPair_t| {
        EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId)
    };
    let compute = row.info.nvmlComputeInstanceId;
    // 0xffffffff for a GPU instance.
    let compute =
        (compute != u32::MAX && row.entity.entityGroupId == sys::DCGM_FE_GPU_CI).then_some(compute);
    Entity {
        parent: Some(id(&row.parent)),
        mig: Some(Mig::new(
            row.info.nvmlInstanceId,
            compute,
            row.info.nvmlProfileSlices,
        )),
        ..Entity::new(id(&row.entity))
    }
}

fn push(
    parent: EntityId,
    states: &[sys::dcgmNvLinkLinkState_t],
    pack: &dyn Fn(EntityId, u32) -> Option<EntityId>,
    into: &mut Vec<Link>,
) {
    for (index, state) in (0..).zip(states) {
        let state = LinkState::from_raw(*state);
        if state != LinkState::NOT_SUPPORTED {
            into.push(Link::new(pack(parent, index), parent, index, state));
        }
    }
}
