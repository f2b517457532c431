//! A condition that lasts is logged once, however often the meter samples and enumerates again.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use dcgm::mock::{Call, Mock};
use dcgm::{EntityId, EntityStatus, Error, FieldId, NoValue, ReturnCode};
use dcgm_otel::{Config, DcgmMeter};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Lines of the meter since the last [`take_lines`], as `LEVEL message key=value`.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn take_lines() -> Vec<String> {
    std::mem::take(&mut LINES.lock().unwrap_or_else(PoisonError::into_inner))
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            write!(self.fields, " {field}={value:?}").unwrap();
        }
    }
}

struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("dcgm_otel") && *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let level = event.metadata().level();
        let text = format!("{level} {}{}", line.message, line.fields);
        LINES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Records the lines of the meter while the guard lives: one test at a time.
fn record_lines() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    static RECORDER: Once = Once::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    RECORDER.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
    take_lines();
    alone
}

/// Makes the meter enumerate again, and returns what it logged meanwhile.
fn enumerate_again(meter: &DcgmMeter, mock: &Mock) -> Vec<String> {
    let before = mock.calls(Call::Watch);
    let function = "dcgmGetMultipleValuesForField";
    let code = ReturnCode::GENERIC_ERROR;
    for _ in 0..100 {
        // A watch of events that fails in each tick for a second is made again. Events are read in a
        // tick that sees a new one.
        mock.push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 31);
        mock.fail_next(Call::Events, Error::Call { function, code });
        meter.sample_now().unwrap();
        if mock.calls(Call::Watch) > before {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(mock.calls(Call::Watch) > before, "a new session");
    meter.sample_now().unwrap();
    take_lines()
}

fn find<'a>(lines: &'a [String], start: &str) -> &'a str {
    let found: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with(start))
        .collect();
    assert_eq!(found.len(), 1, "{start}: {lines:#?}");
    found[0]
}

#[test]
fn a_condition_is_logged_when_it_begins_and_when_it_ends() {
    let _alone = record_lines();
    let provider = SdkMeterProvider::builder().build();
    let mock = Mock::named("8xh100").unwrap();
    let (function, code) = ("dcgmWatchFields", ReturnCode::IN_USE);
    mock.refuse(FieldId::PROF_SM_ACTIVE, Error::Call { function, code });
    mock.set_status(EntityId::gpu(1), EntityStatus::DISABLED);
    mock.set_status(EntityId::gpu(2), EntityStatus::DETACHED);
    let config = Config::default()
        .with_interval(Duration::from_secs(600))
        .with_max_series(400);
    let meter = DcgmMeter::builder()
        .with_config(config)
        .with_client(mock.clone())
        .with_attribute_hook(|metric, entity, attributes| {
            assert_ne!(metric, "hw.voltage", "the hook panics on purpose");
            // GPU 3 becomes indistinguishable from GPU 4.
            if metric == "hw.power" && [3, 4].contains(&entity.id.id) {
                attributes.clear();
            }
        })
        .install(&provider)
        .unwrap();
    meter.sample_now().unwrap();

    let first = take_lines();
    assert!(
        find(&first, "WARN some metrics unavailable: watch refused")
            .contains("(DCGM_ST_IN_USE, -34) devices=\"gpu:0, "),
        "{first:#?}"
    );
    find(&first, "WARN series dropped: too many for the limit");
    find(&first, "WARN series dropped: attributes of another series");
    find(
        &first,
        "WARN attribute hook panicked: its changes are not used",
    );
    assert_eq!(
        find(&first, "INFO devices paused or detached"),
        "INFO devices paused or detached devices=\"gpu:1 paused, gpu:2 detached\""
    );
    find(&first, "INFO GPU metrics available");

    let unchanged = enumerate_again(&meter, &mock);
    assert!(unchanged.is_empty(), "{unchanged:#?}");

    mock.clear_faults();
    mock.set_status(EntityId::gpu(1), EntityStatus::OK);
    mock.set_status(EntityId::gpu(2), EntityStatus::OK);
    let ended = enumerate_again(&meter, &mock);
    find(&ended, "INFO refused watches accepted");
    find(&ended, "INFO no device paused or detached any more");

    let gpu = mock
        .model()
        .host()
        .entity(EntityId::gpu(7))
        .unwrap()
        .clone();
    mock.remove_entity(gpu.id);
    let lost = enumerate_again(&meter, &mock);
    let line = find(&lost, "WARN devices lost or missing");
    let uuid = line.strip_prefix("WARN devices lost or missing devices=\"GPU-");
    assert!(uuid.is_some_and(|rest| !rest.contains(',')), "{line}");
    let still = enumerate_again(&meter, &mock);
    assert!(
        still.iter().all(|line| !line.contains("lost")),
        "{still:#?}"
    );
    mock.add_entity(gpu);
    find(
        &enumerate_again(&meter, &mock),
        "INFO no device lost or missing any more",
    );
    meter.shutdown().unwrap();
}

/// Samples until a line begins like that, and ten times more. Returns all lines about mute GPUs.
fn lines_about_mute(meter: &DcgmMeter, start: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = 600;
    while left > 0 {
        meter.sample_now().unwrap();
        let new = take_lines();
        let is_there = new.iter().any(|line| line.starts_with(start));
        left = if is_there { 10 } else { left - 1 };
        lines.extend(new);
        std::thread::sleep(Duration::from_millis(50));
    }
    lines.retain(|line| line.contains("without values"));
    lines
}

#[test]
fn mute_gpus_are_logged_once_and_so_is_their_return() {
    let _alone = record_lines();
    let provider = SdkMeterProvider::builder().build();
    let mock = Mock::named("8xh100").unwrap();
    let meter = DcgmMeter::builder()
        .with_interval(Duration::from_secs(1))
        .with_client(mock.clone())
        .install(&provider)
        .unwrap();
    meter.sample_now().unwrap();
    let fields = || FieldId::all().iter().map(|info| info.id);
    for gpu in [3, 5] {
        for field in fields() {
            mock.set_no_value(EntityId::gpu(gpu), field, NoValue::Blank);
        }
        let begins = "WARN GPUs without values while others have values";
        assert_eq!(
            lines_about_mute(&meter, begins),
            [format!("{begins} devices=\"gpu:{gpu}\"")]
        );
    }
    for gpu in [3, 5] {
        for field in fields() {
            mock.unset(EntityId::gpu(gpu), field);
        }
    }
    let ends = "INFO no GPU without values any more";
    assert_eq!(lines_about_mute(&meter, ends), [ends]);
    meter.shutdown().unwrap();
}
