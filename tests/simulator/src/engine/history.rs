//! Summaries, history and watchers of cached samples.

use super::usage::Summary;
use super::watches::FieldInfo;
use super::{Code, Engine, Pair, st};
use crate::fields::Field;
use crate::wire::{Payload, Record};

impl Engine {
    /// `dcgmGetFieldSummary`: the type of the field, and the numbers. With a failure, the type is there too, if
    /// the field is known.
    pub(crate) fn field_summary(
        &self,
        pair: Pair,
        field: u16,
        period: (i64, i64),
    ) -> (Code, Option<u8>, Option<Summary>) {
        let Some(field) = Field::find(field, self.flavour).filter(|field| field.id != 0) else {
            return (st::BADPARAM, None, None);
        };
        if !matches!(field.kind, b'i' | b'd' | b't') {
            return (st::FIELD_UNSUPPORTED_BY_API, Some(field.kind), None);
        }
        let code = match self.summarize(pair, field.id, period) {
            Some(summary) => return (st::OK, Some(field.kind), Some(summary)),
            None if self.is_watched(pair, field) => st::NO_DATA,
            None => st::NOT_WATCHED,
        };
        (code, Some(field.kind), None)
    }

    fn is_watched(&self, pair: Pair, field: &Field) -> bool {
        let watched = self.watched(pair, field);
        watched.is_some_and(super::watches::Watched::is_watched)
    }

    /// `dcgmGetMultipleValuesForField`: nothing in the period is one record that says so.
    pub(crate) fn history(
        &self,
        pair: Pair,
        field: u16,
        period: (i64, i64),
        (order, most): (u32, usize),
    ) -> Result<Vec<Record>, Code> {
        let Some(field) = Field::find(field, self.flavour) else {
            return Err(st::UNKNOWN_FIELD);
        };
        if !matches!(order, 1 | 2) {
            return Err(st::BADPARAM);
        }
        let has_samples = self
            .watched(pair, field)
            .is_some_and(|watched| watched.samples().len() > 0);
        if !has_samples && !self.is_watched(pair, field) {
            return Err(st::NOT_WATCHED);
        }
        let record = |(ts, payload), status| Record {
            entity: pair,
            field: field.id,
            kind: field.kind,
            status,
            ts,
            payload,
        };
        let mut samples = self.samples_in(pair, field.id, period);
        if order == 2 {
            samples.reverse();
        }
        samples.truncate(most);
        if samples.is_empty() {
            let nothing = (0, Payload::blank(field.kind, 0));
            return Ok(vec![record(nothing, st::NO_DATA)]);
        }
        Ok(samples
            .into_iter()
            .map(|sample| record(sample, st::OK))
            .collect())
    }

    /// `dcgmGetCacheManagerFieldInfo`.
    pub(crate) fn field_info(&self, pair: Pair, field: u16) -> Result<FieldInfo, Code> {
        let field = Field::find(field, self.flavour).ok_or(st::BADPARAM)?;
        let watched = self.watched(pair, field);
        watched
            .filter(|watched| watched.is_watched())
            .map(super::watches::Watched::info)
            .ok_or(st::NOT_WATCHED)
    }
}
