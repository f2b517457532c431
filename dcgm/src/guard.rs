//! [`Guard`]: whatever ends a watch, a pause or a registration when it is dropped.

use core::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// An object of an implementation of a client, which ends something when it is dropped. During unwinding, a
/// panic of the object is caught, because a second panic would abort the process.
pub(crate) struct Guard(Box<dyn Any + Send + Sync>);

impl Guard {
    pub(crate) fn new(object: impl Any + Send + Sync) -> Self {
        Self::from_box(Box::new(object))
    }

    pub(crate) const fn from_box(object: Box<dyn Any + Send + Sync>) -> Self {
        Self(object)
    }

    /// Returns the object, if its type is `T`.
    pub(crate) fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            let object = core::mem::replace(&mut self.0, Box::new(()));
            let _ = catch_unwind(AssertUnwindSafe(|| drop(object)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{HealthRequest, HealthWatch};
    use crate::policy::{PolicyConditions, PolicyEvents};
    use crate::profiling::ProfilingPause;
    use crate::watch::{Watch, WatchRequest};

    struct PanicsWhenDropped;

    impl Drop for PanicsWhenDropped {
        fn drop(&mut self) {
            panic!("the guard panics on purpose");
        }
    }

    /// A second panic would abort the test.
    #[test]
    fn a_guard_that_panics_during_unwinding_is_contained() {
        let owners: [fn() -> Box<dyn Any>; 4] = [
            || {
                let request = WatchRequest::new([], []);
                Box::new(Watch::new(request, Vec::new(), PanicsWhenDropped))
            },
            || {
                let request = HealthRequest::new([]);
                Box::new(HealthWatch::new(request, Vec::new(), PanicsWhenDropped))
            },
            || {
                let guard = |_: &_| -> Box<dyn Any + Send + Sync> { Box::new(PanicsWhenDropped) };
                Box::new(PolicyEvents::new(PolicyConditions::XID, guard).0)
            },
            || Box::new(ProfilingPause::new(PanicsWhenDropped)),
        ];
        for make in owners {
            let unwound = catch_unwind(|| {
                let _owner = make();
                panic!("unwinds on purpose");
            });
            assert!(unwound.is_err());
        }
    }
}
