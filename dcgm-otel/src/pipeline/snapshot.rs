//! Snapshots: the values of one tick, which callbacks read. Immutable once published.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use opentelemetry::KeyValue;

use crate::catalogue::Metric;

/// A value, in the type of its instrument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    F64(f64),
    I64(i64),
    U64(u64),
}

impl Number {
    /// Returns a whole number; 0 for other types.
    pub(crate) const fn whole_or_zero(self) -> i64 {
        match self {
            Self::I64(number) => number,
            Self::F64(_) | Self::U64(_) => 0,
        }
    }

    /// Returns it as a float. Rounding keeps the order.
    #[cfg(test)]
    #[expect(clippy::cast_precision_loss, reason = "compared only")]
    pub(crate) const fn as_f64(self) -> f64 {
        match self {
            Self::F64(number) => number,
            Self::U64(number) => number as f64,
            Self::I64(number) => number as f64,
        }
    }

    /// Returns `true` for numbers above 0.
    pub(crate) fn is_positive(self) -> bool {
        match self {
            Self::F64(number) => number > 0.0,
            Self::U64(number) => number > 0,
            Self::I64(number) => number > 0,
        }
    }
}

/// A series: the index of its metric, and its attributes, sorted by key.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Series {
    pub(crate) metric: usize,
    pub(crate) attributes: Arc<[KeyValue]>,
}

/// The series that exist. Replaced only when the entities change.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Series of one metric are adjacent, in the order of the catalogue.
    series: Vec<Series>,
    /// Range of each metric's series.
    ranges: Vec<Range<usize>>,
}

impl Layout {
    /// Makes a layout; `series` must be in the order of the metrics.
    pub(crate) fn new(metrics: &[Metric], series: Vec<Series>) -> Self {
        let ranges = (0..metrics.len())
            .map(|metric| {
                let start = series.partition_point(|one| one.metric < metric);
                let end = series.partition_point(|one| one.metric <= metric);
                start..end
            })
            .collect();
        Self { series, ranges }
    }

    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// Returns the indices of a metric's series.
    #[cfg(feature = "prometheus")]
    pub(crate) fn metric_range(&self, metric: usize) -> Range<usize> {
        self.ranges.get(metric).cloned().unwrap_or_default()
    }
}

/// A value and its expiry time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) number: Number,
    /// `None` for counters, which never expire. Not after the snapshot's own time.
    pub(crate) until: Option<Instant>,
}

impl Point {
    /// Returns the number unless it has expired.
    fn number_at(&self, now: Instant, is_fresh: bool) -> Option<Number> {
        let shown = self.until.is_none_or(|until| is_fresh && now < until);
        shown.then_some(self.number)
    }
}

/// The values of one tick.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    layout: Arc<Layout>,
    /// One point per series of the layout.
    points: Vec<Option<Point>>,
    /// Time at which all gauges expire; `None` for never.
    until: Option<Instant>,
}

impl Snapshot {
    /// Fills a snapshot, in the memory of `spare` unless a reader still holds it.
    pub(crate) fn fill_reusing(
        spare: Option<Arc<Self>>,
        fill: impl FnOnce(&mut Self),
    ) -> Arc<Self> {
        let mut next = spare.unwrap_or_default();
        if let Some(snapshot) = Arc::get_mut(&mut next) {
            fill(snapshot);
            return next;
        }
        let mut new = Self::default();
        fill(&mut new);
        Arc::new(new)
    }

    /// Sets the layout and returns the empty list of points to fill, one per series. Gauges expire
    /// at `until` at the latest.
    pub(crate) fn replace_layout(
        &mut self,
        layout: &Arc<Layout>,
        until: Option<Instant>,
    ) -> &mut Vec<Option<Point>> {
        self.layout = Arc::clone(layout);
        self.until = until;
        self.points.clear();
        &mut self.points
    }

    /// Returns the layout and the points to change: one point per series of the layout.
    pub(crate) const fn parts_mut(&mut self) -> (&mut Arc<Layout>, &mut Vec<Option<Point>>) {
        (&mut self.layout, &mut self.points)
    }

    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn new(layout: &Arc<Layout>, points: &[Option<Point>]) -> Self {
        let mut snapshot = Self::default();
        snapshot
            .replace_layout(layout, None)
            .extend_from_slice(points);
        snapshot
    }

    /// Returns the points of an instrument that have not expired.
    pub(crate) fn points(
        &self,
        metric: usize,
        now: Instant,
    ) -> impl Iterator<Item = (&[KeyValue], Number)> {
        let range = self.layout.ranges.get(metric).cloned().unwrap_or_default();
        let series = self.layout.series.get(range.clone()).unwrap_or_default();
        let points = self.points.get(range).unwrap_or_default();
        let is_fresh = self.is_fresh(now);
        series
            .iter()
            .zip(points)
            .filter_map(move |(series, point)| {
                let number = point.as_ref()?.number_at(now, is_fresh)?;
                Some((&*series.attributes, number))
            })
    }

    /// Returns `true` before the time at which all gauges expire.
    fn is_fresh(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Returns the layout of the series.
    #[cfg(feature = "prometheus")]
    pub(crate) const fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Returns a function from the index of a series to its number, `None` if that has expired.
    #[cfg(feature = "prometheus")]
    pub(crate) fn numbers(&self, now: Instant) -> impl Fn(usize) -> Option<Number> {
        let is_fresh = self.is_fresh(now);
        move |series| self.points.get(series)?.as_ref()?.number_at(now, is_fresh)
    }

    /// Returns the totals of the counters. `metrics` is the table of the series.
    pub(crate) fn counter_totals<'a>(
        &'a self,
        metrics: &'a [Metric],
    ) -> impl Iterator<Item = (&'a Series, Number)> {
        self.layout
            .series
            .iter()
            .zip(&self.points)
            .filter_map(move |(series, point)| {
                let metric = metrics.get(series.metric)?;
                let point = point.as_ref()?;
                metric.kind.is_counter().then_some((series, point.number))
            })
    }
}
