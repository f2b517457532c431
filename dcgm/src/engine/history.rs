//! The implementation of [`HistoryClient`] for [`Engine`].

use super::Engine;
use super::connection::EngineConnection;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Operation, Result};
use crate::ffi::{RawNumbers, RawSummary};
use crate::field::FieldId;
use crate::history::{
    FieldMeta, FieldSummary, FieldWatchers, HistoryClient, MAX_HISTORY_SAMPLES, SampleOrder,
    TimeWindow,
};
use crate::sample::{Sample, Samples};

/// The number of samples that are checked one by one for a summary: a buffer of 1 MiB.
const MAX_CHECKED_SAMPLES: usize = 256;

const MICROS_PER_SECOND: f64 = 1e6;

impl HistoryClient for Engine {
    #[doc(alias = "dcgmGetFieldSummary")]
    fn summary(
        &self,
        entity: EntityId,
        field: FieldId,
        window: TimeWindow,
    ) -> Result<Option<FieldSummary>> {
        let Some(period) = window.raw() else {
            return Ok(None);
        };
        self.history_task(move |connection| summarize(connection, entity, field, period))
    }

    #[doc(alias = "dcgmGetMultipleValuesForField")]
    fn samples(
        &self,
        gpu: EntityId,
        field: FieldId,
        window: TimeWindow,
        order: SampleOrder,
        max: usize,
    ) -> Result<Samples> {
        if gpu.kind != EntityKind::GPU {
            return Err(Error::Request(
                "expected a GPU: DCGM has no history of other entities",
            ));
        }
        let Some(period) = window.raw().filter(|_| max > 0) else {
            return Ok(Samples::new());
        };
        let max = max.min(MAX_HISTORY_SAMPLES);
        self.history_task(move |connection| connection.history(gpu.id, field, period, order, max))
    }

    #[doc(alias = "DcgmFieldGetById")]
    fn field_meta(&self, field: FieldId) -> Result<Option<FieldMeta>> {
        self.history_task(move |connection| connection.dcgm().field_meta(field))
    }

    #[doc(alias = "dcgmGetCacheManagerFieldInfo")]
    fn watchers(&self, entity: EntityId, field: FieldId) -> Result<Option<FieldWatchers>> {
        self.history_task(move |connection| connection.field_watchers(entity, field))
    }
}

impl Engine {
    fn history_task<T: Send + 'static>(
        &self,
        request: impl FnOnce(&EngineConnection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let limit = self.options.deadlines.read;
        self.run_task(Operation::Read, limit, move |thread| {
            thread.with_session(|session| request(session.connection()))
        })
    }
}

fn summarize(
    connection: &EngineConnection,
    entity: EntityId,
    field: FieldId,
    period: (i64, i64),
) -> Result<Option<FieldSummary>> {
    let Some(raw) = connection.field_summary(entity, field, period)? else {
        return Ok(None);
    };
    let (mut summary, is_certain) = match raw {
        RawSummary::Int(numbers) => (int_summary(numbers), false),
        RawSummary::Double(numbers) => {
            let micros = sampled_micros(connection, entity, field, period)?;
            double_summary(numbers, micros)
        }
    };
    let count = usize::try_from(summary.count).unwrap_or(usize::MAX);
    if is_certain || entity.kind != EntityKind::GPU || count > MAX_CHECKED_SAMPLES {
        return Ok(Some(summary));
    }
    let samples = connection.history(
        entity.id,
        field,
        period,
        SampleOrder::OldestFirst,
        MAX_CHECKED_SAMPLES + 1,
    )?;
    // More samples than were counted have come since, or are blank.
    if samples.len() > MAX_CHECKED_SAMPLES {
        return Ok(Some(summary));
    }
    let has_value = |sample: &Sample<'_>| {
        let number = sample.value.ok().and_then(|value| value.as_f64());
        number.is_some_and(f64::is_finite)
    };
    let is_complete = samples.iter().all(|sample| has_value(&sample));
    if let Some(mut exact) = FieldSummary::of_samples(samples.iter().filter(has_value)) {
        exact.integral = exact.integral.filter(|_| is_complete);
        summary = exact;
    }
    Ok(Some(summary))
}

/// Returns the time between the first and the last sample of a period, in microseconds, or a longer one; `None`
/// if it is not known.
fn sampled_micros(
    connection: &EngineConnection,
    entity: EntityId,
    field: FieldId,
    (start, end): (i64, i64),
) -> Result<Option<f64>> {
    let (mut first, mut last) = (start, end);
    if start == 0 || end == 0 {
        let Some(cached) = connection.field_watchers(entity, field)? else {
            return Ok(None);
        };
        first = first.max(cached.oldest.micros());
        if last == 0 {
            last = cached.newest.micros();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a bound")]
    let micros = last.saturating_sub(first).max(0) as f64;
    Ok(Some(micros))
}

/// Converts a summary of integers. Blank samples do not show in it.
#[expect(clippy::cast_precision_loss, reason = "documented")]
fn int_summary(numbers: RawNumbers<i64>) -> FieldSummary {
    let count = u64::try_from(numbers.count).unwrap_or(0);
    let largest = numbers.min.unsigned_abs().max(numbers.max.unsigned_abs());
    let fits = u128::from(largest) * u128::from(count) <= i64::MAX.unsigned_abs().into();
    let sum = fits.then_some(numbers.sum as f64);
    FieldSummary {
        min: numbers.min as f64,
        max: numbers.max as f64,
        count,
        sum,
        // The engine's own mean is rounded.
        mean: sum.filter(|_| count > 0).map(|sum| sum / count as f64),
        difference: numbers.difference as f64,
        integral: None,
    }
}

/// Converts a summary of floating-point numbers, of which samples span at most `micros`. Returns `true` with it if no blank
/// sample is inside: a blank is a number above 10^14, and an integral with one is beyond that of the largest value.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of samples"
)]
fn double_summary(numbers: RawNumbers<f64>, micros: Option<f64>) -> (FieldSummary, bool) {
    let count = numbers.count.max(0.0) as u64;
    let finite = |value: f64| value.is_finite().then_some(value);
    let is_certain = micros.is_some_and(|micros| {
        let slack = 1e-9 * numbers.min.abs().max(numbers.max.abs()) * (micros + 1.0);
        let (least, most) = (numbers.min.min(0.0) * micros, numbers.max.max(0.0) * micros);
        (least - slack..=most + slack).contains(&numbers.integral)
    });
    let sum = finite(numbers.sum);
    let mean = sum.filter(|_| count > 0).map(|sum| sum / count as f64);
    let summary = FieldSummary {
        min: numbers.min,
        max: numbers.max,
        count,
        sum,
        mean: mean.filter(|_| is_certain),
        difference: numbers.difference,
        integral: Some(numbers.integral / MICROS_PER_SECOND).filter(|_| is_certain),
    };
    (summary, is_certain)
}
