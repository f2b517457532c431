//! Prometheus and promtool, as child processes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn promtool(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new("promtool");
    command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Asks again and again until there is an answer.
pub(crate) fn until<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let patience = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < patience, "in two minutes: not {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Returns the standard output and the standard error of a program.
pub(crate) fn output_text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{err}")
}

/// A series of an answer: its labels, and its values by time.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Series {
    fn read(result: &Value) -> Self {
        let labels = result["metric"].as_object().unwrap().iter();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()));
        let point = |pair: &Value| {
            let value = pair[1].as_str().unwrap().parse().unwrap();
            (pair[0].as_f64().unwrap(), value)
        };
        let points = match (&result["value"], &result["values"]) {
            (Value::Array(_), _) => vec![point(&result["value"])],
            (_, Value::Array(pairs)) => pairs.iter().map(point).collect(),
            _ => panic!("{result}"),
        };
        Self {
            labels: labels.collect(),
            points,
        }
    }

    pub(crate) fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", String::as_str)
    }

    /// The last value.
    pub(crate) fn value(&self) -> f64 {
        self.points.last().unwrap().1
    }
}

/// A running Prometheus on a port of its own; killed when dropped, and its data with it.
pub(crate) struct Prometheus {
    child: Child,
    address: String,
    /// Where its data is, until it ends.
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one on the data that is in `folder/data`.
    pub(crate) fn start(folder: TempDir, config: &str, flags: &[&str]) -> Self {
        std::fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let checked = promtool(&["check", "config", "prometheus.yml"], folder.path());
        assert!(checked.status.success(), "{}", output_text(&checked));
        let mut child = Command::new("prometheus")
            .args([
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--web.listen-address=127.0.0.1:0",
            ])
            .args(flags)
            .current_dir(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut before = String::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("{before}")).unwrap();
            // Of two lines that name an address the first only repeats the flag.
            let found = line.split_once("msg=\"Listening on\" address=");
            if let Some((_, address)) = found {
                break address.trim().to_owned();
            }
            before = before + &line + "\n";
        };
        // It stops when its log has no reader.
        std::thread::spawn(move || lines.for_each(drop));
        let server = Self {
            child,
            address,
            _folder: folder,
        };
        until("ready", || (server.get("/-/ready").0 == 200).then_some(()));
        server
    }

    /// The status and the body of an answer.
    fn get(&self, path: &str) -> (u16, String) {
        let mut client = TcpStream::connect(&self.address).unwrap();
        let patience = Some(Duration::from_secs(120));
        client.set_read_timeout(patience).unwrap();
        // Of 1.0, so that the body is in one piece and ends with the connection.
        write!(client, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        let code = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (code, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }

    pub(crate) fn api(&self, path: &str) -> Value {
        let (code, body) = self.get(&format!("/api/v1/{path}"));
        let answer: Value = serde_json::from_str(&body).unwrap();
        assert!(
            code == 200 && answer["status"] == "success",
            "{path}: {body}"
        );
        answer["data"].clone()
    }

    fn series(&self, path: &str) -> Vec<Series> {
        let data = self.api(path);
        data["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(Series::read)
            .collect()
    }

    pub(crate) fn query(&self, query: &str) -> Vec<Series> {
        self.series(&format!("query?query={}", encoded(query)))
    }

    pub(crate) fn query_at(&self, query: &str, time: f64) -> Vec<Series> {
        self.series(&format!("query?query={}&time={time}", encoded(query)))
    }

    pub(crate) fn range(&self, query: &str, (from, to): (f64, f64), step: u32) -> Vec<Series> {
        let query = encoded(query);
        self.series(&format!(
            "query_range?query={query}&start={from}&end={to}&step={step}"
        ))
    }

    /// The rules that it has loaded, each with its name and its expression.
    pub(crate) fn rules(&self) -> Vec<Value> {
        let data = self.api("rules?type=alert");
        let groups = data["groups"].as_array().unwrap().iter();
        groups
            .flat_map(|group| group["rules"].as_array().unwrap().clone())
            .collect()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}
