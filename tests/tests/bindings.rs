//! The committed bindings are what bindgen makes of the header; and NVIDIA's headers may stand in
//! for ours.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "../../dcgm-sys/build/generate.rs"]
mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crate whose bindings are made.
fn sys(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../dcgm-sys")
        .join(path)
}

/// The functions, as declarations that only serve to compare types: nothing links them.
fn prototypes(header: &Path) -> String {
    let functions = generate::common()
        .header(header.to_string_lossy())
        .with_codegen_config(bindgen::CodegenConfig::FUNCTIONS)
        .allowlist_file(".*dcgm\\.h")
        .raw_line("use crate::bindings::*;");
    format!("{}{}", generate::BANNER, generate::run(functions).unwrap())
}

#[test]
#[cfg_attr(no_libclang, ignore = "libclang is not installed")]
fn committed_bindings_are_fresh() {
    let header = sys("include/dcgm.h");
    let bless = std::env::var_os("DCGM_BLESS").is_some_and(|value| value == "1");
    for (file, fresh) in [
        ("src/bindings.rs", generate::types(&header, None).unwrap()),
        ("src/prototypes.rs", prototypes(&header)),
    ] {
        if bless {
            fs::write(sys(file), &fresh).unwrap();
        }
        let committed = fs::read_to_string(sys(file)).unwrap();
        let differs = fresh
            .lines()
            .zip(committed.lines())
            .position(|(fresh, committed)| fresh != committed);
        assert!(
            fresh == committed,
            "{file} is stale from line {} on: DCGM_BLESS=1 regenerates it",
            differs.map_or_else(
                || fresh.lines().count().min(committed.lines().count()),
                |at| at + 1
            )
        );
    }
}

/// Our header as NVIDIA splits hers: without the forms of 3.3, and without words that are literals.
fn split(folder: &Path) {
    let ours = fs::read_to_string(sys("include/dcgm.h")).unwrap();
    let mut headers = BTreeMap::<&str, String>::new();
    // What comes before the first of these parts is the frame; so is what comes after the last.
    for part in ours.split("\n/* ").skip(1) {
        let (comment, code) = part.split_once(" */").unwrap();
        let header = match comment {
            "Version words." | "Limits of 3.3 that 4.x raised." => continue,
            _ if comment.contains("3.3 only") => continue,
            _ if comment.starts_with("Field ids.") => "dcgm_fields.h",
            _ if code
                .trim_end()
                .lines()
                .last()
                .is_some_and(|line| line.starts_with("dcgmReturn_t ")) =>
            {
                "dcgm_agent.h"
            }
            _ => "dcgm_structs.h",
        };
        let text = headers.entry(header).or_insert_with(|| {
            "#pragma once\n#include <stdbool.h>\n#include <stdint.h>\n".to_owned()
        });
        for line in code.lines().filter(|line| !line.contains("_3_3")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    for (name, text) in headers {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// The names of the items, each of which is there once.
fn names(bindings: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for name in bindings.lines().filter_map(generate::item) {
        assert!(names.insert(name), "{name} is there twice");
    }
    names
}

#[test]
#[cfg_attr(no_libclang, ignore = "libclang is not installed")]
fn what_installed_headers_lack_comes_from_ours() {
    let folder = tempfile::tempdir().unwrap();
    split(folder.path());
    let theirs = ["dcgm_structs.h", "dcgm_fields.h"]
        .map(|name| fs::read_to_string(folder.path().join(name)).unwrap())
        .concat();
    for absent in ["_3_3", "dcgmHealthResponse_v4", "dcgmFieldValue_version1"] {
        assert!(!theirs.contains(absent), "{absent}");
    }
    assert!(theirs.contains("dcgmHealthResponse_v5") && theirs.contains("DCGM_FI_DEV_GPU_TEMP"));

    let ours = fs::read_to_string(sys("src/bindings.rs")).unwrap();
    let merged = generate::types(&sys("include/dcgm.h"), Some(folder.path())).unwrap();
    let (merged, ours) = (names(&merged), names(&ours));
    let differing: Vec<_> = merged.symmetric_difference(&ours).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
#[cfg_attr(no_libclang, ignore = "libclang is not installed")]
fn installed_headers_that_are_older_or_newer_than_ours_come_first() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("dcgm_structs.h"),
        "#include <stdint.h>
        #define MAKE_DCGM_VERSION(type, version) (unsigned int)(sizeof(type) | ((unsigned long)(version) << 24U))
        #define DCGM_FI_DEV_ONLY_THEIRS 60001
        typedef uintptr_t dcgmHandle_t;
        typedef enum dcgmReturn_enum { DCGM_ST_OK = 0, DCGM_ST_BADPARAM = -1, DCGM_ST_ONLY_THEIRS = -999 } dcgmReturn_t;
        typedef struct { unsigned int version; unsigned int overallHealth; } dcgmHostengineHealth_v1;
        #define dcgmHostengineHealth_version1 MAKE_DCGM_VERSION(dcgmHostengineHealth_v1, 1)
        dcgmReturn_t dcgmInit(void);",
    )
    .unwrap();
    let merged = generate::types(&sys("include/dcgm.h"), Some(folder.path())).unwrap();
    let names = names(&merged);
    // Theirs.
    for name in [
        "DCGM_FI_DEV_ONLY_THEIRS",
        "DCGM_ST_ONLY_THEIRS",
        "dcgmReturn_enum",
    ] {
        assert!(names.contains(name), "{name}");
    }
    // Ours, an enumerator among them that goes with a type of theirs.
    let ours = fs::read_to_string(sys("src/bindings.rs")).unwrap();
    let lost: Vec<_> = ours
        .lines()
        .filter_map(generate::item)
        .filter(|name| !names.contains(name))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(merged.contains("pub const DCGM_ST_GPUS_DETACHED: dcgmReturn_t = -67;"));
}

#[test]
#[cfg_attr(no_libclang, ignore = "libclang is not installed")]
fn a_folder_without_headers_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = generate::types(&sys("include/dcgm.h"), Some(folder.path())).unwrap_err();
    assert!(
        error.starts_with(&format!(
            "DCGM_INCLUDE_DIR: no DCGM header in {}",
            folder.path().display()
        )),
        "{error}"
    );
}
