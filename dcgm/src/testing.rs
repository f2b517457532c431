//! Fake entities and injected samples in a real host engine, for tests without a GPU. Feature `testing`.

use core::fmt::Debug;

use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::field::FieldId;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::sample::Timestamp;
use crate::value::{NoValue, OwnedValue};

/// Access to what DCGM has for tests. Returned by [`Client::testing`](crate::Client::testing).
///
/// **It changes what every client of the engine sees, until the engine ends**: nothing can be taken back. Use it with
/// an `nv-hostengine` of the test's own, which needs no GPU and no driver. For tests without an engine there is
/// `dcgm::mock`.
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
///
/// ```no_run
/// use dcgm::testing::FakeEntity;
/// use dcgm::{Client, Engine, EngineOptions, FieldId, Query};
///
/// let engine = Engine::new(EngineOptions::standalone("localhost:5555".parse()?));
/// engine.connect()?;
/// let gpus = engine.testing().create_fakes(&[FakeEntity::gpu(), FakeEntity::gpu()])?;
/// engine.testing().inject(gpus[1], FieldId::GPU_TEMP, &90.into(), None)?;
/// let samples = engine.read(&Query::new([(gpus, vec![FieldId::GPU_TEMP])]))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait TestingClient: Debug + Send + Sync {
    /// Creates fake entities, and returns their ids in the same order. They have no samples but injected ones,
    /// cannot be deleted, and have the status [`FAKE`](crate::EntityStatus::FAKE).
    ///
    /// With DCGM 4.6 a fake GPU or NVSwitch hides the NVLinks of real GPUs from the topology.
    ///
    /// # Errors
    ///
    /// [`GENERIC_ERROR`](crate::ReturnCode::GENERIC_ERROR) if the engine has no room for more of a kind: 32 GPUs, real
    /// ones included. The entities before are created then. [`Error::Request`](crate::Error::Request) for more than
    /// 448 at once.
    fn create_fakes(&self, fakes: &[FakeEntity]) -> Result<Vec<EntityId>> {
        let _ = fakes;
        not_implemented("TestingClient::create_fakes")
    }

    /// Adds a sample of a field, at a time or now. A watch is not needed, and a watch of a real entity goes on taking
    /// samples.
    ///
    /// # Errors
    ///
    /// [`BAD_PARAM`](crate::ReturnCode::BAD_PARAM) if the entity or the field does not exist, or the field has values of
    /// another type. [`Error::Request`](crate::Error::Request) for a blob, which DCGM does not accept, or a text of
    /// more than 255 bytes.
    fn inject(
        &self,
        entity: EntityId,
        field: FieldId,
        value: &OwnedValue,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let _ = (entity, field, value, at);
        not_implemented("TestingClient::inject")
    }

    /// Adds a sample without a value, at a time or now: the number or text that DCGM reserves for the reason.
    ///
    /// # Errors
    ///
    /// The same as for [`inject`](Self::inject); [`Error::Request`](crate::Error::Request) also for a field that this
    /// crate does not know, or for a reason that no sample has: only [`Blank`](NoValue::Blank),
    /// [`NotFound`](NoValue::NotFound), [`NotSupported`](NoValue::NotSupported) and
    /// [`NotPermitted`](NoValue::NotPermitted) are values.
    fn inject_no_value(
        &self,
        entity: EntityId,
        field: FieldId,
        reason: NoValue,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let _ = (entity, field, reason, at);
        not_implemented("TestingClient::inject_no_value")
    }
}

impl TestingClient for NotImplemented {}

/// A fake entity to create.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FakeEntity {
    /// Its kind.
    pub kind: EntityKind,
    /// The entity that it is a part of: the GPU of a GPU instance, the GPU instance of a compute instance, the CPU of a
    /// core.
    pub parent: Option<EntityId>,
}

impl FakeEntity {
    /// Creates a fake GPU.
    #[must_use]
    pub const fn gpu() -> Self {
        Self::new(EntityKind::GPU)
    }

    /// Creates a fake entity without a parent.
    #[must_use]
    pub const fn new(kind: EntityKind) -> Self {
        Self { kind, parent: None }
    }

    /// Sets the entity that it is a part of.
    #[must_use]
    pub const fn in_parent(mut self, parent: EntityId) -> Self {
        self.parent = Some(parent);
        self
    }
}
