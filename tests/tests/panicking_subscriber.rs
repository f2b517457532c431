//! A subscriber of the host that panics at each log line costs its lines, and no sample.

#![expect(
    clippy::panic,
    reason = "the subscriber panics, and a test may fail by panicking"
)]

use dcgm::mock::{Call, Mock};
use dcgm::{Error, ReturnCode};
use dcgm_otel::{DcgmMeter, ErrorKind, MeterState};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Panics at each event, as a subscriber does whose output is a closed pipe.
struct Panicking;

impl Subscriber for Panicking {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("dcgm")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        panic!(
            "a test makes the subscriber panic: {}",
            event.metadata().target()
        );
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_panicking_subscriber_costs_no_sample() {
    tracing::subscriber::set_global_default(Panicking).unwrap();
    let provider = SdkMeterProvider::builder().build();
    let mock = Mock::named("8xh100").unwrap();
    let meter = DcgmMeter::builder()
        .with_client(mock.clone())
        .install(&provider)
        .unwrap();
    meter.sample_now().unwrap();
    assert_eq!(meter.health().state, MeterState::Ready);
    let function = "dcgmEntitiesGetLatestValues";
    let code = ReturnCode::GENERIC_ERROR;
    mock.fail_next(Call::Latest, Error::Call { function, code });
    assert_eq!(meter.sample_now().unwrap_err().kind, ErrorKind::Read);
    meter.sample_now().unwrap();
    let health = meter.health();
    assert_eq!(health.state, MeterState::Ready);
    assert_eq!(health.errors(ErrorKind::Panic), 0);
    meter.shutdown().unwrap();
}
