//! An OTLP receiver on loopback: as much of HTTP/1.1 as an exporter speaks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;

/// Takes what is exported. Its thread ends with the test's process.
pub(crate) struct Receiver {
    port: u16,
    requests: mpsc::Receiver<ExportMetricsServiceRequest>,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || serve(&stream, &sender));
            }
        });
        Self { port, requests }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/v1/metrics", self.port)
    }

    /// Returns the requests since the last time. A request is here before its exporter has its
    /// answer.
    pub(crate) fn take(&self) -> Vec<ExportMetricsServiceRequest> {
        self.requests.try_iter().collect()
    }
}

/// Answers the requests of one connection until the other side closes it.
///
/// Panics on any other request; the exporter then has no answer, and its test fails.
fn serve(mut stream: &TcpStream, sender: &Sender<ExportMetricsServiceRequest>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return;
        }
        assert_eq!(line, "POST /v1/metrics HTTP/1.1\r\n");
        let (mut length, mut kind) = (None, None);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                assert_eq!(line, "\r\n");
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = Some(value.parse().unwrap()),
                "content-type" => kind = Some(value.to_owned()),
                _ => {}
            }
        }
        assert_eq!(kind.as_deref(), Some("application/x-protobuf"));
        let mut body = vec![0; length.expect("a body of known length")];
        reader.read_exact(&mut body).unwrap();
        let request = ExportMetricsServiceRequest::decode(body.as_slice()).unwrap();
        if sender.send(request).is_err() {
            // The test is over.
            return;
        }
        // An answer without a body is one without a complaint.
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    }
}
