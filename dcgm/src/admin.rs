//! Changing hardware: the configuration of GPUs, MIG instances, NVLinks. Feature `admin`.

use core::fmt::Debug;

use crate::code::ReturnCode;
use crate::config::{GpuSettings, PowerProfile};
use crate::entity::{EntityId, LinkState};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::parse::open_enum;

/// Access to what changes hardware. Returned by [`Client::admin`](crate::Client::admin).
///
/// **Every change affects all users of the GPU**, and stays when this client is gone. The host engine must run as
/// root. Telemetry needs none of this: the feature `admin` is off by default.
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`].
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::config::{GpuSettings, PowerLimit};
/// use dcgm::{Client, EntityId, mock::Mock};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let settings = GpuSettings::default().with_power_limit(PowerLimit::PerGpu(500));
/// mock.admin().set_config(&[EntityId::gpu(0)], &settings)?.into_result()?;
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait AdminClient: Debug + Send + Sync {
    /// Changes settings of GPUs; a setting that is `None` stays as it is.
    ///
    /// A setting can be refused while others are applied, **also where DCGM reports success**: 4.6 does so for sync
    /// boost. The result names the refused ones: see [`ConfigOutcome::into_result`].
    ///
    /// # Errors
    ///
    /// * [`REQUIRES_ROOT`](crate::ReturnCode::REQUIRES_ROOT): the engine does not run as root.
    /// * [`Error::Request`]: no GPU, an entity that is none, or profiles with an engine of DCGM 3.3.
    /// * The code of the engine, if it names no setting.
    fn set_config(&self, gpus: &[EntityId], settings: &GpuSettings) -> Result<ConfigOutcome> {
        let _ = (gpus, settings);
        not_implemented("AdminClient::set_config")
    }

    /// Applies the settings that the engine keeps as the target once more, for example after a reset of a GPU.
    ///
    /// # Errors
    ///
    /// The same as for [`set_config`](Self::set_config). Without any settings before, DCGM 4.6 returned
    /// [`GENERIC_ERROR`](crate::ReturnCode::GENERIC_ERROR) unless the configuration had been read, and always in an
    /// engine that does not run as root.
    fn enforce_config(&self, gpus: &[EntityId]) -> Result<ConfigOutcome> {
        let _ = gpus;
        not_implemented("AdminClient::enforce_config")
    }

    /// Changes the requested workload power profiles of GPUs. Since DCGM 4.4.1.
    ///
    /// # Errors
    ///
    /// Those of the engine; [`Error::SymbolMissing`] before DCGM 4.4.1; [`Error::Request`] for a profile whose number is
    /// above 255.
    fn change_power_profiles(
        &self,
        gpus: &[EntityId],
        change: PowerProfileChange,
        profiles: &[PowerProfile],
    ) -> Result<()> {
        let _ = (gpus, change, profiles);
        not_implemented("AdminClient::change_power_profiles")
    }

    /// Creates a GPU instance on a GPU in MIG mode. List the entities to get its id.
    ///
    /// # Errors
    ///
    /// [`BAD_PARAM`](crate::ReturnCode::BAD_PARAM) if the GPU does not have the profile, or no room for it;
    /// [`Error::Request`] for an entity that is no GPU.
    fn create_gpu_instance(&self, gpu: EntityId, profile: GpuInstanceProfile) -> Result<()> {
        let _ = (gpu, profile);
        not_implemented("AdminClient::create_gpu_instance")
    }

    /// Creates a compute instance in a GPU instance.
    ///
    /// # Errors
    ///
    /// As for [`create_gpu_instance`](Self::create_gpu_instance).
    fn create_compute_instance(
        &self,
        gpu_instance: EntityId,
        profile: ComputeInstanceProfile,
    ) -> Result<()> {
        let _ = (gpu_instance, profile);
        not_implemented("AdminClient::create_compute_instance")
    }

    /// Deletes a GPU instance or a compute instance.
    ///
    /// # Errors
    ///
    /// [`INSTANCE_NOT_FOUND`](crate::ReturnCode::INSTANCE_NOT_FOUND) or
    /// [`COMPUTE_INSTANCE_NOT_FOUND`](crate::ReturnCode::COMPUTE_INSTANCE_NOT_FOUND); [`Error::Request`] for another kind
    /// of entity.
    fn delete_instance(&self, instance: EntityId) -> Result<()> {
        let _ = instance;
        not_implemented("AdminClient::delete_instance")
    }

    /// Sets the state that the engine has of a link of a GPU or an NVSwitch.
    ///
    /// **It is a record of the engine's**, which health and the list of links are made of, and does not switch a link. For
    /// a GPU the state that the driver reports comes first: with DCGM 4.6, a GPU's health did not change.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    fn set_link_state(&self, parent: EntityId, link: u32, state: LinkState) -> Result<()> {
        let _ = (parent, link, state);
        not_implemented("AdminClient::set_link_state")
    }
}

impl AdminClient for NotImplemented {}

/// The result of a change of settings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "a setting can be refused while others are applied"]
#[non_exhaustive]
pub struct ConfigOutcome {
    /// The settings that were refused; the others are applied.
    pub refused: Vec<RefusedSetting>,
}

impl ConfigOutcome {
    pub(crate) const fn new(refused: Vec<RefusedSetting>) -> Self {
        Self { refused }
    }

    /// Returns the first refusal as an error.
    ///
    /// # Errors
    ///
    /// [`Error::Call`] with the code of the first refusal, if there is one.
    pub fn into_result(self) -> Result<()> {
        match self.refused.first() {
            None => Ok(()),
            Some(refused) => Err(Error::Call {
                function: "dcgmConfigSet",
                code: refused.code,
            }),
        }
    }
}

/// A setting that was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RefusedSetting {
    /// The GPU; `None` for a setting of the whole request, such as sync boost.
    pub gpu: Option<EntityId>,
    /// The field of the setting, such as [`FieldId::POWER_MGMT_LIMIT`]; `None` if the engine names none.
    pub field: Option<FieldId>,
    /// The reason.
    pub code: ReturnCode,
}

impl RefusedSetting {
    pub(crate) const fn new(
        gpu: Option<EntityId>,
        field: Option<FieldId>,
        code: ReturnCode,
    ) -> Self {
        Self { gpu, field, code }
    }
}

/// A change of the requested workload power profiles.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum PowerProfileChange {
    /// Requests the profiles, beside those requested before.
    Add,
    /// Requests the profiles, and no others.
    Replace,
    /// Does not request the profiles any more.
    Remove,
}

/// The size of a GPU instance: the slices of the GPU that it gets.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmMigProfile_t")]
pub struct GpuInstanceProfile(u32);

#[rustfmt::skip] // One row a profile.
open_enum! { GpuInstanceProfile, "profile", "the name of a profile of GPU instances";
    DcgmMigProfileGpuInstanceSlice1     => SLICE_1,      "slice_1",      "One slice.";
    DcgmMigProfileGpuInstanceSlice2     => SLICES_2,     "slices_2",     "Two slices.";
    DcgmMigProfileGpuInstanceSlice3     => SLICES_3,     "slices_3",     "Three slices.";
    DcgmMigProfileGpuInstanceSlice4     => SLICES_4,     "slices_4",     "Four slices.";
    DcgmMigProfileGpuInstanceSlice7     => SLICES_7,     "slices_7",     "Seven slices.";
    DcgmMigProfileGpuInstanceSlice8     => SLICES_8,     "slices_8",     "Eight slices.";
    DcgmMigProfileGpuInstanceSlice6     => SLICES_6,     "slices_6",     "Six slices.";
    DcgmMigProfileGpuInstanceSlice1Rev1 => SLICE_1_REV1, "slice_1_rev1", "One slice, revision 1.";
    DcgmMigProfileGpuInstanceSlice2Rev1 => SLICES_2_REV1, "slices_2_rev1", "Two slices, revision 1.";
    DcgmMigProfileGpuInstanceSlice1Rev2 => SLICE_1_REV2, "slice_1_rev2", "One slice, revision 2.";
    DcgmMigProfileGpuInstanceSlice1GFX  => SLICE_1_GFX,  "slice_1_gfx",  "One slice, with graphics.";
    DcgmMigProfileGpuInstanceSlice2GFX  => SLICES_2_GFX, "slices_2_gfx", "Two slices, with graphics.";
    DcgmMigProfileGpuInstanceSlice4GFX  => SLICES_4_GFX, "slices_4_gfx", "Four slices, with graphics.";
}

/// The size of a compute instance: the slices of the GPU instance that it gets.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[doc(alias = "dcgmMigProfile_t")]
pub struct ComputeInstanceProfile(u32);

#[rustfmt::skip] // One row a profile.
open_enum! { ComputeInstanceProfile, "profile", "the name of a profile of compute instances";
    DcgmMigProfileComputeInstanceSlice1     => SLICE_1,      "slice_1",      "One slice.";
    DcgmMigProfileComputeInstanceSlice2     => SLICES_2,     "slices_2",     "Two slices.";
    DcgmMigProfileComputeInstanceSlice3     => SLICES_3,     "slices_3",     "Three slices.";
    DcgmMigProfileComputeInstanceSlice4     => SLICES_4,     "slices_4",     "Four slices.";
    DcgmMigProfileComputeInstanceSlice7     => SLICES_7,     "slices_7",     "Seven slices.";
    DcgmMigProfileComputeInstanceSlice8     => SLICES_8,     "slices_8",     "Eight slices.";
    DcgmMigProfileComputeInstanceSlice6     => SLICES_6,     "slices_6",     "Six slices.";
    DcgmMigProfileComputeInstanceSlice1Rev1 => SLICE_1_REV1, "slice_1_rev1", "One slice, revision 1.";
}
