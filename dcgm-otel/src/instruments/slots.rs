//! The slots of a process, by provider and scope.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;

use super::slot::Slot;

/// Those of this process.
static SLOTS: ArcSwapOption<Slots> = ArcSwapOption::const_empty();

/// Which slots there are, by their meters' addresses.
///
/// A fork has its own: whoever held this one's lock is not there, and would hold it for ever.
#[derive(Debug)]
pub(super) struct Slots {
    process: u32,
    slots: Mutex<HashMap<usize, Weak<Slot>>>,
}

impl Slots {
    /// This process's.
    pub(super) fn here() -> Arc<Self> {
        Self::of(&SLOTS, std::process::id())
    }

    /// A process's; those that it has inherited go on.
    fn of(place: &ArcSwapOption<Self>, process: u32) -> Arc<Self> {
        loop {
            let before = place.load_full();
            let inherited = match before {
                Some(own) if own.process == process => return own,
                other => other,
            };
            let slots = inherited.as_ref().map(|slots| slots.usable());
            let own = Arc::new(Self {
                process,
                slots: Mutex::new(slots.unwrap_or_default()),
            });
            place.compare_and_swap(&inherited, Some(own));
            // Never freed: it may be as a thread that is not here has left it half changed.
            let _never_dropped = ManuallyDrop::new(inherited);
        }
    }

    /// What can be used of an inherited one without waiting for anybody: all of it, nearly always.
    /// What is left out is made anew, and its totals begin anew.
    fn usable(&self) -> HashMap<usize, Weak<Slot>> {
        let Some(slots) = self.slots.try_lock() else {
            return HashMap::new();
        };
        let is_usable = |slot: &Weak<Slot>| slot.upgrade().is_some_and(|slot| slot.is_free());
        let usable = slots.iter().filter(|(_, slot)| is_usable(slot));
        usable
            .map(|(address, slot)| (*address, Weak::clone(slot)))
            .collect()
    }

    /// The slot of the meter at an address, found or made.
    pub(super) fn at(&self, address: usize) -> Arc<Slot> {
        let mut slots = self.slots.lock();
        slots.retain(|_, slot| slot.strong_count() > 0);
        let found = slots.get(&address).and_then(Weak::upgrade);
        found.unwrap_or_else(|| {
            let slot = Arc::new(Slot::default());
            slots.insert(address, Arc::downgrade(&slot));
            slot
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: u32 = 7;
    const CHILD: u32 = 8;

    #[test]
    fn a_process_has_the_same_slots_each_time_and_a_fork_goes_on_with_them() {
        let place = ArcSwapOption::const_empty();
        let parents = Slots::of(&place, PARENT);
        let slot = parents.at(1);
        assert!(Arc::ptr_eq(&parents, &Slots::of(&place, PARENT)));
        assert!(Arc::ptr_eq(&slot, &Slots::of(&place, PARENT).at(1)));
        let child = Slots::of(&place, CHILD);
        assert!(!Arc::ptr_eq(&parents, &child));
        assert!(Arc::ptr_eq(&slot, &child.at(1)));
        assert!(Arc::ptr_eq(&child, &Slots::of(&place, CHILD)));
    }

    /// Otherwise this never ends.
    #[test]
    fn what_somebody_held_when_a_process_forked_is_nothing_that_the_child_waits_for() {
        let place = ArcSwapOption::const_empty();
        let parents = Slots::of(&place, PARENT);
        let slot = parents.at(1);
        let held = parents.slots.lock();
        let child = Slots::of(&place, CHILD);
        assert!(!Arc::ptr_eq(&slot, &child.at(1)));
        drop(held);

        // And with what somebody registers instruments in, or takes totals from.
        for number in 0..2 {
            let place = ArcSwapOption::const_empty();
            let parents = Slots::of(&place, PARENT);
            let (held, free) = (parents.at(1), parents.at(2));
            held.while_held(number, || {
                let child = Slots::of(&place, CHILD);
                assert!(!Arc::ptr_eq(&held, &child.at(1)));
                assert!(Arc::ptr_eq(&free, &child.at(2)));
                assert!(child.at(1).totals(&[]).is_empty());
            });
        }
    }
}
