//! The [`Client`] trait, and its implementation for pointers to a client.

use core::fmt::Debug;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

pub use crate::backend::{Backend, BackendKind};
use crate::config::ConfigClient;
use crate::cursor::Cursor;
use crate::diagnostics::DiagnosticsClient;
use crate::entity::{Entity, EntityId, EntityKind, Link};
use crate::error::Result;
use crate::field::FieldId;
use crate::field_policies::FieldPolicyClient;
use crate::health::HealthClient;
use crate::history::HistoryClient;
use crate::host_engine::HostEngineClient;
use crate::jobs::JobsClient;
use crate::not_implemented::NotImplemented;
use crate::policy::PolicyClient;
use crate::processes::ProcessesClient;
use crate::profiling::ProfilingClient;
pub use crate::query::Query;
use crate::sample::{Sample, Samples, Timestamp};
use crate::topology::TopologyClient;
use crate::value::NoValue;
use crate::version::BuildInfo;
pub use crate::watch::{Refusal, Watch, WatchRequest};

/// Access to a DCGM host engine: [`Engine`](crate::Engine), a [mock](crate::mock), or your own
/// implementation.
///
/// The trait is object-safe, and other crates may implement it. Code that takes a `&dyn Client` can
/// be tested without a GPU. Methods that later releases add will have default bodies.
///
/// Creating a client does no I/O; [`connect`](Self::connect) does. After an error for which
/// [`is_disconnected`](crate::Error::is_disconnected) returns `true`, the session is over: its
/// watches are gone, and every call to the engine returns
/// [`Error::NotConnected`](crate::Error::NotConnected) until the next `connect`.
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
    /// [`Error::Load`](crate::Error::Load) if libdcgm cannot be loaded;
    /// [`Error::Connect`](crate::Error::Connect) with the cause if no host engine can be reached;
    /// [`Error::VersionMismatch`](crate::Error::VersionMismatch) if libdcgm and the engine have
    /// different major versions.
    fn connect(&self) -> Result<()>;

    /// Closes the session, if one is open. May be called at any time and repeatedly.
    fn close(&self);

    /// Returns the build information of the engine.
    ///
    /// # Errors
    ///
    /// An error for which [`is_disconnected`](crate::Error::is_disconnected) returns `true`, if there
    /// is no session or the connection is lost. All other methods that call the engine can return
    /// such an error, too.
    fn build_info(&self) -> Result<BuildInfo>;

    /// Replaces the contents of `into` with the supported entities of `kind`, in ascending order. The
    /// call is cheap enough to be made before each read.
    ///
    /// GPUs that are lost, paused or detached are not among them: see [`entities`](Self::entities).
    ///
    /// Listing CPUs can crash an engine of DCGM 3.3. This crate lists CPUs and their cores only if a
    /// caller requests their kinds.
    ///
    /// # Errors
    ///
    /// An error for which [`is_unsupported`](crate::Error::is_unsupported) returns `true`, if the
    /// engine cannot list the kind. After an error, `into` is empty.
    fn list(&self, kind: EntityKind, into: &mut Vec<EntityId>) -> Result<()>;

    /// Returns the supported entities of `kind` in a new vector, like [`list`](Self::list).
    ///
    /// # Errors
    ///
    /// The same as for [`list`](Self::list).
    fn entity_ids(&self, kind: EntityKind) -> Result<Vec<EntityId>> {
        let mut ids = Vec::new();
        self.list(kind, &mut ids)?;
        Ok(ids)
    }

    /// Lists the supported entities of several kinds. Calls `each` once for every kind, in the order
    /// of `kinds`: with the entities of that kind, in ascending order, or with the error if the
    /// engine cannot list the kind.
    ///
    /// The default body calls [`list`](Self::list) for each kind. Override this method if one request
    /// for all kinds is cheaper, or if the implementation wraps another client.
    ///
    /// # Errors
    ///
    /// The same as for [`build_info`](Self::build_info). After an error, `each` was called for only
    /// some of the kinds, or for none.
    fn list_each(
        &self,
        kinds: &[EntityKind],
        each: &mut dyn FnMut(EntityKind, Result<&[EntityId]>),
    ) -> Result<()> {
        let mut ids = Vec::new();
        for kind in kinds {
            match self.list(*kind, &mut ids) {
                Err(error) if error.ends_connection() => return Err(error),
                outcome => each(*kind, outcome.map(|()| ids.as_slice())),
            }
        }
        Ok(())
    }

    /// Returns the entities of `kinds` with their identities, properties and states, including lost,
    /// paused and detached GPUs. Kinds that the engine cannot list are skipped.
    ///
    /// # Errors
    ///
    /// The same as for [`build_info`](Self::build_info).
    fn entities(&self, kinds: &[EntityKind]) -> Result<Vec<Entity>>;

    /// Returns the NVLinks of all GPUs and NVSwitches, without links in the state
    /// [`NOT_SUPPORTED`](crate::LinkState::NOT_SUPPORTED).
    ///
    /// # Errors
    ///
    /// The same as for [`build_info`](Self::build_info).
    fn links(&self) -> Result<Vec<Link>>;

    /// Watches the fields and entities of `request`: the engine samples them until the returned
    /// [`Watch`] is dropped.
    ///
    /// Blocks until the engine has taken the first sample of every field, which can take seconds for
    /// many fields. [Profiling fields](FieldId::is_profiling) have no value yet in that first
    /// sample: they report an average over the interval and need a second sample, one interval
    /// later.
    ///
    /// If the engine refuses single fields or entities, the others are watched: see
    /// [`Watch::refusals`].
    ///
    /// <div class="warning">
    ///
    /// Avoid watching any field on [`LINK`](EntityKind::LINK) entities, such as 1508, 1530 or 1531.
    /// DCGM 4.6 never discards the samples of links, so that the memory of the engine grows. It also
    /// reads the watched links in every pass of its sampling loop, whatever the interval of the
    /// watch.
    ///
    /// </div>
    ///
    /// # Errors
    ///
    /// The error of one of the refusals, if nothing could be watched. An error for which
    /// [`is_transient`](crate::Error::is_transient) or [`is_gpu_lost`](crate::Error::is_gpu_lost)
    /// returns `true` can also fail the call, although other fields could be watched.
    fn watch(&self, request: &WatchRequest) -> Result<Watch>;

    /// Replaces the contents of `into` with the latest sample of each (entity, field) pair of
    /// `query`, in no particular order. Does not allocate when `query` and `into` are reused.
    ///
    /// For a pair without a value, the [`Sample`](crate::Sample) has the reason. If the engine stops
    /// sampling, reads still return the old samples with their old timestamps, and no error. To
    /// detect this, compare the timestamps of successive reads.
    ///
    /// # Errors
    ///
    /// The same as for [`build_info`](Self::build_info). After an error, `into` is empty.
    fn latest(&self, query: &Query, into: &mut Samples) -> Result<()>;

    /// Returns the latest sample of each pair of `query` in a new buffer, like
    /// [`latest`](Self::latest).
    ///
    /// # Errors
    ///
    /// The same as for [`latest`](Self::latest).
    fn read(&self, query: &Query) -> Result<Samples> {
        let mut samples = Samples::new();
        self.latest(query, &mut samples)?;
        Ok(samples)
    }

    /// Watches `fields` of `entities`, reads them once, and ends the watch: for batch jobs.
    ///
    /// Blocks until the engine has taken the first sample of every field. If `fields` has
    /// [profiling fields](FieldId::is_profiling), the call also waits for their second sample, which
    /// is the first with a value: about one second, and at most [`READ_ONCE_TIMEOUT`].
    ///
    /// The result has one sample for each pair: all `fields` of the first entity, then all `fields`
    /// of the next. The sample of a pair that was refused or has no value has the reason. To read
    /// repeatedly, keep a [`watch`](Self::watch) instead: each call of this method makes the engine
    /// set up and tear down a watch.
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
    /// The same as for [`watch`](Self::watch) and [`latest`](Self::latest).
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

    /// Replaces the contents of `into` with the samples of the pairs of `watch` since the position of
    /// `cursor`. Each sample is returned once, and the samples of a pair are in the order of time. An
    /// error does not advance `cursor`.
    ///
    /// # Errors
    ///
    /// The same as for [`build_info`](Self::build_info). Also
    /// [`ReturnCode::NOT_WATCHED`](crate::ReturnCode::NOT_WATCHED), if the engine no longer watches a
    /// pair of `watch`: create a new watch and continue with the same cursor. After these errors,
    /// `into` is empty.
    fn events(&self, watch: &Watch, cursor: &mut Cursor, into: &mut Samples) -> Result<()>;

    /// Makes an embedded engine in [manual mode](crate::EmbeddedMode::Manual) take all samples that
    /// are due, and waits until they are taken. Has no effect on other engines, which sample on their
    /// own.
    ///
    /// # Errors
    ///
    /// The same as for [`build_info`](Self::build_info).
    fn update(&self) -> Result<()> {
        Ok(())
    }

    /// Returns the health checks.
    fn health(&self) -> &dyn HealthClient {
        &NotImplemented
    }

    /// Returns the policies and their violations.
    fn policies(&self) -> &dyn PolicyClient {
        &NotImplemented
    }

    /// Returns the policies on fields, from DCGM 4.7.
    fn field_policies(&self) -> &dyn FieldPolicyClient {
        &NotImplemented
    }

    /// Returns the access to what changes hardware. With the feature `admin`.
    #[cfg(feature = "admin")]
    fn admin(&self) -> &dyn crate::admin::AdminClient {
        &NotImplemented
    }

    /// Returns the access to the configuration of GPUs.
    fn config(&self) -> &dyn ConfigClient {
        &NotImplemented
    }

    /// Returns the access to the diagnostics of the host engine.
    fn diagnostics(&self) -> &dyn DiagnosticsClient {
        &NotImplemented
    }

    /// Returns the access to what DCGM has for tests. With the feature `testing`.
    #[cfg(feature = "testing")]
    fn testing(&self) -> &dyn crate::testing::TestingClient {
        &NotImplemented
    }

    /// Returns the access to the state of the host engine itself.
    fn host_engine(&self) -> &dyn HostEngineClient {
        &NotImplemented
    }

    /// Returns the access to jobs.
    fn jobs(&self) -> &dyn JobsClient {
        &NotImplemented
    }

    /// Returns the access to the statistics of processes.
    fn processes(&self) -> &dyn ProcessesClient {
        &NotImplemented
    }

    /// Returns the access to the cache of samples.
    fn history(&self) -> &dyn HistoryClient {
        &NotImplemented
    }

    /// Returns the access to metric groups and the pause of profiling.
    fn profiling(&self) -> &dyn ProfilingClient {
        &NotImplemented
    }

    /// Returns the access to the topology and the attributes of GPUs.
    fn topology(&self) -> &dyn TopologyClient {
        &NotImplemented
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

                    fn health(&self) -> &dyn HealthClient {
                        (**self).health()
                    }

                    fn policies(&self) -> &dyn PolicyClient {
                        (**self).policies()
                    }

                    fn field_policies(&self) -> &dyn FieldPolicyClient {
                        (**self).field_policies()
                    }

                    #[cfg(feature = "admin")]
                    fn admin(&self) -> &dyn crate::admin::AdminClient {
                        (**self).admin()
                    }

                    fn config(&self) -> &dyn ConfigClient {
                        (**self).config()
                    }

                    fn diagnostics(&self) -> &dyn DiagnosticsClient {
                        (**self).diagnostics()
                    }

                    #[cfg(feature = "testing")]
                    fn testing(&self) -> &dyn crate::testing::TestingClient {
                        (**self).testing()
                    }

                    fn host_engine(&self) -> &dyn HostEngineClient {
                        (**self).host_engine()
                    }

                    fn jobs(&self) -> &dyn JobsClient {
                        (**self).jobs()
                    }

                    fn processes(&self) -> &dyn ProcessesClient {
                        (**self).processes()
                    }

                    fn history(&self) -> &dyn HistoryClient {
                        (**self).history()
                    }

                    fn profiling(&self) -> &dyn ProfilingClient {
                        (**self).profiling()
                    }

                    fn topology(&self) -> &dyn TopologyClient {
                        (**self).topology()
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

/// The methods of [`Client`] that return a subject, for a client that implements all of them.
macro_rules! implement_every_subject {
    () => {
        implement_every_subject! {
            health: health::HealthClient;
            policies: policy::PolicyClient;
            field_policies: field_policies::FieldPolicyClient;
            #[cfg(feature = "admin")]
            admin: admin::AdminClient;
            config: config::ConfigClient;
            diagnostics: diagnostics::DiagnosticsClient;
            #[cfg(feature = "testing")]
            testing: testing::TestingClient;
            host_engine: host_engine::HostEngineClient;
            jobs: jobs::JobsClient;
            processes: processes::ProcessesClient;
            history: history::HistoryClient;
            profiling: profiling::ProfilingClient;
            topology: topology::TopologyClient;
        }
    };
    ($($(#[$attribute:meta])* $method:ident: $module:ident::$subject:ident;)*) => {
        $(
            $(#[$attribute])*
            fn $method(&self) -> &dyn $crate::$module::$subject {
                self
            }
        )*
    };
}
pub(crate) use implement_every_subject;
