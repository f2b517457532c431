//! Reads all samples since the last tick, for peaks.

use dcgm::ReturnCode;

use super::session::{Context, TickError, step_error};
use crate::error_kind::ErrorKind;
use crate::pipeline::ReadStats;
use crate::pipeline::table::SeriesTable;

/// Reads the samples of the sources of peaks since the last read, and puts their statistics into the table.
///
/// This takes a round trip for each source, so it is the last step before a tick is published. If it fails,
/// the peaks have no value in this tick, and the next windows are longer; other values are not affected.
pub(super) fn read_peaks(
    context: &mut Context<'_>,
    table: &mut SeriesTable,
    stats: &mut ReadStats,
) -> Result<(), TickError> {
    if !table.has_peaks() {
        return Ok(());
    }
    let start = table.peaks_start();
    let read = context
        .engine
        .read_since(start, context.samples, |samples| {
            table.add_peak_samples(samples);
        });
    match read {
        Ok(read_until) => table.show_peaks(read_until),
        Err(error) if error.ends_connection() => return Err(step_error(ErrorKind::Read)(error)),
        Err(error) => {
            table.hide_peaks();
            stats.failed += 1;
            // Then the entities are enumerated again, and watched.
            let is_unwatched = error.code() == Some(ReturnCode::NOT_WATCHED);
            stats.missing += usize::from(is_unwatched);
        }
    }
    Ok(())
}
