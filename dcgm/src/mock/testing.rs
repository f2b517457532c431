//! The implementation of [`TestingClient`] for [`Mock`].

use std::time::Duration;

use crate::client::Client as _;
use crate::entity::{Entity, EntityId, EntityStatus};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::mock::faults::Call;
use crate::mock::handle::Mock;
use crate::sample::Timestamp;
use crate::testing::{FakeEntity, TestingClient};
use crate::value::{NoValue, OwnedValue};

/// A fake entity is one like others, with the status of a fake. A value is that of the field from now on, as with
/// [`Mock::set`]; a sample of an event field is an event at its time.
impl TestingClient for Mock {
    fn create_fakes(&self, fakes: &[FakeEntity]) -> Result<Vec<EntityId>> {
        self.inner.enter_call(Call::Testing)?;
        let mut made = Vec::new();
        for fake in fakes {
            let listed = self.entity_ids(fake.kind)?.into_iter();
            let last = listed.chain(made.iter().copied());
            let last = last.filter(|id: &EntityId| id.kind == fake.kind);
            let next = last.map(|id| id.id + 1).max().unwrap_or(0);
            let mut entity = Entity::new(EntityId::new(fake.kind, next));
            entity.parent = fake.parent;
            entity.status = EntityStatus::FAKE;
            made.push(entity.id);
            self.add_entity(entity);
        }
        Ok(made)
    }

    fn inject(
        &self,
        entity: EntityId,
        field: FieldId,
        value: &OwnedValue,
        at: Option<Timestamp>,
    ) -> Result<()> {
        self.inner.enter_call(Call::Testing)?;
        if matches!(value, OwnedValue::Blob(_)) {
            return Err(Error::Request("DCGM accepts no sample of bytes"));
        }
        match at {
            Some(at) if field.is_event() => {
                let micros = u64::try_from(at.micros()).unwrap_or(0);
                self.push_event_at(entity, field, value.clone(), Duration::from_micros(micros));
            }
            None if field.is_event() => self.push_event(entity, field, value.clone()),
            _ => self.set(entity, field, value.clone()),
        }
        Ok(())
    }

    fn inject_no_value(
        &self,
        entity: EntityId,
        field: FieldId,
        reason: NoValue,
        _at: Option<Timestamp>,
    ) -> Result<()> {
        self.inner.enter_call(Call::Testing)?;
        self.set_no_value(entity, field, reason);
        Ok(())
    }
}
