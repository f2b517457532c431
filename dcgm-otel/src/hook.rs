//! What the host program does to attributes before they are exported.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dcgm::Entity;
use opentelemetry::{KeyValue, Value};

use crate::attributes::{shared, sorted};

type Rewrite = dyn Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync;

/// A function of the host program's that changes the attributes of a series: given the metric's
/// name and the entity.
#[derive(Clone)]
pub(crate) struct Hook(Arc<Rewrite>);

impl Hook {
    pub(crate) fn new(
        rewrite: impl Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(rewrite))
    }

    /// Rewrites attributes; sorted by key and each key once, as they were. If it panics they stay
    /// as they were, and `false` says so.
    pub(crate) fn rewrite(
        &self,
        metric: &str,
        entity: &Entity,
        attributes: &mut Vec<KeyValue>,
    ) -> bool {
        let mut list = attributes.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.0)(metric, entity, &mut list)));
        if outcome.is_ok() {
            for one in &mut list {
                if let Value::String(text) = &one.value {
                    one.value = shared(text.as_str().to_owned()).into();
                }
            }
            *attributes = sorted(list);
        }
        outcome.is_ok()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook(..)")
    }
}
