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

/// The lines' names, and how many entities have a value of each.
fn table(text: &str) -> Vec<(String, usize)> {
    let lines = text.lines().filter(|line| line.starts_with("hw."));
    // The line of the host has no columns.
    let lines = lines.filter_map(|line| line.split_once("  "));
    let counted = lines.map(|(name, rest)| {
        let values = rest.split_whitespace().skip(1).filter(|word| *word != "-");
        (name.to_owned(), values.count())
    });
    counted.collect()
}

#[test]
fn the_table_over_the_c_abi_is_the_mocks() {
    let library = dcgm_simulator::library_4_6().unwrap();
    let control = Control::of(&library).unwrap();
    assert!(control.set_host("8xh100"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).unwrap();
    let endpoint = format!("127.0.0.1:{}", served.port);

    let mock = table(&shown(&quickstart(&library, &["--once", "--simulate"])));
    // Eight GPUs, and four switches.
    let of = |many| mock.iter().filter(|(_, values)| *values == many).count();
    assert!(of(8) >= 12 && of(4) >= 4, "{mock:?}");
    assert_eq!(of(8) + of(4), mock.len(), "{mock:?}");
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
