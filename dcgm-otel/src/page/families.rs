//! The series of a meter by instrument, with the names and labels that they have in Prometheus.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::KeyValue;

use super::names::{MetricName, PageLabel, labels};
use crate::catalogue::Kind;
use crate::error_kind::ErrorKind;
use crate::instruments::{Instrument, InstrumentKind, MeterFeed};
use crate::pipeline::snapshot::{Layout, Number, Snapshot};
use crate::telemetry::{SELF_METRICS, Telemetry};

/// The most points that a self-metric has: one for each kind of error.
const MAX_SELF_POINTS: usize = ErrorKind::ALL.len();

/// Identifies the series of a snapshot, and those of the meter itself.
#[derive(Clone, Debug)]
pub(super) struct LayoutKey {
    layout: Arc<Layout>,
    /// The attributes of `dcgm.meter.info`, which do not belong to the layout.
    info: Arc<Box<[KeyValue]>>,
}

impl LayoutKey {
    /// Returns `true` if it is that of the series of `snapshot`, and of the meter's own.
    pub(super) fn is_current(&self, snapshot: &Snapshot, telemetry: &Telemetry) -> bool {
        Arc::ptr_eq(&self.layout, snapshot.layout()) && telemetry.has_info(&self.info)
    }
}

/// All series of a layout, by instrument, sorted by name.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) key: LayoutKey,
    pub(super) all: Vec<InstrumentSeries>,
}

/// The series of an instrument: at least one, sorted by their labels.
#[derive(Debug)]
pub(super) struct InstrumentSeries {
    pub(super) name: MetricName,
    pub(super) instrument: Instrument,
    /// The index of each series' point, in the snapshot or among the points of the self-metric, and its
    /// labels.
    pub(super) series: Vec<(usize, Vec<PageLabel>)>,
}

impl Families {
    /// Lists the series of a snapshot and those of the meter itself. All have the labels `common`.
    pub(super) fn new(
        feed: &MeterFeed,
        snapshot: &Snapshot,
        now: Instant,
        common: &[PageLabel],
    ) -> Self {
        let telemetry = feed.telemetry();
        let layout = snapshot.layout();
        let instruments = feed.list_instruments().map(|instrument| {
            let mut series = match instrument.source {
                InstrumentKind::Metric(metric) => metric_labels(layout, metric, common),
                InstrumentKind::SelfMetric(row) => self_labels(row, telemetry, now, common),
            };
            series.sort_by(|(_, a), (_, b)| compare_labels(a, b));
            InstrumentSeries {
                name: MetricName::new(instrument.name, instrument.kind, instrument.unit),
                instrument,
                series,
            }
        });
        let mut all: Vec<_> = instruments
            .filter(|family| !family.series.is_empty())
            .collect();
        all.sort_by(|a, b| a.name.sample.cmp(&b.name.sample));
        Self {
            key: LayoutKey {
                layout: Arc::clone(layout),
                info: telemetry.info(),
            },
            all,
        }
    }
}

/// The numbers of a collect.
pub(super) struct Numbers<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) telemetry: &'a Telemetry,
    pub(super) now: Instant,
}

impl Numbers<'_> {
    /// Returns the numbers of an instrument.
    pub(super) fn of(
        &self,
        instrument: &Instrument,
    ) -> InstrumentNumbers<impl Fn(usize) -> Option<Number>> {
        let (kind, now) = (instrument.kind, self.now);
        match instrument.source {
            InstrumentKind::Metric(_) => {
                InstrumentNumbers::Metric(kind, self.snapshot.numbers(now))
            }
            InstrumentKind::SelfMetric(row) => {
                InstrumentNumbers::Own(kind, observe_self_metric(row, self.telemetry, now))
            }
        }
    }
}

/// The numbers of an instrument, by the indices of their points.
#[expect(
    clippy::large_enum_variant,
    reason = "a box would be an allocation in each page"
)]
pub(super) enum InstrumentNumbers<F> {
    Metric(Kind, F),
    Own(Kind, [Option<Number>; MAX_SELF_POINTS]),
}

impl<F: Fn(usize) -> Option<Number>> InstrumentNumbers<F> {
    /// Returns the number of a point; `None` if it has none at present.
    pub(super) fn get(&self, point: usize) -> Option<Number> {
        let (kind, number) = match self {
            Self::Metric(kind, numbers) => (kind, numbers(point)),
            Self::Own(kind, numbers) => (kind, numbers.get(point).copied().flatten()),
        };
        number.filter(|number| kind.takes_number(*number))
    }
}

/// Returns the labels of a metric's series, and their indices.
fn metric_labels(
    layout: &Layout,
    metric: usize,
    common: &[PageLabel],
) -> Vec<(usize, Vec<PageLabel>)> {
    let range = layout.metric_range(metric);
    let series = layout.series().get(range.clone()).unwrap_or_default();
    let all = range.zip(series);
    all.map(|(index, series)| (index, labels(&series.attributes, common)))
        .collect()
}

impl Kind {
    /// Returns `true` if the callback of such an instrument observes numbers of this type.
    const fn takes_number(self, number: Number) -> bool {
        match self {
            Self::GaugeF64 | Self::CounterF64 => matches!(number, Number::F64(_)),
            Self::GaugeI64 | Self::UpDownI64 => matches!(number, Number::I64(_)),
            Self::CounterU64 => matches!(number, Number::U64(_)),
        }
    }
}

/// Returns the labels of a self-metric's points, in the order in which it observes them.
///
/// The age of the newest sample has no point before the first sample, and no attributes when it has
/// one. So a metric without points gets the labels of one without attributes.
fn self_labels(
    row: usize,
    telemetry: &Telemetry,
    now: Instant,
    common: &[PageLabel],
) -> Vec<(usize, Vec<PageLabel>)> {
    let mut series = Vec::new();
    if let Some(row) = SELF_METRICS.get(row) {
        (row.observe)(telemetry, now, &mut |attributes, _| {
            series.push(labels(attributes, common));
        });
    }
    if series.is_empty() {
        series.push(labels(&[], common));
    }
    series.into_iter().enumerate().collect()
}

/// Returns the numbers of a self-metric, in the order in which it observes them.
fn observe_self_metric(
    row: usize,
    telemetry: &Telemetry,
    now: Instant,
) -> [Option<Number>; MAX_SELF_POINTS] {
    let mut numbers = [None; MAX_SELF_POINTS];
    let mut slots = numbers.iter_mut();
    if let Some(row) = SELF_METRICS.get(row) {
        (row.observe)(telemetry, now, &mut |_, number| {
            if let Some(slot) = slots.next() {
                *slot = Some(number);
            }
        });
    }
    numbers
}

/// Compares the labels of two series of a metric as the crate `prometheus` does: by their number, and
/// then by the values alone.
fn compare_labels(a: &[PageLabel], b: &[PageLabel]) -> Ordering {
    let values = a.iter().map(|(_, value)| value);
    let by_len = a.len().cmp(&b.len());
    by_len.then_with(|| values.cmp(b.iter().map(|(_, value)| value)))
}
