//! The quickstart over the C ABI: the simulated library in the place of NVIDIA's.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::path::Path;
use std::process::{Command, Output};

use dcgm_simulator::{Control, Flavour};

/// Runs the quickstart with the simulated library first where the dynamic linker looks for
/// `libdcgm.so.4`.
fn quickstart(library: &Path, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(library, folder.path().join("libdcgm.so.4")).unwrap();
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap();
    Command::new(built.join("examples/quickstart"))
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

/// The series' names and how many GPUs have a value of each.
fn table(text: &str) -> Vec<(String, usize)> {
    text.lines()
        .filter(|line| line.starts_with("hw."))
        .map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            (name, words.skip(1).filter(|word| *word != "-").count())
        })
        .collect()
}

#[test]
fn the_table_over_the_c_abi_is_the_mocks() {
    let library = dcgm_simulator::library_4_6().unwrap();
    let control = Control::of(&library).unwrap();
    assert!(control.set_host("8xh100"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).unwrap();
    let endpoint = format!("127.0.0.1:{}", served.port);

    let mock = table(&shown(&quickstart(&library, &["--once", "--simulate"])));
    assert!(
        mock.len() >= 12 && mock.iter().all(|(_, gpus)| *gpus == 8),
        "{mock:?}"
    );
    for flags in [
        &["--once", "--live", "--embedded"][..],
        &["--once", "--live", "--endpoint", &endpoint],
    ] {
        let text = shown(&quickstart(&library, flags));
        // Its build says that it is simulated, and so does whoever shows its values.
        assert!(
            text.lines().any(|line| line.starts_with("SIMULATED")),
            "{text}"
        );
        assert!(!text.contains("mock"), "{text}");
        assert_eq!(table(&text), mock, "{flags:?}");
    }
    control.kill(served);
}
