//! Events, counted one by one: XIDs and `SXids`.

use std::sync::Arc;

use dcgm::FieldId;
use opentelemetry::{KeyValue, Value};

use super::cardinality::DropUnit;
use super::resolve::Input;
use super::snapshot::Series;
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

impl EventSource {
    /// Returns the series that counts this code.
    pub(super) fn series_of_code(&self, code: i64) -> Series {
        with_code(&self.series, self.input.field, code)
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
