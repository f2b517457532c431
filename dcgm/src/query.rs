//! [`Query`]: the pairs of entity and field to read.

use core::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entity::EntityId;
use crate::field::FieldId;
use crate::watch::Watch;

/// The pairs of entity and field to read. Create a query once and reuse it: a client caches how to
/// read each query, and frees the cache some time after the last clone of the query is dropped.
///
/// Queries are compared by identity: a query equals its clones, and no other query, even if that has
/// the same pairs.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId, FieldId, Query, Samples, WatchRequest};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let gpus: Vec<_> = (0..8).map(EntityId::gpu).collect();
/// let watch = mock.watch(&WatchRequest::new(gpus, [FieldId::GPU_TEMP, FieldId::POWER_USAGE]))?;
/// let query = Query::from_watches([&watch]);
/// let mut samples = Samples::new();
/// // Reusing the query and the buffer avoids allocations.
/// mock.latest(&query, &mut samples)?;
/// assert_eq!((query.len(), samples.iter().count()), (16, 16));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    inner: Arc<QueryInner>,
}

#[derive(Debug)]
struct QueryInner {
    id: u64,
    blocks: Vec<(Vec<EntityId>, Vec<FieldId>)>,
}

impl Query {
    /// Creates a query from `blocks`: every field of every entity of a block is read. A block without
    /// entities or without fields is skipped.
    #[must_use]
    pub fn new(blocks: impl IntoIterator<Item = (Vec<EntityId>, Vec<FieldId>)>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let filled = |(entities, fields): &(Vec<EntityId>, Vec<FieldId>)| {
            !entities.is_empty() && !fields.is_empty()
        };
        let blocks = blocks.into_iter().filter(filled).collect();
        Self {
            inner: Arc::new(QueryInner {
                id: NEXT.fetch_add(1, Ordering::Relaxed),
                blocks,
            }),
        }
    }

    /// Creates a query of all (entity, field) pairs of `watches`.
    #[must_use]
    pub fn from_watches<'a>(watches: impl IntoIterator<Item = &'a Watch>) -> Self {
        Self::new(
            watches
                .into_iter()
                .map(|watch| (watch.entities().to_vec(), watch.fields().to_vec())),
        )
    }

    /// Returns the blocks, for implementations of [`Client`](crate::Client) that forward them. Every
    /// field of every entity of a block has to be read.
    #[must_use]
    pub fn blocks(
        &self,
    ) -> impl ExactSizeIterator<Item = (&[EntityId], &[FieldId])> + DoubleEndedIterator + Clone
    {
        let blocks = self.inner.blocks.iter();
        blocks.map(|(entities, fields)| (entities.as_slice(), fields.as_slice()))
    }

    /// Returns every pair, block by block.
    pub fn pairs(&self) -> impl Iterator<Item = (EntityId, FieldId)> + Clone {
        self.blocks().flat_map(|(entities, fields)| {
            entities
                .iter()
                .flat_map(|entity| fields.iter().map(|field| (*entity, *field)))
        })
    }

    /// Returns the number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks()
            .map(|(entities, fields)| entities.len() * fields.len())
            .sum()
    }

    /// Returns `true` for a query without pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.blocks.is_empty()
    }

    /// Returns `true` if there is no clone.
    pub(crate) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.inner) == 1
    }

    /// Returns the number of the query, which is unique in the process. Hidden, because comparison
    /// by identity serves the same purpose.
    pub(crate) fn query_id(&self) -> u64 {
        self.inner.id
    }
}

/// Compares by identity.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.query_id() == other.query_id()
    }
}

impl Eq for Query {}

impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.query_id().hash(state);
    }
}

/// All pairs of the watch.
impl From<&Watch> for Query {
    fn from(watch: &Watch) -> Self {
        Self::from_watches([watch])
    }
}

/// All pairs of the watches.
impl<'a> FromIterator<&'a Watch> for Query {
    fn from_iter<I: IntoIterator<Item = &'a Watch>>(watches: I) -> Self {
        Self::from_watches(watches)
    }
}
