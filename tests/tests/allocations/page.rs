//! The cost of a page of Prometheus text: no allocation while the series stay the same.

use std::thread;
use std::time::Duration;

use dcgm::mock::{Host, Mock};
use dcgm_otel::attribution::{Allocation, Attribution, AttributionError, Device, GpuName};
use dcgm_otel::opentelemetry::KeyValue;
use dcgm_otel::{DcgmMeter, Naming};

use crate::allocations;

/// A pod that holds the first GPU.
#[derive(Debug)]
struct Pod;

impl Attribution for Pod {
    fn name(&self) -> &'static str {
        "pod"
    }

    fn allocations(&mut self, _: Duration) -> Result<Vec<Allocation>, AttributionError> {
        let gpu = Device::Gpu(GpuName::Index(0));
        Ok(vec![Allocation::new(gpu, [KeyValue::new("pod", "a")])])
    }
}

#[test]
fn a_page_of_the_same_series_allocates_nothing() {
    let namings = [Naming::Semconv, Naming::DcgmExporter];
    for (naming, has_pods) in namings
        .into_iter()
        .flat_map(|one| [(one, false), (one, true)])
    {
        for host in Host::NAMES {
            let mut builder = DcgmMeter::builder()
                .without_env()
                .with_naming(naming)
                .with_initial_delay(Duration::from_secs(24 * 3600))
                .with_interval(Duration::from_secs(600))
                .with_client(Mock::named(host).unwrap());
            if has_pods {
                builder = builder.with_attribution(Pod);
            }
            let meter = builder.start().unwrap();
            // Its thread has answered.
            while meter
                .health()
                .attribution
                .iter()
                .any(|one| one.age.is_none())
            {
                thread::sleep(Duration::from_millis(1));
            }
            let mut page = String::new();
            let mut pages = || {
                meter.prometheus_text(&mut page);
                meter.openmetrics_text(&mut page);
            };
            // The first page makes the prefixes.
            meter.sample_now().unwrap();
            assert!(allocations(&mut pages) > 0);
            // Profiling fields have values from the second sample on.
            for _ in 0..3 {
                meter.sample_now().unwrap();
                pages();
            }
            for _ in 0..20 {
                meter.sample_now().unwrap();
                assert_eq!(allocations(&mut pages), 0, "{naming} {host}");
            }
            assert!(page.lines().count() > 50, "{naming} {host}");
            assert_eq!(page.contains("pod=\"a\""), has_pods, "{naming} {host}");
        }
    }
}
