//! The example `gpu_jobs` as the prologs and epilogs of a batch system run it, and the source that reads its files.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use dcgm_otel::attribution::{Attribution, HpcJobs};

fn gpu_jobs(directory: &Path, flags: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap();
    Command::new(built.join("examples/gpu_jobs"))
        .arg("--directory")
        .arg(directory)
        .args(flags)
        .output()
        .unwrap()
}

fn change(directory: &Path, flags: &[&str]) {
    let output = gpu_jobs(directory, flags);
    assert!(output.status.success(), "{output:?}");
}

/// Returns the jobs and their GPUs as the source reads them.
fn jobs(directory: &Path) -> Vec<String> {
    let read = HpcJobs::new(directory).allocations(Duration::from_secs(10));
    let read = read.unwrap();
    let lines = read
        .iter()
        .map(|one| format!("{:?} {}", one.device, one.attributes[0].value));
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines
}

#[test]
fn prologs_and_epilogs_change_what_the_source_reads() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("jobs");
    change(&directory, &["start", "17", "--gpus", "0,1.7"]);
    change(&directory, &["start", "18", "--gpus", "0"]);
    // A prolog that is run again.
    change(&directory, &["start", "18", "--gpus", "0"]);
    assert_eq!(
        jobs(&directory),
        [
            "Gpu(Index(0)) 17",
            "Gpu(Index(0)) 18",
            "GpuInstance { gpu: Index(1), instance: 7 } 17"
        ]
    );
    change(&directory, &["stop", "17"]);
    assert_eq!(jobs(&directory), ["Gpu(Index(0)) 18"]);
    change(&directory, &["stop", "18"]);
    change(&directory, &["stop", "18"]);
    assert_eq!(jobs(&directory), [""; 0]);
}

#[test]
fn many_prologs_at_once_lose_no_job() {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for job in 0..12 {
            let folder = folder.path();
            scope.spawn(move || change(folder, &["start", &job.to_string(), "--gpus", "3"]));
        }
    });
    assert_eq!(jobs(folder.path()).len(), 12);
}

#[test]
fn wrong_ids_and_gpus_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for flags in [
        ["start", "a b", "--gpus", "0"],
        ["start", "", "--gpus", "0"],
        ["start", "1", "--gpus", "../0"],
        ["start", "1", "--gpus", "0.1.2"],
        ["start", "1", "--gpus", "+1"],
        ["start", "1", "--gpus", ""],
    ] {
        let output = gpu_jobs(folder.path(), &flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {output:?}");
    }
    assert_eq!(jobs(folder.path()), [""; 0]);
}
