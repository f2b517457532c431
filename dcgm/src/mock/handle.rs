//! [`Mock`] and its builder.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::entity::{Entity, EntityId, EntityStatus, LinkState};
use crate::error::{self, Error};
use crate::field::FieldId;
use crate::mock::clock::Clock;
use crate::mock::engine::{EngineState, Reading, SampleGrid};
use crate::mock::faults::{Call, Delay, Faults};
use crate::mock::hooks::Hooks;
use crate::mock::hosts::Host;
use crate::mock::model::Model;
use crate::mock::scenario::Scenario;
use crate::parse::ParseError;
use crate::sample::Sample;
use crate::value::{NoValue, OwnedValue};
use crate::version::{BuildInfo, Version};

/// A [`Client`](crate::Client) without an engine. Clones share their state: a test keeps one clone,
/// and passes another clone to the code under test.
///
/// See the [module](crate::mock) for an example.
#[derive(Clone)]
pub struct Mock {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) clock: Clock,
    pub(super) build: BuildInfo,
    pub(super) faults: Faults,
    pub(super) hooks: Hooks,
    pub(super) state: Mutex<EngineState>,
}

/// Construction.
impl Mock {
    /// Creates a mock of `model` with a system clock. A [`Host`] as `model` is in the steady
    /// scenario.
    #[must_use]
    pub fn new(model: impl Into<Model>) -> Self {
        Self::builder().model(model).build()
    }

    /// Creates a mock with a system clock from the name of a host, as in `8xh100`, or the names of a
    /// host and a scenario, as in `8xh100,training`.
    ///
    /// # Errors
    ///
    /// If there is no such ready-made [`Host`] or [`Scenario`].
    pub fn named(names: &str) -> Result<Self, ParseError> {
        Ok(Self::new(names.parse::<Model>()?))
    }

    /// Returns a builder. Defaults: a host without entities, the steady scenario, the system clock,
    /// engine version 4.6.0.
    #[must_use]
    pub fn builder() -> MockBuilder {
        MockBuilder::default()
    }

    /// Returns the clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// Returns the model, including added entities.
    #[must_use]
    pub fn model(&self) -> Model {
        self.inner.state.lock().model.clone()
    }
}

/// Values, events and entities.
impl Mock {
    /// Sets the value of a field from now on. A watched field is sampled at once, and then once per
    /// interval.
    pub fn set(&self, entity: EntityId, field: FieldId, value: impl Into<OwnedValue>) {
        self.override_field(entity, field, Some(Ok(value.into())));
    }

    /// Removes the value of a field: from now on, its samples have no value, and `reason` is the reason.
    /// This imitates an engine that reports a blank value.
    pub fn set_no_value(&self, entity: EntityId, field: FieldId, reason: NoValue) {
        self.override_field(entity, field, Some(Err(reason)));
    }

    /// Ends the effect of [`Self::set`] and [`Self::set_no_value`]: from the next sample on, the model
    /// gives the value again.
    pub fn unset(&self, entity: EntityId, field: FieldId) {
        self.override_field(entity, field, None);
    }

    fn override_field(&self, entity: EntityId, field: FieldId, reading: Option<Reading>) {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let overrides = state.overrides.entry((entity, field)).or_default();
        overrides.push((now, reading));
    }

    /// Adds an event now, such as an XID (field 230). The event is lost if the field is not watched.
    pub fn push_event(&self, entity: EntityId, field: FieldId, value: impl Into<OwnedValue>) {
        self.push_event_at(entity, field, value, self.inner.clock.now());
    }

    /// Adds an event at the time `at` of the mock's clock. If `at` is in the past, the mock acts like
    /// an engine that inserts an event late. If `at` is in the future, the event is not returned
    /// before that time.
    pub fn push_event_at(
        &self,
        entity: EntityId,
        field: FieldId,
        value: impl Into<OwnedValue>,
        at: Duration,
    ) {
        let mut state = self.inner.state.lock();
        let pushed = state.pushed.entry((entity, field)).or_default();
        pushed.push((at, value.into()));
    }

    /// Simulates another client that watches `fields` of `entities`, with an interval of 1 s. The
    /// engine takes their samples and records their events even while this client is disconnected,
    /// until the engine stops.
    pub fn watch_elsewhere(
        &self,
        entities: impl IntoIterator<Item = EntityId>,
        fields: impl IntoIterator<Item = FieldId>,
    ) {
        let grid = SampleGrid {
            watch: 0,
            began: self.inner.clock.now(),
            interval: Duration::from_secs(1),
            ended: None,
        };
        let fields: Vec<_> = fields.into_iter().collect();
        let mut state = self.inner.state.lock();
        for entity in entities {
            for field in &fields {
                let grids = state.watched.entry((entity, *field)).or_default();
                grids.push(grid);
            }
        }
    }

    /// Adds an entity, or replaces an existing one. Adding an entity that was removed brings it back.
    /// Existing watches do not include the added or replaced entity.
    pub fn add_entity(&self, entity: Entity) {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        state.changes.push((now, entity.id, true));
        let host = state.model.host().clone().with_entity(entity);
        state.model = Model::new(host, state.model.scenario());
    }

    /// Removes the entity `id` and its parts (MIG instances, CPU cores and links): they are no longer
    /// listed or watched.
    pub fn remove_entity(&self, id: EntityId) {
        let now = self.inner.clock.now();
        self.inner.state.lock().changes.push((now, id, false));
    }

    /// Sets the status of an entity; [`OK`](EntityStatus::OK) makes it normal again. A paused
    /// ([`DISABLED`](EntityStatus::DISABLED)), detached or lost entity is returned by
    /// [`entities`](crate::Client::entities), but not by [`entity_ids`](crate::Client::entity_ids). A
    /// paused one has no new samples; those of a detached or lost one are blank.
    pub fn set_status(&self, id: EntityId, status: EntityStatus) {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        if status == EntityStatus::OK {
            state.statuses.remove(&id);
        } else {
            state.statuses.insert(id, (status, now));
        }
    }

    /// Sets the state of the link at port `index` of `parent`, which is a GPU or NVSwitch.
    pub fn set_link(&self, parent: EntityId, index: u32, link_state: LinkState) {
        let mut state = self.inner.state.lock();
        state.link_states.insert((parent, index), link_state);
    }

    /// Stops sampling (`true`) or resumes it (`false`). While it is stopped, reads return the old samples
    /// without an error, and events are still recorded.
    pub fn freeze_sampling(&self, frozen: bool) {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        match state.frozen.last_mut() {
            Some((_, to @ None)) if !frozen => *to = Some(now),
            Some((_, None)) => {}
            _ if frozen => state.frozen.push((now, None)),
            _ => {}
        }
    }
}

/// Faults.
impl Mock {
    /// Makes the next call of the method `call` fail with `error`. Planned errors are queued: after
    /// two calls of `fail_next`, the next two calls of the method fail. An error for which
    /// [`is_disconnected`](Error::is_disconnected) returns `true` also ends the session.
    pub fn fail_next(&self, call: Call, error: Error) {
        self.inner.faults.fail_next(call, error);
    }

    /// Makes every call of the method `call` fail with `error`, until [`Self::clear_faults`] is
    /// called.
    pub fn fail_always(&self, call: Call, error: Error) {
        self.inner.faults.fail_always(call, error);
    }

    /// Makes the next call of the method `call` panic, for tests of code that must contain panics.
    pub fn panic_next(&self, call: Call) {
        self.inner.faults.panic_next(call);
    }

    /// Delays every call of the method `call`, by a time or until [`Self::release`].
    /// [`Self::clear_faults`] ends the delays. A call of [`close`](crate::Client::close) from another
    /// thread cancels a delayed call.
    pub fn delay(&self, call: Call, delay: Delay) {
        self.inner.faults.set_delay(call, Some(delay));
    }

    /// Delays the next call of the method `call`, by a time or until [`Self::release`].
    pub fn delay_next(&self, call: Call, delay: Delay) {
        self.inner.faults.delay_next(call, delay);
    }

    /// Lets the delayed calls of the method `call` go on, and removes the delay that [`Self::delay`]
    /// has set.
    pub fn release(&self, call: Call) {
        self.inner.faults.set_delay(call, None);
        for hung in &self.inner.state.lock().hung {
            if hung.call == call {
                hung.release_call();
            }
        }
        self.inner.clock.wake_waiters();
    }

    /// Removes all faults, refusals and delays; delayed calls go on.
    pub fn clear_faults(&self) {
        self.inner.faults.clear_all();
        let mut state = self.inner.state.lock();
        state.refused.clear();
        state.refused_entities.clear();
        for hung in &state.hung {
            hung.release_call();
        }
        drop(state);
        self.inner.clock.wake_waiters();
    }

    /// Makes the engine refuse new watches of `field` with `error`.
    pub fn refuse(&self, field: FieldId, error: Error) {
        self.inner.state.lock().refused.insert(field, error);
    }

    /// Makes the engine refuse new watches of `entity` with `error`. The other entities of a request
    /// are watched.
    pub fn refuse_entity(&self, entity: EntityId, error: Error) {
        let mut state = self.inner.state.lock();
        state.refused_entities.insert(entity, error);
    }

    /// Waits until a call of the method `call` hangs, at most `timeout` of real time. Returns `true`
    /// if a call hangs.
    #[must_use]
    pub fn wait_until_hung(&self, call: Call, timeout: Duration) -> bool {
        let is_hanging = || {
            let state = self.inner.state.lock();
            state
                .hung
                .iter()
                .any(|hung| hung.call == call && !hung.is_finished())
        };
        self.inner.clock.wait_real(timeout, is_hanging)
    }

    /// Stops the engine: hanging calls are cancelled, the next call returns
    /// [`CONNECTION_NOT_VALID`](crate::ReturnCode::CONNECTION_NOT_VALID), and connecting is refused.
    /// Watches and recorded events are lost.
    pub fn stop_engine(&self) {
        let mut state = self.inner.state.lock();
        state.is_stopped = true;
        if let Some(session) = &mut state.session {
            session.is_lost = true;
        }
        state.open.clear();
        state.watched.clear();
        state.jobs.clear();
        state.forget_before(self.inner.clock.now());
        state.cancel_hung();
        drop(state);
        self.inner.clock.wake_waiters();
    }

    /// Starts the engine again, without watches. A session from before the stop stays disconnected.
    pub fn start_engine(&self) {
        self.inner.state.lock().is_stopped = false;
    }
}

/// Hooks. A hook can use the mock. [`Mock::clear_faults`] does not remove it.
impl Mock {
    /// Runs `hook` before each call except [`backend`](crate::Client::backend), instead of an earlier
    /// hook. A hook can record the calls, advance a clock or panic. If it returns an error, the call
    /// fails with it, as with [`Self::fail_next`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use dcgm::mock::{Call, Clock, Mock, Model};
    /// use dcgm::{Client, EntityKind};
    ///
    /// let clock = Clock::manual();
    /// let mock = Mock::builder().model("1xl4".parse::<Model>().unwrap()).clock(clock.clone()).build();
    /// let time = clock.clone();
    /// mock.on_call(move |call| {
    ///     if call == Call::Entities {
    ///         time.advance(Duration::from_secs(2));
    ///     }
    ///     Ok(())
    /// });
    /// mock.connect()?;
    /// mock.entities(&[EntityKind::GPU])?;
    /// assert_eq!(clock.now(), Duration::from_secs(2));
    /// # Ok::<(), dcgm::Error>(())
    /// ```
    pub fn on_call(&self, hook: impl Fn(Call) -> error::Result<()> + Send + Sync + 'static) {
        self.inner.hooks.set_call_hook(Arc::new(hook));
    }

    /// Passes each sample that [`latest`](crate::Client::latest) or [`events`](crate::Client::events)
    /// returns through `hook`, instead of an earlier hook. A hook can give a sample a value of
    /// another type, no value, or a timestamp that steps back.
    ///
    /// ```
    /// use dcgm::mock::Mock;
    /// use dcgm::{Client, EntityId, FieldId, Query, Samples, Timestamp, WatchRequest};
    ///
    /// let mock = Mock::named("1xl4").unwrap();
    /// mock.on_sample(|sample| sample.timestamp = Timestamp::from_micros(7));
    /// mock.connect()?;
    /// let watch = mock.watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]))?;
    /// let mut samples = Samples::new();
    /// mock.latest(&Query::from_watches([&watch]), &mut samples)?;
    /// assert_eq!(samples.get(0).unwrap().timestamp, Timestamp::from_micros(7));
    /// # Ok::<(), dcgm::Error>(())
    /// ```
    pub fn on_sample(&self, hook: impl Fn(&mut Sample<'_>) + Send + Sync + 'static) {
        self.inner.hooks.set_sample_hook(Arc::new(hook));
    }
}

/// Inspection.
impl Mock {
    /// Returns the number of calls of the method `call`, including failed calls.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.inner.faults.call_count(call)
    }

    /// Returns the number of live watches.
    #[must_use]
    pub fn open_watches(&self) -> usize {
        self.inner.state.lock().open.len()
    }

    /// Returns `true` if a session is open. If the engine was stopped, the session is open until the
    /// next call returns the error.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.inner.state.lock().session.is_some()
    }
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mock").field(&self.model().name()).finish()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Mock`].
///
/// ```
/// use dcgm::mock::{Clock, Host, Mock, Product, Scenario};
/// use dcgm::{Client, EntityKind, Version};
///
/// let mock = Mock::builder()
///     .host(Host::new("four", Product::H100Sxm).with_gpus(4))
///     .scenario(Scenario::Training)
///     .clock(Clock::manual())
///     .engine_version(Version::new(4, 0, 0))
///     .build();
/// mock.connect()?;
/// assert_eq!(mock.entities(&[EntityKind::GPU])?.len(), 4);
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MockBuilder {
    host: Option<Host>,
    scenario: Scenario,
    clock: Option<Clock>,
    version: Option<Version>,
}

impl MockBuilder {
    /// Sets the host.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Sets the scenario.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    /// Sets the host and the scenario.
    #[must_use]
    pub fn model(self, model: impl Into<Model>) -> Self {
        let model = model.into();
        self.host(model.host().clone()).scenario(model.scenario())
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the version that the engine reports. The mock behaves like DCGM 4.6 with any version.
    #[must_use]
    pub fn engine_version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Creates the mock.
    #[must_use]
    pub fn build(self) -> Mock {
        let empty = || Host::new("empty", crate::mock::Product::H100Sxm);
        let host = self.host.unwrap_or_else(empty);
        let version = self.version.unwrap_or(Version::new(4, 6, 0));
        let arch = host.product().product_spec().arch;
        let build = format!(
            "version:{version};arch:{arch};buildtype:Simulated;buildid:;buildplatform:mock"
        );
        Mock {
            inner: Arc::new(Inner {
                clock: self.clock.unwrap_or_else(Clock::system),
                build: BuildInfo::from_raw(build),
                faults: Faults::default(),
                hooks: Hooks::default(),
                state: Mutex::new(EngineState::new(Model::new(host, self.scenario))),
            }),
        }
    }
}
