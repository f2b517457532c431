//! Log lines about the sources of allocations.

use crate::logging::write_line;
use crate::pipeline::allocations::AllocationNews;

/// Most devices that one line names.
const MAX_DEVICES: usize = 8;

/// Logs what the sources of allocations could not tell, once for each change.
pub(super) fn log_allocations(news: &AllocationNews) {
    for source in &news.overdue {
        write_line(|| tracing::warn!(source, "source of GPU allocations does not return"));
    }
    for source in &news.expired {
        write_line(|| tracing::warn!(source, "GPU allocations dropped: too old"));
    }
    if !news.unresolved.is_empty() {
        let named = news.unresolved.iter().take(MAX_DEVICES);
        let named: Vec<_> = named
            .map(|(source, device)| format!("{device:?} of {source}"))
            .collect();
        let count = news.unresolved.len();
        let devices = dcgm::sanitize(&named.join(", ")).into_owned();
        write_line(|| tracing::warn!(count, devices, "allocated devices unknown"));
    }
}
