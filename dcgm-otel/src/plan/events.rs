//! Events, counted one by one: XIDs and `SXids`.

use std::sync::Arc;

use dcgm::{FieldId, Samples};
use opentelemetry::{KeyValue, Value};

use super::Plan;
use super::source::Target;
use crate::attributes::{shared_text, sort_by_key};
use crate::candidates::Input;
use crate::cardinality::DropUnit;
use crate::catalogue::Kind;
use crate::history::History;
use crate::snapshot::{Layout, Series};

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

impl Plan {
    /// Counts events. Returns `false` if there was no room for a new series.
    pub(crate) fn count_events(&mut self, samples: &Samples, history: &mut History) -> bool {
        let mut has_room = true;
        for sample in samples {
            let code = sample.value.ok().and_then(|value| value.as_i64());
            // 0 means that there was no event.
            let Some(code) = code.filter(|code| *code > 0) else {
                continue;
            };
            let source = self.events.iter().find(|source| {
                (source.input.entity, source.input.field) == (sample.entity, sample.field)
            });
            let Some(source) = source else { continue };
            let Some(metric) = self.metrics.get(source.series.metric) else {
                continue;
            };
            let series = with_code(&source.series, source.input.field, code);
            let owner = source.owner.as_ref();
            let inputs = [source.input];
            let ledger = &mut history.ledger;
            let index = ledger.get_or_insert(&series, owner, source.unit, &inputs, metric.kind);
            if let Some(total) = ledger.get_mut(index) {
                total.count_event();
            }
            let is_dropped = history.dropped.contains(&source.unit);
            has_room &= is_dropped || self.show_total(index, metric.kind, series);
        }
        has_room
    }

    /// Adds the series of a counter if it is new. Returns `false` if there is no room for it.
    fn show_total(&mut self, index: usize, kind: Kind, series: Series) -> bool {
        if self.layout.series().contains(&series) {
            return true;
        }
        let same = self.layout.series().iter();
        let same = same.filter(|one| one.metric == series.metric).count();
        if self.values.len() >= self.caps.all || same >= self.caps.metric {
            return false;
        }
        let mut all = self.layout.series().to_vec();
        let at = all.partition_point(|one| one.metric <= series.metric);
        all.insert(at, series);
        self.values.insert_total(at, index, kind);
        for state in &mut self.states {
            if let Target::Point(index) = &mut state.target {
                *index += usize::from(*index >= at);
            }
        }
        self.layout = Arc::new(Layout::new(self.metrics, all));
        true
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
