//! A thread for calls that may hang, with deadlines. It knows nothing of DCGM.
//!
//! | module | subject |
//! |---|---|
//! | `worker` | the thread, and the deadlines of its jobs |
//! | `exchange` | passes a job to the thread and its reply back |
//! | `cancel` | what another thread cancels when a deadline passes |
//! | `sync`, `model` | locks, threads and time: the real ones, or those of the models, for `--cfg shuttle` |

mod cancel;
mod exchange;
#[cfg(test)]
#[cfg(shuttle)]
pub(super) mod model;
mod sync;
mod worker;

pub(super) use cancel::{Cancel, CancelSlot, Cancellable};
#[cfg(test)]
#[cfg(shuttle)]
pub(super) use worker::{CANCEL_TIMEOUT, MAX_ABANDONED_THREADS};
pub(super) use worker::{JobHandler, Worker};
