//! The quickstart and `inspect` over the C ABI: the simulated library in place of NVIDIA's.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::path::Path;
use std::process::{Command, Output};

use dcgm_simulator::{Control, Flavour};

/// Runs an example with the simulated library first where the dynamic linker looks for
/// `libdcgm.so.4`.
fn run(example: &str, library: &Path, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(library, folder.path().join("libdcgm.so.4")).unwrap();
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap();
    Command::new(built.join("examples").join(example))
        .args(flags)
        .env("LD_LIBRARY_PATH", folder.path())
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The titles of the quickstart's table, and how many GPUs have a value in each of its cells.
fn table(text: &str) -> (Vec<String>, Vec<usize>) {
    let titles = text
        .lines()
        .skip_while(|line| !line.starts_with("  "))
        .take(4);
    let gpus = text.lines().filter(|line| line.starts_with("gpu "));
    let values = gpus.map(|line| line.split_whitespace().filter(|word| *word != "-").count());
    (titles.map(str::to_owned).collect(), values.collect())
}

/// The metrics that `inspect` says a meter emits, and how many series each has.
fn emitted(text: &str) -> Vec<(String, usize)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("  hw."));
    let pairs = lines.map(|line| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap().to_owned();
        (name, words.next().unwrap().parse().unwrap())
    });
    pairs.collect()
}

#[test]
fn the_values_over_the_c_abi_are_the_mocks() {
    let library = dcgm_simulator::library_4_6().unwrap();
    let control = Control::of(&library).unwrap();
    assert!(control.set_host("8xh100"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).unwrap();
    let endpoint = format!("127.0.0.1:{}", served.port);

    let mock = table(&shown(&run(
        "quickstart",
        &library,
        &["--once", "--simulate"],
    )));
    assert!(mock.0[1].contains("sm.utilization"), "{mock:?}");
    assert_eq!(mock.1.len(), 8, "{mock:?}");
    let series = emitted(&shown(&run("inspect", &library, &["--simulate"])));
    // Of eight GPUs, and of four switches.
    let of = |many| {
        series
            .iter()
            .filter(|(_, series)| series % many == 0)
            .count()
    };
    assert!(of(8) >= 12 && of(4) >= 16, "{series:?}");
    for flags in [
        &["--once", "--live", "--embedded"][..],
        &["--once", "--live", "--endpoint", &endpoint],
        // In a worker, which is the example itself.
        &["--once", "--live", "--embedded", "--isolated"],
        &["--once", "--live", "--isolated", "--endpoint", &endpoint],
    ] {
        let text = shown(&run("quickstart", &library, flags));
        // Its build says that it is simulated, and so does the output.
        assert!(text.starts_with("SIMULATED"), "{text}");
        assert!(!text.contains("mock"), "{text}");
        assert!(!text.contains("embedded embedded"), "{text}");
        assert_eq!(table(&text), mock, "{flags:?}");
    }
    for flags in [
        &["--live", "--endpoint", &endpoint][..],
        &["--live", "--isolated", "--endpoint", &endpoint],
    ] {
        let text = shown(&run("inspect", &library, flags));
        // Every group of fields can be watched on a healthy host, those of the host too.
        assert!(!text.contains("can be watched"), "{text}");
        assert_eq!(emitted(&text), series);
    }
    control.kill(served);
}
