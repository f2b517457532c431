//! GPU telemetry from NVIDIA DCGM, in Rust: safe, and without a dependency at build time.
//!
//! libdcgm is loaded when a client connects. Where there is none, everything answers
//! [`Error::Load`]; nothing panics, and nothing is needed to build.

mod client;
mod code;
mod cursor;
mod endpoint;
mod engine;
mod entity;
mod error;
mod ffi;
mod field;
mod fields;
#[cfg(feature = "mock")]
pub mod mock;
mod sample;
mod value;
mod version;

pub use client::{Backend, BackendKind, Client, Query, Refusal, Watch, WatchRequest};
pub use code::{Class, ReturnCode};
pub use cursor::Cursor;
pub use dcgm_sys::{LoadError, SymbolMissing};
pub use endpoint::{Endpoint, EndpointError};
pub use engine::{Deadlines, Embedded, EmbeddedMode, Engine, EngineOptions, Target};
pub use entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState, Mig};
pub use error::{ConnectCause, Error, Operation, Result};
pub use field::{FieldId, FieldInfo, FieldKind};
pub use sample::{Sample, SampleIter, Samples, Timestamp};
pub use value::{Absent, Value, ValueType};
pub use version::{BuildInfo, Version};
