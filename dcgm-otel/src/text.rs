//! Texts: sanitizing those of a client, and the names that metrics have in Prometheus.
//!
//! DCGM's own client returns sanitized text, as its trait requires. A client of the host program may
//! not, so the meter sanitizes the text of every client.

use std::borrow::Cow;
use std::sync::Arc;

use dcgm::{Backend, Entity, sanitize};

/// Returns the name that a metric has in Prometheus, in lower case. Two metrics with one such name
/// cannot be distinguished.
pub(crate) fn prometheus_name(name: &str, unit: &str, is_counter: bool) -> String {
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut text: String = name.to_ascii_lowercase().chars().map(valid).collect();
    let is_doubled = unit == "1" && text.ends_with("ratio");
    if let Some(unit) = unit_suffix(unit).filter(|_| !is_doubled) {
        text.push('_');
        text.push_str(&unit);
    }
    if is_counter {
        text.push_str("_total");
    }
    text
}

/// Returns the word that an exporter for Prometheus appends to a name for a unit; `None` for unknown
/// units and those in braces. A test compares the words with those of the exporter.
pub(crate) fn unit_suffix(unit: &str) -> Option<Cow<'static, str>> {
    if let Some(word) = unit_word(unit) {
        return Some(word.into());
    }
    let (first, second) = unit.split_once('/')?;
    let per = match second {
        "s" => "second",
        // Not metres.
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        _ => return None,
    };
    let is_time_or_one = matches!(first, "1" | "d" | "h" | "min" | "s" | "ms" | "us" | "ns");
    let word = unit_word(first).filter(|_| !is_time_or_one);
    Some(match word {
        Some(word) => format!("{word}_per_{per}").into(),
        None => format!("per_{per}").into(),
    })
}

#[rustfmt::skip] // One line a dimension.
fn unit_word(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "1" => "ratio", "%" => "percent", "Cel" => "celsius", "Hz" => "hertz", "m" => "meters", "g" => "grams",
        "V" => "volts", "A" => "amperes", "J" => "joules", "W" => "watts",
        "d" => "days", "h" => "hours", "min" => "minutes",
        "s" => "seconds", "ms" => "milliseconds", "us" => "microseconds", "ns" => "nanoseconds",
        "B" | "By" => "bytes", "KiBy" => "kibibytes", "MiBy" => "mebibytes", "GiBy" => "gibibytes", "TiBy" => "tibibytes",
        "KB" | "KBy" => "kilobytes", "MB" | "MBy" => "megabytes", "GB" | "GBy" => "gigabytes", "TB" | "TBy" => "terabytes",
        _ => return None,
    })
}

/// Sanitizes the texts of an entity, which become attributes.
pub(crate) fn sanitize_entity(mut entity: Entity) -> Entity {
    let Entity {
        uuid,
        model,
        brand,
        pci_bus_id,
        serial,
        vbios,
        driver_version,
        mig,
        ..
    } = &mut entity;
    let profile = mig.as_mut().map(|mig| &mut mig.profile);
    let texts = [
        uuid,
        model,
        brand,
        pci_bus_id,
        serial,
        vbios,
        driver_version,
    ];
    for text in texts.into_iter().chain(profile) {
        *text = text.take().and_then(sanitize_text);
    }
    entity
}

/// Sanitizes the target of a backend, which appears in logs and readiness probes.
pub(crate) fn sanitize_backend(mut backend: Backend) -> Backend {
    backend.target = sanitize(&backend.target).into_owned();
    backend
}

/// Sanitizes a text; `None` if nothing printable remains.
fn sanitize_text(text: Arc<str>) -> Option<Arc<str>> {
    let clean = sanitize(&text);
    if *clean == *text {
        return Some(text);
    }
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dcgm::{BackendKind, EntityId, EntityKind, Mig};

    #[test]
    fn every_text_of_an_entity_is_sanitized() {
        let hostile: Option<Arc<str>> = Some("\x1b[1mA\nB\u{202e}".into());
        let mut dirty = Entity::new(EntityId::new(EntityKind::GPU_INSTANCE, 0));
        for text in [
            &mut dirty.uuid,
            &mut dirty.model,
            &mut dirty.brand,
            &mut dirty.pci_bus_id,
            &mut dirty.serial,
            &mut dirty.vbios,
            &mut dirty.driver_version,
        ] {
            text.clone_from(&hostile);
        }
        let mut mig = Mig::new(1, None, 1);
        mig.profile = hostile;
        dirty.mig = Some(mig);
        // Compared as a whole, so that a text field added later is covered, too.
        let printed = format!("{:?}", sanitize_entity(dirty));
        assert_eq!(printed.matches("\"[1mA B\"").count(), 8, "{printed}");
        assert!(
            !printed.contains("\\u{") && !printed.contains("\\n"),
            "{printed}"
        );
    }

    #[test]
    fn text_without_printable_characters_is_none() {
        let mut dirty = Entity::new(EntityId::gpu(0));
        dirty.uuid = Some("\x07\n\u{feff}".into());
        assert_eq!(sanitize_entity(dirty).uuid, None);
    }

    #[test]
    fn target_is_one_line() {
        let dirty = Backend::new(BackendKind::Standalone, "a\r\nready\x1b[2K");
        assert_eq!(sanitize_backend(dirty).target, "a  ready[2K");
    }
}
