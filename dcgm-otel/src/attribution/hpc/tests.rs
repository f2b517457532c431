use std::time::Instant;

use super::*;
use proptest::prelude::*;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns `device=job` of each allocation, sorted.
fn jobs(directory: &Path) -> Vec<String> {
    let allocations = HpcJobs::new(directory).allocations(TIMEOUT).unwrap();
    let mut lines: Vec<_> = allocations
        .iter()
        .map(|one| {
            assert!(!one.shared && one.attributes.len() == 1, "{one:?}");
            let device = match &one.device {
                Device::Gpu(GpuName::Index(gpu)) => gpu.to_string(),
                Device::GpuInstance {
                    gpu: GpuName::Index(gpu),
                    instance,
                } => format!("{gpu}.{instance}"),
                other => panic!("{other:?}"),
            };
            let attribute = &one.attributes[0];
            assert_eq!(attribute.key.as_str(), "hpc.job.id");
            format!("{device}={}", attribute.value)
        })
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn files_appear_change_and_vanish() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("jobs");
    assert_eq!(jobs(&directory), [""; 0], "there is no directory");
    fs::create_dir(&directory).unwrap();
    assert_eq!(jobs(&directory), [""; 0]);
    fs::write(directory.join("0"), "17\n").unwrap();
    fs::write(directory.join("1.7"), "18_2\r\n\n 19 \n18_2").unwrap();
    assert_eq!(jobs(&directory), ["0=17", "1.7=18_2", "1.7=19"]);
    fs::write(directory.join("0"), "20").unwrap();
    fs::write(directory.join("1.7"), "").unwrap();
    assert_eq!(jobs(&directory), ["0=20"]);
    fs::remove_file(directory.join("0")).unwrap();
    assert_eq!(jobs(&directory), [""; 0]);
}

#[test]
fn other_files_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "a",
        ".0",
        "0.",
        "0.1.2",
        "+1",
        "-1",
        "0.tmp",
        "99999999999",
        "0x1",
    ] {
        fs::write(folder.path().join(name), "1").unwrap();
    }
    // Of the right name, but no file.
    fs::create_dir(folder.path().join("3")).unwrap();
    #[cfg(unix)]
    {
        let socket = folder.path().join("4");
        std::os::unix::net::UnixListener::bind(socket).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("5")).unwrap();
    }
    assert_eq!(jobs(folder.path()), [""; 0]);
}

#[test]
fn garbage_is_clean_and_short() {
    let folder = tempfile::tempdir().unwrap();
    let mut garbage = b"\xff\x1b[1m\x00".to_vec();
    garbage.extend([b'x'; 1000]);
    fs::write(folder.path().join("0"), garbage).unwrap();
    let lines = jobs(folder.path());
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].starts_with("0=\u{fffd}[1mx") && lines[0].len() < 300,
        "{lines:?}"
    );
}

#[test]
fn what_is_too_large_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let limit = |directory: &Path| match HpcJobs::new(directory).allocations(TIMEOUT) {
        Err(AttributionError::TooLarge { limit, unit }) => format!("{limit} {unit}"),
        other => panic!("{other:?}"),
    };
    let file = folder.path().join("0");
    fs::write(&file, " ".repeat(MAX_FILE_BYTES)).unwrap();
    assert_eq!(jobs(folder.path()), [""; 0]);
    fs::write(&file, " ".repeat(MAX_FILE_BYTES + 1)).unwrap();
    assert_eq!(limit(folder.path()), "65536 bytes");
    let many: Vec<_> = (0..=MAX_JOBS).map(|job| job.to_string()).collect();
    fs::write(&file, many[1..].join("\n")).unwrap();
    assert_eq!(jobs(folder.path()).len(), MAX_JOBS);
    fs::write(&file, many.join("\n")).unwrap();
    assert_eq!(limit(folder.path()), "4096 jobs");
}

#[test]
fn an_unreadable_directory_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("0");
    fs::write(&file, "1").unwrap();
    let error = HpcJobs::new(file).allocations(TIMEOUT).unwrap_err();
    assert!(
        matches!(error, AttributionError::Unreachable(_)),
        "{error:?}"
    );
}

#[test]
fn time_limit_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0"), "1").unwrap();
    let start = Instant::now();
    let error = HpcJobs::new(folder.path())
        .allocations(Duration::ZERO)
        .unwrap_err();
    assert!(matches!(error, AttributionError::TimedOut(_)), "{error:?}");
    assert!(start.elapsed() < TIMEOUT);
}

proptest! {
    #[test]
    fn names_are_numbers_or_ignored(name in "[0-9.+a-]{0,6}") {
        let parts: Vec<_> = name.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let expected = parts.len() <= 2 && parts.iter().all(is_number);
        prop_assert_eq!(parse_file_name(&name).is_some(), expected);
    }
}
