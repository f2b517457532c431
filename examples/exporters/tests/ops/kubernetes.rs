//! The manifests, by the schema of Kubernetes and by what they promise.

use std::process::Command;

use crate::exporter;
use crate::kit;
use crate::prometheus::output_text;

const DAEMONSET: &str = "docs/ops/kubernetes/daemonset.yaml";

#[test]
#[cfg_attr(
    no_kubernetes_validate,
    ignore = "kubernetes-validate is not installed (pip install kubernetes-validate)"
)]
fn the_daemonset_is_what_the_schema_of_kubernetes_asks_for() {
    let validator = "kubernetes-validate";
    let validate = |file: &std::path::Path| {
        let mut command = Command::new(validator);
        command
            .args(["--strict", "-k", "1.29"])
            .arg(file)
            .output()
            .unwrap()
    };
    let output = validate(&kit::path(DAEMONSET));
    assert!(output.status.success(), "{}", output_text(&output));
    eprintln!("{}", output_text(&output).trim());
    // A file that is wrong is refused, so that this test can fail.
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    std::fs::write(
        &wrong,
        kit::text(DAEMONSET).replace("tolerations:", "toleration:"),
    )
    .unwrap();
    assert!(!validate(&wrong).status.success());
}

/// What a client of a host engine has no need of, and what its probes ask.
#[test]
fn the_daemonset_has_no_privilege_and_asks_the_pages_that_there_are() {
    let text = kit::text(DAEMONSET);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    let said = lines.join("\n");
    for never in [
        "hostPID",
        "hostNetwork",
        "hostIPC",
        "SYS_ADMIN",
        "privileged: true",
        "hostPath",
        "nvidia.com/gpu:",
    ] {
        assert!(!said.contains(never), "{never}");
    }
    for always in [
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "privileged: false",
        "drop: [\"ALL\"]",
        "automountServiceAccountToken: false",
        "path: /healthz",
        "path: /readyz",
        "limits:",
        "key: nvidia.com/gpu",
    ] {
        assert!(said.contains(always), "{always}");
    }
    // Who is scraped, and where.
    let monitor = kit::text("docs/ops/kubernetes/monitor.yaml");
    for shared in [
        "app.kubernetes.io/name: dcgm-otel",
        "namespace: gpu-telemetry",
    ] {
        assert!(
            said.contains(shared) && monitor.contains(shared),
            "{shared}"
        );
    }
    assert!(said.contains("- name: metrics\n") && monitor.contains("- port: metrics\n"));
    // The exporter has these flags.
    let help = exporter::help();
    let flags = lines
        .iter()
        .filter_map(|line| line.trim().strip_prefix("- --"));
    let flags: Vec<_> = flags.map(|flag| flag.split('=').next().unwrap()).collect();
    assert!(flags.contains(&"listen"), "the search finds nothing");
    for flag in flags {
        assert!(help.contains(&format!("--{flag} ")), "{flag}");
        // With it, the exporter would end where the engine starts later than it does.
        assert_ne!(flag, "live");
    }
}
