//! Limits on the number of series.

mod caps;
