//! A safe client for NVIDIA DCGM (Data Center GPU Manager): GPU telemetry from a host engine.
//!
//! libdcgm is loaded at run time, when an [`Engine`] connects. The build needs nothing of DCGM. On a
//! host without libdcgm, [`Client::connect`] returns [`Error::Load`].
//!
//! * [`Client`] is the interface. [`Engine`] implements it for a host engine reached through libdcgm;
//!   `mock::Mock` (feature `mock`) implements it for tests without a GPU.
//! * [`EntityId`] addresses an entity (`gpu:3`), and [`Entity`] describes it. [`FieldId`] identifies
//!   a quantity that an entity has, such as its temperature.
//! * [`Client::watch`] makes the engine sample fields until the [`Watch`] is dropped.
//! * [`Client::read`] reads the latest [`Sample`] of each (entity, field) pair of a [`Query`];
//!   [`Client::latest`] is the same, but fills a buffer that you pass. [`Client::events`] reads the
//!   samples since the position of a [`Cursor`], each sample once. [`Client::read_once`] watches,
//!   reads once and ends the watch, for batch jobs.
//! * [`monitor::Monitor`] is a client that is supervised: it reconnects, watches again what was lost,
//!   and reports XIDs, lost GPUs and other changes as events.
//! * A sample has a [`Value`], or the reason why the value is missing ([`NoValue`]). The numbers that
//!   DCGM reserves for missing values ("blank values") never appear as values.
//! * A program decides by the [`class`](Error::class) of an [`Error`] how to react. The
//!   [`hint`](Error::hint) suggests to a person what to fix. An error that DCGM returned has its
//!   return code and the name of the C function.
//!
//! ```
//! # #[cfg(feature = "mock")] {
//! use dcgm::mock::Mock;
//! use dcgm::{Client, EntityKind, FieldId, Query, WatchRequest};
//!
//! /// Works with any client, so that it can be tested without a GPU.
//! fn hottest(client: &dyn Client) -> dcgm::Result<Option<i64>> {
//!     let gpus = client.entity_ids(EntityKind::GPU)?;
//!     let watch = client.watch(&WatchRequest::new(gpus, [FieldId::GPU_TEMP]))?;
//!     let samples = client.read(&Query::from(&watch))?;
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
//! # The other subjects of DCGM
//!
//! [`Client`] returns one object for each of them. A client of another crate that does not implement a
//! subject returns [`Error::NotImplemented`].
//!
//! | subject | returned by | offers |
//! |---|---|---|
//! | [`health`] | [`Client::health`] | health watches and checks: incidents with their severity, meaning and advised action |
//! | [`policy`] | [`Client::policies`] | the policies of the engine, and their violations as an iterator |
//! | [`field_policies`] | [`Client::field_policies`] | limits for any field, from DCGM 4.7 |
//! | [`jobs`], [`processes`] | [`Client::jobs`], [`Client::processes`] | statistics of a job from prolog to epilog, and of a process |
//! | [`history`] | [`Client::history`] | samples and summaries over a time, the properties of fields, the watchers of a field |
//! | [`topology`] | [`Client::topology`] | paths between GPUs, the GPUs to choose for a job, attributes, CPUs, vGPUs |
//! | [`profiling`] | [`Client::profiling`] | fields that can be collected together, pausing |
//! | [`diagnostics`] | [`Client::diagnostics`] | diagnostics with progress, a deadline and a way to stop them |
//! | [`config`] | [`Client::config`] | the configuration of GPUs; with the feature `admin`, `admin` changes it |
//! | [`host_engine`] | [`Client::host_engine`] | the modules, memory, processor time and log level of the engine |
//!
//! # Blocking and async
//!
//! A call to the engine blocks until the engine replies, or until at most 1 s after the
//! [deadline](Deadlines) of the call. The default deadlines are 5 s for connecting, listing entities
//! and reading samples, and 30 s for reading properties and for watching. An [`Engine`] executes its
//! calls one after another on its own thread. If libdcgm hangs, the call is cancelled; if that fails,
//! the thread is abandoned. Do not call an `Engine` from an async task. Call it from a thread that
//! may block, for example with tokio's `spawn_blocking`. Clients are `Send + Sync`: share a client in
//! an `Arc`, and move a clone of the `Arc` into the blocking closure:
//!
//! ```ignore
//! let client: Arc<dyn Client> = Arc::new(engine);
//! let samples = tokio::task::spawn_blocking(move || client.read(&query)).await??;
//! ```
//!
//! A blocking thread cannot be cancelled from outside: when the task is dropped, the call goes on
//! until it returns or its deadline passes. Dropping a [`Watch`] waits at most 0.25 s for the engine.
//! Dropping or [closing](Client::close) an [`Engine`] cancels a call in progress. Dropping an
//! [`Engine`] takes two seconds at most. [`Client::close`] has no deadline of its own: it uses the
//! one for connecting, and takes at most 1 s longer.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `admin` | off | What changes a GPU or the engine for all of its clients: `dcgm::admin` (clocks, power limits, MIG instances) and four methods of [`HostEngineClient`](host_engine::HostEngineClient) (denying modules, emptying the cache, detaching and attaching the driver) |
//! | `isolated` | off | `dcgm::isolated` (Linux): libdcgm in a child process, so that a crash of it does not end the program; the program `dcgm-worker` |
//! | `mock` | off | `dcgm::mock`: scripted clients, ready-made hosts and incidents, for tests without a GPU. The values of a mock are not measured: [`Backend::is_simulated`] returns `true` |
//! | `serde` | off | `Serialize` and `Deserialize` for ids, entities, values, samples, timestamps, versions and named numbers such as [`PathLevel`](topology::PathLevel) |
//! | `stream` | off | `monitor::AsyncEventStream`: the events of a [`Monitor`](monitor::Monitor) as a `futures_core::Stream` |
//! | `testing` | off | `dcgm::testing` and `Client::testing`: fake entities and injected samples in a real engine |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "admin")]
pub mod admin;
mod attributes;
mod backend;
mod client;
mod code;
pub mod config;
mod connect_error;
mod cpu_set;
mod cursor;
pub mod diagnostics;
mod endpoint;
mod engine;
mod entity;
mod error;
mod error_class;
mod ffi;
mod field;
pub mod field_policies;
mod fields;
mod guard;
pub mod health;
pub mod history;
pub mod host_engine;
#[cfg(all(feature = "isolated", target_os = "linux"))]
pub mod isolated;
pub mod jobs;
mod listing;
#[cfg(feature = "mock")]
pub mod mock;
pub mod monitor;
mod not_implemented;
mod parse;
pub mod policy;
pub mod processes;
pub mod profiling;
mod query;
mod queue;
mod sample;
#[cfg(feature = "serde")]
mod serde_impls;
#[cfg(feature = "testing")]
pub mod testing;
pub mod topology;
pub mod usage;
mod value;
mod version;
mod watch;
mod worker_error;
mod xid;

pub use client::{
    Backend, BackendKind, Client, Query, READ_ONCE_TIMEOUT, Refusal, Watch, WatchRequest,
};
pub use code::ReturnCode;
pub use cursor::Cursor;
pub use dcgm_sys::text::sanitize;
pub use dcgm_sys::{LoadError, MissingSymbolError};
pub use endpoint::{Endpoint, EndpointError};
pub use engine::{Deadlines, Embedded, EmbeddedMode, Engine, EngineOptions, Target};
pub use entity::{Entity, EntityId, EntityKind, EntityStatus, Link, LinkState, Mig};
pub use error::{ConnectError, Error, ErrorClass, Operation, Result, WorkerEnd, WorkerError};
pub use field::{FieldId, FieldInfo, FieldKind};
pub use parse::ParseError;
pub use sample::{ByEntity, Iter, OwnedSample, Sample, Samples, Timestamp};
pub use value::{NoValue, OwnedValue, Value, ValueType, ValueTypeError};
pub use version::{BuildInfo, Version};
pub use xid::{Xid, XidAction, XidSeverity};

/// Feeds bytes to this crate as the responses of a libdcgm, and panics if the crate makes an invalid
/// value of them. For the fuzzer, which builds with `--cfg fuzzing`.
#[cfg(fuzzing)]
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    ffi::hostile::exercise(bytes);
}

/// Feeds bytes to both ends of the protocol between a program and its worker, likewise.
#[cfg(all(fuzzing, feature = "isolated", target_os = "linux"))]
#[doc(hidden)]
pub fn fuzz_frames(bytes: &[u8]) {
    isolated::hostile::exercise(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails to compile if a public type loses `Send` or `Sync`.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a line a type")]
    fn public_types_are_send_and_sync() {
        fn assert_send_sync<T: ?Sized + Send + Sync>() {}
        macro_rules! assert_all {
            ($($type:ty),* $(,)?) => { $( assert_send_sync::<$type>(); )* };
        }
        assert_all!(
            dyn Client,
            dyn config::ConfigClient,
            dyn diagnostics::DiagnosticsClient,
            Backend,
            BackendKind,
            BuildInfo,
            ByEntity<'_>,
            config::ComputeMode,
            config::GpuConfig,
            config::GpuSettings,
            config::PowerLimit,
            config::PowerProfile,
            config::PowerProfiles,
            config::SupportedPowerProfile,
            ConnectError,
            Cursor,
            Deadlines,
            diagnostics::DiagnosticProgress,
            diagnostics::DiagnosticReport,
            diagnostics::DiagnosticRequest,
            diagnostics::MultiNodeReport,
            diagnostics::MultiNodeRequest,
            diagnostics::TestOutcome,
            Embedded,
            EmbeddedMode,
            Endpoint,
            EndpointError,
            Engine,
            EngineOptions,
            Entity,
            EntityId,
            EntityKind,
            EntityStatus,
            Error,
            ErrorClass,
            FieldId,
            FieldInfo,
            FieldKind,
            Iter<'_>,
            Link,
            LinkState,
            LoadError,
            Mig,
            MissingSymbolError,
            NoValue,
            Operation,
            OwnedSample,
            OwnedValue,
            ParseError,
            Query,
            Refusal,
            ReturnCode,
            Sample<'_>,
            Samples,
            Target,
            Timestamp,
            Value<'_>,
            ValueType,
            ValueTypeError,
            Version,
            Watch,
            WatchRequest,
            WorkerEnd,
            WorkerError,
            Xid,
            XidAction,
            XidSeverity,
            dyn host_engine::HostEngineClient,
            host_engine::CpuUsage,
            host_engine::Module,
            dyn profiling::ProfilingClient,
            profiling::MetricGroup,
            profiling::ProfilingPause,
            dyn topology::TopologyClient,
            topology::CpuSet,
            topology::GpuAttributes,
            topology::GpuTopology,
            topology::GroupTopology,
            topology::P2pMatrix,
            topology::VgpuAttributes,
            topology::VgpuInstanceAttributes,
            dyn field_policies::FieldPolicyClient,
            field_policies::FieldPolicy,
            field_policies::FieldPolicyEvents,
            field_policies::FieldPolicySender,
            field_policies::FieldViolation,
            field_policies::StoredFieldPolicy,
        );
        #[cfg(feature = "admin")]
        assert_all!(
            dyn admin::AdminClient,
            admin::ComputeInstanceProfile,
            admin::ConfigOutcome,
            admin::GpuInstanceProfile,
            admin::PowerProfileChange,
            admin::RefusedSetting,
        );
        #[cfg(all(feature = "isolated", target_os = "linux"))]
        assert_all!(isolated::IsolatedEngine, isolated::WorkerProgram);
        #[cfg(feature = "testing")]
        assert_all!(dyn testing::TestingClient, testing::FakeEntity);
        #[cfg(feature = "mock")]
        assert_all!(
            mock::Call,
            mock::Clock,
            mock::Delay,
            mock::Host,
            mock::Mock,
            mock::MockBuilder,
            mock::Model,
            mock::Presence,
            mock::Product,
            mock::Scenario,
        );
    }
}
