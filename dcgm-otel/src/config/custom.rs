//! [`CustomMetric`]: a metric of a field that the catalogue does not have.

mod check;
mod error;
mod list;
mod text;

use dcgm::{EntityKind, FieldId, FieldInfo, FieldKind};

pub use error::{CustomMetricError, CustomMetricReason};
pub(crate) use list::CustomMetrics;
pub(super) use text::parse_field;

/// The most definitions of one configuration.
pub(super) const MAX_DEFINITIONS: usize = 128;

/// The kind of a custom metric.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CustomKind {
    /// A value that rises and falls. The gauge disappears when its samples expire.
    Gauge,
    /// A running total. The counter begins at 0, unless
    /// [`Config::with_counter_origin`](crate::Config::with_counter_origin) says otherwise, and never
    /// decreases.
    Counter,
}

impl CustomKind {
    const ALL: &'static [Self] = &[Self::Gauge, Self::Counter];

    const fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// A factor. Factors are equal if their bits are, so that a configuration can be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factor(pub(crate) f64);

impl PartialEq for Factor {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Factor {}

/// The definition of a metric: a field of DCGM, and how it is exported.
///
/// The series go through the same pipeline as those of the catalogue: gauges disappear when their
/// samples expire, counters never decrease, the caps on series apply, and fields that the hardware
/// lacks have no series. They belong to [`Group::Custom`](crate::Group::Custom).
///
/// Several definitions can share a name if their kinds, units and descriptions agree, and their
/// attributes differ: they are then series of one metric.
///
/// The text form, as in `DCGM_OTEL_CUSTOM`, is `FIELD as NAME`, and after commas `unit`, `kind`,
/// `scale`, `on`, `attribute` and `description`, each with a value. A value that contains a comma, a
/// semicolon, a quotation mark or a backslash stands in quotation marks, with `\` before `"` and `\`.
///
/// ```
/// use dcgm::FieldId;
/// use dcgm_otel::{Config, CustomMetric};
///
/// let metric = CustomMetric::new(FieldId::MAX_SM_CLOCK, "gpu.sm_clock.max")
///     .with_unit("Hz")
///     .with_scale(1e6)
///     .with_attribute("gpu.clock.domain", "sm");
/// assert_eq!(
///     metric.to_string(),
///     "DCGM_FI_DEV_MAX_SM_CLOCK as gpu.sm_clock.max, unit Hz, scale 1000000, attribute gpu.clock.domain=sm"
/// );
/// assert_eq!(metric.to_string().parse(), Ok(metric.clone()));
/// Config::default().with_custom_metric(metric).validate()?;
/// # Ok::<(), dcgm_otel::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomMetric {
    pub(crate) field: FieldId,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) description: String,
    /// `None` if the field decides.
    pub(crate) kind: Option<CustomKind>,
    pub(crate) scale: Factor,
    /// Empty if the field decides.
    pub(crate) on: Vec<EntityKind>,
    pub(crate) attributes: Vec<(String, String)>,
}

impl CustomMetric {
    /// Creates the definition of a metric of `field`, without a unit, in the unit of the field.
    ///
    /// The metric is a counter if the field is one ([`FieldKind::Counter`]), and a gauge otherwise.
    /// Its series are those of all kinds of entities that have the field; of CPUs without their cores.
    ///
    /// A field that this release does not know, of a newer DCGM, is given by its number. Its metric is a gauge
    /// of fractions on GPUs unless [`with_kind`](Self::with_kind) and
    /// [`with_entity_kinds`](Self::with_entity_kinds) say otherwise. Each sample says the type of its value;
    /// there are no series while libdcgm does not know the field, and no values of one that is no number. A
    /// counter counts in whole units of the field.
    #[must_use]
    pub fn new(field: FieldId, name: impl Into<String>) -> Self {
        Self {
            field,
            name: name.into(),
            unit: String::new(),
            description: String::new(),
            kind: None,
            scale: Factor(1.0),
            on: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// Sets the unit of the metric, in the notation of UCUM: `By`, `Cel`, `1`, `{error}`. It is
    /// exported as it is; [`with_scale`](Self::with_scale) converts the values.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Sets the kind. Only a field that is a running total can be a counter.
    #[must_use]
    pub const fn with_kind(mut self, kind: CustomKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets the factor from the unit of the field to that of the metric; 1 by default. A counter needs
    /// one above 0.
    #[must_use]
    pub const fn with_scale(mut self, scale: f64) -> Self {
        self.scale = Factor(scale);
        self
    }

    /// Sets the kinds of entities that have series. Each must be able to have the field.
    #[must_use]
    pub fn with_entity_kinds(mut self, kinds: impl IntoIterator<Item = EntityKind>) -> Self {
        self.on = kinds.into_iter().collect();
        self
    }

    /// Adds an attribute, which all series of the definition have.
    #[must_use]
    pub fn with_attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((key.into(), value.into()));
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn with_description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Returns the field.
    #[must_use]
    pub const fn field(&self) -> FieldId {
        self.field
    }

    /// Returns the name of the metric.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the kind: the one that was set, or else that of the field.
    #[must_use]
    pub fn kind(&self) -> CustomKind {
        let by_field = || match self.field.info() {
            Some(info) if info.kind == FieldKind::Counter => CustomKind::Counter,
            _ => CustomKind::Gauge,
        };
        self.kind.unwrap_or_else(by_field)
    }

    /// Returns the kinds of entities that have series: those that were set, or else those of the field.
    #[must_use]
    pub fn entity_kinds(&self) -> Vec<EntityKind> {
        if !self.on.is_empty() {
            return self.on.clone();
        }
        match self.field.info() {
            // A host has more than a hundred cores.
            Some(info) if info.scope == EntityKind::CPU_CORE => vec![EntityKind::CPU],
            Some(info) => kinds_with_field(info).to_vec(),
            None => vec![EntityKind::GPU],
        }
    }
}

/// Kinds of entities that have series.
const KINDS_WITH_SERIES: &[EntityKind] = &[
    EntityKind::HOST,
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::COMPUTE_INSTANCE,
    EntityKind::SWITCH,
    EntityKind::LINK,
    EntityKind::CPU,
    EntityKind::CPU_CORE,
    EntityKind::CONNECTX,
];

/// Returns the kinds of entities that can have series of a field: all for an unknown one.
fn possible_kinds(field: FieldId) -> &'static [EntityKind] {
    field.info().map_or(KINDS_WITH_SERIES, kinds_with_field)
}

/// Returns the kinds of entities that have values of their own for a field; none if a meter has no
/// series for them.
pub(crate) fn kinds_with_field(info: &FieldInfo) -> &'static [EntityKind] {
    const GPU: EntityKind = EntityKind::GPU;
    const GI: EntityKind = EntityKind::GPU_INSTANCE;
    match info.scope {
        EntityKind::HOST => &[EntityKind::HOST],
        GPU => &[GPU],
        GI => &[GPU, GI],
        EntityKind::COMPUTE_INSTANCE => &[GPU, GI, EntityKind::COMPUTE_INSTANCE],
        EntityKind::SWITCH => &[EntityKind::SWITCH],
        EntityKind::LINK => &[EntityKind::LINK],
        EntityKind::CPU => &[EntityKind::CPU],
        EntityKind::CPU_CORE => &[EntityKind::CPU, EntityKind::CPU_CORE],
        EntityKind::CONNECTX => &[EntityKind::CONNECTX],
        _ => &[],
    }
}

#[cfg(test)]
mod tests;
