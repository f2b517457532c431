//! The pipeline: from what the engine has to what is exported.
//!
//! ```text
//!  build  (entities, configuration or availability changed)
//!    catalogue × topology × configuration ──resolve──► SeriesSpec
//!    SeriesSpec × SourceStates ──builder──► SeriesTable { Layout, Reducers, Slots, Router }
//!
//!  run    (each tick)
//!    Samples ──Router──► Slots ────┐
//!               │                  ├──Reducers──► Snapshot ──► callbacks
//!               └──► Total (Ledger)┘
//! ```
//!
//! A *source* is a field of an entity; it has a *slot* with its last decoded value. A *route* leads
//! from a sample to all sources that read it, because several series can use one field. A *reducer*
//! computes the value of a series: a gauge is the value of one slot; a sum or a status has several. A
//! counter has a total in the [`Ledger`](counters::Ledger), which outlives the table.
//!
//! Each value has an expiry time, which a new timestamp of its sample extends. So a gauge disappears
//! when its sample stops changing, even if the engine keeps answering with the old one. A new table
//! takes over the values and ages of the sources that the table before had, too.

pub(crate) mod allocations;
pub(crate) mod availability;
mod builder;
pub(crate) mod cardinality;
pub(crate) mod counters;
mod decode;
mod events;
mod health;
pub(crate) mod history;
pub(crate) mod index;
mod ingest;
pub(crate) mod mute;
mod peaks;
mod reduce;
pub(crate) mod resolve;
pub(crate) mod snapshot;
mod source;
pub(crate) mod table;

pub(crate) use ingest::ReadStats;
