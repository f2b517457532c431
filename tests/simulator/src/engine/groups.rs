//! Groups of entities, and of fields.

use super::{Code, Connection, Engine, GPU, GPU_CI, GPU_I, Pair, SWITCH, st};
use crate::fields::Field;

pub(super) const ALL_GPUS: u64 = 0x7fff_ffff;
pub(super) const ALL_SWITCHES: u64 = 0x7fff_fffe;
const MOST_FIELD_GROUPS: usize = 64;
/// The header says 128; the engine refuses 128.
const MOST_FIELDS: usize = 127;
const MOST_NAME: usize = 255;

/// A group of entities.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(super) owner: Option<Connection>,
    pub(crate) name: Vec<u8>,
    pub(crate) members: Vec<Pair>,
}

/// A group of fields.
#[derive(Clone, Debug)]
pub(crate) struct FieldGroup {
    /// `None`: the engine's own.
    pub(super) owner: Option<Connection>,
    pub(crate) name: Vec<u8>,
    pub(crate) fields: Vec<u16>,
}

impl Engine {
    pub(super) fn make_internal_field_groups(&mut self, now: i64) {
        let once: Vec<u16> = vec![1, 4, 5, 50, 54, 300];
        let job: Vec<u16> = crate::fields::FIELDS
            .iter()
            .map(|field| field.id)
            .filter(|id| *id >= 150)
            .take(30)
            .collect();
        for (name, fields) in [
            ("DCGM_INTERNAL_30SEC", vec![300]),
            ("DCGM_INTERNAL_HOURLY", once),
            ("DCGM_INTERNAL_JOB", job),
        ] {
            let id = self.next_field_group;
            self.next_field_group += 1;
            self.field_groups.insert(
                id,
                FieldGroup {
                    owner: None,
                    name: name.as_bytes().to_vec(),
                    fields,
                },
            );
        }
        for gpu in self.of_kind(GPU, now) {
            self.watch_internally((GPU, gpu), 300, now);
        }
    }

    pub(crate) fn create_group(
        &mut self,
        connection: Connection,
        kind: u32,
        name: &[u8],
        now: i64,
    ) -> Result<u64, Code> {
        if self.groups.len() >= self.flavour.own_groups() {
            return Err(st::MAX_LIMIT);
        }
        let kinds: &[u32] = match kind {
            0 => &[GPU],
            2 => &[SWITCH],
            3 => &[GPU_I],
            4 => &[GPU_CI],
            5 => &[GPU, SWITCH, GPU_I, GPU_CI],
            _ => &[],
        };
        // The real engine leaves fakes without a driver out of nothing: they are GPUs like others.
        let mut members = Vec::new();
        for &kind in kinds {
            members.extend(self.of_kind(kind, now).into_iter().map(|id| (kind, id)));
        }
        members.truncate(self.flavour.entities());
        let id = self.next_group;
        self.next_group += 1;
        self.groups.insert(
            id,
            Group {
                owner: Some(connection),
                name: name.to_vec(),
                members,
            },
        );
        Ok(id)
    }

    pub(crate) fn destroy_group(&mut self, id: u64) -> Code {
        if self.groups.remove(&id).is_none() {
            return st::NOT_CONFIGURED;
        }
        self.health.forget(id);
        for watched in self.fields.values_mut() {
            watched.remove_group(id);
        }
        st::OK
    }

    pub(crate) fn group_ids(&self) -> Vec<u64> {
        [0, 1]
            .into_iter()
            .chain(self.groups.keys().copied())
            .collect()
    }

    /// Name and members, of the two fixed groups too.
    pub(crate) fn group(&self, id: u64, now: i64) -> Result<(Vec<u8>, Vec<Pair>), Code> {
        let fixed = |name: &str, kind| {
            let members = self
                .of_kind(kind, now)
                .into_iter()
                .map(|id| (kind, id))
                .collect();
            Ok((name.as_bytes().to_vec(), members))
        };
        match id {
            ALL_GPUS | 0 => fixed("DCGM_ALL_SUPPORTED_GPUS", GPU),
            ALL_SWITCHES | 1 => fixed("DCGM_ALL_SUPPORTED_NVSWITCHES", SWITCH),
            _ => match self.groups.get(&id) {
                Some(group) => Ok((group.name.clone(), group.members.clone())),
                None => Err(st::NOT_CONFIGURED),
            },
        }
    }

    pub(crate) fn add_to_group(&mut self, id: u64, pair: Pair, now: i64) -> Code {
        let allowed = self.may_be_grouped(pair, now);
        let most = self.flavour.entities();
        let Some(group) = self.groups.get_mut(&id) else {
            return st::NOT_CONFIGURED;
        };
        if !allowed || group.members.contains(&pair) {
            return st::BADPARAM;
        }
        if group.members.len() >= most {
            return st::MAX_LIMIT;
        }
        group.members.push(pair);
        st::OK
    }

    pub(crate) fn remove_from_group(&mut self, id: u64, pair: Pair) -> Code {
        let Some(group) = self.groups.get_mut(&id) else {
            return st::NOT_CONFIGURED;
        };
        let before = group.members.len();
        group.members.retain(|member| *member != pair);
        if group.members.len() == before {
            st::BADPARAM
        } else {
            st::OK
        }
    }

    pub(crate) fn create_field_group(
        &mut self,
        connection: Connection,
        fields: &[u16],
        name: &[u8],
    ) -> Result<u64, Code> {
        if fields.is_empty()
            || fields.len() > MOST_FIELDS
            || name.is_empty()
            || name.len() > MOST_NAME
        {
            return Err(st::BADPARAM);
        }
        if fields
            .iter()
            .any(|id| Field::find(*id, self.flavour).is_none())
        {
            return Err(st::BADPARAM);
        }
        if self.field_groups.values().any(|group| group.name == name) {
            return Err(st::DUPLICATE_KEY);
        }
        if self.field_groups.len() >= MOST_FIELD_GROUPS {
            return Err(st::MAX_LIMIT);
        }
        let id = self.next_field_group;
        self.next_field_group += 1;
        let group = FieldGroup {
            owner: Some(connection),
            name: name.to_vec(),
            fields: fields.to_vec(),
        };
        self.field_groups.insert(id, group);
        Ok(id)
    }

    pub(crate) fn destroy_field_group(&mut self, id: u64) -> Code {
        match self.field_groups.get(&id) {
            None => st::NO_DATA,
            Some(group) if group.owner.is_none() => st::NO_PERMISSION,
            Some(_) => {
                self.field_groups.remove(&id);
                st::OK
            }
        }
    }

    pub(crate) fn field_group(&self, id: u64) -> Result<&FieldGroup, Code> {
        self.field_groups.get(&id).ok_or(st::NO_DATA)
    }

    pub(crate) fn field_groups(&self) -> impl Iterator<Item = (u64, &FieldGroup)> {
        self.field_groups.iter().map(|(id, group)| (*id, group))
    }
}
