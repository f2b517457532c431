//! Peaks: minimum, maximum and mean of all samples of a source since the last tick.
//!
//! The latest sample says nothing about the time between two ticks. So the sources of peaks are sampled
//! many times between them, and each tick reads all new samples. A *window* has the samples of one source
//! from one tick to the next. Windows meet: a sample is known by its timestamp, and counts in one window.
//!
//! ```text
//!  samples        300   100   blank  300   300 │ 100   300
//!  stands for   ◄─────┼─────┼──────┼─────┼─────┼─────┼─────►
//!                                            tick
//! ```
//!
//! A sample stands for the time since the one before, also if that is in the window before; profiling
//! fields mean the same by it. A blank leaves its time out of the mean. The time of a longer gap is
//! unknown: a sample after it stands for one sampling period, and so does the first one of a connection.
//! A new connection begins with empty windows.

use std::time::Duration;

use dcgm::{Cursor, Samples, Timestamp};

use super::decode::Decoder;
use super::index::Pair;
use super::snapshot::Number;
use super::source::SourceRow;
use crate::catalogue::{Metric, Op, Statistic};

/// Longest gap between two samples for which the second one stands, in sampling periods.
const LONGEST_GAP: f64 = 2.5;

/// The windows of all sources of peaks.
#[derive(Clone, Debug, Default)]
pub(super) struct PeakWindows {
    /// Sorted by pair and metric.
    windows: Vec<PeakWindow>,
    /// Sampling period, and the time for which the engine keeps samples.
    period: Duration,
    keep_age: Duration,
    /// Time up to which samples were read, by the engine's clock.
    read_until: Option<Timestamp>,
    /// Timestamps from before the engine's clock was set back: first, last. The engine still has samples
    /// with them.
    former: Option<(Timestamp, Timestamp)>,
}

/// The samples of one source since the last tick.
#[derive(Clone, Debug)]
struct PeakWindow {
    pair: Pair,
    /// Index of the metric.
    metric: usize,
    decoder: Decoder,
    /// Timestamp of the last sample, with or without a value.
    last: Option<Timestamp>,
    sum: Option<WindowSum>,
}

/// Sum of the values of a window.
#[derive(Clone, Copy, Debug)]
struct WindowSum {
    min: f64,
    max: f64,
    /// Sum of the values, each times the microseconds that it stands for.
    weighted: f64,
    micros: f64,
}

impl PeakWindows {
    /// Makes the windows of those sources that are statistics.
    pub(super) fn new(
        metrics: &[Metric],
        sources: &[SourceRow],
        (period, keep_age): (Duration, Duration),
    ) -> Self {
        let windows = sources.iter().filter_map(|source| {
            let metric = metrics.get(source.metric)?;
            matches!(source.input.op, Op::Peak(_)).then(|| PeakWindow {
                pair: source.input.pair(),
                metric: source.metric,
                decoder: Decoder::new(metric, &source.input),
                last: None,
                sum: None,
            })
        });
        let mut windows: Vec<_> = windows.collect();
        // The statistics of a source share a window.
        windows.sort_by_key(PeakWindow::key);
        windows.dedup_by_key(|window| window.key());
        Self {
            windows,
            period,
            keep_age,
            read_until: None,
            former: None,
        }
    }

    /// Returns `true` if there is no source of peaks.
    pub(super) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Takes over the samples of windows that a table before had, too.
    pub(super) fn take_over(&mut self, before: &Self) {
        self.read_until = before.read_until;
        self.former = before.former;
        for window in &mut self.windows {
            let found = before
                .windows
                .binary_search_by_key(&window.key(), PeakWindow::key);
            if let Some(before) = found.ok().and_then(|at| before.windows.get(at)) {
                (window.last, window.sum) = (before.last, before.sum);
            }
        }
    }

    /// Returns the start of the next read; `None` for the start of the watches.
    pub(super) fn read_start(&self) -> Option<Timestamp> {
        // The engine records a sample a moment after the time that the sample states.
        self.read_until
            .map(|until| subtract(until, Cursor::OVERLAP))
    }

    /// Adds samples to their windows, each once. They must be in the order of time for each source.
    pub(super) fn add_samples(&mut self, samples: &Samples) {
        // The samples of a source follow each other.
        let mut place: Option<(Pair, usize)> = None;
        for sample in samples {
            let pair = (sample.entity, sample.field);
            let is_former = |(first, last)| (first..=last).contains(&sample.timestamp);
            if self.former.is_some_and(is_former) {
                continue;
            }
            let first = match place {
                Some((of, first)) if of == pair => first,
                _ => self.windows.partition_point(|window| window.pair < pair),
            };
            place = Some((pair, first));
            let windows = self.windows.iter_mut().skip(first);
            for window in windows.take_while(|window| window.pair == pair) {
                let number = sample
                    .value
                    .ok()
                    .and_then(|value| window.decoder.decode_value(value));
                window.add_number(sample.timestamp, number, self.period);
            }
        }
    }

    /// Records that all samples up to a time were read. If the engine's clock was set back meanwhile,
    /// the windows begin again.
    pub(super) fn end_read(&mut self, read_until: Option<Timestamp>) {
        if read_until.is_some() && read_until < self.read_start() {
            let last = self.windows.iter().filter_map(|window| window.last).max();
            self.former = last.map(|last| (subtract(last, self.keep_age), last));
            for window in &mut self.windows {
                (window.last, window.sum) = (None, None);
            }
        }
        self.read_until = read_until.or(self.read_until);
    }

    /// Returns a statistic of the window of a source; `None` if it has no value.
    pub(super) fn statistic(
        &self,
        pair: Pair,
        metric: usize,
        statistic: Statistic,
    ) -> Option<Number> {
        let found = self
            .windows
            .binary_search_by_key(&(pair, metric), PeakWindow::key);
        let sum = self.windows.get(found.ok()?)?.sum?;
        Some(Number::F64(match statistic {
            Statistic::Min => sum.min,
            Statistic::Max => sum.max,
            // Rounding does not move a mean out of the range of its values.
            Statistic::Mean => (sum.weighted / sum.micros).max(sum.min).min(sum.max),
        }))
    }

    /// Begins the next windows.
    pub(super) fn begin_windows(&mut self) {
        for window in &mut self.windows {
            window.sum = None;
        }
    }
}

impl PeakWindow {
    const fn key(&self) -> (Pair, usize) {
        (self.pair, self.metric)
    }

    /// Adds a sample, unless it or a later one was added before.
    fn add_number(&mut self, timestamp: Timestamp, number: Option<Number>, period: Duration) {
        if self.last.is_some_and(|last| timestamp <= last) {
            return;
        }
        let longest = period.mul_f64(LONGEST_GAP);
        let gap = self.last.map(|last| timestamp.since(last));
        let time = gap.filter(|gap| *gap <= longest).unwrap_or(period);
        self.last = Some(timestamp);
        let Some(Number::F64(value)) = number else {
            return;
        };
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let micros = time.as_micros() as f64;
        let sum = self.sum.get_or_insert(WindowSum {
            min: value,
            max: value,
            weighted: 0.0,
            micros: 0.0,
        });
        sum.min = sum.min.min(value);
        sum.max = sum.max.max(value);
        sum.weighted += value * micros;
        sum.micros += micros;
    }
}

fn subtract(time: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(time.micros().saturating_sub(by))
}

#[cfg(test)]
mod tests;
