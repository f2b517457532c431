//! GPU telemetry from NVIDIA DCGM (Data Center GPU Manager), in Rust.
//!
//! libdcgm is loaded when a client connects: nothing of DCGM is needed to build, and where there is
//! none, every call answers [`Error::Load`].
//!
//! * [`Client`] is the seam: [`Engine`] is a host engine reached through libdcgm, and `mock::Mock`
//!   (feature `mock`) is one that a test makes up.
//! * [`EntityId`] says where something is found (GPU 3), [`Entity`] what it is; [`FieldId`] is one
//!   of its quantities.
//! * [`Client::watch`] has the engine sample fields for as long as the [`Watch`] lives.
//! * [`Client::latest`] reads the newest [`Sample`] of each pair of a [`Query`]; [`Client::events`]
//!   reads every sample since a [`Cursor`], each once.
//! * A sample's value is a [`Value`], or the reason why there is none: [`NoValue`]. A blank is never
//!   a number.
//! * An [`Error`] keeps DCGM's code and the function's name; ask its `is_*` predicates what to do,
//!   and [`hint`](Error::hint) what a person can do.
//!
//! ```
//! # #[cfg(feature = "mock")] {
//! use dcgm::mock::Mock;
//! use dcgm::{Client, EntityKind, FieldId, Query, Samples, WatchRequest};
//!
//! /// Works on any client; so does its test, without a GPU.
//! fn hottest(client: &dyn Client) -> dcgm::Result<Option<i64>> {
//!     let mut gpus = Vec::new();
//!     client.list(EntityKind::GPU, &mut gpus)?;
//!     let watch = client.watch(&WatchRequest::new(gpus, [FieldId::GPU_TEMP]))?;
//!     let mut samples = Samples::new();
//!     client.latest(&Query::from_watches([&watch]), &mut samples)?;
//!     Ok(samples.iter().filter_map(|sample| sample.value.ok()?.as_i64()).max())
//! }
//!
//! let mock = Mock::named("8xh100,thermal").unwrap();
//! mock.connect()?;
//! assert!(hottest(&mock)?.is_some());
//! # }
//! # Ok::<(), dcgm::Error>(())
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `mock` | off | `dcgm::mock`: scripted clients, ready-made hosts and incidents, for tests without a GPU. What they say is made up, and [`Backend::is_simulated`] tells so |

#![cfg_attr(docsrs, feature(doc_cfg))]

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
pub use code::ReturnCode;
pub use cursor::Cursor;
pub use dcgm_sys::text::sanitize;
pub use dcgm_sys::{LoadError, MissingSymbolError};
pub use endpoint::{Endpoint, EndpointError};
pub use engine::{Deadlines, Embedded, EmbeddedMode, Engine, EngineOptions, Target};
pub use entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState, Mig};
pub use error::{ConnectError, Error, ErrorClass, Operation, Result};
pub use field::{FieldId, FieldInfo, FieldKind};
pub use sample::{Iter, Sample, Samples, Timestamp};
pub use value::{NoValue, Value, ValueType};
pub use version::{BuildInfo, Version};

/// For the fuzzer, which alone builds with `--cfg fuzzing`: plays bytes as the answers of a libdcgm,
/// and panics if anything is handed out that must not be.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    ffi::hostile::exercise(bytes);
}
