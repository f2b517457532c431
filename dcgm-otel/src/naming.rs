//! What things are called: `hw.id`, here; and the names of dcgm-exporter, below.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind};
use sha2::{Digest, Sha256};

use crate::config::{IdSource, Salt};

pub(crate) mod exporter;

/// The `hw.id` of every entity of a host: unique there, and as lasting as the source allows.
///
/// A GPU whose UUID is blank, all zeros or that of another too (lost and simulated GPUs have such)
/// is called by its PCI address, and if that is no better by its number. An instance is called
/// after what it is a part of, since the UUIDs of instances change each time that they are made.
pub(crate) fn ids(entities: &[Entity], source: &IdSource) -> HashMap<EntityId, Arc<str>> {
    let uuids = Counted::of(entities, |gpu| gpu.uuid.as_deref());
    let addresses = Counted::of(entities, |gpu| gpu.pci_bus_id.as_deref());
    let mut ids = HashMap::new();
    for entity in entities
        .iter()
        .filter(|entity| entity.id.kind == EntityKind::GPU)
    {
        ids.insert(entity.id, gpu_id(entity, source, &uuids, &addresses));
    }
    // The larger things come first: the smaller ones are called after them.
    for kind in [EntityKind::GPU_INSTANCE, EntityKind::COMPUTE_INSTANCE] {
        for entity in entities.iter().filter(|entity| entity.id.kind == kind) {
            let parent = entity.parent.and_then(|parent| ids.get(&parent));
            let id = instance_id(entity, parent.map(|id| &**id));
            ids.insert(entity.id, id);
        }
    }
    for entity in entities {
        ids.entry(entity.id).or_insert_with(|| by_number(entity));
    }
    ids
}

fn gpu_id(
    gpu: &Entity,
    source: &IdSource,
    uuids: &Counted<'_>,
    addresses: &Counted<'_>,
) -> Arc<str> {
    let uuid = uuids.unique(gpu.uuid.as_deref());
    let address = addresses.unique(gpu.pci_bus_id.as_deref());
    let found = match source {
        IdSource::Uuid => uuid.or(address).map(Arc::from),
        // What stands in for the UUID says as much of the hardware, and is hashed as well.
        IdSource::HashedUuid(salt) => uuid.or(address).map(|text| hashed(text, salt)),
        IdSource::PciBdf => address.map(Arc::from),
        IdSource::Index => None,
    };
    found.unwrap_or_else(|| format!("gpu-{}", gpu.id.id).into())
}

fn instance_id(instance: &Entity, parent: Option<&str>) -> Arc<str> {
    match (parent, &instance.mig) {
        (Some(parent), Some(mig)) if instance.id.kind == EntityKind::GPU_INSTANCE => {
            format!("{parent}/gi/{}", mig.instance_id).into()
        }
        (Some(parent), Some(mig)) if mig.compute_instance_id.is_some() => {
            let number = mig.compute_instance_id.unwrap_or_default();
            format!("{parent}/ci/{number}").into()
        }
        _ => by_number(instance),
    }
}

fn by_number(entity: &Entity) -> Arc<str> {
    format!("{}-{}", entity.id.kind, entity.id.id).into()
}

/// 128 bits of a SHA-256, as hexadecimal digits: enough that no two devices meet, and the same in
/// every release.
///
/// The salt's length goes in first, so that no salt and text run into another salt and text.
fn hashed(text: &str, salt: &Salt) -> Arc<str> {
    let salt = salt.bytes();
    let digest = Sha256::new()
        .chain_update(u64::try_from(salt.len()).unwrap_or(u64::MAX).to_be_bytes())
        .chain_update(salt)
        .chain_update(text)
        .finalize();
    let mut id = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        // Writing to a string does not fail.
        let _ = write!(id, "{byte:02x}");
    }
    id.into()
}

/// How many GPUs say the same of themselves.
#[derive(Debug)]
struct Counted<'a>(HashMap<&'a str, usize>);

impl<'a> Counted<'a> {
    fn of(entities: &'a [Entity], text: impl Fn(&'a Entity) -> Option<&'a str>) -> Self {
        let mut counts = HashMap::new();
        let gpus = entities
            .iter()
            .filter(|entity| entity.id.kind == EntityKind::GPU);
        for text in gpus.filter_map(text) {
            *counts.entry(text).or_default() += 1;
        }
        Self(counts)
    }

    /// The text, if it says something and of one GPU only.
    fn unique<'t>(&self, text: Option<&'t str>) -> Option<&'t str> {
        text.filter(|text| says_something(text) && self.0.get(text) == Some(&1))
    }
}

/// Whether it is not blank, and not all zeros: `GPU-00000000-0000-…`, `00000000:00:00.0`.
fn says_something(text: &str) -> bool {
    let digits = text.strip_prefix("GPU-").unwrap_or(text);
    let filling = |c: char| c == '0' || c == '-' || c == ':' || c == '.' || c.is_whitespace();
    !digits.chars().all(filling)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
