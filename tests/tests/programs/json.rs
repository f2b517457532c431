//! Prints one reading of all GPUs as JSON.

use dcgm::{Client, Engine, EngineOptions, EntityKind, FieldId};

fn reading(client: &dyn Client) -> Result<String, Box<dyn std::error::Error>> {
    client.connect()?;
    let gpus = client.entity_ids(EntityKind::GPU)?;
    let samples = client.read_once(&gpus, &[FieldId::GPU_TEMP, FieldId::POWER_USAGE])?;
    Ok(serde_json::to_string(&samples)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::new(EngineOptions::default());
    std::io::Write::write_all(&mut std::io::stdout(), reading(&engine)?.as_bytes())?;
    Ok(())
}

#[test]
fn one_reading_is_printed_as_json() {
    let mock = dcgm::mock::Mock::named("8xh100").unwrap();
    mock.set(dcgm::EntityId::gpu(3), FieldId::GPU_TEMP, 41);
    let json: serde_json::Value = serde_json::from_str(&reading(&mock).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 16);
    let sample = &json[6];
    assert_eq!(sample["entity"], "gpu:3");
    assert_eq!(sample["field"], "DCGM_FI_DEV_GPU_TEMP_CELSIUS");
    assert_eq!(sample["value"], 41);
    assert_eq!(mock.open_watches(), 0);
    // Without an engine, or without a libdcgm, it ends with an error and does not panic.
    let _ = main();
}
