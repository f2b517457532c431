//! The cost of a page of Prometheus text: no allocation while the series stay the same.

use std::time::Duration;

use dcgm::mock::{Host, Mock};
use dcgm_otel::{DcgmMeter, Naming};

use crate::allocations;

#[test]
fn a_page_of_the_same_series_allocates_nothing() {
    for naming in [Naming::Semconv, Naming::DcgmExporter] {
        for host in Host::NAMES {
            let meter = DcgmMeter::builder()
                .without_env()
                .with_naming(naming)
                .with_initial_delay(Duration::from_secs(24 * 3600))
                .with_interval(Duration::from_secs(600))
                .with_client(Mock::named(host).unwrap())
                .start()
                .unwrap();
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
        }
    }
}
