//! The mock itself: made, and told what to do.

use core::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::entity::{Entity, EntityId};
use crate::error::Error;
use crate::field::FieldId;
use crate::mock::clock::Clock;
use crate::mock::engine::{Grid, Reading, State};
use crate::mock::faults::{Call, Delay, Faults};
use crate::mock::hosts::Host;
use crate::mock::model::Model;
use crate::mock::scenario::Scenario;
use crate::parse::ParseError;
use crate::value::{NoValue, OwnedValue};
use crate::version::{BuildInfo, Version};

/// A [`Client`](crate::Client) without an engine. A clone is the same one: a test keeps one, and
/// hands out the other.
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
    pub(super) state: Mutex<State>,
}

/// Making it.
impl Mock {
    /// A mock of a host (which is then steady) or of a model, by the time of day.
    #[must_use]
    pub fn new(model: impl Into<Model>) -> Self {
        Self::builder().model(model).build()
    }

    /// Creates a mock from the name of a host and optionally of a scenario, as in `8xh100` and
    /// `8xh100,training`, on the system clock.
    ///
    /// # Errors
    ///
    /// If there is no such ready-made [`Host`] or [`Scenario`].
    pub fn named(names: &str) -> Result<Self, ParseError> {
        Ok(Self::new(names.parse::<Model>()?))
    }

    /// A mock piece by piece. What is not said: a host without entities, steady, by the time of
    /// day, of release 4.6.0.
    #[must_use]
    pub fn builder() -> MockBuilder {
        MockBuilder::default()
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock.clone()
    }

    /// What it shows, changes to its entities included.
    #[must_use]
    pub fn model(&self) -> Model {
        self.inner.state.lock().model.clone()
    }
}

/// What it says.
impl Mock {
    /// Has a field say something from now on. Whoever watches it finds a sample of now, and then
    /// one at each interval.
    pub fn set(&self, entity: EntityId, field: FieldId, value: impl Into<OwnedValue>) {
        self.tell(entity, field, Some(Ok(value.into())));
    }

    /// Has a field have no value from now on, for a reason.
    pub fn set_no_value(&self, entity: EntityId, field: FieldId, why: NoValue) {
        self.tell(entity, field, Some(Err(why)));
    }

    /// Has a field say again what the model says, from the next sample on.
    pub fn unset(&self, entity: EntityId, field: FieldId) {
        self.tell(entity, field, None);
    }

    fn tell(&self, entity: EntityId, field: FieldId, reading: Option<Reading>) {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        let told = state.told.entry((entity, field)).or_default();
        told.push((now, reading));
    }

    /// An event now, such as an XID (field 230). It is lost unless somebody watches the field.
    pub fn push_event(&self, entity: EntityId, field: FieldId, value: impl Into<OwnedValue>) {
        self.push_event_at(entity, field, value, self.inner.clock.now());
    }

    /// An event at a time by the mock's clock: late, if that has passed; not seen before, if it has
    /// not come.
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

    /// Has another program watch these too, for good: the engine goes on recording their events
    /// while nobody here is connected. It does not outlive the engine.
    pub fn watch_elsewhere(
        &self,
        entities: impl IntoIterator<Item = EntityId>,
        fields: impl IntoIterator<Item = FieldId>,
    ) {
        let grid = Grid {
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

    /// Adds an entity, or brings back one that was removed. Nobody watches it yet.
    pub fn add_entity(&self, entity: Entity) {
        let now = self.inner.clock.now();
        let mut state = self.inner.state.lock();
        state.changes.push((now, entity.id, true));
        let host = state.model.host().clone().with_entity(entity);
        state.model = Model::new(host, state.model.scenario());
    }

    /// Removes an entity with all that is a part of it: it is not listed, and its fields are not
    /// watched any more.
    pub fn remove_entity(&self, id: EntityId) {
        let now = self.inner.clock.now();
        self.inner.state.lock().changes.push((now, id, false));
    }

    /// Has the engine stop taking samples, or go on. Meanwhile it answers as always, with old
    /// timestamps. Events are still recorded.
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

/// What goes wrong.
impl Mock {
    /// Has the next call of a method fail; asked for twice, the next two. An error that
    /// [`is_disconnected`](Error::is_disconnected) ends the session, as it should.
    pub fn fail_next(&self, call: Call, error: Error) {
        self.inner.faults.fail_next(call, error);
    }

    /// Has each call of a method fail, until [`Self::clear_faults`].
    pub fn fail_always(&self, call: Call, error: Error) {
        self.inner.faults.fail_always(call, error);
    }

    /// Has the next call of a method panic. For tests of those who must contain that; nothing else
    /// in a mock panics.
    pub fn panic_next(&self, call: Call) {
        self.inner.faults.panic_next(call);
    }

    /// Has each call of a method hang, until [`Self::release`] or [`Self::clear_faults`]. `close`
    /// from another thread cancels a call that hangs.
    pub fn delay(&self, call: Call, delay: Delay) {
        self.inner.faults.delay(call, Some(delay));
    }

    /// Has the next call of a method hang.
    pub fn delay_next(&self, call: Call, delay: Delay) {
        self.inner.faults.delay_next(call, delay);
    }

    /// Lets the calls of a method go on that hang, and has no more of them hang.
    pub fn release(&self, call: Call) {
        self.inner.faults.delay(call, None);
        for hung in &self.inner.state.lock().hung {
            if hung.call == call {
                hung.release();
            }
        }
        self.inner.clock.wake();
    }

    /// Forgets all faults and delays, and lets go on what hangs.
    pub fn clear_faults(&self) {
        self.inner.faults.clear();
        let mut state = self.inner.state.lock();
        state.refused.clear();
        for hung in &state.hung {
            hung.release();
        }
        drop(state);
        self.inner.clock.wake();
    }

    /// Has watches of a field be refused with this error. What is watched already stays so.
    pub fn refuse(&self, field: FieldId, error: Error) {
        self.inner.state.lock().refused.insert(field, error);
    }

    /// Waits until a call of a method hangs, for that long at most by the time of day. Says whether
    /// one does.
    #[must_use]
    pub fn wait_until_hung(&self, call: Call, longest: Duration) -> bool {
        let hangs = || {
            let state = self.inner.state.lock();
            state
                .hung
                .iter()
                .any(|hung| hung.call == call && !hung.is_over())
        };
        self.inner.clock.wait_real(longest, hangs)
    }

    /// The engine dies: what hangs is cut off, the next call notices, and connecting is refused.
    /// What it had in memory is gone.
    pub fn stop_engine(&self) {
        let mut state = self.inner.state.lock();
        state.down = true;
        if let Some(session) = &mut state.session {
            session.dead = true;
        }
        state.open.clear();
        state.watched.clear();
        state.cancel_hung();
        drop(state);
        self.inner.clock.wake();
    }

    /// The engine is back, and knows of nothing. The session from before stays dead.
    pub fn start_engine(&self) {
        self.inner.state.lock().down = false;
    }
}

/// What was done to it.
impl Mock {
    /// How often a method was called, calls that failed included.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.inner.faults.calls(call)
    }

    /// How many watches live.
    #[must_use]
    pub fn open_watches(&self) -> usize {
        self.inner.state.lock().open.len()
    }

    /// Whether there is a session, as far as its owner can know.
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

/// Makes a [`Mock`] piece by piece.
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
    /// With this host.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// With this scenario.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = scenario;
        self
    }

    /// With the host and the scenario of this model.
    #[must_use]
    pub fn model(self, model: impl Into<Model>) -> Self {
        let model = model.into();
        self.host(model.host().clone()).scenario(model.scenario())
    }

    /// By this clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// An engine of this release. It behaves as 4.6 does all the same.
    #[must_use]
    pub fn engine_version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// The mock.
    #[must_use]
    pub fn build(self) -> Mock {
        let empty = || Host::new("empty", crate::mock::Product::H100Sxm);
        let host = self.host.unwrap_or_else(empty);
        let version = self.version.unwrap_or(Version::new(4, 6, 0));
        let arch = host.product().spec().arch;
        let build = format!(
            "version:{version};arch:{arch};buildtype:Simulated;buildid:;buildplatform:mock"
        );
        Mock {
            inner: Arc::new(Inner {
                clock: self.clock.unwrap_or_else(Clock::system),
                build: BuildInfo::from_raw(build),
                faults: Faults::default(),
                state: Mutex::new(State::new(Model::new(host, self.scenario))),
            }),
        }
    }
}
