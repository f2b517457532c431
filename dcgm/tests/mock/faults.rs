//! Faults on demand: errors, calls that hang, panics.

use std::thread;
use std::time::Duration;

use dcgm::mock::{Call, Delay, Host, Mock, Product};
use dcgm::processes::ProcessWatch;
use dcgm::{
    Client, Cursor, EntityId, EntityKind, Error, FieldId, Query, ReturnCode, Samples, WatchRequest,
};

use crate::{LONG, gauges, mock, secs};

#[test]
fn planned_errors_are_returned() {
    let (mock, _) = mock("1xl4");
    let watch = gauges(&mock, EntityId::gpu(0));
    let (mut ids, mut samples) = (Vec::new(), Samples::new());
    let query = Query::from_watches([&watch]);
    let error = |call: Call| Error::Call {
        function: call.function(),
        code: ReturnCode::GENERIC_ERROR,
    };
    for call in Call::ALL {
        let before = mock.calls(*call);
        let mut ask = || match call {
            Call::Backend => {
                mock.backend();
                Ok(())
            }
            Call::Connect => mock.connect(),
            Call::Close => Ok(()),
            Call::BuildInfo => mock.build_info().map(drop),
            Call::List => mock.list(EntityKind::GPU, &mut ids),
            Call::Entities => mock.entities(&[EntityKind::GPU]).map(drop),
            Call::Links => mock.links().map(drop),
            Call::Watch => mock
                .watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::UUID]))
                .map(drop),
            Call::Latest => mock.latest(&query, &mut samples),
            Call::Events => mock.events(&watch, &mut Cursor::new(), &mut samples),
            Call::Update => mock.update(),
            Call::Health => {
                let request = dcgm::health::HealthRequest::new([EntityId::gpu(0)]);
                mock.health().watch(&request).map(drop)
            }
            Call::Policies => mock.policies().get(&[]).map(drop),
            #[cfg(feature = "admin")]
            Call::Admin => mock.admin().enforce_config(&[EntityId::gpu(0)]).map(drop),
            Call::Config => mock.config().target(&[EntityId::gpu(0)]).map(drop),
            Call::Diagnostics => mock.diagnostics().stop(),
            #[cfg(feature = "testing")]
            Call::Testing => mock.testing().create_fakes(&[]).map(drop),
            Call::HostEngine => mock.host_engine().memory_bytes().map(drop),
            Call::Jobs => mock.jobs().job_ids().map(drop),
            Call::Processes => mock
                .processes()
                .watch_processes(&[EntityId::gpu(0)], ProcessWatch::default())
                .map(drop),
            Call::History => mock.history().field_meta(FieldId::GPU_TEMP).map(drop),
            Call::Profiling => mock.profiling().metric_groups(EntityId::gpu(0)).map(drop),
            Call::Topology => mock.topology().gpu_topology(EntityId::gpu(0)).map(drop),
            other => panic!("{other:?}"),
        };
        mock.fail_next(*call, error(*call));
        let fails = !matches!(call, Call::Backend | Call::Close);
        assert_eq!(ask().is_err(), fails, "{call:?}");
        let after = ask();
        assert!(after.is_ok(), "{call:?}");
        mock.fail_always(*call, error(*call));
        assert!(
            [ask(), ask()].iter().all(|answer| answer.is_err() == fails),
            "{call:?}"
        );
        mock.clear_faults();
        assert_eq!(
            mock.calls(*call) - before,
            if *call == Call::Close { 0 } else { 4 }
        );
    }
    assert!(mock.is_connected());
}

#[test]
fn disconnected_error_ends_the_session() {
    let (mock, _) = mock("1xl4");
    let _watch = gauges(&mock, EntityId::gpu(0));
    mock.fail_next(
        Call::Update,
        Error::Timeout {
            operation: dcgm::Operation::Update,
            after: secs(5),
        },
    );
    assert!(mock.update().unwrap_err().is_timeout());
    assert_eq!((mock.is_connected(), mock.open_watches()), (false, 0));
    assert!(matches!(mock.update(), Err(Error::NotConnected)));
}

#[test]
fn close_cancels_a_hanging_call() {
    for call in [Call::Latest, Call::Watch, Call::BuildInfo] {
        let (mock, _) = mock("8xh100");
        mock.delay(call, Delay::UntilReleased);
        let other = mock.clone();
        let hung = thread::spawn(move || match call {
            Call::Latest => other.latest(&Query::new([]), &mut Samples::new()),
            Call::Watch => other.watch(&WatchRequest::new([], [])).map(drop),
            _ => other.build_info().map(drop),
        });
        assert!(mock.wait_until_hung(call, LONG));
        mock.close();
        assert!(hung.join().unwrap().unwrap_err().is_disconnected());
        assert!(!mock.wait_until_hung(call, Duration::ZERO));
    }
}

#[test]
fn close_cancels_a_hanging_connect() {
    let mock = Mock::new(Host::new("bare", Product::L4));
    mock.delay_next(Call::Connect, Delay::UntilReleased);
    let other = mock.clone();
    let hung = thread::spawn(move || other.connect());
    assert!(mock.wait_until_hung(Call::Connect, LONG));
    mock.close();
    assert!(matches!(hung.join().unwrap(), Err(Error::NotConnected)));
    mock.connect().unwrap();
}

#[test]
fn hanging_call_ends_by_release_or_delay() {
    let (mock, clock) = mock("1xl4");
    let ask = || {
        let other = mock.clone();
        thread::spawn(move || other.build_info())
    };
    mock.delay(Call::BuildInfo, Delay::UntilReleased);
    let hung = ask();
    assert!(mock.wait_until_hung(Call::BuildInfo, LONG));
    // Others are not held up.
    assert!(mock.update().is_ok());
    mock.release(Call::BuildInfo);
    assert!(hung.join().unwrap().is_ok());

    mock.delay_next(Call::BuildInfo, Delay::For(secs(60)));
    let hung = ask();
    assert!(mock.wait_until_hung(Call::BuildInfo, LONG));
    clock.advance(secs(59));
    assert!(mock.wait_until_hung(Call::BuildInfo, LONG));
    clock.advance(secs(1));
    assert!(hung.join().unwrap().is_ok());
    assert!(mock.build_info().is_ok());
}

#[test]
fn stopped_engine_cancels_a_hanging_call() {
    let (mock, _) = mock("1xl4");
    mock.delay_next(Call::Update, Delay::UntilReleased);
    let other = mock.clone();
    let hung = thread::spawn(move || other.update());
    assert!(mock.wait_until_hung(Call::Update, LONG));
    mock.stop_engine();
    assert!(hung.join().unwrap().unwrap_err().is_disconnected());
}

#[test]
fn calls_and_close_do_not_deadlock() {
    let (mock, _) = mock("1xl4");
    mock.delay(Call::Update, Delay::UntilReleased);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let _ = mock.connect();
                    let _ = mock.update();
                }
            });
        }
        scope.spawn(|| {
            while mock.calls(Call::Update) < 600 {
                mock.close();
            }
            // The last ones may have begun after the last look.
            mock.release(Call::Update);
        });
    });
}

#[test]
fn planned_panic_leaves_the_mock_usable() {
    let (mock, _) = mock("1xl4");
    mock.panic_next(Call::BuildInfo);
    let other = mock.clone();
    assert!(thread::spawn(move || other.build_info()).join().is_err());
    assert!(mock.build_info().is_ok());
}
