//! The implementation of [`Client`] for [`Mock`].

use std::sync::Arc;
use std::time::Duration;

use crate::client::{
    Backend, BackendKind, Client, Query, Refusal, Watch, WatchRequest, implement_every_subject,
};
use crate::code::ReturnCode;
use crate::cursor::Cursor;
use crate::endpoint::Endpoint;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{ConnectError, Error, Result};
use crate::field::FieldId;
use crate::mock::engine::{MockSession, Reading, SampleGrid, disconnected_error, refusal_error};
use crate::mock::faults::{Call, Delay, HangingCall};
use crate::mock::handle::{Inner, Mock};
use crate::mock::model::{Need, Presence};
use crate::sample::{Sample, Samples, Timestamp};
use crate::version::BuildInfo;

/// Ends a watch when dropped.
#[derive(Debug)]
struct MockWatchGuard {
    inner: Arc<Inner>,
    watch: u64,
    began: Duration,
    keep_age: Duration,
}

impl Drop for MockWatchGuard {
    fn drop(&mut self) {
        let now = self.inner.clock.now();
        self.inner.state.lock().end_watch(self.watch, now);
    }
}

impl Inner {
    /// Counts a call, checks the session, and applies the planned faults. Every call starts here.
    pub(super) fn enter_call(&self, call: Call) -> Result<()> {
        self.faults.count_call(call);
        self.panic_if_planned(call);
        let hooked = self.hooks.run_call_hook(call);
        let is_sessionless = matches!(call, Call::Connect | Call::Close);
        let hung = {
            let mut state = self.state.lock();
            if !is_sessionless {
                if let Err(error) = state.check_session(call, self.clock.now()) {
                    drop(state);
                    self.clock.wake_waiters();
                    return Err(error);
                }
            }
            // Under the same lock as the check of the session: a concurrent `close` either is seen by
            // the check, or finds this call in the list.
            self.faults.take_delay(call).map(|delay| {
                let hung = HangingCall::new(call);
                state.hung.push(Arc::clone(&hung));
                (delay, hung)
            })
        };
        if let Some((delay, hung)) = hung {
            self.wait_hanging(delay, &hung);
            if hung.is_cancelled() {
                return Err(if call == Call::Connect {
                    Error::NotConnected
                } else {
                    disconnected_error(call)
                });
            }
        }
        if let Some(error) = hooked.err().or_else(|| self.faults.take_error(call)) {
            if error.is_disconnected() && !is_sessionless {
                self.state.lock().end_session(self.clock.now());
                self.clock.wake_waiters();
            }
            return Err(error);
        }
        Ok(())
    }

    fn wait_hanging(&self, delay: Delay, hung: &Arc<HangingCall>) {
        let until = match delay {
            Delay::For(time) => Some(self.clock.now().saturating_add(time)),
            Delay::UntilReleased => None,
        };
        // Wakes `wait_until_hung`.
        self.clock.wake_waiters();
        self.clock.wait_until(until, || hung.is_finished());
        let mut state = self.state.lock();
        state.hung.retain(|other| !Arc::ptr_eq(other, hung));
    }

    /// Holds no lock, so that the mock is usable after a contained panic.
    fn panic_if_planned(&self, call: Call) {
        let is_planned = self.faults.take_panic(call);
        assert!(!is_planned, "a test made the mock panic in {call:?}");
    }

    /// Returns the refusal of a field, if it cannot be watched.
    fn planned_refusal(&self, field: FieldId) -> Option<Error> {
        let state = self.state.lock();
        if let Some(error) = state.refused.get(&field) {
            return Some(error.clone());
        }
        let spec = state.model.host().product().product_spec();
        // Fields without a tag are newer than the simulated engine. It has an unknown one if a test gave that a
        // value.
        let is_unknown = match field.info() {
            Some(info) => info.tag.is_empty(),
            None => !state.overrides.keys().any(|(_, known)| *known == field),
        };
        if is_unknown {
            Some(refusal_error(Call::Watch, ReturnCode::UNKNOWN_FIELD))
        } else if field.is_profiling() && !spec.can.contains(&Need::Prof) {
            Some(refusal_error(
                Call::Watch,
                ReturnCode::PROFILING_NOT_SUPPORTED,
            ))
        } else {
            None
        }
    }

    fn make_sample<'a>(
        &self,
        (entity, field): (EntityId, FieldId),
        at: Option<Duration>,
        reading: &'a Reading,
    ) -> Sample<'a> {
        Sample {
            entity,
            field,
            timestamp: at.map_or(Timestamp::NEVER, |at| self.clock.timestamp(at)),
            value: reading
                .as_ref()
                .map(|value| value.as_value())
                .map_err(|reason| *reason),
        }
    }
}

impl Client for Mock {
    fn backend(&self) -> Backend {
        self.inner.faults.count_call(Call::Backend);
        self.inner.panic_if_planned(Call::Backend);
        let name = self.inner.state.lock().model.name();
        Backend::new(BackendKind::Mock, format!("mock:{name}"))
    }

    fn connect(&self) -> Result<()> {
        self.inner.enter_call(Call::Connect)?;
        let now = self.inner.clock.now();
        // A session of a stopped engine is over; its hanging calls are cancelled.
        if self
            .inner
            .state
            .lock()
            .check_session(Call::Connect, now)
            .is_ok()
        {
            return Ok(());
        }
        self.inner.clock.wake_waiters();
        let mut state = self.inner.state.lock();
        if state.engine_since(now).is_none() {
            return Err(Error::Connect {
                endpoint: Endpoint::Tcp {
                    host: "mock".to_owned(),
                    port: Endpoint::DEFAULT_PORT,
                },
                cause: ConnectError::Refused,
            });
        }
        state.session = Some(MockSession {
            began: now,
            is_lost: false,
        });
        Ok(())
    }

    fn close(&self) {
        // `close` cannot fail.
        let _ = self.inner.enter_call(Call::Close);
        self.inner.state.lock().end_session(self.inner.clock.now());
        self.inner.clock.wake_waiters();
    }

    fn build_info(&self) -> Result<BuildInfo> {
        self.inner.enter_call(Call::BuildInfo)?;
        Ok(self.inner.build.clone())
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        into.clear();
        self.inner.enter_call(Call::List)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        match kind {
            EntityKind::GPU
            | EntityKind::SWITCH
            | EntityKind::GPU_INSTANCE
            | EntityKind::COMPUTE_INSTANCE
            | EntityKind::CONNECTX => {}
            EntityKind::CPU | EntityKind::CPU_CORE => {
                if state.model.host().count(EntityKind::CPU) == 0 {
                    return Err(refusal_error(Call::List, ReturnCode::MODULE_NOT_LOADED));
                }
            }
            _ => return Err(refusal_error(Call::List, ReturnCode::NOT_SUPPORTED)),
        }
        state.list_entities(kind, now, into);
        Ok(())
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        self.inner.enter_call(Call::Entities)?;
        let mut entities = self.inner.state.lock().entities_at(self.inner.clock.now());
        entities.retain(|entity| kinds.contains(&entity.id.kind));
        Ok(entities)
    }

    fn links(&self) -> Result<Vec<Link>> {
        self.inner.enter_call(Call::Links)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        Ok(state.links_at(now))
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        self.inner.enter_call(Call::Watch)?;
        let now = self.inner.clock.now();
        let mut kept = request.clone();
        let mut refused = Vec::new();
        kept.fields
            .retain(|field| match self.inner.planned_refusal(*field) {
                Some(error) => {
                    refused.push(Refusal::new(None, Some(*field), error));
                    false
                }
                None => true,
            });
        let mut state = self.inner.state.lock();
        kept.entities.retain(|id| {
            // Engines accept any number as a link.
            let known =
                id.kind == EntityKind::LINK || state.presence_at(*id, now) != Presence::Gone;
            let planned = state.refused_entities.get(id).cloned();
            let unknown = || refusal_error(Call::Watch, ReturnCode::BAD_PARAM);
            match planned.or_else(|| (!known).then(unknown)) {
                Some(error) => {
                    refused.push(Refusal::new(Some(*id), None, error));
                    false
                }
                None => true,
            }
        });
        if kept.fields.is_empty() || kept.entities.is_empty() {
            return Err(match refused.first() {
                Some(first) => first.error.clone(),
                None => Error::Request("a watch names at least one entity and one field"),
            });
        }
        let watch = state.next_id;
        state.next_id += 1;
        state.open.insert(watch);
        let grid = SampleGrid {
            watch,
            began: now,
            interval: request.interval.max(Duration::from_millis(1)),
            ended: None,
        };
        for entity in &kept.entities {
            for field in &kept.fields {
                state
                    .watched
                    .entry((*entity, *field))
                    .or_default()
                    .push(grid);
            }
        }
        drop(state);
        let guard = MockWatchGuard {
            inner: Arc::clone(&self.inner),
            watch,
            began: now,
            keep_age: request.keep_age.max(Duration::from_secs(1)),
        };
        Ok(Watch::new(kept, refused, guard))
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        into.clear();
        self.inner.enter_call(Call::Latest)?;
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        into.reserve(query.len());
        for (entities, fields) in query.blocks() {
            for entity in entities {
                for field in fields {
                    let (at, reading) = state.latest_reading((*entity, *field), now);
                    into.push(self.inner.make_sample((*entity, *field), at, &reading));
                }
            }
        }
        drop(state);
        self.inner.hooks.run_sample_hook(into);
        Ok(())
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        into.clear();
        self.inner.enter_call(Call::Events)?;
        let not_watched = || refusal_error(Call::Events, ReturnCode::NOT_WATCHED);
        let guard = watch.guard::<MockWatchGuard>().ok_or_else(not_watched)?;
        if !Arc::ptr_eq(&guard.inner, &self.inner) {
            return Err(not_watched());
        }
        let now = self.inner.clock.now();
        let state = self.inner.state.lock();
        let pairs = watch
            .entities()
            .iter()
            .flat_map(|entity| watch.fields().iter().map(move |field| (*entity, *field)));
        if !pairs
            .clone()
            .all(|pair| state.is_watched(pair, guard.watch, now))
        {
            return Err(not_watched());
        }
        let began = self.inner.clock.timestamp(guard.began);
        // A connection is identified by its start.
        let connection = state.session.map_or(0, |session| session.began.as_nanos());
        let connection = u64::try_from(connection).unwrap_or(u64::MAX);
        let read = (watch.entities(), watch.fields());
        let start = cursor.begin_read(read, began, connection);
        let from = self
            .inner
            .clock
            .at(start)
            .max(now.saturating_sub(guard.keep_age));
        for pair in pairs {
            let found = if pair.1.is_event() {
                let events = state.events_between(pair, from, now);
                events
                    .into_iter()
                    .map(|(at, value)| (at, Ok(value)))
                    .collect()
            } else {
                state.samples_between(pair, from, now)
            };
            for (at, reading) in &found {
                let sample = self.inner.make_sample(pair, Some(*at), reading);
                if cursor.is_new(&sample) {
                    into.push(sample);
                }
            }
        }
        let now = self.inner.clock.timestamp(now);
        cursor.commit(watch.entities(), into.iter(), now);
        drop(state);
        self.inner.hooks.run_sample_hook(into);
        Ok(())
    }

    fn update(&self) -> Result<()> {
        self.inner.enter_call(Call::Update)
    }

    implement_every_subject!();
}
