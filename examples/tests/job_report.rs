//! The example `job_report` as a batch system runs it: a prolog and an epilog.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use dcgm_simulator::{Control, Flavour};

/// Runs the example, with the simulated library where the dynamic linker looks for `libdcgm.so.4`.
fn job_report(library: &Path, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(library, folder.path().join("libdcgm.so.4")).unwrap();
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap();
    Command::new(built.join("examples/job_report"))
        .args(flags)
        .env("LD_LIBRARY_PATH", folder.path())
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Returns the words of the row of a GPU.
fn row(text: &str, gpu: &str) -> Vec<String> {
    let mut lines = text.lines().map(|line| line.split_whitespace());
    let words = lines
        .find(|words| words.clone().next() == Some(gpu))
        .unwrap();
    words.map(str::to_owned).collect()
}

#[test]
fn prolog_and_epilog_are_two_processes() {
    let library = dcgm_simulator::library_4_6().unwrap();
    let control = Control::of(&library).unwrap();
    assert!(control.set_host("8xh100"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).unwrap();
    let endpoint = format!("127.0.0.1:{}", served.port);
    let run = |flags: &[&str]| {
        let connection = ["--live", "--endpoint", &endpoint];
        job_report(&library, &[flags, &connection].concat())
    };
    let text = shown(&run(&["start", "slurm-4711", "--gpus", "1,2"]));
    assert!(text.starts_with("SIMULATED"), "{text}");
    assert!(text.contains("job slurm-4711 started on 2 GPUs"), "{text}");
    let again = complaint(&run(&["start", "slurm-4711"]));
    assert!(again.contains("the name is taken"), "{again}");
    assert!(shown(&run(&["list"])).ends_with("slurm-4711\n"));
    // For a second sample.
    thread::sleep(Duration::from_millis(1500));
    let text = shown(&run(&["stop", "slurm-4711"]));
    assert!(text.starts_with("SIMULATED"), "{text}");
    assert!(text.contains("job slurm-4711: 2 GPUs, "), "{text}");
    for gpu in ["1", "2"] {
        let row = row(&text, gpu);
        assert_eq!(row.len(), 7, "{text}");
        assert!(row[1].parse::<f64>().unwrap() > 0.0, "energy in\n{text}");
        assert_eq!(row[2].split('/').count(), 3, "power in\n{text}");
    }
    // Nothing of it is left.
    let open = control.open();
    assert_eq!((open.groups, open.watches), (0, 0));
    let gone = complaint(&run(&["stop", "slurm-4711"]));
    assert!(gone.contains("DCGM_ST_NO_DATA"), "{gone}");
    control.kill(served);
}

#[test]
fn a_simulated_report_says_so() {
    let library = dcgm_simulator::library_4_6().unwrap();
    let text = shown(&job_report(&library, &["stop", "x", "--simulate", "1xl4"]));
    assert!(text.starts_with("SIMULATED"), "{text}");
    assert_eq!(row(&text, "0").len(), 7, "{text}");
    let long = "x".repeat(64);
    let refused = complaint(&job_report(&library, &["stop", &long, "--simulate"]));
    assert!(refused.contains("1 to 63 bytes"), "{refused}");
}
