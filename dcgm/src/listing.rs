//! [`Listing`]: the entities of several kinds, in memory that is used again.

use crate::client::Client;
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;

/// A request for the entities of some kinds, and its result.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) kinds: Vec<EntityKind>,
    /// The entities of all kinds, kind by kind.
    pub(crate) ids: Vec<EntityId>,
    /// The end of each kind in `ids`, or the error of listing that kind.
    pub(crate) ends: Vec<Result<usize>>,
}

impl Listing {
    /// Calls `each` with the entities or the error of each kind, as [`Client::list_each`] does.
    pub(crate) fn visit_kinds(
        &mut self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) {
        let mut start = 0;
        for (kind, end) in kinds.iter().zip(self.ends.drain(..)) {
            each(
                *kind,
                end.map(|end| {
                    let ids = self.ids.get(start..end).unwrap_or_default();
                    start = end;
                    ids
                }),
            );
        }
    }
}

/// Implements [`Client::list`] by [`Client::list_each`].
pub(crate) fn list_one(
    client: &dyn Client,
    kind: EntityKind,
    into: &mut Vec<EntityId>,
) -> Result<()> {
    into.clear();
    let mut refused = Ok(());
    client.list_each(&[kind], &mut |_, ids| match ids {
        Ok(ids) => into.extend_from_slice(ids),
        Err(error) => refused = Err(error),
    })?;
    refused
}
