//! Reads power every second from an async program.

use std::sync::Arc;
use std::time::Duration;

use dcgm::{Client, EntityKind, FieldId, Query, Watch, WatchRequest};
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;

const PERIOD: Duration = Duration::from_secs(1);

fn begin(client: &dyn Client) -> dcgm::Result<(Watch, Query)> {
    client.connect()?;
    let gpus = client.entity_ids(EntityKind::GPU)?;
    let request = WatchRequest::new(gpus, [FieldId::POWER_USAGE]).with_interval(PERIOD);
    let watch = client.watch(&request)?;
    let query = Query::from(&watch);
    Ok((watch, query))
}

/// Sends the total power of all GPUs once per period, until the receiver is dropped.
async fn report_power(client: Arc<dyn Client>, watts: Sender<f64>) -> dcgm::Result<()> {
    let setup = Arc::clone(&client);
    let (_watch, query) = blocking(move || begin(&setup)).await?;
    let mut ticks = tokio::time::interval(PERIOD);
    loop {
        ticks.tick().await;
        let (client, query) = (Arc::clone(&client), query.clone());
        let samples = blocking(move || client.read(&query)).await?;
        let values = samples.iter().filter_map(|sample| sample.value.ok());
        let total = values.filter_map(|value| f64::try_from(value).ok()).sum();
        if watts.send(total).await.is_err() {
            return Ok(());
        }
    }
}

async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> dcgm::Result<T> + Send + 'static,
) -> dcgm::Result<T> {
    let outcome = spawn_blocking(call).await;
    outcome.unwrap_or(Err(dcgm::Error::Panicked))
}

#[test]
fn power_is_sent_each_period() {
    let mock = dcgm::mock::Mock::named("8xh100").unwrap();
    for gpu in 0..8 {
        mock.set(dcgm::EntityId::gpu(gpu), FieldId::POWER_USAGE, 100.0);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    runtime.block_on(async {
        let reader = tokio::spawn(report_power(Arc::new(mock.clone()), sender));
        for _ in 0..2 {
            let total = receiver.recv().await.unwrap();
            assert!((total - 800.0).abs() < 1e-9, "{total}");
        }
        drop(receiver);
        reader.await.unwrap().unwrap();
    });
    assert_eq!(mock.open_watches(), 0);
}
