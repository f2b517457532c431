//! [`ParseError`], and the macros for open sets of named numbers and of named bits.

use core::fmt;

use dcgm_sys::text::sanitize;

/// The error of parsing a field, an entity, a kind, a state, a version, or a mock's host or scenario.
///
/// ```
/// use dcgm::FieldId;
///
/// let error = "DCGM_FI_DEV_SPEED".parse::<FieldId>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"expected the name or number of a field, got "DCGM_FI_DEV_SPEED""#
/// );
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct ParseError {
    expected: &'static str,
    input: Box<str>,
}

impl ParseError {
    /// The input is kept at most 256 bytes long and without control characters.
    pub(crate) fn new(expected: &'static str, input: &str) -> Self {
        Self {
            expected,
            input: sanitize(input).into(),
        }
    }
}

impl core::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, got {:?}", self.expected, self.input)
    }
}

/// Prints the message.
impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Constants, names, `Display` and `FromStr` of a newtype around one of DCGM's enums, which later
/// releases extend: a number without a name is displayed and parsed as `prefix-number`.
macro_rules! open_enum {
    ($type:ident, $prefix:literal, $expected:literal; $($c:ident => $name:ident, $text:literal, $meaning:literal;)*) => {
        impl $type {
            $(
                #[doc = $meaning]
                pub const $name: Self = Self(dcgm_sys::$c);
            )*

            /// Every value that has a name.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Wraps DCGM's number, known or not.
            #[must_use]
            pub const fn from_raw(raw: u32) -> Self {
                Self(raw)
            }

            /// Returns DCGM's number.
            #[must_use]
            pub const fn raw(self) -> u32 {
                self.0
            }

            /// Returns the name, or `None` for a number of a later release. Names are stable.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( dcgm_sys::$c => Some($text), )*
                    _ => None,
                }
            }
        }

        #[doc = concat!("The name, or `", $prefix, "-99` for a number without one.")]
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, concat!($prefix, "-{}"), self.0),
                }
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }

        /// Parses the text that `Display` prints. The case of names does not matter.
        impl core::str::FromStr for $type {
            type Err = $crate::parse::ParseError;

            fn from_str(input: &str) -> Result<Self, Self::Err> {
                let text = input.trim();
                let named = Self::ALL.iter().copied();
                let mut named = named.filter(|one| one.name().is_some_and(|name| name.eq_ignore_ascii_case(text)));
                let number = || text.strip_prefix(concat!($prefix, "-"))?.parse().ok();
                named
                    .next()
                    .or_else(|| number().map(Self::from_raw))
                    .ok_or_else(|| $crate::parse::ParseError::new($expected, input))
            }
        }
    };
}
pub(crate) use open_enum;

/// Constants, operations, `Display` and `Debug` of a newtype around a set of DCGM's bits, which later
/// releases extend. A row may have several bits, and is displayed instead of the rows after it that have
/// only these.
macro_rules! bit_set {
    ($type:ident; $($c:ident => $name:ident, $text:literal, $meaning:literal;)*) => {
        impl $type {
            $(
                #[doc = $meaning]
                pub const $name: Self = Self(dcgm_sys::$c);
            )*

            /// Wraps DCGM's bits, known or not.
            #[must_use]
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// Returns DCGM's bits.
            #[must_use]
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Returns `true` if nothing is in the set.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Returns `true` if all of `other` is in the set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl core::ops::BitOr for $type {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        /// Prints the names with `|` between them; bits without a name in hexadecimal.
        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::parse::fmt_bits(self.0, &[$((dcgm_sys::$c, $text)),*], f)
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}
pub(crate) use bit_set;

/// Prints the names of bits, in the order of `named`, and the bits without a name.
pub(crate) fn fmt_bits(
    bits: u32,
    named: &[(u32, &str)],
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    if bits == 0 {
        return f.write_str("none");
    }
    let mut rest = bits;
    let mut separator = "";
    for (row, name) in named {
        if rest & row == *row {
            write!(f, "{separator}{name}")?;
            separator = "|";
            rest &= !row;
        }
    }
    if rest != 0 {
        write!(f, "{separator}{rest:#x}")?;
    }
    Ok(())
}
