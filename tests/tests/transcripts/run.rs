//! One recording's replay: the engine that it had, and the helpers that its probe had.

use core::ffi::{c_int, c_void};
use std::ffi::CString;
use std::time::Duration;

use dcgm_simulator::{Control, Flavour, Served};
use dcgm_sys::{self as sys, Versioned};
use serde_json::{Map, Value, json};

use crate::native::Native;
use crate::record::{Body, Calls, collect, filled, text_at, zeroed};

/// The observed result of a call, by the recording's keys. `Err`: why the row is left out.
pub(crate) type Seen = Result<Map<String, Value>, &'static str>;

/// A key and a value each.
#[macro_export]
macro_rules! seen {
    ($($key:literal: $value:expr),* $(,)?) => {{
        let mut map = serde_json::Map::new();
        $(map.insert($key.to_owned(), serde_json::json!($value));)*
        Ok(map)
    }};
}

/// A row of the recordings.
pub(crate) struct Row(pub(crate) Map<String, Value>);

impl Row {
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or("")
    }

    pub(crate) fn name(&self) -> &str {
        self.text("name")
    }

    pub(crate) fn int(&self, key: &str) -> i64 {
        self.0.get(key).and_then(Value::as_i64).unwrap_or(0)
    }
}

pub(crate) const EMBEDDED: usize = 0x7fff_ffff;

/// One recording's replay.
pub(crate) struct Run<'a> {
    pub(crate) lib: &'a Native,
    pub(crate) control: &'a Control,
    pub(crate) file: &'a str,
    pub(crate) handle: usize,
    pub(crate) g0: u32,
    pub(crate) g1: u32,
    /// The recording's variables, by their names there.
    pub(crate) vars: std::collections::HashMap<&'static str, i64>,
    pub(crate) served: Option<Served>,
    pub(crate) address: String,
    /// The time between two calls.
    pub(crate) pace: Duration,
}

impl<'a> Run<'a> {
    pub(crate) fn new(lib: &'a Native, control: &'a Control, file: &'a str) -> Self {
        assert_eq!(lib.dcgmShutdown(), 0);
        lib.DcgmFieldsTerm();
        control.clear();
        control.freeze(false);
        control.limits(Duration::from_millis(300), Duration::from_millis(300));
        control.hurry(100);
        control.stop_clock(1_795_453_000_000_000);
        Self {
            lib,
            control,
            file,
            handle: 0,
            g0: 0,
            g1: 1,
            vars: std::collections::HashMap::new(),
            served: None,
            address: String::new(),
            pace: Duration::from_millis(1),
        }
    }

    pub(crate) fn is_embedded(&self) -> bool {
        self.file.contains("-emb")
    }

    pub(crate) fn var(&self, name: &str) -> i64 {
        self.vars.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn id(&self, name: &str) -> usize {
        usize::try_from(self.var(name)).unwrap()
    }

    pub(crate) fn set(&mut self, name: &'static str, id: usize) {
        self.vars.insert(name, i64::try_from(id).unwrap());
    }

    /// The engine that the file's name tells: host, transport, fakes.
    pub(crate) fn begin(&mut self) {
        let host = if self.file.ends_with("nonvml") {
            "none"
        } else {
            "recorded:2"
        };
        self.begin_with(host);
        if self.file.ends_with("nonvml") || self.file.ends_with("h2fake") {
            self.g0 = self.fake(1, (0, 0)).1;
            self.g1 = self.fake(1, (0, 0)).1;
        }
    }

    pub(crate) fn begin_with(&mut self, host: &str) {
        assert!(self.control.set_host(host));
        assert_eq!(self.lib.dcgmInit(), 0);
        if self.is_embedded() {
            let mode = if self.file.contains("-embm") { 2 } else { 1 };
            let (code, handle) = self.start_embedded(mode);
            assert_eq!((code, handle), (0, EMBEDDED));
            self.handle = EMBEDDED;
            self.pace = Duration::from_micros(100);
            return;
        }
        self.serve();
        let (code, handle) = self.connect(5000);
        assert_eq!(code, 0);
        self.handle = handle;
    }

    /// Serves an engine where the last one was, or anywhere.
    pub(crate) fn serve(&mut self) {
        if self.address.is_empty() {
            self.address = if self.file.contains("-unix") {
                format!(
                    "unix://{}/sim-{}.sock",
                    std::env::temp_dir().display(),
                    std::process::id()
                )
            } else {
                "127.0.0.1:0".to_owned()
            };
        }
        let served = self
            .control
            .serve(&self.address, Flavour::V4_6)
            .expect("the engine listens");
        if served.port != 0 {
            self.address = format!("127.0.0.1:{}", served.port);
        }
        self.served = Some(served);
    }

    pub(crate) fn end(&mut self) {
        self.lib.dcgmShutdown();
        if let Some(served) = self.served.take() {
            self.control.kill(served);
        }
        self.control.run_clock();
    }

    pub(crate) fn connect(&self, timeout_ms: u32) -> (c_int, usize) {
        match self.address.strip_prefix("unix://") {
            Some(path) => self.connect_to(path, timeout_ms, true, false),
            None => self.connect_to(&self.address, timeout_ms, false, false),
        }
    }

    pub(crate) fn connect_to(
        &self,
        address: &str,
        timeout_ms: u32,
        unix: bool,
        persist: bool,
    ) -> (c_int, usize) {
        let address = CString::new(address).unwrap();
        let mut params = sys::dcgmConnectV2Params_v2 {
            version: sys::dcgmConnectV2Params_v2::VERSION,
            persistAfterDisconnect: persist.into(),
            timeoutMs: timeout_ms,
            addressIsUnixSocket: unix.into(),
        };
        let mut handle = 0;
        let params = (&raw mut params).cast::<c_void>();
        let code = self
            .lib
            .dcgmConnect_v2(address.as_ptr(), params, &raw mut handle);
        (code, handle)
    }

    /// With the first version of the struct.
    pub(crate) fn start_embedded(&self, mode: u32) -> (c_int, usize) {
        let mut params = zeroed::<sys::dcgmStartEmbeddedV2Params_v1>();
        params.version = sys::dcgmStartEmbeddedV2Params_v1::VERSION;
        params.opMode = mode;
        let code = self.lib.dcgmStartEmbedded_v2((&raw mut *params).cast());
        (code, params.dcgmHandle)
    }

    pub(crate) fn now(&self) -> i64 {
        self.control.now()
    }

    pub(crate) fn fake(&self, kind: u32, parent: (u32, u32)) -> (c_int, u32) {
        let mut fakes = zeroed::<sys::dcgmCreateFakeEntities_v2>();
        fakes.version = sys::dcgmCreateFakeEntities_v2::VERSION;
        fakes.numToCreate = 1;
        fakes.entityList[0].entity.entityGroupId = kind;
        fakes.entityList[0].parent = sys::dcgmGroupEntityPair_t {
            entityGroupId: parent.0,
            entityId: parent.1,
        };
        let code = self
            .lib
            .dcgmCreateFakeEntities(self.handle, &raw mut *fakes);
        (code, fakes.entityList[0].entity.entityId)
    }

    pub(crate) fn inject(
        &self,
        entity: (u32, u32),
        field: u16,
        value: &Injected,
        ts: i64,
    ) -> c_int {
        let mut record = zeroed::<sys::dcgmFieldValue_v1>();
        record.version = sys::dcgmFieldValue_v1::VERSION;
        record.fieldId = field;
        record.ts = ts;
        match value {
            Injected::Int(value) => {
                record.fieldType = u16::from(b'i');
                record.value.i64 = *value;
            }
            Injected::Double(value) => {
                record.fieldType = u16::from(b'd');
                record.value.dbl = *value;
            }
            Injected::Text(text) => {
                record.fieldType = u16::from(b's');
                let mut out = [0; 256];
                for (to, from) in out.iter_mut().zip(text.bytes()) {
                    *to = core::ffi::c_char::from_ne_bytes([from]);
                }
                record.value.str = out;
            }
        }
        self.lib
            .dcgmInjectEntityFieldValue(self.handle, entity.0, entity.1, &raw mut *record)
    }

    pub(crate) fn group(&self, name: &str, members: &[(u32, u32)]) -> usize {
        let name = CString::new(name).unwrap();
        let mut id = 0;
        assert_eq!(
            self.lib
                .dcgmGroupCreate(self.handle, 1, name.as_ptr(), &raw mut id),
            0
        );
        for (kind, entity) in members {
            assert_eq!(
                self.lib.dcgmGroupAddEntity(self.handle, id, *kind, *entity),
                0
            );
        }
        id
    }

    pub(crate) fn field_group(&self, name: &str, fields: &[u16]) -> usize {
        let (code, id) = self.create_field_group(Some(name), fields);
        assert_eq!(code, 0);
        id
    }

    pub(crate) fn create_field_group(&self, name: Option<&str>, fields: &[u16]) -> (c_int, usize) {
        let name = name.map(|name| CString::new(name).unwrap());
        let name = name
            .as_ref()
            .map_or(core::ptr::null(), |name| name.as_ptr());
        let mut id = 0;
        let count = c_int::try_from(fields.len()).unwrap();
        let code =
            self.lib
                .dcgmFieldGroupCreate(self.handle, count, fields.as_ptr(), name, &raw mut id);
        (code, id)
    }

    pub(crate) fn latest(&self, handle: usize, group: usize, fields: usize) -> (c_int, Calls) {
        let mut calls = Calls::default();
        let user = (&raw mut calls).cast();
        let code = self
            .lib
            .dcgmGetLatestValues_v2(handle, group, fields, Some(collect), user);
        (code, calls)
    }

    pub(crate) fn seen_latest(&self, group: usize, fields: usize) -> Seen {
        let (code, calls) = self.latest(self.handle, group, fields);
        seen! {"ret": code, "cb_calls": calls.values.len(), "cb": calls.values.len(), "values": calls.values}
    }

    pub(crate) fn seen_since(&mut self, group: usize, fields: usize, since: i64) -> Seen {
        let mut calls = Calls::default();
        let (mut next, user) = (-1, (&raw mut calls).cast());
        let handle = self.handle;
        let code = self.lib.dcgmGetValuesSince_v2(
            handle,
            group,
            fields,
            since,
            &raw mut next,
            Some(collect),
            user,
        );
        self.vars.insert("next", next);
        seen! {
            "ret": code, "cb_calls": calls.values.len(), "values": calls.values,
            "next": next != 0,
        }
    }

    pub(crate) fn seen_entities(
        &self,
        entities: &[(u32, u32)],
        fields: &[u16],
        flags: u32,
    ) -> Seen {
        let pair = |&(kind, id): &(u32, u32)| sys::dcgmGroupEntityPair_t {
            entityGroupId: kind,
            entityId: id,
        };
        let mut pairs: Vec<_> = entities.iter().map(pair).collect();
        let mut fields = fields.to_vec();
        let count = (entities.len() * fields.len()).max(1);
        let mut values = filled::<sys::dcgmFieldValue_v2>(count);
        let code = self.lib.dcgmEntitiesGetLatestValues(
            self.handle,
            pairs.as_mut_ptr(),
            u32::try_from(pairs.len()).unwrap(),
            fields.as_mut_ptr(),
            u32::try_from(fields.len()).unwrap(),
            flags,
            values.as_mut_ptr(),
        );
        if values.iter().all(|value| value.version == 0xabab_abab) {
            return seen! {"ret": code, "values": "untouched"};
        }
        let values: Vec<String> = values
            .iter()
            .map(|value| {
                assert_eq!(value.version, sys::dcgmFieldValue_v2::VERSION);
                let entity = (value.entityGroupId, value.entityId);
                let body = Body {
                    entity,
                    field: value.fieldId,
                    kind: value.fieldType,
                    status: value.status,
                    ts: value.ts,
                };
                body.to_text((&raw const value.value).cast())
            })
            .collect();
        seen! {"ret": code, "values": values}
    }

    pub(crate) fn seen_devices(&self, handle: usize) -> Seen {
        let (mut ids, mut count) = ([0; 32], -1);
        let code = self
            .lib
            .dcgmGetAllDevices(handle, ids.as_mut_ptr(), &raw mut count);
        let listed = usize::try_from(count).unwrap_or(0);
        seen! {"ret": code, "count": count.max(0), "ids": ids[..listed].to_vec()}
    }

    pub(crate) fn seen_modules(&self, handle: usize) -> Seen {
        let mut statuses = zeroed::<sys::dcgmModuleGetStatuses_v1>();
        statuses.version = sys::dcgmModuleGetStatuses_v1::VERSION;
        let code = self.lib.dcgmModuleGetStatuses(handle, &raw mut *statuses);
        let count = usize::try_from(statuses.numStatuses).unwrap();
        let rows: Vec<Value> = statuses.statuses[..count]
            .iter()
            .map(|module| {
                let mut name = core::ptr::null();
                assert_eq!(self.lib.dcgmModuleIdToName(module.id, &raw mut name), 0);
                json!([module.id, text_at(name), module.status])
            })
            .collect();
        seen! {"ret": code, "st": rows}
    }
}

/// The value that a probe injected.
pub(crate) enum Injected {
    Int(i64),
    Double(f64),
    Text(&'static str),
}
