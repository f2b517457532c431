//! The host program's function that rewrites attributes.

use dcgm::Entity;
use opentelemetry::KeyValue;

use crate::testing::{Fake, Harness, SECOND};
use crate::{Config, DcgmMeterBuilder, ErrorKind};

/// Creates a harness whose meter has an attribute hook, after a sample.
fn with_hook(
    fake: &Fake,
    hook: impl Fn(&str, &Entity, &mut Vec<KeyValue>) + Send + Sync + 'static,
) -> Harness<Fake> {
    let config = Config::default().with_interval(SECOND);
    let hooked = |builder: DcgmMeterBuilder| builder.with_attribute_hook(hook);
    let harness = Harness::with_builder(fake, config, hooked);
    harness.sample();
    harness
}

#[test]
fn a_hook_drops_adds_and_rewrites_attributes() {
    let fake = Fake::with_gpus(1);
    let harness = with_hook(&fake, |metric, entity, attributes| {
        if metric == "hw.power" {
            attributes.retain(|one| one.key.as_str() != "hw.name");
            attributes.push(KeyValue::new("a.pod", entity.id.to_string()));
            attributes.push(KeyValue::new("hw.id", "rewritten"));
        }
    });
    assert_eq!(
        harness.keys("hw.power"),
        ["a.pod", "hw.gpu.index", "hw.id", "hw.type"]
    );
    assert_eq!(harness.ids(), ["rewritten"]);
    assert_eq!(harness.keys("hw.energy").len(), 4);
}

#[test]
fn a_hook_that_makes_two_series_the_same_costs_the_second() {
    let fake = Fake::with_gpus(2);
    let harness = with_hook(&fake, |metric, _, attributes| {
        if metric == "hw.power" {
            attributes.clear();
        }
    });
    assert_eq!(harness.ids(), [""]);
    assert_eq!(harness.health().series_dropped, 1);
}

#[test]
fn a_hook_that_panics_changes_nothing_and_is_counted() {
    let fake = Fake::with_gpus(1);
    let harness = with_hook(&fake, |metric, _, attributes| {
        attributes.clear();
        assert_ne!(metric, "hw.power", "the hook panics on purpose");
    });
    assert_eq!(harness.ids(), ["GPU-a0"]);
    let health = harness.health();
    assert!(health.is_ready());
    assert_eq!(health.errors(ErrorKind::Panic), 1);
}
