//! [`Watch`], its request and its refusals.

use core::any::Any;
use core::fmt::{self, Debug};
use std::time::Duration;

use crate::entity::EntityId;
use crate::error::Error;
use crate::field::FieldId;
use crate::guard::Guard;

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
    /// The sampling interval: 15 s by default. The engine samples more often if another watch of the
    /// same field and entity has a shorter interval.
    pub interval: Duration,
    /// The time for which the engine keeps samples, in whole seconds, at least 1 s (DCGM's
    /// `maxKeepAge`). DCGM's limit on the number of samples (`maxKeepSamples`) is not offered, as
    /// engines ignore it.
    pub keep_age: Duration,
    /// Set if [`Client::events`](crate::Client::events) will read the samples: the engine's time at
    /// the start of the watch is then determined, at which a new [`Cursor`](crate::Cursor) begins.
    pub events: bool,
}

impl WatchRequest {
    /// Creates a request for reading the latest samples: they are taken every 15 s and kept for 60 s.
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

    /// Creates a request for reading every sample. Samples are taken every 15 s and kept for an hour,
    /// so that none is lost if the client reads at least once an hour.
    #[must_use]
    pub fn events(entities: impl Into<Vec<EntityId>>, fields: impl Into<Vec<FieldId>>) -> Self {
        Self {
            keep_age: Duration::from_secs(3600),
            events: true,
            ..Self::new(entities, fields)
        }
    }

    /// Sets the sampling interval, and keeps samples for at least four intervals.
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

/// A watch: the engine samples the watched fields until the `Watch` is dropped.
///
/// A `Watch` may outlive the client's session. It has no effect after the end of the session.
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
    guard: Guard,
}

impl Watch {
    /// Creates a watch, for implementations of [`Client`](crate::Client). `request` has only the
    /// fields and entities that are watched, and `refused` has the others. Dropping `guard` must end
    /// the watch.
    #[must_use]
    pub fn new(
        request: WatchRequest,
        refused: Vec<Refusal>,
        guard: impl Any + Send + Sync,
    ) -> Self {
        Self {
            request,
            refused,
            guard: Guard::new(guard),
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

    /// Returns `true` if every sample of this watch will be read, not only the latest.
    pub(crate) const fn keeps_events(&self) -> bool {
        self.request.events
    }

    /// Returns the refused fields and entities.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.refused
    }

    /// Returns the refused fields and entities as requests, as few as possible, each with its error. A
    /// program can try these again later. What the hardware or the engine does not support is left
    /// out.
    #[must_use]
    pub fn refused_requests(&self) -> Vec<(WatchRequest, Error)> {
        let may_end = |refusal: &&Refusal| !refusal.error.is_unsupported();
        let mut parts: Vec<(WatchRequest, Error)> = Vec::new();
        for refusal in self.refused.iter().filter(may_end) {
            let mut part = self.request.clone();
            if let Some(entity) = refusal.entity {
                part.entities = vec![entity];
            }
            if let Some(field) = refusal.field {
                part.fields = vec![field];
            }
            match parts.last_mut() {
                Some((last, _)) if last.entities == part.entities => {
                    last.fields.append(&mut part.fields);
                }
                Some((last, _)) if last.fields == part.fields => {
                    last.entities.append(&mut part.entities);
                }
                _ => parts.push((part, refusal.error.clone())),
            }
        }
        parts
    }

    /// Returns the guard that was passed to [`Self::new`], if its type is `T`. For implementations of
    /// [`Client`](crate::Client).
    #[must_use]
    pub fn guard<T: Any>(&self) -> Option<&T> {
        self.guard.get()
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
