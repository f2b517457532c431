//! Whole hosts of the mock, and their failures.

use std::collections::BTreeMap;
use std::thread;

use dcgm::mock::{self, Call, Delay, Mock, Model};

use super::{Pipeline, SECOND};
use crate::clock::Clock;
use crate::{Config, DcgmMeter, ErrorKind, MeterState};

/// A meter on a mock, and one time for both.
pub(super) struct Stage {
    pipeline: Pipeline,
    mock: Mock,
    pub(super) meter: DcgmMeter,
    clock: Clock,
}

impl Stage {
    fn new(names: &str) -> Self {
        Self::with(names, Config::default())
    }

    pub(super) fn with(names: &str, config: Config) -> Self {
        let model = names.parse::<Model>().unwrap();
        let mock = Mock::builder()
            .model(model)
            .clock(mock::Clock::manual())
            .build();
        let pipeline = Pipeline::new();
        let clock = Clock::manual();
        let meter = DcgmMeter::builder()
            .with_config(config)
            .with_client(mock.clone())
            .with_interval(SECOND * 15)
            .clock(clock.clone())
            .install(&pipeline.provider)
            .unwrap();
        Self {
            pipeline,
            mock,
            meter,
            clock,
        }
    }

    fn advance(&self, seconds: u32) {
        self.mock.clock().advance(SECOND * seconds);
        self.clock.advance(SECOND * seconds);
    }

    /// Waits until a change counts as stable.
    fn settle(&self) {
        self.advance(15);
        self.meter.sample_now().unwrap();
        self.advance(1);
        self.meter.sample_now().unwrap();
    }

    /// Number of series of each metric.
    pub(super) fn series(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for point in self.pipeline.export() {
            *counts.entry(point.name).or_default() += 1;
        }
        counts
    }
}

#[test]
fn every_host_has_the_series_that_its_hardware_has() {
    let counted = |host, cap| {
        let stage = Stage::with(host, Config::default().with_max_series(cap));
        stage.meter.sample_now().unwrap();
        assert!(stage.meter.health().is_simulated());
        stage.series().values().sum::<usize>()
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
            let stage = Stage::with(host, config);
            stage.meter.sample_now().unwrap();
            let health = stage.meter.health();
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
    let stage = Stage::new("8xh100");
    let energy = || {
        let joules = stage.pipeline.values("hw.energy", "hw.type");
        joules.into_iter().map(|(_, _, value)| value).sum::<f64>()
    };
    stage.meter.sample_now().unwrap();
    assert!(energy().abs() < f64::EPSILON);
    stage.advance(15);
    stage.meter.sample_now().unwrap();
    let before = energy();
    assert!(before > 0.0);

    stage.mock.stop_engine();
    stage.meter.sample_now().unwrap_err();
    assert_eq!(
        stage.meter.sample_now().unwrap_err().kind,
        ErrorKind::Connect
    );
    let held = stage.series();
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

    stage.advance(600);
    stage.mock.start_engine();
    stage.meter.sample_now().unwrap();
    assert_eq!(stage.series().values().sum::<usize>(), 797);
    // The hardware went on counting.
    assert!(energy() > before * 10.0, "{before} {}", energy());
    assert_eq!(stage.meter.health().reconnects, 1);
}

#[test]
fn a_frozen_sampling_thread_degrades_the_meter_instead_of_feeding_it() {
    let stage = Stage::new("1xl4");
    stage.meter.sample_now().unwrap();
    stage.mock.freeze_sampling(true);
    for _ in 0..2 {
        stage.advance(15);
        stage.meter.sample_now().unwrap();
        assert!(stage.series().contains_key("hw.power"));
    }
    stage.advance(15);
    assert_eq!(stage.meter.sample_now().unwrap_err().kind, ErrorKind::Stale);
    assert!(!stage.series().contains_key("hw.power"));
    stage.mock.freeze_sampling(false);
    stage.advance(15);
    stage.meter.sample_now().unwrap();
    assert!(stage.series().contains_key("hw.power"));
}

#[test]
fn a_lost_gpu_costs_its_own_series_and_comes_back() {
    let stage = Stage::new("8xh100");
    stage.meter.sample_now().unwrap();
    let gone = dcgm::EntityId::gpu(3);
    let entity = stage.mock.model().host().entity(gone).unwrap().clone();
    let watches = stage.mock.open_watches();
    let powers = || stage.pipeline.values("hw.power", "hw.type");
    let gpus = || powers().iter().filter(|(_, kind, _)| kind == "gpu").count();
    stage.mock.remove_entity(gone);
    stage.settle();
    assert_eq!((gpus(), stage.series()["hw.energy"]), (7, 8));
    stage.mock.add_entity(entity);
    stage.settle();
    assert_eq!((gpus(), stage.series()["hw.energy"]), (8, 8));
    // Each session ends the watches of the one before.
    assert_eq!(stage.mock.open_watches(), watches);
}

#[test]
fn a_meter_whose_call_hangs_is_dropped_and_its_series_are_gone() {
    let stage = Stage::new("1xl4");
    stage.meter.sample_now().unwrap();
    stage.mock.delay(Call::Latest, Delay::UntilReleased);
    let Stage {
        pipeline,
        mock,
        meter,
        clock,
    } = stage;
    thread::scope(|scope| {
        let asked = scope.spawn(|| meter.sample_now());
        assert!(mock.wait_until_hung(Call::Latest, SECOND * 60));
        // Exports are not delayed, and old values are not exported.
        assert!(!pipeline.export().is_empty());
        mock.clock().advance(SECOND * 45);
        clock.advance(SECOND * 45);
        assert!(
            pipeline
                .export()
                .iter()
                .all(|point| point.instrument.starts_with("counter"))
        );
        mock.release(Call::Latest);
        asked.join().unwrap().unwrap();
    });
    mock.delay(Call::Close, Delay::UntilReleased);
    // Shutting down has the effect of dropping, and returns the outcome.
    assert_eq!(meter.shutdown(), Err(crate::ShutdownError::ThreadAbandoned));
    // It still hangs: shutting down did not wait for it.
    assert!(mock.wait_until_hung(Call::Close, SECOND * 60));
    assert!(pipeline.export().is_empty());
    mock.clear_faults();
}

#[test]
fn meters_come_and_go_and_leave_no_watch_and_no_connection() {
    let stage = Stage::new("1xl4");
    let Stage {
        pipeline,
        mock,
        meter,
        ..
    } = stage;
    drop(meter);
    for _ in 0..100 {
        let meter = DcgmMeter::builder()
            .with_client(mock.clone())
            .clock(Clock::manual())
            .install(&pipeline.provider)
            .unwrap();
        meter.sample_now().unwrap();
        assert_eq!(meter.health().state, MeterState::Ready);
        drop(meter);
        assert_eq!((mock.open_watches(), mock.is_connected()), (0, false));
    }
    assert!(pipeline.export().is_empty());
}
