//! The cache of samples: summaries, history and watchers; the metadata of fields.

use core::ffi::{c_char, c_int};
use std::time::Duration;

use dcgm_sys as sys;
use sys::Versioned as _;

use super::decode::{self, Raw};
use super::usage::Period;
use super::{Dcgm, EngineHandle, call, new_zeroed, text};
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::history::{FieldMeta, FieldWatcher, FieldWatchers, SampleOrder, WatcherKind};
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::{NoValue, ValueType};

/// All summaries. The engine returns them dense, in the order of their bits.
const ALL_SUMMARIES: u32 = sys::DCGM_SUMMARY_MIN
    | sys::DCGM_SUMMARY_MAX
    | sys::DCGM_SUMMARY_AVG
    | sys::DCGM_SUMMARY_SUM
    | sys::DCGM_SUMMARY_COUNT
    | sys::DCGM_SUMMARY_INTEGRAL
    | sys::DCGM_SUMMARY_DIFF;

/// A summary as the engine computed it, right or wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RawSummary {
    Int(RawNumbers<i64>),
    Double(RawNumbers<f64>),
}

/// The numbers of a summary, without the mean, which is the sum by the count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RawNumbers<T> {
    pub(crate) min: T,
    pub(crate) max: T,
    pub(crate) sum: T,
    /// With blank samples before the last value.
    pub(crate) count: T,
    /// In the unit of the field times microseconds; garbage with a blank sample inside.
    pub(crate) integral: T,
    pub(crate) difference: T,
}

impl<T: Copy> RawNumbers<T> {
    /// Takes the numbers in the order of their bits.
    const fn new([min, max, _mean, sum, count, integral, difference]: [T; 7]) -> Self {
        Self {
            min,
            max,
            sum,
            count,
            integral,
            difference,
        }
    }
}

/// Returns `Ok(None)` for an error that means "nothing there".
fn none_if<T>(
    outcome: Result<()>,
    code: ReturnCode,
    value: impl FnOnce() -> T,
) -> Result<Option<T>> {
    match outcome {
        Ok(()) => Ok(Some(value())),
        Err(error) if error.code() == Some(code) => Ok(None),
        Err(error) => Err(error),
    }
}

impl EngineHandle {
    /// Summarizes the samples of a period. `None`: it is watched and has no sample with a value there.
    pub(crate) fn field_summary(
        &self,
        entity: EntityId,
        field: FieldId,
        (start, end): Period,
    ) -> Result<Option<RawSummary>> {
        let mut request = new_zeroed::<sys::dcgmFieldSummaryRequest_v1>();
        request.version = sys::dcgmFieldSummaryRequest_v1::VERSION;
        request.fieldId = field.raw();
        request.entityGroupId = entity.kind.raw();
        request.entityId = entity.id;
        request.summaryTypeMask = ALL_SUMMARIES;
        request.startTime = u64::try_from(start).unwrap_or(0);
        request.endTime = u64::try_from(end).unwrap_or(0);
        // SAFETY: the struct of its version.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmGetFieldSummary(self.handle(), &raw mut *request)
            )
        };
        // With an error, the counts and values are there too, and mean nothing.
        if none_if(outcome, ReturnCode::NO_DATA, || ())?.is_none() {
            return Ok(None);
        }
        let response = &request.response;
        if usize::try_from(response.summaryCount) != Ok(response.values.len()) {
            return Ok(None);
        }
        // SAFETY: both members of the union are 8 bytes without invalid values.
        let ints = response.values.map(|value| unsafe { value.i64 });
        let kind = u8::try_from(response.fieldType).unwrap_or(0);
        Ok(match kind {
            sys::DCGM_FT_INT64 | sys::DCGM_FT_TIMESTAMP => {
                let numbers = RawNumbers::new(ints);
                // All samples are blank: so is each number.
                let is_blank = NoValue::from_blank_int(numbers.min).is_some();
                (!is_blank).then_some(RawSummary::Int(numbers))
            }
            sys::DCGM_FT_DOUBLE => {
                let numbers = RawNumbers::new(
                    ints.map(|bits| f64::from_bits(u64::from_ne_bytes(bits.to_ne_bytes()))),
                );
                let is_blank = NoValue::from_blank_double(numbers.min).is_some();
                (!is_blank).then_some(RawSummary::Double(numbers))
            }
            _ => None,
        })
    }

    /// Returns `true` if a field has samples with a value in a period.
    pub(super) fn has_samples(
        &self,
        entity: EntityId,
        field: FieldId,
        period: Period,
    ) -> Result<bool> {
        match self.field_summary(entity, field, period) {
            Ok(summary) => Ok(summary.is_some()),
            Err(error) if error.ends_connection() => Err(error),
            // Not watched, or a field that this release does not know.
            Err(_) => Ok(false),
        }
    }

    /// Returns at most `max` samples of a period, and at least has room for one.
    pub(crate) fn history(
        &self,
        gpu: u32,
        field: FieldId,
        (start, end): Period,
        order: SampleOrder,
        max: usize,
    ) -> Result<Samples> {
        let id = c_int::try_from(gpu).map_err(|_too_large| Error::Call {
            function: "dcgmGetMultipleValuesForField",
            code: ReturnCode::NOT_WATCHED,
        })?;
        let mut values = vec![*new_zeroed::<sys::dcgmFieldValue_v1>(); max.max(1)];
        // An engine of 3.3.9 crashes with -1.
        let mut count = c_int::try_from(values.len()).unwrap_or(c_int::MAX);
        let order = match order {
            SampleOrder::OldestFirst => sys::DCGM_ORDER_ASCENDING,
            SampleOrder::NewestFirst => sys::DCGM_ORDER_DESCENDING,
        };
        // SAFETY: `values` has room for `count` values.
        unsafe {
            call!(
                self.library(),
                dcgmGetMultipleValuesForField(
                    self.handle(),
                    id,
                    field.raw(),
                    &raw mut count,
                    start,
                    end,
                    order,
                    values.as_mut_ptr()
                )
            )
        }?;
        let count = usize::try_from(count).unwrap_or(0);
        let mut samples = Samples::new();
        let mut scratch = String::new();
        for value in values.iter().take(count) {
            // "Nothing in the period" is a value with this status.
            if value.status == sys::DCGM_ST_NO_DATA || value.fieldId != field.raw() {
                continue;
            }
            let payload: *const [u8; 4096] = (&raw const value.value).cast();
            // SAFETY: the union is 4096 bytes long, and was zeroed.
            let payload = unsafe { &*payload };
            let raw = Raw {
                status: value.status,
                field_type: value.fieldType,
                payload,
            };
            samples.push(Sample {
                entity: EntityId::gpu(gpu),
                field,
                timestamp: Timestamp::from_micros(value.ts),
                value: decode::decode_value(&raw, &mut scratch),
            });
        }
        Ok(samples)
    }

    /// Returns the watchers of a field of an entity, and what is cached; `None` if it is not watched.
    pub(crate) fn field_watchers(
        &self,
        entity: EntityId,
        field: FieldId,
    ) -> Result<Option<FieldWatchers>> {
        let mut info = new_zeroed::<sys::dcgmCacheManagerFieldInfo_v4_t>();
        info.version = sys::dcgmCacheManagerFieldInfo_v4_t::VERSION;
        info.entityGroupId = entity.kind.raw();
        info.entityId = entity.id;
        info.fieldId = field.raw();
        // SAFETY: the struct of its version.
        let outcome = unsafe {
            call!(
                self.library(),
                dcgmGetCacheManagerFieldInfo(self.handle(), &raw mut *info)
            )
        };
        let micros = |time: i64| Duration::from_micros(u64::try_from(time).unwrap_or(0));
        let watcher = |watcher: &sys::dcgm_cm_field_info_watcher_t| FieldWatcher {
            kind: WatcherKind::from_raw(watcher.watcherType),
            connection: watcher.connectionId,
            interval: micros(watcher.monitorIntervalUsec),
            keep_age: micros(watcher.maxAgeUsec),
        };
        none_if(outcome, ReturnCode::NOT_WATCHED, || FieldWatchers {
            watchers: {
                let count = usize::try_from(info.numWatchers).unwrap_or(0);
                info.watchers.iter().take(count).map(watcher).collect()
            },
            interval: micros(info.monitorIntervalUsec),
            keep_age: micros(info.maxAgeUsec),
            oldest: Timestamp::from_micros(info.oldestTimestamp.max(0)),
            newest: Timestamp::from_micros(info.newestTimestamp.max(0)),
            samples: u64::try_from(info.numSamples).unwrap_or(0),
            fetches: u64::try_from(info.fetchCount).unwrap_or(0),
            last_status: ReturnCode::from_raw(info.lastStatus.into()),
        })
    }
}

/// Returns a text of DCGM; `None` if it is empty.
fn some_text(bytes: &[c_char]) -> Option<String> {
    let mut into = String::new();
    text::push_text(bytes, &mut into);
    (!into.is_empty()).then_some(into)
}

impl Dcgm {
    /// Returns the metadata of a field; `None` if the library does not know it.
    pub(crate) fn field_meta(self, field: FieldId) -> Result<Option<FieldMeta>> {
        // SAFETY: it returns null, or a pointer into its own table.
        let meta = unsafe { self.library().symbols().DcgmFieldGetById(field.raw()) }?;
        if meta.is_null() {
            return Ok(None);
        }
        // SAFETY: not null, so an entry of libdcgm's table, which exists unless another user calls DcgmFieldsTerm.
        let meta = unsafe { meta.read() };
        let format = if meta.valueFormat.is_null() {
            None
        } else {
            // SAFETY: as above.
            Some(unsafe { meta.valueFormat.read() })
        };
        let [kind] = meta.fieldType.to_ne_bytes();
        Ok(Some(FieldMeta {
            field: FieldId::from_raw(meta.fieldId),
            tag: some_text(&meta.tag).unwrap_or_default(),
            value_type: match kind {
                sys::DCGM_FT_INT64 | sys::DCGM_FT_TIMESTAMP => Some(ValueType::Int),
                sys::DCGM_FT_DOUBLE => Some(ValueType::Double),
                sys::DCGM_FT_STRING => Some(ValueType::Text),
                sys::DCGM_FT_BINARY => Some(ValueType::Blob),
                _ => None,
            },
            is_global: u32::try_from(meta.scope) == Ok(sys::DCGM_FS_GLOBAL),
            entity_level: EntityKind::from_raw(meta.entityLevel),
            short_name: format
                .as_ref()
                .and_then(|format| some_text(&format.shortName)),
            unit: format.as_ref().and_then(|format| some_text(&format.unit)),
        }))
    }
}
