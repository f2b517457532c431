//! The [`Client`] trait and its request types.

use core::any::Any;
use core::fmt::{self, Debug};
use core::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::{Error, Result};
use crate::field::FieldId;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::NoValue;
use crate::version::BuildInfo;

/// Access to a DCGM host engine: [`Engine`](crate::Engine), a [mock](crate::mock), or your own
/// implementation.
///
/// The trait is object-safe and open: code that only reads takes a `&dyn Client` and is tested
/// without a GPU. Methods added later will have default bodies.
///
/// Creating a client does no I/O; [`connect`](Self::connect) does. After an error that
/// [`is_disconnected`](Error::is_disconnected) the session is over: its watches are gone, and every
/// call returns [`Error::NotConnected`] until the next `connect`.
///
/// Calls block until the engine replies or their [deadline](crate::Deadlines) passes; see
/// [blocking and async](crate#blocking-and-async).
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{Client, EntityKind};
///
/// /// Works with an engine and with a mock.
/// fn gpus(client: &dyn Client) -> dcgm::Result<usize> {
///     Ok(client.entity_ids(EntityKind::GPU)?.len())
/// }
///
/// let mock = Mock::named("8xh100").unwrap();
/// assert!(gpus(&mock).is_err(), "not connected yet");
/// mock.connect()?;
/// assert_eq!(gpus(&mock)?, 8);
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
pub trait Client: Debug + Send + Sync {
    /// Returns the kind, target and library of this client. Returns at once, connected or not.
    fn backend(&self) -> Backend;

    /// Opens a session, or keeps the one that is open.
    ///
    /// # Errors
    ///
    /// [`Error::Load`] without a libdcgm; [`Error::Connect`] with the cause;
    /// [`Error::VersionMismatch`].
    fn connect(&self) -> Result<()>;

    /// Closes the session, if one is open. May be called at any time and repeatedly.
    fn close(&self);

    /// Returns the build information of the engine.
    ///
    /// # Errors
    ///
    /// [`is_disconnected`](Error::is_disconnected) if there is no session or the connection is
    /// lost. The same holds for all methods below.
    fn build_info(&self) -> Result<BuildInfo>;

    /// Replaces the contents of `into` with the entities of a kind, ascending. Cheap enough to call
    /// before each read.
    ///
    /// The library lists CPUs only for an explicit request, because listing them can crash an engine
    /// of 3.3.
    ///
    /// # Errors
    ///
    /// [`is_unsupported`](Error::is_unsupported) if the engine cannot list the kind; `into` is then
    /// empty.
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()>;

    /// Returns the entities of a kind, ascending: [`list`](Self::list) with a new vector.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    fn entity_ids(&self, kind: EntityKind) -> Result<Vec<EntityId>> {
        let mut ids = Vec::new();
        self.list(kind, &mut ids)?;
        Ok(ids)
    }

    /// Lists several kinds and calls `each` for every kind, in the order of `kinds`: with its
    /// entities, ascending, or with the error if the engine cannot list the kind.
    ///
    /// The default body calls [`list`](Self::list) for each kind. Override it where one request for
    /// all kinds is cheaper, and in wrappers of other clients.
    ///
    /// # Errors
    ///
    /// As [`build_info`](Self::build_info); `each` was then not called for every kind.
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

    /// Returns the entities of these kinds with their identities and properties. Kinds that the
    /// engine cannot list are skipped.
    ///
    /// # Errors
    ///
    /// As [`build_info`](Self::build_info).
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>>;

    /// Returns the NVLinks of all GPUs and NVSwitches, without those that are not supported.
    ///
    /// # Errors
    ///
    /// As [`build_info`](Self::build_info).
    fn links(&self) -> Result<Vec<Link>>;

    /// Watches fields: the engine samples them until the [`Watch`] is dropped.
    ///
    /// Blocks until the engine has taken the first sample of every field, which can take seconds for
    /// many fields. [Profiling fields](FieldId::is_profiling) have no value yet in that first
    /// sample: they report an average over the interval and need a second sample, one interval
    /// later.
    ///
    /// Refusals of single fields or entities do not affect the others: see [`Watch::refusals`].
    ///
    /// <div class="warning">
    ///
    /// Avoid watching fields on [`LINK`](EntityKind::LINK) entities (1508, 1530, 1531, and any
    /// other field watched there). DCGM 4.6 keeps their samples without expiry, so that the memory
    /// of the engine grows, and reads the links in every pass of its sampling loop, whatever the
    /// interval.
    ///
    /// </div>
    ///
    /// # Errors
    ///
    /// The first refusal, if nothing at all could be watched.
    fn watch(&self, request: &WatchRequest) -> Result<Watch>;

    /// Replaces the contents of `into` with the latest sample of each pair of the query, in the
    /// order of the query. Does not allocate when `query` and `into` are reused.
    ///
    /// A pair without a value has a [`Sample`](crate::Sample) with the reason. If the engine stops
    /// sampling, old samples keep coming with their old timestamps and without an error: compare
    /// timestamps to detect it.
    ///
    /// # Errors
    ///
    /// As [`build_info`](Self::build_info); `into` is then empty.
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()>;

    /// Returns the latest sample of each pair of the query: [`latest`](Self::latest) with a new
    /// buffer.
    ///
    /// # Errors
    ///
    /// As [`latest`](Self::latest).
    fn read(&self, query: &Query) -> Result<Samples> {
        let mut samples = Samples::new();
        self.latest(query, &mut samples)?;
        Ok(samples)
    }

    /// Reads fields once, for batch jobs: watches them, reads, and ends the watch.
    ///
    /// Blocks until the engine has taken the first sample of every field. If
    /// [profiling fields](FieldId::is_profiling) are among them, it also waits for their second
    /// sample, which carries the first value: about one second, and at most [`READ_ONCE_TIMEOUT`].
    ///
    /// The result has one sample for each pair of `entities` and `fields`, in that order; a pair that
    /// was refused or has no value carries the reason. To read repeatedly, keep a
    /// [`watch`](Self::watch) instead: each call of this method makes the engine set up and tear
    /// down a watch.
    ///
    /// ```
    /// # #[cfg(feature = "mock")] {
    /// use dcgm::mock::Mock;
    /// use dcgm::{Client, EntityKind, FieldId};
    ///
    /// let mock = Mock::named("8xh100").unwrap();
    /// mock.connect()?;
    /// let gpus = mock.entity_ids(EntityKind::GPU)?;
    /// let samples = mock.read_once(&gpus, &[FieldId::GPU_TEMP, FieldId::POWER_USAGE])?;
    /// assert_eq!(samples.len(), 16);
    /// # }
    /// # Ok::<(), dcgm::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`watch`](Self::watch) and [`latest`](Self::latest).
    fn read_once(&self, entities: &[EntityId], fields: &[FieldId]) -> Result<Samples> {
        let request = WatchRequest::new(entities, fields).with_interval(READ_ONCE_INTERVAL);
        let watch = self.watch(&request)?;
        let query = Query::from(&watch);
        let mut samples = Samples::new();
        let start = Instant::now();
        loop {
            self.update()?;
            self.latest(&query, &mut samples)?;
            let is_pending = samples.iter().any(|sample| {
                sample.field.is_profiling()
                    && matches!(sample.value, Err(NoValue::Blank | NoValue::NoData))
            });
            if !is_pending || start.elapsed() >= READ_ONCE_TIMEOUT {
                break;
            }
            thread::sleep(READ_ONCE_POLL);
        }
        Ok(add_refused_pairs(samples, &watch, entities, fields))
    }

    /// Replaces the contents of `into` with the samples that the watch has taken since the cursor,
    /// each once, in the order of time for each pair. Advances the cursor only on success.
    ///
    /// # Errors
    ///
    /// As [`build_info`](Self::build_info);
    /// [`ReturnCode::NOT_WATCHED`](crate::ReturnCode::NOT_WATCHED) if the engine no longer watches a
    /// pair: create a new watch and continue with the same cursor. `into` is then empty.
    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()>;

    /// Makes an embedded engine in [manual mode](crate::EmbeddedMode::Manual) take all samples that
    /// are due, and waits for it. Other engines sample on their own, and nothing happens.
    ///
    /// # Errors
    ///
    /// As [`build_info`](Self::build_info).
    fn update(&self) -> Result<()> {
        Ok(())
    }
}

/// The longest time that [`Client::read_once`] waits for the first values of profiling fields,
/// after the engine has accepted the watch: 5 s.
pub const READ_ONCE_TIMEOUT: Duration = Duration::from_secs(5);

/// Profiling fields average over the interval, so that shorter ones are noisier.
const READ_ONCE_INTERVAL: Duration = Duration::from_secs(1);

const READ_ONCE_POLL: Duration = Duration::from_millis(100);

/// Returns a sample for each pair: of `samples`, or the reason why it is not watched.
fn add_refused_pairs(
    samples: Samples,
    watch: &Watch,
    entities: &[EntityId],
    fields: &[FieldId],
) -> Samples {
    if watch.refusals().is_empty() {
        return samples;
    }
    let pairs = entities
        .iter()
        .flat_map(|entity| fields.iter().map(move |field| (*entity, *field)));
    pairs
        .map(|(entity, field)| {
            samples.find(entity, field).unwrap_or_else(|| {
                let is_about = |refusal: &&Refusal| {
                    refusal.entity.is_none_or(|refused| refused == entity)
                        && refusal.field.is_none_or(|refused| refused == field)
                };
                let refusal = watch.refusals().iter().find(is_about);
                let code = refusal.and_then(|refusal| refusal.error.code());
                Sample {
                    entity,
                    field,
                    timestamp: Timestamp::NEVER,
                    value: Err(code
                        .and_then(NoValue::from_status)
                        .unwrap_or(NoValue::NotWatched)),
                }
            })
        })
        .collect()
}

/// Implements [`Client`] for pointers to a client, by forwarding every method.
macro_rules! forward_client {
    ($($pointer:ty),*) => {
        $(
            impl<C: Client + ?Sized> Client for $pointer {
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

                    fn entity_ids(&self, kind: EntityKind) -> Result<Vec<EntityId>> {
                        (**self).entity_ids(kind)
                    }

                    fn read(&self, query: &Query) -> Result<Samples> {
                        (**self).read(query)
                    }

                    fn read_once(&self, entities: &[EntityId], fields: &[FieldId]) -> Result<Samples> {
                        (**self).read_once(entities, fields)
                    }
            }
        )*
    };
}

forward_client!(&C, Box<C>, Arc<C>);

/// The kind, target and library of a client.
///
/// ```
/// # #[cfg(feature = "mock")] {
/// use dcgm::mock::Mock;
/// use dcgm::{BackendKind, Client};
///
/// let backend = Mock::named("1xl4").unwrap().backend();
/// assert_eq!(backend.kind, BackendKind::Mock);
/// assert!(backend.is_simulated(), "values must be labelled");
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Backend {
    /// The kind: an engine or a mock.
    pub kind: BackendKind,
    /// The endpoint, `embedded`, or the name of a mock.
    pub target: String,
    /// The path of the loaded libdcgm, if one is loaded.
    pub library_path: Option<PathBuf>,
    /// The build information of that libdcgm.
    pub library: Option<BuildInfo>,
}

impl Backend {
    /// Creates a description without a libdcgm.
    #[must_use]
    pub fn new(kind: BackendKind, target: impl Into<String>) -> Self {
        Self {
            kind,
            target: target.into(),
            library_path: None,
            library: None,
        }
    }

    /// Returns `true` if the values are not measured: for a mock, and for a libdcgm whose build
    /// information says that it is simulated.
    ///
    /// Programs that show such values must label them.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.kind == BackendKind::Mock || self.library.as_ref().is_some_and(BuildInfo::is_simulated)
    }
}

/// The kind of a client.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BackendKind {
    /// An engine in this process.
    Embedded,
    /// A mock: values are not measured.
    Mock,
    /// A host engine in another process.
    Standalone,
}

/// A request to watch every field of every entity.
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
    /// The entities.
    pub entities: Vec<EntityId>,
    /// The fields.
    pub fields: Vec<FieldId>,
    /// The sampling interval: 15 s by default. The engine samples more often if another client
    /// wants it for the same field.
    pub interval: Duration,
    /// The time for which the engine keeps samples: whole seconds, at least 1 s. There is no limit
    /// by number, as engines do not honor it.
    pub keep_age: Duration,
    /// Set if [`Client::events`] will read the samples.
    pub events: bool,
}

impl WatchRequest {
    /// Creates a request for reading the latest samples: every 15 s, kept for 60 s.
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

    /// Creates a request for reading every sample: every 15 s, kept for an hour, so that an outage of
    /// this client loses none.
    #[must_use]
    pub fn events(entities: impl Into<Vec<EntityId>>, fields: impl Into<Vec<FieldId>>) -> Self {
        Self {
            keep_age: Duration::from_secs(3600),
            events: true,
            ..Self::new(entities, fields)
        }
    }

    /// Sets the interval, and keeps samples for at least four intervals.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self.keep_age = self.keep_age.max(interval.saturating_mul(4));
        self
    }

    /// Sets the time for which the engine keeps samples.
    #[must_use]
    pub fn with_keep_age(mut self, keep_age: Duration) -> Self {
        self.keep_age = keep_age;
        self
    }
}

/// A field or entity that the engine refused to watch, with the error.
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
/// // The other field is watched.
/// assert_eq!(watch.fields(), [FieldId::GPU_TEMP]);
/// assert_eq!(watch.refusals()[0].field, Some(FieldId::PROF_SM_ACTIVE));
/// # }
/// # Ok::<(), dcgm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refusal {
    /// The entity; `None` if the field is refused for all entities.
    pub entity: Option<EntityId>,
    /// The field; `None` if the entity is refused for all fields.
    pub field: Option<FieldId>,
    /// The error of the engine.
    pub error: Error,
}

impl Refusal {
    /// Creates a refusal.
    #[must_use]
    pub const fn new(entity: Option<EntityId>, field: Option<FieldId>, error: Error) -> Self {
        Self {
            entity,
            field,
            error,
        }
    }
}

/// A watch: the engine samples its fields until it is dropped.
///
/// It may outlive the client's session and is then without effect.
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
/// // Dropping it stops the sampling.
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
    /// Creates a watch, in an implementation of [`Client`]. `request` holds what is watched, without
    /// the refused fields and entities; dropping `guard` ends the watch.
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

    /// Returns the watched entities.
    #[must_use]
    pub fn entities(&self) -> &[EntityId] {
        &self.request.entities
    }

    /// Returns the watched fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldId] {
        &self.request.fields
    }

    /// Returns the sampling interval of this watch.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.request.interval
    }

    /// Returns the refused fields and entities.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.refused
    }

    /// Returns the guard that [`Self::new`] was given, in an implementation of [`Client`].
    #[must_use]
    pub fn guard<T: Any>(&self) -> Option<&T> {
        self.guard.downcast_ref()
    }
}

/// Ends the watch. During unwinding, a second panic in the guard would abort the process, so that it
/// is caught here.
impl Drop for Watch {
    fn drop(&mut self) {
        if thread::panicking() {
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

/// The pairs of entity and field to read. Create it once and reuse it: a client caches how it reads
/// each query, and frees the cache some time after the last clone is dropped.
///
/// Queries are compared by identity: a clone equals its original, and no other query does.
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
/// // Reusing the query and the buffer avoids allocations.
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
    /// Creates a query of every field of every entity of each block. Empty blocks are skipped.
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

    /// Creates a query of all pairs of these watches.
    #[must_use]
    pub fn from_watches<'a>(watches: impl IntoIterator<Item = &'a Watch>) -> Self {
        Self::new(
            watches
                .into_iter()
                .map(|watch| (watch.entities().to_vec(), watch.fields().to_vec())),
        )
    }

    /// Returns the blocks, for implementations of [`Client`] that send them on: every field of every
    /// entity of a block is to be read.
    #[must_use]
    pub fn blocks(
        &self,
    ) -> impl ExactSizeIterator<Item = (&[EntityId], &[FieldId])> + DoubleEndedIterator + Clone
    {
        let blocks = self.inner.blocks.iter();
        blocks.map(|(entities, fields)| (entities.as_slice(), fields.as_slice()))
    }

    /// Returns every pair, in the order in which [`Client::latest`] returns the samples.
    pub fn pairs(&self) -> impl Iterator<Item = (EntityId, FieldId)> + Clone {
        self.blocks().flat_map(|(entities, fields)| {
            entities
                .iter()
                .flat_map(|entity| fields.iter().map(|field| (*entity, *field)))
        })
    }

    /// Returns the number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks()
            .map(|(entities, fields)| entities.len() * fields.len())
            .sum()
    }

    /// Returns `true` for a query without pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.blocks.is_empty()
    }

    /// Returns `true` if there is no clone.
    pub(crate) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.inner) == 1
    }

    /// Returns the number of the query, which is unique in the process. Hidden, because comparison
    /// by identity serves the same purpose.
    pub(crate) fn id(&self) -> u64 {
        self.inner.id
    }
}

/// Compares by identity.
impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Query {}

impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

/// All pairs of the watch.
impl From<&Watch> for Query {
    fn from(watch: &Watch) -> Self {
        Self::from_watches([watch])
    }
}

/// All pairs of the watches.
impl<'a> FromIterator<&'a Watch> for Query {
    fn from_iter<I: IntoIterator<Item = &'a Watch>>(watches: I) -> Self {
        Self::from_watches(watches)
    }
}
