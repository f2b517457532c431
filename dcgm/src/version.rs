//! Versions of libdcgm and of the host engine.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use crate::parse::ParseError;

/// A version of DCGM, as in `4.6.0`.
///
/// ```
/// use dcgm::Version;
///
/// let version: Version = "4.5.1".parse()?;
/// assert!(version < Version::new(4, 6, 0));
/// assert_eq!(version.to_string(), "4.5.1");
/// # Ok::<(), dcgm::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a DCGM version has three numbers"
)]
pub struct Version {
    /// The major version: the number in libdcgm's soname.
    pub major: u32,
    /// The minor version, which increases with new functions and fields.
    pub minor: u32,
    /// The patch level.
    pub patch: u32,
}

impl Version {
    /// Creates a version.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }
}

impl Version {
    /// Converts a literal of three numbers, at compile time.
    pub(crate) const fn from_literal(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut numbers = [0; 3];
        let (mut at, mut number) = (0, 0);
        while at < bytes.len() {
            if bytes[at] == b'.' {
                number += 1;
            } else {
                numbers[number] = numbers[number] * 10 + (bytes[at] - b'0') as u32;
            }
            at += 1;
        }
        Self::new(numbers[0], numbers[1], numbers[2])
    }
}

/// Parses `4.6.0`. Missing numbers are 0; text after the third number, as in `4.6.1-rc2`, is
/// ignored.
impl FromStr for Version {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        let mut numbers = input.trim().splitn(3, '.').map(|part| {
            let digits = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part.get(..digits).unwrap_or_default().parse::<u32>().ok()
        });
        let Some(Some(major)) = numbers.next() else {
            return Err(ParseError::new("a version such as 4.6.0", input));
        };
        let mut next = || numbers.next().flatten().unwrap_or(0);
        Ok(Self {
            major,
            minor: next(),
            patch: next(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// The build information of a libdcgm or of a host engine.
///
/// DCGM reports it as `key:value;key:value;…`; values may contain colons and elements may be empty.
///
/// ```
/// use dcgm::{BuildInfo, Version};
///
/// let build = BuildInfo::from_raw("version:4.5.1;arch:x86_64;buildtype:Release");
/// assert_eq!(build.version(), Some(Version::new(4, 5, 1)));
/// assert_eq!(build.value("arch"), Some("x86_64"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "dcgmVersionInfo_v2")]
pub struct BuildInfo {
    raw: Arc<str>,
}

impl BuildInfo {
    /// Wraps DCGM's text.
    #[must_use]
    pub fn from_raw(raw: impl Into<Arc<str>>) -> Self {
        Self { raw: raw.into() }
    }

    /// Returns DCGM's text.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Returns the value of `key`, such as `arch` or `buildtype`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.raw
            .split(';')
            .filter_map(|element| element.split_once(':'))
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value)
    }

    /// Returns the version.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.value("version").and_then(|text| text.parse().ok())
    }

    /// Returns `true` if the build type is `simulated`: a simulation or a mock, and not DCGM.
    ///
    /// The values are then not measured. A program that shows such values must label them as
    /// simulated.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.value("buildtype")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("simulated"))
    }
}

impl fmt::Display for BuildInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version() {
            Some(version) => version.fmt(f),
            None => f.write_str("of unknown version"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_text_is_parsed_by_key() {
        let info = BuildInfo::from_raw(
            "version:4.6.0;arch:x86_64;buildtype:Release;buildid:;builddate:2026-01-02 03:04:05;;crc:1",
        );
        assert_eq!(info.version(), Some(Version::new(4, 6, 0)));
        assert_eq!(info.value("builddate"), Some("2026-01-02 03:04:05"));
        assert_eq!(info.value("buildid"), Some(""));
        assert_eq!(info.value("branch"), None);
        assert!(!info.is_simulated());
    }

    #[test]
    fn versions_are_parsed_up_to_the_third_number() {
        assert_eq!(Version::from_literal("4.10.6"), Version::new(4, 10, 6));
        assert_eq!("3.3.9".parse(), Ok(Version::new(3, 3, 9)));
        assert_eq!("4.6".parse(), Ok(Version::new(4, 6, 0)));
        assert_eq!("4.6.1-rc2".parse(), Ok(Version::new(4, 6, 1)));
        for text in ["four", "", ".6", "v4.6.0"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert!(Version::new(4, 10, 0) > Version::new(4, 9, 9));
    }
}
