//! Replacements for locks, atomics, threads and time, with every switch of threads decided
//! by the model.
//!
//! A wait with a limit can time out at any moment, however much of the limit is left, unless the model
//! holds timeouts of that limit: see [`hold_timeouts`]. Time passes for a thread only while it waits or
//! sleeps, and for that thread alone.

use std::cell::Cell;
use std::ops::{Add, Deref, DerefMut};
use std::time::Duration;

use shuttle::rand::Rng as _;
pub(in crate::engine) use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Returns `true` with a probability of one in `chances`.
pub(in crate::engine) fn one_in(chances: u32) -> bool {
    shuttle::rand::thread_rng().gen_ratio(1, chances)
}

/// The average number of polls before a wait with a limit times out.
const POLLS_PER_TIMEOUT: u32 = 12;

thread_local! {
    static IS_HELD: Cell<fn(Duration) -> bool> = const { Cell::new(|_| false) };
}

/// Sets the condition under which a wait with a limit does not time out: what it waits for takes less
/// time than that. A model runs all its threads on one system thread, so that the state is
/// thread-local.
pub(in crate::engine) fn hold_timeouts(is_held: fn(Duration) -> bool) {
    IS_HELD.set(is_held);
}

fn times_out(limit: Duration) -> bool {
    let timed_out = one_in(POLLS_PER_TIMEOUT) && !IS_HELD.get()(limit);
    if timed_out {
        advance_time(limit);
    }
    timed_out
}

shuttle::thread_local! {
    static NOW: Cell<Duration> = Cell::new(Duration::ZERO);
}

fn advance_time(time: Duration) {
    NOW.with(|now| now.set(now.get() + time));
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::engine) struct Instant(Duration);

impl Instant {
    pub(in crate::engine) fn now() -> Self {
        Self(NOW.with(Cell::get))
    }

    pub(in crate::engine) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }

    pub(in crate::engine) fn checked_add(self, time: Duration) -> Option<Self> {
        self.0.checked_add(time).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0 + time)
    }
}

pub(in crate::engine) mod thread {
    pub(in crate::engine) use shuttle::thread::{Builder, JoinHandle, spawn, yield_now};

    pub(in crate::engine) fn sleep(time: std::time::Duration) {
        super::advance_time(time);
        yield_now();
    }
}

/// A mutex with the interface of `parking_lot`.
#[derive(Debug, Default)]
pub(in crate::engine) struct Mutex<T>(shuttle::sync::Mutex<T>);

/// A guard that a [`Condvar`] can release for a while.
pub(in crate::engine) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    held: Option<shuttle::sync::MutexGuard<'a, T>>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.held.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.held.as_mut().unwrap()
    }
}

impl<T> Mutex<T> {
    pub(in crate::engine) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    fn guard<'a>(&'a self, held: shuttle::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard {
            mutex: self,
            held: Some(held),
        }
    }

    pub(in crate::engine) fn lock(&self) -> MutexGuard<'_, T> {
        self.guard(self.0.lock().unwrap())
    }

    pub(in crate::engine) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let held = self.0.try_lock().ok()?;
        Some(self.guard(held))
    }

    pub(in crate::engine) fn try_lock_for(&self, limit: Duration) -> Option<MutexGuard<'_, T>> {
        loop {
            if let Some(guard) = self.try_lock() {
                return Some(guard);
            }
            if times_out(limit) {
                return None;
            }
            thread::yield_now();
        }
    }

    pub(in crate::engine) fn is_locked(&self) -> bool {
        self.try_lock().is_none()
    }

    pub(in crate::engine) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap()
    }
}

/// A condition variable with the interface of `parking_lot`. A wait without a limit ends only when
/// notified, so that a missing notification is a deadlock of the model; one with a limit polls.
#[derive(Debug, Default)]
pub(in crate::engine) struct Condvar(shuttle::sync::Condvar);

pub(in crate::engine) struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    pub(in crate::engine) fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    pub(in crate::engine) fn new() -> Self {
        Self::default()
    }

    pub(in crate::engine) fn notify_all(&self) {
        self.0.notify_all();
    }

    pub(in crate::engine) fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = guard.held.take().unwrap();
        guard.held = Some(self.0.wait(held).unwrap());
    }

    pub(in crate::engine) fn wait_until<T>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        until: Instant,
    ) -> WaitTimeoutResult {
        drop(guard.held.take());
        let timed_out = times_out(until.0.saturating_sub(Instant::now().0));
        thread::yield_now();
        guard.held = Some(guard.mutex.0.lock().unwrap());
        WaitTimeoutResult(timed_out)
    }
}
