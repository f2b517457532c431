//! Indices with types of their own: a number of one list cannot be used in another.

use std::marker::PhantomData;

use dcgm::{EntityId, FieldId};

/// A field of an entity.
pub(crate) type Pair = (EntityId, FieldId);

/// A list whose items are found by an index of type `I`.
#[derive(Debug)]
pub(crate) struct IndexVec<I, T> {
    items: Vec<T>,
    index: PhantomData<I>,
}

/// An index in one kind of list.
pub(crate) trait Index: Copy {
    /// Makes the index of a position.
    fn from_position(position: usize) -> Self;

    /// Returns the position.
    fn position(self) -> usize;
}

/// Declares indices. 32 bits are enough, and keep what has many of them small.
macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name(u32);

        impl Index for $name {
            fn from_position(position: usize) -> Self {
                Self(u32::try_from(position).unwrap_or(u32::MAX))
            }

            #[inline]
            fn position(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

indices! {
    /// Index of a series in a [`Layout`](super::snapshot::Layout).
    SeriesIdx;
    /// Index of a source in a [`SeriesTable`](super::table::SeriesTable).
    SourceIdx;
    /// Index of a total in the [`Ledger`](super::counters::Ledger), which outlives tables.
    CounterIdx;
    /// Index of an entity that is read.
    ReadIdx;
}

impl<I: Index, T> IndexVec<I, T> {
    /// Adds an item, and returns its index.
    pub(crate) fn push(&mut self, item: T) -> I {
        let index = I::from_position(self.items.len());
        self.items.push(item);
        index
    }

    pub(crate) fn insert(&mut self, at: I, item: T) {
        self.items.insert(at.position(), item);
    }

    #[inline]
    pub(crate) fn get(&self, index: I) -> Option<&T> {
        self.items.get(index.position())
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: I) -> Option<&mut T> {
        self.items.get_mut(index.position())
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.items
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// Returns each item with its index.
    pub(crate) fn iter_indexed(&self) -> impl Iterator<Item = (I, &T)> {
        let items = self.items.iter().enumerate();
        items.map(|(position, item)| (I::from_position(position), item))
    }
}

impl<I, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<I, T> From<Vec<T>> for IndexVec<I, T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            index: PhantomData,
        }
    }
}
