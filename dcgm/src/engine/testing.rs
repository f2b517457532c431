//! The implementation of [`TestingClient`] for [`Engine`].

use super::Engine;
use crate::entity::EntityId;
use crate::error::{Operation, Result};
use crate::field::FieldId;
use crate::sample::Timestamp;
use crate::testing::{FakeEntity, TestingClient};
use crate::value::{NoValue, OwnedValue};

impl TestingClient for Engine {
    #[doc(alias = "dcgmCreateFakeEntities")]
    fn create_fakes(&self, fakes: &[FakeEntity]) -> Result<Vec<EntityId>> {
        let fakes = fakes.to_vec();
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Change, limit, move |thread| {
            thread.with_session(|session| session.connection().create_fakes(&fakes))
        })
    }

    #[doc(alias = "dcgmInjectEntityFieldValue")]
    fn inject(
        &self,
        entity: EntityId,
        field: FieldId,
        value: &OwnedValue,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let value = value.clone();
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Change, limit, move |thread| {
            thread.with_session(|session| {
                session
                    .connection()
                    .inject((entity, field), value.as_value(), at)
            })
        })
    }

    fn inject_no_value(
        &self,
        entity: EntityId,
        field: FieldId,
        reason: NoValue,
        at: Option<Timestamp>,
    ) -> Result<()> {
        let limit = self.options.deadlines.enumerate;
        self.run_task(Operation::Change, limit, move |thread| {
            thread.with_session(|session| {
                session
                    .connection()
                    .inject_no_value((entity, field), reason, at)
            })
        })
    }
}
