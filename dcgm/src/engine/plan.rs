//! [`Plan`]: splits a query into the fewest calls.
//!
//! Every call costs about 0.2 ms on either side, however small, because libdcgm clears a message of
//! 4 MiB for each. Therefore the number of calls is minimized. Over TCP a reply above 16 KiB costs
//! 40 ms more (it is sent in several writes and waits for an acknowledgement), so that there the
//! calls are also limited by *bytes*.
//!
//! A call reads a rectangle: every one of its fields of every one of its entities. A query consists of
//! blocks, each of which is a rectangle, too:
//!
//! ```text
//!           temp power  | link errors          1. Blocks become areas. Two areas are merged if that
//!  gpu 0     x    x     |    .                    saves a call and adds at most EXTRA_PAIRS pairs.
//!  gpu 1     x    x     |    .                 2. Each area is split into calls: its fields into
//!  link 0    .    .     |    x                    ranges of about equal bytes, and the entities of
//!                                                 each range into as many as fit into one call.
//!   x requested   . read, but not requested    3. Pairs that were not requested are dropped after
//!                                                 reading, see ReadCall::is_requested.
//! ```

use dcgm_sys as sys;

use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId;
use crate::query::Query;
use crate::value::ValueType;

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The maximum number of entities.
    pub(super) entities: usize,
    /// The maximum number of fields.
    pub(super) fields: usize,
    /// The maximum number of values; each takes 4 KiB of buffer.
    pub(super) values: usize,
    /// The maximum number of bytes of values, for a transport on which longer replies are slow.
    pub(super) bytes: Option<usize>,
}

/// One call: every field of every entity.
#[derive(Clone, Debug)]
pub(super) struct ReadCall {
    pub(super) entities: Vec<sys::dcgmGroupEntityPair_t>,
    pub(super) fields: Vec<u16>,
    /// The blocks of the query that each entity belongs to, as bits. A pair was requested if its entity
    /// and its field share a block.
    blocks_of_entity: Vec<u64>,
    /// The blocks that each field belongs to.
    blocks_of_field: Vec<u64>,
    /// Set if all pairs were requested.
    pub(super) is_whole: bool,
}

impl ReadCall {
    /// Returns `true` if the query contains this pair. Blocks may share a call, which then has more
    /// pairs than were requested.
    pub(super) fn is_requested(&self, entity: usize, field: usize) -> bool {
        let bits = |blocks: &[u64], at: usize| blocks.get(at).copied().unwrap_or(0);
        self.is_whole
            || bits(&self.blocks_of_entity, entity) & bits(&self.blocks_of_field, field) != 0
    }

    /// Returns the entities.
    pub(super) fn entity_ids(&self) -> impl Iterator<Item = EntityId> + '_ {
        let id = |pair: &sys::dcgmGroupEntityPair_t| {
            EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId)
        };
        self.entities.iter().map(id)
    }

    /// Returns the fields.
    pub(super) fn field_ids(&self) -> Vec<FieldId> {
        self.fields.iter().copied().map(FieldId::from_raw).collect()
    }
}

/// The maximum number of unrequested pairs for saving a call: a pair costs about 0.5 µs, a call 200 µs.
const EXTRA_PAIRS: usize = 400;

/// Returns the bytes that a value takes in a reply, for texts and blobs of the maximum length.
const fn value_bytes(value_type: ValueType) -> usize {
    24 + match value_type {
        ValueType::Int | ValueType::Double => 8,
        ValueType::Text => 256,
        ValueType::Blob => 4096,
    }
}

/// A rectangle of pairs, before it is split into calls. The number beside each entity and field
/// holds the bits of its blocks.
#[derive(Clone, Debug, Default)]
struct Area {
    entities: Vec<(EntityId, u64)>,
    fields: Vec<(FieldId, u64)>,
}

impl Area {
    /// Creates the area of one block.
    fn from_block(entities: &[EntityId], fields: &[FieldId], blocks: u64) -> Self {
        let mut area = Self::default();
        merge_blocks(
            &mut area.entities,
            entities.iter().map(|entity| (*entity, blocks)),
        );
        merge_blocks(
            &mut area.fields,
            fields.iter().map(|field| (*field, blocks)),
        );
        area
    }

    /// Returns the smallest area that contains both.
    fn union_with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        merge_blocks(&mut both.entities, other.entities.iter().copied());
        merge_blocks(&mut both.fields, other.fields.iter().copied());
        both
    }

    /// Returns the number of pairs.
    fn pair_count(&self) -> usize {
        self.entities.len() * self.fields.len()
    }

    /// Splits the area into the fewest calls: the fields into some number of ranges, and the entities
    /// of each range into as many as fit into a call.
    fn split_calls(&self, limits: Limits) -> Vec<ReadCall> {
        let least = self.fields.len().div_ceil(limits.fields.max(1)).max(1);
        let mut best: Option<Vec<FieldRange>> = None;
        for parts in least..=self.fields.len().max(least) {
            let ranges = self.field_ranges(parts, limits);
            let calls = |ranges: &[FieldRange]| -> usize {
                let calls = ranges.iter();
                calls
                    .map(|range| self.entities.len().div_ceil(range.max_entities))
                    .sum()
            };
            if best
                .as_ref()
                .is_none_or(|best| calls(&ranges) < calls(best))
            {
                best = Some(ranges);
            }
            // Each further range needs at least one call more.
            if best.as_ref().is_some_and(|best| calls(best) <= parts) {
                break;
            }
        }
        let mut calls = Vec::new();
        for range in best.unwrap_or_default() {
            for entities in self.entities.chunks(range.max_entities) {
                calls.push(build_call(
                    entities,
                    self.fields.get(range.fields.clone()).unwrap_or_default(),
                ));
            }
        }
        calls
    }

    /// Splits the fields into `parts` ranges of about equal bytes, or more where the limits require it.
    fn field_ranges(&self, parts: usize, limits: Limits) -> Vec<FieldRange> {
        let sizes: Vec<usize> = self
            .fields
            .iter()
            .map(|(field, _)| {
                value_bytes(field.info().map_or(ValueType::Int, |info| info.value_type))
            })
            .collect();
        let total: usize = sizes.iter().sum();
        let mut ranges = Vec::with_capacity(parts);
        let (mut start, mut done, mut size) = (0, 0, 0);
        for (at, bytes) in sizes.iter().enumerate() {
            size += bytes;
            let last = at + 1 == sizes.len();
            let left = sizes.len() - at - 1;
            let parts_left = parts.saturating_sub(ranges.len() + 1);
            let full = (done + size) * parts >= total * (ranges.len() + 1);
            // Even one entity must fit into a call.
            let too_long = |next: &usize| limits.bytes.is_some_and(|budget| size + next > budget);
            if last
                || (full && parts_left > 0)
                || left < parts_left
                || at + 1 - start == limits.fields
                || sizes.get(at + 1).is_some_and(too_long)
            {
                let width = at + 1 - start;
                let by_bytes = limits.bytes.map_or(usize::MAX, |budget| budget / size);
                let max_entities = by_bytes
                    .min(limits.entities)
                    .min(limits.values / width)
                    .max(1);
                ranges.push(FieldRange {
                    fields: start..at + 1,
                    max_entities,
                });
                (start, done, size) = (at + 1, done + size, 0);
            }
        }
        ranges
    }
}

/// Adds items, or the bits of their blocks to those that are there already.
fn merge_blocks<T: PartialEq>(into: &mut Vec<(T, u64)>, from: impl Iterator<Item = (T, u64)>) {
    for (item, blocks) in from {
        match into.iter_mut().find(|(known, _)| *known == item) {
            Some((_, known)) => *known |= blocks,
            None => into.push((item, blocks)),
        }
    }
}

/// Builds the call for a part of an area.
fn build_call(entities: &[(EntityId, u64)], fields: &[(FieldId, u64)]) -> ReadCall {
    let entity_blocks = entities.iter().map(|(_, blocks)| *blocks);
    let field_blocks = fields.iter().map(|(_, blocks)| *blocks);
    let shared = entity_blocks
        .chain(field_blocks)
        .fold(u64::MAX, |shared, blocks| shared & blocks);
    ReadCall {
        is_whole: shared != 0,
        entities: entities
            .iter()
            .map(|(entity, _)| sys::dcgmGroupEntityPair_t {
                entityGroupId: entity.kind.raw(),
                entityId: entity.id,
            })
            .collect(),
        fields: fields.iter().map(|(field, _)| field.raw()).collect(),
        blocks_of_entity: entities.iter().map(|(_, blocks)| *blocks).collect(),
        blocks_of_field: fields.iter().map(|(_, blocks)| *blocks).collect(),
    }
}

/// A range of the fields of an area.
#[derive(Clone, Debug)]
struct FieldRange {
    /// The indices of the fields.
    fields: core::ops::Range<usize>,
    /// The number of entities that fit into one call with these fields.
    max_entities: usize,
}

/// The calls of a query, without the fields that cannot be requested.
#[derive(Debug)]
pub(super) struct Plan {
    query: Query,
    pub(super) calls: Vec<ReadCall>,
    /// Fields that the library does not know or the engine refuses.
    excluded_fields: Vec<FieldId>,
}

impl Plan {
    /// Plans a query, without the fields for which `known` returns `false`.
    pub(super) fn new(query: &Query, limits: Limits, known: impl Fn(FieldId) -> bool) -> Self {
        let fields = query.blocks().flat_map(|(_, fields)| fields);
        let unknown: Vec<_> = fields.copied().filter(|field| !known(*field)).collect();
        let mut plan = Self {
            query: query.clone(),
            calls: Vec::new(),
            excluded_fields: Vec::new(),
        };
        plan.exclude_fields(&unknown, limits);
        plan
    }

    /// Excludes fields, and plans the query again.
    pub(super) fn exclude_fields(&mut self, fields: &[FieldId], limits: Limits) {
        self.excluded_fields.extend(fields);
        self.calls = self.split_query(limits);
    }

    /// Splits the query into the fewest calls within `limits`.
    pub(super) fn split_query(&self, limits: Limits) -> Vec<ReadCall> {
        let is_included = |field: &FieldId| !self.excluded_fields.contains(field);
        let blocks = self.query.blocks().map(|(entities, fields)| {
            let fields = fields.iter().copied().filter(is_included);
            (entities.to_vec(), fields.collect())
        });
        split_blocks(&blocks.collect::<Vec<_>>(), limits)
    }

    /// Returns the maximum number of values that it reads.
    pub(super) fn value_count(&self) -> usize {
        self.query.len()
    }

    /// Returns `true` if every other owner of the query has dropped it.
    pub(super) fn query_dropped(&self) -> bool {
        self.query.is_unique()
    }

    /// Returns the pairs of the excluded fields.
    pub(super) fn excluded_pairs(&self) -> impl Iterator<Item = (EntityId, FieldId)> + '_ {
        self.query
            .blocks()
            .filter(|_| !self.excluded_fields.is_empty())
            .flat_map(|(entities, fields)| {
                let fields = fields
                    .iter()
                    .filter(|field| self.excluded_fields.contains(field));
                fields.flat_map(|field| entities.iter().map(move |entity| (*entity, *field)))
            })
    }
}

/// Splits blocks into the fewest calls.
fn split_blocks(blocks: &[(Vec<EntityId>, Vec<FieldId>)], limits: Limits) -> Vec<ReadCall> {
    let mut areas: Vec<Area> = Vec::new();
    for (at, (entities, fields)) in blocks.iter().enumerate() {
        if entities.is_empty() || fields.is_empty() {
            continue;
        }
        // From the 64th on, blocks share the last bit: that may add pairs, and never loses one.
        let area = Area::from_block(entities, fields, 1 << at.min(63));
        let calls = |area: &Area| area.split_calls(limits).len();
        // Two blocks share calls where that saves one, and the additional pairs cost less than it.
        let partner = areas.iter().position(|other| {
            let both = other.union_with(&area);
            both.pair_count() <= other.pair_count() + area.pair_count() + EXTRA_PAIRS
                && calls(&both) < calls(other) + calls(&area)
        });
        match partner.and_then(|at| areas.get_mut(at)) {
            Some(other) => *other = other.union_with(&area),
            None => areas.push(area),
        }
    }
    areas
        .iter()
        .flat_map(|area| area.split_calls(limits))
        .collect()
}

#[cfg(test)]
#[path = "plan/tests.rs"]
mod tests;
