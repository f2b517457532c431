//! The seam between those who ask and those who answer.

use core::any::Any;
use core::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::Samples;
use crate::version::BuildInfo;

/// Something that answers as a DCGM host engine does: [`Engine`](crate::Engine), or a stand-in.
///
/// Object-safe and open: code that only reads takes a `&dyn Client` and is tested without a GPU. A
/// method added later has a default body, so that no implementor breaks.
///
/// A client is made without talking to anybody; [`connect`](Self::connect) does that. Once a call
/// has failed with an error that [`is_disconnected`](Error::is_disconnected), the session is over:
/// watches are gone, and every call answers [`Error::NotConnected`] until `connect` is called
/// again.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityKind};
///
/// /// Works on an engine and on a stand-in alike.
/// fn gpus(client: &dyn Client) -> dcgm::Result<usize> {
///     let mut found = Vec::new();
///     client.list(EntityKind::GPU, &mut found)?;
///     Ok(found.len())
/// }
///
/// let mock = Mock::named("8xh100").unwrap();
/// assert!(gpus(&mock).is_err(), "it is not connected yet");
/// mock.connect()?;
/// assert_eq!(gpus(&mock)?, 8);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait Client: Debug + Send + Sync {
    /// What is behind this client. Answers at once, connected or not.
    fn backend(&self) -> Backend;

    /// Opens a session.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyConnected`] if there is one (and it is kept); [`Error::Load`] without a
    /// libdcgm; [`Error::Connect`] with the cause; [`Error::VersionMismatch`].
    fn connect(&self) -> Result<()>;

    /// Ends the session, if there is one. May be called at any time, and again.
    fn close(&self);

    /// What the engine says of how it was built.
    ///
    /// # Errors
    ///
    /// [`is_disconnected`](Error::is_disconnected) once the engine is gone. So for all that follow.
    fn build_info(&self) -> Result<BuildInfo>;

    /// Replaces `into` with the entities of a kind, ascending. Cheap enough to do before each read.
    ///
    /// CPUs are listed only if asked for: an engine of 3.3 can die of it.
    ///
    /// # Errors
    ///
    /// [`is_unsupported`](Error::is_unsupported) if this engine cannot list that kind; `into` is
    /// then empty.
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()>;

    /// Lists several kinds, by one request to the client's thread if it has one: `each` is told the
    /// entities of a kind, ascending, or why this engine cannot list that kind, in the order of
    /// `kinds`.
    ///
    /// # Errors
    ///
    /// As [`Self::build_info`], and then not every kind was told.
    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        let mut ids = Vec::new();
        for kind in kinds {
            match self.list(*kind, &mut ids) {
                Err(error) if error.is_disconnected() || error.is_timeout() => return Err(error),
                outcome => each(*kind, outcome.map(|()| ids.as_slice())),
            }
        }
        Ok(())
    }

    /// The entities of these kinds, and what identifies them. Kinds that the engine cannot list are
    /// left out.
    ///
    /// # Errors
    ///
    /// As [`Self::build_info`].
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>>;

    /// The NVLinks of all GPUs and NVSwitches, those that are not supported left out.
    ///
    /// # Errors
    ///
    /// As [`Self::build_info`].
    fn links(&self) -> Result<Vec<Link>>;

    /// Has the engine sample fields, until the [`Watch`] is dropped.
    ///
    /// One field or entity that the engine refuses does not cost the others: see
    /// [`Watch::refused`].
    ///
    /// # Errors
    ///
    /// If nothing at all could be watched: the first refusal.
    fn watch(&self, request: &WatchRequest) -> Result<Watch>;

    /// Replaces `into` with the latest sample of each field of each entity of the query.
    ///
    /// A pair that has no value is a [`Sample`](crate::Sample) that says why. A sample that is old
    /// comes with its old timestamp and status "fine": an engine whose sampling hangs goes on
    /// answering so.
    ///
    /// # Errors
    ///
    /// As [`Self::build_info`]; `into` is then empty.
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()>;

    /// Replaces `into` with the samples that the watch has taken since the cursor, each once, those
    /// of an entity's field in the order of time. Moves the cursor if, and only if, it succeeds.
    ///
    /// # Errors
    ///
    /// As [`Self::build_info`]; [`ReturnCode::NOT_WATCHED`](crate::ReturnCode::NOT_WATCHED) if the
    /// engine no longer watches a pair: watch anew, and go on with the same cursor. `into` is then
    /// empty.
    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()>;

    /// Has an engine in manual mode sample what is due, and waits for it. Others sample by
    /// themselves.
    ///
    /// # Errors
    ///
    /// As [`Self::build_info`].
    fn update(&self) -> Result<()> {
        Ok(())
    }
}

/// A shared client is a client.
impl<C: Client + ?Sized> Client for Arc<C> {
    fn backend(&self) -> Backend {
        (**self).backend()
    }

    fn connect(&self) -> Result<()> {
        (**self).connect()
    }

    fn close(&self) {
        (**self).close();
    }

    fn build_info(&self) -> Result<BuildInfo> {
        (**self).build_info()
    }

    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()> {
        (**self).list(kind, into)
    }

    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        (**self).list_each(kinds, each)
    }

    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>> {
        (**self).entities(kinds)
    }

    fn links(&self) -> Result<Vec<Link>> {
        (**self).links()
    }

    fn watch(&self, request: &WatchRequest) -> Result<Watch> {
        (**self).watch(request)
    }

    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()> {
        (**self).latest(query, into)
    }

    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()> {
        (**self).events(watch, cursor, into)
    }

    fn update(&self) -> Result<()> {
        (**self).update()
    }
}

/// What is behind a client.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{BackendKind, Client};
///
/// let backend = Mock::named("1xl4").unwrap().backend();
/// assert_eq!(backend.kind, BackendKind::Mock);
/// assert!(backend.is_simulated(), "whoever shows its values must say so");
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Backend {
    /// Hardware, or something made up.
    pub kind: BackendKind,
    /// Where the engine is: an endpoint, `embedded`, or what a mock is called.
    pub target: String,
    /// The file of the libdcgm that was loaded, if one was.
    pub library_path: Option<PathBuf>,
    /// What that libdcgm says of how it was built.
    pub library: Option<BuildInfo>,
}

impl Backend {
    /// A backend without a libdcgm.
    #[must_use]
    pub fn new(kind: BackendKind, target: impl Into<String>) -> Self {
        Self {
            kind,
            target: target.into(),
            library_path: None,
            library: None,
        }
    }

    /// Whether what it says is made up: a mock, or a libdcgm that says of itself that it is
    /// simulated.
    ///
    /// Whoever shows its values must say so.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.kind == BackendKind::Mock || self.library.as_ref().is_some_and(BuildInfo::is_simulated)
    }
}

/// Whether a client talks to an engine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BackendKind {
    /// An engine within this process.
    Embedded,
    /// Nothing real: values are made up.
    Mock,
    /// A host engine in a process of its own.
    Standalone,
}

/// What to watch: every field of every entity.
///
/// ```
/// use std::time::Duration;
/// use dcgm::{EntityId, FieldId, WatchRequest};
///
/// let request = WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP, FieldId::POWER_USAGE])
///     .with_interval(Duration::from_secs(5));
/// # assert_eq!(request.fields.len(), 2);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct WatchRequest {
    /// Whose fields.
    pub entities: Vec<EntityId>,
    /// Which.
    pub fields: Vec<FieldId>,
    /// How often the engine samples: 15 s, unless another client wants the same field more often.
    pub interval: Duration,
    /// How long the engine keeps samples: at least 1 s, whole seconds. There is no limit by number:
    /// engines do not keep to one.
    pub keep_age: Duration,
    /// Whether [`Client::events`] will be asked for the samples.
    pub events: bool,
}

impl WatchRequest {
    /// For reading the latest samples: every 15 s, kept for 60 s.
    #[must_use]
    pub fn new(entities: impl Into<Vec<EntityId>>, fields: impl Into<Vec<FieldId>>) -> Self {
        Self {
            entities: entities.into(),
            fields: fields.into(),
            interval: Duration::from_secs(15),
            keep_age: Duration::from_secs(60),
            events: false,
        }
    }

    /// For reading every sample: kept for an hour, so that an outage of this client loses none.
    #[must_use]
    pub fn events(entities: impl Into<Vec<EntityId>>, fields: impl Into<Vec<FieldId>>) -> Self {
        Self {
            keep_age: Duration::from_secs(3600),
            events: true,
            ..Self::new(entities, fields)
        }
    }

    /// With another interval, and samples kept for four of them (at least 60 s; at least an hour
    /// for events).
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self.keep_age = self.keep_age.max(interval.saturating_mul(4));
        self
    }
}

/// What the engine would not watch, and why.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId, Error, FieldId, ReturnCode, WatchRequest};
///
/// let mock = Mock::named("1xl4").unwrap();
/// mock.connect()?;
/// let code = ReturnCode::MODULE_NOT_LOADED;
/// mock.refuse(FieldId::PROF_SM_ACTIVE, Error::Call { function: "dcgmWatchFields", code });
/// let fields = [FieldId::GPU_TEMP, FieldId::PROF_SM_ACTIVE];
/// let watch = mock.watch(&WatchRequest::new([EntityId::gpu(0)], fields))?;
/// // The other field is watched all the same.
/// assert_eq!(watch.fields(), [FieldId::GPU_TEMP]);
/// assert_eq!(watch.refusals()[0].field, Some(FieldId::PROF_SM_ACTIVE));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// The entity; `None` if the field is refused for all of them.
    pub entity: Option<EntityId>,
    /// The field; `None` if the entity is refused for all of them.
    pub field: Option<FieldId>,
    /// The engine's answer.
    pub error: Error,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub const fn new(entity: Option<EntityId>, field: Option<FieldId>, error: Error) -> Self {
        Self {
            entity,
            field,
            error,
        }
    }
}

/// Fields that the engine samples as long as this lives.
///
/// It may outlive the client's session, and then does nothing.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId, FieldId, WatchRequest};
///
/// let mock = Mock::named("1xl4").unwrap();
/// mock.connect()?;
/// let watch = mock.watch(&WatchRequest::new([EntityId::gpu(0)], [FieldId::GPU_TEMP]))?;
/// assert!(watch.refusals().is_empty());
/// assert_eq!(mock.open_watches(), 1);
/// // The engine stops sampling.
/// drop(watch);
/// assert_eq!(mock.open_watches(), 0);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub struct Watch {
    request: WatchRequest,
    refused: Vec<Refusal>,
    guard: Box<dyn Any + Send + Sync>,
}

impl Watch {
    /// For those who implement [`Client`]: `request` is what is being watched, refusals left out;
    /// dropping `guard` ends it.
    #[must_use]
    pub fn new(
        request: WatchRequest,
        refused: Vec<Refusal>,
        guard: impl Any + Send + Sync,
    ) -> Self {
        Self {
            request,
            refused,
            guard: Box::new(guard),
        }
    }

    /// Whose fields are watched.
    #[must_use]
    pub fn entities(&self) -> &[EntityId] {
        &self.request.entities
    }

    /// Which fields are watched.
    #[must_use]
    pub fn fields(&self) -> &[FieldId] {
        &self.request.fields
    }

    /// How often the engine samples, if nobody else wants more.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.request.interval
    }

    /// What was asked for and refused.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.refused
    }

    /// For those who implement [`Client`]: what [`Self::new`] was given.
    #[must_use]
    pub fn guard<T: Any>(&self) -> Option<&T> {
        self.guard.downcast_ref()
    }
}

/// Ends the watching. While a panic unwinds, another one of the guard's would end the process: it
/// ends here.
impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let guard = core::mem::replace(&mut self.guard, Box::new(()));
            let _ = catch_unwind(AssertUnwindSafe(|| drop(guard)));
        }
    }
}

impl Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("request", &self.request)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// What to read: blocks of entities and their fields. Make it once and use it for each read.
///
/// A clone is the same query: the client remembers how it reads each one.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityId, FieldId, Query, Samples, WatchRequest};
///
/// let mock = Mock::named("8xh100").unwrap();
/// mock.connect()?;
/// let gpus: Vec<_> = (0..8).map(EntityId::gpu).collect();
/// let watch = mock.watch(&WatchRequest::new(gpus, [FieldId::GPU_TEMP, FieldId::POWER_USAGE]))?;
/// let query = Query::from_watches([&watch]);
/// let mut samples = Samples::new();
/// // Again and again, with the same query and the same samples.
/// mock.latest(&query, &mut samples)?;
/// assert_eq!((query.len(), samples.iter().count()), (16, 16));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    inner: Arc<QueryInner>,
}

#[derive(Debug)]
struct QueryInner {
    id: u64,
    blocks: Vec<(Vec<EntityId>, Vec<FieldId>)>,
}

impl Query {
    /// Every field of every entity of each block. Empty blocks are left out.
    #[must_use]
    pub fn new(blocks: impl IntoIterator<Item = (Vec<EntityId>, Vec<FieldId>)>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let filled = |(entities, fields): &(Vec<EntityId>, Vec<FieldId>)| {
            !entities.is_empty() && !fields.is_empty()
        };
        let blocks = blocks.into_iter().filter(filled).collect();
        Self {
            inner: Arc::new(QueryInner {
                id: NEXT.fetch_add(1, Ordering::Relaxed),
                blocks,
            }),
        }
    }

    /// The latest samples of what these watches watch.
    #[must_use]
    pub fn from_watches<'a>(watches: impl IntoIterator<Item = &'a Watch>) -> Self {
        Self::new(
            watches
                .into_iter()
                .map(|watch| (watch.entities().to_vec(), watch.fields().to_vec())),
        )
    }

    /// The blocks.
    #[must_use]
    pub fn blocks(&self) -> &[(Vec<EntityId>, Vec<FieldId>)] {
        &self.inner.blocks
    }

    /// How many samples it brings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks()
            .iter()
            .map(|(entities, fields)| entities.len() * fields.len())
            .sum()
    }

    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks().is_empty()
    }

    /// Whether there is no clone of it.
    pub(crate) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.inner) == 1
    }

    /// A number that no other query of this process has.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.inner.id
    }
}
