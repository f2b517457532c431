#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use super::*;
use crate::code::ReturnCode;
use crate::mock::{Call, Clock, Delay, Mock, Model};
use crate::value::OwnedValue;

const SECOND: Duration = Duration::from_secs(1);

/// A monitor on a mock, and one time for both.
struct Scene {
    mock: Mock,
    clock: Clock,
    monitor: Monitor,
    now: Instant,
}

impl Scene {
    fn new(host: &str) -> Self {
        Self::with(host, |monitor| monitor)
    }

    fn with(host: &str, set: impl FnOnce(Monitor) -> Monitor) -> Self {
        let clock = Clock::manual();
        let model = host.parse::<Model>().unwrap();
        let mock = Mock::builder().model(model).clock(clock.clone()).build();
        Self {
            monitor: set(Monitor::new(Arc::new(mock.clone()))),
            mock,
            clock,
            now: Instant::now(),
        }
    }

    /// Polls once after so many seconds.
    fn after(&mut self, seconds: u32) -> Vec<String> {
        self.clock.advance(SECOND * seconds);
        self.now += SECOND * seconds;
        names(self.monitor.poll_at(self.now))
    }
}

/// The events in short.
fn names(events: Vec<Event>) -> Vec<String> {
    let name = |event: Event| match event {
        Event::Connected(_) => "connected".to_owned(),
        Event::Disconnected(_) => "disconnected".to_owned(),
        Event::TopologyChanged { added, removed } => {
            format!("+{} -{}", added.len(), removed.len())
        }
        Event::GpuLost(gpu) => format!("{gpu} lost"),
        Event::GpuPaused(gpu) => format!("{gpu} paused"),
        Event::GpuDetached(gpu) => format!("{gpu} detached"),
        Event::GpuBack(gpu) => format!("{gpu} back"),
        Event::Xid { gpu, code, .. } => format!("{gpu} XID {code}"),
        Event::Sxid {
            switch,
            code,
            is_fatal,
            ..
        } => format!("{switch} SXid {code} {is_fatal}"),
        Event::Violation(one) => format!("{} {}", one.gpu, one.kind.condition()),
        Event::LinkDown { parent, index } => format!("{parent}#{index} down"),
        Event::LinkUp { parent, index } => format!("{parent}#{index} up"),
        Event::Sample(sample) => format!("{} {}", sample.entity, sample.field),
        Event::WatchRefused(_) => "refused".to_owned(),
        Event::WatchRestored => "restored".to_owned(),
        Event::Silent(_) => "silent".to_owned(),
        Event::Recovered => "recovered".to_owned(),
        Event::Failed(_) => "failed".to_owned(),
    };
    events.into_iter().map(name).collect()
}

const NONE: [&str; 0] = [];

fn error(code: ReturnCode) -> Error {
    let function = "dcgmWatchFields";
    Error::Call { function, code }
}

#[test]
fn nothing_is_reported_while_nothing_changes() {
    let mut scene = Scene::new("8xh100");
    assert_eq!(scene.after(0), ["connected", "+12 -0"]);
    let entities = scene.mock.calls(Call::Entities);
    let watches = scene.mock.calls(Call::Watch);
    for _ in 0..200 {
        assert_eq!(scene.after(1), NONE);
    }
    // A round is cheap: entities are read, and watches made, when the list changes.
    assert_eq!(scene.mock.calls(Call::Entities), entities);
    assert_eq!(scene.mock.calls(Call::Watch), watches);
    assert_eq!(scene.mock.calls(Call::Links), 4);
    assert_eq!(scene.monitor.entities().count(), 12);
}

#[test]
fn xids_and_sxids_are_reported_once_with_their_codes() {
    let mut scene = Scene::new("8xh100");
    scene.after(0);
    let (gpu, switch) = (EntityId::gpu(3), EntityId::switch(1));
    for code in [31, 31, 79] {
        scene.mock.push_event(gpu, FieldId::XID_ERRORS, code);
    }
    scene
        .mock
        .push_event(switch, FieldId::NVSWITCH_FATAL_ERRORS, 12028);
    scene
        .mock
        .push_event(switch, FieldId::NVSWITCH_NON_FATAL_ERRORS, 11012);
    let events = [
        "gpu:3 XID 31",
        "gpu:3 XID 31",
        "gpu:3 XID 79",
        "nvswitch:1 SXid 12028 true",
        "nvswitch:1 SXid 11012 false",
    ];
    assert_eq!(scene.after(1), events);
    for _ in 0..10 {
        assert_eq!(scene.after(1), NONE);
    }
    // Also over a new connection.
    let lost = error(ReturnCode::CONNECTION_NOT_VALID);
    scene.mock.fail_next(Call::List, lost);
    assert_eq!(scene.after(1), ["disconnected"]);
    scene.mock.push_event(gpu, FieldId::XID_ERRORS, 48);
    assert_eq!(scene.after(1), ["connected", "gpu:3 XID 48"]);
    scene.mock.push_event(gpu, FieldId::XID_ERRORS, 63);
    assert_eq!(scene.after(1), ["gpu:3 XID 63"]);
}

#[test]
fn a_lost_gpu_is_distinguished_from_one_that_is_paused_or_detached() {
    for (status, name) in [
        (EntityStatus::LOST, "lost"),
        (EntityStatus::DISABLED, "paused"),
        (EntityStatus::DETACHED, "detached"),
    ] {
        let mut scene = Scene::new("8xh100");
        scene.after(0);
        let gpu = EntityId::gpu(5);
        scene.mock.set_status(gpu, status);
        assert_eq!(scene.after(1), [format!("gpu:5 {name}")]);
        for _ in 0..100 {
            assert_eq!(scene.after(1), NONE, "{name}");
        }
        scene.mock.set_status(gpu, EntityStatus::OK);
        assert_eq!(scene.after(1), ["gpu:5 back"]);
        // A GPU that vanishes is lost, and back when it returns.
        let entity = scene.mock.model().host().entity(gpu).unwrap().clone();
        scene.mock.remove_entity(gpu);
        assert_eq!(scene.after(1), ["+0 -1", "gpu:5 lost"]);
        assert_eq!(scene.after(1), NONE);
        scene.mock.add_entity(entity);
        assert_eq!(scene.after(1), ["+1 -0", "gpu:5 back"]);
    }
    // Lost before the start; within a minute it is known to be detached.
    let mut scene = Scene::new("8xh100");
    scene.mock.set_status(EntityId::gpu(0), EntityStatus::LOST);
    assert_eq!(scene.after(0), ["connected", "+12 -0", "gpu:0 lost"]);
    scene
        .mock
        .set_status(EntityId::gpu(0), EntityStatus::DETACHED);
    assert_eq!(scene.after(1), NONE);
    assert_eq!(scene.after(60), ["gpu:0 detached"]);
}

#[test]
fn the_incident_of_a_gpu_off_the_bus_is_a_story() {
    let mut scene = Scene::new("8xh100,xid79");
    let mut story = Vec::new();
    for _ in 0..700 {
        story.extend(scene.after(1));
    }
    story.retain(|event| !event.contains('#'));
    assert_eq!(
        story,
        [
            "connected",
            "+12 -0",
            "gpu:4 lost",
            "gpu:4 XID 79",
            "+0 -1",
            "+1 -0",
            "gpu:4 back"
        ]
    );
}

#[test]
fn the_xid_of_a_loss_can_come_after_it() {
    let mut scene = Scene::new("8xh100");
    scene.after(0);
    let gpu = EntityId::gpu(6);
    scene.mock.set_status(gpu, EntityStatus::LOST);
    assert_eq!(scene.after(1), ["gpu:6 lost"]);
    scene.after(9);
    let then = scene.clock.now().saturating_sub(SECOND * 9);
    scene.mock.push_event_at(gpu, FieldId::XID_ERRORS, 79, then);
    assert_eq!(scene.after(1), ["gpu:6 XID 79"]);
    assert_eq!(scene.after(1), NONE);
}

#[test]
fn fake_entities_are_sampled() {
    let mut scene = Scene::with("1xl4", |monitor| monitor.with_fields([FieldId::GPU_TEMP]));
    scene.mock.set_status(EntityId::gpu(0), EntityStatus::FAKE);
    let first = scene.after(0);
    assert!(
        first.contains(&"gpu:0 DCGM_FI_DEV_GPU_TEMP_CELSIUS".to_owned()),
        "{first:?}"
    );
}

#[test]
fn mig_instances_are_topology() {
    let mut scene = Scene::new("8xh100-mig7");
    let first = scene.after(0);
    assert_eq!(first[0], "connected");
    let instance = scene.monitor.entities().find(|one| one.mig.is_some());
    let instance = instance.unwrap().id;
    scene.mock.remove_entity(instance);
    let removed = scene.after(1);
    // With its compute instance.
    assert_eq!(removed, ["+0 -2"]);
}

#[test]
fn links_that_change_are_reported() {
    let mut scene = Scene::new("8xh100");
    scene.after(0);
    let gpu = EntityId::gpu(2);
    scene.mock.set_link(gpu, 7, LinkState::DOWN);
    scene.mock.set_link(gpu, 9, LinkState::DISABLED);
    assert_eq!(scene.after(1), NONE, "they are read once a minute");
    assert_eq!(scene.after(60), ["gpu:2#7 down", "gpu:2#9 down"]);
    scene.mock.set_link(gpu, 7, LinkState::UP);
    // An XID makes the next round read them.
    scene.mock.push_event(gpu, FieldId::XID_ERRORS, 74);
    assert_eq!(scene.after(1), ["gpu:2 XID 74"]);
    assert_eq!(scene.after(1), ["gpu:2#7 up"]);
}

#[test]
fn an_outage_is_reported_once_and_what_was_watched_is_watched_again() {
    let mut scene = Scene::with("1xl4", |monitor| monitor.with_fields([FieldId::GPU_TEMP]));
    let first = scene.after(0);
    assert_eq!(
        first,
        ["connected", "+1 -0", "gpu:0 DCGM_FI_DEV_GPU_TEMP_CELSIUS"]
    );
    assert_eq!(scene.after(1), ["gpu:0 DCGM_FI_DEV_GPU_TEMP_CELSIUS"]);
    scene.mock.stop_engine();
    assert_eq!(scene.after(1), ["disconnected"]);
    for _ in 0..20 {
        assert_eq!(scene.after(1), NONE);
    }
    scene.mock.start_engine();
    assert_eq!(
        scene.after(1),
        ["connected", "gpu:0 DCGM_FI_DEV_GPU_TEMP_CELSIUS"]
    );
    assert_eq!(scene.after(1), ["gpu:0 DCGM_FI_DEV_GPU_TEMP_CELSIUS"]);
    // Never reached at all.
    let mut scene = Scene::new("1xl4");
    scene.mock.stop_engine();
    assert_eq!(scene.after(0), ["disconnected"]);
    assert_eq!(scene.after(1), NONE);
}

#[test]
fn an_engine_that_takes_no_samples_is_silent() {
    let mut scene = Scene::with("1xl4", |monitor| {
        let fields = [FieldId::GPU_TEMP, FieldId::POWER_USAGE];
        monitor.with_fields(fields).with_interval(SECOND * 2)
    });
    scene.after(0);
    scene.mock.freeze_sampling(true);
    let mut story = Vec::new();
    for _ in 0..30 {
        story.extend(scene.after(1));
    }
    assert_eq!(story, ["silent"]);
    scene.mock.freeze_sampling(false);
    let mut story = Vec::new();
    for _ in 0..4 {
        story.extend(scene.after(1));
    }
    assert_eq!(
        story.iter().filter(|event| *event == "recovered").count(),
        1
    );
    // Without fields there is nothing to be silent about.
    let mut scene = Scene::new("1xl4");
    scene.after(0);
    scene.mock.freeze_sampling(true);
    for _ in 0..30 {
        assert_eq!(scene.after(1), NONE);
    }
}

#[test]
fn refused_watches_are_requested_again() {
    for field in [FieldId::GPU_TEMP, FieldId::XID_ERRORS] {
        let mut scene = Scene::with("1xl4", |monitor| monitor.with_fields([FieldId::GPU_TEMP]));
        scene.mock.refuse(field, error(ReturnCode::IN_USE));
        let first = scene.after(0);
        assert!(first.contains(&"refused".to_owned()), "{first:?}");
        let before = scene.mock.calls(Call::Watch);
        for _ in 0..600 {
            let events = scene.after(1);
            assert!(!events.contains(&"refused".to_owned()), "{events:?}");
        }
        // After 1, 3 and 7 minutes.
        assert_eq!(scene.mock.calls(Call::Watch) - before, 3);
        scene.mock.clear_faults();
        let mut story = Vec::new();
        for _ in 0..600 {
            story.extend(scene.after(1));
        }
        story.retain(|event| !event.contains("GPU_TEMP"));
        assert_eq!(story, ["restored"]);
    }
    // Missing support is no refusal.
    let mut scene = Scene::with("1xl4", |monitor| monitor.with_fields([FieldId::GPU_TEMP]));
    scene
        .mock
        .refuse(FieldId::GPU_TEMP, error(ReturnCode::NOT_SUPPORTED));
    assert_eq!(scene.after(0), ["connected", "+1 -0"]);
}

#[test]
fn a_failure_of_a_call_is_reported_once() {
    let mut scene = Scene::new("1xl4");
    scene.after(0);
    scene
        .mock
        .fail_always(Call::List, error(ReturnCode::GENERIC_ERROR));
    assert_eq!(scene.after(1), ["failed"]);
    assert_eq!(scene.after(1), NONE);
    scene.mock.clear_faults();
    assert_eq!(scene.after(1), NONE);
    scene
        .mock
        .fail_next(Call::List, error(ReturnCode::GENERIC_ERROR));
    assert_eq!(scene.after(1), ["failed"]);
    // A watch of events that is gone is made again, and no event is lost.
    let mut scene = Scene::new("1xl4");
    scene.after(0);
    scene
        .mock
        .push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 13);
    scene
        .mock
        .fail_next(Call::Events, error(ReturnCode::NOT_WATCHED));
    assert_eq!(scene.after(1), NONE);
    assert_eq!(scene.after(1), ["gpu:0 XID 13"]);
}

#[test]
fn samples_carry_their_values() {
    let mut scene = Scene::with("1xl4", |monitor| monitor.with_fields([FieldId::GPU_TEMP]));
    scene.after(0);
    scene.mock.set(EntityId::gpu(0), FieldId::GPU_TEMP, 61_i64);
    scene.clock.advance(SECOND);
    let events = scene.monitor.poll_at(scene.now + SECOND);
    let [Event::Sample(sample)] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(sample.value, Ok(OwnedValue::Int(61)));
}

#[test]
fn a_stream_delivers_counts_what_it_drops_and_ends() {
    let mock = Mock::named("8xh100").unwrap();
    let monitor = Monitor::new(Arc::new(mock.clone())).with_interval(Duration::from_millis(5));
    let stream = monitor.start(2).unwrap();
    let wait = Duration::from_secs(20);
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::Connected(_))
    ));
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::TopologyChanged { .. })
    ));
    assert_eq!(stream.dropped(), 0);
    for _ in 0..50 {
        mock.push_event(EntityId::gpu(0), FieldId::XID_ERRORS, 31);
    }
    let start = Instant::now();
    while stream.dropped() < 48 {
        assert!(start.elapsed() < wait, "{}", stream.dropped());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(stream.dropped(), 48);
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::Xid { code: 31, .. })
    ));
    // A panic of the client is contained, and the monitor connects again.
    assert!(stream.next_timeout(wait).is_some());
    mock.panic_next(Call::List);
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::Disconnected(_))
    ));
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::Connected(_))
    ));
    // Dropping it ends a call that hangs.
    mock.delay(Call::List, Delay::UntilReleased);
    assert!(mock.wait_until_hung(Call::List, wait));
    drop(stream);
    assert!(!mock.is_connected());
    assert_eq!(mock.open_watches(), 0);
}

#[test]
fn any_interval_and_any_capacity_are_taken() {
    for interval in [Duration::ZERO, Duration::MAX] {
        let mut scene = Scene::with("1xl4", |monitor| {
            monitor
                .with_fields([FieldId::GPU_TEMP])
                .with_interval(interval)
        });
        assert_eq!(scene.after(0)[0], "connected");
        scene.after(1);
        let mock = Mock::named("1xl4").unwrap();
        let stream = Monitor::new(Arc::new(mock))
            .with_interval(interval)
            .start(0);
        let first = stream.unwrap().next_timeout(SECOND * 20);
        assert!(matches!(first, Some(Event::Connected(_))), "{first:?}");
    }
}

#[test]
fn links_of_a_lost_gpu_are_compared_when_it_is_back() {
    let mut scene = Scene::new("8xh100");
    scene.after(0);
    let lost = EntityId::gpu(1);
    scene.mock.set_link(lost, 3, LinkState::UP);
    scene.mock.set_status(lost, EntityStatus::LOST);
    assert_eq!(scene.after(61), ["gpu:1 lost"]);
    // Its links are compared with those from before the loss.
    scene.mock.set_link(lost, 3, LinkState::DOWN);
    scene.mock.set_status(lost, EntityStatus::OK);
    assert_eq!(scene.after(61), ["gpu:1 back", "gpu:1#3 down"]);
}

#[test]
fn a_client_that_panics_is_closed_and_connected_again() {
    let mock = Mock::named("1xl4").unwrap();
    let monitor = Monitor::new(Arc::new(mock.clone())).with_interval(Duration::from_millis(2));
    mock.panic_next(Call::List);
    let stream = monitor.start(100).unwrap();
    let wait = SECOND * 20;
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::Disconnected(_))
    ));
    assert!(matches!(
        stream.next_timeout(wait),
        Some(Event::Connected(_))
    ));
}

#[cfg(feature = "stream")]
mod stream {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use futures_core::Stream;

    use super::*;

    async fn next(events: &mut AsyncEventStream) -> Option<Event> {
        poll_fn(|context| Pin::new(&mut *events).poll_next(context)).await
    }

    #[test]
    fn a_task_that_waits_is_woken_by_an_event() {
        let mock = Mock::named("8xh100").unwrap();
        let monitor = Monitor::new(Arc::new(mock.clone())).with_interval(Duration::from_millis(1));
        let mut events = monitor.start(100).unwrap().into_async();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let first = next(&mut events).await;
            assert!(matches!(first, Some(Event::Connected(_))));
            let second = next(&mut events).await;
            assert!(matches!(second, Some(Event::TopologyChanged { .. })));
            // Nothing else happens until there is an XID.
            let nothing = Pin::new(&mut events).poll_next(&mut Context::from_waker(Waker::noop()));
            assert!(nothing.is_pending());
            mock.push_event(EntityId::gpu(3), FieldId::XID_ERRORS, 79);
            let third = tokio::time::timeout(SECOND * 30, next(&mut events)).await;
            assert!(matches!(third, Ok(Some(Event::Xid { code: 79, .. }))));
        });
        assert_eq!(events.dropped(), 0);
    }

    #[test]
    fn dropping_a_stream_does_not_wait_for_a_call_that_hangs() {
        let mock = Mock::named("1xl4").unwrap();
        mock.delay(Call::Latest, Delay::UntilReleased);
        let monitor = Monitor::new(Arc::new(mock.clone()))
            .with_fields([FieldId::GPU_TEMP])
            .with_interval(Duration::from_millis(1));
        let mut events = monitor.start(100).unwrap().into_async();
        while mock.calls(Call::Latest) == 0 {
            std::thread::yield_now();
        }
        // The round has not ended.
        let polled = Pin::new(&mut events).poll_next(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
        // Would block until the test's limit.
        drop(events);
        mock.release(Call::Latest);
    }
}

#[test]
fn violations_are_reported_once_and_without_their_samples() {
    let rules = ViolationRules {
        dbe: true,
        max_temperature: Some(90),
        ..ViolationRules::default()
    };
    let mut scene = Scene::with("8xh100", |monitor| monitor.with_violations(rules));
    let gpu = EntityId::gpu(3);
    assert_eq!(scene.after(0), ["connected", "+12 -0"]);
    scene.mock.set(gpu, FieldId::GPU_TEMP, 91);
    assert_eq!(scene.after(1), ["gpu:3 thermal"]);
    assert_eq!(scene.after(1), NONE);
    scene.mock.set(gpu, FieldId::ECC_DBE_VOL_TOTAL, 2);
    assert_eq!(scene.after(1), ["gpu:3 dbe"]);
    scene.mock.set(gpu, FieldId::GPU_TEMP, 60);
    assert_eq!(scene.after(1), NONE);
    // What stands after a reconnect is reported, and what was counted before it is not.
    scene.mock.set(gpu, FieldId::GPU_TEMP, 95);
    assert_eq!(scene.after(1), ["gpu:3 thermal"]);
    scene.mock.stop_engine();
    assert_eq!(scene.after(1), ["disconnected"]);
    scene.mock.start_engine();
    assert_eq!(scene.after(1), ["connected", "gpu:3 thermal"]);
}
