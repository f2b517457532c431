//! Which pair of a request an answer belongs to, and which pairs were not answered.

use dcgm_sys as sys;

use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};
use crate::value::NoValue;

/// What is grid for: every field of every entity.
#[derive(Clone, Copy)]
pub(super) struct RequestGrid<'a> {
    pub(super) entities: &'a [sys::dcgmGroupEntityPair_t],
    pub(super) fields: &'a [u16],
}

/// What an answer says it is of.
#[derive(Clone, Copy)]
pub(super) struct ResponseKey {
    pub(super) kind: u32,
    pub(super) id: u32,
    pub(super) field: u16,
}

impl<'a> RequestGrid<'a> {
    /// Each pair, entity by entity, and field by field within.
    pub(super) fn pairs(self) -> impl Iterator<Item = (EntityId, FieldId)> + 'a {
        self.entities.iter().flat_map(move |pair| {
            let entity = EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId);
            let fields = self.fields.iter();
            fields.map(move |field| (entity, FieldId::from_raw(*field)))
        })
    }
}

/// Matches answers with pairs by what they say they are, since DCGM promises no order. Each pair
/// is answered once; an answer that was not grid for, or comes again, has no place.
///
/// Every release so far has answered in the order of the request, and then nothing is searched or
/// noted.
#[derive(Debug, Default)]
pub(super) struct ResponseMatcher {
    /// Which entity and which field come next.
    next: (usize, usize),
    /// Which pairs were answered; empty as long as all came in order.
    seen: Vec<bool>,
}

impl ResponseMatcher {
    /// Forgets an earlier request.
    pub(super) fn begin(&mut self) {
        self.next = (0, 0);
        self.seen.clear();
    }

    /// The place of an answer: which entity, and which field.
    #[inline]
    pub(super) fn take(
        &mut self,
        grid: RequestGrid<'_>,
        key: ResponseKey,
    ) -> Option<(usize, usize)> {
        let place = self.next;
        let is_next = grid
            .entities
            .get(place.0)
            .is_some_and(|pair| key.is_of(*pair))
            && grid.fields.get(place.1) == Some(&key.field);
        if is_next && self.seen.is_empty() {
            self.go_on(grid, place);
            return Some(place);
        }
        self.search(grid, key)
    }

    #[inline]
    fn go_on(&mut self, grid: RequestGrid<'_>, (entity, field): (usize, usize)) {
        self.next = if field + 1 < grid.fields.len() {
            (entity, field + 1)
        } else {
            (entity + 1, 0)
        };
    }

    #[cold]
    fn search(&mut self, grid: RequestGrid<'_>, key: ResponseKey) -> Option<(usize, usize)> {
        let width = grid.fields.len();
        if self.seen.is_empty() {
            self.seen.resize(grid.entities.len() * width, false);
            let so_far = self.next.0 * width + self.next.1;
            self.seen
                .iter_mut()
                .take(so_far)
                .for_each(|seen| *seen = true);
        }
        // Where it ought to be, before anywhere else.
        let here = grid
            .entities
            .get(self.next.0)
            .filter(|pair| key.is_of(**pair));
        let entity = match here {
            Some(_) => self.next.0,
            None => grid.entities.iter().position(|pair| key.is_of(*pair))?,
        };
        let field = grid.fields.iter().position(|field| *field == key.field)?;
        let seen = self.seen.get_mut(entity * width + field)?;
        if core::mem::replace(seen, true) {
            return None;
        }
        self.go_on(grid, (entity, field));
        Some((entity, field))
    }

    /// The pairs that were not answered, each with what is said of it.
    pub(super) fn unanswered(
        &self,
        grid: RequestGrid<'_>,
    ) -> impl Iterator<Item = (usize, usize, Sample<'static>)> {
        let width = grid.fields.len().max(1);
        let first = if self.seen.is_empty() {
            self.next.0 * width + self.next.1
        } else {
            0
        };
        let open = move |at: usize| at >= first && self.seen.get(at).is_none_or(|seen| !seen);
        grid.pairs()
            .enumerate()
            .filter(move |(at, _)| open(*at))
            .map(move |(at, pair)| (at / width, at % width, unanswered_sample(pair)))
    }
}

impl ResponseKey {
    /// Of a sample.
    pub(super) const fn of(sample: &Sample<'_>) -> Self {
        Self {
            kind: sample.entity.kind.raw(),
            id: sample.entity.id,
            field: sample.field.raw(),
        }
    }

    #[inline]
    const fn is_of(self, pair: sys::dcgmGroupEntityPair_t) -> bool {
        pair.entityGroupId == self.kind && pair.entityId == self.id
    }
}

/// What is said of a pair that the library passed over.
pub(super) const fn unanswered_sample((entity, field): (EntityId, FieldId)) -> Sample<'static> {
    Sample {
        entity,
        field,
        timestamp: Timestamp::NEVER,
        value: Err(NoValue::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTITIES: [sys::dcgmGroupEntityPair_t; 3] = [pair(0), pair(1), pair(2)];
    const GRID: RequestGrid<'_> = RequestGrid {
        entities: &ENTITIES,
        fields: &[150, 155],
    };

    type Place = (usize, usize);

    const fn pair(id: u32) -> sys::dcgmGroupEntityPair_t {
        sys::dcgmGroupEntityPair_t {
            entityGroupId: 1,
            entityId: id,
        }
    }

    /// Where answers of these GPUs' fields are put, and what is left.
    fn matched(answers: &[(u32, u16)]) -> (Vec<Option<Place>>, Vec<Place>) {
        let mut matcher = ResponseMatcher::default();
        // An earlier request is no part of the next.
        for _ in 0..2 {
            matcher.begin();
            for (id, field) in answers {
                let key = ResponseKey {
                    kind: 1,
                    id: *id,
                    field: *field,
                };
                matcher.take(GRID, key);
            }
        }
        matcher.begin();
        let put = answers.iter().map(|(id, field)| {
            matcher.take(
                GRID,
                ResponseKey {
                    kind: 1,
                    id: *id,
                    field: *field,
                },
            )
        });
        let put = put.collect();
        let left = matcher
            .unanswered(GRID)
            .map(|(entity, field, _)| (entity, field));
        (put, left.collect())
    }

    #[test]
    fn answers_in_order_are_put_where_they_come_and_the_rest_is_left() {
        let (put, left) = matched(&[(0, 150), (0, 155), (1, 150)]);
        assert_eq!(put, [Some((0, 0)), Some((0, 1)), Some((1, 0))]);
        assert_eq!(left, [(1, 1), (2, 0), (2, 1)]);
    }

    #[test]
    fn an_answer_in_another_order_is_put_where_it_belongs() {
        let (put, left) = matched(&[(0, 150), (2, 155), (2, 150), (1, 150), (1, 155)]);
        assert_eq!(
            put,
            [
                Some((0, 0)),
                Some((2, 1)),
                Some((2, 0)),
                Some((1, 0)),
                Some((1, 1))
            ]
        );
        assert_eq!(left, [(0, 1)]);
    }

    #[test]
    fn what_was_not_asked_for_or_comes_again_has_no_place() {
        let (put, left) = matched(&[(0, 150), (0, 150), (7, 150), (0, 151), (0, 155), (0, 155)]);
        assert_eq!(put, [Some((0, 0)), None, None, None, Some((0, 1)), None]);
        assert_eq!(left, [(1, 0), (1, 1), (2, 0), (2, 1)]);
        assert!(matched(&[]).1.len() == 6);
    }

    #[test]
    fn a_pair_without_an_answer_is_malformed_and_never_a_value() {
        let mut matcher = ResponseMatcher::default();
        matcher.begin();
        let samples: Vec<_> = matcher
            .unanswered(GRID)
            .map(|(_, _, sample)| sample)
            .collect();
        assert!(
            samples
                .iter()
                .all(|sample| sample.value == Err(NoValue::Malformed))
        );
        assert_eq!(samples[5].entity, EntityId::gpu(2));
        assert_eq!(samples[5].field, FieldId::from_raw(155));
    }
}
