//! Looks for what some tests need of this machine; see `tools.rs`.

#![expect(
    clippy::print_stdout,
    unreachable_pub,
    reason = "a build script talks to cargo on its standard output, and shares a file with another"
)]

mod tools;

use std::path::Path;
use std::{env, fs};

use tools::{find_programs, set_condition, tools_are_required, watch_path};

/// Rewritten by the linker's `ldconfig` whenever a library is installed.
const LINKER_CACHE: &str = "/etc/ld.so.cache";

fn main() {
    watch_path(Path::new("build"));
    find_programs(&["cc"]);
    println!("cargo::rerun-if-env-changed=LIBCLANG_PATH");
    watch_linker_cache();
    let has_libclang = clang_sys::load().is_ok();
    set_condition("no_libclang", !has_libclang && !tools_are_required());
    // What follows is no tool that could be installed: it is ignored with DCGM_REQUIRE_TOOLS=1, too.
    set_condition("libdcgm_is_installed", libdcgm_is_installed());
    println!("cargo::rerun-if-env-changed=DCGM_TEST_LIBRARY");
    let has_library = env::var_os("DCGM_TEST_LIBRARY").is_some();
    set_condition("no_test_library", !has_library);
    set_condition("no_set_user_id", !set_user_id_works());
}

fn watch_linker_cache() {
    let cache = Path::new(LINKER_CACHE);
    if cache.is_file() {
        watch_path(cache);
    }
}

fn libdcgm_is_installed() -> bool {
    let cache = fs::read(LINKER_CACHE).unwrap_or_default();
    cache
        .windows(b"libdcgm.so".len())
        .any(|name| name == b"libdcgm.so")
}

/// Returns `true` if this process may start programs as another user, and the system lets programs
/// with the set-user-id bit change theirs.
fn set_user_id_works() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(|rest| rest.split_whitespace().next().unwrap_or_default())
    };
    let is_root = field("Uid:") == Some("0");
    is_root && field("NoNewPrivs:") == Some("0") && !is_nosuid(&env::temp_dir())
}

/// Returns `true` if the file system of a folder ignores the set-user-id bit.
fn is_nosuid(folder: &Path) -> bool {
    let folder = folder.canonicalize().unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut options = "";
    let mut depth = 0;
    for mount in mounts.lines() {
        let mut words = mount.split(' ').skip(1);
        let point = Path::new(words.next().unwrap_or_default());
        if folder.starts_with(point) && point.components().count() >= depth {
            depth = point.components().count();
            options = words.nth(1).unwrap_or_default();
        }
    }
    options.split(',').any(|option| option == "nosuid")
}
