//! A meter whose source is a kubelet.

use std::thread;
use std::time::{Duration, Instant};

use dcgm::mock::Mock;
use dcgm::{EntityId, FieldId};
use dcgm_otel::DcgmMeter;
use dcgm_otel::opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

use crate::messages::pod;
use crate::{GPU, Node};

/// Returns the pod of each series of the power of a GPU, `-` for none.
fn pods_of_power(exporter: &InMemoryMetricExporter, provider: &SdkMeterProvider) -> Vec<String> {
    exporter.reset();
    provider.force_flush().unwrap();
    let resources = exporter.get_finished_metrics().unwrap();
    let scopes = resources.iter().flat_map(ResourceMetrics::scope_metrics);
    let metrics = scopes.flat_map(ScopeMetrics::metrics);
    let mut pods = Vec::new();
    for metric in metrics.filter(|metric| metric.name() == "hw.power") {
        if let AggregatedMetrics::F64(MetricData::Gauge(gauge)) = metric.data() {
            for point in gauge.data_points() {
                let name = |one: &KeyValue| match &one.value {
                    Value::String(text) if one.key.as_str() == "k8s.pod.name" => {
                        Some(text.to_string())
                    }
                    _ => None,
                };
                let name = point.attributes().find_map(name);
                pods.push(name.unwrap_or_else(|| "-".to_owned()));
            }
        }
    }
    pods.sort_unstable();
    pods.dedup();
    pods
}

#[test]
fn series_of_a_gpu_have_the_pod_that_holds_it() {
    let mock = Mock::named("1xl4").unwrap();
    mock.set(EntityId::gpu(0), FieldId::POWER_USAGE, 40.0);
    let gpus = mock.model().host().entities().to_vec();
    let uuid = gpus.iter().find_map(|gpu| gpu.uuid.clone()).unwrap();
    let node = Node::new();
    node.set_pods([pod("train-0", GPU, &[&uuid])]);
    let exporter = InMemoryMetricExporter::default();
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.clone())
        .build();
    let Node {
        source,
        server,
        folder,
    } = node;
    let meter = DcgmMeter::builder()
        .with_client(mock)
        .with_attribution(source)
        .install(&provider)
        .unwrap();
    let start = Instant::now();
    let mut pods = Vec::new();
    while pods != ["train-0"] && start.elapsed() < Duration::from_secs(20) {
        meter.sample_now().unwrap();
        pods = pods_of_power(&exporter, &provider);
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(pods, ["train-0"]);
    let health = meter.health();
    assert_eq!(health.attribution[0].name, "kubelet");
    drop((meter, server, folder));
}
