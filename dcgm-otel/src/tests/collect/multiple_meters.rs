//! Several meters on one provider, at the same time or one after another.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use opentelemetry_sdk::metrics::data::{ResourceMetrics, ScopeMetrics};

use crate::InstallError;
use crate::testing::{Fake, Harness};
use crate::tests::long;

/// Number of series of each device metric, by meter.
fn scopes(harness: &Harness<Fake>) -> BTreeMap<Option<String>, usize> {
    harness.exporter.reset();
    harness.provider.force_flush().unwrap();
    let resources = harness.exporter.get_finished_metrics().unwrap();
    let scopes = resources.iter().flat_map(ResourceMetrics::scope_metrics);
    let mut counts = BTreeMap::new();
    for scope in scopes {
        let mut attributes = scope.scope().attributes();
        let name = attributes.find(|one| one.key.as_str() == "dcgm.meter.instance");
        let name = name.map(|one| one.value.to_string());
        *counts.entry(name).or_default() += ScopeMetrics::metrics(scope).count();
    }
    counts
}

#[test]
fn meters_of_different_names_live_on_one_provider() {
    let harness = Harness::uninstalled(&Fake::with_gpus(1));
    let install = |name: Option<&str>| {
        let builder = harness.builder();
        let builder = match name {
            Some(name) => builder.with_instance(name),
            None => builder,
        };
        builder.install(&harness.provider)
    };
    let unnamed = install(None).unwrap();
    let east = install(Some("east")).unwrap();
    let west = install(Some("west")).unwrap();
    for name in [None, Some("east"), Some("west")] {
        assert!(matches!(install(name), Err(InstallError::AlreadyInstalled)));
    }
    for meter in [&unnamed, &east, &west] {
        meter.sample_now().unwrap();
    }
    let counts = scopes(&harness);
    let names: Vec<_> = counts.keys().map(Option::as_deref).collect();
    assert_eq!(names, [None, Some("east"), Some("west")]);
    assert!(counts.values().all(|count| *count == counts[&None]));
    // Each has collects of its own.
    assert_eq!(
        [&unnamed, &east, &west].map(|meter| meter.health().collections),
        [1; 3]
    );

    drop(east);
    let names: Vec<_> = scopes(&harness).into_keys().collect();
    assert_eq!(names, [None, Some("west".to_owned())]);
    assert!(install(Some("east")).is_ok());
}

#[test]
fn a_name_that_cannot_be_is_refused() {
    let harness = Harness::uninstalled(&Fake::with_gpus(1));
    let builder = harness.builder().with_instance("");
    let refused = builder.install(&harness.provider);
    let Err(InstallError::Config(errors)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(errors.iter().next().unwrap().path, "instance");
}

#[test]
fn of_eight_threads_that_install_at_once_one_succeeds() {
    for _ in 0..20 {
        let harness = Harness::uninstalled(&Fake::with_gpus(1));
        let start = Barrier::new(8);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let installing = || {
                start.wait();
                harness.builder().install(&harness.provider)
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(installing)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let (meters, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((meters.len(), refused.len()), (1, 7));
        for outcome in refused {
            assert!(matches!(outcome, Err(InstallError::AlreadyInstalled)));
        }
        let meter = meters.into_iter().next().unwrap().unwrap();
        meter.sample_now().unwrap();
        let mut seen = BTreeMap::new();
        for point in harness.export_all() {
            let key = (point.name, format!("{:?}", point.attributes));
            *seen.entry(key).or_insert(0) += 1;
        }
        assert!(seen.values().all(|count| *count == 1), "{seen:?}");
        assert_eq!(meter.health().collections, 1);
    }
}

#[test]
fn installing_and_dropping_during_collects_loses_nothing() {
    let fake = Fake::with_gpus(1);
    let mut harness = Harness::uninstalled(&fake);
    let (installed, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let collecting = scope.spawn(|| {
            let mut collects = 0;
            while !done.load(Ordering::Relaxed) {
                harness.provider.force_flush().unwrap();
                harness.exporter.reset();
                collects += 1;
            }
            collects
        });
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let meter = harness.builder().install(&harness.provider);
                        if let Ok(meter) = meter {
                            let _ = meter.sample_now();
                            installed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(collecting.join().unwrap() > 0);
    });
    assert!(installed.load(Ordering::Relaxed) > 0);
    let fresh = Harness::new(&fake);
    fresh.sample();
    harness.install();
    harness.sample();
    let names = |harness: &Harness<Fake>| {
        let points = harness.export_all();
        let mut names: Vec<_> = points.into_iter().map(|point| point.name).collect();
        names.sort();
        names
    };
    assert_eq!(names(&harness), names(&fresh));
    assert_eq!(harness.health().collections, 1);
}

/// 100, and with `DCGM_TEST_LONG=1` 1,000.
#[test]
fn cycles_of_installing_and_dropping_leave_nothing_behind() {
    let mut harness = Harness::uninstalled(&Fake::with_gpus(1));
    let cycles = if long() { 1000 } else { 100 };
    let mut seen = Vec::new();
    for _ in 0..cycles {
        harness.install();
        harness.sample();
        let points = harness.export_all().len();
        let instruments = harness.meter().instruments();
        // One for each callback, one for the meter: slots are neither added nor kept.
        let held = harness.meter().binding_references();
        assert_eq!(held, instruments + 1);
        seen.push((points, instruments));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
}
