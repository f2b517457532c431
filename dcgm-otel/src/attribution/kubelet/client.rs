//! A gRPC service on a Unix socket, and the connection to it.
//!
//! The connection is kept between calls, and driven only during a call. It is made again if the socket was
//! created again, since the kubelet does that when it starts, and after every failure.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::error::Error as _;
use std::future::Future;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use dcgm::sanitize;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::UnixStream;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};

use crate::attribution::AttributionError;

/// The largest answer that is read. The kubelet's grows with the number of pods, and with the CPUs and the
/// memory that it assigns to them.
pub(super) const MAX_ANSWER_BYTES: usize = 16 << 20;

/// A gRPC service on a Unix socket.
#[derive(Debug)]
pub(super) struct UnixService {
    socket: PathBuf,
    connection: Option<ServiceConnection>,
}

impl UnixService {
    pub(super) const fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            connection: None,
        }
    }

    /// Calls a method with an empty request. Must be called within a runtime.
    pub(super) async fn call(
        &mut self,
        method: &'static str,
        timeout: Duration,
    ) -> Result<Bytes, AttributionError> {
        if timeout.is_zero() {
            // The runtime would still take an answer that is there at once.
            return Err(AttributionError::TimedOut(timeout));
        }
        let deadline = Instant::now().checked_add(timeout);
        let called = tokio::time::timeout(timeout, self.call_again(method, deadline)).await;
        let outcome = called.unwrap_or(Err(AttributionError::TimedOut(timeout)));
        outcome.map_err(|error| {
            self.connection = None;
            match error {
                // The service may notice first that the time is over.
                AttributionError::TimedOut(_) => AttributionError::TimedOut(timeout),
                error => error,
            }
        })
    }

    /// Calls a method; once more if a connection of an earlier call fails, which may have ended meanwhile.
    async fn call_again(
        &mut self,
        method: &'static str,
        deadline: Option<Instant>,
    ) -> Result<Bytes, AttributionError> {
        let socket = SocketId::read(&self.socket);
        let is_current = |kept: &ServiceConnection| {
            kept.socket.is_some() && kept.socket == socket && kept.sender.is_ready()
        };
        if let Some(kept) = self.connection.take_if(|kept| is_current(kept)) {
            let outcome = request_answer(kept.sender.clone(), method, deadline).await;
            if !matches!(outcome, Err(AttributionError::Unreachable(_))) {
                self.connection = Some(kept);
                return outcome;
            }
        }
        let made = self.connection.insert(ServiceConnection {
            socket,
            sender: connect(&self.socket).await?,
        });
        request_answer(made.sender.clone(), method, deadline).await
    }
}

/// A connection, and the socket that it was made to.
#[derive(Debug)]
struct ServiceConnection {
    socket: Option<SocketId>,
    sender: SendRequest<Body>,
}

/// The identity of a socket's file: another after the file was created again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct SocketId {
    device: u64,
    inode: u64,
    changed: (i64, i64),
}

impl SocketId {
    fn read(path: &Path) -> Option<Self> {
        let file = path.metadata().ok()?;
        Some(Self {
            device: file.dev(),
            inode: file.ino(),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

async fn connect(socket: &Path) -> Result<SendRequest<Body>, AttributionError> {
    let describe = |error: &dyn fmt::Display| {
        let text = format!("{}: {error}", socket.display());
        AttributionError::Unreachable(sanitize(&text).into_owned())
    };
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|error| describe(&error))?;
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|error| describe(&error))?;
    // Its error is that of the call, too.
    tokio::spawn(async { drop(connection.await) });
    Ok(sender)
}

async fn request_answer(
    sender: SendRequest<Body>,
    method: &'static str,
    deadline: Option<Instant>,
) -> Result<Bytes, AttributionError> {
    // Both ends of a Unix socket are on this host.
    let origin = Uri::from_static("http://localhost");
    let mut client =
        Grpc::with_origin(GrpcSender(sender), origin).max_decoding_message_size(MAX_ANSWER_BYTES);
    let ready = client.ready().await;
    ready.map_err(|error| AttributionError::Unreachable(error.to_string()))?;
    let mut request = tonic::Request::new(());
    if let Some(deadline) = deadline {
        request.set_timeout(deadline.saturating_duration_since(Instant::now()));
    }
    let path = PathAndQuery::from_static(method);
    let answer = client.unary(request, path, AnswerCodec).await;
    answer
        .map(tonic::Response::into_inner)
        .map_err(|status| call_error(&status))
}

fn call_error(status: &Status) -> AttributionError {
    let text = sanitize(status.message());
    let text = format!("{:?}: {text}", status.code());
    match status.code() {
        // Of the connection, not of the service.
        _ if status.source().is_some() => AttributionError::Unreachable(text),
        Code::Unavailable | Code::Cancelled => AttributionError::Unreachable(text),
        Code::DeadlineExceeded => AttributionError::TimedOut(Duration::ZERO),
        Code::OutOfRange => AttributionError::TooLarge {
            limit: MAX_ANSWER_BYTES,
            unit: "bytes",
        },
        Code::Internal => AttributionError::Malformed(text),
        _ => AttributionError::Refused(text),
    }
}

/// A connection as tonic's client uses it.
#[derive(Debug)]
struct GrpcSender(SendRequest<Body>);

impl GrpcService<Body> for GrpcSender {
    type ResponseBody = Incoming;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// Sends empty requests, and returns answers as they are.
#[derive(Clone, Copy, Debug)]
struct AnswerCodec;

impl Codec for AnswerCodec {
    type Encode = ();
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for AnswerCodec {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), _: &mut EncodeBuf<'_>) -> Result<(), Status> {
        Ok(())
    }
}

impl Decoder for AnswerCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
