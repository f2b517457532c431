//! Matches responses with the pairs of a request, and finds the pairs without a response.

use dcgm_sys as sys;

use crate::entity::{EntityId, EntityKind};
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};
use crate::value::NoValue;

/// A request: every field of every entity.
#[derive(Clone, Copy)]
pub(super) struct RequestGrid<'a> {
    pub(super) entities: &'a [sys::dcgmGroupEntityPair_t],
    pub(super) fields: &'a [u16],
}

/// The pair that a response is labelled with.
#[derive(Clone, Copy)]
pub(super) struct ResponseKey {
    pub(super) kind: u32,
    pub(super) id: u32,
    pub(super) field: u16,
}

impl<'a> RequestGrid<'a> {
    /// Returns each pair, entity by entity.
    pub(super) fn iter_pairs(self) -> impl Iterator<Item = (EntityId, FieldId)> + 'a {
        self.entities.iter().flat_map(move |pair| {
            let entity = EntityId::new(EntityKind::from_raw(pair.entityGroupId), pair.entityId);
            let fields = self.fields.iter();
            fields.map(move |field| (entity, FieldId::from_raw(*field)))
        })
    }
}

/// Matches responses with the pairs of a request by their labels, since DCGM does not guarantee an order.
/// Each pair matches once; unrequested and repeated responses do not match.
///
/// Every release so far responds in the order of the request. In that case nothing is searched or
/// recorded: `next` is the position of the next response, and `seen` stays empty. With the first response
/// out of order, `seen` is filled, and each further response is searched for.
#[derive(Debug, Default)]
pub(super) struct ResponseMatcher {
    /// The indices of the entity and the field expected next.
    next: (usize, usize),
    /// Set for each matched pair; empty as long as all responses came in order.
    seen: Vec<bool>,
}

impl ResponseMatcher {
    /// Starts a new request.
    pub(super) fn start_request(&mut self) {
        self.next = (0, 0);
        self.seen.clear();
    }

    /// Returns the indices of the entity and the field of a response.
    #[inline]
    pub(super) fn match_response(
        &mut self,
        grid: RequestGrid<'_>,
        key: ResponseKey,
    ) -> Option<(usize, usize)> {
        let pair = self.next;
        let is_next = grid
            .entities
            .get(pair.0)
            .is_some_and(|pair| key.is_entity(*pair))
            && grid.fields.get(pair.1) == Some(&key.field);
        if is_next && self.seen.is_empty() {
            self.advance_past(grid, pair);
            return Some(pair);
        }
        self.search_pair(grid, key)
    }

    #[inline]
    fn advance_past(&mut self, grid: RequestGrid<'_>, (entity, field): (usize, usize)) {
        self.next = if field + 1 < grid.fields.len() {
            (entity, field + 1)
        } else {
            (entity + 1, 0)
        };
    }

    #[cold]
    fn search_pair(&mut self, grid: RequestGrid<'_>, key: ResponseKey) -> Option<(usize, usize)> {
        let width = grid.fields.len();
        if self.seen.is_empty() {
            self.seen.resize(grid.entities.len() * width, false);
            let so_far = self.next.0 * width + self.next.1;
            self.seen
                .iter_mut()
                .take(so_far)
                .for_each(|seen| *seen = true);
        }
        // First at the expected entity.
        let here = grid
            .entities
            .get(self.next.0)
            .filter(|pair| key.is_entity(**pair));
        let entity = match here {
            Some(_) => self.next.0,
            None => grid.entities.iter().position(|pair| key.is_entity(*pair))?,
        };
        let field = grid.fields.iter().position(|field| *field == key.field)?;
        let seen = self.seen.get_mut(entity * width + field)?;
        if core::mem::replace(seen, true) {
            return None;
        }
        self.advance_past(grid, (entity, field));
        Some((entity, field))
    }

    /// Returns the indices of the pairs without a response, each with a sample that says so.
    pub(super) fn unanswered_pairs(
        &self,
        grid: RequestGrid<'_>,
    ) -> impl Iterator<Item = (usize, usize, Sample<'static>)> {
        let width = grid.fields.len().max(1);
        let first = if self.seen.is_empty() {
            self.next.0 * width + self.next.1
        } else {
            0
        };
        let is_unanswered =
            move |at: usize| at >= first && self.seen.get(at).is_none_or(|seen| !seen);
        grid.iter_pairs()
            .enumerate()
            .filter(move |(at, _)| is_unanswered(*at))
            .map(move |(at, pair)| (at / width, at % width, unanswered_sample(pair)))
    }
}

impl ResponseKey {
    /// Returns the label of a sample.
    pub(super) const fn new(sample: &Sample<'_>) -> Self {
        Self {
            kind: sample.entity.kind.raw(),
            id: sample.entity.id,
            field: sample.field.raw(),
        }
    }

    #[inline]
    const fn is_entity(self, pair: sys::dcgmGroupEntityPair_t) -> bool {
        pair.entityGroupId == self.kind && pair.entityId == self.id
    }
}

/// Returns the sample of a pair that the library skipped.
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

    type Indices = (usize, usize);

    const fn pair(id: u32) -> sys::dcgmGroupEntityPair_t {
        sys::dcgmGroupEntityPair_t {
            entityGroupId: 1,
            entityId: id,
        }
    }

    /// Returns the matches of responses of GPU fields, and the unanswered pairs.
    fn matched(responses: &[(u32, u16)]) -> (Vec<Option<Indices>>, Vec<Indices>) {
        let mut matcher = ResponseMatcher::default();
        // Requests are independent.
        for _ in 0..2 {
            matcher.start_request();
            for (id, field) in responses {
                let key = ResponseKey {
                    kind: 1,
                    id: *id,
                    field: *field,
                };
                matcher.match_response(GRID, key);
            }
        }
        matcher.start_request();
        let put = responses.iter().map(|(id, field)| {
            matcher.match_response(
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
            .unanswered_pairs(GRID)
            .map(|(entity, field, _)| (entity, field));
        (put, left.collect())
    }

    #[test]
    fn responses_in_order_match_and_the_rest_is_unanswered() {
        let (put, left) = matched(&[(0, 150), (0, 155), (1, 150)]);
        assert_eq!(put, [Some((0, 0)), Some((0, 1)), Some((1, 0))]);
        assert_eq!(left, [(1, 1), (2, 0), (2, 1)]);
    }

    #[test]
    fn responses_out_of_order_match() {
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
    fn unrequested_and_repeated_responses_do_not_match() {
        let (put, left) = matched(&[(0, 150), (0, 150), (7, 150), (0, 151), (0, 155), (0, 155)]);
        assert_eq!(put, [Some((0, 0)), None, None, None, Some((0, 1)), None]);
        assert_eq!(left, [(1, 0), (1, 1), (2, 0), (2, 1)]);
        assert!(matched(&[]).1.len() == 6);
    }

    #[test]
    fn unanswered_pair_is_malformed() {
        let mut matcher = ResponseMatcher::default();
        matcher.start_request();
        let samples: Vec<_> = matcher
            .unanswered_pairs(GRID)
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
