//! The exporter for Prometheus, run as its users run it.

#![cfg(unix)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The mock's hosts.
const HOSTS: [&str; 5] = ["8xh100", "8xh100-mig7", "gb200", "1xl4", "consumer"];

/// An address at which no server listens.
const NOWHERE: &str = "127.0.0.1:1";

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

fn once(flags: &[&str]) -> Output {
    example(&["--once"]).args(flags).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A running exporter and its log; killed when dropped.
struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(flags: &[&str]) -> Self {
        let mut command = example(&["--listen", "127.0.0.1:0"]);
        let command = command.args(flags).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = Arc::new(Mutex::new(Vec::new()));
        let address = loop {
            let line = lines.next().unwrap().unwrap();
            log.lock().unwrap().push(line.clone());
            if let Some((_, rest)) = line.split_once("serving http://") {
                break rest.split_once("/metrics").unwrap().0.to_owned();
            }
        };
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

    /// Waits for a line of the log.
    fn wait_for_log(&self, text: &str) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let log = self.log.lock().unwrap().clone();
            if let Some(line) = log.iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            assert!(Instant::now() < end, "{text:?} is not in {log:#?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn connect(&self) -> TcpStream {
        let client = TcpStream::connect(&self.address).unwrap();
        // A server that never answers is to fail the test, not to hang it.
        client
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        client
    }

    /// The status and the whole of the answer.
    fn ask(&self, request: &str) -> (u16, String) {
        self.ask_for(request, "*/*")
    }

    /// The same for a client that accepts these media types.
    fn ask_for(&self, request: &str, accept: &str) -> (u16, String) {
        let mut client = self.connect();
        write!(
            client,
            "{request} HTTP/1.1\r\nHost: test\r\nAccept: {accept}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        let code = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (code, answer)
    }

    /// The first sample is taken on another thread.
    fn wait_until_ready(&self) {
        while self.ask("GET /readyz").0 != 200 {
            thread::yield_now();
        }
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Most have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

/// The families with their types and series, if the text is Prometheus's: help and type come before
/// the samples, which stand together, and no series is there twice.
fn parsed(text: &str) -> BTreeMap<String, (String, usize)> {
    let mut families = BTreeMap::new();
    let mut series = BTreeSet::new();
    let mut helped = None;
    let mut family = String::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').map(|(name, _)| name);
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').unwrap();
            assert_eq!(helped, Some(name), "help comes first");
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            name.clone_into(&mut family);
            let before = families.insert(family.clone(), (kind.to_owned(), 0));
            assert_eq!(before, None, "{name} is there once");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap_or_else(|_| panic!("{line}"));
            let (metric, labels) = name.split_once('{').unwrap();
            assert_eq!(metric, family, "a sample stands with its family");
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(metric.chars().all(fits), "{metric}");
            for label in labels.strip_suffix("\"}").unwrap().split("\",") {
                let (key, _) = label.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
                assert!(key.chars().all(fits), "{key}");
            }
            assert!(series.insert(name), "twice: {name}");
            families.get_mut(metric).unwrap().1 += 1;
        }
    }
    families
}

#[test]
fn a_scrape_is_text_that_prometheus_reads() {
    for host in HOSTS {
        let output = once(&[&format!("--simulate={host}")]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "{host}");
        let families = parsed(text(&output.stdout));
        assert!(families.contains_key("hw_gpu_utilization_ratio"), "{host}");
        for (name, (kind, series)) in &families {
            assert!(*series > 0, "{name}");
            assert_eq!(
                kind == "counter",
                name.ends_with("_total"),
                "{name}: {kind}"
            );
            let words: Vec<_> = name.split('_').collect();
            let doubled = words.windows(2).any(|pair| pair[0] == pair[1]);
            assert!(!doubled && !name.contains("_ratio_total"), "{name}");
        }
    }
}

#[test]
fn the_series_are_those_of_the_gpus_and_say_that_they_are_simulated() {
    let output = once(&["--simulate"]);
    let scrape = text(&output.stdout);
    let families = parsed(scrape);
    assert_eq!(families["hw_gpu_utilization_ratio"].0, "gauge");
    assert_eq!(
        families["hw_energy_joules_total"],
        ("counter".to_owned(), 8)
    );
    assert!(scrape.starts_with("# SIMULATED: "), "{scrape}");
    for line in scrape.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.contains("dcgm_simulated=\"true\""), "{line}");
        assert!(!line.contains("otel_scope"), "{line}");
    }
}

/// The labels of a sample's line, and its value.
fn sample(line: &str) -> (&str, BTreeMap<&str, &str>, &str) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (metric, labels) = series.split_once('{').unwrap();
    let labels = labels.strip_suffix("\"}").unwrap().split("\",");
    let labels = labels.map(|label| label.split_once("=\"").unwrap());
    (metric, labels.collect(), value)
}

fn samples<'a>(scrape: &'a str, metric: &str) -> Vec<(BTreeMap<&'a str, &'a str>, f64)> {
    let lines = scrape.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(sample).filter(|(name, ..)| *name == metric);
    let samples = samples.map(|(_, labels, value)| (labels, value.parse().unwrap()));
    samples.collect()
}

#[test]
fn dcgm_exporters_names_are_complete() {
    let versions = [
        ("dcgm-exporter", "hostname"),
        ("dcgm-exporter:4.8", "hostname"),
        ("dcgm-exporter:4.8.2", "Hostname"),
    ];
    for (host, (naming, hostname)) in HOSTS.iter().zip(versions.iter().cycle()) {
        let simulate = format!("--simulate={host}");
        let output = once(&["--naming", naming, &simulate]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let scrape = text(&output.stdout);
        assert!(!scrape.contains("otel_scope"));
        let families = parsed(scrape);
        let (theirs, ours): (Vec<_>, Vec<_>) = families
            .iter()
            .partition(|(name, _)| name.starts_with("DCGM_FI_"));
        assert!(ours.iter().all(|(name, _)| name.starts_with("dcgm_meter_")));
        assert!(theirs.len() > 10, "{host}: {theirs:?}");
        for (name, (kind, _)) in theirs {
            let is_total = name.ends_with("_TOTAL")
                || name.ends_with("_COUNTER")
                || name.ends_with("_REMAPPED_ROWS")
                || name.ends_with("_CONSUMPTION");
            assert!(kind == "gauge" || is_total, "{name}");
            let capitals = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            assert!(name.chars().all(capitals), "{name}");
            let labels = samples(scrape, name);
            assert!(
                labels.iter().all(|(labels, _)| !labels[hostname].is_empty()
                    && labels["dcgm_simulated"] == "true"
                    && !labels.keys().any(|key| key.starts_with("hw_"))),
                "{name}: {labels:?}"
            );
        }
    }
}

/// Raw units: MHz, MiB, mJ. Those of the public dashboard 12239 are among them.
#[test]
fn dashboards_for_dcgm_exporter_find_each_gpu_and_its_labels() {
    let by_flag = once(&["--naming", "dcgm-exporter:4.8", "--simulate"]);
    let by_variable = example(&["--once", "--simulate"])
        .env("DCGM_OTEL_NAMING", "dcgm_exporter:4.8")
        .output()
        .unwrap();
    for output in [by_flag, by_variable] {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let scrape = text(&output.stdout);
        for (metric, plausible) in [
            ("DCGM_FI_DEV_GPU_TEMP", 20.0..110.0),
            ("DCGM_FI_DEV_POWER_USAGE", 50.0..800.0),
            ("DCGM_FI_DEV_SM_CLOCK", 200.0..3000.0),
            ("DCGM_FI_DEV_GPU_UTIL", 2.0..101.0),
            ("DCGM_FI_DEV_FB_USED", 1000.0..90_000.0),
            ("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", 0.01..1.01),
            // In millijoules since the driver was loaded.
            ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 1e6..1e18),
        ] {
            let samples = samples(scrape, metric);
            let gpus: BTreeSet<_> = samples.iter().map(|(labels, _)| labels["gpu"]).collect();
            let all = (0..8).map(|gpu| gpu.to_string()).collect::<Vec<_>>();
            assert!(gpus.iter().eq(all.iter()), "{metric}: {gpus:?}");
            assert_eq!(samples.len(), 8, "{metric}");
            for (labels, value) in samples {
                assert!(plausible.contains(&value), "{metric}: {value}");
                let keys: Vec<_> = labels.keys().copied().collect();
                let expected = [
                    "DCGM_FI_DRIVER_VERSION",
                    "UUID",
                    "dcgm_simulated",
                    "device",
                    "gpu",
                    "hostname",
                    "modelName",
                    "pci_bus_id",
                ];
                assert_eq!(keys, expected);
                assert_eq!(labels["device"], format!("nvidia{}", labels["gpu"]));
                assert!(labels["UUID"].starts_with("GPU-"), "{labels:?}");
                let domain = labels["pci_bus_id"].split(':').next().unwrap();
                assert_eq!(domain.len(), 8, "{labels:?}");
            }
        }
    }
}

/// Units of 4.9: Hz, bytes, J and ratios.
#[test]
fn the_newest_names_have_their_units() {
    let by_flag = once(&["--naming", "dcgm-exporter", "--simulate"]);
    let by_variable = example(&["--once", "--simulate"])
        .env("DCGM_OTEL_NAMING", "dcgm_exporter")
        .output()
        .unwrap();
    for output in [by_flag, by_variable] {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let scrape = text(&output.stdout);
        for (metric, plausible) in [
            ("DCGM_FI_DEV_GPU_TEMP_CELSIUS", 20.0..110.0),
            ("DCGM_FI_DEV_BOARD_POWER_WATTS", 50.0..800.0),
            ("DCGM_FI_DEV_SM_CLOCK_HERTZ", 2e8..3e9),
            ("DCGM_FI_DEV_GPU_UTIL_RATIO", 0.02..1.01),
            ("DCGM_FI_DEV_FB_USED_BYTES", 1e9..9e10),
            ("DCGM_FI_DEV_FB_CAPACITY_BYTES", 8e10..9e10),
            ("DCGM_FI_PROF_TENSOR_UTIL_RATIO", 0.01..1.01),
            ("DCGM_FI_DEV_GPU_ENERGY_JOULES_TOTAL", 1e3..1e15),
            ("DCGM_FI_DEV_XID_ERROR", 0.0..0.5),
        ] {
            let samples = samples(scrape, metric);
            assert_eq!(samples.len(), 8, "{metric}");
            for (labels, value) in samples {
                assert!(plausible.contains(&value), "{metric}: {value}");
                assert!(
                    labels.contains_key("DCGM_FI_SYSTEM_DRIVER_VERSION"),
                    "{labels:?}"
                );
                assert!(labels.contains_key("hostname"), "{labels:?}");
            }
        }
        assert!(
            scrape.contains("err_code=\"0\",err_msg=\"No XID\""),
            "{scrape}"
        );
        assert!(scrape.contains("# TYPE DCGM_FI_DEV_PCIE_REPLAY_TOTAL counter"));
    }
}

#[test]
fn dcgm_exporters_instances_have_their_labels() {
    let output = once(&["--naming", "dcgm-exporter", "--simulate=8xh100-mig7"]);
    let scrape = text(&output.stdout);
    for metric in [
        "DCGM_FI_DEV_FB_USED_BYTES",
        "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO",
    ] {
        let samples = samples(scrape, metric);
        let instances: BTreeSet<_> = samples
            .iter()
            .map(|(labels, _)| {
                assert_eq!(labels["GPU_I_PROFILE"], "1g.10gb");
                // The GPU's: an instance has none.
                assert!(!labels["UUID"].contains('/'), "{labels:?}");
                (labels["gpu"], labels["GPU_I_ID"])
            })
            .collect();
        assert_eq!((samples.len(), instances.len()), (56, 56), "{metric}");
    }
    let whole = samples(scrape, "DCGM_FI_DEV_BOARD_POWER_WATTS");
    assert_eq!(whole.len(), 8);
    assert!(
        whole
            .iter()
            .all(|(labels, _)| !labels.contains_key("GPU_I_ID"))
    );
}

#[test]
fn without_gpu_values_once_fails_and_says_why() {
    for flags in [
        &["--endpoint", NOWHERE][..],
        &["--live", "--endpoint", NOWHERE],
    ] {
        let output = once(flags);
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(!text(&output.stdout).contains("hw_"), "{flags:?}");
        // Without a libdcgm it says what to install, with one what to start.
        let why = text(&output.stderr);
        assert!(why.contains("install ") || why.contains("start "), "{why}");
    }
}

#[test]
fn the_pages_answer_and_there_are_no_others() {
    let server = Server::start(&["--simulate"]);
    server.wait_until_ready();
    let (code, metrics) = server.ask("GET /metrics");
    assert_eq!(code, 200);
    assert!(
        metrics
            .to_lowercase()
            .contains("content-type: text/plain; version=0.0.4")
    );
    assert_eq!(
        parsed(body(&metrics))["hw_gpu_utilization_ratio"].0,
        "gauge"
    );
    let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    for (accept, openmetrics) in [(accept, true), ("text/plain", false), ("*/*", false)] {
        let (code, answer) = server.ask_for("GET /metrics", accept);
        assert_eq!(code, 200);
        let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n";
        assert_eq!(answer.to_lowercase().contains(kind), openmetrics);
        assert_eq!(body(&answer).ends_with("\n# EOF\n"), openmetrics);
        // A comment would be an error in OpenMetrics.
        assert_eq!(body(&answer).starts_with("# TYPE "), openmetrics);
        assert!(answer.contains("\nhw_energy_joules_total{"), "{answer}");
    }
    for page in ["/healthz", "/readyz", "/readyz?verbose"] {
        let (code, answer) = server.ask(&format!("GET {page}"));
        assert_eq!(code, 200, "{page}");
        assert!(body(&answer).starts_with("ready: 12 "), "{answer}");
        assert_eq!(body(&answer).lines().count(), 1);
    }
    let (code, index) = server.ask("GET /");
    assert_eq!(code, 200);
    assert!(body(&index).contains("href=\"/metrics\""), "{index}");
    assert!(
        index.to_lowercase().contains("content-type: text/html"),
        "{index}"
    );
    assert_eq!(server.ask("GET /metrics/").0, 404);
    assert_eq!(server.ask("POST /nothing").0, 404);
    let (code, answer) = server.ask("POST /metrics");
    assert_eq!(code, 405);
    assert!(
        answer.to_lowercase().contains("allow: get, head"),
        "{answer}"
    );
    assert_eq!(body(&server.ask("HEAD /metrics").1), "");
}

#[test]
fn without_an_engine_it_lives_and_is_not_ready() {
    let server = Server::start(&["--endpoint", NOWHERE]);
    let (code, answer) = server.ask("GET /readyz");
    assert_eq!(code, 503);
    assert_eq!(body(&answer).lines().count(), 1, "{answer}");
    // Once it has tried.
    let mut why = answer;
    while body(&why).starts_with("starting: ") {
        thread::yield_now();
        why = server.ask("GET /readyz").1;
    }
    assert!(body(&why).starts_with("degraded: "), "{why}");
    assert!(why.contains("install ") || why.contains("start "), "{why}");
    assert_eq!(server.ask("GET /healthz").0, 200);
    let (code, metrics) = server.ask("GET /metrics");
    assert_eq!(code, 200);
    assert!(!body(&metrics).contains("hw_"), "{metrics}");
    // The log says why, once, and stdout has nothing.
    let line = server.wait_for_log("WARN");
    assert!(
        line.contains("install ") || line.contains("start "),
        "{line}"
    );
    server.signal("TERM");
    server.wait_for_log("stopping");
}

#[test]
fn live_fails_at_the_start_where_no_engine_answers() {
    let output = example(&["--live", "--endpoint", NOWHERE])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "");
    let why = text(&output.stderr);
    assert!(why.contains("install ") || why.contains("start "), "{why}");
    assert!(!why.contains("serving"), "{why}");
}

#[test]
fn it_logs_the_address_and_when_the_meter_gets_ready() {
    let mut server = Server::start(&["--simulate", "1xl4", "--interval", "2s"]);
    assert!(server.wait_for_log("serving http://").contains("INFO"));
    assert!(server.wait_for_log("every 2s").contains("serving"));
    assert!(server.wait_for_log("GPU metrics").contains("INFO"));
    server.signal("INT");
    let mut out = String::new();
    let mut stdout = server.child.stdout.take().unwrap();
    stdout.read_to_string(&mut out).unwrap();
    assert_eq!(out, "", "logs go to stderr");
}

#[test]
fn rust_log_decides_what_is_logged() {
    let logged = |level: &str| {
        let mut command = example(&["--once", "--simulate", "1xl4"]);
        let output = command.env("RUST_LOG", level).output().unwrap();
        assert!(!text(&output.stdout).contains(" INFO "));
        (output.status.success(), text(&output.stderr).to_owned())
    };
    assert_eq!(logged(""), (true, String::new()));
    assert_eq!(logged("off"), (true, String::new()));
    let (success, log) = logged("dcgm_otel=info");
    assert!(success && log.contains(" INFO dcgm_otel"), "{log}");
    let (success, log) = logged("dcgm_otel=loud");
    assert!(!success && log.contains("RUST_LOG"), "{log}");
}

#[test]
fn silent_clients_delay_no_other_client() {
    let server = Server::start(&["--simulate=1xl4"]);
    server.wait_until_ready();
    // More than it has threads.
    let silent: Vec<_> = (0..8).map(|_| server.connect()).collect();
    assert_eq!(server.ask("GET /metrics").0, 200);
    assert_eq!(server.ask("GET /healthz").0, 200);
    for mut client in silent {
        // It is still being waited for, so the others were answered beside it.
        client.set_nonblocking(true).unwrap();
        let read = client.read(&mut [0]);
        assert_eq!(read.unwrap_err().kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn sigterm_and_sigint_end_it() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(&["--simulate=1xl4"]);
        server.wait_until_ready();
        let _silent = server.connect();
        server.signal(signal);
        assert!(server.child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn an_address_that_is_taken_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = example(&["--simulate", "--listen", &address])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = text(&output.stderr);
    assert!(why.contains(&format!("--listen {address}: ")), "{why}");
    assert!(why.to_lowercase().contains("in use"), "{why}");
}

#[test]
fn wrong_flags_are_reported_and_nothing_runs() {
    for (flags, says) in [
        (&["--wat"][..], "--wat"),
        (&["--listen"], "--listen"),
        (&["--listen", "9400"], "expected an address and a port"),
        (
            &["--naming", "nvml"],
            "[possible values: semconv, dcgm-exporter]",
        ),
        (
            &["--interval", "15"],
            "'15' for '--interval <DURATION>': expected a duration from 1s to 10min, as in 30s",
        ),
        (&["--live", "--simulate"], "cannot be used with"),
        (&["--endpoint", "x", "--embedded"], "cannot be used with"),
        (&["--simulate", "toaster"], "8xh100-mig7"),
        (&["--simulate=8xh100,sunny"], "nvlink"),
    ] {
        let output = example(flags).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert_eq!(text(&output.stdout), "");
        let why = text(&output.stderr);
        assert!(why.contains(says) && why.contains("--help"), "{why}");
    }
}

#[test]
fn help_names_every_flag() {
    let output = example(&["--help"]).output().unwrap();
    assert!(output.status.success());
    for flag in [
        "--listen",
        "--naming",
        "--endpoint",
        "--embedded",
        "--simulate",
        "--live",
        "--interval",
        "--once",
    ] {
        assert!(text(&output.stdout).contains(flag), "{flag}");
    }
}

#[test]
fn variables_say_what_no_flag_says() {
    let mut command = example(&["--once", "--simulate"]);
    let output = command.env("DCGM_OTEL_INTERVAL", "soon").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let why = text(&output.stderr);
    assert!(why.contains("DCGM_OTEL_INTERVAL=\"soon\": "), "{why}");
}
