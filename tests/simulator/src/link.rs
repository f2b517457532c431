//! A client's connection to an engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::Flavour;
use crate::bits::Bits;
use crate::dispatch::Op;
use crate::engine::{Code, Violation, st};
use crate::net::Stream;
use crate::process::PROCESS;
use crate::wire::{self, Packet};

/// A connection to an engine.
pub(crate) struct Link {
    pub(crate) handle: u64,
    flavour: Flavour,
    pub(crate) tcp: bool,
    state: Mutex<LinkState>,
    writer: Mutex<Option<Stream>>,
    /// The major version of the engine, once it said so.
    peer: AtomicU32,
}

#[derive(Default)]
struct LinkState {
    dead: bool,
    cut: Option<Stream>,
    pending: HashMap<u64, SyncSender<Packet>>,
    last: u64,
}

impl Link {
    pub(crate) fn new(handle: u64, flavour: Flavour, tcp: bool) -> Arc<Self> {
        Arc::new(Self {
            handle,
            flavour,
            tcp,
            state: Mutex::default(),
            writer: Mutex::default(),
            peer: AtomicU32::new(flavour.major()),
        })
    }

    /// `true` if the engine has another major version, and so reports violations in another form.
    fn is_strange(&self) -> bool {
        self.peer.load(Ordering::Relaxed) != self.flavour.major()
    }

    /// Says who we are, and waits for the answer. Whatever comes of it, the connect is OK: so it is
    /// with the real one.
    pub(crate) fn greet(self: &Arc<Self>, stream: Stream, persist: bool, limit: Duration) {
        let (Ok(writer), Ok(cut)) = (stream.try_clone(), stream.try_clone()) else {
            self.kill();
            return;
        };
        {
            let mut state = self.state.lock();
            if state.dead {
                stream.cut();
                return;
            }
            state.cut = Some(cut);
        }
        *self.writer.lock() = Some(writer);
        let reading = Arc::clone(self);
        let spawned = thread::Builder::new()
            .name("sim-ipc".to_owned())
            .spawn(move || read_replies(&reading, stream));
        if spawned.is_err() {
            self.kill();
            return;
        }
        let hello = Packet {
            op: Op::Hello as u32,
            ints: vec![self.flavour.major().into(), persist.into()],
            ..Packet::default()
        };
        match self.ask(hello, limit) {
            Ok(reply) => self.peer.store(reply.word(0), Ordering::Relaxed),
            Err(_code) => self.kill(),
        }
    }

    pub(crate) fn kill(&self) {
        let mut state = self.state.lock();
        state.dead = true;
        // A waiting thread sees its channel close.
        state.pending.clear();
        if let Some(stream) = state.cut.take() {
            stream.cut();
        }
    }

    #[cfg(test)]
    pub(crate) fn has_pending(&self) -> bool {
        !self.state.lock().pending.is_empty()
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.state.lock().dead
    }

    pub(crate) fn ask(&self, mut request: Packet, limit: Duration) -> Result<Packet, Code> {
        let (sender, receiver) = sync_channel(1);
        let started = Instant::now();
        {
            let mut state = self.state.lock();
            if state.dead {
                return Err(st::CONNECTION_NOT_VALID);
            }
            state.last += 1;
            request.id = state.last;
            state.pending.insert(request.id, sender);
        }
        let sent = match self.writer.lock().as_mut() {
            Some(stream) => wire::send(stream, &request).is_ok(),
            None => false,
        };
        if !sent {
            self.kill();
            return Err(st::CONNECTION_NOT_VALID);
        }
        match receiver.recv_timeout(limit.saturating_sub(started.elapsed())) {
            Ok(reply) => Ok(reply),
            Err(RecvTimeoutError::Timeout) => {
                self.state.lock().pending.remove(&request.id);
                Err(st::TIMEOUT)
            }
            Err(RecvTimeoutError::Disconnected) => Err(st::CONNECTION_NOT_VALID),
        }
    }
}

fn read_replies(link: &Arc<Link>, mut stream: Stream) {
    while let Ok(packet) = wire::receive(&mut stream) {
        if packet.id == 0 {
            if packet.op == Op::Violation as u32 {
                PROCESS.run_callbacks(link.handle, violation_from_ints(&packet), link.is_strange());
            }
            continue;
        }
        let waiting = link.state.lock().pending.remove(&packet.id);
        if let Some(waiting) = waiting {
            // After a timeout no thread waits for the reply.
            let _ = waiting.try_send(packet);
        }
    }
    link.kill();
}

pub(crate) fn violation_to_ints(violation: Violation) -> Vec<i64> {
    let Violation {
        registration,
        condition,
        gpu,
        at,
        values: [first, second],
    } = violation;
    let words = [condition, gpu, first, second].map(i64::from);
    [registration.signed(), at]
        .into_iter()
        .chain(words)
        .collect()
}

fn violation_from_ints(packet: &Packet) -> Violation {
    Violation {
        registration: packet.long(0),
        at: packet.int(1),
        condition: packet.word(2),
        gpu: packet.word(3),
        values: [packet.word(4), packet.word(5)],
    }
}
