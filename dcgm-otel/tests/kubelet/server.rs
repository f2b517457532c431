//! A kubelet: a gRPC server on a Unix socket whose answers the test sets.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{Service, http};
use tonic::server::{Grpc, UnaryService};
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status};

/// The answer to a method.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Message(Vec<u8>),
    Refusal(Code),
    Late(Duration, Vec<u8>),
}

#[derive(Debug, Default)]
struct Script {
    /// By method; another method is not implemented.
    answers: HashMap<String, Answer>,
    calls: usize,
    connections: usize,
}

/// A server that ends when it is dropped. Its socket stays, as that of a process that was killed.
#[derive(Debug)]
pub(crate) struct Kubelet {
    script: Arc<Mutex<Script>>,
    runtime: Option<Runtime>,
    pub(crate) socket: PathBuf,
}

impl Kubelet {
    pub(crate) fn listen(socket: &Path) -> Self {
        let script = Arc::<Mutex<Script>>::default();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        // Like the kubelet, it removes what is in the way.
        let _ = fs::remove_file(socket);
        let listener = {
            let _guard = runtime.enter();
            UnixListener::bind(socket).unwrap()
        };
        let counted = Arc::clone(&script);
        let connections = UnixListenerStream::new(listener).map(move |connection| {
            counted.lock().unwrap().connections += 1;
            connection
        });
        let service = Scripted(Arc::clone(&script));
        runtime.spawn(Server::builder().serve_with_incoming(service, connections));
        Self {
            script,
            runtime: Some(runtime),
            socket: socket.to_owned(),
        }
    }

    pub(crate) fn set_answer(&self, method: &str, answer: Answer) {
        let mut script = self.script.lock().unwrap();
        script.answers.insert(method.to_owned(), answer);
    }

    pub(crate) fn calls(&self) -> usize {
        self.script.lock().unwrap().calls
    }

    pub(crate) fn connections(&self) -> usize {
        self.script.lock().unwrap().connections
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

#[derive(Clone, Debug)]
struct Scripted(Arc<Mutex<Script>>);

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl Service<http::Request<Body>> for Scripted {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = {
            let mut script = self.0.lock().unwrap();
            script.calls += 1;
            script.answers.get(request.uri().path()).cloned()
        };
        Box::pin(async move { Ok(Grpc::new(RawCodec).unary(Handler(answer), request).await) })
    }
}

struct Handler(Option<Answer>);

impl UnaryService<Vec<u8>> for Handler {
    type Response = Vec<u8>;
    type Future = BoxFuture<Result<Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: Request<Vec<u8>>) -> Self::Future {
        let answer = self.0.take();
        Box::pin(async move {
            assert!(request.get_ref().is_empty(), "the request has no fields");
            match answer {
                Some(Answer::Message(message)) => Ok(Response::new(message)),
                Some(Answer::Refusal(code)) => Err(Status::new(code, "no\u{1b}[31m\nanswer")),
                Some(Answer::Late(delay, message)) => {
                    tokio::time::sleep(delay).await;
                    Ok(Response::new(message))
                }
                None => Err(Status::unimplemented("unknown method")),
            }
        })
    }
}

/// Sends bytes as a message, also such that are none.
#[derive(Clone, Copy, Debug)]
struct RawCodec;

impl Codec for RawCodec {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(into, &item);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = bytes::Buf::remaining(from);
        let bytes = bytes::Buf::copy_to_bytes(from, length);
        Ok(Some(bytes.to_vec()))
    }
}
