//! The Dockerfile agrees with the workspace that it builds and the manifest that runs its image.
//!
//! No test builds the image: that takes a Docker engine and NVIDIA's repository.

use std::process::Command;

use serde_json::Value;

use crate::kit;

const DOCKERFILE: &str = "docs/ops/Dockerfile";
const DAEMONSET: &str = "docs/ops/kubernetes/daemonset.yaml";

/// An instruction with its arguments on one line.
#[derive(Debug)]
struct Instruction {
    name: String,
    arguments: String,
}

/// Instructions of all stages, without comments, in the order of the file.
fn instructions(text: &str) -> Vec<Instruction> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let filled = joined.lines().filter_map(|line| line.split_once(' '));
    filled
        .map(|(name, arguments)| Instruction {
            name: name.to_owned(),
            arguments: arguments.split_whitespace().collect::<Vec<_>>().join(" "),
        })
        .collect()
}

fn workspace() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(kit::path("."))
        .output()
        .unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns `true` if the workspace has that example in that package.
fn has_example(workspace: &Value, package: &str, example: &str) -> bool {
    let packages = workspace["packages"].as_array().unwrap();
    let mut found = packages.iter().filter(|one| one["name"] == package);
    let targets = found.next().and_then(|one| one["targets"].as_array());
    let is_it = |one: &Value| one["name"] == example && one["kind"][0] == "example";
    targets.is_some_and(|all| all.iter().any(is_it))
}

/// Folders of the workspace's members, from its root.
fn members(workspace: &Value) -> Vec<String> {
    let root = workspace["workspace_root"].as_str().unwrap();
    let packages = workspace["packages"].as_array().unwrap().iter();
    packages
        .map(|one| {
            let manifest = one["manifest_path"].as_str().unwrap();
            let folder = manifest.strip_suffix("/Cargo.toml").unwrap();
            folder
                .strip_prefix(root)
                .unwrap()
                .trim_start_matches('/')
                .to_owned()
        })
        .collect()
}

/// The word after a flag.
fn after<'a>(arguments: &'a str, flag: &str) -> &'a str {
    let mut words = arguments.split(' ').skip_while(|word| *word != flag);
    words.nth(1).unwrap_or_default()
}

/// The value of a key of the manifest, where that is there once.
fn value<'a>(manifest: &'a str, key: &str) -> &'a str {
    let mut lines = manifest
        .lines()
        .map(|line| line.trim().trim_start_matches("- "));
    let found = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    found.unwrap_or_default()
}

/// Returns the disagreements between a Dockerfile, the workspace and a manifest.
fn faults(dockerfile: &str, manifest: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            faults.push(what.to_owned());
        }
    };
    let all = instructions(dockerfile);
    let named = |name: &str| -> Vec<&str> {
        let found = all.iter().filter(|one| one.name == name);
        found.map(|one| one.arguments.as_str()).collect()
    };
    let workspace = workspace();

    // The first stage has what the workspace needs, and nothing that does not exist.
    let copies = named("COPY");
    let (from_stage, sources): (Vec<_>, Vec<_>) = copies
        .into_iter()
        .partition(|one| one.starts_with("--from="));
    let mut paths: Vec<&str> = Vec::new();
    for arguments in &sources {
        let (from, _) = arguments.rsplit_once(' ').unwrap();
        paths.extend(from.split(' '));
    }
    for path in &paths {
        let exists = kit::path(".").join(path).exists();
        expect(exists, &format!("{path} does not exist"));
    }
    let mut needed = members(&workspace);
    needed.extend(["Cargo.toml".to_owned(), "Cargo.lock".to_owned()]);
    for path in &needed {
        let has = paths
            .iter()
            .any(|one| one == path || path.starts_with(&format!("{one}/")));
        expect(has, &format!("{path} is not copied"));
    }

    // The program is one that cargo builds, and it is what the image starts.
    let runs = named("RUN");
    let build = runs.iter().find(|one| one.starts_with("cargo build "));
    let build = build.copied().unwrap_or_default();
    let (package, example) = (after(build, "-p"), after(build, "--example"));
    let is_built = has_example(&workspace, package, example) && build.contains("--release");
    expect(is_built, "no example of the workspace is built");
    expect(build.contains("--locked"), "the lock file is not used");
    let program = format!("/src/target/release/examples/{example}");
    let from = from_stage.first().and_then(|one| one.split(' ').nth(1));
    expect(from == Some(&program), "another program is copied");
    let installed = from_stage.first().and_then(|one| one.split(' ').nth(2));
    let entry = installed.map(|path| format!("[\"{path}\"]"));
    let entries = named("ENTRYPOINT");
    expect(
        entries.last().map(|one| (*one).to_owned()) == entry,
        "another program is started",
    );

    // Debian, the same release in both stages, and the oldest Rust that the workspace supports.
    let bases = named("FROM");
    let minimum = workspace["packages"][0]["rust_version"].as_str().unwrap();
    let rust = format!("rust:{minimum}-slim-bookworm AS build");
    expect(
        bases == [rust.as_str(), "debian:bookworm-slim"],
        "other bases",
    );
    expect(
        from_stage
            .first()
            .is_some_and(|one| one.starts_with("--from=build ")),
        "no such stage",
    );

    // The manifest runs this image, as the same user and on the same port.
    let user = format!(
        "{}:{}",
        value(manifest, "runAsUser"),
        value(manifest, "runAsGroup")
    );
    expect(
        named("USER") == [user.as_str()] && !user.starts_with("0:"),
        "another user",
    );
    let port = value(manifest, "containerPort");
    expect(named("EXPOSE") == [port], "another port");
    let listen = format!("--listen=0.0.0.0:{port}");
    let commands = named("CMD");
    let command: Vec<String> =
        serde_json::from_str(commands.last().unwrap_or(&"[]")).unwrap_or_default();
    expect(command == [&*listen], "other flags");
    let is_flag = |flag: &String| manifest.contains(&format!("            - {flag}\n"));
    expect(command.iter().all(is_flag), "the manifest has other flags");
    let image = value(manifest, "image");
    let tag = format!(" -t {image} ");
    expect(dockerfile.contains(&tag), "the manifest has another image");
    let version = format!(":{}", env!("CARGO_PKG_VERSION"));
    expect(image.ends_with(&version), "the image is of another version");
    let package = named("ARG")
        .into_iter()
        .find_map(|one| one.strip_prefix("DCGM_PACKAGE="));
    let package = package.unwrap_or_default();
    let is_same = manifest.contains(&format!("(package {package})"));
    expect(is_same, "the manifest names another package of libdcgm");
    faults
}

#[test]
fn the_image_is_built_from_the_workspace_and_run_by_the_manifest() {
    let faults = faults(&kit::text(DOCKERFILE), &kit::text(DAEMONSET));
    assert_eq!(faults, [""; 0]);
}

#[test]
fn a_dockerfile_or_manifest_that_disagrees_is_found() {
    let (dockerfile, manifest) = (kit::text(DOCKERFILE), kit::text(DAEMONSET));
    for (from, to, fault) in [
        (
            "COPY dcgm-otel dcgm-otel",
            "COPY otel otel",
            "otel does not exist",
        ),
        ("COPY benches benches\n", "", "benches is not copied"),
        ("Cargo.lock ", "", "Cargo.lock is not copied"),
        (
            "--example prometheus",
            "--example exporter",
            "no example of the workspace is built",
        ),
        (
            "-p dcgm-exporters",
            "-p dcgm-otel",
            "no example of the workspace is built",
        ),
        (" --locked", "", "the lock file is not used"),
        (
            "examples/prometheus ",
            "examples/top ",
            "another program is copied",
        ),
        (
            "[\"/usr/local/bin/dcgm",
            "[\"/usr/bin/dcgm",
            "another program is started",
        ),
        ("FROM debian:bookworm", "FROM debian:trixie", "other bases"),
        ("rust:1.85", "rust:1.95", "other bases"),
        ("--from=build", "--from=builder", "no such stage"),
        ("USER 65532:65532", "USER 0:0", "another user"),
        ("EXPOSE 9400", "EXPOSE 9401", "another port"),
        ("CMD [", "CMD [\"--live\", ", "other flags"),
        (
            "-prometheus:0.1.0 --build",
            "-exporter:0.1.0 --build",
            "the manifest has another image",
        ),
        (
            "-4-core\n",
            "\n",
            "the manifest names another package of libdcgm",
        ),
    ] {
        assert!(dockerfile.contains(from), "{from}");
        let found = faults(&dockerfile.replace(from, to), &manifest);
        assert!(found.iter().any(|one| one == fault), "{from}: {found:?}");
    }
    for (from, to, fault) in [
        ("runAsUser: 65532", "runAsUser: 1000", "another user"),
        ("containerPort: 9400", "containerPort: 9500", "another port"),
        (
            "- --listen=0.0.0.0:9400",
            "- --listen=0.0.0.0:9401",
            "the manifest has other flags",
        ),
        (
            "prometheus:0.1.0",
            "prometheus:0.0.9",
            "the image is of another version",
        ),
    ] {
        assert!(manifest.contains(from), "{from}");
        let found = faults(&dockerfile, &manifest.replace(from, to));
        assert!(found.iter().any(|one| one == fault), "{from}: {found:?}");
    }
}
