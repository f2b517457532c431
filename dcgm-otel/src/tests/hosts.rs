//! Whole hosts of the mock, and their failures.

use std::thread;

use dcgm::mock::{self, Call, Delay};

use crate::testing::{Exported, Harness, SECOND};
use crate::{Config, ErrorKind, MeterState};

/// Waits until a change counts as stable.
fn settle(harness: &Harness) {
    harness.tick_after(SECOND * 15);
    harness.tick_after(SECOND);
}

#[test]
fn every_host_has_the_series_that_its_hardware_has() {
    let counted = |host, cap| {
        let harness = Harness::on_host(host, Config::default().with_max_series(cap));
        harness.sample();
        assert!(harness.health().is_simulated());
        harness.points_per_metric().values().sum::<usize>()
    };
    // With a cap that is set, and with a higher one.
    let both = |host| (counted(host, 1024), counted(host, 8192));
    // 57 a GPU, 36 for its links, 13 a switch, and the count of GPUs.
    assert_eq!(both("8xh100"), (797, 797));
    // Series above the cap are dropped by tier: limits, clocks, the PCIe link, throttling.
    assert_eq!(both("8xh100-mig7"), (1013, 1141));
    assert_eq!(both("gb200"), (323, 323));
    // Without a sensor in the memory, and without a pipe for FP64.
    assert_eq!(both("1xl4"), (50, 50));
    assert_eq!(both("consumer"), (36, 36));
}

#[test]
fn the_default_cap_drops_nothing_on_a_ready_made_host() {
    for host in mock::Host::NAMES {
        for (count, series) in [(1024, None), (300, Some(300))] {
            let config = Config::default();
            let config = series.map_or(config.clone(), |series| config.with_max_series(series));
            let harness = Harness::on_host(host, config);
            harness.sample();
            let health = harness.health();
            // A number that is set does not grow with the host.
            assert!(
                series.is_none() || health.series <= count,
                "{host}: {health}"
            );
            assert!(
                series.is_some() || health.series_dropped == 0,
                "{host}: {health}"
            );
        }
    }
}

#[test]
fn a_restarted_engine_is_found_again_and_nothing_is_lost() {
    let harness = Harness::sampled("8xh100");
    let energy = || {
        let joules = harness.values("hw.energy", "hw.type");
        joules.into_iter().map(|(_, _, value)| value).sum::<f64>()
    };
    harness.sample();
    assert!(energy().abs() < f64::EPSILON);
    harness.advance(SECOND * 15);
    harness.sample();
    let before = energy();
    assert!(before > 0.0);

    harness.client.stop_engine();
    harness.sample_error();
    assert_eq!(harness.sample_error().kind, ErrorKind::Connect);
    let held = harness.points_per_metric();
    assert_eq!(
        held.keys().collect::<Vec<_>>(),
        [
            "hw.energy",
            "hw.errors",
            "hw.gpu.io",
            "hw.gpu.nvlink.io",
            "hw.gpu.throttle.duration",
            "hw.network.io"
        ]
    );
    assert!((energy() - before).abs() < f64::EPSILON);

    harness.advance(SECOND * 600);
    harness.client.start_engine();
    harness.sample();
    assert_eq!(harness.points_per_metric().values().sum::<usize>(), 797);
    // The hardware went on counting.
    assert!(energy() > before * 10.0, "{before} {}", energy());
    assert_eq!(harness.health().reconnects, 1);
}

#[test]
fn a_frozen_sampling_thread_degrades_the_meter_instead_of_feeding_it() {
    let harness = Harness::sampled("1xl4");
    harness.client.freeze_sampling(true);
    for _ in 0..2 {
        harness.advance(SECOND * 15);
        harness.sample();
        assert!(harness.points_per_metric().contains_key("hw.power"));
    }
    harness.advance(SECOND * 15);
    assert_eq!(harness.sample_error().kind, ErrorKind::Stale);
    assert!(!harness.points_per_metric().contains_key("hw.power"));
    harness.client.freeze_sampling(false);
    harness.advance(SECOND * 15);
    harness.sample();
    assert!(harness.points_per_metric().contains_key("hw.power"));
}

#[test]
fn a_lost_gpu_costs_its_own_series_and_comes_back() {
    let harness = Harness::sampled("8xh100");
    let gone = dcgm::EntityId::gpu(3);
    let entity = harness.client.model().host().entity(gone).unwrap().clone();
    let watches = harness.client.open_watches();
    let powers = || harness.values("hw.power", "hw.type");
    let gpus = || powers().iter().filter(|(_, kind, _)| kind == "gpu").count();
    harness.client.remove_entity(gone);
    settle(&harness);
    assert_eq!((gpus(), harness.points_per_metric()["hw.energy"]), (7, 8));
    harness.client.add_entity(entity);
    settle(&harness);
    assert_eq!((gpus(), harness.points_per_metric()["hw.energy"]), (8, 8));
    // Each session ends the watches of the one before.
    assert_eq!(harness.client.open_watches(), watches);
}

#[test]
fn a_meter_whose_call_hangs_is_dropped_and_its_series_are_gone() {
    let mut harness = Harness::sampled("1xl4");
    let mock = harness.client.clone();
    mock.delay(Call::Latest, Delay::UntilReleased);
    thread::scope(|scope| {
        let asked = scope.spawn(|| harness.meter().sample_now());
        assert!(mock.wait_until_hung(Call::Latest, SECOND * 60));
        // Exports are not delayed, and old values are not exported.
        assert!(!harness.export().is_empty());
        harness.advance(SECOND * 45);
        assert!(harness.export().iter().all(Exported::is_counter));
        mock.release(Call::Latest);
        asked.join().unwrap().unwrap();
    });
    mock.delay(Call::Close, Delay::UntilReleased);
    // Shutting down has the effect of dropping, and returns the outcome.
    let outcome = harness.take_meter().shutdown();
    assert_eq!(outcome, Err(crate::ShutdownError::ThreadAbandoned));
    // It still hangs: shutting down did not wait for it.
    assert!(mock.wait_until_hung(Call::Close, SECOND * 60));
    assert!(harness.export().is_empty());
    mock.clear_faults();
}

#[test]
fn meters_come_and_go_and_leave_no_watch_and_no_connection() {
    let mut harness = Harness::on_host("1xl4", Config::default());
    for _ in 0..100 {
        harness.install();
        harness.sample();
        assert_eq!(harness.health().state, MeterState::Ready);
        harness.uninstall();
        let mock = &harness.client;
        assert_eq!((mock.open_watches(), mock.is_connected()), (0, false));
    }
    assert!(harness.export().is_empty());
}
