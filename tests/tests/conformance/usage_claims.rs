//! The claims about jobs, processes and the cache of samples.

use std::time::Duration;

use dcgm::history::{SampleOrder, TimeWindow, WatcherKind};
use dcgm::jobs::{JobId, JobRecorder, JobRequest};
use dcgm::processes::ProcessWatch;
use dcgm::{BackendKind, EntityId, Error, FieldId, ReturnCode, Timestamp, ValueType, WatchRequest};

use crate::subject::{Injected, Subject};

const INT_BLANK: i64 = 0x7fff_ffff_ffff_fff0;

fn inject_ints(subject: &Subject, gpu: EntityId, field: FieldId, values: &[i64]) -> Vec<Timestamp> {
    let inject = |value: &i64| {
        let when = subject.now();
        subject.inject(gpu, field, Injected::Int(*value), when);
        when
    };
    values.iter().map(inject).collect()
}

pub(crate) fn conformance_a_summary_is_that_of_the_samples(subject: &Subject) {
    let (gpu, field) = (subject.gpus()[2], FieldId::MEM_COPY_UTIL);
    let history = subject.client().history();
    let times = inject_ints(subject, gpu, field, &[10, 20, 40, 10]);
    let window = TimeWindow::between(times[0], times[3]);
    let summary = history.summary(gpu, field, window).expect("a summary");
    let summary = summary.expect("samples");
    assert_eq!((summary.min, summary.max, summary.count), (10.0, 40.0, 4));
    assert_eq!((summary.mean, summary.sum), (Some(20.0), Some(80.0)));
    let integral = summary.integral.expect("no sample is blank");
    let seconds = times[3].since(times[0]).as_secs_f64();
    assert!((10.0 * seconds..=40.0 * seconds).contains(&integral));
    // Both ends are inside.
    let window = TimeWindow::between(times[1], times[2]);
    let inner = history.summary(gpu, field, window).expect("a summary");
    assert_eq!(
        inner.map(|inner| (inner.count, inner.difference)),
        Some((2, 20.0))
    );
    // With a blank inside there is no integral, and the mean is that of the values.
    let times = inject_ints(subject, gpu, field, &[10, INT_BLANK, 40]);
    let window = TimeWindow::between(times[0], times[2]);
    let blank = history.summary(gpu, field, window).expect("a summary");
    let blank = blank.expect("samples");
    assert_eq!((blank.mean, blank.integral), (Some(25.0), None));
    // No sample is none, or "not watched".
    let window = TimeWindow::since(Timestamp::from_micros(i64::MAX / 2));
    match history.summary(gpu, field, window) {
        Ok(nothing) => assert_eq!(nothing, None),
        Err(error) => assert_eq!(error.code(), Some(ReturnCode::NOT_WATCHED)),
    }
    let error = history.summary(gpu, FieldId::UUID, TimeWindow::ALL);
    assert!(error.unwrap_err().is_unsupported());
}

pub(crate) fn conformance_history_is_cut_from_the_side_of_its_order(subject: &Subject) {
    let (gpu, field) = (subject.gpus()[3], FieldId::MEM_COPY_UTIL);
    let times = inject_ints(subject, gpu, field, &[1, 2, 3]);
    let window = TimeWindow::between(times[0], times[2]);
    let values = |window, order, max| -> Vec<i64> {
        let history = subject.client().history();
        let samples = history.samples(gpu, field, window, order, max);
        let samples = samples.expect("samples");
        let value = |sample: dcgm::Sample<'_>| sample.value.ok()?.as_i64();
        samples.iter().filter_map(value).collect()
    };
    assert_eq!(values(window, SampleOrder::OldestFirst, 10), [1, 2, 3]);
    assert_eq!(values(window, SampleOrder::OldestFirst, 2), [1, 2]);
    assert_eq!(values(window, SampleOrder::NewestFirst, 2), [3, 2]);
    assert_eq!(values(window, SampleOrder::NewestFirst, 0), [0; 0]);
    let between = TimeWindow::between(times[2], times[0]);
    assert_eq!(values(between, SampleOrder::OldestFirst, 10), [0; 0]);
}

pub(crate) fn conformance_a_job_has_the_samples_between_its_start_and_its_end(subject: &Subject) {
    let client = subject.client();
    let groups = subject.open_groups();
    let gpus = &subject.gpus()[..2];
    let id = format!(
        "conformance-{}-{}",
        std::process::id(),
        subject.now().micros()
    );
    let id = JobId::new(id).expect("an id");
    let (energy, utilization) = (FieldId::TOTAL_ENERGY_CONSUMPTION, FieldId::GPU_UTIL);
    inject_ints(subject, gpus[0], utilization, &[99]);
    let _ = subject.now();
    let request = JobRequest::new(id.clone(), gpus).without_watch();
    drop(JobRecorder::start(client, &request).expect("started"));
    assert!(client.jobs().job_ids().expect("ids").contains(&id));
    inject_ints(subject, gpus[0], energy, &[1000, 1600]);
    inject_ints(subject, gpus[0], utilization, &[10, 25, 90]);
    if client.backend().kind != BackendKind::Embedded {
        // The session in which it was started ends, as with the process of a prolog.
        client.close();
        client.connect().expect("connect");
    }
    let _ = subject.now();
    let mut job = JobRecorder::resume(client, id.clone());
    let stats = job.stop().expect("stopped");
    assert!(
        matches!(job.stop(), Err(Error::Request(_))),
        "its end would move"
    );
    let ids: Vec<_> = stats.gpus.iter().map(|gpu| gpu.usage.gpu).collect();
    assert_eq!(ids, gpus);
    let usage = &stats.gpus[0].usage;
    assert_eq!(usage.energy_joules, Some(0.6));
    let share = usage.sm_utilization_percent.expect("sampled");
    assert_eq!(
        (share.min, share.max),
        (10.0, 90.0),
        "and nothing from before"
    );
    // The engine has zeros for the other.
    assert_eq!(stats.gpus[1].usage.sm_utilization_percent, None);
    let again = client.jobs().start_job(&request).unwrap_err();
    assert_eq!(again.code(), Some(ReturnCode::DUPLICATE_KEY));
    job.remove().expect("removed");
    let gone = client.jobs().job_stats(&id).unwrap_err();
    assert_eq!(gone.code(), Some(ReturnCode::NO_DATA));
    if client.backend().kind != BackendKind::Mock {
        assert_eq!(subject.open_groups(), groups);
    }
}

pub(crate) fn conformance_an_unknown_process_is_none(subject: &Subject) {
    let processes = subject.client().processes();
    assert!(matches!(processes.process(0), Err(Error::Request(_))));
    if !subject.can_watch("that an unknown process is none") {
        return;
    }
    let gpus = &subject.gpus()[..1];
    let watch = processes.watch_processes(gpus, ProcessWatch::default());
    let watch = watch.expect("watched");
    assert_eq!(processes.process(u32::MAX - 1).expect("a reply"), None);
    drop(watch);
}

pub(crate) fn conformance_watchers_and_metadata_are_reported(subject: &Subject) {
    let history = subject.client().history();
    let field = FieldId::POWER_USAGE;
    let meta = history.field_meta(field).expect("a reply").expect("known");
    assert_eq!(
        (&*meta.tag, meta.value_type),
        ("power_usage", Some(ValueType::Double))
    );
    assert_eq!(
        history
            .field_meta(FieldId::from_raw(9999))
            .expect("a reply"),
        None
    );
    if !subject.can_watch("who watches") {
        return;
    }
    let gpu = subject.gpus()[0];
    let interval = Duration::from_millis(700);
    let request = WatchRequest::new([gpu], [field]).with_interval(interval);
    let _watch = subject.client().watch(&request).expect("watched");
    let watchers = history.watchers(gpu, field).expect("a reply");
    let watchers = watchers.expect("watched");
    let own = watchers
        .watchers
        .iter()
        .find(|one| one.interval == interval);
    assert_eq!(own.map(|own| own.kind), Some(WatcherKind::CLIENT));
    assert!(watchers.interval <= interval);
    let error = history.watchers(gpu, FieldId::from_raw(9999)).unwrap_err();
    assert_eq!(error.code(), Some(ReturnCode::BAD_PARAM));
}
