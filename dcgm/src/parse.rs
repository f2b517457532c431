//! [`ParseError`], and the macro for open sets of named numbers.

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
