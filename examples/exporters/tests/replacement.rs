//! The example `prometheus` in the place of dcgm-exporter: its flags, variables and files.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The example, which cargo builds beside the tests, in an empty environment.
fn example(flags: &[&str]) -> Command {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let mut command = Command::new(built.join("examples/prometheus"));
    command
        .args(flags)
        .env_clear()
        .env("DCGM_OTEL_INITIAL_DELAY", "0s");
    command
}

fn once(flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = example(&["--once", "--simulate=8xh100"]);
    command
        .args(flags)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn page(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let output = once(flags, variables);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).to_owned()
}

fn error(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let output = once(flags, variables);
    assert!(!output.status.success(), "{flags:?}");
    text(&output.stderr).to_owned()
}

fn families(page: &str) -> Vec<&str> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.filter(|line| line.starts_with("DCGM_")).collect()
}

/// A running exporter and its log; killed when dropped.
struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(flags: &[&str]) -> Self {
        let mut command = example(&["--simulate=1xl4"]);
        let command = command.args(flags).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, rest)) = line.split_once("serving ") {
                break rest.split_once("/metrics").unwrap().0.to_owned();
            }
        };
        let log = Arc::new(Mutex::new(Vec::new()));
        let more = Arc::clone(&log);
        thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| more.lock().unwrap().push(line));
        });
        Self {
            child,
            address,
            log,
        }
    }

    /// The status and the body of a request by curl.
    fn ask(&self, path: &str, flags: &[&str]) -> (String, String) {
        let output = Command::new("curl")
            .args(["-s", "--max-time", "60", "-w", "\n%{http_code}"])
            .args(flags)
            .arg(format!("{}{path}", self.address))
            .output()
            .unwrap();
        let all = text(&output.stdout).to_owned();
        let (body, code) = all.rsplit_once('\n').unwrap();
        (code.to_owned(), body.to_owned())
    }

    /// Waits until a page has a text.
    fn wait_for(&self, path: &str, part: &str, flags: &[&str]) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let (_, body) = self.ask(path, flags);
            if body.contains(part) {
                return body;
            }
            assert!(Instant::now() < end, "{part:?} is not in {body}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn wait_for_log(&self, part: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let log = self.log.lock().unwrap().clone();
            if log.iter().any(|line| line.contains(part)) {
                return;
            }
            assert!(Instant::now() < end, "{part:?} is not in {log:#?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Most have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const COUNTERS: &str = "\
# Format: field, type, help
DCGM_FI_DEV_GPU_TEMP, gauge, GPU temperature (in C).
DCGM_FI_DEV_PCIE_REPLAY_COUNTER, counter, Total number of PCIe retries.
DCGM_FI_DEV_PSTATE, gauge, Performance state.
DCGM_EXP_CLOCK_EVENTS_TOTAL, counter, Clock events.
DCGM_FI_DEV_SERIAL, label, Serial number
";

#[test]
fn its_file_selects_metrics_types_and_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counters.csv");
    fs::write(&path, COUNTERS).unwrap();
    let path = path.to_str().unwrap();
    for (flags, variables) in [
        (&["-f", path][..], &[][..]),
        (&["--collectors", path], &[]),
        (&[], &[("DCGM_EXPORTER_COLLECTORS", path)]),
        // A flag wins over a variable.
        (
            &["-f", path],
            &[("DCGM_EXPORTER_COLLECTORS", "/nonexistent")],
        ),
    ] {
        let page = page(flags, variables);
        assert_eq!(
            families(&page),
            [
                "DCGM_EXP_CLOCK_EVENTS_TOTAL counter",
                "DCGM_FI_DEV_GPU_TEMP gauge",
                "DCGM_FI_DEV_PCIE_REPLAY_COUNTER counter",
                "DCGM_FI_DEV_PSTATE gauge",
            ]
        );
        assert!(page.contains("DCGM_FI_DEV_SERIAL=\""), "{page}");
        assert!(!page.contains("DRIVER_VERSION"), "{page}");
        assert!(page.contains("hostname=\""), "{page}");
    }
    let wrong = error(&["-f", "/nonexistent/counters.csv"], &[]);
    assert!(wrong.contains("/nonexistent/counters.csv"), "{wrong}");
}

#[test]
fn its_flags_and_variables_set_the_meter() {
    // A version of the names can be chosen beside them.
    let naming = ["--naming", "dcgm-exporter:4.8"];
    let with = |flags: &[&str], variables: &[(&str, &str)]| {
        let flags: Vec<_> = naming.iter().chain(flags).copied().collect();
        page(&flags, variables)
    };
    let gpus = |page: &str| {
        let lines = page.lines();
        let lines = lines.filter(|line| line.starts_with("DCGM_FI_DEV_GPU_TEMP{"));
        let gpu = |line: &str| line.split("gpu=\"").nth(1).unwrap()[..1].to_owned();
        let mut gpus: Vec<_> = lines.map(gpu).collect();
        gpus.sort();
        gpus.join("")
    };
    assert_eq!(gpus(&with(&[], &[])), "01234567");
    assert_eq!(
        gpus(&with(&["-d", "f", "-s", "f", "-p", "f"], &[])),
        "01234567"
    );
    assert_eq!(gpus(&with(&["-d", "g:0-2,5"], &[])), "0125");
    assert_eq!(
        gpus(&with(&[], &[("DCGM_EXPORTER_DEVICES_STR", "g:7")])),
        "7"
    );
    let page = with(&["-n", "-rbmn", "-o"], &[]);
    assert!(!page.contains("hostname="), "{page}");
    assert!(page.contains("modelName=\"NVIDIA-H100"), "{page}");
    assert!(
        page.contains("uuid=\"GPU-") && !page.contains("UUID="),
        "{page}"
    );
    let variables = [
        ("DCGM_EXPORTER_NO_HOSTNAME", "true"),
        ("DCGM_EXPORTER_REPLACE_BLANKS_IN_MODEL_NAME", "1"),
        ("DCGM_EXPORTER_USE_OLD_NAMESPACE", "false"),
    ];
    let page = with(&[], &variables);
    assert!(
        !page.contains("hostname=") && page.contains("UUID=\"GPU-"),
        "{page}"
    );
    assert!(page.contains("modelName=\"NVIDIA-H100"), "{page}");
    let count = [("DCGM_OTEL_METRICS", "DCGM_EXP_XID_ERRORS_COUNT=on")];
    let page = with(&["-x", "60000"], &count);
    assert!(page.contains("window_size_in_ms=\"60000\""), "{page}");
    // These alone choose the newest names.
    let page = once(&["-x", "60000"], &[]);
    assert!(text(&page.stdout).contains("DCGM_FI_DEV_GPU_TEMP_CELSIUS{"));
}

#[test]
fn other_flags_are_understood_or_named_as_ignored() {
    // The short and long flags and the variables of dcgm-exporter 4.8.4, with a value for each.
    for (flags, variables) in [
        (&["-c", "30000"][..], &[][..]),
        (&["--collect-interval=30000"], &[]),
        (&[], &[("DCGM_EXPORTER_INTERVAL", "30000")]),
        (&["-a", ":0"], &[]),
        (&[], &[("DCGM_EXPORTER_LISTEN", ":9400")]),
        (&["--clock-events-count-window-size", "1000"], &[]),
        (&["--debug"], &[]),
        (
            &[
                "-k=false",
                "--pod-resources-kubelet-socket=/run/kubelet.sock",
            ],
            &[],
        ),
        (&["--nvidia-resource-names=nvidia.com/gpu.shared"], &[]),
        (
            &[],
            &[
                ("DCGM_EXPORTER_KUBERNETES", "false"),
                ("KUBERNETES_VIRTUAL_GPUS", "false"),
            ],
        ),
        (
            &["--configmap-data=none"],
            &[("DCGM_EXPORTER_CONFIGMAP_DATA", "none")],
        ),
        (&["-m", "none"], &[]),
    ] {
        let output = once(flags, variables);
        assert!(
            output.status.success(),
            "{flags:?}: {}",
            text(&output.stderr)
        );
        assert!(!text(&output.stderr).contains("no effect"), "{flags:?}");
    }
    let output = once(
        &[
            "--enable-dcgm-log",
            "--dcgm-log-level",
            "DEBUG",
            "--fake-gpus=true",
            "--log-format=json",
        ],
        &[
            ("DCGM_EXPORTER_MAX_CONCURRENT_SCRAPES", "16"),
            ("DISABLE_STARTUP_VALIDATE", "true"),
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let log = text(&output.stderr);
    assert_eq!(log.lines().count(), 1, "{log}");
    for name in [
        "--enable-dcgm-log",
        "--dcgm-log-level",
        "--fake-gpus",
        "--log-format",
        "DCGM_EXPORTER_MAX_CONCURRENT_SCRAPES",
        "DISABLE_STARTUP_VALIDATE",
    ] {
        assert!(log.contains(name), "{name}: {log}");
    }
}

#[test]
fn flags_that_would_be_missed_are_refused() {
    for (flags, variables, part) in [
        (&["--config-file=x.yaml"][..], &[][..], "--config-file"),
        (&["-m", "ns:name"], &[], "-m is not supported"),
        (
            &[],
            &[("DCGM_EXPORTER_CONFIGMAP_DATA", "ns:name")],
            "DCGM_EXPORTER_CONFIGMAP_DATA",
        ),
        (&["--web-systemd-socket"], &[], "--web-systemd-socket"),
        (&["--container-labels"], &[], "--container-labels"),
        (
            &[],
            &[(
                "DCGM_EXPORTER_KUBERNETES_POD_LABEL_ALLOWLIST_REGEX",
                "^app$",
            )],
            "DCGM_EXPORTER_KUBERNETES_POD_LABEL_ALLOWLIST_REGEX",
        ),
        (&["--wat"], &[], "--wat"),
        (&["-d", "x:1"], &[], "--devices x:1"),
        (&["-d", "g:5-1"], &[], "--devices g:5-1"),
        (&["-c", "10"], &[], "interval"),
        (&["-a", "9400"], &[], "expected an address and a port"),
        (
            &["-a", ":1", "--listen", "127.0.0.1:1"],
            &[],
            "cannot be used with",
        ),
        (&["-n=maybe"], &[], "expected true or false"),
    ] {
        let error = error(flags, variables);
        assert!(error.contains(part), "{flags:?}: {error}");
    }
    let mut command = example(&["--once", "-r", "vsock://2:5555"]);
    let output = command.output().unwrap();
    assert!(text(&output.stderr).contains("VSOCK is not supported"));
    for address in [
        "127.0.0.1:1",
        "tcp://127.0.0.1:1",
        "unix:///nonexistent/socket",
    ] {
        let output = example(&["--once", "-r", address]).output().unwrap();
        // It is the engine that is missing.
        let log = text(&output.stderr);
        assert!(!log.contains("remote-hostengine-info"), "{log}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
#[cfg_attr(no_curl, ignore = "curl is not installed")]
fn a_reload_takes_the_file_over_and_keeps_totals() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("counters.csv");
    fs::write(&path, COUNTERS).unwrap();
    let server = Server::start(&["-a", "127.0.0.1:0", "-f", path.to_str().unwrap()]);
    let before = server.wait_for("/metrics", "DCGM_EXP_CLOCK_EVENTS_TOTAL{", &[]);
    assert!(!before.contains("DCGM_FI_DEV_SM_CLOCK"), "{before}");
    // What is wrong is reported, and changes nothing.
    fs::write(&path, "DCGM_FI_DEV_WAT, gauge, x\n").unwrap();
    server.signal("HUP");
    server.wait_for_log("not reloaded: ");
    assert!(
        server
            .ask("/metrics", &[])
            .1
            .contains("DCGM_FI_DEV_GPU_TEMP{")
    );
    fs::write(&path, COUNTERS.replace("DEV_PSTATE", "DEV_SM_CLOCK")).unwrap();
    server.signal("HUP");
    let after = server.wait_for("/metrics", "DCGM_FI_DEV_SM_CLOCK{", &[]);
    assert!(!after.contains("DCGM_FI_DEV_PSTATE{"), "{after}");
    assert!(after.contains("DCGM_EXP_CLOCK_EVENTS_TOTAL{"), "{after}");
    server.wait_for_log("reloaded: received SIGHUP");
    assert_eq!(server.ask("/readyz", &[]).0, "200");
}

/// A counter that begins at 0 with the meter goes on where it was.
#[test]
#[cfg_attr(no_curl, ignore = "curl is not installed")]
fn a_reload_keeps_counters_of_the_conventions() {
    let server = Server::start(&["-a", "127.0.0.1:0", "--interval=1s"]);
    let energy = || {
        let (_, page) = server.ask("/metrics", &[]);
        let mut lines = page.lines();
        let line = lines
            .find(|line| line.starts_with("hw_energy_joules_total{"))?
            .to_owned();
        line.rsplit_once(' ')?.1.parse::<f64>().ok()
    };
    let end = Instant::now() + Duration::from_secs(60);
    let before = loop {
        if let Some(joules) = energy().filter(|joules| *joules > 10.0) {
            break joules;
        }
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(100));
    };
    server.signal("HUP");
    server.wait_for_log("reloaded: received SIGHUP");
    let after = energy().unwrap();
    assert!(after >= before, "{before} {after}");
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// Makes a certificate that signs itself, and its key.
fn certificate(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout {name}.key \
             -out {name}.crt -subj /CN={name} -addext subjectAltName=IP:127.0.0.1,DNS:localhost"
        ),
    );
}

/// Makes a certificate of a client that `ca` has signed, and its key.
fn signed_certificate(folder: &Path, name: &str, ca: &str) {
    openssl(
        folder,
        &format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ),
    );
    fs::write(folder.join("extensions"), "basicConstraints=CA:FALSE\n").unwrap();
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA {ca}.crt -CAkey {ca}.key -set_serial 1 -days 2 -extfile extensions -out {name}.crt"
        ),
    );
}

#[test]
#[cfg_attr(any(no_curl, no_openssl), ignore = "curl or openssl is not installed")]
fn tls_and_passwords_protect_the_pages() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    certificate(folder, "server");
    certificate(folder, "ca");
    signed_certificate(folder, "client", "ca");
    certificate(folder, "other");
    let hash = bcrypt::hash("secret", 5).unwrap();
    let web = folder.join("web.yml");
    let file = |client: &str| {
        format!(
            "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n  min_version: TLS12\n{client}\
             http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n\
             basic_auth_users:\n  prometheus: {hash}\n"
        )
    };
    fs::write(&web, file("")).unwrap();
    let web = web.to_str().unwrap();
    let server = Server::start(&["-a", "127.0.0.1:0", "--web-config-file", web]);
    assert!(
        server.address.starts_with("https://127.0.0.1:"),
        "{}",
        server.address
    );
    let ca = folder.join("server.crt");
    let ca = ca.to_str().unwrap();
    let user = ["--cacert", ca, "-u", "prometheus:secret"];
    server.wait_for("/readyz", "ready: ", &user);
    let (code, page) = server.ask("/metrics", &user);
    assert_eq!(code, "200");
    assert!(page.contains("hw_gpu_utilization_ratio"));
    let (_, head) = server.ask("/metrics", &[&user[..], &["-I"]].concat());
    assert!(
        head.to_lowercase().contains("x-frame-options: deny"),
        "{head}"
    );
    for (flags, expected) in [
        (&["--cacert", ca][..], "401"),
        (&["--cacert", ca, "-u", "prometheus:wrong"], "401"),
        (&["--cacert", ca, "-u", "stranger:secret"], "401"),
        (&["--cacert", ca, "-H", "Authorization: Basic ?"], "401"),
        (&["--cacert", ca, "-H", "Authorization: Bearer x"], "401"),
        // Not this server, and no TLS of our time.
        (
            &["--cacert", folder.join("other.crt").to_str().unwrap()],
            "000",
        ),
        (&["--cacert", ca, "--tls-max", "1.1"], "000"),
    ] {
        for path in ["/metrics", "/healthz", "/"] {
            let (code, body) = server.ask(path, flags);
            assert_eq!(code, expected, "{flags:?}");
            assert!(!body.contains("hw_"), "{body}");
        }
    }
    // Without a restart: only clients with a certificate from now on.
    let more = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n";
    fs::write(web, file(more)).unwrap();
    let of = |name: &str| {
        let (crt, key) = (
            folder.join(format!("{name}.crt")),
            folder.join(format!("{name}.key")),
        );
        [crt, key].map(|path| path.to_str().unwrap().to_owned())
    };
    let (mine, others) = (of("client"), of("other"));
    let with = |[crt, key]: &[String; 2]| {
        let more = ["--cert", crt, "--key", key];
        server.ask("/metrics", &[&user[..], &more[..]].concat()).0
    };
    assert_eq!(with(&mine), "200");
    assert_eq!(with(&others), "000");
    assert_eq!(server.ask("/metrics", &user).0, "000");
    // What is wrong changes nothing.
    fs::write(web, "tls_server_config: {}\n").unwrap();
    assert_eq!(with(&mine), "200");
    server.wait_for_log("the settings before stay");
}

#[test]
fn a_wrong_web_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web.yml");
    for (file, part) in [
        ("basic_auth_users: {a: secret}\n", "basic_auth_users.a"),
        ("tls_server_config: {cert_file: x}\n", "key_file"),
        (
            "tls_server_config: {cert_file: no.crt, key_file: no.key}\n",
            "no.key",
        ),
        ("wat: 1\n", "wat"),
        (
            "tls_server_config: {cert_file: a, key_file: b, min_version: TLS10}\n",
            "TLS10",
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequestClientCert}\n",
            "RequestClientCert",
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert}\n",
            "client_ca_file",
        ),
    ] {
        fs::write(&web, file).unwrap();
        let flags = ["--web-config-file", web.to_str().unwrap()];
        let error = error(&flags, &[]);
        assert!(error.contains("web.yml") && error.contains(part), "{error}");
    }
    let flags = ["--web-config-file", "/nonexistent/web.yml"];
    assert!(error(&flags, &[]).contains("/nonexistent/web.yml"));
}

/// The lines of power on a page, which has the series of each job.
fn power_lines(page: &str) -> Vec<&str> {
    let is_power = |line: &&str| line.starts_with("DCGM_FI_DEV_BOARD_POWER_WATTS{");
    page.lines().filter(is_power).collect()
}

#[test]
fn jobs_of_a_mapping_directory_label_their_gpus() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0"), "4711\n").unwrap();
    fs::write(folder.path().join("not-a-gpu"), "4712\n").unwrap();
    let directory = folder.path().display().to_string();
    let flags = ["--once", "--simulate", "8xl4", "--naming", "dcgm-exporter"];
    for variable in [false, true] {
        let mut command = example(&flags);
        if variable {
            command.env("DCGM_HPC_JOB_MAPPING_DIR", &directory);
        } else {
            command.args(["--hpc-job-mapping-dir", &directory]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let page = text(&output.stdout);
        let lines = power_lines(page);
        assert_eq!(lines.len(), 8, "{page}");
        for line in lines {
            let is_first = line.contains("gpu=\"0\"");
            assert_eq!(line.contains("hpc_job=\"4711\""), is_first, "{line}");
        }
    }
}

#[test]
fn a_kubelet_that_is_not_there_costs_the_labels_only() {
    let flags = [
        "--once",
        "--simulate",
        "8xl4",
        "--naming",
        "dcgm-exporter",
        "-k",
        "--pod-resources-kubelet-socket=/nonexistent/kubelet.sock",
        "--nvidia-resource-names=example.com/gpu,example.com/other",
        "--kubernetes-virtual-gpus",
        "--kubernetes-enable-pod-labels",
    ];
    let output = example(&flags).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    assert_eq!(power_lines(page).len(), 8, "{page}");
    assert!(!page.contains("pod="), "{page}");
}
