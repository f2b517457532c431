//! Naming: the `hw.id` of every entity, and (below) the names of dcgm-exporter.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use dcgm::{Entity, EntityId, EntityKind};
use sha2::{Digest, Sha256};

use crate::catalogue::{CATALOGUE, Metric};
use crate::config::{Config, IdSource, Naming, Salt};

pub(crate) mod exporter;
mod tables;

pub(crate) use tables::{MAX_TABLES, intern_metrics};

/// Returns the metrics of a configuration. The same configuration has the same table. A configuration
/// for which there is no table any more has no custom metrics: none is installed.
pub(crate) fn metrics_for(config: &Config) -> &'static [Metric] {
    intern_metrics(config).unwrap_or(base_metrics(config.naming()))
}

/// Returns the metrics of a naming, without custom ones.
pub(crate) const fn base_metrics(naming: Naming) -> &'static [Metric] {
    match naming {
        Naming::Semconv => CATALOGUE,
        Naming::DcgmExporter | Naming::DcgmExporter48 | Naming::DcgmExporter482 => {
            exporter::metrics(naming)
        }
    }
}

/// Returns the `hw.id` of every entity of a host: unique there, and as lasting as the source allows.
///
/// A GPU whose UUID is blank, all zeros or shared with another GPU (as with lost and simulated GPUs)
/// gets its PCI address, or its number if that is no better. The id of a MIG instance is derived
/// from its parent's, since the UUID of an instance changes each time that it is created.
pub(crate) fn hw_ids(entities: &[Entity], source: &IdSource) -> HashMap<EntityId, Arc<str>> {
    let uuids = TextCounts::new(entities, |gpu| gpu.uuid.as_deref());
    let addresses = TextCounts::new(entities, |gpu| gpu.pci_bus_id.as_deref());
    let mut ids = HashMap::new();
    for entity in entities
        .iter()
        .filter(|entity| entity.id.kind == EntityKind::GPU)
    {
        ids.insert(entity.id, gpu_id(entity, source, &uuids, &addresses));
    }
    // Parents come first, as ids of instances are derived from them.
    for kind in [EntityKind::GPU_INSTANCE, EntityKind::COMPUTE_INSTANCE] {
        for entity in entities.iter().filter(|entity| entity.id.kind == kind) {
            let parent = entity.parent.and_then(|parent| ids.get(&parent));
            let id = instance_id(entity, parent.map(|id| &**id));
            ids.insert(entity.id, id);
        }
    }
    for entity in entities {
        ids.entry(entity.id).or_insert_with(|| id_by_number(entity));
    }
    ids
}

fn gpu_id(
    gpu: &Entity,
    source: &IdSource,
    uuids: &TextCounts<'_>,
    addresses: &TextCounts<'_>,
) -> Arc<str> {
    let uuid = uuids.unique_text(gpu.uuid.as_deref());
    let address = addresses.unique_text(gpu.pci_bus_id.as_deref());
    let found = match source {
        IdSource::Uuid => uuid.or(address).map(Arc::from),
        // The PCI address identifies the hardware as well, so it is hashed, too.
        IdSource::HashedUuid(salt) => uuid.or(address).map(|text| salted_hash(text, salt)),
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
        _ => id_by_number(instance),
    }
}

fn id_by_number(entity: &Entity) -> Arc<str> {
    format!("{}-{}", entity.id.kind, entity.id.id).into()
}

/// Returns 128 bits of a SHA-256 in hexadecimal: long enough to avoid collisions, and the same in
/// every release.
///
/// The salt's length is hashed first, so that no two pairs of salt and text have the same input.
fn salted_hash(text: &str, salt: &Salt) -> Arc<str> {
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

/// Number of GPUs that share a text.
#[derive(Debug)]
struct TextCounts<'a>(HashMap<&'a str, usize>);

impl<'a> TextCounts<'a> {
    fn new(entities: &'a [Entity], text: impl Fn(&'a Entity) -> Option<&'a str>) -> Self {
        let mut counts = HashMap::new();
        let gpus = entities
            .iter()
            .filter(|entity| entity.id.kind == EntityKind::GPU);
        for text in gpus.filter_map(text) {
            *counts.entry(text).or_default() += 1;
        }
        Self(counts)
    }

    /// Returns the text if it is meaningful and belongs to one GPU only.
    fn unique_text<'t>(&self, text: Option<&'t str>) -> Option<&'t str> {
        text.filter(|text| is_meaningful(text) && self.0.get(text) == Some(&1))
    }
}

/// Returns `false` for blanks and all zeros: `GPU-00000000-0000-…`, `00000000:00:00.0`.
fn is_meaningful(text: &str) -> bool {
    let digits = text.strip_prefix("GPU-").unwrap_or(text);
    let filling = |c: char| c == '0' || c == '-' || c == ':' || c == '.' || c.is_whitespace();
    !digits.chars().all(filling)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
