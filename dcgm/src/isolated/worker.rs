//! The worker process: an [`Engine`] that executes the requests of its parent.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, Signal, getpid, getppid, kill_process, setrlimit};

use super::frame::{
    HEADER_BYTES, Op, RELEASE, content_len, greeted_release, put_frame, put_greeting,
};
use super::objects::{OTHER_OBJECT, Object, Objects, put_violations};
use super::subjects::execute_method;
use super::values::put_samples;
use super::wire::{Decoded, Input, Malformed, Wire, put_slice};
use crate::client::{Client as _, Query};
use crate::engine::{Engine, EngineOptions};
use crate::entity::{EntityId, EntityKind};
use crate::error::{Error, Result};
use crate::ffi::process::{close_inherited_descriptors, exit_now, reset_signals};
use crate::field::FieldId;
use crate::health::{HealthClient as _, HealthReport};
use crate::sample::{Samples, Timestamp};

/// The exit status after the end of the socket.
const STATUS_DONE: i32 = 0;
/// The exit status if the worker cannot set itself up.
const STATUS_SETUP: i32 = 3;
/// The exit status after an invalid request, or one of another release.
const STATUS_REFUSED: i32 = 4;

/// Runs the worker; the process ends with it.
pub(super) fn run() -> ! {
    let Some(socket) = set_up() else {
        exit_now(STATUS_SETUP);
    };
    let status = match serve(socket) {
        Ok(()) => STATUS_DONE,
        Err(_) => STATUS_REFUSED,
    };
    exit_now(status)
}

/// Takes the socket from standard input, and gives up what the worker does not need.
fn set_up() -> Option<UnixStream> {
    close_inherited_descriptors();
    reset_signals();
    // A service manager signals all processes of a service. This one ends with its parent.
    crate::ffi::block_signals();
    // Crashes are expected here, and their memory is large.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    // Nothing that libdcgm starts can gain the rights of another user.
    let _ = rustix::thread::set_no_new_privs(true);
    let socket = std::io::stdin().as_fd().try_clone_to_owned().ok()?;
    let null = File::open("/dev/null").ok()?;
    rustix::stdio::dup2_stdin(&null).ok()?;
    watch_parent(socket.try_clone().ok()?)?;
    Some(UnixStream::from(socket))
}

/// Ends the process when the parent closes its end of the socket, even if a call hangs.
fn watch_parent(socket: OwnedFd) -> Option<()> {
    // A fork of the parent can keep the socket open after the parent has ended.
    let interval = Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    let parent = getppid();
    let watch = move || {
        loop {
            let mut ends = [PollFd::new(&socket, PollFlags::RDHUP)];
            let ended = poll(&mut ends, Some(&interval)).is_ok_and(|ready| ready > 0);
            if ended || getppid() != parent {
                // No exit handler of libdcgm, and no core.
                let _ = kill_process(getpid(), Signal::KILL);
            }
        }
    };
    thread::Builder::new()
        .name("dcgm-parent".to_owned())
        .spawn(watch)
        .ok()
        .map(drop)
}

/// Serves requests until the socket ends. An error is that of an invalid request.
fn serve(mut socket: UnixStream) -> Decoded<()> {
    let (mut request, mut reply) = (Vec::new(), Vec::new());
    put_frame(&mut reply, put_greeting)?;
    if socket.write_all(&reply).is_err() || !receive(&mut socket, &mut request)? {
        return Ok(());
    }
    if greeted_release(Input::request(&request))? != RELEASE {
        return Err(Malformed("the parent is of another release"));
    }
    let mut served = Served::default();
    while receive(&mut socket, &mut request)? {
        reply.clear();
        let has_reply = served.execute(Input::request(&request), &mut reply)?;
        if has_reply && socket.write_all(&reply).is_err() {
            break;
        }
    }
    if let Some(engine) = &served.engine {
        engine.close();
    }
    Ok(())
}

/// Receives the content of a frame. Returns `false` at the end of the socket.
fn receive(socket: &mut UnixStream, content: &mut Vec<u8>) -> Decoded<bool> {
    let mut header = [0; HEADER_BYTES];
    if socket.read_exact(&mut header).is_err() {
        return Ok(false);
    }
    let len = content_len(header)?;
    content.clear();
    let limit = u64::try_from(len).unwrap_or(u64::MAX);
    let received = socket.take(limit).read_to_end(content);
    Ok(received.is_ok_and(|received| received == len))
}

/// The engine, objects and queries of the parent.
#[derive(Default)]
struct Served {
    engine: Option<Arc<Engine>>,
    objects: Objects,
    report: HealthReport,
    queries: HashMap<u64, Query>,
    samples: Samples,
}

impl Served {
    /// Executes a request, and appends the frame of its reply, if it has one.
    fn execute(&mut self, mut input: Input<'_>, out: &mut Vec<u8>) -> Decoded<bool> {
        let number = u64::decode(&mut input)?;
        let op = Op::decode(&mut input)?;
        match op {
            Op::Drop => {
                let object = u64::decode(&mut input)?;
                self.objects.remove(object);
            }
            Op::DefineQuery => {
                let query = u64::decode(&mut input)?;
                let blocks: Vec<(Vec<EntityId>, Vec<FieldId>)> = Wire::decode(&mut input)?;
                self.queries.insert(query, Query::new(blocks));
            }
            Op::ForgetQuery => {
                let query = u64::decode(&mut input)?;
                drop(self.queries.remove(&query));
            }
            _ => {
                let mut outcome = Ok(());
                let framed = put_frame(out, |out| {
                    number.encode(out);
                    outcome = self.reply(op, &mut input, out);
                });
                outcome?;
                if framed.is_err() {
                    let error = Error::Request("the reply of the engine is too long");
                    put_frame(out, |out| {
                        number.encode(out);
                        Result::<()>::Err(error).encode(out);
                    })?;
                }
                input.end()?;
                return Ok(true);
            }
        }
        input.end()?;
        Ok(false)
    }

    /// Executes a request and appends its result.
    fn reply(&mut self, op: Op, input: &mut Input<'_>, out: &mut Vec<u8>) -> Decoded<()> {
        if op == Op::Connect {
            let options = EngineOptions::decode(input)?;
            self.connect(options).encode(out);
            return Ok(());
        }
        let Some(engine) = self.engine.clone() else {
            return Err(Malformed("the parent has not connected"));
        };
        match op {
            Op::Close => {
                self.objects.clear();
                engine.close();
                Result::<()>::Ok(()).encode(out);
            }
            Op::BuildInfo => engine.build_info().encode(out),
            Op::List => {
                let kinds: Vec<EntityKind> = Wire::decode(input)?;
                let start = out.len();
                true.encode(out);
                let listed = engine.list_each(&kinds, &mut |_, ids| match ids {
                    Ok(ids) => {
                        true.encode(out);
                        put_slice(ids, out);
                    }
                    Err(error) => {
                        false.encode(out);
                        error.encode(out);
                    }
                });
                if listed.is_err() {
                    out.truncate(start);
                    listed.encode(out);
                }
            }
            Op::Entities => {
                let kinds: Vec<EntityKind> = Wire::decode(input)?;
                engine.entities(&kinds).encode(out);
            }
            Op::Links => engine.links().encode(out),
            Op::Watch
            | Op::WatchJobs
            | Op::WatchProcesses
            | Op::WatchHealth
            | Op::Pause
            | Op::Register
            | Op::Diagnose
            | Op::DiagnoseHosts => self.objects.create(op, &engine, input, out)?,
            Op::CheckHealth => {
                let Object::Health(watch) = self.objects.find(input)? else {
                    return Err(OTHER_OBJECT);
                };
                let checked = engine.check(watch, &mut self.report);
                let is_ok = checked.is_ok();
                checked.encode(out);
                if is_ok {
                    self.report.encode(out);
                }
            }
            Op::Violations => {
                let Object::Policy(events) = self.objects.find(input)? else {
                    return Err(OTHER_OBJECT);
                };
                put_violations(events, out);
            }
            Op::LookAtDiagnostic => {
                let Object::Diagnostic(diagnostic) = self.objects.find(input)? else {
                    return Err(OTHER_OBJECT);
                };
                diagnostic.look(bool::decode(input)?, out);
            }
            Op::Subject => execute_method(&engine, input, out)?,
            Op::Latest => {
                let query = self.queries.get(&u64::decode(input)?);
                let query = query.ok_or(Malformed("the query is not known"))?;
                let read = engine.latest(query, &mut self.samples);
                put_read(&read, &self.samples, out);
            }
            Op::Events => {
                let Object::Watch(watch) = self.objects.find(input)? else {
                    return Err(OTHER_OBJECT);
                };
                let from = Timestamp::decode(input)?;
                let read = engine.samples_since(watch, from, &mut self.samples);
                put_read(&read, &self.samples, out);
            }
            Op::Update => engine.update().encode(out),
            Op::Connect | Op::Drop | Op::DefineQuery | Op::ForgetQuery => {
                return Err(Malformed("it has another reply"));
            }
        }
        Ok(())
    }

    /// Connects, and returns the path and the build information of the library.
    fn connect(
        &mut self,
        options: EngineOptions,
    ) -> Result<(
        Option<std::path::PathBuf>,
        Option<crate::version::BuildInfo>,
    )> {
        let engine = self
            .engine
            .get_or_insert_with(|| Arc::new(Engine::new(options)));
        engine.connect()?;
        let backend = engine.backend();
        Ok((backend.library_path, backend.library))
    }
}

/// Executes bytes as requests to a worker whose engine is not connected. Each is a length of one byte and as
/// many bytes.
#[cfg(any(test, fuzzing))]
pub(super) fn execute_each(mut bytes: &[u8]) {
    static ENGINE: std::sync::LazyLock<Arc<Engine>> = std::sync::LazyLock::new(|| {
        let options = EngineOptions::embedded(crate::engine::EmbeddedMode::Manual);
        Arc::new(Engine::new(options))
    });
    let mut served = Served {
        engine: Some(Arc::clone(&ENGINE)),
        ..Served::default()
    };
    while let Some((len, rest)) = bytes.split_first() {
        let (content, rest) = rest.split_at(rest.len().min(usize::from(*len)));
        bytes = rest;
        // It would load any file that the bytes name.
        if content.get(8) == Some(&1) {
            continue;
        }
        let mut reply = Vec::new();
        match served.execute(Input::request(content), &mut reply) {
            // A real one ends here.
            Err(_) => break,
            Ok(has_reply) => assert_eq!(has_reply, !reply.is_empty()),
        }
    }
}

/// Appends the result of a read: what `read` returns, and the samples.
fn put_read<T: Wire>(read: &Result<T>, samples: &Samples, out: &mut Vec<u8>) {
    let is_ok = read.is_ok();
    read.encode(out);
    if is_ok {
        put_samples(samples, out);
    }
}
