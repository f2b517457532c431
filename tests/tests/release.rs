//! Claims about what is published: the manifests, the dependencies and the oldest Rust.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const CRATES: [&str; 3] = ["dcgm-sys", "dcgm", "dcgm-otel"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn packages() -> Vec<Value> {
    // That of all targets would need crates that nothing here has fetched.
    let target = "x86_64-unknown-linux-gnu";
    let said = cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--all-features",
        "--filter-platform",
        target,
    ]);
    let metadata: Value = serde_json::from_str(&said).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn package(packages: &[Value], name: &str) -> Value {
    let mut found = packages.iter().filter(|one| one["name"] == name);
    found.next().unwrap().clone()
}

/// Returns the dependencies of a crate, itself included: name and version.
fn closure(name: &str, more: &[&str]) -> BTreeSet<(String, String)> {
    let mut args = vec!["tree", "-p", name, "--prefix", "none", "--format", "{p}"];
    args.extend(more);
    args.extend(["--target", "x86_64-unknown-linux-gnu"]);
    let said = cargo(&args);
    let pairs = said.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some((name.to_owned(), version.to_owned()))
    });
    pairs.collect()
}

/// The tables of docs/internals/DEPENDENCIES.md: by crate, each dependency with its reason; and the list of
/// all that a crate brings.
fn documented() -> BTreeMap<String, (BTreeMap<String, String>, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("docs/internals/DEPENDENCIES.md")).unwrap();
    let sections = text.split("\n## ").skip(1);
    let sections = sections.map(|section| {
        let (heading, body) = section.split_once('\n').unwrap();
        let rows = body.lines().filter(|line| line.starts_with("| `"));
        let rows = rows.map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`').to_owned(), cells[3].to_owned())
        });
        let all = body.split("In all").nth(1).unwrap_or_default();
        let names = all.split('`').skip(1).step_by(2).map(str::to_owned);
        (heading.to_owned(), (rows.collect(), names.collect()))
    });
    sections.collect()
}

#[test]
fn each_direct_dependency_has_a_reason() {
    let (packages, documented) = (packages(), documented());
    for name in CRATES {
        let manifest = package(&packages, name);
        let dependencies = manifest["dependencies"].as_array().unwrap();
        let direct: BTreeSet<_> = dependencies
            .iter()
            .filter(|one| one["kind"] != "dev")
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        let (rows, _) = &documented[name];
        assert_eq!(
            rows.keys().cloned().collect::<BTreeSet<_>>(),
            direct,
            "{name}"
        );
        for (dependency, reason) in rows {
            assert!(reason.len() > 20, "{name} needs {dependency} for: {reason}");
        }
    }
}

#[test]
fn all_that_a_crate_brings_along_is_listed() {
    let documented = documented();
    for name in CRATES {
        let mut all: BTreeSet<_> = closure(name, &["-e", "normal"])
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        all.remove(name);
        assert_eq!(documented[name].1, all, "{name}: {} crates", all.len());
    }
}

fn minor(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap_or(0))
}

/// By the resolver: packages that declare a newer Rust version are not selected.
#[test]
fn nothing_that_is_brought_along_needs_a_newer_rust_than_we_say() {
    let packages = packages();
    let ours = package(&packages, "dcgm-otel");
    let ours = minor(ours["rust_version"].as_str().unwrap());
    let mut judged = 0;
    for name in CRATES {
        for (name, version) in closure(name, &["-e", "normal,build", "--all-features"]) {
            let mut found = packages.iter();
            let found = found.find(|one| one["name"] == *name && one["version"] == *version);
            let needs = found.unwrap()["rust_version"].as_str();
            if let Some(needs) = needs {
                judged += 1;
                assert!(minor(needs) <= ours, "{name} {version} needs Rust {needs}");
            }
        }
    }
    assert!(judged > 30, "only {judged} say what they need");
}

#[test]
fn each_manifest_says_what_crates_io_shows() {
    let packages = packages();
    for name in CRATES {
        let manifest = package(&packages, name);
        let says = |key: &str| manifest[key].as_str().is_some_and(|text| !text.is_empty());
        for key in [
            "description",
            "documentation",
            "license",
            "readme",
            "repository",
            "rust_version",
        ] {
            assert!(says(key), "{name}: {key}");
        }
        let description = manifest["description"].as_str().unwrap();
        assert!(description.len() < 120, "{name}: {description}");
        let count = |key: &str| manifest[key].as_array().unwrap().len();
        assert!((1..=5).contains(&count("keywords")), "{name}");
        assert!((1..=5).contains(&count("categories")), "{name}");
        assert!(manifest["publish"].is_null(), "{name} can be published");
        assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"), "{name}");
        let docs = &manifest["metadata"]["docs"]["rs"]["rustdoc-args"];
        assert_eq!(docs[1], "docsrs", "{name}");
        let of = |file: &str| fs::read_to_string(root().join(name).join(file)).unwrap();
        let readme = of("README.md");
        assert!(readme.starts_with(&format!("# {name}\n")), "{name}");
        assert!(
            readme.contains("Rust 1.85") || readme.contains("| 1.85 |"),
            "{name}"
        );
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert_eq!(
                of(licence),
                fs::read_to_string(root().join(licence)).unwrap()
            );
        }
    }
}

#[test]
fn a_package_holds_the_crate_and_its_own_tests_and_nothing_else() {
    for name in CRATES {
        let listed = cargo(&["package", "-p", name, "--list", "--allow-dirty"]);
        let files: BTreeSet<_> = listed.lines().collect();
        for wanted in [
            "Cargo.toml",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "README.md",
            "src/lib.rs",
        ] {
            assert!(files.contains(wanted), "{name}: {wanted}");
        }
        let places = [
            "src/",
            "tests/",
            "include/",
            "build/",
            "Cargo.",
            "LICENSE-",
            "README.md",
            ".cargo_vcs_info.json",
        ];
        for file in &files {
            assert!(
                places.iter().any(|place| file.starts_with(place)),
                "{name}: {file}"
            );
        }
        println!("{name}: {} files", files.len());
        assert!(files.len() < 250, "{name}: {} files", files.len());
    }
}

#[test]
fn the_table_of_versions_is_that_of_the_manifests() {
    let packages = packages();
    let of = |name: &str| {
        let found = package(&packages, name);
        let (major, minor) = minor(found["version"].as_str().unwrap());
        format!("{major}.{minor}")
    };
    let row = format!("| {} | {} |", of("dcgm-otel"), of("opentelemetry"));
    for path in ["dcgm-otel/README.md", "docs/VERSIONS.md"] {
        let text = fs::read_to_string(root().join(path)).unwrap();
        assert!(text.contains(&row), "{path} has not: {row}");
    }
}

/// Returns what a changelog lacks for a release of this version.
fn changelog_faults(text: &str, version: &str) -> Vec<String> {
    let headings: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    let expected = ["## [Unreleased]".to_owned(), format!("## [{version}]")];
    let mut faults = Vec::new();
    for (at, expected) in expected.iter().enumerate() {
        // A date may follow.
        if !headings
            .get(at)
            .is_some_and(|found| found.starts_with(expected))
        {
            faults.push(format!("expected {expected} as heading {at}"));
        }
    }
    let repository = env!("CARGO_PKG_REPOSITORY");
    for link in [
        format!("[Unreleased]: {repository}/compare/v{version}...HEAD"),
        format!("[{version}]: {repository}/releases/tag/v{version}"),
    ] {
        if !text.lines().any(|line| line == link) {
            faults.push(format!("expected {link}"));
        }
    }
    faults
}

#[test]
fn the_changelog_is_prepared_for_this_version() {
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(changelog_faults(&text, version), [""; 0]);
    // Of another version, or without the place for what comes next, it is not.
    assert_eq!(changelog_faults(&text, "9.9.9").len(), 3);
    let without = text.replace("## [Unreleased]", "## Later");
    assert_eq!(changelog_faults(&without, version).len(), 1);
}
