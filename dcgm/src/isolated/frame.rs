//! Frames: the messages on the socket between an [`IsolatedEngine`](super::IsolatedEngine) and its worker.
//!
//! A frame is a length of four bytes, and as many bytes. First, each side sends a greeting with its release,
//! and refuses another one. Then the parent sends requests: a sequence number, an operation, and the
//! arguments. The worker replies to each in turn, if the operation has a reply, with the same number and
//! the result. There is no other message.

use super::wire::{Decoded, Input, Malformed, Wire, put_bytes};

/// The longest frame: 16 MiB, or about half a million samples. Twenty thousand values have 0.6 MB.
pub(super) const MAX_FRAME_BYTES: usize = 16 << 20;

/// The length of the header of a frame.
pub(super) const HEADER_BYTES: usize = 4;

/// The release, of which both sides must be. A protocol of its own would have to be tested with all others.
pub(super) const RELEASE: &str = concat!("dcgm ", env!("CARGO_PKG_VERSION"));

/// The first bytes of a greeting.
const MAGIC: [u8; 8] = *b"dcgmwork";

macro_rules! operations {
    ($($number:literal $name:ident,)*) => {
        /// The operations of requests.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub(super) enum Op {
            $($name,)*
        }

        impl Wire for Op {
            fn encode(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$name => $number,)* });
            }

            fn decode(input: &mut Input<'_>) -> Decoded<Self> {
                match u8::decode(input)? {
                    $($number => Ok(Self::$name),)*
                    _ => Err(Malformed("it has an unknown operation")),
                }
            }
        }
    };
}

operations! {
    1 Connect,
    2 Close,
    3 BuildInfo,
    4 List,
    5 Entities,
    6 Links,
    7 Watch,
    8 Latest,
    9 Events,
    10 Update,
    11 Subject,
    12 WatchHealth,
    13 CheckHealth,
    14 WatchJobs,
    15 WatchProcesses,
    16 Pause,
    17 Register,
    18 Violations,
    19 Diagnose,
    20 DiagnoseHosts,
    21 LookAtDiagnostic,
    // Without a reply.
    32 Drop,
    33 DefineQuery,
    34 ForgetQuery,
}

/// Appends a frame whose content `fill` appends.
pub(super) fn put_frame(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) -> Decoded<()> {
    let start = out.len();
    0_u32.encode(out);
    fill(out);
    let len = out.len() - start - HEADER_BYTES;
    if len > MAX_FRAME_BYTES {
        out.truncate(start);
        return Err(Malformed("it is too long"));
    }
    let len = u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(header) = out.get_mut(start..start + HEADER_BYTES) {
        header.copy_from_slice(&len);
    }
    Ok(())
}

/// Returns the length of the content of a frame, from its header.
pub(super) fn content_len(header: [u8; HEADER_BYTES]) -> Decoded<usize> {
    let len = usize::try_from(u32::from_le_bytes(header)).ok();
    len.filter(|len| *len <= MAX_FRAME_BYTES)
        .ok_or(Malformed("it is too long"))
}

/// Appends the content of a greeting.
pub(super) fn put_greeting(out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    put_bytes(RELEASE.as_bytes(), out);
}

/// Returns the release that a greeting states.
pub(super) fn greeted_release(mut content: Input<'_>) -> Decoded<&str> {
    if content.array()? != MAGIC {
        return Err(Malformed("it is no greeting of a worker"));
    }
    let release = content.raw_text()?;
    content.end()?;
    Ok(release)
}
