//! Fields: the quantities that an engine can watch.

use core::fmt;

use crate::entity::EntityKind;
use crate::fields::FIELDS;
use crate::value::ValueType;

/// A field: one quantity that an engine can watch, known by its number.
///
/// Names change between releases (150 was `DCGM_FI_DEV_GPU_TEMP` until 4.6 made it
/// `DCGM_FI_DEV_GPU_TEMP_CELSIUS`), and a name is no unit (203 is called a ratio and counts to
/// 100): trust the number, and what [`FieldId::info`] says of it.
///
/// ```
/// use dcgm::FieldId;
///
/// // By either name, and by number.
/// assert_eq!(FieldId::by_name("DCGM_FI_DEV_GPU_TEMP"), Some(FieldId::GPU_TEMP));
/// assert_eq!(FieldId::by_name("DCGM_FI_DEV_GPU_TEMP_CELSIUS"), Some(FieldId::GPU_TEMP));
/// assert_eq!(FieldId::from_raw(150), FieldId::GPU_TEMP);
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldId(u16);

impl FieldId {
    /// The field of a number, known or not.
    #[must_use]
    pub const fn from_raw(raw: u16) -> Self {
        Self(raw)
    }

    /// The number.
    #[must_use]
    pub const fn raw(self) -> u16 {
        self.0
    }

    /// What the table says of it.
    #[must_use]
    pub fn info(self) -> Option<&'static FieldInfo> {
        let index = FIELDS.binary_search_by_key(&self, |info| info.id).ok()?;
        FIELDS.get(index)
    }

    /// The field of a name: DCGM's name since 4.6, its name before, with or without `DCGM_FI_`, or
    /// its tag.
    ///
    /// ```
    /// use dcgm::FieldId;
    /// assert_eq!(FieldId::by_name("DCGM_FI_DEV_GPU_TEMP"), Some(FieldId::GPU_TEMP));
    /// assert_eq!(FieldId::by_name("DCGM_FI_DEV_GPU_TEMP_CELSIUS"), Some(FieldId::GPU_TEMP));
    /// assert_eq!(FieldId::by_name("gpu_temp"), Some(FieldId::GPU_TEMP));
    /// ```
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        if name.is_empty() {
            return None;
        }
        let matches = |full: &str| full == name || full.strip_prefix("DCGM_FI_") == Some(name);
        FIELDS
            .iter()
            .find(|info| matches(info.name) || matches(info.old_name) || info.tag == name)
            .map(|info| info.id)
    }

    /// Every field that the table knows, by ascending number.
    #[must_use]
    pub const fn all() -> &'static [FieldInfo] {
        FIELDS
    }

    /// Whether it is a profiling field (`DCGM_FI_PROF_*`).
    ///
    /// These need counters of the GPU that one user can hold at a time, and some hardware has none.
    /// Asking an engine for one *live* can kill it (4.6.0 does not check), so this library never
    /// does.
    #[must_use]
    pub const fn is_profiling(self) -> bool {
        matches!(self.0, 1001..=1096 | 1532 | 1533)
    }

    /// Whether each sample is an event of its own: reading the latest one only loses the others.
    #[must_use]
    pub fn is_event(self) -> bool {
        self.info()
            .is_some_and(|info| info.kind == FieldKind::Event)
    }
}

/// As in `DCGM_FI_DEV_GPU_TEMP_CELSIUS (150)`.
impl fmt::Display for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => write!(f, "{} ({})", info.name, self.0),
            None => write!(f, "field {}", self.0),
        }
    }
}

impl fmt::Debug for FieldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldId({})", self.0)
    }
}

/// What is known of a field.
///
/// ```
/// use dcgm::{EntityKind, FieldId};
///
/// // Called a ratio since 4.6, and in percent for all that.
/// let info = FieldId::GPU_UTIL.info().unwrap();
/// assert_eq!((info.unit, info.scope), ("%", EntityKind::GPU));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldInfo {
    /// Its number.
    pub id: FieldId,
    /// DCGM's name since 4.6.
    pub name: &'static str,
    /// DCGM's name before 4.6; the same if it did not change.
    pub old_name: &'static str,
    /// The name that the library itself uses. Empty for fields that only 4.6.1's headers have.
    pub tag: &'static str,
    /// What its values are.
    pub value_type: ValueType,
    /// The unit of the raw value: `W`, `mJ`, `Cel`, `MHz`, `MiB`, `%` (0–100), `ratio` (0–1),
    /// `By/s`, `ns`, or a word such as `bitmask`. Empty if it has none.
    pub unit: &'static str,
    /// The lowest kind of entity that has it. A read below answers with the value of the entity
    /// above, so do not ask there.
    pub scope: EntityKind,
    /// How its values behave.
    pub kind: FieldKind,
    /// The first release known to have it; `3.3.5` stands for that one or an earlier one.
    pub since: &'static str,
}

/// How a field's values behave.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FieldKind {
    /// A struct, as bytes.
    Blob,
    /// Grows until the driver, or something else, resets it.
    Counter,
    /// Each sample is an event.
    Event,
    /// A level.
    Gauge,
    /// A fact that seldom changes.
    Info,
    /// One of a few states.
    State,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_ascending_order_so_that_it_can_be_searched() {
        assert!(FIELDS.windows(2).all(|pair| pair[0].id < pair[1].id));
        for info in FIELDS {
            assert_eq!(info.id.info(), Some(info));
        }
    }

    #[test]
    fn every_name_leads_to_its_field() {
        for info in FIELDS {
            assert_eq!(FieldId::by_name(info.name), Some(info.id), "{}", info.name);
            assert_eq!(
                FieldId::by_name(info.old_name),
                Some(info.id),
                "{}",
                info.old_name
            );
        }
        assert_eq!(FieldId::by_name(""), None);
        assert_eq!(FieldId::by_name("DCGM_FI_"), None);
    }

    #[test]
    fn a_unit_is_the_tables_and_not_the_names() {
        assert_eq!(FieldId::GPU_UTIL.info().map(|info| info.unit), Some("%"));
        assert_eq!(FieldId::FB_USED.info().map(|info| info.unit), Some("MiB"));
    }

    #[test]
    fn an_unknown_field_is_carried() {
        let field = FieldId::from_raw(9999);
        assert_eq!(field.info(), None);
        assert_eq!(field.to_string(), "field 9999");
    }
}
