//! Planned errors, delays and panics, by method.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::error::Error;

/// A method of [`Client`](crate::Client).
///
/// ```
/// use dcgm::mock::{Call, Mock};
/// use dcgm::{Client, EntityKind, Error, ReturnCode};
///
/// let mock = Mock::named("1xl4").unwrap();
/// mock.connect()?;
/// let function = "dcgmGetEntityGroupEntities";
/// mock.fail_next(Call::Entities, Error::Call { function, code: ReturnCode::TIMEOUT });
/// assert!(mock.entities(&[EntityKind::GPU]).is_err());
/// assert_eq!(mock.calls(Call::Entities), 1);
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Call {
    /// [`Client::backend`](crate::Client::backend), which can neither fail nor hang.
    Backend,
    /// [`Client::connect`](crate::Client::connect).
    Connect,
    /// [`Client::close`](crate::Client::close), which can hang and cannot fail.
    Close,
    /// [`Client::build_info`](crate::Client::build_info).
    BuildInfo,
    /// [`Client::list`](crate::Client::list).
    List,
    /// [`Client::entities`](crate::Client::entities).
    Entities,
    /// [`Client::links`](crate::Client::links).
    Links,
    /// [`Client::watch`](crate::Client::watch).
    Watch,
    /// [`Client::latest`](crate::Client::latest).
    Latest,
    /// [`Client::events`](crate::Client::events).
    Events,
    /// [`Client::update`](crate::Client::update).
    Update,
    /// A method of [`Client::health`](crate::Client::health).
    Health,
    /// A method of [`Client::policies`](crate::Client::policies) or
    /// [`Client::field_policies`](crate::Client::field_policies).
    Policies,
    /// A method of `Client::admin`, with the feature `admin`.
    #[cfg(feature = "admin")]
    Admin,
    /// A method of [`Client::config`](crate::Client::config).
    Config,
    /// A method of [`Client::diagnostics`](crate::Client::diagnostics).
    Diagnostics,
    /// A method of `Client::testing`, with the feature `testing`.
    #[cfg(feature = "testing")]
    Testing,
    /// A method of [`Client::host_engine`](crate::Client::host_engine).
    HostEngine,
    /// A method of [`Client::jobs`](crate::Client::jobs).
    Jobs,
    /// A method of [`Client::processes`](crate::Client::processes).
    Processes,
    /// A method of [`Client::history`](crate::Client::history).
    History,
    /// A method of [`Client::profiling`](crate::Client::profiling).
    Profiling,
    /// A method of [`Client::topology`](crate::Client::topology).
    Topology,
}

impl Call {
    /// Every method.
    pub const ALL: &'static [Self] = &[
        Self::Backend,
        Self::Connect,
        Self::Close,
        Self::BuildInfo,
        Self::List,
        Self::Entities,
        Self::Links,
        Self::Watch,
        Self::Latest,
        Self::Events,
        Self::Update,
        Self::Health,
        Self::Policies,
        #[cfg(feature = "admin")]
        Self::Admin,
        Self::Config,
        Self::Diagnostics,
        #[cfg(feature = "testing")]
        Self::Testing,
        Self::HostEngine,
        Self::Jobs,
        Self::Processes,
        Self::History,
        Self::Profiling,
        Self::Topology,
    ];

    /// Returns the name of the C function that errors of the method have, in the mock and mostly in
    /// an [`Engine`](crate::Engine).
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Backend => "dcgmVersionInfo",
            Self::Connect => "dcgmConnect_v2",
            Self::Close => "dcgmDisconnect",
            Self::BuildInfo => "dcgmHostengineVersionInfo",
            Self::List => "dcgmGetEntityGroupEntities",
            Self::Entities => "dcgmGetDeviceAttributes",
            Self::Links => "dcgmGetNvLinkLinkStatus",
            Self::Watch => "dcgmWatchFields",
            Self::Latest => "dcgmEntitiesGetLatestValues",
            Self::Events => "dcgmGetValuesSince_v2",
            Self::Update => "dcgmUpdateAllFields",
            Self::Health => "dcgmHealthCheck",
            Self::Policies => "dcgmPolicyRegister_v2",
            #[cfg(feature = "admin")]
            Self::Admin => "dcgmConfigSet",
            Self::Config => "dcgmConfigGet",
            Self::Diagnostics => "dcgmActionValidate_v2",
            #[cfg(feature = "testing")]
            Self::Testing => "dcgmInjectEntityFieldValue",
            Self::HostEngine => "dcgmIntrospectGetHostengineMemoryUsage",
            Self::Jobs => "dcgmJobGetStats",
            Self::Processes => "dcgmGetPidInfo",
            Self::History => "dcgmGetFieldSummary",
            Self::Profiling => "dcgmProfGetSupportedMetricGroups",
            Self::Topology => "dcgmGetDeviceTopology",
        }
    }
}

/// The duration of a hanging call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Delay {
    /// For this time by the mock's clock. With a manual clock, the call hangs until the test has advanced
    /// the clock by that much.
    For(Duration),
    /// Until [`Mock::release`](super::Mock::release).
    UntilReleased,
}

/// A hanging call.
#[derive(Debug)]
pub(super) struct HangingCall {
    pub(super) call: Call,
    state: AtomicU8,
}

const HANGING: u8 = 0;
const RELEASED: u8 = 1;
const CANCELLED: u8 = 2;

impl HangingCall {
    pub(super) fn new(call: Call) -> Arc<Self> {
        Arc::new(Self {
            call,
            state: AtomicU8::new(HANGING),
        })
    }

    pub(super) fn release_call(&self) {
        self.finish_call(RELEASED);
    }

    pub(super) fn cancel_call(&self) {
        self.finish_call(CANCELLED);
    }

    pub(super) fn is_finished(&self) -> bool {
        self.state.load(Ordering::Acquire) != HANGING
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.state.load(Ordering::Acquire) == CANCELLED
    }

    /// Ends the call; only the first end counts.
    fn finish_call(&self, state: u8) {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        let _ = self
            .state
            .compare_exchange(HANGING, state, success, failure);
    }
}

/// The planned faults and the call counts.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Mutex<HashMap<Call, PlannedFaults>>,
    calls: [AtomicU64; Call::ALL.len()],
}

#[derive(Debug, Default)]
struct PlannedFaults {
    panic: bool,
    next: VecDeque<Error>,
    always: Option<Error>,
    delay_next: VecDeque<Delay>,
    delay: Option<Delay>,
}

impl Faults {
    pub(super) fn count_call(&self, call: Call) {
        if let Some(calls) = self.calls.get(call as usize) {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn call_count(&self, call: Call) -> u64 {
        let calls = self.calls.get(call as usize);
        calls.map_or(0, |calls| calls.load(Ordering::Relaxed))
    }

    pub(super) fn fail_next(&self, call: Call, error: Error) {
        self.planned
            .lock()
            .entry(call)
            .or_default()
            .next
            .push_back(error);
    }

    pub(super) fn fail_always(&self, call: Call, error: Error) {
        self.planned.lock().entry(call).or_default().always = Some(error);
    }

    pub(super) fn panic_next(&self, call: Call) {
        self.planned.lock().entry(call).or_default().panic = true;
    }

    pub(super) fn delay_next(&self, call: Call, delay: Delay) {
        let mut planned = self.planned.lock();
        planned.entry(call).or_default().delay_next.push_back(delay);
    }

    pub(super) fn set_delay(&self, call: Call, delay: Option<Delay>) {
        self.planned.lock().entry(call).or_default().delay = delay;
    }

    pub(super) fn clear_all(&self) {
        self.planned.lock().clear();
    }

    pub(super) fn take_panic(&self, call: Call) -> bool {
        let mut planned = self.planned.lock();
        planned
            .get_mut(&call)
            .is_some_and(|planned| std::mem::take(&mut planned.panic))
    }

    pub(super) fn take_delay(&self, call: Call) -> Option<Delay> {
        let mut planned = self.planned.lock();
        let planned = planned.get_mut(&call)?;
        planned.delay_next.pop_front().or(planned.delay)
    }

    pub(super) fn take_error(&self, call: Call) -> Option<Error> {
        let mut planned = self.planned.lock();
        let planned = planned.get_mut(&call)?;
        planned.next.pop_front().or_else(|| planned.always.clone())
    }
}
