//! A provider that an exporter for Prometheus reads.

use opentelemetry_prometheus::PrometheusExporter;
use prometheus::Registry;

/// Returns a reader for a provider, and the registry that collects by it.
#[must_use]
pub fn prometheus_reader() -> (PrometheusExporter, Registry) {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .without_target_info()
        .build()
        .expect("an exporter");
    (exporter, registry)
}
