//! What the callbacks show: all values of one tick, never changed once handed out.

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
    /// A whole number; 0 for one that is none.
    pub(crate) const fn whole_or_zero(self) -> i64 {
        match self {
            Self::I64(number) => number,
            Self::F64(_) | Self::U64(_) => 0,
        }
    }

    /// Whether it is more than nothing.
    pub(crate) fn is_positive(self) -> bool {
        match self {
            Self::F64(number) => number > 0.0,
            Self::U64(number) => number > 0,
            Self::I64(number) => number > 0,
        }
    }
}

/// A series: its instrument, by place in the catalogue, and its attributes, sorted by key.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Series {
    pub(crate) metric: usize,
    pub(crate) attributes: Arc<[KeyValue]>,
}

/// Which series there are. Made anew only when the entities change.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// Those of one instrument beside each other, in the order of the catalogue.
    series: Vec<Series>,
    /// Where those of each instrument are.
    ranges: Vec<Range<usize>>,
}

impl Layout {
    /// Of these series, which must come in the order of the metrics.
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
}

/// A value, and how long it may be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) number: Number,
    /// `None` for counters, which hold their total whatever happens. No longer than the snapshot
    /// says.
    pub(crate) until: Option<Instant>,
}

/// The values of one tick.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    layout: Arc<Layout>,
    /// One for each series of the layout.
    points: Vec<Option<Point>>,
    /// How long anything is shown that is no counter. `None` is for ever.
    until: Option<Instant>,
}

impl Snapshot {
    /// One that is filled anew, in the memory of a spare one unless somebody still looks at that.
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

    /// Of a layout, with as many values as are put into the list that it lends: one for each
    /// series. Those that are no counters are shown no longer than `until`.
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

    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn new(layout: &Arc<Layout>, points: &[Option<Point>]) -> Self {
        let mut snapshot = Self::default();
        snapshot
            .replace_layout(layout, None)
            .extend_from_slice(points);
        snapshot
    }

    /// What an instrument shows at this moment: nothing that is too old.
    pub(crate) fn points(
        &self,
        metric: usize,
        now: Instant,
    ) -> impl Iterator<Item = (&[KeyValue], Number)> {
        let range = self.layout.ranges.get(metric).cloned().unwrap_or_default();
        let series = self.layout.series.get(range.clone()).unwrap_or_default();
        let points = self.points.get(range).unwrap_or_default();
        let is_fresh = self.until.is_none_or(|until| now < until);
        series
            .iter()
            .zip(points)
            .filter_map(move |(series, point)| {
                let point = point.as_ref()?;
                let shown = point.until.is_none_or(|until| is_fresh && now < until);
                shown.then_some((&*series.attributes, point.number))
            })
    }

    /// The totals of the counters. `metrics` is the table that the series are of.
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
