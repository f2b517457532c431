//! Fields that a file of dcgm-exporter makes labels, read once per session: they rarely change.

use std::sync::Arc;

use dcgm::{Client, Entity, EntityId, EntityKind, Error, FieldId, Value};

use crate::config::Config;
use crate::naming::exporter::{self, FieldTexts};

/// Reads the fields that are labels, of all GPUs. A field without a value has no label, and neither have
/// those that the engine refuses.
pub(super) fn read_texts(
    client: &dyn Client,
    config: &Config,
    entities: &[Entity],
) -> Result<FieldTexts, Error> {
    let rows = config.exporter_csv().map(|csv| csv.labels.as_slice());
    let rows = rows.filter(|_| config.naming().is_dcgm_exporter());
    let gpus = entities.iter().filter(|one| one.id.kind == EntityKind::GPU);
    let fields: Vec<FieldId> = rows
        .unwrap_or_default()
        .iter()
        .map(|(field, _)| *field)
        .filter(|field| {
            gpus.clone()
                .any(|gpu| exporter::property(gpu, *field).is_none())
        })
        .collect();
    let ids: Vec<EntityId> = gpus.map(|gpu| gpu.id).collect();
    if fields.is_empty() || ids.is_empty() {
        return Ok(FieldTexts::new());
    }
    let samples = match client.read_once(&ids, &fields) {
        Err(error) if error.ends_connection() => return Err(error),
        Err(_) => return Ok(FieldTexts::new()),
        Ok(samples) => samples,
    };
    let texts = samples.iter().filter_map(|sample| {
        let text = text_of(sample.value.ok()?)?;
        Some(((sample.entity, sample.field), text))
    });
    Ok(texts.collect())
}

fn text_of(value: Value<'_>) -> Option<Arc<str>> {
    let text = match value {
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) => dcgm::sanitize(text).into_owned(),
        _ => return None,
    };
    (!text.is_empty()).then(|| text.into())
}
