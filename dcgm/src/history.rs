//! The samples that the engine has cached: their history, summaries of a period, who asked for them, and what
//! libdcgm says of their field.

use core::fmt::{self, Debug};
use std::time::Duration;

use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::Result;
use crate::field::FieldId;
use crate::not_implemented::{NotImplemented, not_implemented};
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::ValueType;

/// A period by the engine's clock, including both ends.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TimeWindow {
    /// The start; `None` for the oldest sample.
    pub start: Option<Timestamp>,
    /// The end; `None` for the newest sample.
    pub end: Option<Timestamp>,
}

impl TimeWindow {
    /// All samples that the engine has kept.
    pub const ALL: Self = Self {
        start: None,
        end: None,
    };

    /// Creates the period from `start` to `end`.
    #[must_use]
    pub const fn between(start: Timestamp, end: Timestamp) -> Self {
        Self {
            start: Some(start),
            end: Some(end),
        }
    }

    /// Creates the period from `start` to the newest sample.
    #[must_use]
    pub const fn since(start: Timestamp) -> Self {
        Self {
            start: Some(start),
            end: None,
        }
    }

    /// Creates the period from the oldest sample to `end`.
    #[must_use]
    pub const fn until(end: Timestamp) -> Self {
        Self {
            start: None,
            end: Some(end),
        }
    }

    /// Returns the period as DCGM takes it, with 0 for an open end; `None` if it can have no sample. A
    /// time before 1970 as the end would otherwise be an open one.
    pub(crate) fn raw(self) -> Option<(i64, i64)> {
        let start = self.start.map_or(0, |start| start.micros().max(0));
        let Some(end) = self.end else {
            return Some((start, 0));
        };
        let end = end.micros();
        (end > 0 && start <= end).then_some((start, end))
    }

    /// Returns `true` if a time is in the period.
    #[cfg(feature = "mock")]
    pub(crate) fn contains(self, at: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= at) && self.end.is_none_or(|end| at <= end)
    }
}

/// The order of samples.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SampleOrder {
    /// The oldest sample of the window first.
    #[default]
    OldestFirst,
    /// The newest sample of the window first.
    NewestFirst,
}

/// The maximum number of samples that [`HistoryClient::samples`] returns.
pub const MAX_HISTORY_SAMPLES: usize = 4096;

/// A summary of the samples of a number in a period. Integers beyond 2^53 are rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FieldSummary {
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The number of samples. The engine also counts samples without a value, if one with a value follows:
    /// see [`mean`](Self::mean).
    pub count: u64,
    /// The sum of the values; `None` if it may have overflowed, or a value is not a number.
    pub sum: Option<f64>,
    /// The mean of the samples; not weighted by time. `None` if it is not known to be right: the sum overflowed, or a
    /// sample without a value, which the engine counts as 0, is inside. In an integer field such samples are
    /// recognized only together with [`integral`](Self::integral): **without an integral, the mean of an integer field is too
    /// low if samples had no value**.
    pub mean: Option<f64>,
    /// The last value minus the first one: the increase of a counter, if it was not reset.
    pub difference: f64,
    /// The integral over time by trapezia, in the unit of the field times seconds: joules for a power in watts.
    ///
    /// `None` unless it is known to be right. A sample without a value makes it a random number; the first sample of a
    /// [profiling field](FieldId::is_profiling) is always one. For floating-point fields, such numbers are
    /// recognized by their size. For integer fields they can look plausible, and each sample is checked: this is possible
    /// for GPUs, and done for up to 256 samples.
    pub integral: Option<f64>,
}

impl FieldSummary {
    /// Computes the summary of samples in ascending order. Returns `None` if one has no value, or is not a
    /// number, and for no samples.
    ///
    /// Use it for what the engine cannot summarize: read the [samples](HistoryClient::samples), drop those
    /// without a value, and compute.
    #[must_use]
    pub fn of_samples<'a>(samples: impl IntoIterator<Item = Sample<'a>>) -> Option<Self> {
        let mut summary: Option<Self> = None;
        let (mut first, mut last) = (0.0, (Timestamp::NEVER, 0.0));
        let (mut sum, mut integral) = (0.0, 0.0);
        for sample in samples {
            let value = sample
                .value
                .ok()?
                .as_f64()
                .filter(|value| value.is_finite())?;
            if let Some(summary) = &mut summary {
                summary.min = summary.min.min(value);
                summary.max = summary.max.max(value);
                summary.count += 1;
                let seconds = sample.timestamp.since(last.0).as_secs_f64();
                integral += f64::midpoint(last.1, value) * seconds;
            } else {
                first = value;
                summary = Some(Self {
                    min: value,
                    max: value,
                    count: 1,
                    sum: None,
                    mean: None,
                    difference: 0.0,
                    integral: None,
                });
            }
            sum += value;
            last = (sample.timestamp, value);
        }
        let mut summary = summary?;
        #[expect(clippy::cast_precision_loss, reason = "a number of samples")]
        let count = summary.count as f64;
        summary.sum = Some(sum);
        summary.mean = Some(sum / count);
        summary.difference = last.1 - first;
        summary.integral = Some(integral);
        Some(summary)
    }
}

/// The metadata of a field in the loaded libdcgm, which can be newer or older than
/// [`FieldInfo`](crate::FieldInfo).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldMeta {
    /// The field.
    pub field: FieldId,
    /// DCGM's tag, as in `gpu_temp`.
    pub tag: String,
    /// The type of its values; `None` for a type that this crate does not know.
    pub value_type: Option<ValueType>,
    /// `true` if the field has one value for the whole host.
    pub is_global: bool,
    /// The lowest kind of entity that has the field; [`EntityKind::HOST`] for a field of the host.
    pub entity_level: EntityKind,
    /// The short name for tables, as in `TMPTR`; `None` if there is none.
    pub short_name: Option<String>,
    /// The unit for tables, of at most three characters, as in `C`; `None` if there is none. It is often missing or
    /// misleading: prefer [`FieldId::unit`].
    pub unit: Option<String>,
}

impl FieldMeta {
    /// Creates the metadata of a field of GPUs.
    #[must_use]
    pub fn new(field: FieldId, tag: impl Into<String>, value_type: ValueType) -> Self {
        Self {
            field,
            tag: tag.into(),
            value_type: Some(value_type),
            is_global: false,
            entity_level: EntityKind::GPU,
            short_name: None,
            unit: None,
        }
    }
}

/// The kind of a watcher.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct WatcherKind(u32);

impl WatcherKind {
    /// A client's watch: ends with the client's connection.
    pub const CLIENT: Self = Self(0);
    /// The engine itself.
    pub const HOST_ENGINE: Self = Self(1);
    /// A health watch of a client. **It never ends**, not even with the connection.
    pub const HEALTH: Self = Self(2);
    /// A registered policy of a client. **It never ends**, not even with the connection.
    pub const POLICY: Self = Self(3);
    /// The cache of samples.
    pub const CACHE: Self = Self(4);
    /// The configuration of GPUs.
    pub const CONFIG: Self = Self(5);
    /// The part of the engine for NVSwitches.
    pub const NVSWITCH: Self = Self(6);

    /// Wraps a number of DCGM, known or not.
    #[must_use]
    pub const fn from_raw(raw: u32) -> Self {
        Self(raw)
    }

    /// Returns DCGM's number.
    #[must_use]
    pub const fn raw(self) -> u32 {
        self.0
    }
}

impl Debug for WatcherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::CLIENT => "CLIENT",
            Self::HOST_ENGINE => "HOST_ENGINE",
            Self::HEALTH => "HEALTH",
            Self::POLICY => "POLICY",
            Self::CACHE => "CACHE",
            Self::CONFIG => "CONFIG",
            Self::NVSWITCH => "NVSWITCH",
            Self(other) => return write!(f, "WatcherKind({other})"),
        };
        f.write_str(name)
    }
}

/// A watcher of a field of an entity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldWatcher {
    /// Its kind.
    pub kind: WatcherKind,
    /// The engine's number of its connection: equal for two watchers of one connection.
    pub connection: u32,
    /// The interval that it asked for.
    pub interval: Duration,
    /// The time for which it wants samples to be kept.
    pub keep_age: Duration,
}

impl FieldWatcher {
    /// Creates a watcher.
    #[must_use]
    pub const fn new(
        kind: WatcherKind,
        connection: u32,
        interval: Duration,
        keep_age: Duration,
    ) -> Self {
        Self {
            kind,
            connection,
            interval,
            keep_age,
        }
    }
}

/// The watchers of a field of an entity, and what the engine has cached of it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldWatchers {
    /// The watchers. The engine lists at most 10: with 10 there may be more.
    pub watchers: Vec<FieldWatcher>,
    /// The interval of sampling: the shortest of all watchers.
    pub interval: Duration,
    /// The time for which samples are kept: the longest of all watchers.
    pub keep_age: Duration,
    /// The time of the oldest sample; [`Timestamp::NEVER`] if there is none.
    pub oldest: Timestamp,
    /// The time of the newest sample; [`Timestamp::NEVER`] if there is none.
    pub newest: Timestamp,
    /// The number of samples that are kept.
    pub samples: u64,
    /// The number of times that the engine has read the field from the driver.
    pub fetches: u64,
    /// The result of the last read.
    pub last_status: ReturnCode,
}

impl FieldWatchers {
    /// Creates the watchers of a field that has no sample yet, with the shortest interval and the longest age of all.
    /// Returns `None` for no watcher.
    #[must_use]
    pub fn new(watchers: Vec<FieldWatcher>) -> Option<Self> {
        Some(Self {
            interval: watchers.iter().map(|watcher| watcher.interval).min()?,
            keep_age: watchers.iter().map(|watcher| watcher.keep_age).max()?,
            watchers,
            oldest: Timestamp::NEVER,
            newest: Timestamp::NEVER,
            samples: 0,
            fetches: 0,
            last_status: ReturnCode::OK,
        })
    }
}

/// Access to the cache of samples. Returned by [`Client::history`](crate::Client::history).
///
/// Other crates may implement the trait: every method has a default body, which returns
/// [`Error::NotImplemented`](crate::Error::NotImplemented).
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use std::time::Duration;
/// use dcgm::history::{SampleOrder, TimeWindow};
/// use dcgm::mock::{Clock, Mock, Model};
/// use dcgm::{Client, EntityId, FieldId, WatchRequest};
///
/// let clock = Clock::manual();
/// let mock = Mock::builder().model("1xl4".parse::<Model>().unwrap()).clock(clock.clone()).build();
/// mock.connect()?;
/// let (gpu, power) = (EntityId::gpu(0), FieldId::POWER_USAGE);
/// let request = WatchRequest::new([gpu], [power]).with_interval(Duration::from_secs(1));
/// let _watch = mock.watch(&request)?;
/// clock.advance(Duration::from_secs(10));
///
/// let summary = mock.history().summary(gpu, power, TimeWindow::ALL)?.expect("samples");
/// assert_eq!(summary.count, 11);
/// let joules = summary.integral.expect("no sample without a value");
/// assert!((summary.min * 10.0..=summary.max * 10.0).contains(&joules));
/// let newest = mock.history().samples(gpu, power, TimeWindow::ALL, SampleOrder::NewestFirst, 3)?;
/// assert_eq!(newest.len(), 3);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait HistoryClient: Debug + Send + Sync {
    /// Summarizes the samples of a number in a period. Returns `None` if there is no sample with a value. Takes less than
    /// a millisecond for thousands of samples, and needs samples only: those of a watch that has ended count until
    /// they are discarded.
    ///
    /// # Errors
    ///
    /// [`NOT_WATCHED`](ReturnCode::NOT_WATCHED) if there is no sample and no client watches the field, also for an
    /// unknown entity; [`FIELD_UNSUPPORTED_BY_API`](ReturnCode::FIELD_UNSUPPORTED_BY_API) for text and blobs;
    /// [`BAD_PARAM`](ReturnCode::BAD_PARAM) for an unknown field.
    fn summary(
        &self,
        entity: EntityId,
        field: FieldId,
        window: TimeWindow,
    ) -> Result<Option<FieldSummary>> {
        let _ = (entity, field, window);
        not_implemented("HistoryClient::summary")
    }

    /// Returns samples of a field of a GPU in a period: the first `max` ones in `order`. At most
    /// [`MAX_HISTORY_SAMPLES`] are returned: for more, call again with a window that begins after the last one.
    /// Takes memory of 4 KiB for each sample of `max` for the time of the call.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request) for other entities than GPUs, which DCGM cannot do;
    /// [`NOT_WATCHED`](ReturnCode::NOT_WATCHED) if there is no sample and no client watches the field, also for an unknown GPU;
    /// [`UNKNOWN_FIELD`](ReturnCode::UNKNOWN_FIELD) for an unknown field.
    fn samples(
        &self,
        gpu: EntityId,
        field: FieldId,
        window: TimeWindow,
        order: SampleOrder,
        max: usize,
    ) -> Result<Samples> {
        let _ = (gpu, field, window, order, max);
        not_implemented("HistoryClient::samples")
    }

    /// Returns the metadata of a field in the loaded libdcgm; `None` if it does not know the field.
    ///
    /// # Errors
    ///
    /// The same as for [`Client::build_info`](crate::Client::build_info).
    fn field_meta(&self, field: FieldId) -> Result<Option<FieldMeta>> {
        let _ = field;
        not_implemented("HistoryClient::field_meta")
    }

    /// Returns the watchers of a field of an entity; `None` if it is not watched, also for an unknown entity.
    ///
    /// # Errors
    ///
    /// [`BAD_PARAM`](ReturnCode::BAD_PARAM) for an unknown field.
    fn watchers(&self, entity: EntityId, field: FieldId) -> Result<Option<FieldWatchers>> {
        let _ = (entity, field);
        not_implemented("HistoryClient::watchers")
    }
}

impl HistoryClient for NotImplemented {}
