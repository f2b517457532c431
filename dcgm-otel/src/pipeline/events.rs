//! Events, counted one by one: XIDs and `SXids`.

use std::sync::Arc;

use dcgm::{FieldId, Samples};
use opentelemetry::{KeyValue, Value};

use super::cardinality::DropUnit;
use super::history::History;
use super::resolve::Input;
use super::snapshot::Series;
use super::table::SeriesTable;
use crate::attributes::{shared_text, sort_by_key};

/// Largest XID with a series of its own; others share `_OTHER`.
const LARGEST_XID: i64 = 999;

/// Largest `SXid` with a series of its own. They begin at 10,000.
const LARGEST_SXID: i64 = 99_999;

/// Source of events, and the series that count them, without the code.
#[derive(Debug)]
pub(crate) struct EventSource {
    pub(crate) input: Input,
    pub(crate) owner: Option<Arc<str>>,
    pub(crate) unit: DropUnit,
    pub(crate) series: Series,
}

impl SeriesTable {
    /// Counts events. Returns `false` if there was no room for a new series.
    pub(crate) fn count_events(&mut self, samples: &Samples, history: &mut History) -> bool {
        let mut has_room = true;
        for sample in samples {
            let code = sample.value.ok().and_then(|value| value.as_i64());
            // 0 means that there was no event.
            let Some(code) = code.filter(|code| *code > 0) else {
                continue;
            };
            let Some((metric, source)) = self.find_event((sample.entity, sample.field)) else {
                continue;
            };
            let (unit, owner) = (source.unit, source.owner.as_ref());
            let series = with_code(&source.series, source.input.field, code);
            let ledger = &mut history.ledger;
            let index = ledger.get_or_insert(&series, owner, unit, &[source.input], metric.kind);
            if let Some(total) = ledger.get_mut(index) {
                total.count_event();
            }
            let is_dropped = history.dropped.contains(&unit);
            has_room &= is_dropped || self.show_counter(index, metric.kind, series);
        }
        has_room
    }
}

fn with_code(series: &Series, field: FieldId, code: i64) -> Series {
    let largest = if field == FieldId::XID_ERRORS {
        LARGEST_XID
    } else {
        LARGEST_SXID
    };
    let label: Value = if code <= largest {
        shared_text(code.to_string()).into()
    } else {
        "_OTHER".into()
    };
    let mut attributes = series.attributes.to_vec();
    attributes.push(KeyValue::new("error.type", label));
    Series {
        metric: series.metric,
        attributes: sort_by_key(attributes).into(),
    }
}
