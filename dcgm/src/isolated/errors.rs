//! The encoding of [`Error`].

use dcgm_sys as sys;
use dcgm_sys::text::MAX_TEXT_BYTES;
use parking_lot::Mutex;

use super::wire::{Decoded, Input, Malformed, Wire, put_bytes, wire_enums};
use crate::connect_error::ConnectError;
use crate::endpoint::EndpointError;
use crate::engine::EmbeddedMode;
use crate::error::{Error, Operation, WorkerEnd, WorkerError};

/// The maximum number of kept texts that are no name of a function or a mode: more than the code has, and few enough
/// that they cannot fill the memory of the host program.
const MAX_INTERNED: usize = 128;

/// A text that both sides have in their code, such as the name of a C function.
impl Wire for &'static str {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        input.text().map(|text| intern(&text))
    }
}

/// Returns the text with a static lifetime.
fn intern(text: &str) -> &'static str {
    static KNOWN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let functions = sys::Symbols::ROWS.iter().map(|row| row.name);
    let modes = [EmbeddedMode::Auto.name(), EmbeddedMode::Manual.name()];
    if let Some(name) = functions.chain(modes).find(|name| *name == text) {
        return name;
    }
    let mut known = KNOWN.lock();
    if let Some(found) = known.iter().find(|known| **known == text) {
        return found;
    }
    if known.len() >= MAX_INTERNED || text.len() > MAX_TEXT_BYTES {
        return "(a text of the worker)";
    }
    let kept: &'static str = Box::leak(text.into());
    known.push(kept);
    kept
}

impl Wire for sys::MissingSymbolError {
    fn encode(&self, out: &mut Vec<u8>) {
        self.function.encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Self::of(&input.text()?).ok_or(Malformed("it names an unknown function"))
    }
}

impl Wire for sys::Attempt {
    fn encode(&self, out: &mut Vec<u8>) {
        self.name.encode(out);
        self.reason.encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(Self::new(String::decode(input)?, String::decode(input)?))
    }
}

impl Wire for sys::LoadError {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::NotFound { tried } => {
                out.push(0);
                tried.encode(out);
            }
            Self::NotALibrary { path, reason } => {
                out.push(1);
                path.encode(out);
                reason.encode(out);
            }
            Self::NotDcgm { path, missing } => {
                out.push(2);
                path.encode(out);
                missing.encode(out);
            }
            Self::RelativePath { path } => {
                out.push(3);
                path.encode(out);
            }
            // `Platform`, and what is added later.
            _ => out.push(4),
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(match u8::decode(input)? {
            0 => Self::NotFound {
                tried: Wire::decode(input)?,
            },
            1 => Self::NotALibrary {
                path: Wire::decode(input)?,
                reason: Wire::decode(input)?,
            },
            2 => Self::NotDcgm {
                path: Wire::decode(input)?,
                missing: Wire::decode(input)?,
            },
            3 => Self::RelativePath {
                path: Wire::decode(input)?,
            },
            4 => Self::Platform,
            _ => return Err(Malformed("it has an unknown error of loading")),
        })
    }
}

wire_enums! {
    Operation {
        0 Configure, 1 Change, 2 Connect, 3 Diagnose, 4 Enumerate, 5 Read, 6 Update, 7 Watch,
    }
    ConnectError {
        0 Closed, 1 Ipv6 { library }, 2 NotAnEngine, 3 NotASocket, 4 NotFound, 5 PermissionDenied,
        6 Refused, 7 Silent, 8 Unreachable { reason }, 9 Unresolvable { reason }, 10 Vsock { library },
    }
    // A worker has no worker of its own, but the program cannot rely on that.
    WorkerError {
        0 Limit { reason }, 1 NotStarted { reason }, 2 NotPrepared, 3 Release { expected, got }, 4 Reply(part),
    }
    EndpointError {
        0 Empty, 1 Host { input }, 2 Ipv6 { input }, 3 Port { input, port }, 4 Scheme { scheme }, 5 UnixEmpty,
        6 UnixLong { length }, 7 UnixRelative { path }, 8 UserInfo, 9 Vsock { input },
    }
    WorkerEnd { 0 Signal(signal), 1 Status(status), 2 Unknown }
    Error {
        0 Busy { operation, after },
        1 Call { function, code },
        2 Connect { endpoint, cause },
        3 EmbeddedMode { running },
        4 Forked,
        5 Load(error),
        6 NoSuchEntity { entity },
        7 NotConnected,
        8 NotImplemented { method },
        9 Panicked,
        10 Request(text),
        11 SymbolMissing(missing),
        12 Thread { reason },
        13 Timeout { operation, after },
        14 VersionMismatch { library, engine },
        15 VersionRefused { function, library, engine },
        16 Wedged { abandoned },
        17 Worker(error),
        18 WorkerDied { end },
        19 Endpoint(error),
    }
}
