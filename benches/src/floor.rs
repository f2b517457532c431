//! A program as one would write it in C: the least that reading from libdcgm costs.

#![expect(unsafe_code, reason = "it is to be as one would write it in C")]

use core::ffi::{c_int, c_void};
use std::ffi::CString;
use std::hint::black_box;
use std::path::Path;

use dcgm::EntityKind;
use dcgm_sys as sys;
use dcgm_sys::Versioned as _;

use crate::{Asked, Block};

/// The handle of the engine in this process.
const EMBEDDED: sys::dcgmHandle_t = 0x7fff_ffff;

/// The most entities that an engine can list.
const ROOM: usize = 1024;

/// A value as a C program would store it.
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

fn fine(answer: Result<sys::dcgmReturn_t, sys::MissingSymbolError>) {
    assert_eq!(answer.expect("a function of each release"), 0);
}

fn count(len: usize) -> c_int {
    c_int::try_from(len).expect("few")
}

impl Floor {
    /// Connects to the engine at a unix socket, and has it sample what is asked for.
    #[must_use]
    pub fn connect(library: &Path, socket: &str, asked: &Asked) -> Self {
        let mut floor = Self::new(library);
        let library = floor.library;
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
        floor.ask_for(asked);
        floor
    }

    /// Over the engine in this process, which other code has started.
    #[must_use]
    pub fn embedded(library: &Path, asked: &Asked) -> Self {
        let mut floor = Self::new(library);
        floor.handle = EMBEDDED;
        floor.ask_for(asked);
        floor
    }

    fn new(library: &Path) -> Self {
        Self {
            library: sys::Library::open_at(library).expect("a libdcgm"),
            handle: 0,
            latest: Vec::new(),
            events: Vec::new(),
            ids: vec![0; ROOM],
            kept: Vec::new(),
        }
    }

    fn ask_for(&mut self, asked: &Asked) {
        for (at, block) in asked.latest.iter().enumerate() {
            let pair = self.watch(&format!("latest {at}"), block);
            self.latest.push(pair);
        }
        for (at, block) in asked.events.iter().enumerate() {
            let pair = self.watch(&format!("events {at}"), block);
            self.events.push((pair, 0));
        }
    }

    /// Reads the latest values, and keeps each. How many there were.
    pub fn read(&mut self) -> usize {
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
        black_box(&self.kept).len()
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
        self.read();
        let kept: *mut c_void = (&raw mut self.kept).cast();
        for ((group, fields), since) in &mut self.events {
            // SAFETY: as for the latest values; and a word to write to.
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
        if value.status != 0 {
            continue;
        }
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
