//! Bytes as a script: derives the responses, biased towards values that break programs.

use std::cell::RefCell;

use dcgm_sys as sys;

use crate::entity::EntityId;

/// A record as the library responded with it.
pub(super) struct ScriptedResponse {
    pub(super) entity: EntityId,
    pub(super) field: u16,
    pub(super) kind: u16,
    pub(super) status: i32,
    pub(super) time: i64,
    pub(super) payload: Box<[u8; 4096]>,
}

#[derive(Default)]
pub(super) struct Script {
    bytes: Vec<u8>,
    at: usize,
}

/// A group's entities and fields.
type Held = (Vec<sys::dcgmGroupEntityPair_t>, Vec<u16>);

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
    static SCRIPT: RefCell<Script> = RefCell::default();
    static RESPONSES: RefCell<Vec<Option<std::rc::Rc<ScriptedResponse>>>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn play(bytes: &[u8]) {
    let bytes = bytes.to_vec();
    SCRIPT.set(Script { bytes, at: 0 });
    forget();
}

pub(super) fn with<T>(ask: impl FnOnce(&mut Script) -> T) -> T {
    SCRIPT.with_borrow_mut(ask)
}

/// Returns the responses since [`forget`]; `None` for a record that was not written.
pub(super) fn responses() -> Vec<Option<std::rc::Rc<ScriptedResponse>>> {
    RESPONSES.with_borrow(Clone::clone)
}

/// The content of the group that is read next.
pub(super) fn hold(entities: &[sys::dcgmGroupEntityPair_t], fields: &[u16]) {
    HELD.set((entities.to_vec(), fields.to_vec()));
}

pub(super) fn held() -> Held {
    HELD.with_borrow(Clone::clone)
}

pub(super) fn forget() {
    RESPONSES.with_borrow_mut(Vec::clear);
}

pub(super) fn record_response(response: Option<ScriptedResponse>) {
    RESPONSES.with_borrow_mut(|all| all.push(response.map(std::rc::Rc::new)));
}

const INTS: [i64; 16] = [
    0,
    -1,
    1,
    i64::MIN,
    i64::MAX,
    sys::DCGM_INT64_BLANK - 1,
    sys::DCGM_INT64_BLANK,
    sys::DCGM_INT64_BLANK + 1,
    sys::DCGM_INT64_BLANK + 2,
    sys::DCGM_INT64_BLANK + 3,
    sys::DCGM_INT64_BLANK + 4,
    i32::MAX as i64,
    sys::DCGM_INT32_BLANK as i64,
    1 << 47,
    (1 << 53) + 1,
    i64::MIN + 1,
];

const DOUBLES: [f64; 16] = [
    0.0,
    -0.0,
    f64::NAN,
    -f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE / 2.0,
    f64::MAX,
    f64::MIN,
    sys::DCGM_FP64_BLANK,
    sys::DCGM_FP64_BLANK + 1.0,
    sys::DCGM_FP64_BLANK + 2.0,
    sys::DCGM_FP64_BLANK + 3.5,
    sys::DCGM_FP64_BLANK - 0.5,
    -1e-300,
    5e17,
];

const TIMES: [i64; 8] = [
    0,
    -1,
    i64::MIN,
    i64::MAX,
    1_767_225_600_000_000,
    1_767_225_601_000_000,
    1_767_222_000_000_000,
    4_102_444_800_000_000,
];

const STATUSES: [i32; 8] = [0, 0, 0, 0, -14, -16, -18, -6];

/// `i d s b t`, unknown types, and an `i` in the high byte.
const KINDS: [u16; 8] = [
    b'i' as u16,
    b'd' as u16,
    b's' as u16,
    b'b' as u16,
    b't' as u16,
    b'?' as u16,
    0,
    (b'i' as u16) << 8,
];

const FIELDS: [u16; 8] = [150, 155, 230, 50, 53, 1001, 0, 65_535];

const TEXTS: [&[u8]; 8] = [
    b"NVIDIA H100 80GB HBM3\0",
    b"<<<NOT_SUPPORTED>>>\0",
    b"<<<a\x1b[31m>>>\0",
    b"\r\n\t \0",
    b"\xff\xfe\xc3\x28\0",
    "\u{202e}gpu\u{2028}\u{85}\u{0}".as_bytes(),
    "\u{1f4a9}\u{fffd}\u{10ffff}".as_bytes(),
    b"",
];

impl Script {
    /// Returns the next byte; zeros follow the last.
    pub(super) fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// Returns a value of a table, or an arbitrary one.
    fn one_of<T: Copy>(&mut self, table: &[T], any: impl FnOnce(&mut Self) -> T) -> T {
        let choice = usize::from(self.byte());
        table
            .get(choice % (table.len() + 2))
            .copied()
            .unwrap_or_else(|| any(self))
    }

    pub(super) fn pair(&mut self) -> sys::dcgmGroupEntityPair_t {
        let [kind, id] = self.bytes();
        sys::dcgmGroupEntityPair_t {
            entityGroupId: match kind % 16 {
                15 => u32::from_ne_bytes(self.bytes()),
                kind => kind.into(),
            },
            entityId: if id > 250 {
                u32::MAX
            } else {
                u32::from(id % 4)
            },
        }
    }

    /// Returns the bytes of a number, mostly of one that breaks programs.
    pub(super) fn number(&mut self) -> [u8; 8] {
        match self.byte() % 4 {
            0 => [0; 8],
            1 => self
                .one_of(&INTS, |script| i64::from_ne_bytes(script.bytes()))
                .to_ne_bytes(),
            2 => self
                .one_of(&DOUBLES, |script| f64::from_ne_bytes(script.bytes()))
                .to_ne_bytes(),
            _ => self.bytes(),
        }
    }

    pub(super) fn kind(&mut self) -> u16 {
        self.one_of(&KINDS, |script| u16::from_ne_bytes(script.bytes()))
    }

    pub(super) fn field(&mut self) -> u16 {
        self.one_of(&FIELDS, |script| u16::from_ne_bytes(script.bytes()))
    }

    pub(super) fn time(&mut self) -> i64 {
        self.one_of(&TIMES, |script| i64::from_ne_bytes(script.bytes()))
    }

    pub(super) fn status(&mut self) -> i32 {
        self.one_of(&STATUSES, |script| i32::from_ne_bytes(script.bytes()))
    }

    /// Returns the code of a function, which mostly succeeds.
    pub(super) fn code(&mut self) -> i32 {
        match self.byte() {
            0..224 => 0,
            _ => i32::from_ne_bytes(self.bytes()),
        }
    }

    /// Returns a count, within or beyond the capacity.
    pub(super) fn count(&mut self, room: u32) -> u32 {
        match self.byte() {
            0..160 => u32::from(self.byte()).min(room),
            160..200 => room,
            200..220 => room.saturating_add(1),
            220..240 => u32::MAX,
            _ => u32::from_ne_bytes(self.bytes()),
        }
    }

    /// Fills a buffer with arbitrary text, terminated or not.
    pub(super) fn text(&mut self, into: &mut [u8]) {
        into.fill(self.byte());
        let choice = usize::from(self.byte()) % (TEXTS.len() + 2);
        if let Some(text) = TEXTS.get(choice) {
            for (to, from) in into.iter_mut().zip(*text) {
                *to = *from;
            }
        } else {
            let used = usize::from(self.byte());
            for to in into.iter_mut().take(used) {
                *to = self.byte();
            }
        }
    }

    pub(super) fn record(&mut self, entity: EntityId, field: u16) -> ScriptedResponse {
        let kind = self.one_of(&KINDS, |script| u16::from_ne_bytes(script.bytes()));
        let status = self.status();
        let time = self.time();
        let mut payload = Box::new([0; 4096]);
        match u8::try_from(kind) {
            Ok(b'i' | b't') => {
                let value = self.one_of(&INTS, |script| i64::from_ne_bytes(script.bytes()));
                payload[..8].copy_from_slice(&value.to_ne_bytes());
            }
            Ok(b'd') => {
                let value = self.one_of(&DOUBLES, |script| f64::from_ne_bytes(script.bytes()));
                payload[..8].copy_from_slice(&value.to_ne_bytes());
            }
            _ => self.text(&mut payload[..]),
        }
        ScriptedResponse {
            entity,
            field,
            kind,
            status,
            time,
            payload,
        }
    }
}
