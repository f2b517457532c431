//! An engine behind a socket.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::Flavour;
use crate::dispatch::{Answer, Caller, Op};
use crate::engine::{Connection, Violation};
use crate::host::Host;
use crate::net::{Address, Listener, Stream};
use crate::price;
use crate::process::PROCESS;
use crate::wire::{self, Packet};

/// A server; it ends with [`Server::kill`].
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) host: Arc<Host>,
    pub(crate) address: Address,
    shared: Arc<Shared>,
    accepting: Mutex<Option<thread::JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    stuck: Mutex<bool>,
    unstuck: Condvar,
    streams: Mutex<HashMap<Connection, Arc<Mutex<Stream>>>>,
    /// For ending them: never locked while writing.
    cuts: Mutex<HashMap<Connection, Stream>>,
    next: AtomicU64,
    crashes: AtomicU64,
}

impl Shared {
    fn wait_while_stuck(&self) {
        let mut stuck = self.stuck.lock();
        while *stuck && !self.stopping.load(Ordering::Acquire) {
            self.unstuck.wait(&mut stuck);
        }
    }
}

impl Server {
    /// Listens, and answers from threads of its own.
    pub(crate) fn start(host: Arc<Host>, address: &Address) -> io::Result<Self> {
        let listener = address.listen()?;
        let address = match address {
            Address::Tcp(host, _) => Address::Tcp(host.clone(), listener.port()),
            Address::Unix(path) => Address::Unix(path.clone()),
        };
        let shared = Arc::new(Shared {
            next: AtomicU64::new(1),
            ..Shared::default()
        });
        let tell = Arc::clone(&shared);
        host.listen(Arc::new(move |connection, violation| {
            send_violation(&tell, connection, violation);
        }));
        let (accept_host, accept_shared) = (Arc::clone(&host), Arc::clone(&shared));
        let accepting = thread::Builder::new()
            .name("sim-accept".to_owned())
            .spawn(move || accept(&listener, &accept_host, &accept_shared))?;
        Ok(Self {
            host,
            address,
            shared,
            accepting: Mutex::new(Some(accepting)),
        })
    }

    /// Ends it as `kill -9` does: nothing is said to anybody.
    pub(crate) fn kill(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.unstuck.notify_all();
        for stream in self.shared.cuts.lock().values() {
            stream.cut();
        }
        // Wakes the thread that accepts, which closes the listener.
        let woken = self.address.open(Duration::from_secs(1)).is_ok();
        if let Some(accepting) = self.accepting.lock().take().filter(|_| woken) {
            // It panicked, or it did not: it is gone either way.
            let _ = accepting.join();
        }
        if let Address::Unix(path) = &self.address {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Takes requests and answers none, as with SIGSTOP; or goes on.
    pub(crate) fn stick(&self, stuck: bool) {
        *self.shared.stuck.lock() = stuck;
        self.shared.unstuck.notify_all();
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.streams.lock().len()
    }

    pub(crate) fn crashes(&self) -> u64 {
        self.shared.crashes.load(Ordering::Relaxed)
    }
}

fn send_violation(shared: &Shared, connection: Connection, violation: Violation) {
    let stream = shared.streams.lock().get(&connection).cloned();
    let Some(stream) = stream else { return };
    let packet = Packet {
        op: Op::Violation as u32,
        ints: crate::link::violation_to_ints(violation),
        ..Packet::default()
    };
    // A peer that is gone needs no telling.
    let _ = wire::send(&mut *stream.lock(), &packet);
}

fn accept(listener: &Listener, host: &Arc<Host>, shared: &Arc<Shared>) {
    loop {
        let stream = match listener.accept() {
            Ok(stream) => stream,
            Err(_) if shared.stopping.load(Ordering::Acquire) => return,
            Err(_) => {
                // Out of descriptors: others have to close some first.
                thread::sleep(Duration::from_millis(10));
                continue;
            }
        };
        if shared.stopping.load(Ordering::Acquire) {
            return;
        }
        let (host, shared) = (Arc::clone(host), Arc::clone(shared));
        let spawned = thread::Builder::new()
            .name("sim-connection".to_owned())
            .spawn(move || connection(stream, &host, &shared));
        // A connection without a thread is closed, with its stream.
        drop(spawned);
    }
}

fn connection(mut stream: Stream, host: &Host, shared: &Shared) {
    let id = shared.next.fetch_add(1, Ordering::Relaxed);
    let (Ok(writer), Ok(cut)) = (stream.try_clone(), stream.try_clone()) else {
        return;
    };
    let writer = Arc::new(Mutex::new(writer));
    shared.streams.lock().insert(id, Arc::clone(&writer));
    shared.cuts.lock().insert(id, cut);
    let mut caller = Caller {
        connection: id,
        flavour: Flavour::V4_6,
    };
    while let Ok(request) = wire::receive(&mut stream) {
        shared.wait_while_stuck();
        if shared.stopping.load(Ordering::Acquire) {
            break;
        }
        if request.op == Op::Hello as u32 {
            caller.flavour = Flavour::from_major(request.word(0));
            host.with(|engine| engine.connected(id, request.int(1) != 0));
        }
        match host.call(caller, &request) {
            Answer::Packet(reply) => {
                if PROCESS.works.load(Ordering::Relaxed) {
                    price::work(request.op, &reply, caller.flavour);
                }
                if wire::send(&mut *writer.lock(), &reply).is_err() {
                    break;
                }
            }
            Answer::Crash => {
                shared.crashes.fetch_add(1, Ordering::Relaxed);
                // All connections of a dead engine end.
                for stream in shared.cuts.lock().values() {
                    stream.cut();
                }
                break;
            }
        }
    }
    stream.cut();
    shared.streams.lock().remove(&id);
    shared.cuts.lock().remove(&id);
    host.with(|engine| engine.disconnected(id));
}
