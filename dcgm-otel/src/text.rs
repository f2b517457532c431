//! What a client says in words, on its way in: from here on it is fit for a label and for a log.
//!
//! DCGM's own client hands out clean text, as the trait has it. Others may not, and whose they are is
//! the program's affair: the meter trusts none.

use std::sync::Arc;

use dcgm::{Backend, Entity, sanitize};

/// An entity, whose texts become attributes.
pub(crate) fn entity(mut entity: Entity) -> Entity {
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
        *text = text.take().and_then(clean);
    }
    entity
}

/// What a client is connected to, which is told to logs and to readiness probes.
pub(crate) fn backend(mut backend: Backend) -> Backend {
    backend.target = sanitize(&backend.target).into_owned();
    backend
}

/// The text; `None` if nothing of it can be shown.
fn clean(text: Arc<str>) -> Option<Arc<str>> {
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
    fn every_text_of_an_entity_is_made_clean() {
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
        // As a whole, so that a text that is added later is noticed, too.
        let told = format!("{:?}", entity(dirty));
        assert_eq!(told.matches("\"[1mA B\"").count(), 8, "{told}");
        assert!(!told.contains("\\u{") && !told.contains("\\n"), "{told}");
    }

    #[test]
    fn text_of_which_nothing_is_to_be_seen_is_none() {
        let mut dirty = Entity::new(EntityId::gpu(0));
        dirty.uuid = Some("\x07\n\u{feff}".into());
        assert_eq!(entity(dirty).uuid, None);
    }

    #[test]
    fn a_target_is_one_line() {
        let dirty = Backend::new(BackendKind::Standalone, "a\r\nready\x1b[2K");
        assert_eq!(backend(dirty).target, "a  ready[2K");
    }
}
