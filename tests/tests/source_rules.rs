//! Claims about where unsafe code is, and who decides which library is loaded: read off the
//! sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use dcgm_tests::tree::{Document, documents, root};

/// Where unsafe code may be among what is published.
const ROOMS: [&str; 2] = ["dcgm-sys", "dcgm/src/ffi"];

/// The crates that others embed, less their tests.
const PUBLISHED: [&str; 3] = ["dcgm-sys", "dcgm", "dcgm-otel"];

/// Every source of a folder.
fn sources(folder: &str) -> Vec<Document> {
    let found = documents(folder, &[".rs"]);
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// The code of a line, without a comment and without text in quotation marks.
fn code(line: &str) -> String {
    let mut code = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted => drop(chars.next()),
            '"' => quoted = !quoted,
            '/' if !quoted && chars.peek() == Some(&'/') => break,
            c if !quoted => code.push(c),
            _ => {}
        }
    }
    code
}

fn has_word(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.split(|c| !is_part(c)).any(|found| found == word)
}

fn lines_with(folder: &str, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for Document { path, text } in sources(folder) {
        for (number, line) in text.lines().enumerate() {
            if has_word(&code(line), word) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn unsafe_code_is_in_two_modules_and_nowhere_else() {
    let mut outside = Vec::new();
    for published in PUBLISHED {
        outside.extend(lines_with(published, "unsafe"));
    }
    let inside = |line: &String| ROOMS.iter().any(|room| line.starts_with(room));
    assert!(outside.iter().any(inside), "the search finds nothing");
    // One test of a crate that has none itself counts allocations, and an allocator is unsafe.
    outside.retain(|line| !inside(line) && !line.starts_with("dcgm-otel/tests/callbacks.rs"));
    assert_eq!(outside, [""; 0], "\n{}", outside.join("\n"));
}

#[test]
fn the_lints_that_keep_it_so_are_on() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"deny\""));
    let otel = fs::read_to_string(root().join("dcgm-otel/src/lib.rs")).unwrap();
    assert!(otel.contains("#![forbid(unsafe_code)]"));
    // Only these two modules allow it again.
    let mut let_in = Vec::new();
    for published in PUBLISHED {
        let lines = lines_with(&format!("{published}/src"), "unsafe_code");
        let_in.extend(lines.into_iter().filter(|line| !line.contains("forbid")));
    }
    let files: Vec<_> = let_in
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert!(
        files
            .iter()
            .all(|file| ["dcgm-sys/src/lib.rs", "dcgm/src/ffi/mod.rs"].contains(file)),
        "{let_in:?}"
    );
}

/// Functions that read the environment, however they are imported.
const ENVIRONMENT: [&str; 5] = ["env", "environ", "getenv", "secure_getenv", "var_os"];

#[test]
fn no_environment_variable_is_read_by_what_finds_and_loads_the_library() {
    let asking = |folder: &str| {
        let mut lines: Vec<_> = ENVIRONMENT
            .iter()
            .flat_map(|word| lines_with(folder, word))
            .collect();
        let of_test = ["/tests.rs:", "/tests/", "/model.rs:", "/model/"];
        let test = |line: &String| of_test.iter().any(|part| line.contains(part));
        // Variables of the compiler, and the working directory, which is put back. A worker process gets
        // a part of the environment, and knows itself by its argument.
        let other = [
            "env!(",
            "env::current_dir",
            "env::set_current_dir",
            "dcgm/src/isolated/environment.rs:",
        ];
        lines.retain(|line| !test(line) && !other.iter().any(|other| line.contains(other)));
        lines
    };
    for crate_name in ["dcgm-sys/src", "dcgm/src"] {
        let read = asking(crate_name);
        assert_eq!(read, [""; 0], "\n{}", read.join("\n"));
    }
    // The meter reads its settings, and the name that Kubernetes has for the host.
    let mut files: Vec<_> = asking("dcgm-otel/src")
        .iter()
        .filter(|line| !line.contains(": mod env;") && !line.contains("crate::env::read"))
        .filter_map(|line| line.split(':').next().map(str::to_owned))
        .collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!(
        files,
        [
            "dcgm-otel/src/builder.rs",
            "dcgm-otel/src/env.rs",
            "dcgm-otel/src/naming/exporter.rs"
        ]
    );
}

#[test]
fn a_library_is_loaded_in_one_place_and_by_no_name_that_is_a_relative_path() {
    let mut places = Vec::new();
    for published in PUBLISHED {
        for word in ["libloading", "dlopen", "dlmopen"] {
            places.extend(lines_with(&format!("{published}/src"), word));
        }
    }
    places.retain(|line| !line.starts_with("dcgm-sys/src/library.rs:"));
    assert_eq!(places, [""; 0]);
    let loader = fs::read_to_string(root().join("dcgm-sys/src/library.rs")).unwrap();
    assert_eq!(loader.matches("Image::open(").count(), 1);
    // A name with a slash would be looked for in the working directory.
    assert!(!dcgm_sys::SONAMES.is_empty());
    for name in dcgm_sys::SONAMES {
        assert!(!name.contains('/'), "{name}");
    }
}

#[test]
fn no_setting_that_a_variable_can_give_is_a_library_s_path() {
    let keys = fs::read_to_string(root().join("dcgm-otel/src/config/rows.rs")).unwrap();
    assert!(keys.contains("DCGM_OTEL"), "the search finds nothing");
    assert!(!keys.to_lowercase().contains("library"), "{keys}");
    let chosen = lines_with("dcgm-otel/src", "with_library");
    assert_eq!(chosen, [""; 0]);
}

/// Returns the modules that the text of a file names after `super::`.
fn modules_of_parent(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    for after in text.split("super::").skip(1) {
        let list = match after.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => after.split(';').next().unwrap_or_default(),
        };
        for item in list.split(',') {
            found.insert(
                item.trim()
                    .split(|c| !is_part(c))
                    .next()
                    .unwrap_or("")
                    .to_owned(),
            );
        }
    }
    found
}

/// Returns the imports of each file of a folder of modules, without its `mod.rs`.
fn imports_in(folder: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports = BTreeMap::new();
    for Document { path, text } in sources(folder) {
        let name = path.trim_start_matches(folder).trim_start_matches('/');
        let name = name.trim_end_matches(".rs").trim_end_matches("/mod");
        if name.contains('/') || ["mod", "model"].contains(&name) {
            continue;
        }
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: Vec<_> = text.lines().map(code).collect();
        imports.insert(name.to_owned(), modules_of_parent(&code.join("\n")));
    }
    imports
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    for folder in [
        "dcgm/src/engine",
        "dcgm/src/engine/thread",
        "dcgm/src/monitor",
        "dcgm-otel/src/config",
        "dcgm-otel/src/pipeline",
    ] {
        let mut imports = imports_in(folder);
        let files: BTreeSet<_> = imports.keys().cloned().collect();
        assert!(imports.values().flatten().any(|name| files.contains(name)));
        // Files without imports are taken away, until none is left.
        while !imports.is_empty() {
            let left: BTreeSet<_> = imports.keys().cloned().collect();
            imports.retain(|_, names| names.iter().any(|name| left.contains(name)));
            assert!(imports.len() < left.len(), "{folder}: {imports:?}");
        }
    }
}
