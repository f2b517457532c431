//! A client without an engine, for tests: hosts, incidents, and faults on demand.
//!
//! A [`Mock`] answers as a host engine does whose GPUs are made up. What it shows is a [`Model`]: a
//! [`Host`] in a [`Scenario`], as a function of time, and time is a [`Clock`] that the test moves.
//! A test may have single fields say something else, and each call fail, hang or panic. What it
//! produces says that it is made up: the [backend](crate::Backend) is of kind
//! [`Mock`](crate::BackendKind::Mock), and the engine's build is "simulated".
//!
//! It keeps to what engines were seen to do: a watch samples at once and then at its interval;
//! after the watch the last sample stays readable, with its old timestamp and without a word; a
//! pair that nobody watches is [`NotWatched`](crate::NoValue::NotWatched); a watch dies with its
//! session; and an engine that came back knows nothing.
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
//! // The code under test has the client; the test keeps a clone of it.
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
//! // After five minutes this GPU falls off the bus.
//! clock.advance(Duration::from_secs(305));
//! let mut cursor = Cursor::new();
//! client.events(&xids, &mut cursor, &mut samples)?;
//! let codes: Vec<_> = samples.iter().map(|xid| xid.value).collect();
//! assert_eq!(codes, [Ok(Value::Int(79))]);
//!
//! // And the next read fails, once.
//! let function = "dcgmEntitiesGetLatestValues";
//! mock.fail_next(Call::Latest, Error::Call { function, code: ReturnCode::TIMEOUT });
//! assert!(client.latest(&query, &mut samples).unwrap_err().is_timeout());
//! assert!(client.latest(&query, &mut samples).is_ok());
//! assert_eq!(mock.calls(Call::Latest), 3);
//! # Ok(())
//! # }
//! ```

mod client;
mod clock;
mod engine;
mod faults;
mod handle;
mod hosts;
mod model;
mod product;
mod scenario;
mod signal;
mod values;

pub use clock::Clock;
pub use faults::{Call, Delay};
pub use handle::{Mock, MockBuilder};
pub use hosts::Host;
pub use model::{Model, Presence};
pub use product::Product;
pub use scenario::Scenario;
