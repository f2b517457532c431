//! Versions of libdcgm and of the engine.

use core::fmt;
use std::sync::Arc;

/// A release of DCGM, as in `4.6.0`.
///
/// ```
/// use dcgm::Version;
///
/// let version = Version::parse("4.5.1").unwrap();
/// assert!(version < Version::new(4, 6, 0));
/// assert_eq!(version.to_string(), "4.5.1");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "three numbers, as DCGM counts")]
pub struct Version {
    /// Changes when libdcgm's soname does.
    pub major: u32,
    /// Changes with new functions and fields.
    pub minor: u32,
    /// Changes with mends.
    pub patch: u32,
}

impl Version {
    /// A release.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `4.6.0`; missing numbers are 0, and what follows the third is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().splitn(3, '.').map(|part| {
            let digits = part
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(part.len());
            part.get(..digits).unwrap_or_default().parse::<u32>().ok()
        });
        let major = numbers.next()??;
        let mut rest = || numbers.next().flatten().unwrap_or(0);
        Some(Self {
            major,
            minor: rest(),
            patch: rest(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What a libdcgm or an engine says of how it was built.
///
/// DCGM's own form is `key:value;key:value;…`, in which values may hold colons and elements may be
/// empty.
///
/// ```
/// use dcgm::{BuildInfo, Version};
///
/// let build = BuildInfo::from_raw("version:4.5.1;arch:x86_64;buildtype:Release");
/// assert_eq!(build.version(), Version::parse("4.5.1"));
/// assert_eq!(build.value("arch"), Some("x86_64"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[doc(alias = "dcgmVersionInfo_v2")]
pub struct BuildInfo {
    raw: Arc<str>,
}

impl BuildInfo {
    /// From DCGM's text.
    #[must_use]
    pub fn from_raw(raw: impl Into<Arc<str>>) -> Self {
        Self { raw: raw.into() }
    }

    /// DCGM's text.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The value of a key, such as `arch` or `buildtype`.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.raw
            .split(';')
            .filter_map(|element| element.split_once(':'))
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value)
    }

    /// The release.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.value("version").and_then(Version::parse)
    }

    /// Whether this is no DCGM, but something that stands in for it.
    ///
    /// What it measures is made up: whoever shows it must say so.
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
    fn a_build_string_is_read_key_by_key() {
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
    fn versions_are_read_as_far_as_they_go() {
        assert_eq!(Version::parse("3.3.9"), Some(Version::new(3, 3, 9)));
        assert_eq!(Version::parse("4.6"), Some(Version::new(4, 6, 0)));
        assert_eq!(Version::parse("4.6.1-rc2"), Some(Version::new(4, 6, 1)));
        assert_eq!(Version::parse("four"), None);
        assert_eq!(Version::parse(""), None);
        assert!(Version::new(4, 10, 0) > Version::new(4, 9, 9));
    }
}
