//! Writes which job holds which GPU, for the source of workloads `HpcJobs`: `start` in the prolog of a batch
//! system, `stop` in the epilog.
//!
//! ```text
//! gpu_jobs start "$SLURM_JOB_ID" --gpus "$SLURM_JOB_GPUS"
//! gpu_jobs stop "$SLURM_JOB_ID"
//! ```

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use dcgm_examples::{Outcome, finish};

/// Which job holds which GPU
#[derive(Parser)]
#[command(name = "gpu_jobs")]
struct Flags {
    /// The directory of the files
    #[arg(long, global = true, default_value = "/run/dcgm-job-map")]
    directory: PathBuf,
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// Add a job to the files of its GPUs
    Start {
        /// The id
        #[arg(value_parser = parse_job)]
        id: String,
        /// The indices of its GPUs, as in 0,1; with the number of a MIG instance, as in 0.7
        #[arg(long, value_delimiter = ',', required = true, value_parser = parse_gpu)]
        gpus: Vec<String>,
    },
    /// Remove a job from all files
    Stop {
        /// The id
        #[arg(value_parser = parse_job)]
        id: String,
    },
}

fn main() -> ExitCode {
    finish(run(&Flags::parse()))
}

fn run(flags: &Flags) -> Outcome {
    let directory = &flags.directory;
    fs::create_dir_all(directory).map_err(|error| describe(directory, &error))?;
    // Prologs and epilogs of several jobs run at the same time.
    let _lock = lock(directory).map_err(|error| describe(directory, &error))?;
    match &flags.step {
        Step::Start { id, gpus } => {
            for gpu in gpus {
                change_jobs(&directory.join(gpu), |jobs| {
                    if !jobs.contains(id) {
                        jobs.push(id.clone());
                    }
                })?;
            }
        }
        Step::Stop { id } => {
            for file in fs::read_dir(directory)? {
                let file = file?;
                let is_gpu = file.file_name().to_str().is_some_and(is_gpu);
                if is_gpu {
                    change_jobs(&file.path(), |jobs| jobs.retain(|job| job != id))?;
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Changes the jobs of a file. It is replaced as a whole, so that no reader sees a part, and removed with its last
/// job.
fn change_jobs(file: &Path, change: impl FnOnce(&mut Vec<String>)) -> Result<(), Box<dyn Error>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|error| describe(file, &error))?,
    };
    let before: Vec<_> = text.lines().map(str::to_owned).collect();
    let mut jobs = before.clone();
    change(&mut jobs);
    if jobs == before {
        return Ok(());
    }
    let written = if jobs.is_empty() {
        fs::remove_file(file)
    } else {
        // No file of a GPU has such a name.
        let new = file.with_file_name(".new");
        fs::write(&new, jobs.join("\n") + "\n").and_then(|()| fs::rename(&new, file))
    };
    Ok(written.map_err(|error| describe(file, &error))?)
}

fn describe(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

/// Waits until no other process changes the directory. The end of this process ends the lock.
fn lock(directory: &Path) -> io::Result<File> {
    let file = File::create(directory.join(".lock"))?;
    #[cfg(unix)]
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
    Ok(file)
}

fn parse_job(text: &str) -> Result<String, String> {
    let is_job = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    let expected = "expected up to 64 printable characters without blanks";
    is_job
        .then(|| text.to_owned())
        .ok_or_else(|| expected.to_owned())
}

fn parse_gpu(text: &str) -> Result<String, String> {
    let expected = "expected an index as in 0, or with a MIG instance as in 0.7";
    is_gpu(text)
        .then(|| text.to_owned())
        .ok_or_else(|| expected.to_owned())
}

fn is_gpu(name: &str) -> bool {
    let parts: Vec<_> = name.split('.').collect();
    let is_number = |part: &&str| part.parse::<u32>().is_ok() && !part.starts_with('+');
    parts.len() <= 2 && parts.iter().all(is_number)
}
