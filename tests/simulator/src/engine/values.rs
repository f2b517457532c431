//! Reading values: the latest, those since a time, and live ones.

use super::{Code, Engine, GPU, GPU_CI, GPU_I, LINK, Pair, st};
use crate::Flavour;
use crate::fields::Field;
use crate::wire::{Payload, Record};

/// `DCGM_FV_FLAG_LIVE_DATA`.
pub(crate) const LIVE: u32 = 1;
const MOST_FIELDS: usize = 128;
const XID: u16 = 230;

/// The result of `dcgmGetValuesSince_v2`: records may come with a failure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Since {
    pub(crate) code: Code,
    pub(crate) records: Vec<Record>,
    pub(crate) next: i64,
}

/// The failure of a read of values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    Code(Code),
    /// The real engine dies of it.
    Crash,
}

impl Engine {
    fn record(pair: Pair, id: u16, kind: u8, status: Code, ts: i64, payload: Payload) -> Record {
        Record {
            entity: pair,
            field: id,
            kind,
            status,
            ts,
            payload,
        }
    }

    /// No sample: a typed blank, or 0 as an integer, as 3.3 has it.
    fn absent(&self, pair: Pair, field: &Field, status: Code) -> Record {
        match self.flavour {
            Flavour::V4_6 => Self::record(
                pair,
                field.id,
                field.kind,
                status,
                0,
                Payload::blank(field.kind, 0),
            ),
            Flavour::V3_3 => Self::record(pair, field.id, b'i', status, 0, Payload::Int(0)),
        }
    }

    fn cached(&self, pair: Pair, field: &Field) -> Record {
        let watched = self.watched(pair, field);
        match watched.and_then(|watched| watched.samples().next_back()) {
            Some((at, payload)) => {
                Self::record(pair, field.id, field.kind, st::OK, *at, payload.clone())
            }
            None if watched.is_some_and(super::watches::Watched::is_watched) => {
                self.absent(pair, field, st::NO_DATA)
            }
            None => self.absent(pair, field, st::NOT_WATCHED),
        }
    }

    pub(crate) fn latest_of_group(
        &self,
        group: u64,
        field_group: u64,
        now: i64,
    ) -> Result<Vec<Record>, Code> {
        let (members, fields) = self.members_and_fields(group, field_group, now)?;
        if members.is_empty() {
            return Err(match self.flavour {
                Flavour::V4_6 => st::GROUP_IS_EMPTY,
                Flavour::V3_3 => st::GENERIC_ERROR,
            });
        }
        let of = |pair: &Pair| {
            fields
                .iter()
                .map(|field| self.cached(*pair, field))
                .collect::<Vec<_>>()
        };
        Ok(members.iter().flat_map(of).collect())
    }

    pub(crate) fn latest(
        &self,
        pairs: &[Pair],
        fields: &[u16],
        flags: u32,
        now: i64,
    ) -> Result<Vec<Record>, Failure> {
        let too_many = pairs.len() > self.flavour.entities() || fields.len() > MOST_FIELDS;
        if pairs.is_empty() || fields.is_empty() || too_many {
            return Err(Failure::Code(st::BADPARAM));
        }
        let mut records = Vec::with_capacity(pairs.len() * fields.len());
        for &pair in pairs {
            for &id in fields {
                records.push(match Field::find(id, self.flavour) {
                    Some(field) if flags & LIVE != 0 => self.live(pair, field, now)?,
                    Some(field) => self.cached(pair, field),
                    None if flags & LIVE == 0 && self.flavour == Flavour::V4_6 => {
                        return Err(Failure::Code(st::GENERIC_ERROR));
                    }
                    None => Self::record(pair, id, b'i', st::UNKNOWN_FIELD, 0, Payload::Int(0)),
                });
            }
        }
        Ok(records)
    }

    fn live(&self, pair: Pair, field: &'static Field, now: i64) -> Result<Record, Failure> {
        if field.is_profiling() {
            return Err(match self.flavour {
                Flavour::V4_6 => Failure::Crash,
                Flavour::V3_3 => Failure::Code(st::GENERIC_ERROR),
            });
        }
        let entity = self.entity(pair, now);
        let refused = match pair.0 {
            GPU | GPU_I | GPU_CI if entity.is_none() => Some(st::BADPARAM),
            0 | GPU | GPU_I | GPU_CI => None,
            LINK if self.flavour == Flavour::V4_6 => Some(st::NOT_SUPPORTED),
            _ => Some(st::FIELD_UNSUPPORTED_BY_API),
        };
        if let Some(status) = refused {
            // Not a blank: 0.
            return Ok(Self::record(
                pair,
                field.id,
                b'i',
                status,
                0,
                Payload::Int(0),
            ));
        }
        if field.id == XID
            || matches!(
                field.level,
                super::SWITCH | LINK | super::CPU | super::CPU_CORE
            )
        {
            return Err(Failure::Code(st::GENERIC_ERROR));
        }
        let asked = if field.global || pair.0 == 0 {
            (GPU, 0)
        } else {
            pair
        };
        let fake = entity.is_some_and(|entity| entity.fake) && !field.global;
        let value = match &self.source {
            Some(source) if !fake => source.value(asked, field, now, now),
            _ => None,
        };
        let payload = value.unwrap_or_else(|| match (fake, field.id) {
            // What the engine knows of a fake by itself.
            (true, 52) => Payload::Int(pair.1.into()),
            (true, 54) => Payload::Text(super::entities::NO_UUID.to_vec()),
            (true, 67) => Payload::Int(0),
            _ => Payload::blank(field.kind, 0),
        });
        Ok(Self::record(
            pair,
            field.id,
            field.kind,
            st::OK,
            now,
            payload,
        ))
    }

    pub(crate) fn since(&self, group: u64, field_group: u64, since: i64, now: i64) -> Since {
        let failed = |code, records| Since {
            code,
            records,
            next: 0,
        };
        let (members, fields) = match self.members_and_fields(group, field_group, now) {
            Ok(both) => both,
            Err(code) => return failed(code, Vec::new()),
        };
        let mut records = Vec::new();
        for &pair in &members {
            for &field in &fields {
                let Some(watched) = self.watched(pair, field) else {
                    return failed(st::NOT_WATCHED, records);
                };
                if !watched.is_watched() && watched.samples().next().is_none() {
                    return failed(st::NOT_WATCHED, records);
                }
                let before = records.len();
                for (at, payload) in watched
                    .samples()
                    .filter(|(at, _)| (since..=now).contains(at))
                {
                    records.push(Self::record(
                        pair,
                        field.id,
                        field.kind,
                        st::OK,
                        *at,
                        payload.clone(),
                    ));
                }
                if records.len() == before {
                    let blank = Payload::blank(field.kind, 0);
                    records.push(Self::record(
                        pair,
                        field.id,
                        field.kind,
                        st::NO_DATA,
                        0,
                        blank,
                    ));
                }
            }
        }
        Since {
            code: st::OK,
            records,
            next: now + 1,
        }
    }
}
