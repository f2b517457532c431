//! A program as one would write it in C: the least that reading from libdcgm costs.

#![expect(unsafe_code, reason = "it is to be as one would write it in C")]

use core::ffi::{c_int, c_void};
use std::ffi::CString;
use std::hint::black_box;
use std::path::Path;

use dcgm::{EntityId, EntityKind};
use dcgm_sys as sys;
use dcgm_sys::Versioned as _;

use crate::{Asked, Block};

/// The handle of the engine in this process.
const EMBEDDED: sys::dcgmHandle_t = 0x7fff_ffff;

/// As many as an engine can list.
const ROOM: usize = 1024;

/// As one would keep a value in C.
#[derive(Clone, Copy, Debug)]
struct Kept {
    _entity: (u32, u32),
    _field: u16,
    _at: i64,
    _value: i64,
}

/// A group of entities, and one of fields.
type Pair = (sys::dcgmGpuGrp_t, sys::dcgmFieldGrp_t);

/// A connection to an engine, and what is watched over it.
#[derive(Debug)]
pub struct Floor {
    library: &'static sys::Library,
    handle: sys::dcgmHandle_t,
    latest: Vec<Pair>,
    events: Vec<(Pair, i64)>,
    ids: Vec<u32>,
    kept: Vec<Kept>,
}

fn fine(answer: Result<sys::dcgmReturn_t, sys::SymbolMissing>) {
    assert_eq!(answer.expect("a function of each release"), 0);
}

fn count(len: usize) -> c_int {
    c_int::try_from(len).expect("few")
}

impl Floor {
    /// Connects to the engine at a unix socket, and has it sample what is asked for.
    #[must_use]
    pub fn connect(library: &Path, socket: &str, asked: &Asked) -> Self {
        let library = sys::Library::open_at(library).expect("a libdcgm");
        let mut floor = Self {
            library,
            handle: 0,
            latest: Vec::new(),
            events: Vec::new(),
            ids: vec![0; ROOM],
            kept: Vec::new(),
        };
        let address = CString::new(socket).expect("a path");
        let mut params = sys::dcgmConnectV2Params_v2 {
            version: sys::dcgmConnectV2Params_v2::VERSION,
            persistAfterDisconnect: 0,
            timeoutMs: 1000,
            addressIsUnixSocket: 1,
        };
        // SAFETY: it takes nothing.
        fine(unsafe { library.symbols().dcgmInit() });
        // SAFETY: a C string, the struct of its version, and a word to write to.
        fine(unsafe {
            library.symbols().dcgmConnect_v2(
                address.as_ptr(),
                &raw mut params,
                &raw mut floor.handle,
            )
        });
        for (at, block) in asked.latest.iter().enumerate() {
            let pair = floor.watch(&format!("latest {at}"), block);
            floor.latest.push(pair);
        }
        for (at, block) in asked.events.iter().enumerate() {
            let pair = floor.watch(&format!("events {at}"), block);
            floor.events.push((pair, 0));
        }
        floor
    }

    fn watch(&self, name: &str, (entities, fields): &Block) -> Pair {
        let name = CString::new(format!("floor {} {name}", std::process::id())).expect("no NUL");
        let symbols = self.library.symbols();
        let (mut group, mut field_group) = (0, 0);
        // SAFETY: a C string, and a word to write to.
        fine(unsafe {
            symbols.dcgmGroupCreate(
                self.handle,
                sys::DCGM_GROUP_EMPTY,
                name.as_ptr(),
                &raw mut group,
            )
        });
        for entity in entities {
            // SAFETY: integers.
            fine(unsafe {
                symbols.dcgmGroupAddEntity(self.handle, group, entity.kind.raw(), entity.id)
            });
        }
        let ids: Vec<u16> = fields.iter().map(|field| field.raw()).collect();
        // SAFETY: there are so many ids; a C string, and a word to write to.
        fine(unsafe {
            symbols.dcgmFieldGroupCreate(
                self.handle,
                count(ids.len()),
                ids.as_ptr(),
                name.as_ptr(),
                &raw mut field_group,
            )
        });
        // SAFETY: numbers.
        fine(unsafe {
            symbols.dcgmWatchFields(self.handle, group, field_group, 15_000_000, 60.0, 0)
        });
        (group, field_group)
    }

    /// Does what a meter does in a tick: lists what comes and goes, reads the latest values, and
    /// asks for what happened. How many values there were.
    pub fn tick(&mut self) -> usize {
        for kind in [
            EntityKind::GPU,
            EntityKind::GPU_INSTANCE,
            EntityKind::COMPUTE_INSTANCE,
        ] {
            let mut room = count(ROOM);
            // SAFETY: there is room for so many ids.
            fine(unsafe {
                self.library.symbols().dcgmGetEntityGroupEntities(
                    self.handle,
                    kind.raw(),
                    self.ids.as_mut_ptr(),
                    &raw mut room,
                    0,
                )
            });
        }
        self.kept.clear();
        let kept: *mut c_void = (&raw mut self.kept).cast();
        for (group, fields) in &self.latest {
            // SAFETY: `keep` is given what it casts back, and nothing else uses it meanwhile.
            fine(unsafe {
                self.library.symbols().dcgmGetLatestValues_v2(
                    self.handle,
                    *group,
                    *fields,
                    Some(keep),
                    kept,
                )
            });
        }
        for ((group, fields), since) in &mut self.events {
            // SAFETY: as above; and a word to write to.
            fine(unsafe {
                self.library.symbols().dcgmGetValuesSince_v2(
                    self.handle,
                    *group,
                    *fields,
                    *since,
                    &raw mut *since,
                    Some(keep),
                    kept,
                )
            });
        }
        black_box(&self.kept).len()
    }
}

/// A loop over the engine in this process, which somebody else has started and told what to watch.
#[expect(missing_debug_implementations, reason = "C's records have none")]
pub struct ArrayFloor {
    library: &'static sys::Library,
    entities: Vec<sys::dcgmGroupEntityPair_t>,
    fields: Vec<u16>,
    records: Vec<sys::dcgmFieldValue_v2>,
    kept: Vec<Kept>,
}

impl ArrayFloor {
    /// For these pairs.
    #[must_use]
    pub fn new(library: &Path, (entities, fields): &Block) -> Self {
        // SAFETY: a struct of integers and of a union of those.
        let empty: sys::dcgmFieldValue_v2 = unsafe { core::mem::zeroed() };
        let pair = |entity: &EntityId| sys::dcgmGroupEntityPair_t {
            entityGroupId: entity.kind.raw(),
            entityId: entity.id,
        };
        Self {
            library: sys::Library::open_at(library).expect("a libdcgm"),
            entities: entities.iter().map(pair).collect(),
            fields: fields.iter().map(|field| field.raw()).collect(),
            records: vec![empty; entities.len() * fields.len()],
            kept: Vec::with_capacity(entities.len() * fields.len()),
        }
    }

    /// Reads the latest values, and keeps each.
    pub fn read(&mut self) -> usize {
        let count = |len: usize| u32::try_from(len).expect("few");
        // SAFETY: the lists have these lengths, and there is a record for each pair.
        fine(unsafe {
            self.library.symbols().dcgmEntitiesGetLatestValues(
                EMBEDDED,
                self.entities.as_mut_ptr(),
                count(self.entities.len()),
                self.fields.as_mut_ptr(),
                count(self.fields.len()),
                0,
                self.records.as_mut_ptr(),
            )
        });
        self.kept.clear();
        self.kept.extend(self.records.iter().map(|record| Kept {
            _entity: (record.entityGroupId, record.entityId),
            _field: record.fieldId,
            _at: record.ts,
            // SAFETY: all bytes of it were set, to zero at least.
            _value: unsafe { record.value.i64 },
        }));
        black_box(&self.kept).len()
    }
}

/// Keeps what it is given.
///
/// # Safety
///
/// `user` points to a list that nothing else uses, and `values` to so many values.
unsafe extern "C" fn keep(
    kind: u32,
    id: u32,
    values: *mut sys::dcgmFieldValue_v1,
    count: c_int,
    user: *mut c_void,
) -> c_int {
    // SAFETY: by this function's contract.
    let kept = unsafe { &mut *user.cast::<Vec<Kept>>() };
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: by this function's contract.
    for value in unsafe { core::slice::from_raw_parts(values, count) } {
        kept.push(Kept {
            _entity: (kind, id),
            _field: value.fieldId,
            _at: value.ts,
            // SAFETY: all bytes of it were set, to zero at least.
            _value: unsafe { value.value.i64 },
        });
    }
    0
}
