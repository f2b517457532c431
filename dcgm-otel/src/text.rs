//! Sanitizing the texts of a client before they become attributes and log lines.
//!
//! DCGM's own client returns sanitized text, as its trait requires. A client of the host program may
//! not, so the meter sanitizes the text of every client.

use std::sync::Arc;

use dcgm::{Backend, Entity, sanitize};

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
