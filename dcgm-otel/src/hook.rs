//! The host program's function that rewrites attributes before they are exported.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dcgm::Entity;
use opentelemetry::{KeyValue, Value};

use crate::attributes::{shared_text, sort_by_key};

type RewriteFn = dyn Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync;

/// A function of the host program that changes the attributes of a series, given the name of the
/// metric and the entity.
#[derive(Clone)]
pub(crate) struct AttributeHook(Arc<RewriteFn>);

impl AttributeHook {
    pub(crate) fn new(
        rewrite: impl Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(rewrite))
    }

    /// Rewrites attributes and sorts them by key, each key once. If the function panics, returns
    /// `false` and leaves the attributes unchanged.
    pub(crate) fn rewrite_attributes(
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
                    one.value = shared_text(text.as_str().to_owned()).into();
                }
            }
            *attributes = sort_by_key(list);
        }
        outcome.is_ok()
    }
}

impl fmt::Debug for AttributeHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttributeHook(..)")
    }
}
