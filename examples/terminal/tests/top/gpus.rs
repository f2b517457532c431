//! Utilization, health, links, rates and events of GPUs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::fixture::{Fixture, PatchedClient, default_text};
use dcgm::mock::{Call, Host};
use dcgm::{BackendKind, EntityId, EntityKind, Error, FieldId, NoValue, ReturnCode};
use dcgm_terminal::{ConnectionState, GpuStatus, HostView, LinkCount};

fn unsupported(call: Call) -> Error {
    Error::Call {
        function: call.function(),
        code: ReturnCode::NOT_SUPPORTED,
    }
}

#[test]
fn mig_gpu_shows_graphics_engine_activity_as_utilization() {
    let mut fixture = Fixture::new("8xh100-mig7");
    let gpu = EntityId::gpu(0);
    fixture.mock.set(gpu, FieldId::PROF_GR_ENGINE_ACTIVE, 0.42);
    let view = fixture.read_for(2);
    assert_eq!(view.gpus[0].utilization, Some(0.42));
    assert_eq!(view.gpus[0].history.back(), Some(&Some(42)));
    assert!(view.gpus.iter().all(|gpu| gpu.utilization.is_some()));
    let text = default_text(&view);
    assert!(text.contains(" 42 %") && text.contains("1g.10gb"), "{text}");
    // Without MIG, GPU utilization takes precedence.
    let mut fixture = Fixture::new("8xh100");
    fixture.mock.set(gpu, FieldId::PROF_GR_ENGINE_ACTIVE, 0.42);
    fixture.mock.set(gpu, FieldId::GPU_UTIL, 77);
    assert_eq!(fixture.read_for(2).gpus[0].utilization, Some(0.77));
}

#[test]
fn health_is_unknown_if_the_engine_reports_nothing_about_it() {
    let mut fixture = Fixture::new("1xl4");
    assert_eq!(fixture.read().gpus[0].status, GpuStatus::Ok);
    let fields = [
        FieldId::ECC_DBE_VOL_TOTAL,
        FieldId::RETIRED_PENDING,
        FieldId::ROW_REMAP_FAILURE,
        FieldId::ROW_REMAP_PENDING,
        FieldId::GET_GPU_RECOVERY_ACTION,
        FieldId::PCIE_REPLAY_COUNTER,
        FieldId::CLOCK_THROTTLE_REASONS,
    ];
    for field in fields {
        let reason = NoValue::NotSupported;
        fixture.mock.set_no_value(EntityId::gpu(0), field, reason);
    }
    let view = fixture.read();
    assert_eq!(view.gpus[0].status, GpuStatus::Unknown);
    assert_eq!(view.gpus[0].throttle, None);
    let text = default_text(&view);
    assert!(text.contains("health –  throttled –"), "{text}");
    assert!(!text.contains("  ok"), "{text}");
}

#[test]
fn healthy_hosts_are_ok() {
    for name in Host::NAMES {
        let mut fixture = Fixture::new(name);
        for gpu in fixture.read_for(30).gpus {
            assert_eq!(gpu.status, GpuStatus::Ok, "{name}: gpu {}", gpu.id);
            assert!(gpu.throttle.unwrap().reasons.is_empty(), "{name}");
        }
    }
}

#[test]
fn link_errors_of_each_generation_are_shown() {
    for (name, text) in [
        ("8xh100,nvlink", "NVLink flit CRC errors"),
        ("gb200,nvlink", "NVLink receive errors"),
    ] {
        let mut fixture = Fixture::new(name);
        let before = default_text(&fixture.read_for(100));
        let after = default_text(&fixture.read_for(200));
        assert!(!before.contains(text) && after.contains(text), "{after}");
    }
}

#[test]
fn growing_error_counters_degrade_a_gpu_and_earlier_errors_do_not() {
    let mut fixture = Fixture::new("8xh100");
    let (gpu, field) = (EntityId::gpu(5), FieldId::NVLINK_CRC_DATA_ERROR_COUNT_TOTAL);
    fixture.mock.set(gpu, field, 1_000);
    assert_eq!(fixture.read().gpus[5].status, GpuStatus::Ok);
    fixture.mock.set(gpu, field, 1_012);
    let text = default_text(&fixture.read());
    assert!(text.contains("NVLink data CRC errors: 12 more"), "{text}");
    // The driver was reloaded.
    fixture.mock.set(gpu, field, 3);
    assert_eq!(fixture.read().gpus[5].status, GpuStatus::Ok);
    fixture.mock.set(gpu, FieldId::ROW_REMAP_PENDING, 1);
    let text = default_text(&fixture.read());
    assert!(text.contains("row remap pending"), "{text}");
}

#[test]
fn throttle_reasons_are_named() {
    let mut fixture = Fixture::new("1xl4");
    let (gpu, field) = (EntityId::gpu(0), FieldId::CLOCK_THROTTLE_REASONS);
    fixture.mock.set(gpu, field, 0x60);
    let text = default_text(&fixture.read());
    assert!(text.contains("throttled: SW thermal, HW thermal"), "{text}");
    fixture.mock.set(gpu, field, 0x1);
    let text = default_text(&fixture.read());
    assert!(!text.contains("throttled"), "idle is no reason:\n{text}");
}

#[test]
fn link_rate_comes_from_a_counter_profiling_or_the_driver() {
    let transmit = |view: HostView| view.gpus[0].nvlink_tx;
    let mut fixture = Fixture::new("8xh100");
    let profiled = transmit(fixture.read_for(2)).unwrap();
    assert!(profiled > 1e9, "{profiled}");
    for field in [
        FieldId::PROF_NVLINK_TX_BYTES,
        FieldId::PROF_NVLINK_RX_BYTES,
        FieldId::PROF_SM_ACTIVE,
    ] {
        fixture.mock.refuse(field, unsupported(Call::Watch));
    }
    fixture.mock.stop_engine();
    fixture.read();
    fixture.mock.start_engine();
    let driver = transmit(fixture.read_for(2)).unwrap();
    assert!(driver > 1e9, "{driver}");

    let mut fixture = Fixture::new("gb200");
    assert_eq!(
        transmit(fixture.read()),
        None,
        "a counter has no rate at first"
    );
    let counted = transmit(fixture.read()).unwrap();
    assert!(counted > 1e9, "{counted}");
}

#[test]
fn links_that_are_down_or_unknown_are_shown() {
    let (mut fixture, patch) = PatchedClient::fixture("8xh100");
    let text = default_text(&fixture.read());
    assert!(text.contains("NVLink 18/18 up"), "{text}");
    patch.links_down.store(2, Ordering::Relaxed);
    let text = default_text(&fixture.read());
    assert!(text.contains("NVLink 16/18 up"), "{text}");
    assert!(text.contains("NVLinks down: 2"), "{text}");
    patch.links_down.store(0, Ordering::Relaxed);
    assert_eq!(fixture.read().gpus[0].status, GpuStatus::Ok);
    fixture
        .mock
        .fail_always(Call::Links, unsupported(Call::Links));
    let view = fixture.read();
    assert_eq!(view.connection, ConnectionState::Connected);
    assert_eq!(view.gpus[0].links, LinkCount::Unknown);
    let text = default_text(&view);
    assert!(text.contains("NVLink – ↑"), "{text}");
}

#[test]
fn link_states_are_requested_once_a_minute_over_tcp() {
    let requests = |backend| {
        let (mut fixture, patch) = PatchedClient::fixture("8xh100");
        *patch.backend.lock().unwrap() = Some(backend);
        let view = fixture.read_for(60);
        assert_eq!(
            view.gpus[0].links,
            LinkCount::Some { up: 18, total: 18 },
            "{backend:?}"
        );
        // A lost connection does not shorten the interval.
        fixture.mock.stop_engine();
        fixture.read();
        fixture.mock.start_engine();
        fixture.read_for(59);
        patch.link_requests.load(Ordering::Relaxed)
    };
    let tcp = requests((BackendKind::Standalone, "gpu-host:5555"));
    assert_eq!(tcp, 2);
    for local in [
        (BackendKind::Standalone, "unix:///run/nv-hostengine.sock"),
        (BackendKind::Embedded, "embedded"),
    ] {
        assert!(requests(local) >= 119, "{local:?}");
    }
}

#[test]
fn no_field_of_links_is_watched() {
    for host in Host::NAMES {
        let (mut fixture, patch) = PatchedClient::fixture(host);
        fixture.read_for(3);
        for request in patch.watched.lock().unwrap().iter() {
            let is_link = |id: &EntityId| id.kind == EntityKind::LINK;
            assert!(!request.entities.iter().any(is_link), "{host}: {request:?}");
            for field in [1508, 1530, 1531] {
                let mut fields = request.fields.iter();
                assert!(
                    !fields.any(|known| known.raw() == field),
                    "{host}: {request:?}"
                );
            }
        }
    }
}

#[test]
fn events_of_gpus_and_switches_are_listed_newest_first() {
    let mut fixture = Fixture::new("8xh100");
    fixture.read_for(2);
    let events = [
        (EntityId::gpu(3), FieldId::XID_ERRORS, 63),
        (EntityId::switch(1), FieldId::NVSWITCH_FATAL_ERRORS, 20034),
        (EntityId::gpu(5), FieldId::XID_ERRORS, 94),
        (
            EntityId::switch(0),
            FieldId::NVSWITCH_NON_FATAL_ERRORS,
            11012,
        ),
    ];
    for (entity, field, code) in events {
        fixture.mock.push_event(entity, field, code);
        fixture.read();
    }
    // Between two reads, and reported in another order.
    let now = fixture.clock.now();
    for (millis, entity, field, code) in [
        (
            100,
            EntityId::switch(2),
            FieldId::NVSWITCH_FATAL_ERRORS,
            22013,
        ),
        (200, EntityId::gpu(7), FieldId::XID_ERRORS, 48),
        (300, EntityId::gpu(0), FieldId::XID_ERRORS, 31),
    ] {
        let at = now + Duration::from_millis(millis);
        fixture.mock.push_event_at(entity, field, code, at);
    }
    let view = fixture.read_for(3);
    let listed = view.events.iter();
    let listed = listed.map(|event| format!("{} {}", event.entity, event.text));
    assert_eq!(
        listed.collect::<Vec<_>>(),
        [
            "gpu:0 XID 31",
            "gpu:7 XID 48",
            "nvswitch:2 fatal SXid 22013",
            "nvswitch:0 SXid 11012",
            "gpu:5 XID 94",
            "nvswitch:1 fatal SXid 20034",
            "gpu:3 XID 63"
        ]
    );
    assert!(default_text(&view).contains("gpu:5  XID 94"));
}
