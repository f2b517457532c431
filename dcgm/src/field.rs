//! Field ids and field metadata.

use core::fmt;
use core::str::FromStr;

use crate::entity::EntityKind;
use crate::fields::{FIELDS, MOVED_NAMES};
use crate::parse::ParseError;
use crate::value::ValueType;
use crate::version::Version;

/// The id of a field: one quantity that the engine can watch.
///
/// Identify a field by its number, and take its unit from [`info`](Self::info). Names change between
/// releases: 150 was `DCGM_FI_DEV_GPU_TEMP` until 4.6 renamed it to `DCGM_FI_DEV_GPU_TEMP_CELSIUS`.
/// A name may even move to another field: `DCGM_FI_DEV_GPU_UTIL_RATIO` was 203, a percentage, in 4.6, and
/// is 1613, a ratio, since 4.7. Parsing takes the newest meaning; [`from_name`](Self::from_name) takes that
/// of a release.
///
/// ```
/// use dcgm::FieldId;
///
/// for text in ["DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS", "DEV_GPU_TEMP", "gpu_temp", "150"] {
///     assert_eq!(text.parse(), Ok(FieldId::GPU_TEMP));
/// }
/// assert_eq!(FieldId::GPU_TEMP.to_string(), "DCGM_FI_DEV_GPU_TEMP_CELSIUS");
/// assert_eq!(FieldId::GPU_TEMP.unit(), Some("Cel"));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldId(u16);

impl FieldId {
    /// Wraps a field number, known or not.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// Returns the field number.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// Returns the metadata of the field; `None` for a field that this crate does not know.
    #[must_use]
    pub fn info(self) -> Option<&'static FieldInfo> {
        let index = FIELDS.binary_search_by_key(&self, |info| info.id).ok()?;
        FIELDS.get(index)
    }

    /// Returns the unit of the raw value; `None` if the field is unknown or has no unit: see
    /// [`FieldInfo::unit`].
    #[must_use]
    pub fn unit(self) -> Option<&'static str> {
        let unit = self.info()?.unit;
        (!unit.is_empty()).then_some(unit)
    }

    /// Parses the name of a field, like [`FromStr`], as `release` understands it.
    ///
    /// The number of a field never changes, and its name can. Give the release of the host engine for a
    /// name that a person took from the documentation of that release.
    ///
    /// ```
    /// use dcgm::{FieldId, Version};
    ///
    /// let name = "DCGM_FI_DEV_GPU_UTIL_RATIO";
    /// assert_eq!(FieldId::from_name(name, Version::new(4, 6, 0)), Ok(FieldId::GPU_UTIL));
    /// assert_eq!(FieldId::from_name(name, Version::new(4, 7, 0)), Ok(FieldId::GPU_UTIL_RATIO));
    /// ```
    ///
    /// # Errors
    ///
    /// The text is no name and no number of a field.
    pub fn from_name(text: &str, release: Version) -> Result<Self, ParseError> {
        let earlier = MOVED_NAMES
            .iter()
            .find(|(name, _, until)| release < *until && is_name(name, text.trim()));
        match earlier {
            Some((_, field, _)) => Ok(*field),
            None => text.parse(),
        }
    }

    /// Returns the metadata of every field that this crate knows, by ascending number.
    #[must_use]
    pub const fn all() -> &'static [FieldInfo] {
        FIELDS
    }

    /// Returns `true` for a profiling field (`DCGM_FI_PROF_*`).
    ///
    /// Profiling fields need counters of the GPU that only one user can hold at a time and that some
    /// hardware lacks. A live read (`DCGM_FV_FLAG_LIVE_DATA`) of a profiling field can crash the
    /// engine, because DCGM 4.6.0 does not check the request. This crate makes no such read.
    #[must_use]
    pub const fn is_profiling(self) -> bool {
        matches!(self.0, 1001..=1096 | 1532 | 1533)
    }

    /// Returns `true` if each sample of the field is an event. Read events with
    /// [`Client::events`](crate::Client::events): [`Client::latest`](crate::Client::latest) returns
    /// only the last one.
    #[must_use]
    pub fn is_event(self) -> bool {
        self.info()
            .is_some_and(|info| info.kind == FieldKind::Event)
    }
}

/// DCGM's name since 4.6, as in `DCGM_FI_DEV_GPU_TEMP_CELSIUS`; `field-9999` for an unknown field.
impl fmt::Display for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => f.pad(info.name),
            None => write!(f, "field-{}", self.0),
        }
    }
}

/// Parses DCGM's name of a field since 4.6 or the name before 4.6, with or without the prefix
/// `DCGM_FI_`; DCGM's tag, as in `gpu_temp`; or the number, as in `150` or `field-150`. The case of
/// names and tags does not matter.
impl FromStr for FieldId {
    type Err = ParseError;

    fn from_str(input: &str) -> Result<Self, ParseError> {
        let text = input.trim();
        let number = text.strip_prefix("field-").unwrap_or(text);
        if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            if let Ok(raw) = number.parse() {
                return Ok(Self(raw));
            }
        }
        let by_name = FIELDS
            .iter()
            .find(|info| is_name(info.name, text) || is_name(info.old_name, text));
        let is_tag =
            |info: &&FieldInfo| !info.tag.is_empty() && info.tag.eq_ignore_ascii_case(text);
        by_name
            .or_else(|| FIELDS.iter().find(is_tag))
            .map(|info| info.id)
            .ok_or_else(|| ParseError::new("the name or number of a field", input))
    }
}

/// Returns `true` if a text is the name, with or without its prefix, in any case.
fn is_name(name: &str, text: &str) -> bool {
    const PREFIX: &str = "DCGM_FI_";
    name.eq_ignore_ascii_case(text)
        || name
            .strip_prefix(PREFIX)
            .is_some_and(|name| name.eq_ignore_ascii_case(text))
}

impl fmt::Debug for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldId({})", self.0)
    }
}

/// The metadata of a field.
///
/// ```
/// use dcgm::{EntityKind, FieldId};
///
/// let info = FieldId::GPU_UTIL.info().unwrap();
/// assert_eq!((info.unit, info.scope), ("%", EntityKind::GPU));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldInfo {
    /// The field.
    pub id: FieldId,
    /// DCGM's name since 4.6.
    pub name: &'static str,
    /// DCGM's name before 4.6; equal to `name` if 4.6 did not change the name.
    pub old_name: &'static str,
    /// DCGM's tag, a short name as in `gpu_temp`. Empty for fields that only the headers of 4.6.1
    /// list.
    pub tag: &'static str,
    /// The type of the values. Samples have a type of their own, which is that of the value and wins:
    /// see [`type_verified`](Self::type_verified).
    pub value_type: ValueType,
    /// The unit of the raw value: `W`, `mJ`, `Cel`, `MHz`, `MiB`, `%` (0–100), `ratio` (0–1),
    /// `By/s`, `ns`, or a word such as `bitmask`. Empty for a field without a unit.
    pub unit: &'static str,
    /// The lowest kind of entity that has values of its own for the field. GPU instances are below
    /// GPUs, compute instances below GPU instances, and cores below CPUs. A read of a lower entity
    /// returns the value of the entity that contains it: do not watch the field on the lower entity.
    pub scope: EntityKind,
    /// The behavior of the values over time.
    pub kind: FieldKind,
    /// The first release with the field; 3.3.5 stands for 3.3.5 or earlier.
    pub since: Version,
    /// Set if a library was asked for [`value_type`](Self::value_type) and [`scope`](Self::scope). They
    /// are guesses from the names and comments of a header otherwise, for fields since 4.6.1.
    pub type_verified: bool,
}

/// The behavior of a field's values over time.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FieldKind {
    /// A struct, as bytes.
    Blob,
    /// A total that grows until a reset, such as a reload of the driver.
    Counter,
    /// Events: each sample is one event.
    Event,
    /// A value that rises and falls.
    Gauge,
    /// A property that rarely changes.
    Info,
    /// One of a few states.
    State,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_sorted_for_binary_search() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].id < pair[1].id));
        for info in FIELDS {
            assert_eq!(info.id.info(), Some(info));
        }
    }

    #[test]
    fn every_name_parses_to_its_field() {
        for info in FIELDS {
            let short = |name: &str| name.trim_start_matches("DCGM_FI_").to_owned();
            for name in [
                info.name.to_owned(),
                info.old_name.to_owned(),
                short(info.name),
                short(info.old_name),
                info.name.to_ascii_lowercase(),
                info.id.to_string(),
                info.id.raw().to_string(),
            ] {
                assert_eq!(name.parse(), Ok(info.id), "{name}");
            }
        }
        let unknown = FieldId::from_raw(9999);
        assert_eq!(unknown.to_string().parse(), Ok(unknown));
        for text in ["", "DCGM_FI_", "70000", "-1", "+150", "field-", "field-x"] {
            assert!(text.parse::<FieldId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_that_moved_is_resolved_by_release() {
        let (old, new) = (Version::new(4, 6, 1), Version::new(4, 7, 0));
        for name in ["DCGM_FI_DEV_GPU_UTIL_RATIO", "dev_gpu_util_ratio"] {
            assert_eq!(FieldId::from_name(name, old), Ok(FieldId::GPU_UTIL));
            assert_eq!(FieldId::from_name(name, new), Ok(FieldId::GPU_UTIL_RATIO));
        }
        for release in [Version::new(3, 3, 9), old, new] {
            for (text, field) in [
                ("DCGM_FI_DEV_GPU_UTIL", FieldId::GPU_UTIL),
                ("gpu_utilization", FieldId::GPU_UTIL),
                ("203", FieldId::GPU_UTIL),
                ("1613", FieldId::GPU_UTIL_RATIO),
                ("field-1613", FieldId::GPU_UTIL_RATIO),
                ("DCGM_FI_DEV_MEMORY_UTIL_RATIO", FieldId::MEMORY_UTIL_RATIO),
            ] {
                assert_eq!(FieldId::from_name(text, release), Ok(field), "{text}");
            }
            assert!(FieldId::from_name("DCGM_FI_DEV_SPEED", release).is_err());
        }
    }

    #[test]
    fn types_that_only_a_header_states_are_unverified() {
        for info in FIELDS {
            let is_run = info.since < Version::new(4, 6, 1);
            assert_eq!(info.type_verified, is_run, "{}", info.id);
        }
        let unverified = FIELDS.iter().filter(|info| !info.type_verified).count();
        assert_eq!(unverified, 13 + 38);
    }

    #[test]
    fn unit_comes_from_the_table() {
        assert_eq!(FieldId::GPU_UTIL.unit(), Some("%"));
        assert_eq!(FieldId::FB_USED.unit(), Some("MiB"));
        assert_eq!(FieldId::UUID.unit(), None);
    }

    #[test]
    fn unknown_field_is_kept() {
        let field = FieldId::from_raw(9999);
        assert_eq!(field.info(), None);
        assert_eq!(field.to_string(), "field-9999");
    }
}
