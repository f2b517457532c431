//! The snapshot that all instruments of one collect show.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use super::Hub;
use super::sync::thread_local;
use crate::snapshot::Snapshot;

/// Of so many meters a thread can collect at the same time. Several on one provider that were
/// installed at the same time have their instruments among each other's, and so their callbacks.
const AT_ONCE: usize = 8;

#[derive(Debug)]
struct Pin {
    hub: u64,
    ordinal: usize,
    snapshot: Arc<Snapshot>,
    now: Instant,
}

/// The snapshot of the collect that this callback is part of, and when that began. `last` is the
/// ordinal of the slot's last instrument.
///
/// The SDK does not say when a collect begins. But it runs the callbacks one after another, in the
/// order in which they were registered and on one thread: an ordinal that is not above the last one
/// begins another.
///
/// If a view drops the last instrument, its callback is not run, and the thread keeps the snapshot
/// until it collects again: that costs memory and nothing else.
///
/// Nothing is shown in a fork.
pub(super) fn with(hub: &Hub, ordinal: usize, last: usize, show: impl FnOnce(&Snapshot, Instant)) {
    thread_local! {
        static PINS: RefCell<[Option<Pin>; AT_ONCE]> =
            const { RefCell::new([const { None }; AT_ONCE]) };
    }

    let mut show = Some(show);
    let mut shown = |snapshot: &Snapshot, now| {
        if let Some(show) = show.take() {
            show(snapshot, now);
        }
    };
    let pinned = PINS.try_with(|pins| {
        #[cfg(test)]
        if hub.is_unpinned() {
            return None;
        }
        let mut pins = pins.try_borrow_mut().ok()?;
        let place = place(&mut *pins, hub.id)?;
        let goes_on = |pin: &Pin| pin.hub == hub.id && pin.ordinal < ordinal;
        if !place.as_ref().is_some_and(goes_on) {
            // The one before goes first, so that its memory can be used again.
            *place = None;
            *place = hub.begin().map(|(snapshot, now)| Pin {
                hub: hub.id,
                ordinal,
                snapshot,
                now,
            });
        }
        if let Some(pin) = place {
            pin.ordinal = ordinal;
            shown(&pin.snapshot, pin.now);
        }
        // Not kept beyond the last instrument, so that the memory can be used again.
        if ordinal >= last {
            *place = None;
        }
        Some(())
    });
    // A thread that is ending has no such storage any more; and it is in use if showing one number
    // has a provider collect another meter's.
    if pinned.ok().flatten().is_none() {
        if let Some((snapshot, now)) = hub.begin() {
            shown(&snapshot, now);
        }
    }
}

/// Where the pin of a hub is or can be: its own place, an empty one, or that of the hub that was
/// made first, which is the likeliest to be gone.
fn place(pins: &mut [Option<Pin>], hub: u64) -> Option<&mut Option<Pin>> {
    let is_own = |pin: &Option<Pin>| pin.as_ref().is_some_and(|pin| pin.hub == hub);
    let place = pins.iter().position(is_own).or_else(|| {
        let places = pins.iter().enumerate();
        let first = places.min_by_key(|(_, pin)| pin.as_ref().map(|pin| pin.hub));
        first.map(|(place, _)| place)
    });
    pins.get_mut(place?)
}

#[cfg(test)]
#[cfg(not(shuttle))]
mod tests {
    use super::super::tests::{hub, layout, uniform};
    use super::*;
    use crate::snapshot::Number;

    /// The number that the callback with this ordinal shows, of three.
    fn shown(hub: &Hub, ordinal: usize) -> Number {
        let mut shown = None;
        with(hub, ordinal, 2, |snapshot, now| {
            shown = snapshot.of(0, now).next().map(|(_, number)| number);
        });
        shown.unwrap()
    }

    #[test]
    fn a_collect_lasts_until_the_ordinals_begin_again() {
        let hub = hub();
        let layout = layout(1);
        let mut seen = Vec::new();
        for (number, ordinal) in [0, 1, 2, 0, 2, 1, 1, 2].into_iter().enumerate() {
            hub.publish(uniform(&layout, u32::try_from(number).unwrap()));
            seen.push(shown(&hub, ordinal));
        }
        // The third collect lacks its first callback, as one does in which a meter is installed;
        // the fourth has one callback only.
        assert_eq!(
            seen,
            [0, 0, 0, 3, 3, 5, 6, 6].map(|one| Number::F64(f64::from(one)))
        );
        assert_eq!(hub.telemetry().collections(), 4);
    }

    #[test]
    fn meters_whose_callbacks_alternate_are_pinned_each() {
        let layout = layout(1);
        let hubs = [(); 8].map(|()| hub());
        for round in [0, 10, 20] {
            for ordinal in 0..3 {
                for hub in &hubs {
                    hub.publish(uniform(&layout, round + u32::try_from(ordinal).unwrap()));
                    assert_eq!(shown(hub, ordinal), Number::F64(f64::from(round)));
                }
            }
        }
    }

    #[test]
    fn pins_of_meters_that_are_gone_leave_room_for_others() {
        let layout = layout(1);
        for _ in 0..3 * AT_ONCE {
            let hub = hub();
            for ordinal in 0..2 {
                hub.publish(uniform(&layout, u32::try_from(ordinal).unwrap()));
                assert_eq!(shown(&hub, ordinal), Number::F64(0.0));
            }
        }
    }
}
