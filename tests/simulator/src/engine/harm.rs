//! The cost of clients for the engine: what it keeps, reads, refuses and logs because of them.

use super::{Code, Engine, st};

/// Counts of an engine's work since its start or the last reset.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Harm {
    /// Samples that it keeps now.
    pub(crate) kept: u64,
    /// Values that it read from the driver.
    pub(crate) reads: u64,
    /// Requests that it answered with an error.
    pub(crate) refused: u64,
    /// Lines that it wrote into its log.
    pub(crate) log_lines: u64,
    /// Values a day that the watches ask it to read.
    pub(crate) asked_a_day: u64,
    /// Samples that the watches ask it to keep.
    pub(crate) asked_to_keep: u64,
}

impl Engine {
    /// Returns what clients have cost so far.
    pub(crate) fn harm(&self) -> Harm {
        let kept: usize = self
            .fields
            .values()
            .map(|watched| watched.samples().len())
            .sum();
        let asked = self.fields.values().map(super::watches::Watched::asked);
        let (asked_a_day, asked_to_keep) = asked.fold((0, 0), |(day, keep), (a_day, to_keep)| {
            (day + a_day, keep + to_keep)
        });
        Harm {
            kept: u64::try_from(kept).unwrap_or(u64::MAX),
            asked_a_day,
            asked_to_keep,
            ..self.harm
        }
    }

    /// Resets the counts.
    pub(crate) fn reset_harm(&mut self) {
        self.harm = Harm::default();
    }

    /// Counts what a request was answered.
    pub(crate) fn note_answer(&mut self, code: Code) {
        if code != st::OK {
            self.harm.refused += 1;
        }
    }

    /// Sets the status of a GPU, for good.
    pub(crate) fn set_status(&mut self, gpu: u32, status: u32) {
        self.statuses.insert(gpu, status);
    }

    /// Takes the profiler of a GPU away.
    pub(crate) fn remove_profiler(&mut self, gpu: u32) {
        self.without_profiler.insert(gpu);
    }

    /// Makes a profiling field permanently blank, or real again.
    pub(crate) fn set_blank(&mut self, field: u16, blank: bool) {
        if blank {
            self.blank.insert(field);
        } else {
            self.blank.remove(&field);
        }
    }
}
