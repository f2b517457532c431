//! Replacements for locks, atomics, channels, threads and time, with every switch of threads decided
//! by the model.
//!
//! A wait with a limit can time out at any moment, however much of the limit is left. A wait of at
//! most the cancel timeout does not time out while libdcgm is about to write a handle, which takes
//! less time than that. Time passes for a thread only while it waits or sleeps, and for that thread
//! alone.

use std::cell::Cell;
use std::ops::Add;
use std::sync::Arc;
use std::time::Duration;

use shuttle::rand::Rng as _;
use shuttle::sync::MutexGuard;
pub(in super::super) use shuttle::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

use super::super::worker::CANCEL_TIMEOUT;
use crate::ffi::peer;

/// Returns `true` with a probability of one in `chances`.
pub(in super::super) fn one_in(chances: u32) -> bool {
    shuttle::rand::thread_rng().gen_ratio(1, chances)
}

/// The average number of polls before a wait with a limit times out.
const POLLS_PER_TIMEOUT: u32 = 12;

fn times_out(limit: Duration) -> bool {
    let timed_out = one_in(POLLS_PER_TIMEOUT) && (limit > CANCEL_TIMEOUT || !peer::is_connecting());
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
pub(in super::super) struct Instant(Duration);

impl Instant {
    pub(in super::super) fn now() -> Self {
        Self(NOW.with(Cell::get))
    }

    pub(in super::super) fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, time: Duration) -> Self {
        Self(self.0 + time)
    }
}

pub(in super::super) mod thread {
    pub(in super::super::super) use shuttle::thread::{Builder, JoinHandle, spawn, yield_now};

    pub(in super::super::super) fn sleep(time: std::time::Duration) {
        super::advance_time(time);
        yield_now();
    }
}

/// A mutex with the interface of `parking_lot`.
#[derive(Debug, Default)]
pub(in super::super) struct Mutex<T>(shuttle::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(in super::super) fn new(value: T) -> Self {
        Self(shuttle::sync::Mutex::new(value))
    }

    pub(in super::super) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap()
    }

    pub(in super::super) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok()
    }

    pub(in super::super) fn try_lock_for(&self, limit: Duration) -> Option<MutexGuard<'_, T>> {
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

    pub(in super::super) fn is_locked(&self) -> bool {
        self.try_lock().is_none()
    }

    pub(in super::super) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap()
    }
}

#[derive(Debug, Eq, PartialEq)]
pub(in super::super) enum RecvTimeoutError {
    Timeout,
    Disconnected,
}

struct Channel<T> {
    value: Option<T>,
    sender: bool,
    receiver: bool,
}

type Shared<T> = Arc<shuttle::sync::Mutex<Channel<T>>>;

pub(in super::super) struct Sender<T>(Shared<T>);
pub(in super::super) struct Receiver<T>(Shared<T>);

/// A channel with one sender and one receiver, and capacity for one value.
pub(in super::super) fn new_mailbox<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(shuttle::sync::Mutex::new(Channel {
        value: None,
        sender: true,
        receiver: true,
    }));
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

impl<T> Sender<T> {
    pub(in super::super) fn send(&self, value: T) -> Result<(), T> {
        loop {
            {
                let mut channel = self.0.lock().unwrap();
                if !channel.receiver {
                    return Err(value);
                }
                if channel.value.is_none() {
                    channel.value = Some(value);
                    return Ok(());
                }
            }
            thread::yield_now();
        }
    }
}

impl<T> Receiver<T> {
    fn try_recv(&self) -> Option<Result<T, RecvTimeoutError>> {
        let mut channel = self.0.lock().unwrap();
        match channel.value.take() {
            Some(value) => Some(Ok(value)),
            None => (!channel.sender).then_some(Err(RecvTimeoutError::Disconnected)),
        }
    }

    pub(in super::super) fn recv(&self) -> Result<T, RecvTimeoutError> {
        loop {
            if let Some(outcome) = self.try_recv() {
                return outcome;
            }
            thread::yield_now();
        }
    }

    pub(in super::super) fn recv_timeout(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        loop {
            if let Some(outcome) = self.try_recv() {
                return outcome;
            }
            if times_out(limit) {
                return Err(RecvTimeoutError::Timeout);
            }
            thread::yield_now();
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().unwrap().sender = false;
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut channel = self.0.lock().unwrap();
            channel.receiver = false;
            channel.value.take()
        };
        drop(left);
    }
}
