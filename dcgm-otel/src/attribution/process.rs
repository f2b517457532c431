//! The processes that use GPUs, and their containers, pods and jobs.

mod cgroup;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dcgm::history::{SampleOrder, TimeWindow};
use dcgm::processes::RunningProcess;
use dcgm::{
    Client, Entity, EntityId, EntityKind, FieldId, Timestamp, Watch, WatchRequest, sanitize,
};
use opentelemetry::KeyValue;

use self::cgroup::parse_cgroup;
use super::{Allocation, Attribution, AttributionError, Device, GpuName};

/// The interval at which the engine lists processes.
const INTERVAL: Duration = Duration::from_secs(10);

/// The age at which a sample of a process is no longer taken for a process that runs: two passes of the engine, and
/// some delay.
const MAX_SAMPLE_AGE: Duration = Duration::from_secs(25);

/// The most samples of a GPU and field that are read.
const MAX_SAMPLES: usize = 1024;

/// The largest file of `/proc` that is read.
const MAX_FILE_BYTES: u64 = 16 << 10;

const FIELDS: [FieldId; 2] = [FieldId::COMPUTE_PIDS, FieldId::GRAPHICS_PIDS];

/// The processes that use the GPUs of this host, by DCGM's lists of processes, and their containers, pods and
/// jobs by their control groups. With the feature `process`.
///
/// For hosts without a batch system or a kubelet that could be asked: it finds containers of every runtime and jobs of Slurm
/// without files. The engine must be on this host, and list processes of the PID namespace that `/proc` shows: in
/// Kubernetes the pod needs `hostPID: true`. The client should be one of its own, since the watch of the processes
/// ends with its session.
///
/// | attribute | content |
/// | --- | --- |
/// | `container.id` | the id of the container |
/// | `k8s.pod.uid` | the UID of the pod |
/// | `hpc.job.id` | the id of the Slurm job |
/// | `process.executable.name` | the name of the program, of a process that is in none of them |
/// | `process.pid` | the process id, with [`with_process_ids`](Self::with_process_ids) |
///
/// The processes of one container, pod or job are one allocation. A process in a MIG instance counts for the whole GPU, as
/// DCGM does not report the instance. A process that starts is found after up to 10 s, and one that ends at once.
///
/// ```no_run
/// use dcgm::{Engine, EngineOptions};
/// use dcgm_otel::attribution::GpuProcesses;
///
/// let engine = Engine::new(EngineOptions::standalone("localhost:5555".parse().unwrap()));
/// let processes = GpuProcesses::new(engine);
/// ```
#[derive(Debug)]
pub struct GpuProcesses {
    client: Box<dyn Client>,
    watched: Option<WatchedGpus>,
    proc: PathBuf,
    has_process_ids: bool,
}

impl GpuProcesses {
    /// Reads the lists of processes from a client, which it connects itself.
    #[must_use]
    pub fn new(client: impl Client + 'static) -> Self {
        Self {
            client: Box::new(client),
            watched: None,
            proc: PathBuf::from("/proc"),
            has_process_ids: false,
        }
    }

    /// Adds the process id: each process is then an allocation of its own, with new series for every process.
    #[must_use]
    pub fn with_process_ids(mut self) -> Self {
        self.has_process_ids = true;
        self
    }

    /// Watches the GPUs that exist now.
    fn update_watch(&mut self) -> dcgm::Result<()> {
        // With a session that is over, the next call fails. To connect at once would hide that the watch has ended.
        if self.watched.is_none() {
            self.client.connect()?;
        }
        let gpus = self.client.entity_ids(EntityKind::GPU)?;
        let is_current = |watched: &WatchedGpus| watched.ids == gpus;
        if gpus.is_empty() {
            self.watched = None;
        } else if !self.watched.as_ref().is_some_and(is_current) {
            let entities = self.client.entities(&[EntityKind::GPU])?;
            let request = WatchRequest::new(gpus.as_slice(), FIELDS).with_interval(INTERVAL);
            // The old watch ends afterwards, so that no process is missed.
            self.watched = Some(WatchedGpus {
                devices: gpus
                    .iter()
                    .map(|gpu| name_device(*gpu, &entities))
                    .collect(),
                watch: self.client.watch(&request)?,
                ids: gpus,
            });
        }
        Ok(())
    }

    fn list_allocations(&self, timeout: Duration) -> Result<Vec<Allocation>, ListError> {
        let start = Instant::now();
        let mut allocations: Vec<Allocation> = Vec::new();
        let Some(watched) = &self.watched else {
            return Ok(allocations);
        };
        for (gpu, device) in watched.ids.iter().zip(&watched.devices) {
            if start.elapsed() >= timeout {
                return Err(AttributionError::TimedOut(timeout).into());
            }
            let first = allocations.len();
            for pid in self.process_ids(*gpu, &watched.watch)? {
                let Some(attributes) = self.attributes(pid) else {
                    continue;
                };
                let is_known = |one: &Allocation| one.attributes == attributes;
                if !allocations.iter().skip(first).any(is_known) {
                    allocations.push(Allocation::new(device.clone(), attributes));
                }
            }
        }
        Ok(allocations)
    }

    /// Returns the ids of the processes that use a GPU.
    fn process_ids(&self, gpu: EntityId, watch: &Watch) -> Result<BTreeSet<u32>, ListError> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let start = now.saturating_sub(MAX_SAMPLE_AGE).as_micros();
        let start = Timestamp::from_micros(i64::try_from(start).unwrap_or(i64::MAX));
        let window = TimeWindow::since(start);
        let is_refused = |field| {
            watch.refusals().iter().any(|refusal| {
                refusal.entity.is_none_or(|entity| entity == gpu)
                    && refusal.field.is_none_or(|refused| refused == field)
            })
        };
        let mut found = BTreeSet::new();
        for field in FIELDS.into_iter().filter(|field| !is_refused(*field)) {
            let history = self.client.history();
            let samples =
                history.samples(gpu, field, window, SampleOrder::NewestFirst, MAX_SAMPLES)?;
            let times = samples.iter().map(|sample| sample.timestamp);
            if samples.len() >= MAX_SAMPLES && times.clone().min() == times.max() {
                // There may be more processes.
                return Err(ListError::Other(AttributionError::TooLarge {
                    limit: MAX_SAMPLES,
                    unit: "processes",
                }));
            }
            let values = samples.iter().filter_map(|sample| sample.value.ok());
            let processes = values.filter_map(RunningProcess::from_value);
            found.extend(processes.map(|process| process.pid));
        }
        Ok(found)
    }

    /// Returns the attributes of a process; `None` if it has ended.
    fn attributes(&self, pid: u32) -> Option<Vec<KeyValue>> {
        let names = parse_cgroup(&self.read_proc(pid, "cgroup")?);
        let mut attributes = Vec::new();
        let mut push = |key: &'static str, value: Option<String>| {
            attributes.extend(value.map(|value| KeyValue::new(key, value)));
        };
        push("container.id", names.container_id);
        push("hpc.job.id", names.slurm_job);
        push("k8s.pod.uid", names.pod_uid);
        if attributes.is_empty() {
            let name = self.read_proc(pid, "comm")?;
            let name = sanitize(name.trim()).into_owned();
            attributes.push(KeyValue::new("process.executable.name", name));
        }
        if self.has_process_ids {
            attributes.push(KeyValue::new("process.pid", i64::from(pid)));
        }
        Some(attributes)
    }

    fn read_proc(&self, pid: u32, file: &str) -> Option<String> {
        let path = self.proc.join(pid.to_string()).join(file);
        let mut bytes = Vec::new();
        let file = fs::File::open(path).ok()?;
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Attribution for GpuProcesses {
    fn name(&self) -> &'static str {
        "process"
    }

    fn allocations(&mut self, timeout: Duration) -> Result<Vec<Allocation>, AttributionError> {
        let start = Instant::now();
        let watched = self.update_watch().map_err(ListError::from);
        let left = timeout.saturating_sub(start.elapsed());
        let listed = watched.and_then(|()| self.list_allocations(left));
        listed.map_err(|error| match error {
            ListError::Other(AttributionError::TimedOut(_)) => AttributionError::TimedOut(timeout),
            ListError::Other(error) => error,
            ListError::Client(error) => {
                // The watch has ended with its session, or its GPU is gone.
                self.watched = None;
                let text = sanitize(&error.to_string()).into_owned();
                if error.is_unsupported() {
                    AttributionError::Refused(text)
                } else {
                    AttributionError::Unreachable(text)
                }
            }
        })
    }
}

/// The GPUs whose processes are watched.
#[derive(Debug)]
struct WatchedGpus {
    ids: Vec<EntityId>,
    /// The name of each.
    devices: Vec<Device>,
    watch: Watch,
}

/// Returns the UUID of a GPU, or its number if it has none.
fn name_device(gpu: EntityId, entities: &[Entity]) -> Device {
    let entity = entities.iter().find(|entity| entity.id == gpu);
    let uuid = entity.and_then(|entity| entity.uuid.as_deref());
    let index = || GpuName::Index(gpu.id);
    Device::Gpu(uuid.map_or_else(index, |uuid| GpuName::Uuid(uuid.to_owned())))
}

/// Why the processes cannot be listed.
#[derive(Debug)]
enum ListError {
    Client(dcgm::Error),
    Other(AttributionError),
}

impl From<dcgm::Error> for ListError {
    fn from(error: dcgm::Error) -> Self {
        Self::Client(error)
    }
}

impl From<AttributionError> for ListError {
    fn from(error: AttributionError) -> Self {
        Self::Other(error)
    }
}

#[cfg(test)]
mod tests;
