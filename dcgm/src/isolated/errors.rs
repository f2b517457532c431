//! The encoding of [`Error`].

use dcgm_sys as sys;
use dcgm_sys::text::MAX_TEXT_BYTES;
use parking_lot::Mutex;

use super::wire::{Decoded, Input, Malformed, Wire, put_bytes};
use crate::connect_error::ConnectError;
use crate::engine::EmbeddedMode;
use crate::error::{Error, Operation};

/// A text that both sides have in their code, such as the name of a C function.
struct Static(&'static str);

impl Wire for Static {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.0.as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        input.text().map(|text| Self(intern(text)))
    }
}

/// The maximum number of kept texts that are no name of a function: more than the code has, and few enough
/// that they cannot fill the memory of the host program.
const MAX_INTERNED: usize = 128;

/// Returns the text with a static lifetime.
fn intern(text: &str) -> &'static str {
    static KNOWN: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut functions = sys::Symbols::ROWS.iter();
    if let Some(row) = functions.find(|row| row.name == text) {
        return row.name;
    }
    let mut known = KNOWN.lock();
    if let Some(found) = known.iter().find(|known| **known == text) {
        return found;
    }
    if known.len() >= MAX_INTERNED || text.len() > MAX_TEXT_BYTES {
        return "(a text of the worker)";
    }
    let kept: &'static str = Box::leak(dcgm_sys::text::sanitize(text).into_owned().into());
    known.push(kept);
    kept
}

const OPERATIONS: [Operation; 8] = [
    Operation::Configure,
    Operation::Change,
    Operation::Connect,
    Operation::Diagnose,
    Operation::Enumerate,
    Operation::Read,
    Operation::Update,
    Operation::Watch,
];

impl Wire for Operation {
    fn encode(&self, out: &mut Vec<u8>) {
        let tags = 0_u8..;
        let mut known = tags.zip(OPERATIONS);
        let tag = known.find(|(_, known)| known == self);
        out.push(tag.map_or(0, |(tag, _)| tag));
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        let known = OPERATIONS.get(usize::from(u8::decode(input)?));
        known
            .copied()
            .ok_or(Malformed("it has an unknown operation"))
    }
}

impl Wire for ConnectError {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Closed => out.push(0),
            Self::Ipv6 { library } => {
                out.push(1);
                library.encode(out);
            }
            Self::NotAnEngine => out.push(2),
            Self::NotASocket => out.push(3),
            Self::NotFound => out.push(4),
            Self::PermissionDenied => out.push(5),
            Self::Refused => out.push(6),
            Self::Silent => out.push(7),
            Self::Unreachable { reason } => {
                out.push(8);
                reason.encode(out);
            }
            Self::Unresolvable { reason } => {
                out.push(9);
                reason.encode(out);
            }
            Self::Vsock { library } => {
                out.push(10);
                library.encode(out);
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(match u8::decode(input)? {
            0 => Self::Closed,
            1 => Self::Ipv6 {
                library: Wire::decode(input)?,
            },
            2 => Self::NotAnEngine,
            3 => Self::NotASocket,
            4 => Self::NotFound,
            5 => Self::PermissionDenied,
            6 => Self::Refused,
            7 => Self::Silent,
            8 => Self::Unreachable {
                reason: Wire::decode(input)?,
            },
            9 => Self::Unresolvable {
                reason: Wire::decode(input)?,
            },
            10 => Self::Vsock {
                library: Wire::decode(input)?,
            },
            _ => return Err(Malformed("it has an unknown cause of an error")),
        })
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
                Static(missing).encode(out);
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
                missing: Static::decode(input)?.0,
            },
            3 => Self::RelativePath {
                path: Wire::decode(input)?,
            },
            4 => Self::Platform,
            _ => return Err(Malformed("it has an unknown error of loading")),
        })
    }
}

impl Wire for Error {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Busy { operation, after } => {
                out.push(0);
                operation.encode(out);
                after.encode(out);
            }
            Self::Call { function, code } => {
                out.push(1);
                Static(function).encode(out);
                code.encode(out);
            }
            Self::Connect { endpoint, cause } => {
                out.push(2);
                endpoint.encode(out);
                cause.encode(out);
            }
            Self::EmbeddedMode { running } => {
                out.push(3);
                (*running == EmbeddedMode::Manual.name()).encode(out);
            }
            Self::Forked => out.push(4),
            Self::Load(error) => {
                out.push(5);
                error.encode(out);
            }
            Self::NoSuchEntity { entity } => {
                out.push(6);
                entity.encode(out);
            }
            // A worker has no worker of its own.
            Self::NotConnected | Self::Worker(_) | Self::WorkerDied { .. } => out.push(7),
            Self::NotImplemented { method } => {
                out.push(8);
                Static(method).encode(out);
            }
            Self::Panicked => out.push(9),
            Self::Request(text) => {
                out.push(10);
                Static(text).encode(out);
            }
            // The endpoint was parsed before it was passed to the worker.
            Self::Endpoint(_) => {
                out.push(10);
                Static("the endpoint is invalid").encode(out);
            }
            Self::SymbolMissing(missing) => {
                out.push(11);
                Static(missing.function).encode(out);
            }
            Self::Thread { reason } => {
                out.push(12);
                reason.encode(out);
            }
            Self::Timeout { operation, after } => {
                out.push(13);
                operation.encode(out);
                after.encode(out);
            }
            Self::VersionMismatch { library, engine } => {
                out.push(14);
                library.encode(out);
                engine.encode(out);
            }
            Self::VersionRefused {
                function,
                library,
                engine,
            } => {
                out.push(15);
                Static(function).encode(out);
                library.encode(out);
                engine.encode(out);
            }
            Self::Wedged { abandoned } => {
                out.push(16);
                u64::try_from(*abandoned).unwrap_or(u64::MAX).encode(out);
            }
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(match u8::decode(input)? {
            0 => Self::Busy {
                operation: Wire::decode(input)?,
                after: Wire::decode(input)?,
            },
            1 => Self::Call {
                function: Static::decode(input)?.0,
                code: Wire::decode(input)?,
            },
            2 => Self::Connect {
                endpoint: Wire::decode(input)?,
                cause: Wire::decode(input)?,
            },
            3 => Self::EmbeddedMode {
                running: EmbeddedMode::decode(input)?.name(),
            },
            4 => Self::Forked,
            5 => Self::Load(Wire::decode(input)?),
            6 => Self::NoSuchEntity {
                entity: Wire::decode(input)?,
            },
            7 => Self::NotConnected,
            8 => Self::NotImplemented {
                method: Static::decode(input)?.0,
            },
            9 => Self::Panicked,
            10 => Self::Request(Static::decode(input)?.0),
            11 => {
                let missing = sys::MissingSymbolError::of(input.text()?);
                Self::SymbolMissing(missing.ok_or(Malformed("it names an unknown function"))?)
            }
            12 => Self::Thread {
                reason: Wire::decode(input)?,
            },
            13 => Self::Timeout {
                operation: Wire::decode(input)?,
                after: Wire::decode(input)?,
            },
            14 => Self::VersionMismatch {
                library: Wire::decode(input)?,
                engine: Wire::decode(input)?,
            },
            15 => Self::VersionRefused {
                function: Static::decode(input)?.0,
                library: Wire::decode(input)?,
                engine: Wire::decode(input)?,
            },
            16 => Self::Wedged {
                abandoned: usize::try_from(u64::decode(input)?).unwrap_or(usize::MAX),
            },
            _ => return Err(Malformed("it has an unknown error")),
        })
    }
}
