//! Counters: totals, and events counted one by one.

mod totals;
mod xids;
