//! The exporter for collectors, run as its users run it, into a collector of the test's own.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric, metric::Data};
use prost::Message;
use tonic::{Request, Response, Status};

/// What a collector was sent, and with which header `authorization`.
type Export = (ExportMetricsServiceRequest, Option<String>);

/// The example, which cargo builds beside the tests, in an empty environment.
fn otlp(flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let name = format!("otlp{}", std::env::consts::EXE_SUFFIX);
    Command::new(built.join("examples").join(name))
        .args(flags)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Takes exports over HTTP, and answers each with `status`. Its thread ends with the test.
fn http_collector(status: &'static str) -> (String, Receiver<Export>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (taken, exports) = channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = BufReader::new(client.unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                client.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                lines.push(line);
            }
            assert_eq!(lines[0].trim(), "POST /v1/metrics HTTP/1.1");
            let header = |name: &str| {
                let mut pairs = lines.iter().filter_map(|line| line.split_once(": "));
                let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.trim().to_owned())
            };
            assert_eq!(header("content-type").unwrap(), "application/x-protobuf");
            let mut body = vec![0; header("content-length").unwrap().parse().unwrap()];
            client.read_exact(&mut body).unwrap();
            let request = ExportMetricsServiceRequest::decode(&*body).unwrap();
            // The test may have seen enough.
            let _ = taken.send((request, header("authorization")));
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            client.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (endpoint, exports)
}

struct Collector(Sender<Export>);

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let header = request.metadata().get("authorization");
        let header = header.map(|value| value.to_str().unwrap().to_owned());
        // The test may have seen enough.
        let _ = self.0.send((request.into_inner(), header));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// Takes exports over gRPC. Its thread ends with the test.
fn grpc_collector() -> (String, Receiver<Export>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let (taken, exports) = channel();
    thread::spawn(move || {
        let service = MetricsServiceServer::new(Collector(taken));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(service.clone());
                let serving = http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(client), service);
                tokio::spawn(serving);
            }
        });
    });
    (endpoint, exports)
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|one| one.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

/// The only export, of one scope: its metrics.
fn metrics(exports: &Receiver<Export>) -> Vec<Metric> {
    let (export, _) = exports.try_recv().unwrap();
    assert!(exports.try_recv().is_err(), "one export");
    let [resource] = &*export.resource_metrics else {
        panic!("{} resources", export.resource_metrics.len());
    };
    let marks = &resource.resource.as_ref().unwrap().attributes;
    assert_eq!(
        value(marks, "dcgm.simulated"),
        Some(&Value::BoolValue(true))
    );
    let text = |key| match value(marks, key) {
        Some(Value::StringValue(text)) => text.as_str(),
        other => panic!("{key}: {other:?}"),
    };
    assert_eq!(text("service.name"), "dcgm-otlp");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(text("host.name"), kernel.trim());
    // A UUID of version 5.
    let instance: Vec<_> = text("service.instance.id").split('-').collect();
    assert!(
        instance.len() == 5 && instance[2].starts_with('5'),
        "{instance:?}"
    );
    let [scope] = &*resource.scope_metrics else {
        panic!("{} scopes", resource.scope_metrics.len());
    };
    assert_eq!(scope.scope.as_ref().unwrap().name, "dcgm-otel");
    scope.metrics.clone()
}

fn data<'a>(metrics: &'a [Metric], name: &str) -> &'a Data {
    let metric = metrics.iter().find(|metric| metric.name == name);
    let metric = metric.unwrap_or_else(|| panic!("no {name}"));
    metric.data.as_ref().unwrap()
}

/// Eight GPUs, each known by its `hw.id`, and totals of the temporality.
fn check(metrics: &[Metric], temporality: AggregationTemporality) {
    let Data::Gauge(utilization) = data(metrics, "hw.gpu.utilization") else {
        panic!("not a gauge");
    };
    let points = utilization.data_points.iter();
    let mut gpus: Vec<_> = points
        .map(|point| match value(&point.attributes, "hw.id") {
            Some(Value::StringValue(id)) => id.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    gpus.sort();
    gpus.dedup();
    assert_eq!(gpus.len(), 8);
    assert!(gpus.iter().all(|gpu| gpu.starts_with("GPU-")), "{gpus:?}");
    let Data::Sum(energy) = data(metrics, "hw.energy") else {
        panic!("not a sum");
    };
    assert_eq!(energy.aggregation_temporality(), temporality);
    assert!(energy.is_monotonic);
}

#[test]
fn one_export_arrives_over_http() {
    let (endpoint, exports) = http_collector("200 OK");
    let output = otlp(
        &["--once", "--simulate"],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    check(&metrics(&exports), AggregationTemporality::Cumulative);
}

#[test]
fn one_export_arrives_over_grpc() {
    for (variable, endpoint_variable) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        ),
    ] {
        let (endpoint, exports) = grpc_collector();
        let output = otlp(
            &["--once", "--simulate"],
            &[(variable, "grpc"), (endpoint_variable, &endpoint)],
        );
        assert!(output.status.success(), "{}", stderr(&output));
        check(&metrics(&exports), AggregationTemporality::Cumulative);
    }
}

#[test]
fn headers_and_temporality_are_those_of_the_variables() {
    let http: (_, fn() -> _) = ("http/protobuf", || http_collector("200 OK"));
    let grpc: (_, fn() -> _) = ("grpc", grpc_collector);
    for (protocol, collector) in [http, grpc] {
        let (endpoint, exports) = collector();
        let output = otlp(
            &["--once", "--simulate"],
            &[
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret"),
                ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta"),
            ],
        );
        assert!(output.status.success(), "{}", stderr(&output));
        let export = exports.try_recv().unwrap();
        assert_eq!(export.1.as_deref(), Some("secret"), "{protocol}");
        let scope = &export.0.resource_metrics[0].scope_metrics[0];
        check(&scope.metrics, AggregationTemporality::Delta);
    }
}

#[test]
fn the_variables_of_the_resource_win_and_an_instance_keeps_its_id() {
    let resource = |variables: &[(&str, &str)]| {
        let (endpoint, exports) = http_collector("200 OK");
        let mut all = vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("NODE_NAME", "node-7"),
        ];
        all.extend(variables);
        let output = otlp(&["--once", "--simulate", "1xl4"], &all);
        assert!(output.status.success(), "{}", stderr(&output));
        let (export, _) = exports.try_recv().unwrap();
        let resource = export.resource_metrics[0].resource.clone().unwrap();
        move |key: &str| value(&resource.attributes, key).cloned()
    };
    let text = |text: &str| Some(Value::StringValue(text.to_owned()));
    let plain = resource(&[]);
    let named = resource(&[
        ("OTEL_SERVICE_NAME", "gpus"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "host.name=other,service.name=never",
        ),
    ]);
    assert_eq!(plain("host.name"), text("node-7"));
    assert_eq!(plain("service.instance.id"), named("service.instance.id"));
    assert_eq!(named("service.name"), text("gpus"));
    assert_eq!(named("host.name"), text("other"));
}

#[test]
fn a_running_exporter_logs_where_it_sends_and_failures_with_the_endpoint() {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(|deps| deps.parent()).unwrap();
    let mut child = Command::new(built.join("examples/otlp"))
        .args(["--simulate", "1xl4"])
        .env_clear()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
        .env("OTEL_METRIC_EXPORT_INTERVAL", "200")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut find = |text: &str| {
        let line = log.find(|line| line.as_ref().unwrap().contains(text));
        line.unwrap_or_else(|| panic!("{text} is not logged"))
            .unwrap()
    };
    let sending = find("sending to");
    let endpoint = "http://127.0.0.1:1/v1/metrics over http/protobuf";
    assert!(
        sending.contains(endpoint) && sending.contains("every 200 ms"),
        "{sending}"
    );
    let failed = find("failed");
    assert!(
        failed.contains(endpoint) && failed.contains("WARN"),
        "{failed}"
    );
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"");
}

#[test]
fn an_export_that_fails_is_reported_with_the_endpoint() {
    // No server listens there.
    for protocol in ["http/protobuf", "grpc"] {
        let output = otlp(
            &["--once", "--simulate"],
            &[
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
            ],
        );
        assert_eq!(output.status.code(), Some(1), "{protocol}");
        let why = stderr(&output);
        assert!(why.contains("ExportError"), "{why}");
        assert!(why.contains("export to http://127.0.0.1:1"), "{why}");
        assert!(why.contains(&format!("over {protocol}")), "{why}");
    }
    let (endpoint, exports) = http_collector("401 Unauthorized");
    let output = otlp(
        &["--once", "--simulate"],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("401"), "{}", stderr(&output));
    assert!(exports.try_recv().is_ok());
}

#[test]
fn without_gpu_values_once_fails_and_says_why() {
    let (endpoint, _exports) = http_collector("200 OK");
    let output = otlp(
        &["--once", "--endpoint", "127.0.0.1:1"],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)],
    );
    assert_eq!(output.status.code(), Some(1));
    // Without a libdcgm it says what to install, with one what to start.
    let why = stderr(&output);
    assert!(why.contains("install ") || why.contains("start "), "{why}");
}

#[test]
fn variables_that_would_be_ignored_are_refused() {
    for (variable, text, accepted) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "grpc"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "thrift", "grpc"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://x:4318", "http://"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "milliseconds"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0", "milliseconds"),
        (
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
            "sometimes",
            "delta",
        ),
    ] {
        let output = otlp(&["--once", "--simulate"], &[(variable, text)]);
        assert_eq!(output.status.code(), Some(1), "{variable}");
        let why = stderr(&output);
        assert!(why.contains(&format!("{variable} {text:?}: ")), "{why}");
        assert!(why.contains(accepted), "{why}");
    }
}

#[test]
fn wrong_flags_are_reported_and_nothing_runs() {
    // `--listen` is another example's.
    for flags in [
        &["--wat"][..],
        &["--listen", "x"],
        &["--live", "--simulate"],
    ] {
        let output = otlp(flags, &[]);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(stderr(&output).contains("--help"), "{}", stderr(&output));
    }
}
