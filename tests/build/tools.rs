//! Finds the programs that some tests run. A test whose program is missing is ignored, with the
//! reason: `#[cfg_attr(no_promtool, ignore = "promtool is not installed")]`.
//!
//! With `DCGM_REQUIRE_TOOLS=1` no tool is reported missing, so that its tests run, and fail.

use std::env;
use std::path::Path;

/// Returns `true` if a missing tool is to fail its tests.
pub fn tools_are_required() -> bool {
    println!("cargo::rerun-if-env-changed=DCGM_REQUIRE_TOOLS");
    env::var_os("DCGM_REQUIRE_TOOLS").is_some_and(|value| value == "1")
}

/// Sets the condition `no_NAME` for the compiler if `applies`.
pub fn set_condition(name: &str, applies: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if applies {
        println!("cargo::rustc-cfg={name}");
    }
}

/// Sets a condition for each program that is not in `PATH`: `no_promtool` for `promtool`.
pub fn find_programs(programs: &[&str]) {
    println!("cargo::rerun-if-env-changed=PATH");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    for program in programs {
        let found = folders.iter().any(|folder| folder.join(program).is_file());
        let condition = format!("no_{}", program.replace('-', "_"));
        set_condition(&condition, !found && !tools_are_required());
        if !found {
            // A folder changes when a program is installed into it.
            for folder in folders.iter().filter(|folder| folder.is_dir()) {
                watch_path(folder);
            }
        }
    }
}

/// Has cargo look again when this changes.
pub fn watch_path(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
