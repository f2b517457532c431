//! Claims about a program that has more rights than the user who starts it: the environment and the
//! working directory, which are the starter's, lead to no library.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use dcgm_sys::Library;

/// Tells this test that it is the program.
const PROGRAM: &str = "DCGM_TESTS_PRIVILEGED";

const UNPRIVILEGED_ID: u32 = 65534;

/// Returns the kernel's `AT_SECURE`: `true` if this process has more rights than its starter.
fn is_secure() -> Option<bool> {
    const AT_SECURE: u64 = 23;
    let vector = fs::read("/proc/self/auxv").ok()?;
    let word = |bytes: &[u8]| Some(u64::from_ne_bytes(bytes.try_into().ok()?));
    let mut pairs = vector.chunks_exact(16);
    pairs.find_map(|pair| {
        let (kind, value) = pair.split_at(8);
        (word(kind)? == AT_SECURE).then(|| word(value).map(|value| value != 0))?
    })
}

/// Starts the program as a user without rights, in a folder and an environment of theirs. Returns
/// its output, or why it cannot be started.
fn say(folder: &Path, mode: u32, path: &str) -> Result<String, String> {
    let program = folder.join("program");
    fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
    let ran = Command::new(&program)
        .args([
            "--exact",
            "the_environment_of_a_privileged_program_leads_to_no_library",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(PROGRAM, "1")
        .env("LD_LIBRARY_PATH", path)
        .env("DCGM_OTEL_LIBRARY", folder.join("libdcgm.so.4"))
        .current_dir(folder)
        .uid(UNPRIVILEGED_ID)
        .gid(UNPRIVILEGED_ID)
        .output()
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

#[test]
#[cfg_attr(
    no_set_user_id,
    ignore = "only root can start a program as another user, and /tmp must honor set-user-id"
)]
fn the_environment_of_a_privileged_program_leads_to_no_library() {
    if env::var_os(PROGRAM).is_some() {
        let found = match Library::open() {
            Ok(library) => format!("found {}", library.path().display()),
            Err(error) => format!("{error}"),
        };
        println!("secure: {:?}; {found}", is_secure());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(env::current_exe().unwrap(), folder.join("program")).unwrap();
    let library = dcgm_simulator::library_4_6().unwrap();
    fs::copy(library, folder.join("libdcgm.so.4")).unwrap();

    for path in [folder.to_str().unwrap(), "."] {
        // What is found where nothing is at stake shows that something is there to be found.
        let plain = say(&folder, 0o755, path).unwrap();
        assert!(plain.contains("secure: Some(false); found "), "{plain}");
        let privileged = say(&folder, 0o4755, path).unwrap();
        // Where DCGM is installed, that one is found.
        let theirs = format!("found {}", folder.display());
        assert!(
            privileged.contains("secure: Some(true); ") && !privileged.contains(&theirs),
            "{privileged}"
        );
        assert!(plain.contains(&theirs), "{plain}");
    }
}
