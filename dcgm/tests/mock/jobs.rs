//! Jobs of the mock: they outlive sessions, and have the statistics of their samples.

use std::time::Duration;

use dcgm::jobs::{JobId, JobRecorder, JobRequest, JobStats, JobWatch};
use dcgm::mock::{Clock, Mock};
use dcgm::usage::MinMaxMean;
use dcgm::{Client, EntityId, Error, FieldId, ReturnCode};
use proptest::prelude::*;

use crate::{mock, secs};

fn gpus(count: u32) -> Vec<EntityId> {
    (0..count).map(EntityId::gpu).collect()
}

fn request(id: &str, count: u32) -> JobRequest {
    JobRequest::new(JobId::new(id).unwrap(), gpus(count)).with_watch(secs(1), secs(3600))
}

/// Returns a mock on which a job runs for 10 s.
fn with_job(id: &str) -> (Mock, Clock, JobId) {
    let (mock, clock) = mock("8xh100");
    mock.jobs().start_job(&request(id, 2)).unwrap();
    clock.advance(secs(10));
    (mock, clock, JobId::new(id).unwrap())
}

#[test]
fn statistics_are_those_of_the_samples_of_the_job() {
    let (mock, clock) = mock("8xh100");
    let gpu = EntityId::gpu(0);
    mock.set(gpu, FieldId::GPU_UTIL, 10);
    mock.set(gpu, FieldId::TOTAL_ENERGY_CONSUMPTION, 5_000);
    let mut job = JobRecorder::start(&mock, &request("j", 1)).unwrap();
    clock.advance(secs(5));
    mock.set(gpu, FieldId::GPU_UTIL, 40);
    mock.set(gpu, FieldId::TOTAL_ENERGY_CONSUMPTION, 7_500);
    mock.push_event(gpu, FieldId::XID_ERRORS, 31);
    clock.advance(secs(5));
    let stats = job.stop().unwrap();
    assert_eq!(stats.duration(), secs(10));
    let [gpu] = &*stats.gpus else {
        panic!("{stats:?}")
    };
    assert_eq!(gpu.usage.energy_joules, Some(2.5));
    let utilization = gpu.usage.sm_utilization_percent.unwrap();
    assert_eq!((utilization.min, utilization.max), (10.0, 40.0));
    assert_eq!(gpu.usage.xid_times.len(), 1);
    assert_eq!(stats.total().energy_joules, Some(2.5));
    // Nothing after the end counts.
    clock.advance(secs(1));
    mock.set(EntityId::gpu(0), FieldId::GPU_UTIL, 100);
    clock.advance(secs(5));
    assert_eq!(job.stats().unwrap(), stats);
}

#[test]
fn a_job_outlives_its_session_but_not_the_engine() {
    let (mock, clock, id) = with_job("j");
    mock.close();
    clock.advance(secs(10));
    mock.connect().unwrap();
    let stats = mock.jobs().job_stats(&id).unwrap();
    assert_eq!(stats.duration(), secs(20));
    assert!(stats.total().power_watts.is_some(), "it was sampled on");
    assert_eq!(mock.jobs().job_ids().unwrap(), std::slice::from_ref(&id));
    mock.stop_engine();
    mock.start_engine();
    mock.jobs().job_ids().unwrap_err();
    mock.connect().unwrap();
    let error = mock.jobs().job_stats(&id).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::NO_DATA));
}

#[test]
fn a_job_without_a_watch_has_no_statistics() {
    let (mock, clock) = mock("8xh100");
    let request = request("j", 2).without_watch();
    mock.jobs().start_job(&request).unwrap();
    clock.advance(secs(10));
    let stats = mock.jobs().job_stats(&request.id).unwrap();
    assert_eq!(stats.gpus.len(), 2);
    let total = stats.total();
    assert_eq!(
        (total.energy_joules, total.sm_utilization_percent),
        (None, None)
    );
    let watch = mock
        .jobs()
        .watch_jobs(&gpus(2), JobWatch::new(secs(1), secs(3600)))
        .unwrap();
    clock.advance(secs(10));
    let stats = mock.jobs().job_stats(&request.id).unwrap();
    assert!(stats.total().sm_utilization_percent.is_some());
    drop(watch);
}

#[test]
fn the_recorder_does_not_move_the_end() {
    let (mock, clock, id) = with_job("j");
    let mut prolog = JobRecorder::resume(&mock, id.clone());
    let stats = prolog.stop().unwrap();
    clock.advance(secs(5));
    assert!(matches!(prolog.stop(), Err(Error::Request(_))));
    // Nor does that of another process.
    let mut epilog = JobRecorder::resume(&mock, id);
    assert!(matches!(epilog.stop(), Err(Error::Request(_))));
    assert_eq!(epilog.stats().unwrap().end, stats.end);
    epilog.remove().unwrap();
    assert!(prolog.remove().is_err());
}

#[test]
fn ids_are_used_once() {
    let (mock, _, id) = with_job("j");
    let again = mock.jobs().start_job(&request("j", 1)).unwrap_err();
    assert_eq!(again.code(), Some(ReturnCode::DUPLICATE_KEY));
    mock.jobs().remove_job(&id).unwrap();
    mock.jobs().start_job(&request("j", 1)).unwrap();
    let other = mock.jobs().start_job(&request("k", 9)).unwrap_err();
    assert_eq!(other.code(), Some(ReturnCode::BAD_PARAM), "GPU 8");
    let none = JobRequest::new(id, [EntityId::new(dcgm::EntityKind::SWITCH, 0)]);
    assert!(matches!(
        mock.jobs().start_job(&none),
        Err(Error::Request(_))
    ));
}

fn summary() -> impl Strategy<Value = Option<MinMaxMean>> {
    proptest::option::of(
        (0_u16..100, 0_u16..100, 0_u16..100).prop_map(|(low, more, mean)| {
            let (min, max) = (f64::from(low), f64::from(low + more));
            MinMaxMean::new(min, max, min + (max - min) * f64::from(mean) / 100.0)
        }),
    )
}

type Gpu = (Option<u16>, Option<MinMaxMean>, Option<u32>, Vec<i64>);

fn gpu() -> impl Strategy<Value = Gpu> {
    let energy = proptest::option::of(any::<u16>());
    let time = proptest::option::of(any::<u32>());
    (
        energy,
        summary(),
        time,
        proptest::collection::vec(1_i64..1000, 0..4),
    )
}

fn stats(gpus: &[(u32, &Gpu)], start: i64, end: i64) -> JobStats {
    let at = dcgm::Timestamp::from_micros;
    let mut stats = JobStats::new(at(start), at(end));
    for (id, (energy, power, throttled, xids)) in gpus {
        let mut gpu = dcgm::jobs::JobGpuStats::new(EntityId::gpu(*id));
        gpu.usage.energy_joules = energy.map(f64::from);
        gpu.power_watts = *power;
        let nanos = throttled.map(|time| Duration::from_nanos(time.into()));
        gpu.usage.throttle_times.power = nanos;
        gpu.usage.xid_times = xids.iter().map(|time| at(*time)).collect();
        stats.gpus.push(gpu);
    }
    stats
}

proptest! {
    /// However the GPUs are divided into parts, and in whatever order the parts come, the job is the same, and its
    /// total is that of a straightforward computation.
    #[test]
    fn the_parts_of_a_job_are_merged_into_one(
        gpus in proptest::collection::vec(gpu(), 1..32),
        size in 1_usize..12,
        turned: bool,
    ) {
        let numbered: Vec<_> = (0..).zip(&gpus).collect();
        let mut parts: Vec<_> = (0..)
            .zip(numbered.chunks(size))
            .map(|(at, gpus)| stats(gpus, 100 + at, 2000 - at))
            .collect();
        if turned {
            parts.reverse();
        }
        let merged = JobStats::merge(parts).unwrap();
        prop_assert_eq!(&merged, &stats(&numbered, 100, 2000));

        let total = merged.total();
        let mut energy = Some(0.0);
        let mut throttled = Some(Duration::ZERO);
        let (mut least, mut most, mut sum, mut with_power) = (f64::MAX, f64::MIN, 0.0, 0);
        let mut xids = 0;
        for (joules, power, time, times) in &gpus {
            energy = match (energy, joules) {
                (Some(sum), Some(joules)) => Some(sum + f64::from(*joules)),
                _ => None,
            };
            throttled = match (throttled, time) {
                (Some(sum), Some(time)) => Some(sum + Duration::from_nanos((*time).into())),
                _ => None,
            };
            if let Some(power) = power {
                least = least.min(power.min);
                most = most.max(power.max);
                sum += power.mean;
                with_power += 1;
            }
            xids += times.len();
        }
        prop_assert_eq!(total.energy_joules, energy);
        prop_assert_eq!(total.throttle_times.power, throttled);
        prop_assert_eq!(total.xid_times.len(), xids);
        prop_assert!(total.xid_times.is_sorted());
        match total.power_watts {
            None => prop_assert_eq!(with_power, 0),
            Some(power) => {
                prop_assert_eq!((power.min, power.max), (least, most));
                prop_assert!((power.mean - sum / f64::from(with_power)).abs() < 1e-9);
            }
        }
    }
}
