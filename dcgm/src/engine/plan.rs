//! How a query is cut into calls.
//!
//! Every call has a fixed price, about 0.2 ms on either side: libdcgm clears a message of 4 MiB for
//! each. So there are to be as few as possible. Over TCP a reply above 16 KiB costs 40 ms (it goes
//! out in several writes, and waits for an acknowledgement), so there it is cut by *bytes*.

use dcgm_sys as sys;

use super::groups::Way;
use crate::client::Query;
use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId;
use crate::value::ValueType;

/// What one call can carry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Entities a call.
    pub(super) entities: usize,
    /// Fields a call.
    pub(super) fields: usize,
    /// Values a call: each takes 4 KiB of buffer.
    pub(super) values: usize,
    /// Bytes of values a call, if the transport has a cliff.
    pub(super) bytes: Option<usize>,
}

/// One call: every field of every entity.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) entities: Vec<sys::dcgmGroupEntityPair_t>,
    pub(super) fields: Vec<u16>,
    /// Which blocks of the query an entity, and a field, belongs to. A pair was asked for if they
    /// share one.
    blocks_of_entity: Vec<u64>,
    blocks_of_field: Vec<u64>,
    /// Whether all pairs were asked for.
    pub(super) is_whole: bool,
}

impl Call {
    /// Whether the query asks for this pair. Blocks of the query may share a call, and the call is
    /// a rectangle.
    pub(super) fn wants(&self, entity: usize, field: usize) -> bool {
        let of = |blocks: &[u64], at: usize| blocks.get(at).copied().unwrap_or(0);
        self.is_whole || of(&self.blocks_of_entity, entity) & of(&self.blocks_of_field, field) != 0
    }

    /// Its entities, as the rest of this crate names them.
    pub(super) fn ids(&self) -> impl Iterator<Item = EntityId> + '_ {
        let id = |pair: &sys::dcgmGroupEntityPair_t| {
            EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId)
        };
        self.entities.iter().map(id)
    }

    /// Its fields.
    pub(super) fn field_ids(&self) -> Vec<FieldId> {
        self.fields.iter().copied().map(FieldId::from_raw).collect()
    }
}

/// A pair that nobody asked for costs about 0.5 µs, and a call 200 µs.
const EXTRA_PAIRS: usize = 400;

/// How many bytes a value takes in a reply, its text and blobs at their longest.
const fn bytes(value_type: ValueType) -> usize {
    24 + match value_type {
        ValueType::Int | ValueType::Double => 8,
        ValueType::Text => 256,
        ValueType::Blob => 4096,
    }
}

/// A rectangle of pairs, before it is cut.
#[derive(Clone, Debug, Default)]
struct Area {
    entities: Vec<(EntityId, u64)>,
    fields: Vec<(FieldId, u64)>,
}

impl Area {
    fn of(entities: &[EntityId], fields: &[FieldId], blocks: u64) -> Self {
        let mut area = Self::default();
        merge(
            &mut area.entities,
            entities.iter().map(|entity| (*entity, blocks)),
        );
        merge(
            &mut area.fields,
            fields.iter().map(|field| (*field, blocks)),
        );
        area
    }

    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        merge(&mut both.entities, other.entities.iter().copied());
        merge(&mut both.fields, other.fields.iter().copied());
        both
    }

    fn pairs(&self) -> usize {
        self.entities.len() * self.fields.len()
    }

    /// The cut into the fewest calls: the fields into some number of parts, and the entities of
    /// each part into as many as fit.
    fn cut(&self, limits: Limits) -> Vec<Call> {
        let least = self.fields.len().div_ceil(limits.fields.max(1)).max(1);
        let mut best: Option<Vec<(usize, usize, usize)>> = None;
        for parts in least..=self.fields.len().max(least) {
            let cut = self.grid(parts, limits);
            let calls = |cut: &[(usize, usize, usize)]| -> usize {
                cut.iter()
                    .map(|(_, _, rows)| self.entities.len().div_ceil(*rows))
                    .sum()
            };
            if best.as_ref().is_none_or(|best| calls(&cut) < calls(best)) {
                best = Some(cut);
            }
            // More parts than calls cannot be fewer.
            if best.as_ref().is_some_and(|best| calls(best) <= parts) {
                break;
            }
        }
        let mut calls = Vec::new();
        for (start, end, rows) in best.unwrap_or_default() {
            for entities in self.entities.chunks(rows) {
                calls.push(call(
                    entities,
                    self.fields.get(start..end).unwrap_or_default(),
                ));
            }
        }
        calls
    }

    /// `parts` ranges of fields of about equal bytes, and how many entities a call of each can
    /// carry.
    fn grid(&self, parts: usize, limits: Limits) -> Vec<(usize, usize, usize)> {
        let sizes: Vec<usize> = self
            .fields
            .iter()
            .map(|(field, _)| bytes(field.info().map_or(ValueType::Int, |info| info.value_type)))
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
            // A row of one entity that is too long for a call is no use.
            let too_long = |next: &usize| limits.bytes.is_some_and(|budget| size + next > budget);
            if last
                || (full && parts_left > 0)
                || left < parts_left
                || at + 1 - start == limits.fields
                || sizes.get(at + 1).is_some_and(too_long)
            {
                let width = at + 1 - start;
                let by_bytes = limits.bytes.map_or(usize::MAX, |budget| budget / size);
                let rows = by_bytes
                    .min(limits.entities)
                    .min(limits.values / width)
                    .max(1);
                ranges.push((start, at + 1, rows));
                (start, done, size) = (at + 1, done + size, 0);
            }
        }
        ranges
    }
}

fn merge<T: PartialEq>(into: &mut Vec<(T, u64)>, from: impl Iterator<Item = (T, u64)>) {
    for (item, blocks) in from {
        match into.iter_mut().find(|(known, _)| *known == item) {
            Some((_, known)) => *known |= blocks,
            None => into.push((item, blocks)),
        }
    }
}

fn call(entities: &[(EntityId, u64)], fields: &[(FieldId, u64)]) -> Call {
    let of_entities = entities.iter().map(|(_, blocks)| *blocks);
    let of_fields = fields.iter().map(|(_, blocks)| *blocks);
    let shared = of_entities
        .chain(of_fields)
        .fold(u64::MAX, |shared, blocks| shared & blocks);
    Call {
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

/// How a query is read: cut into the fewest calls, without the fields that cannot be asked for.
#[derive(Debug)]
pub(super) struct Plan {
    query: Query,
    pub(super) calls: Vec<Call>,
    left_out: Vec<FieldId>,
    pub(super) way: Way,
}

impl Plan {
    pub(super) fn new(query: &Query, limits: Limits, known: impl Fn(FieldId) -> bool) -> Self {
        let fields = query.blocks().flat_map(|(_, fields)| fields);
        let unknown: Vec<_> = fields.copied().filter(|field| !known(*field)).collect();
        let mut plan = Self {
            query: query.clone(),
            calls: Vec::new(),
            left_out: Vec::new(),
            way: Way::default(),
        };
        plan.leave_out(&unknown, limits);
        plan
    }

    /// Cuts it anew, without these fields, too.
    pub(super) fn leave_out(&mut self, fields: &[FieldId], limits: Limits) {
        self.left_out.extend(fields);
        self.calls = self.cut(limits);
        self.way = Way::default();
    }

    /// What is asked for, in the fewest calls.
    pub(super) fn cut(&self, limits: Limits) -> Vec<Call> {
        let asked = |field: &FieldId| !self.left_out.contains(field);
        let blocks = self.query.blocks().map(|(entities, fields)| {
            let fields = fields.iter().copied().filter(asked);
            (entities.to_vec(), fields.collect())
        });
        cut(&blocks.collect::<Vec<_>>(), limits)
    }

    /// How many values it reads, at most.
    pub(super) fn values(&self) -> usize {
        self.query.len()
    }

    /// Whether nobody has the query any more.
    pub(super) fn is_forgotten(&self) -> bool {
        self.query.is_unique()
    }

    /// The pairs that are not asked for.
    pub(super) fn left_out(&self) -> impl Iterator<Item = (EntityId, FieldId)> + '_ {
        self.query
            .blocks()
            .filter(|_| !self.left_out.is_empty())
            .flat_map(|(entities, fields)| {
                let fields = fields.iter().filter(|field| self.left_out.contains(field));
                fields.flat_map(|field| entities.iter().map(move |entity| (*entity, *field)))
            })
    }
}

/// Cuts blocks into the fewest calls.
fn cut(blocks: &[(Vec<EntityId>, Vec<FieldId>)], limits: Limits) -> Vec<Call> {
    let mut areas: Vec<Area> = Vec::new();
    for (at, (entities, fields)) in blocks.iter().enumerate() {
        if entities.is_empty() || fields.is_empty() {
            continue;
        }
        // Beyond 64 blocks, the rest share the last bit: a pair too many, and never one too few.
        let area = Area::of(entities, fields, 1 << at.min(63));
        let calls = |area: &Area| area.cut(limits).len();
        // Two blocks share a call where that saves one, and the pairs in excess cost less than it
        // does.
        let partner = areas.iter().position(|other| {
            let both = other.with(&area);
            both.pairs() <= other.pairs() + area.pairs() + EXTRA_PAIRS
                && calls(&both) < calls(other) + calls(&area)
        });
        match partner.and_then(|at| areas.get_mut(at)) {
            Some(other) => *other = other.with(&area),
            None => areas.push(area),
        }
    }
    areas.iter().flat_map(|area| area.cut(limits)).collect()
}

#[cfg(test)]
#[path = "plan/tests.rs"]
mod tests;
