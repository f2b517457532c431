//! Pinning: all callbacks of one collect read the same snapshot.
//!
//! Without it a snapshot published in the middle of a collect would be exported in part, and sums
//! over metrics would not add up. The SDK does not say when a collect begins. But it runs the
//! callbacks of a provider one after another, in the order of registration and on one thread. So a
//! thread remembers the snapshot and the ordinal of its last callback (a [`Pin`]); a callback whose
//! ordinal is not above that ordinal begins another collect.
//!
//! ```text
//!  sampler    publish A         publish B
//!  callback   0   1   2   3     (0 ≤ 3: new collect)   0   1   2   3
//!  reads      A   A   A   A                            B   B   B   B
//! ```
//!
//! The callback with the last ordinal removes the pin, so that the snapshot's memory can be reused.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use super::MeterFeed;
use super::sync::thread_local;
use crate::pipeline::snapshot::Snapshot;

/// Meters that a thread can collect at the same time. Meters that were installed on one provider at
/// the same time have interleaved instruments, and so interleaved callbacks.
const MAX_CONCURRENT_COLLECTS: usize = 8;

/// A collect that is under way on this thread.
#[derive(Debug)]
struct Pin {
    feed: u64,
    ordinal: usize,
    snapshot: Arc<Snapshot>,
    now: Instant,
}

/// Calls `show` with the snapshot and the begin of the collect that this callback is part of.
/// `last` is the ordinal of the binding's last instrument.
///
/// If a view drops the last instrument, its callback does not run, and the thread keeps the snapshot
/// until it collects again, which costs memory and nothing else.
///
/// In a fork `show` is not called.
pub(super) fn with_snapshot(
    feed: &MeterFeed,
    ordinal: usize,
    last: usize,
    show: impl FnOnce(&Snapshot, Instant),
) {
    thread_local! {
        static PINS: RefCell<[Option<Pin>; MAX_CONCURRENT_COLLECTS]> =
            const { RefCell::new([const { None }; MAX_CONCURRENT_COLLECTS]) };
    }

    let mut show = Some(show);
    let mut show_once = |snapshot: &Snapshot, now| {
        if let Some(show) = show.take() {
            show(snapshot, now);
        }
    };
    let pinned = PINS.try_with(|pins| {
        #[cfg(test)]
        if feed.is_unpinned() {
            return None;
        }
        let mut pins = pins.try_borrow_mut().ok()?;
        let pin = pin_of(&mut *pins, feed.id)?;
        let continues = |pin: &Pin| pin.feed == feed.id && pin.ordinal < ordinal;
        if !pin.as_ref().is_some_and(continues) {
            // The old snapshot is released first, so that its memory can be reused.
            *pin = None;
            *pin = feed.begin_collect().map(|(snapshot, now)| Pin {
                feed: feed.id,
                ordinal,
                snapshot,
                now,
            });
        }
        if let Some(pin) = pin {
            pin.ordinal = ordinal;
            show_once(&pin.snapshot, pin.now);
        }
        // Released at the last instrument, so that the memory can be reused.
        if ordinal >= last {
            *pin = None;
        }
        Some(())
    });
    // A thread that is ending has no thread-local storage any more; and the storage is in use if
    // observing a number makes a provider collect another meter.
    if pinned.ok().flatten().is_none() {
        if let Some((snapshot, now)) = feed.begin_collect() {
            show_once(&snapshot, now);
        }
    }
}

/// Returns the pin of a feed: its own, an empty one, or that of the oldest feed, which is the
/// likeliest to be gone.
fn pin_of(pins: &mut [Option<Pin>], feed: u64) -> Option<&mut Option<Pin>> {
    let is_own = |pin: &Option<Pin>| pin.as_ref().is_some_and(|pin| pin.feed == feed);
    let index = pins.iter().position(is_own).or_else(|| {
        let pins = pins.iter().enumerate();
        let oldest = pins.min_by_key(|(_, pin)| pin.as_ref().map(|pin| pin.feed));
        oldest.map(|(index, _)| index)
    });
    pins.get_mut(index?)
}

#[cfg(test)]
#[cfg(not(shuttle))]
mod tests {
    use super::super::tests::{feed, layout, uniform};
    use super::*;
    use crate::pipeline::snapshot::Number;

    /// Returns what the callback of this ordinal observes, of three callbacks.
    fn shown(feed: &MeterFeed, ordinal: usize) -> Number {
        let mut shown = None;
        with_snapshot(feed, ordinal, 2, |snapshot, now| {
            shown = snapshot.points(0, now).next().map(|(_, number)| number);
        });
        shown.unwrap()
    }

    #[test]
    fn a_lower_ordinal_begins_another_collect() {
        let feed = feed();
        let layout = layout(1);
        let mut seen = Vec::new();
        for (number, ordinal) in [0, 1, 2, 0, 2, 1, 1, 2].into_iter().enumerate() {
            feed.publish_snapshot(uniform(&layout, u32::try_from(number).unwrap()));
            seen.push(shown(&feed, ordinal));
        }
        // The third collect lacks its first callback, as when a meter is installed during a
        // collect; the fourth has one callback only.
        assert_eq!(
            seen,
            [0, 0, 0, 3, 3, 5, 6, 6].map(|one| Number::F64(f64::from(one)))
        );
        assert_eq!(feed.telemetry().collections(), 4);
    }

    #[test]
    fn alternating_meters_keep_a_pin_each() {
        let layout = layout(1);
        let feeds = [(); 8].map(|()| feed());
        for round in [0, 10, 20] {
            for ordinal in 0..3 {
                for feed in &feeds {
                    feed.publish_snapshot(uniform(
                        &layout,
                        round + u32::try_from(ordinal).unwrap(),
                    ));
                    assert_eq!(shown(feed, ordinal), Number::F64(f64::from(round)));
                }
            }
        }
    }

    #[test]
    fn pins_of_dropped_meters_are_reused() {
        let layout = layout(1);
        for _ in 0..3 * MAX_CONCURRENT_COLLECTS {
            let feed = feed();
            for ordinal in 0..2 {
                feed.publish_snapshot(uniform(&layout, u32::try_from(ordinal).unwrap()));
                assert_eq!(shown(&feed, ordinal), Number::F64(0.0));
            }
        }
    }
}
