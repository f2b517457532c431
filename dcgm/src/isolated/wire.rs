//! The encoding of values between an [`IsolatedEngine`](super::IsolatedEngine) and its worker.
//!
//! Both sides are of the same release, which they check first, so that the encoding has no versions: members
//! in order, numbers in little-endian order, a count before each sequence and each text. Neither side trusts
//! the other: a decoder reads no byte beyond the frame, allocates no more than what the bytes fill, and
//! returns [`Malformed`] for anything else.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dcgm_sys::text::is_hidden;

/// The bytes do not encode what was expected: which part, for the error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Malformed(pub(super) &'static str);

/// A decoded value.
pub(super) type Decoded<T> = Result<T, Malformed>;

/// The bytes of a frame that are not decoded yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    /// Set in the program, which shows and logs the texts of the worker.
    is_reply: bool,
}

impl<'a> Input<'a> {
    /// The content of a frame from the program, whose texts are taken as they are.
    pub(super) const fn request(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            is_reply: false,
        }
    }

    /// The content of a frame from the worker. Its texts lose their hidden characters.
    pub(super) const fn reply(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            is_reply: true,
        }
    }

    pub(super) fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let (first, rest) = self
            .bytes
            .split_first_chunk::<N>()
            .ok_or(Malformed("it is too short"))?;
        self.bytes = rest;
        Ok(*first)
    }

    pub(super) fn slice(&mut self, len: usize) -> Decoded<&'a [u8]> {
        let (first, rest) = self
            .bytes
            .split_at_checked(len)
            .ok_or(Malformed("it is too short"))?;
        self.bytes = rest;
        Ok(first)
    }

    /// Reads a count and as many bytes.
    pub(super) fn bytes(&mut self) -> Decoded<&'a [u8]> {
        let len = self.count()?;
        self.slice(len)
    }

    /// Reads a count of elements, each of which has at least one byte.
    pub(super) fn count(&mut self) -> Decoded<usize> {
        let count = usize::try_from(u32::decode(self)?);
        count
            .ok()
            .filter(|count| *count <= self.bytes.len())
            .ok_or(Malformed("a count is too large"))
    }

    /// Reads a text as it is.
    pub(super) fn raw_text(&mut self) -> Decoded<&'a str> {
        core::str::from_utf8(self.bytes()?).map_err(|_invalid| Malformed("a text is not UTF-8"))
    }

    pub(super) fn text(&mut self) -> Decoded<Cow<'a, str>> {
        let text = self.raw_text()?;
        Ok(if self.is_reply && text.contains(is_hidden) {
            text.replace(is_hidden, "").into()
        } else {
            text.into()
        })
    }

    /// Skips the rest.
    pub(super) const fn skip(&mut self) {
        self.bytes = &[];
    }

    /// Fails if bytes are left.
    pub(super) fn end(self) -> Decoded<()> {
        if self.bytes.is_empty() {
            Ok(())
        } else {
            Err(Malformed("it is too long"))
        }
    }
}

/// Appends a count; a frame with a larger one is too long to be sent.
pub(super) fn put_count(count: usize, out: &mut Vec<u8>) {
    u32::try_from(count).unwrap_or(u32::MAX).encode(out);
}

pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_count(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// A value that crosses the boundary.
pub(super) trait Wire: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    fn decode(input: &mut Input<'_>) -> Decoded<Self>;
}

macro_rules! wire_numbers {
    ($($type:ty),*) => {
        $(
            impl Wire for $type {
                fn encode(&self, out: &mut Vec<u8>) {
                    out.extend_from_slice(&self.to_le_bytes());
                }

                fn decode(input: &mut Input<'_>) -> Decoded<Self> {
                    Ok(Self::from_le_bytes(input.array()?))
                }
            }
        )*
    };
}

wire_numbers!(u8, u16, u32, u64, i32, i64, f64);

impl Wire for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        u8::from(*self).encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        match u8::decode(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("a flag is neither 0 nor 1")),
        }
    }
}

impl Wire for () {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut Input<'_>) -> Decoded<Self> {
        Ok(())
    }
}

/// As 64 bits, whatever the width of the program's.
impl Wire for usize {
    fn encode(&self, out: &mut Vec<u8>) {
        u64::try_from(*self).unwrap_or(u64::MAX).encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(Self::try_from(u64::decode(input)?).unwrap_or(Self::MAX))
    }
}

impl Wire for String {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        input.text().map(Cow::into_owned)
    }
}

impl Wire for Arc<str> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        input.text().map(Self::from)
    }
}

impl Wire for Arc<[u8]> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self, out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        input.bytes().map(Self::from)
    }
}

impl Wire for PathBuf {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_os_str().as_bytes(), out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(OsString::from_vec(input.bytes()?.to_vec()).into())
    }
}

impl Wire for Duration {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_secs().encode(out);
        self.subsec_nanos().encode(out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        let (seconds, nanos) = (u64::decode(input)?, u32::decode(input)?);
        if nanos < 1_000_000_000 {
            Ok(Self::new(seconds, nanos))
        } else {
            Err(Malformed("a time is invalid"))
        }
    }
}

impl<T: Wire> Wire for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        bool::decode(input)?.then(|| T::decode(input)).transpose()
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_slice(self, out);
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        let mut values = Self::new();
        for _ in 0..input.count()? {
            values.push(T::decode(input)?);
        }
        Ok(values)
    }
}

/// Encodes a slice like a vector.
pub(super) fn put_slice<T: Wire>(values: &[T], out: &mut Vec<u8>) {
    put_count(values.len(), out);
    for value in values {
        value.encode(out);
    }
}

macro_rules! wire_tuples {
    ($(($($type:ident $member:tt),*))*) => {
        $(
            impl<$($type: Wire),*> Wire for ($($type,)*) {
                fn encode(&self, out: &mut Vec<u8>) {
                    $(self.$member.encode(out);)*
                }

                fn decode(input: &mut Input<'_>) -> Decoded<Self> {
                    Ok(($($type::decode(input)?,)*))
                }
            }
        )*
    };
}

wire_tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_ok().encode(out);
        match self {
            Ok(value) => value.encode(out),
            Err(error) => error.encode(out),
        }
    }

    fn decode(input: &mut Input<'_>) -> Decoded<Self> {
        Ok(if bool::decode(input)? {
            Ok(T::decode(input)?)
        } else {
            Err(E::decode(input)?)
        })
    }
}

/// Implements [`Wire`] for wrappers of a number, by the functions that wrap and unwrap it.
macro_rules! wire_newtypes {
    ($($type:ty: $raw:ty, $from:ident, $into:ident;)*) => {
        $(
            impl $crate::isolated::wire::Wire for $type {
                fn encode(&self, out: &mut Vec<u8>) {
                    self.$into().encode(out);
                }

                fn decode(
                    input: &mut $crate::isolated::wire::Input<'_>,
                ) -> $crate::isolated::wire::Decoded<Self> {
                    <$raw>::decode(input).map(Self::$from)
                }
            }
        )*
    };
}
pub(super) use wire_newtypes;

/// Implements [`Wire`] for structs, member by member.
macro_rules! wire_structs {
    ($($type:ty { $($member:ident),* $(,)? })*) => {
        $(
            impl $crate::isolated::wire::Wire for $type {
                fn encode(&self, out: &mut Vec<u8>) {
                    let Self { $($member),* } = self;
                    $($member.encode(out);)*
                }

                fn decode(
                    input: &mut $crate::isolated::wire::Input<'_>,
                ) -> $crate::isolated::wire::Decoded<Self> {
                    Ok(Self { $($member: Wire::decode(input)?),* })
                }
            }
        )*
    };
}
pub(super) use wire_structs;

/// Implements [`Wire`] for enums: the number of the variant, and its members.
macro_rules! wire_enums {
    ($($type:ty {
        $($tag:literal $variant:ident $(($inner:ident))? $({ $($member:ident),* })?),* $(,)?
    })*) => {
        $(
            impl $crate::isolated::wire::Wire for $type {
                fn encode(&self, out: &mut Vec<u8>) {
                    match self {
                        $(
                            Self::$variant $(($inner))? $({ $($member),* })? => {
                                out.push($tag);
                                $($inner.encode(out);)?
                                $($($member.encode(out);)*)?
                            }
                        )*
                    }
                }

                fn decode(
                    input: &mut $crate::isolated::wire::Input<'_>,
                ) -> $crate::isolated::wire::Decoded<Self> {
                    Ok(match u8::decode(input)? {
                        $(
                            $tag => Self::$variant
                                $(({ let $inner = Wire::decode(input)?; $inner }))?
                                $({ $($member: Wire::decode(input)?),* })?,
                        )*
                        _ => {
                            return Err($crate::isolated::wire::Malformed(concat!(
                                "it has an unknown ", stringify!($type)
                            )));
                        }
                    })
                }
            }
        )*
    };
}
pub(super) use wire_enums;
