//! The [`Client`] trait, and its implementation for pointers to a client.

use core::fmt::Debug;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

pub use crate::backend::{Backend, BackendKind};
use crate::cursor::Cursor;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::Result;
use crate::field::FieldId;
pub use crate::query::Query;
use crate::sample::{Sample, Samples, Timestamp};
use crate::value::NoValue;
use crate::version::BuildInfo;
pub use crate::watch::{Refusal, Watch, WatchRequest};

/// Access to a DCGM host engine: [`Engine`](crate::Engine), a [mock](crate::mock), or your own
/// implementation.
///
/// The trait is object-safe and open: code that only reads takes a `&dyn Client` and is tested
/// without a GPU. Methods added later will have default bodies.
///
/// Creating a client does no I/O; [`connect`](Self::connect) does. After an error that
/// [`is_disconnected`](crate::Error::is_disconnected) the session is over: its watches are gone, and every
/// call returns [`Error::NotConnected`](crate::Error::NotConnected) until the next `connect`.
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
    /// [`Error::Load`](crate::Error::Load) without a libdcgm; [`Error::Connect`](crate::Error::Connect) with the cause;
    /// [`Error::VersionMismatch`](crate::Error::VersionMismatch).
    fn connect(&self) -> Result<()>;

    /// Closes the session, if one is open. May be called at any time and repeatedly.
    fn close(&self);

    /// Returns the build information of the engine.
    ///
    /// # Errors
    ///
    /// [`is_disconnected`](crate::Error::is_disconnected) if there is no session or the connection is
    /// lost. The same holds for all methods below.
    fn build_info(&self) -> Result<BuildInfo>;

    /// Replaces the contents of `into` with the entities of a kind that the engine supports, ascending.
    /// Cheap enough to call before each read.
    ///
    /// GPUs that are lost, paused or detached are not among them: see [`entities`](Self::entities).
    ///
    /// The library lists CPUs only for an explicit request, because listing them can crash an engine
    /// of 3.3.
    ///
    /// # Errors
    ///
    /// [`is_unsupported`](crate::Error::is_unsupported) if the engine cannot list the kind; `into` is then
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

    /// Returns the entities of these kinds with their identities, properties and states, including
    /// lost, paused and detached GPUs. Kinds that the engine cannot list are skipped.
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

    /// Replaces the contents of `into` with the latest sample of each pair of the query, in no
    /// particular order. Does not allocate when `query` and `into` are reused.
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
        Ok(arrange_by_pair(samples, &watch, entities, fields))
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

/// Returns a sample for each pair, in order: of `samples`, or the reason why it is not watched.
fn arrange_by_pair(
    samples: Samples,
    watch: &Watch,
    entities: &[EntityId],
    fields: &[FieldId],
) -> Samples {
    let pairs = entities
        .iter()
        .flat_map(|entity| fields.iter().map(move |field| (*entity, *field)));
    let read = samples.iter().map(|sample| (sample.entity, sample.field));
    if read.eq(pairs.clone()) {
        return samples;
    }
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
