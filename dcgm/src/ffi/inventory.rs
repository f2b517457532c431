//! Reads the properties of entities from DCGM's structs.

use core::ffi::c_uint;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::{EngineHandle, call, new_zeroed, text};
use crate::code::ReturnCode;
use crate::entity::{Entity, EntityId, EntityKind, Link, LinkState, Mig, is_all_zero};
use crate::error::{Error, Result};

impl EngineHandle {
    /// Returns the properties of a GPU. For a GPU that does not exist, DCGM returns blanks and no error.
    pub(crate) fn read_gpu(&self, gpu: u32) -> Result<Entity> {
        let attributes = self.device_attributes(gpu)?;
        let identifiers = &attributes.identifiers;
        let text = property_text;
        Ok(Entity {
            uuid: text(&identifiers.uuid).filter(|uuid| !is_all_zero(uuid)),
            model: text(&identifiers.deviceName),
            brand: text(&identifiers.brandName),
            pci_bus_id: text(&identifiers.pciBusId),
            serial: text(&identifiers.serial),
            vbios: text(&identifiers.vbios),
            driver_version: text(&identifiers.driverVersion),
            ..Entity::new(EntityId::gpu(gpu))
        })
    }

    /// Returns DCGM's attributes of a GPU.
    pub(super) fn device_attributes(&self, gpu: u32) -> Result<Box<sys::dcgmDeviceAttributes_v3>> {
        let mut attributes = new_zeroed::<sys::dcgmDeviceAttributes_v3>();
        attributes.version = sys::dcgmDeviceAttributes_v3::VERSION;
        // SAFETY: the struct has the version that it states.
        unsafe {
            call!(
                self.library(),
                dcgmGetDeviceAttributes(self.handle(), gpu, &raw mut *attributes)
            )
        }?;
        Ok(attributes)
    }

    /// Returns the MIG instances: none if the engine runs without a driver.
    pub(crate) fn read_mig(&self) -> Result<Vec<Entity>> {
        let mut hierarchy = new_zeroed::<sys::dcgmMigHierarchy_v2>();
        hierarchy.version = sys::dcgmMigHierarchy_v2::VERSION;
        // SAFETY: the struct has the version that it states.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmGetGpuInstanceHierarchy(self.handle(), &raw mut *hierarchy)
            )
        };
        match outcome {
            Ok(()) => {}
            Err(error) if error.is_unsupported() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let count = usize::try_from(hierarchy.count).unwrap_or(usize::MAX);
        Ok(hierarchy
            .entityList
            .iter()
            .take(count)
            .map(mig_entity)
            .collect())
    }

    /// Returns the NVLinks, by the newest struct version that the library accepts, or, unless `is_large`, by
    /// the smallest struct, the only one of 3.3.
    pub(crate) fn read_links(
        &self,
        is_large: bool,
        pack: &dyn Fn(EntityId, u32) -> Option<EntityId>,
    ) -> Result<Vec<Link>> {
        let mut links = Vec::new();
        macro_rules! ask {
            ($status:ident) => {{
                let mut status = new_zeroed::<sys::$status>();
                status.version = sys::$status::VERSION;
                // SAFETY: the struct has the version that it states; every version starts with the version
                // word.
                let outcome = unsafe {
                    call!(
                        self.library(),
                        dcgmGetNvLinkLinkStatus(self.handle(), (&raw mut *status).cast())
                    )
                };
                match outcome {
                    Ok(()) => {
                        let count = |n: c_uint| usize::try_from(n).unwrap_or(usize::MAX);
                        for gpu in status.gpus.iter().take(count(status.numGpus)) {
                            push_links(
                                EntityId::gpu(gpu.entityId),
                                &gpu.linkState,
                                pack,
                                &mut links,
                            );
                        }
                        for switch in status.nvSwitches.iter().take(count(status.numNvSwitches)) {
                            push_links(
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
        if is_large {
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

/// Returns the text of a property. Without a driver, 3.3 writes an error text into each of them.
pub(super) fn property_text(array: &[core::ffi::c_char]) -> Option<std::sync::Arc<str>> {
    text::identity_text(array).filter(|text| !text.starts_with("Cannot perform"))
}

fn mig_entity(row: &sys::dcgmMigHierarchyInfo_v2) -> Entity {
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

fn push_links(
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
