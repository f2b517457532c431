//! The checks of definitions.

use std::collections::HashMap;

use dcgm::{EntityKind, FieldId, FieldKind, ValueType};

use super::list::{CustomMetrics, Definition};
use super::{
    CustomKind, CustomMetric, CustomMetricError, CustomMetricReason as Reason, MAX_DEFINITIONS,
    kinds_with_field, possible_kinds,
};
use crate::config::{ConfigError, Naming};
use crate::text::prometheus_name;

const MAX_NAME_BYTES: usize = 255;
const MAX_UNIT_BYTES: usize = 63;
const MAX_DESCRIPTION_BYTES: usize = 1024;
const MAX_ATTRIBUTES: usize = 8;
const MAX_KEY_BYTES: usize = 64;
const MAX_VALUE_BYTES: usize = 128;

/// Keys of attributes that the meter sets, or that other programs give a meaning.
const RESERVED_KEYS: &[&str] = &[
    "hw.id",
    "hw.parent",
    "hw.name",
    "hw.model",
    "hw.vendor",
    "hw.driver_version",
    "hw.firmware_version",
    "hw.gpu.index",
    "hw.gpu.mig.instance_id",
    "hw.gpu.mig.compute_instance_id",
    "hw.gpu.mig.profile",
    "hw.gpu.nvlink.index",
    "hw.switch.index",
    "cpu.logical_number",
    "gpu",
    "UUID",
    "pci_bus_id",
    "device",
    "modelName",
    "hostname",
    "DCGM_FI_DRIVER_VERSION",
    "DCGM_FI_SYSTEM_DRIVER_VERSION",
    "GPU_CI_ID",
    "nvlink",
    "gpu_uuid",
    "model_name",
    "GPU_I_PROFILE",
    "GPU_I_ID",
    "nvswitch",
    "cpu",
    "cpucore",
    "le",
    "quantile",
];
const RESERVED_PREFIXES: &[&str] = &["otel_", "__"];

/// Kinds of entities that dcgm-exporter's labels distinguish.
const EXPORTER_KINDS: &[EntityKind] = &[
    EntityKind::HOST,
    EntityKind::GPU,
    EntityKind::GPU_INSTANCE,
    EntityKind::SWITCH,
    EntityKind::LINK,
    EntityKind::CPU,
    EntityKind::CPU_CORE,
];

impl CustomMetrics {
    /// Checks every definition, and all of them together. `taken` are the names of the other metrics,
    /// as Prometheus has them.
    pub(in crate::config) fn check(
        &self,
        naming: Naming,
        taken: &HashMap<String, String>,
        errors: &mut Vec<ConfigError>,
    ) {
        let mut before: Vec<(String, &CustomMetric)> = Vec::new();
        for definition in &self.0 {
            let metric = &definition.metric;
            let mut found = metric.check(naming);
            let name = metric.prometheus_name();
            if let Some(other) = taken.get(&name) {
                found.push(name_taken(metric, other));
            } else if metric.name.to_ascii_lowercase().starts_with("dcgm.meter.") {
                found.push(name_taken(metric, "dcgm.meter."));
            }
            let mut others = before.iter().filter(|(other, one)| {
                *other == name || one.name.eq_ignore_ascii_case(&metric.name)
            });
            found.extend(others.find_map(|(_, other)| metric.conflict(other)));
            before.push((name, metric));
            errors.extend(into_config_errors(definition, found));
        }
        if let Some(definition) = self.0.get(MAX_DEFINITIONS) {
            let expected = format!("at most {MAX_DEFINITIONS} definitions");
            let count = self.0.len().to_string();
            let error =
                CustomMetricError::new(Reason::TooManyDefinitions, "definition", count, expected);
            errors.extend(into_config_errors(definition, vec![error]));
        }
    }
}

fn into_config_errors(
    definition: &Definition,
    errors: Vec<CustomMetricError>,
) -> impl Iterator<Item = ConfigError> + '_ {
    let Definition {
        metric,
        source,
        index,
    } = definition;
    errors
        .into_iter()
        .map(|error| error.into_config_error(*source, *index, &metric.name))
}

fn name_taken(metric: &CustomMetric, other: &str) -> CustomMetricError {
    let expected = format!("a name other than the meter's own {other}");
    CustomMetricError::new(Reason::NameTaken, "name", &metric.name, expected)
}

impl CustomMetric {
    /// Returns the name that the metric has in Prometheus, in lower case.
    pub(in crate::config) fn prometheus_name(&self) -> String {
        prometheus_name(&self.name, &self.unit, self.kind() == CustomKind::Counter)
    }

    /// Returns all mistakes of the definition.
    #[must_use]
    pub(super) fn check(&self, naming: Naming) -> Vec<CustomMetricError> {
        let mut errors = Vec::new();
        errors.extend(self.check_field());
        errors.extend(self.check_name());
        errors.extend(self.check_unit());
        errors.extend(self.check_kind());
        errors.extend(self.check_scale());
        errors.extend(self.check_entity_kinds(naming));
        self.check_attributes(&mut errors);
        errors.extend(self.check_description());
        errors
    }

    fn check_field(&self) -> Option<CustomMetricError> {
        let error = |reason, expected: &str| {
            CustomMetricError::new(reason, "field", self.field.to_string(), expected)
        };
        let Some(info) = self.field.info() else {
            let expected = "the name or number of a field of DCGM";
            // Any other number can be one of a newer DCGM.
            let is_none = self.field.raw() == 0;
            return is_none.then(|| error(Reason::UnknownField, expected));
        };
        if !matches!(info.value_type, ValueType::Int | ValueType::Double) {
            let is = info.value_type;
            let expected = format!("a field whose values are numbers, not {is}");
            return Some(error(Reason::NotANumber, &expected));
        }
        kinds_with_field(info).is_empty().then(|| {
            let expected = format!(
                "a field of entities that have series, not of {}",
                info.scope
            );
            error(Reason::NoEntities, &expected)
        })
    }

    fn check_name(&self) -> Option<CustomMetricError> {
        let is_valid = self.name.len() <= MAX_NAME_BYTES
            && self.name.starts_with(|c: char| c.is_ascii_alphabetic())
            && self
                .name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
        (!is_valid).then(|| {
            let expected = "a letter, and up to 254 letters, digits, or _ . - /";
            CustomMetricError::new(Reason::InvalidName, "name", &self.name, expected)
        })
    }

    fn check_unit(&self) -> Option<CustomMetricError> {
        let is_valid = self.unit.len() <= MAX_UNIT_BYTES
            && self.unit.bytes().all(|byte| byte.is_ascii_graphic());
        (!is_valid).then(|| {
            let expected = "up to 63 characters of ASCII without spaces, as in By or {error}";
            CustomMetricError::new(Reason::InvalidUnit, "unit", &self.unit, expected)
        })
    }

    fn check_kind(&self) -> Option<CustomMetricError> {
        let info = self.field.info()?;
        if self.kind() == CustomKind::Gauge || info.kind == FieldKind::Counter {
            return None;
        }
        let (reason, expected) = if self.field.is_profiling() {
            let expected = "gauge, as this profiling field is a share or a rate";
            (Reason::ProfilingCounter, expected)
        } else {
            let expected = "gauge, as the field is not a running total";
            (Reason::NotACounter, expected)
        };
        Some(CustomMetricError::new(reason, "kind", "counter", expected))
    }

    fn check_scale(&self) -> Option<CustomMetricError> {
        let scale = self.scale.0;
        let (reason, expected) = if !scale.is_normal() {
            (Reason::InvalidScale, "a finite number other than 0")
        } else if scale < 0.0 && self.kind() == CustomKind::Counter {
            (
                Reason::NegativeScale,
                "a number above 0, as the metric is a counter",
            )
        } else {
            return None;
        };
        let input = scale.to_string();
        Some(CustomMetricError::new(reason, "scale", input, expected))
    }

    fn check_entity_kinds(&self, naming: Naming) -> Option<CustomMetricError> {
        let possible = possible_kinds(self.field);
        if possible.is_empty() {
            return None;
        }
        let names = |kinds: &[EntityKind]| {
            let names: Vec<_> = kinds.iter().map(ToString::to_string).collect();
            names.join(" or ")
        };
        let error = |reason, kind: &EntityKind, expected: String| {
            Some(CustomMetricError::new(
                reason,
                "on",
                kind.to_string(),
                expected,
            ))
        };
        let mut seen = Vec::new();
        for kind in &self.on {
            if !possible.contains(kind) {
                let expected = format!("{}, which can have the field", names(possible));
                return error(Reason::EntityKindWithoutField, kind, expected);
            }
            if seen.contains(kind) {
                let expected = "each kind of entity once".to_owned();
                return error(Reason::RepeatedEntityKind, kind, expected);
            }
            seen.push(*kind);
        }
        let is_known = |kind: &EntityKind| EXPORTER_KINDS.contains(kind);
        let kinds = self.kinds_in(naming);
        let wrong = if kinds.is_empty() {
            possible.first()
        } else {
            self.on.iter().find(|kind| !is_known(kind))
        };
        let wrong = wrong.filter(|_| naming.is_dcgm_exporter())?;
        let expected = "a kind of entity that dcgm-exporter's labels distinguish".to_owned();
        error(Reason::EntityKindOfNaming, wrong, expected)
    }

    /// Returns the kinds of entities whose series the naming can distinguish.
    pub(crate) fn kinds_in(&self, naming: Naming) -> Vec<EntityKind> {
        let mut kinds = self.entity_kinds();
        if naming.is_dcgm_exporter() {
            kinds.retain(|kind| EXPORTER_KINDS.contains(kind));
        }
        kinds
    }

    fn check_attributes(&self, errors: &mut Vec<CustomMetricError>) {
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let mut seen: Vec<String> = Vec::new();
        for (key, value) in &self.attributes {
            let name = normalize_key(key);
            let text = format!("{key}={value}");
            let mut error = |reason, expected: &str| {
                errors.push(CustomMetricError::new(
                    reason,
                    "attribute",
                    &*text,
                    expected,
                ));
            };
            if key.len() > MAX_KEY_BYTES
                || !key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                || !key.chars().all(is_key)
            {
                let expected = "a key of up to 64 letters, digits, or _ . -";
                error(Reason::InvalidAttribute, expected);
            } else if value.is_empty()
                || value.len() > MAX_VALUE_BYTES
                || value.contains(char::is_control)
            {
                let expected = "a value of 1 to 128 bytes without control characters";
                error(Reason::InvalidAttribute, expected);
            } else if RESERVED_KEYS.iter().any(|one| normalize_key(one) == name)
                || RESERVED_PREFIXES.iter().any(|one| name.starts_with(one))
            {
                error(
                    Reason::ReservedAttribute,
                    "a key that the meter does not set",
                );
            } else if seen.contains(&name) {
                error(Reason::RepeatedAttribute, "each key once");
            }
            seen.push(name);
        }
        if seen.len() > MAX_ATTRIBUTES {
            let count = seen.len().to_string();
            let expected = format!("at most {MAX_ATTRIBUTES} attributes");
            errors.push(CustomMetricError::new(
                Reason::TooManyAttributes,
                "attribute",
                count,
                expected,
            ));
        }
    }

    fn check_description(&self) -> Option<CustomMetricError> {
        let is_valid = self.description.len() <= MAX_DESCRIPTION_BYTES
            && !self.description.contains(char::is_control);
        (!is_valid).then(|| {
            let expected = "up to 1024 bytes without control characters";
            let input: String = self.description.chars().take(40).collect();
            CustomMetricError::new(Reason::InvalidDescription, "description", input, expected)
        })
    }

    /// Returns the mistake if two definitions of one name exclude each other.
    fn conflict(&self, other: &Self) -> Option<CustomMetricError> {
        let error = |reason, key: &str, input: &str, expected: String| {
            Some(CustomMetricError::new(reason, key, input, expected))
        };
        let like = |what: &str, text: &str| {
            format!(
                "the {what} {text:?} of the other definition of {}",
                other.name
            )
        };
        if self.name != other.name {
            let expected = format!("{}, or a name that Prometheus can distinguish", other.name);
            return error(Reason::Conflict, "name", &self.name, expected);
        }
        if self.kind() != other.kind() {
            let expected = like("kind", other.kind().name());
            return error(Reason::Conflict, "kind", self.kind().name(), expected);
        }
        if self.unit != other.unit {
            return error(
                Reason::Conflict,
                "unit",
                &self.unit,
                like("unit", &other.unit),
            );
        }
        if self.description != other.description {
            let expected = like("description", &other.description);
            return error(Reason::Conflict, "description", &self.description, expected);
        }
        if self.is_whole() != other.is_whole() {
            let expected = "a scale with which all values of the metric are whole, or none";
            let scale = self.scale.0.to_string();
            return error(Reason::Conflict, "scale", &scale, expected.to_owned());
        }
        let sorted = |metric: &Self| {
            let mut all = metric.attributes.clone();
            all.sort_unstable();
            all
        };
        let mut mine = self.entity_kinds().into_iter();
        let is_shared = mine.any(|kind| other.entity_kinds().contains(&kind));
        if sorted(self) == sorted(other) && is_shared {
            let expected = "attributes that the other definition does not have".to_owned();
            return error(Reason::RepeatedSeries, "name", &self.name, expected);
        }
        None
    }

    /// Returns `true` if its values are whole numbers.
    pub(crate) fn is_whole(&self) -> bool {
        let is_int = |field: FieldId| {
            let info = field.info();
            info.is_some_and(|info| info.value_type == ValueType::Int)
        };
        let scale = self.scale.0;
        is_int(self.field) && scale >= 1.0 && scale.fract() == 0.0 && scale <= f64::from(u32::MAX)
    }
}

/// Returns the label that a key becomes, in lower case.
fn normalize_key(key: &str) -> String {
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    key.to_ascii_lowercase().chars().map(valid).collect()
}
