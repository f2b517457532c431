//! Reading a host: one step at a time, whatever becomes of the engine.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dcgm::{
    Client, Cursor, Entity, EntityId, EntityKind, Error, FieldId, Query, Result, Samples, Value,
    Watch, WatchRequest,
};

use crate::host::{GPU, INSTANCE, Memory, PROFILING};
use crate::state::{Answer, Event, View};
use crate::traffic;

/// How many events are kept.
const EVENTS: usize = 50;

/// What is listed as having happened.
const HAPPENS: [(EntityKind, FieldId, &str); 3] = [
    (EntityKind::GPU, FieldId::XID_ERRORS, "XID"),
    (
        EntityKind::SWITCH,
        FieldId::NVSWITCH_FATAL_ERRORS,
        "fatal SXid",
    ),
    (
        EntityKind::SWITCH,
        FieldId::NVSWITCH_NON_FATAL_ERRORS,
        "SXid",
    ),
];

const KINDS: [EntityKind; 2] = [EntityKind::GPU, EntityKind::GPU_INSTANCE];

/// Reads a host again and again.
pub struct Reader {
    client: Arc<dyn Client>,
    session: Option<Session>,
    samples: Samples,
    cursors: [Cursor; HAPPENS.len()],
    memory: Memory,
    view: View,
    /// Since when the engine has been silent.
    silent: Option<Instant>,
}

/// What is watched while the engine and its entities are the same.
struct Session {
    entities: Vec<Entity>,
    query: Query,
    events: [Option<Watch>; HAPPENS.len()],
    _watches: Vec<Watch>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Of that client, which is asked so often.
    #[must_use]
    pub fn new(client: Arc<dyn Client>, interval: Duration) -> Self {
        let backend = client.backend();
        let view = View {
            simulated: backend.is_simulated(),
            title: backend.target,
            interval,
            ..View::default()
        };
        Self {
            client,
            session: None,
            samples: Samples::new(),
            cursors: Default::default(),
            memory: Memory::new(interval),
            view,
            silent: None,
        }
    }

    /// Of a host that stands in for the one that was asked for, and why, if it does.
    #[must_use]
    pub fn instead(mut self, why: Option<String>) -> Self {
        self.view.instead = why;
        self
    }

    /// What is known now.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Reads once, at that time. An engine that does not answer leaves the view as it was, and that
    /// is said in it; the next time it is asked anew.
    pub fn read(&mut self, now: Instant) -> &View {
        match self.try_read(now) {
            Ok(()) => {
                self.silent = None;
                self.view.answer = Answer::Yes;
            }
            Err(error) => {
                let since = *self.silent.get_or_insert(now);
                self.view.answer = Answer::No {
                    since: now.saturating_duration_since(since),
                    why: in_words(&error),
                };
                self.session = None;
            }
        }
        &self.view
    }

    fn try_read(&mut self, now: Instant) -> Result<()> {
        let session = match self.session.take() {
            Some(session) if self.is_current(&session)? => session,
            Some(_) | None => self.begin()?,
        };
        self.client.update()?;
        self.client.latest(&session.query, &mut self.samples)?;
        // A link may go down at any time.
        let links = match self.client.links() {
            Ok(links) => Some(links),
            Err(error) if ends(&error) => return Err(error),
            Err(_unknown) => None,
        };
        self.view.gpus = self.memory.gpus(
            (&session.entities, links.as_deref()),
            &self.samples,
            &self.view.gpus,
            now,
        );
        let mut new = Samples::new();
        for (at, (_, _, what)) in HAPPENS.iter().enumerate() {
            let watch = session.events.get(at).and_then(Option::as_ref);
            if let (Some(watch), Some(cursor)) = (watch, self.cursors.get_mut(at)) {
                self.client.events(watch, cursor, &mut new)?;
                self.note(what, &new);
            }
        }
        self.session = Some(session);
        Ok(())
    }

    /// Whether the entities are those of the session. What stands still may be lost, and only a
    /// listing with states tells.
    fn is_current(&self, session: &Session) -> Result<bool> {
        if self.view.gpus.iter().any(|gpu| gpu.stale) {
            return Ok(self.client.entities(&KINDS)? == session.entities);
        }
        for kind in KINDS {
            let mut ids = Vec::new();
            match self.client.list(kind, &mut ids) {
                Err(error) if error.is_unsupported() => continue,
                outcome => outcome?,
            }
            let known = session.entities.iter().map(|entity| entity.id);
            if !known.filter(|id| id.kind == kind).eq(ids) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn begin(&mut self) -> Result<Session> {
        self.client.connect()?;
        let client = &*self.client;
        let version = client.build_info()?.version();
        let backend = client.backend();
        self.view.simulated = backend.is_simulated();
        self.view.title = version.map_or(backend.target.clone(), |version| {
            format!("{}, DCGM {version}", backend.target)
        });
        let mut entities = client.entities(&KINDS)?;
        entities.sort_by_key(|entity| entity.id);
        let of = |kind| -> Vec<EntityId> {
            let ids = entities.iter().map(|entity| entity.id);
            ids.filter(|id| id.kind == kind).collect()
        };
        let (gpus, instances) = (of(EntityKind::GPU), of(EntityKind::GPU_INSTANCE));
        // Each by itself: a GPU without profiling has the rest.
        let wanted: [(&[EntityId], &[FieldId]); 4] = [
            (&gpus, &GPU),
            (&gpus, &PROFILING),
            (&gpus, &traffic::FIELDS),
            (&instances, &INSTANCE),
        ];
        let mut watches = Vec::new();
        let mut refused = None;
        for (ids, fields) in wanted.into_iter().filter(|(ids, _)| !ids.is_empty()) {
            let request = WatchRequest::new(ids, fields).with_interval(self.view.interval);
            match client.watch(&request) {
                Ok(watch) => watches.push(watch),
                Err(error) if ends(&error) => return Err(error),
                // The rest may be had.
                Err(error) => refused = Some(error),
            }
        }
        let mut switches = Vec::new();
        if let Err(error) = client.list(EntityKind::SWITCH, &mut switches) {
            if ends(&error) {
                return Err(error);
            }
        }
        let events = HAPPENS.map(|(kind, field, _)| {
            let ids = if kind == EntityKind::GPU {
                &gpus
            } else {
                &switches
            };
            let request = WatchRequest::events(ids.as_slice(), [field]);
            // The rest may be had.
            let watch = || {
                client
                    .watch(&request.with_interval(self.view.interval))
                    .ok()
            };
            (!ids.is_empty()).then(watch).flatten()
        });
        match refused {
            Some(error) if watches.is_empty() => Err(error),
            _ => Ok(Session {
                query: Query::from_watches(&watches),
                entities,
                events,
                _watches: watches,
            }),
        }
    }

    fn note(&mut self, what: &str, samples: &Samples) {
        for sample in samples {
            if let Ok(Value::Int(code)) = sample.value {
                self.view.events.push_front(Event {
                    at: sample.timestamp,
                    entity: sample.entity,
                    what: format!("{what} {code}"),
                });
            }
        }
        let events = self.view.events.make_contiguous();
        events.sort_by_key(|event| std::cmp::Reverse(event.at));
        self.view.events.truncate(EVENTS);
    }
}

/// Whether nothing more can be had of the session.
fn ends(error: &Error) -> bool {
    error.is_disconnected() || error.is_timeout()
}

fn in_words(error: &Error) -> String {
    let text = error.to_string();
    match error.hint() {
        // Some errors give their hint themselves.
        Some(hint) if !text.contains(&hint) => format!("{text} ({hint})"),
        _ => text,
    }
}
