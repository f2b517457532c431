//! Jobs of a batch system, from the files that its prolog writes.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dcgm::sanitize;
use opentelemetry::KeyValue;

use super::{Allocation, Attribution, AttributionError, Device, GpuName};

/// The largest file that is read.
const MAX_FILE_BYTES: usize = 64 << 10;

/// The most files of the directory that are looked at.
const MAX_FILES: usize = 4096;

/// The most jobs that are read from all files.
const MAX_JOBS: usize = 4096;

/// The jobs of a batch system such as Slurm and the GPUs that they hold, from a directory. With the feature
/// `hpc`.
///
/// The directory has the form of dcgm-exporter's mapping directory: a file for each GPU that a job holds, named by the
/// index of the GPU, or by that of the GPU and the number of its GPU instance, as in `0` and `0.7`. Its lines are
/// the ids of jobs. Several jobs share the GPU. Files with other names are ignored.
///
/// The prolog of a job writes the files and the epilog removes them. Write a file under another name and rename it, so that no
/// half of it is read; the example `gpu_jobs` does both. The files are read at each poll.
///
/// | attribute | content |
/// | --- | --- |
/// | `hpc.job.id` | the id of the job |
///
/// ```
/// use dcgm_otel::attribution::HpcJobs;
///
/// let jobs = HpcJobs::new("/run/dcgm-job-map");
/// ```
#[derive(Clone, Debug)]
pub struct HpcJobs {
    directory: PathBuf,
}

impl HpcJobs {
    /// Reads a directory. It need not exist: until it does, there are no jobs.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }
}

impl Attribution for HpcJobs {
    fn name(&self) -> &'static str {
        "hpc"
    }

    fn allocations(&mut self, timeout: Duration) -> Result<Vec<Allocation>, AttributionError> {
        let start = Instant::now();
        let files = match fs::read_dir(&self.directory) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(read_error(&self.directory, &error)),
        };
        let mut allocations = Vec::new();
        for (count, file) in files.enumerate() {
            let file = file.map_err(|error| read_error(&self.directory, &error))?;
            if count >= MAX_FILES {
                return Err(AttributionError::TooLarge {
                    limit: MAX_FILES,
                    unit: "files",
                });
            }
            if start.elapsed() >= timeout {
                return Err(AttributionError::TimedOut(timeout));
            }
            let name = file.file_name();
            let Some(device) = name.to_str().and_then(parse_file_name) else {
                continue;
            };
            for job in read_jobs(&file.path())? {
                if allocations.len() >= MAX_JOBS {
                    return Err(AttributionError::TooLarge {
                        limit: MAX_JOBS,
                        unit: "jobs",
                    });
                }
                let attributes = [KeyValue::new("hpc.job.id", job)];
                allocations.push(Allocation::new(device.clone(), attributes));
            }
        }
        Ok(allocations)
    }
}

fn read_error(path: &Path, error: &io::Error) -> AttributionError {
    let text = format!("{}: {error}", path.display());
    let text = sanitize(&text).into_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => AttributionError::Refused(text),
        _ => AttributionError::Unreachable(text),
    }
}

/// Returns the device of a file, as in `0` or `0.7`.
fn parse_file_name(name: &str) -> Option<Device> {
    let number = |text: &str| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    Some(match name.split_once('.') {
        Some((gpu, instance)) => Device::GpuInstance {
            gpu: GpuName::Index(number(gpu)?),
            instance: number(instance)?,
        },
        None => Device::Gpu(GpuName::Index(number(name)?)),
    })
}

/// Returns the ids of the jobs of a file, each once; none if the file was removed.
fn read_jobs(path: &Path) -> Result<Vec<String>, AttributionError> {
    let text = match read_bounded(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read_error(path, &error)),
    };
    if text.len() > MAX_FILE_BYTES {
        return Err(AttributionError::TooLarge {
            limit: MAX_FILE_BYTES,
            unit: "bytes",
        });
    }
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(|line| sanitize(line.trim()));
    let mut jobs: Vec<_> = lines
        .filter(|job| !job.is_empty())
        .map(Cow::into_owned)
        .collect();
    jobs.sort_unstable();
    jobs.dedup();
    Ok(jobs)
}

/// Reads at most one byte more than the limit.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Ok(Vec::new());
    }
    let mut text = Vec::new();
    let limit = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
