//! Writing the health types with `serde`, for a readiness probe in JSON.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::{ErrorKind, Health, MeterState, SampleError};
use crate::telemetry::backend_name;

/// Writes the [name](ErrorKind::name).
impl Serialize for ErrorKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Writes the text of `Display`.
impl Serialize for MeterState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for SampleError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("SampleError", 3)?;
        fields.serialize_field("kind", &self.kind)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("hint", &self.hint)?;
        fields.end()
    }
}

/// Writes a duration as a number of seconds.
#[expect(clippy::ref_option, reason = "the signature that serde calls")]
pub(super) fn seconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|one| one.as_secs_f64()).serialize(serializer)
}

/// The errors of a meter by kind, all kinds included.
struct Errors<'a>(&'a Health);

impl Serialize for Errors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(ErrorKind::ALL.len()))?;
        for kind in ErrorKind::ALL {
            map.serialize_entry(kind.name(), &self.0.errors(*kind))?;
        }
        map.end()
    }
}

/// The backend, with versions in the texts that `Display` writes.
struct Backend<'a>(&'a Health);

impl Serialize for Backend<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Health {
            backend, engine, ..
        }) = self;
        let path = backend.library_path.as_ref();
        let path = path.map(|path| dcgm::sanitize(&path.to_string_lossy()).into_owned());
        let library = backend.library.as_ref().map(ToString::to_string);
        let mut fields = serializer.serialize_struct("Backend", 5)?;
        fields.serialize_field("kind", backend_name(backend.kind))?;
        fields.serialize_field("target", &backend.target)?;
        fields.serialize_field("library", &library)?;
        fields.serialize_field("library_path", &path)?;
        fields.serialize_field("engine", &engine.as_ref().map(ToString::to_string))?;
        fields.end()
    }
}

/// Writes durations as numbers of seconds.
impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let age = self.last_sample_age.map(|age| age.as_secs_f64());
        let mut fields = serializer.serialize_struct("Health", 20)?;
        fields.serialize_field("state", &self.state)?;
        fields.serialize_field("ready", &self.is_ready())?;
        fields.serialize_field("simulated", &self.is_simulated())?;
        fields.serialize_field("since_seconds", &self.since.as_secs_f64())?;
        fields.serialize_field("reason", &self.reason)?;
        fields.serialize_field("entities", &self.entities)?;
        fields.serialize_field("series", &self.series)?;
        fields.serialize_field("series_dropped", &self.series_dropped)?;
        fields.serialize_field("last_sample_age_seconds", &age)?;
        fields.serialize_field("samples", &self.samples)?;
        fields.serialize_field("ticks", &self.ticks)?;
        fields.serialize_field("tick_time_seconds", &self.tick_time.as_secs_f64())?;
        fields.serialize_field("collections", &self.collections)?;
        fields.serialize_field("reconnects", &self.reconnects)?;
        fields.serialize_field("counter_resets", &self.counter_resets)?;
        fields.serialize_field("callback_panics", &self.callback_panics)?;
        fields.serialize_field("errors", &Errors(self))?;
        fields.serialize_field("attribution", &self.attribution)?;
        fields.serialize_field("backend", &Backend(self))?;
        fields.serialize_field("config_warnings", &self.config_warnings)?;
        fields.end()
    }
}
