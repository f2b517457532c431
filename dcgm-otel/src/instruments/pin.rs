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
pub(super) fn pin(hub: &Hub, ordinal: usize, last: usize) -> (Arc<Snapshot>, Instant) {
    thread_local! {
        static PINS: RefCell<[Option<Pin>; AT_ONCE]> =
            const { RefCell::new([const { None }; AT_ONCE]) };
    }

    #[cfg(test)]
    if hub.is_unpinned() {
        return hub.begin();
    }
    let pinned = PINS.try_with(|pins| {
        let mut pins = pins.try_borrow_mut().ok()?;
        let pin = place(&mut *pins, hub.id)?;
        let (snapshot, now) = match pin.take() {
            Some(pin) if pin.hub == hub.id && pin.ordinal < ordinal => (pin.snapshot, pin.now),
            _ => hub.begin(),
        };
        // Not kept beyond the last instrument, so that the memory can be used again.
        if ordinal < last {
            *pin = Some(Pin {
                hub: hub.id,
                ordinal,
                snapshot: Arc::clone(&snapshot),
                now,
            });
        }
        Some((snapshot, now))
    });
    // A thread that is ending has no such storage any more.
    pinned.ok().flatten().unwrap_or_else(|| hub.begin())
}

/// Where the pin of a hub is or can be: its own place, an empty one, or that of the hub that was
/// made first, which is the likeliest to be gone.
fn place(pins: &mut [Option<Pin>], hub: u64) -> Option<&mut Option<Pin>> {
    pins.iter_mut().min_by_key(|pin| match pin {
        Some(pin) if pin.hub == hub => (0, 0),
        None => (1, 0),
        Some(pin) => (2, pin.hub),
    })
}

#[cfg(test)]
#[cfg(not(shuttle))]
mod tests {
    use super::super::tests::{hub, layout, uniform};
    use super::*;
    use crate::snapshot::Number;

    /// The number that the callback with this ordinal shows, of three.
    fn shown(hub: &Hub, ordinal: usize) -> Number {
        let (snapshot, now) = pin(hub, ordinal, 2);
        let (_, number) = snapshot.of(0, now).next().unwrap();
        number
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
