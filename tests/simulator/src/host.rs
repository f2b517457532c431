//! An engine with a thread that samples, as one runs embedded or behind a socket.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::Flavour;
use crate::clock::Clock;
use crate::dispatch::{self, Answer, Caller};
use crate::engine::{Connection, Engine, Violation};
use crate::source::Source;
use crate::wire::{Packet, Payload};

/// The receiver of policy violations.
pub(crate) type Listener = Arc<dyn Fn(Connection, Violation) + Send + Sync>;

/// An engine, shared.
pub(crate) struct Host {
    engine: Mutex<Engine>,
    changed: Condvar,
    pub(crate) clock: Arc<Clock>,
    listener: Mutex<Option<Listener>>,
    automatic: AtomicBool,
}

impl core::fmt::Debug for Host {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl Host {
    pub(crate) fn new(
        flavour: Flavour,
        source: Option<Box<dyn Source>>,
        clock: Arc<Clock>,
    ) -> Arc<Self> {
        let now = clock.now();
        Arc::new(Self {
            engine: Mutex::new(Engine::new(flavour, source, now)),
            changed: Condvar::new(),
            clock,
            listener: Mutex::new(None),
            automatic: AtomicBool::new(false),
        })
    }

    /// Samples by itself from now on, until the last reference is gone.
    pub(crate) fn sample_by_itself(self: &Arc<Self>) {
        self.automatic.store(true, Ordering::Relaxed);
        let host = Arc::downgrade(self);
        // Without the thread, values come at dcgmUpdateAllFields only.
        let _ = thread::Builder::new()
            .name("sim-sampling".to_owned())
            .spawn(move || sampling(&host));
    }

    pub(crate) fn listen(&self, listener: Listener) {
        *self.listener.lock() = Some(listener);
    }

    pub(crate) fn call(&self, caller: Caller, request: &Packet) -> Answer {
        let mut engine = self.engine.lock();
        let answer = dispatch::call(&mut engine, caller, request, self.clock.now());
        self.changed.notify_all();
        let violations = engine.violations();
        drop(engine);
        self.tell(violations);
        answer
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Engine) -> T) -> T {
        let value = act(&mut self.engine.lock());
        self.changed.notify_all();
        value
    }

    /// Injects a sample, whose value is a text of the field's own type.
    pub(crate) fn inject(&self, pair: (u32, u32), field: u16, at: i64, value: &str) -> i32 {
        let mut engine = self.engine.lock();
        let Some(row) = crate::fields::Field::find(field, engine.flavour) else {
            return crate::engine::st::BADPARAM;
        };
        let payload = match row.kind {
            b'd' => Payload::Double(value.parse().unwrap_or(0.0)),
            b's' => Payload::Text(value.as_bytes().to_vec()),
            _ => Payload::Int(value.parse().unwrap_or(0)),
        };
        let code = engine.inject(pair, field, row.kind, at, payload, self.clock.now());
        let violations = engine.violations();
        drop(engine);
        self.tell(violations);
        code
    }

    /// Moves a clock, and samples all that falls due on the way, in every engine that has it.
    pub(crate) fn advance(hosts: &[Arc<Self>], clock: &Clock, by: i64) {
        let hosts: Vec<_> = hosts
            .iter()
            .filter(|host| host.automatic.load(Ordering::Relaxed))
            .collect();
        let target = clock.now().saturating_add(by);
        loop {
            let now = clock.now();
            let due = |host: &&Arc<Self>| {
                let engine = host.engine.lock();
                if engine.frozen {
                    None
                } else {
                    engine.next_due()
                }
            };
            // A clock that runs may have passed the target meanwhile.
            let next = hosts.iter().filter_map(due).min();
            let next = next.map_or(target, |due| due.min(target)).max(now);
            clock.advance(next - now);
            for host in &hosts {
                let mut engine = host.engine.lock();
                engine.tick(next);
                let violations = engine.violations();
                drop(engine);
                host.tell(violations);
            }
            if next >= target {
                return;
            }
        }
    }

    fn tell(&self, violations: Vec<(Connection, Violation)>) {
        if violations.is_empty() {
            return;
        }
        let listener = self.listener.lock().clone();
        if let Some(listener) = listener {
            for (connection, violation) in violations {
                listener(connection, violation);
            }
        }
    }
}

/// Looks again at least this often whether the host is still there.
const LONGEST_REST: Duration = Duration::from_millis(100);

fn sampling(host: &Weak<Host>) {
    while let Some(host) = host.upgrade() {
        let mut engine = host.engine.lock();
        let now = host.clock.now();
        engine.tick(now);
        let violations = engine.violations();
        if !violations.is_empty() {
            drop(engine);
            host.tell(violations);
            continue;
        }
        let rest = match engine.next_due() {
            Some(due) if !engine.frozen && host.clock.runs() => {
                let wait = u64::try_from(due.saturating_sub(now)).unwrap_or(0);
                Duration::from_micros(wait.max(200)).min(LONGEST_REST)
            }
            _ => LONGEST_REST,
        };
        host.changed.wait_for(&mut engine, rest);
    }
}
