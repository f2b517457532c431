//! Pods that hold whole GPUs, one after another.

use std::collections::BTreeSet;
use std::time::Duration;

use dcgm::{EntityId, FieldId};

use crate::Config;
use crate::testing::{
    Exported, Fake, Harness, INTERVAL, SECOND, Scripted, labels_of, mock_of, on_gpu, push,
};

const ENERGY: FieldId = FieldId::TOTAL_ENERGY_CONSUMPTION;

fn with_source<C: crate::testing::TestClient>(
    client: &C,
    config: Config,
) -> (Harness<C>, Scripted) {
    let source = Scripted::new();
    let harness = Harness::with_builder(client, config, |builder| {
        builder.with_attribution(source.clone())
    });
    (harness, source)
}

fn energy<C: crate::testing::TestClient>(harness: &Harness<C>) -> Vec<(String, f64)> {
    let mut points = harness.points("hw.energy");
    points.retain(|one| one.attribute("hw.type").as_deref() == Some("gpu"));
    labels_of(&points)
}

fn named(all: &[(&str, f64)]) -> Vec<(String, f64)> {
    all.iter()
        .map(|(name, value)| ((*name).to_owned(), *value))
        .collect()
}

#[test]
fn three_pods_in_turn_get_the_energy_of_their_time_and_no_more() {
    let mock = mock_of("1xl4".parse().unwrap());
    let (harness, source) = with_source(&mock, Config::default());
    let gpu = EntityId::gpu(0);
    harness.poll_and_sample();
    let mut changes = vec![harness.now()];
    for pod in ["a", "b", "c"] {
        source.answer([on_gpu(0, pod)]);
        harness.advance(Duration::from_secs(INTERVAL));
        harness.poll_and_sample();
        changes.push(harness.now());
        harness.run_until(harness.now().as_secs() + 2 * INTERVAL);
    }
    source.answer([]);
    harness.advance(Duration::from_secs(INTERVAL));
    harness.poll_and_sample();
    changes.push(harness.now());
    harness.tick_after(Duration::from_secs(INTERVAL));
    changes.push(harness.now());
    // In whole millijoules, as the hardware counts.
    let at = |index: usize| harness.raw_at(gpu, ENERGY, changes[index]);
    let joules = |from: usize, to: usize| (at(to) - at(from)) / 1000.0;
    let own = (at(1) - at(0) + at(5) - at(4)) / 1000.0;
    // The share of `a` was forgotten: its grace is over, and collects have read it.
    let expected = [
        ("-", own),
        ("a", joules(1, 2)),
        ("b", joules(2, 3)),
        ("c", joules(3, 4)),
    ];
    let shown = energy(&harness);
    assert_eq!(shown, named(&expected));
    assert!(expected.iter().all(|(_, joules)| *joules > 0.0));
    let sum: f64 = shown.iter().map(|(_, joules)| joules).sum();
    assert!((sum - joules(0, 5)).abs() < 1e-9, "{sum}");
}

#[test]
fn gauges_have_the_present_pod_and_its_links_and_nothing_stale() {
    let (harness, source) =
        with_source(&Fake::with_gpus(2), Config::default().with_interval(SECOND));
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    let power = |harness: &Harness<Fake>| labels_of(&harness.points("hw.power"));
    assert_eq!(power(&harness), named(&[("-", 1.0), ("a", 1.0)]));
    let of_pod = |pod: &str| {
        let points = harness.export();
        let of_pod = points
            .iter()
            .filter(|one| one.attribute("k8s.pod.name").as_deref() == Some(pod));
        of_pod.map(|one| one.name.clone()).collect::<BTreeSet<_>>()
    };
    let all: BTreeSet<_> = harness.export().into_iter().map(|one| one.name).collect();
    // All but what the host has, and what takes its value from no GPU.
    let of_a = of_pod("a");
    let others: Vec<_> = all.difference(&of_a).map(String::as_str).collect();
    assert_eq!(others, ["hw.gpu.count"]);
    source.answer([on_gpu(1, "b")]);
    harness.poll_and_sample();
    assert_eq!(power(&harness), named(&[("-", 1.0), ("b", 1.0)]));
    // Counters that have counted.
    let of_a = of_pod("a");
    assert!(of_a.contains("hw.gpu.c2c.io"), "{of_a:?}");
    assert!(of_a.is_subset(&all_counters(&harness)), "{of_a:?}");
}

/// The names of the counters.
fn all_counters(harness: &Harness<Fake>) -> BTreeSet<String> {
    let points = harness.export();
    let counters = points.iter().filter(|point| point.is_counter());
    counters.map(|point| point.name.clone()).collect()
}

#[test]
fn a_pod_that_has_ended_is_exported_for_three_intervals_and_a_collect() {
    let fake = Fake::with_gpus(1);
    let (harness, source) = with_source(&fake, Config::default().with_interval(SECOND));
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    fake.set(0, ENERGY, 5001.0);
    harness.tick_after(SECOND);
    source.answer([]);
    fake.set(0, ENERGY, 7001.0);
    harness.advance(SECOND);
    harness.poll_and_sample();
    // No collect yet, for however long.
    for _ in 0..5 {
        harness.tick_after(SECOND);
    }
    assert_eq!(energy(&harness), named(&[("-", 0.0), ("a", 7.0)]));
    harness.tick_after(SECOND);
    assert_eq!(energy(&harness), named(&[("-", 0.0)]));
    // Back before a collect has seen that it is gone, it would go on.
    fake.set(0, ENERGY, 8001.0);
    harness.tick_after(SECOND);
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    assert_eq!(energy(&harness), named(&[("-", 1.0), ("a", 0.0)]));
}

#[test]
fn a_pod_that_is_back_before_a_collect_goes_on() {
    let fake = Fake::with_gpus(1);
    let (harness, source) = with_source(&fake, Config::default().with_interval(SECOND));
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    fake.set(0, ENERGY, 5001.0);
    harness.sample();
    source.answer([]);
    harness.poll_and_sample();
    assert_eq!(energy(&harness), named(&[("-", 0.0), ("a", 5.0)]));
    for _ in 0..4 {
        harness.tick_after(SECOND);
    }
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    assert_eq!(energy(&harness), named(&[("a", 5.0)]));
}

#[test]
fn an_xid_belongs_to_the_pod_that_it_ended() {
    let mock = mock_of("1xl4".parse().unwrap());
    let (harness, source) = with_source(&mock, Config::default());
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    let xids = || labels_of(&harness.points("hw.gpu.xid.errors"));
    // It is gone when the meter reads the event.
    push(&mock, EntityId::gpu(0), FieldId::XID_ERRORS, &[79]);
    source.answer([]);
    harness.advance(Duration::from_secs(INTERVAL));
    harness.poll_and_sample();
    assert_eq!(xids(), named(&[("-", 0.0), ("a", 1.0)]));
    // An event of a pod that is new.
    push(&mock, EntityId::gpu(0), FieldId::XID_ERRORS, &[79]);
    source.answer([on_gpu(0, "b")]);
    harness.advance(Duration::from_secs(INTERVAL));
    harness.poll_and_sample();
    assert_eq!(xids(), named(&[("a", 1.0), ("b", 1.0)]));
    // And one of none.
    source.answer([]);
    harness.advance(Duration::from_secs(INTERVAL));
    harness.poll_and_sample();
    push(&mock, EntityId::gpu(0), FieldId::XID_ERRORS, &[79]);
    harness.tick_after(Duration::from_secs(INTERVAL));
    // The grace of `a` is over.
    assert_eq!(xids(), named(&[("-", 1.0), ("b", 1.0)]));
}

#[test]
fn a_meter_installed_again_goes_on_with_the_totals_of_each_pod() {
    let fake = Fake::with_gpus(1);
    let source = Scripted::new();
    let mut harness = Harness::uninstalled(&fake);
    let install = |harness: &mut Harness<Fake>| {
        harness.uninstall();
        let builder = harness.builder().with_attribution(source.clone());
        builder.install(&harness.provider).unwrap()
    };
    let sample = |meter: &crate::DcgmMeter| {
        meter.poll_sources();
        meter.sample_now().unwrap();
    };
    let meter = install(&mut harness);
    sample(&meter);
    fake.set(0, ENERGY, 1001.0);
    sample(&meter);
    source.answer([on_gpu(0, "a")]);
    sample(&meter);
    fake.set(0, ENERGY, 4001.0);
    sample(&meter);
    assert_eq!(energy(&harness), named(&[("-", 1.0), ("a", 3.0)]));
    drop(meter);
    let meter = install(&mut harness);
    sample(&meter);
    fake.set(0, ENERGY, 9001.0);
    sample(&meter);
    assert_eq!(energy(&harness), named(&[("-", 1.0), ("a", 8.0)]));
}

#[test]
fn totals_before_the_first_reading_belong_to_no_pod() {
    let fake = Fake::with_gpus(1);
    fake.set(0, ENERGY, 500_000.0);
    let config = Config::default()
        .with_interval(SECOND)
        .with_counter_origin(crate::CounterOrigin::Device);
    let (harness, source) = with_source(&fake, config);
    source.answer([on_gpu(0, "a")]);
    harness.poll_and_sample();
    fake.set(0, ENERGY, 501_000.0);
    harness.sample();
    assert_eq!(energy(&harness), named(&[("-", 500.0), ("a", 1.0)]));
}

/// Number of short pods.
fn churn() -> usize {
    if crate::tests::long() { 10_000 } else { 300 }
}

#[test]
fn the_series_stay_as_few_however_many_pods_there_were() {
    let fake = Fake::with_gpus(1);
    let (harness, source) = with_source(&fake, Config::default().with_interval(SECOND));
    let mut sizes = BTreeSet::new();
    let mut total = 0.0;
    for number in 0..churn() {
        source.answer([on_gpu(0, &format!("pod-{number}"))]);
        total += 1.0;
        fake.set(0, ENERGY, 1.0 + total * 1000.0);
        harness.advance(SECOND);
        harness.poll_and_sample();
        if number % 10 == 0 {
            let points = harness.export();
            if number > 50 {
                sizes.insert(points.len());
            }
        }
    }
    let health = harness.health();
    assert!(health.is_ready() && health.series_dropped == 0, "{health}");
    // The last ones since a collect, and not a thousand.
    let largest = sizes.last().copied().unwrap_or_default();
    assert!(largest < 1024, "{sizes:?}");
    // A busy machine can miss an answer.
    let smallest = sizes.first().copied().unwrap_or_default();
    assert!(largest <= 4 * smallest, "{sizes:?}");
}

#[test]
fn ended_pods_take_no_room_from_what_is_alive() {
    let fake = Fake::with_gpus(2);
    let plain = Harness::with_settings(&fake, Config::default()).export();
    let counters = plain.iter().filter(|point| point.is_counter()).count();
    // Room for a series of each device and workload, and two more.
    let cap = plain.len() + counters + 2;
    let config = Config::default().with_interval(SECOND).with_max_series(cap);
    let (harness, source) = with_source(&fake, config);
    for number in 0..20 {
        source.answer([
            on_gpu(0, &format!("a{number}")),
            on_gpu(1, &format!("b{number}")),
        ]);
        fake.set(0, ENERGY, f64::from(number) * 1000.0);
        harness.poll_and_sample();
        let points = harness.export();
        assert!(points.len() <= cap, "{}", points.len());
        let is_alive = |point: &&Exported| {
            let pod = point.attribute("k8s.pod.name");
            pod.is_none_or(|pod| pod.ends_with(&format!("{number}")))
        };
        let alive = points.iter().filter(is_alive).count();
        assert!(alive >= plain.len(), "{alive}");
    }
    assert_eq!(harness.health().series_dropped, 0);
}
