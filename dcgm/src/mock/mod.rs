//! A client for tests without a GPU: simulated hosts, incidents, and faults on demand.
//!
//! A [`Mock`] behaves like a host engine with simulated GPUs. A [`Model`] defines the values as a
//! function of time: those of a [`Host`] in a [`Scenario`]. A [`Clock`] defines the time, and a test
//! can advance it. A test can override single fields, make calls fail, hang or panic, and run its
//! own code before each call ([`Mock::on_call`]) and for each sample ([`Mock::on_sample`]). Programs
//! can recognize a mock: its [backend](crate::Backend) has the kind
//! [`Mock`](crate::BackendKind::Mock), and its build information has the build type `Simulated`.
//!
//! A mock reproduces the observed behavior of engines. A watch takes a sample at once, and then one
//! per interval. After the end of the watch, reads still return the last sample, with its old
//! timestamp and no error. A pair that was never watched is
//! [`NotWatched`](crate::NoValue::NotWatched). Watches end with their session. A restarted engine has
//! no watches.
//!
//! ```
//! use std::time::Duration;
//! use dcgm::mock::{Call, Clock, Mock, Model};
//! use dcgm::{Client, Cursor, EntityId, Error, FieldId, Query, ReturnCode, Samples, Value, WatchRequest};
//!
//! # fn main() -> dcgm::Result<()> {
//! let clock = Clock::manual();
//! let mock = Mock::builder()
//!     .model("8xh100,xid79".parse::<Model>().unwrap())
//!     .clock(clock.clone())
//!     .build();
//! assert!(mock.backend().is_simulated());
//!
//! // The code under test gets the client; the test keeps a clone of the mock.
//! let client: &dyn Client = &mock;
//! client.connect()?;
//! let gpu = EntityId::gpu(4);
//! let gauges = client.watch(&WatchRequest::new([gpu], [FieldId::GPU_TEMP]))?;
//! let xids = client.watch(&WatchRequest::events([gpu], [FieldId::XID_ERRORS]))?;
//! let (query, mut samples) = (Query::from_watches([&gauges]), Samples::new());
//!
//! mock.set(gpu, FieldId::GPU_TEMP, 88);
//! client.latest(&query, &mut samples)?;
//! assert_eq!(samples.get(0).unwrap().value, Ok(Value::Int(88)));
//!
//! // After five minutes, this GPU falls off the bus.
//! clock.advance(Duration::from_secs(305));
//! let mut cursor = Cursor::new();
//! client.events(&xids, &mut cursor, &mut samples)?;
//! let codes: Vec<_> = samples.iter().map(|xid| xid.value).collect();
//! assert_eq!(codes, [Ok(Value::Int(79))]);
//!
//! // The next read fails, once.
//! let function = "dcgmEntitiesGetLatestValues";
//! mock.fail_next(Call::Latest, Error::Call { function, code: ReturnCode::TIMEOUT });
//! assert!(client.latest(&query, &mut samples).unwrap_err().is_timeout());
//! assert!(client.latest(&query, &mut samples).is_ok());
//! assert_eq!(mock.calls(Call::Latest), 3);
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "admin")]
mod admin;
mod client;
mod clock;
mod config;
mod diagnostics;
mod engine;
mod faults;
mod field_policies;
mod handle;
mod health;
mod history;
mod hooks;
mod host_engine;
mod hosts;
mod jobs;
mod model;
mod policy;
mod processes;
mod product;
mod profiling;
mod scenario;
mod signal;
#[cfg(feature = "testing")]
mod testing;
mod topology;
mod usage;
mod values;

pub use clock::Clock;
pub use faults::{Call, Delay};
pub use handle::{Mock, MockBuilder};
pub use hosts::Host;
pub use model::{Model, Presence};
pub use product::Product;
pub use scenario::Scenario;
