use std::fmt::Write as _;
use std::sync::Arc;

use dcgm::history::HistoryClient;
use dcgm::mock::Mock;
use dcgm::{
    Backend, BuildInfo, Cursor, Error, Link, Query, Result as ClientResult, ReturnCode, Sample,
    Samples, Value,
};
use parking_lot::Mutex;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A process in a list: the GPU, the age of the sample in seconds, and the id.
type ListedProcess = (u32, i64, u32);

/// An engine with lists of processes: a sample for each process.
#[derive(Clone, Debug)]
struct ListingEngine {
    mock: Mock,
    listed: Arc<Mutex<Vec<ListedProcess>>>,
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_micros()).unwrap()
}

fn record(version: u32, pid: u32) -> Vec<u8> {
    let mut bytes = [version.to_ne_bytes(), pid.to_ne_bytes()].concat();
    bytes.resize(4096, 0);
    bytes
}

impl HistoryClient for ListingEngine {
    fn samples(
        &self,
        gpu: EntityId,
        field: FieldId,
        window: TimeWindow,
        order: SampleOrder,
        max: usize,
    ) -> ClientResult<Samples> {
        // Fails if it is not watched.
        self.mock
            .history()
            .samples(gpu, field, window, order, max)?;
        let listed = self.listed.lock();
        // One sample of all processes has one timestamp.
        let second = now() / 1_000_000;
        let mut samples = Samples::new();
        if field == FieldId::COMPUTE_PIDS {
            for (_, age, pid) in listed.iter().filter(|(on, ..)| *on == gpu.id).take(max) {
                let timestamp = Timestamp::from_micros((second - age) * 1_000_000);
                if window.start.is_none_or(|start| start <= timestamp) {
                    samples.push(Sample {
                        entity: gpu,
                        field,
                        timestamp,
                        value: Ok(Value::Blob(&record(16 | 1 << 24, *pid))),
                    });
                }
            }
        }
        Ok(samples)
    }
}

impl Client for ListingEngine {
    fn backend(&self) -> Backend {
        self.mock.backend()
    }

    fn connect(&self) -> ClientResult<()> {
        self.mock.connect()
    }

    fn close(&self) {
        self.mock.close();
    }

    fn build_info(&self) -> ClientResult<BuildInfo> {
        self.mock.build_info()
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> ClientResult<()> {
        self.mock.list(kind, into)
    }

    fn entities(&self, kinds: &[EntityKind]) -> ClientResult<Vec<Entity>> {
        self.mock.entities(kinds)
    }

    fn links(&self) -> ClientResult<Vec<Link>> {
        self.mock.links()
    }

    fn watch(&self, request: &WatchRequest) -> ClientResult<Watch> {
        self.mock.watch(request)
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> ClientResult<()> {
        self.mock.latest(query, into)
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> ClientResult<()> {
        self.mock.events(watch, cursor, into)
    }

    fn history(&self) -> &dyn HistoryClient {
        self
    }
}

/// An engine, a folder in the place of `/proc`, and the source that reads both.
struct ProcessHost {
    engine: ListingEngine,
    source: GpuProcesses,
    folder: tempfile::TempDir,
}

impl ProcessHost {
    fn new() -> Self {
        let engine = ListingEngine {
            mock: Mock::named("8xh100").unwrap(),
            listed: Arc::default(),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut source = GpuProcesses::new(engine.clone());
        source.proc = folder.path().to_owned();
        Self {
            engine,
            source,
            folder,
        }
    }

    fn add_process(&self, pid: u32, cgroup: &str, comm: &str) {
        let folder = self.folder.path().join(pid.to_string());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("cgroup"), cgroup).unwrap();
        fs::write(folder.join("comm"), comm).unwrap();
    }

    fn ask_about(&mut self, listed: &[ListedProcess]) -> Result<Vec<String>, AttributionError> {
        *self.engine.listed.lock() = listed.to_vec();
        let gpus = self.engine.mock.model().host().entities().to_vec();
        let allocations = self.source.allocations(TIMEOUT)?;
        let lines = allocations.iter().map(|one| {
            let Device::Gpu(GpuName::Uuid(uuid)) = &one.device else {
                panic!("{one:?}");
            };
            let gpu = gpus.iter().find(|gpu| gpu.uuid.as_deref() == Some(uuid));
            let mut line = gpu.unwrap().id.to_string();
            for attribute in &one.attributes {
                write!(line, " {}={}", attribute.key, attribute.value).unwrap();
            }
            line
        });
        Ok(lines.collect())
    }
}

#[test]
fn processes_are_grouped_by_container_and_job() {
    let mut host = ProcessHost::new();
    let id = "ab".repeat(32);
    let container = format!("0::/system.slice/docker-{id}.scope\n");
    host.add_process(10, &container, "train\n");
    host.add_process(11, &container, "loader\n");
    host.add_process(12, "0::/slurm/uid_1/job_7/step_0\n", "python\n");
    host.add_process(13, "0::/user.slice\n", "nbody\x1b[1m\n");
    assert_eq!(host.ask_about(&[]).unwrap(), [""; 0]);
    let lines = host.ask_about(&[(0, 1, 10), (0, 1, 11), (1, 1, 12), (1, 11, 12), (3, 2, 13)]);
    assert_eq!(
        lines.unwrap(),
        [
            format!("gpu:0 container.id={id}"),
            "gpu:1 hpc.job.id=7".to_owned(),
            "gpu:3 process.executable.name=nbody[1m".to_owned(),
        ]
    );
    // Two workloads of one GPU are two allocations.
    let shared = host.ask_about(&[(1, 1, 12), (1, 1, 13)]).unwrap();
    assert_eq!(shared.len(), 2);
    host.source = GpuProcesses::new(host.engine.clone()).with_process_ids();
    host.source.proc = host.folder.path().to_owned();
    assert_eq!(
        host.ask_about(&[(0, 1, 12), (0, 1, 13)]).unwrap(),
        [
            "gpu:0 hpc.job.id=7 process.pid=12",
            "gpu:0 process.executable.name=nbody[1m process.pid=13"
        ]
    );
}

#[test]
fn processes_that_have_ended_hold_nothing() {
    let mut host = ProcessHost::new();
    host.add_process(12, "0::/slurm/job_7\n", "python\n");
    // The second is not in /proc; the engine has not listed the first for a while.
    assert_eq!(host.ask_about(&[(0, 1, 99)]).unwrap(), [""; 0]);
    assert_eq!(
        host.ask_about(&[(0, 21, 12)]).unwrap(),
        ["gpu:0 hpc.job.id=7"]
    );
    assert_eq!(host.ask_about(&[(0, 27, 12)]).unwrap(), [""; 0]);
}

#[test]
fn gpus_that_appear_are_watched() {
    let mut host = ProcessHost::new();
    host.add_process(12, "0::/slurm/job_7\n", "python\n");
    let entities = host.engine.mock.model().host().entities().to_vec();
    let last = entities
        .into_iter()
        .find(|one| one.id == EntityId::gpu(7))
        .unwrap();
    host.engine.mock.remove_entity(last.id);
    assert_eq!(host.ask_about(&[(7, 1, 12)]).unwrap(), [""; 0]);
    host.engine.mock.add_entity(last);
    assert_eq!(
        host.ask_about(&[(7, 1, 12)]).unwrap(),
        ["gpu:7 hpc.job.id=7"]
    );
}

#[test]
fn a_lost_session_is_an_error_and_then_replaced() {
    let mut host = ProcessHost::new();
    host.add_process(12, "0::/slurm/job_7\n", "python\n");
    let listed = [(0, 1, 12)];
    let expected = ["gpu:0 hpc.job.id=7"];
    assert_eq!(host.ask_about(&listed).unwrap(), expected);
    host.engine.mock.close();
    let error = host.ask_about(&listed).unwrap_err();
    assert!(
        matches!(error, AttributionError::Unreachable(_)),
        "{error:?}"
    );
    assert_eq!(host.ask_about(&listed).unwrap(), expected);
    host.engine.mock.stop_engine();
    let error = host.ask_about(&listed).unwrap_err();
    assert!(
        matches!(error, AttributionError::Unreachable(_)),
        "{error:?}"
    );
    host.engine.mock.start_engine();
    assert_eq!(host.ask_about(&listed).unwrap(), expected);
}

#[test]
fn a_refused_list_does_not_cost_the_other() {
    let mut host = ProcessHost::new();
    host.add_process(12, "0::/slurm/job_7\n", "python\n");
    let code = ReturnCode::NOT_SUPPORTED;
    let refusal = || Error::Call {
        function: "dcgmWatchFields",
        code,
    };
    host.engine.mock.refuse(FieldId::GRAPHICS_PIDS, refusal());
    assert_eq!(
        host.ask_about(&[(0, 1, 12)]).unwrap(),
        ["gpu:0 hpc.job.id=7"]
    );
    let mut host = ProcessHost::new();
    for field in FIELDS {
        host.engine.mock.refuse(field, refusal());
    }
    let error = host.ask_about(&[(0, 1, 12)]).unwrap_err();
    assert!(matches!(error, AttributionError::Refused(_)), "{error:?}");
}

#[test]
fn too_many_processes_are_an_error() {
    let mut host = ProcessHost::new();
    let many: Vec<_> = (0..1024).map(|pid| (0, 1, pid)).collect();
    assert_eq!(host.ask_about(&many[1..]).unwrap(), [""; 0]);
    let error = host.ask_about(&many).unwrap_err();
    assert!(
        matches!(error, AttributionError::TooLarge { limit: 1024, .. }),
        "{error:?}"
    );
}
