//! [`Records`]: the buffer into which libdcgm writes the latest values.

use dcgm_sys as sys;
use memmap2::MmapMut;

use super::decode::{self, Raw, Scratch};
use super::matcher::{RequestGrid, ResponseKey, ResponseMatcher};
use super::{EngineHandle, call};
use crate::code::ReturnCode;
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::{Sample, Timestamp};

/// Records of about 4 KiB each, reused for each call and grown when a call needs more.
#[derive(Default)]
pub(crate) struct Records {
    buffer: RecordMemory,
    /// Set if records of the last call may not have been read.
    unread: bool,
    matcher: ResponseMatcher,
    scratch: Scratch,
}

impl Records {
    /// Reads the latest value of every field of every entity and passes each to `take`, once, with the
    /// indices of its entity and field. A pair that libdcgm skips is
    /// [`NoValue::Malformed`](crate::NoValue::Malformed).
    pub(crate) fn read_list(
        &mut self,
        engine: &EngineHandle,
        entities: &mut [sys::dcgmGroupEntityPair_t],
        fields: &mut [u16],
        mut take: impl FnMut(usize, usize, Sample<'_>),
    ) -> Result<()> {
        self.request_values(engine, entities, fields, 0)?;
        self.visit_records(entities, fields, &mut take)
    }

    /// Reads like [`Self::read_list`], but live from the driver, for the fields for which that is known to
    /// be safe: those that identify a GPU.
    ///
    /// Other fields cannot be requested. A live request for a profiling field crashes an engine of 4.6.0,
    /// and one for an event or an NVSwitch field fails the whole call.
    pub(crate) fn read_identity(
        &mut self,
        engine: &EngineHandle,
        entities: &mut [sys::dcgmGroupEntityPair_t],
        mut take: impl FnMut(usize, Sample<'_>),
    ) -> Result<()> {
        let mut fields = [
            FieldId::NAME.raw(),
            FieldId::MINOR_NUMBER.raw(),
            FieldId::MIG_MODE.raw(),
        ];
        self.request_values(engine, entities, &mut fields, sys::DCGM_FV_FLAG_LIVE_DATA)?;
        self.visit_records(entities, &fields, &mut |entity, _, sample| {
            take(entity, sample);
        })
    }

    fn request_values(
        &mut self,
        engine: &EngineHandle,
        entities: &mut [sys::dcgmGroupEntityPair_t],
        fields: &mut [u16],
        flags: u32,
    ) -> Result<()> {
        let records = self.buffer.records(entities.len() * fields.len())?;
        // A record that the library does not write keeps the version 0. The version is reset when the
        // record is read, which avoids another pass over this memory.
        if self.unread {
            for record in &mut *records {
                record.version = 0;
            }
        }
        self.unread = true;
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        // SAFETY: both lists have the lengths given, and `records` has room for a value of each
        // pair.
        unsafe {
            call!(
                engine.library(),
                dcgmEntitiesGetLatestValues(
                    engine.handle(),
                    entities.as_mut_ptr(),
                    count(entities.len()),
                    fields.as_mut_ptr(),
                    count(fields.len()),
                    flags,
                    records.as_mut_ptr()
                )
            )
        }
    }

    fn visit_records(
        &mut self,
        entities: &[sys::dcgmGroupEntityPair_t],
        fields: &[u16],
        take: &mut impl FnMut(usize, usize, Sample<'_>),
    ) -> Result<()> {
        let Self {
            buffer,
            matcher,
            scratch,
            unread,
        } = self;
        let grid = RequestGrid { entities, fields };
        matcher.start_request();
        let records = buffer.records(entities.len() * fields.len())?;
        for record in records {
            // Not written.
            if core::mem::take(&mut record.version) == 0 {
                continue;
            }
            let key = ResponseKey {
                kind: record.entityGroupId,
                id: record.entityId,
                field: record.fieldId,
            };
            if let Some((entity, field)) = matcher.match_response(grid, key) {
                take(entity, field, record_sample(record, scratch));
            }
        }
        *unread = false;
        for (entity, field, sample) in matcher.unanswered_pairs(grid) {
            take(entity, field, sample);
        }
        Ok(())
    }
}

impl core::fmt::Debug for Records {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Records")
            .field("len", &self.buffer.len)
            .finish_non_exhaustive()
    }
}

/// Memory of the system's own for records. An allocator would keep it for the process when it is freed,
/// and most of it is used only once.
#[derive(Default)]
struct RecordMemory {
    map: Option<MmapMut>,
    /// Number of records that it has room for.
    len: usize,
}

impl RecordMemory {
    /// Returns the first `len` records. If there is not enough room, they are new ones with zeros.
    fn records(&mut self, len: usize) -> Result<&mut [sys::dcgmFieldValue_v2]> {
        if self.len < len || self.map.is_none() {
            let bytes = len.max(1) * size_of::<sys::dcgmFieldValue_v2>();
            let map = MmapMut::map_anon(bytes).map_err(|_error| Error::Call {
                function: "dcgmEntitiesGetLatestValues",
                code: ReturnCode::MEMORY,
            })?;
            *self = Self {
                map: Some(map),
                len,
            };
        }
        let Some(map) = &mut self.map else {
            return Ok(&mut []);
        };
        #[expect(clippy::cast_ptr_alignment, reason = "a map begins with a page")]
        let start = map.as_mut_ptr().cast::<sys::dcgmFieldValue_v2>();
        // SAFETY: the map is aligned to a page, is as long as `self.len` records, is borrowed with the
        // slice, and began as zeros, which are records.
        Ok(unsafe { core::slice::from_raw_parts_mut(start, len) })
    }
}

#[inline]
fn record_sample<'a>(record: &'a sys::dcgmFieldValue_v2, scratch: &'a mut Scratch) -> Sample<'a> {
    let payload: *const [u8; 4096] = (&raw const record.value).cast();
    // SAFETY: the union is 4096 bytes long, all of which were initialized when the record was created.
    let payload = unsafe { &*payload };
    let raw = Raw {
        status: record.status,
        field_type: record.fieldType,
        payload,
    };
    Sample {
        entity: EntityId::new(EntityKind::from_raw(record.entityGroupId), record.entityId),
        field: FieldId::from_raw(record.fieldId),
        timestamp: Timestamp::from_micros(record.ts),
        value: decode::decode_value(&raw, scratch),
    }
}
