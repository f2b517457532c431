//! Counts, and the warning about a missing reader.

use std::collections::BTreeSet;

use dcgm::Version;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::*;
use crate::testing::SECOND;

fn backend() -> Backend {
    Backend::new(BackendKind::Standalone, "localhost:5555")
}

type Act = fn(&Telemetry);

fn telemetry(now: Instant) -> Telemetry {
    Telemetry::new(Arc::default(), &backend(), now)
}

/// Returns the points of a row.
fn shown(telemetry: &Telemetry, name: &str, now: Instant) -> Vec<(Vec<KeyValue>, Number)> {
    let row = SELF_METRICS.iter().find(|row| row.name == name).unwrap();
    let mut points = Vec::new();
    (row.observe)(telemetry, now, &mut |attributes, number| {
        points.push((attributes.to_vec(), number));
    });
    points
}

fn number(telemetry: &Telemetry, name: &str, now: Instant) -> Number {
    let points = shown(telemetry, name, now);
    let [(_, number)] = points[..] else {
        panic!("{points:?}")
    };
    number
}

#[test]
fn names_and_units_are_valid_for_the_sdk() {
    let names: BTreeSet<_> = SELF_METRICS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), SELF_METRICS.len());
    for row in SELF_METRICS {
        assert!(row.name.starts_with("dcgm.meter."), "{}", row.name);
        let fits = |c: char| c.is_ascii_lowercase() || c == '.';
        assert!(row.name.chars().all(fits), "{}", row.name);
        // An exporter for Prometheus appends it.
        assert!(!row.name.contains("total"), "{}", row.name);
        assert!(row.unit.is_ascii() && row.unit.len() <= 63, "{}", row.name);
        assert!(row.description.ends_with('.'), "{}", row.name);
        // A counter counts things or seconds.
        let counts = row.unit.starts_with('{') || row.unit == "s";
        assert!(!row.kind.is_counter() || counts, "{}", row.name);
    }
}

#[test]
fn each_count_changes_its_own_row_only() {
    let now = Instant::now();
    let acts: [(&str, Act, Number); 8] = [
        (
            "dcgm.meter.samples",
            |t| t.record_samples(7),
            Number::U64(7),
        ),
        (
            "dcgm.meter.tick.time",
            |t| t.record_tick(SECOND / 2),
            Number::F64(0.5),
        ),
        (
            "dcgm.meter.degraded",
            |t| t.set_degraded(true),
            Number::I64(1),
        ),
        (
            "dcgm.meter.series.dropped",
            |t| t.set_dropped_series(9),
            Number::I64(9),
        ),
        (
            "dcgm.meter.counter.resets",
            |t| t.record_resets(3),
            Number::U64(3),
        ),
        (
            "dcgm.meter.reconnects",
            Telemetry::record_reconnect,
            Number::U64(1),
        ),
        (
            "dcgm.meter.callback.panics",
            Telemetry::callback_panicked,
            Number::U64(1),
        ),
        ("dcgm.meter.info", Telemetry::record_collect, Number::I64(1)),
    ];
    let all = |telemetry: &Telemetry| -> Vec<_> {
        let rows = SELF_METRICS.iter();
        rows.map(|row| (row.name, shown(telemetry, row.name, now)))
            .collect()
    };
    for (name, act, expected) in acts {
        let telemetry = telemetry(now);
        let before = all(&telemetry);
        act(&telemetry);
        assert_eq!(number(&telemetry, name, now), expected, "{name}");
        for (before, after) in before.iter().zip(&all(&telemetry)) {
            assert!(before == after || before.0 == name, "{name}: {after:?}");
        }
    }
}

#[test]
fn every_error_kind_exists_from_the_start() {
    let now = Instant::now();
    let telemetry = telemetry(now);
    for (round, kind) in ErrorKind::ALL.iter().enumerate() {
        let points = shown(&telemetry, "dcgm.meter.errors", now);
        assert_eq!(points.len(), ErrorKind::ALL.len());
        let counted = points
            .iter()
            .filter(|(_, number)| *number != Number::U64(0));
        assert_eq!(counted.count(), round);
        telemetry.record_error(*kind);
        let points = shown(&telemetry, "dcgm.meter.errors", now);
        let key = [KeyValue::new("error.type", kind.name())];
        assert!(points.contains(&(key.to_vec(), Number::U64(1))), "{kind}");
    }
    assert_eq!(telemetry.own_counts().errors(), [1; ErrorKind::ALL.len()]);
}

#[test]
fn next_meter_exports_earlier_counts_but_reports_its_own() {
    let now = Instant::now();
    let all = Arc::new(Counts::default());
    let first = Telemetry::new(Arc::clone(&all), &backend(), now);
    first.record_samples(5);
    first.set_degraded(true);
    let second = Telemetry::new(all, &backend(), now);
    assert_eq!(number(&second, "dcgm.meter.samples", now), Number::U64(5));
    assert_eq!(number(&second, "dcgm.meter.degraded", now), Number::I64(0));
    // A thread of the first that was left behind, for instance.
    first.record_samples(1);
    second.record_samples(10);
    assert_eq!(number(&second, "dcgm.meter.samples", now), Number::U64(16));
    assert_eq!(second.own_counts().samples(), 10);
}

#[test]
fn sample_age_grows_from_the_first_sample() {
    let now = Instant::now();
    let telemetry = telemetry(now);
    assert_eq!(shown(&telemetry, "dcgm.meter.sample.age", now), []);
    // At the very moment at which the meter was made.
    telemetry.record_sample_time(now);
    assert_eq!(telemetry.sample_age(now), Some(Duration::ZERO));
    telemetry.record_sample_time(now + SECOND);
    let later = now + SECOND * 5;
    assert_eq!(
        number(&telemetry, "dcgm.meter.sample.age", later),
        Number::F64(4.0)
    );
}

#[test]
fn info_is_sorted_without_unknown_versions() {
    let mut real = backend();
    assert_eq!(info_attributes(&real, None).len(), 2);
    real.library = Some(BuildInfo::from_raw("version:4.6.1;buildtype:Release"));
    let engine = BuildInfo::from_raw("version:4.5.0;buildtype:Release");
    let text = |backend: &Backend, engine: &BuildInfo| -> Vec<_> {
        let attributes = info_attributes(backend, Some(engine));
        assert!(attributes.is_sorted_by_key(|one| one.key.as_str().to_owned()));
        let attributes = attributes.iter();
        attributes
            .map(|one| format!("{}={}", one.key, one.value))
            .collect()
    };
    assert_eq!(
        text(&real, &engine),
        [
            "dcgm.meter.backend=standalone",
            "dcgm.meter.engine.version=4.5.0",
            "dcgm.meter.library.version=4.6.1",
            "dcgm.meter.simulated=false",
        ]
    );
    assert_eq!(engine.version(), Some(Version::new(4, 5, 0)));
    let simulated = BuildInfo::from_raw("version:4.6.0;buildtype:Simulated");
    assert_eq!(text(&real, &simulated)[3], "dcgm.meter.simulated=true");
}

/// Counts the warnings of this thread.
struct Warnings(AtomicU64);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Relaxed);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Counts the warnings that `act` logs on this thread.
pub(crate) fn count_warnings(act: impl FnOnce()) -> u64 {
    let warnings = Arc::new(Warnings(AtomicU64::new(0)));
    tracing::subscriber::with_default(Arc::clone(&warnings), act);
    warnings.0.load(Relaxed)
}

/// Counts the warnings of a meter that ticks at these seconds and is collected at that one.
fn warnings(ticks: &[u32], collected: Option<u32>) -> u64 {
    let now = Instant::now();
    let telemetry = telemetry(now);
    count_warnings(|| {
        for tick in ticks {
            if collected.is_some_and(|at| at <= *tick) {
                telemetry.record_collect();
            }
            telemetry.warn_if_unread(now + SECOND * *tick);
        }
    })
}

#[test]
fn missing_reader_is_warned_about_once_and_in_time() {
    assert_eq!(warnings(&[1000], None), 0, "counted from the first tick");
    assert_eq!(warnings(&[0, 60, 179], None), 0);
    assert_eq!(warnings(&[0, 179, 180], None), 1);
    assert_eq!(warnings(&[0, 180, 181, 1000, 5000], None), 1);
    assert_eq!(warnings(&[0, 179, 180, 1000], Some(179)), 0);
    // A reader that comes late does no harm.
    assert_eq!(warnings(&[0, 200, 300], Some(300)), 1);
}
