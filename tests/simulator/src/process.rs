//! The state of a process that loaded libdcgm: whether it is initialised, connections, an embedded
//! engine.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::Flavour;
use crate::clock::Clock;
use crate::dispatch::{Answer, Caller};
use crate::engine::{Code, Violation, st};
use crate::host::Host;
use crate::link::Link;
use crate::net::Address;
use crate::price;
use crate::server::Server;
use crate::wire::Packet;

/// `DCGM_EMBEDDED_HANDLE`.
pub(crate) const EMBEDDED: u64 = 0x7fff_ffff;
const RETRY: Duration = Duration::from_millis(50);

/// The one of this process.
pub(crate) static PROCESS: LazyLock<Process> = LazyLock::new(Process::new);

/// The state of a process that loaded libdcgm.
pub(crate) struct Process {
    state: Mutex<State>,
    pub(crate) clock: Arc<Clock>,
    old: AtomicBool,
    /// Milliseconds: a request's answer, a connection's greeting.
    pub(crate) limits: [AtomicU64; 2],
    /// `true` if requests for values do the work of the real ones.
    pub(crate) works: AtomicBool,
    /// The time that the requests so far would have taken, in microseconds.
    pub(crate) charged: AtomicU64,
    pub(crate) crashes: AtomicU64,
    /// Divides the waiting time of a failing connect.
    pub(crate) hurry: AtomicU64,
}

#[derive(Default)]
struct State {
    initialized: bool,
    links: HashMap<u64, Arc<Link>>,
    last_handle: u64,
    embedded: Option<Arc<Host>>,
    host: Option<String>,
    /// When the host's time began.
    began: Option<i64>,
    log: Option<String>,
    servers: HashMap<u64, Server>,
    last_server: u64,
    callbacks: Vec<Callback>,
    last_registration: u64,
}

/// The time after a disconnect in which the real library was seen to call back.
const LATE: Duration = Duration::from_micros(150);

/// Calls what was still registered at the end of a connection once more, after its end.
fn call_late(callbacks: Vec<Callback>) {
    if callbacks.is_empty() {
        return;
    }
    let violation = Violation {
        registration: 0,
        condition: 0x40,
        gpu: 0,
        at: PROCESS.clock.now(),
        values: [31, 0],
    };
    // Without the thread, there is no late call.
    let _ = thread::Builder::new()
        .name("sim-late-callback".to_owned())
        .spawn(move || {
            thread::sleep(LATE);
            for callback in callbacks {
                callback.call.run(violation, false);
            }
        });
}

/// A registered policy callback.
#[derive(Clone, Copy)]
pub(crate) struct Callback {
    pub(crate) handle: u64,
    pub(crate) registration: u64,
    pub(crate) call: crate::abi::PolicyCall,
}

impl Process {
    fn new() -> Self {
        Self {
            state: Mutex::new(State::default()),
            clock: Arc::new(Clock::default()),
            old: AtomicBool::new(false),
            limits: [AtomicU64::new(60_000), AtomicU64::new(120_000)],
            works: AtomicBool::new(false),
            charged: AtomicU64::new(0),
            crashes: AtomicU64::new(0),
            hurry: AtomicU64::new(1),
        }
    }

    pub(crate) fn set_flavour(&self, flavour: Flavour) {
        self.old.store(flavour == Flavour::V3_3, Ordering::Relaxed);
    }

    pub(crate) fn flavour(&self) -> Flavour {
        if self.old.load(Ordering::Relaxed) {
            Flavour::V3_3
        } else {
            Flavour::V4_6
        }
    }

    fn limit(&self, which: usize) -> Duration {
        let limit = self
            .limits
            .get(which)
            .map_or(0, |limit| limit.load(Ordering::Relaxed));
        Duration::from_millis(limit)
    }

    pub(crate) fn init(&self) -> Code {
        self.state.lock().initialized = true;
        st::OK
    }

    pub(crate) fn is_initialized(&self) -> bool {
        self.state.lock().initialized
    }

    /// Not counted: cuts everybody off.
    pub(crate) fn shutdown(&self) -> Code {
        let (links, embedded) = {
            let mut state = self.state.lock();
            state.initialized = false;
            state.callbacks.clear();
            (std::mem::take(&mut state.links), state.embedded.take())
        };
        for link in links.values() {
            link.kill();
        }
        drop(embedded);
        st::OK
    }

    /// Connects, retrying until the time is up. Every attempt has its own handle, which
    /// is reported before the wait.
    pub(crate) fn connect(
        &self,
        address: &Address,
        timeout_ms: u32,
        persist: bool,
        tell: impl Fn(u64),
    ) -> Code {
        let hurry = u32::try_from(self.hurry.load(Ordering::Relaxed).max(1)).unwrap_or(1);
        let timeout = Duration::from_millis(if timeout_ms == 0 {
            5000
        } else {
            timeout_ms.into()
        }) / hurry;
        let retry = RETRY / hurry;
        let started = Instant::now();
        loop {
            let link = {
                let mut state = self.state.lock();
                if !state.initialized {
                    return st::UNINITIALIZED;
                }
                state.last_handle += 1;
                let tcp = matches!(address, Address::Tcp(..));
                let link = Link::new(state.last_handle, self.flavour(), tcp);
                state.links.insert(link.handle, Arc::clone(&link));
                link
            };
            tell(link.handle);
            let left = timeout.saturating_sub(started.elapsed());
            if let Ok(stream) = address.open(left) {
                link.greet(stream, persist, self.limit(1));
                return st::OK;
            }
            self.state.lock().links.remove(&link.handle);
            if started.elapsed() + retry >= timeout {
                return st::CONNECTION_NOT_VALID;
            }
            // The real library's retries are this far apart.
            thread::sleep(retry);
        }
    }

    pub(crate) fn disconnect(&self, handle: u64) -> Code {
        let (link, late) = {
            let mut state = self.state.lock();
            let (late, kept) = core::mem::take(&mut state.callbacks)
                .into_iter()
                .partition::<Vec<_>, _>(|callback| callback.handle == handle && handle != EMBEDDED);
            state.callbacks = kept;
            (state.links.remove(&handle), late)
        };
        if let Some(link) = link {
            link.kill();
        }
        call_late(late);
        st::OK
    }

    /// Returns `true` if calls on a handle can only fail.
    pub(crate) fn is_dead(&self, handle: u64) -> bool {
        if handle == EMBEDDED {
            return self.state.lock().embedded.is_none();
        }
        let link = self.state.lock().links.get(&handle).cloned();
        link.is_none_or(|link| link.is_dead())
    }

    /// Returns `true` if a call waits on a handle.
    #[cfg(test)]
    fn has_pending(&self, handle: u64) -> bool {
        self.state
            .lock()
            .links
            .get(&handle)
            .is_some_and(|link| link.has_pending())
    }

    /// Asks the engine of a handle.
    pub(crate) fn ask(&self, handle: u64, request: Packet) -> Result<Packet, Code> {
        if handle == 0 {
            return Err(st::BADPARAM);
        }
        let op = request.op;
        let (reply, tcp) = if handle == EMBEDDED {
            let host = self
                .state
                .lock()
                .embedded
                .clone()
                .ok_or(st::UNINITIALIZED)?;
            let caller = Caller {
                connection: 0,
                flavour: self.flavour(),
            };
            match host.call(caller, &request) {
                Answer::Packet(reply) => (reply, false),
                Answer::Crash => {
                    // The real library takes its process with it.
                    self.crashes.fetch_add(1, Ordering::Relaxed);
                    return Err(st::CONNECTION_NOT_VALID);
                }
            }
        } else {
            let link = self
                .state
                .lock()
                .links
                .get(&handle)
                .cloned()
                .ok_or(st::CONNECTION_NOT_VALID)?;
            (link.ask(request, self.limit(0))?, link.tcp)
        };
        let price = price::of(op, &reply, self.flavour(), tcp);
        let micros = u64::try_from(price.as_micros()).unwrap_or(u64::MAX);
        self.charged.fetch_add(micros, Ordering::Relaxed);
        if self.works.load(Ordering::Relaxed) {
            price::work(op, &reply, self.flavour());
        }
        Ok(reply)
    }

    /// The host of engines that start from now on. Its time begins now, or when it is said to.
    pub(crate) fn set_host_since(&self, host: String, began: Option<i64>) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        state.host = Some(host);
        state.began = Some(began.unwrap_or(now));
    }

    /// The host of all engines, those that run too: they get its GPUs at once.
    pub(crate) fn change_host(&self, host: &str) {
        self.set_host_since(host.to_owned(), None);
        let began = self.began();
        self.for_each_host(|running| {
            if let Some(source) = crate::source::by_name(host, began) {
                running.with(|engine| engine.set_source(source));
            }
        });
    }

    /// When the host's time began: it goes on while engines come and go.
    pub(crate) fn began(&self) -> i64 {
        let now = self.clock.now();
        *self.state.lock().began.get_or_insert(now)
    }

    fn host_name(&self) -> String {
        let chosen = self.state.lock().host.clone();
        chosen
            .or_else(|| std::env::var("DCGM_SIM_HOST").ok())
            .unwrap_or_else(|| "8xh100".to_owned())
    }

    fn make_host(&self) -> Option<Arc<Host>> {
        let source = crate::source::by_name(&self.host_name(), self.began())?;
        Some(Host::new(self.flavour(), source, Arc::clone(&self.clock)))
    }

    /// Starts the embedded engine. `Ok(false)`: there was one.
    pub(crate) fn start_embedded(
        &self,
        automatic: bool,
        log: Option<String>,
    ) -> Result<bool, Code> {
        if !self.is_initialized() {
            return Err(st::UNINITIALIZED);
        }
        if self.state.lock().embedded.is_some() {
            return Ok(false);
        }
        let host = self.make_host().ok_or(st::GENERIC_ERROR)?;
        if automatic {
            host.sample_by_itself();
        }
        host.listen(Arc::new(|_, violation| {
            PROCESS.run_callbacks(EMBEDDED, violation, false);
        }));
        let mut state = self.state.lock();
        state.log = log;
        state.embedded = Some(host);
        Ok(true)
    }

    pub(crate) fn stop_embedded(&self, handle: u64) -> Code {
        if handle == 0 {
            return st::BADPARAM;
        }
        let mut state = self.state.lock();
        if !state.initialized {
            return st::UNINITIALIZED;
        }
        let engine = state.embedded.take();
        drop(state);
        drop(engine);
        st::OK
    }

    /// The log file that the embedded engine was given, or would write.
    pub(crate) fn log(&self) -> Option<String> {
        self.state.lock().log.clone()
    }

    /// Adds a callback, and returns the number of its registration. That is before the engine is asked:
    /// it calls back before it answers if a limit is exceeded already.
    pub(crate) fn add_callback(&self, handle: u64, call: crate::abi::PolicyCall) -> u64 {
        let mut state = self.state.lock();
        state.last_registration += 1;
        let registration = state.last_registration;
        state.callbacks.push(Callback {
            handle,
            registration,
            call,
        });
        registration
    }

    pub(crate) fn remove_callback(&self, registration: u64) {
        let mut state = self.state.lock();
        state
            .callbacks
            .retain(|callback| callback.registration != registration);
    }

    /// Removes all callbacks of a connection.
    pub(crate) fn remove_callbacks(&self, handle: u64) {
        let mut state = self.state.lock();
        state.callbacks.retain(|callback| callback.handle != handle);
    }

    /// On the calling thread: the connection's own, or for an embedded engine the one that stored
    /// the sample.
    pub(crate) fn run_callbacks(&self, handle: u64, violation: Violation, garbage: bool) {
        let wanted = |callback: &&Callback| {
            callback.handle == handle && callback.registration == violation.registration
        };
        let calls: Vec<_> = self
            .state
            .lock()
            .callbacks
            .iter()
            .filter(wanted)
            .map(|callback| callback.call)
            .collect();
        for call in calls {
            call.run(violation, garbage);
        }
    }

    /// Serves an engine from this process. The number of the server, and the port it got.
    pub(crate) fn serve(&self, address: &Address, flavour: Flavour) -> Option<(u64, u16)> {
        let source = crate::source::by_name(&self.host_name(), self.began())?;
        let host = Host::new(flavour, source, Arc::clone(&self.clock));
        host.sample_by_itself();
        let server = Server::start(host, address).ok()?;
        let port = match &server.address {
            Address::Tcp(_, port) => *port,
            Address::Unix(_) => 0,
        };
        let mut state = self.state.lock();
        state.last_server += 1;
        let id = state.last_server;
        state.servers.insert(id, server);
        Some((id, port))
    }

    /// Ends a server as `kill -9` does.
    pub(crate) fn kill_server(&self, id: u64) -> bool {
        let server = self.state.lock().servers.remove(&id);
        server.inspect(Server::kill).is_some()
    }

    pub(crate) fn stick_server(&self, id: u64, stuck: bool) -> bool {
        self.state
            .lock()
            .servers
            .get(&id)
            .inspect(|server| server.stick(stuck))
            .is_some()
    }

    /// Acts on every engine in this process: the embedded one, and those served.
    pub(crate) fn for_each_host(&self, mut act: impl FnMut(&Arc<Host>)) {
        let hosts: Vec<_> = {
            let state = self.state.lock();
            state
                .embedded
                .iter()
                .chain(state.servers.values().map(|server| &server.host))
                .cloned()
                .collect()
        };
        hosts.iter().for_each(&mut act);
    }

    /// Counts a call of which the real library would have ended its process.
    pub(crate) fn note_crash(&self) {
        self.crashes.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn crashes(&self) -> u64 {
        let state = self.state.lock();
        let served: u64 = state.servers.values().map(Server::crashes).sum();
        served + self.crashes.load(Ordering::Relaxed)
    }

    /// Handles that were not disconnected, dead ones included; and connections that served engines
    /// see.
    pub(crate) fn open_links(&self) -> (usize, usize) {
        let state = self.state.lock();
        (
            state.links.len(),
            state.servers.values().map(Server::connections).sum(),
        )
    }
}

#[cfg(test)]
mod tests;
