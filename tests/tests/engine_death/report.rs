//! The durations of the cycles, and the resources that remain.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::bench::{Bench, Usage};
use super::{INTERVAL, wait_until};

/// The durations of the cycles, and the resources that remain.
#[derive(Default)]
pub(super) struct Report {
    pub(super) found: Vec<Duration>,
    pub(super) recovered: Vec<Duration>,
    /// After the first cycle, which makes what stays.
    pub(super) first: Option<Usage>,
}

impl Report {
    /// Waits for the threads and files of the first cycle, and keeps those of the first.
    pub(super) fn settle(&mut self, cycle: usize) {
        let Some(first) = self.first else {
            // The thread that cuts a connection lives for a second at the most.
            thread::sleep(Duration::from_millis(1500));
            self.first = Some(Usage::now());
            return;
        };
        wait_until(&format!("cycle {cycle}: more than {first:?}"), || {
            let now = Usage::now();
            now.threads <= first.threads && now.files <= first.files
        });
    }

    pub(super) fn print(&self, what: &str, bench: &Bench) {
        let millis = |times: &[Duration]| {
            let longest = times.iter().max().copied().unwrap_or_default();
            let mean =
                times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).unwrap_or(1);
            format!(
                "mean {} ms, at most {} ms",
                mean.as_millis(),
                longest.as_millis()
            )
        };
        let (first, last) = (self.first.expect("a cycle"), Usage::now());
        println!(
            "{} cycles of {what}: found out after {}; values again after {} of the engine being back \
             (interval {INTERVAL:?})",
            self.recovered.len(),
            millis(&self.found),
            millis(&self.recovered),
        );
        println!(
            "  threads {} -> {}, files {} -> {}, resident {} -> {} KiB; {} exports, {} of them \
             when no level may be shown; {} counters",
            first.threads,
            last.threads,
            first.files,
            last.files,
            first.resident_kib,
            last.resident_kib,
            bench.seen.exports.load(Ordering::Relaxed),
            bench.seen.late_exports.load(Ordering::Relaxed),
            bench.seen.counters.lock().expect("whole").len(),
        );
        assert!(last.threads <= first.threads && last.files <= first.files);
        // A leak of one session a cycle would be more: its snapshot alone has tens of KiB.
        let grown = last.resident_kib.saturating_sub(first.resident_kib);
        assert!(grown < 8 * 1024, "{grown} KiB more");
        assert!(!bench.seen.counters.lock().expect("whole").is_empty());
        assert_eq!(bench.wrong(), [] as [String; 0]);
    }
}
