//! A libdcgm for models of concurrency, with connections and calls that hang until they are closed.
//!
//! A model runs all its threads on one system thread, so that the state is thread-local.

use core::cell::RefCell;
use core::ffi::{c_char, c_int};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dcgm_sys as sys;
use shuttle::rand::Rng as _;
use shuttle::thread::yield_now;

/// The behavior of calls.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Peer {
    /// Calls hang until their connection is closed.
    #[default]
    Frees,
    /// Likewise; the handle is written late, and calls hang only after that.
    Slow,
    /// Calls hang until [`let_go`].
    Holds,
}

#[derive(Debug, Default)]
struct Engine {
    made: usize,
    open: BTreeSet<usize>,
    peer: Peer,
    /// Every call returns.
    let_go: bool,
    /// Connects without a handle yet.
    connecting: usize,
    /// Calls in progress.
    active_calls: usize,
}

thread_local! {
    static ENGINE: RefCell<Engine> = RefCell::default();
}

/// Resets the state for the next run.
pub(crate) fn begin(kind: Peer) {
    ENGINE.take();
    ENGINE.with_borrow_mut(|engine| engine.peer = kind);
}

/// Releases all hanging calls.
pub(crate) fn let_go() {
    ENGINE.with_borrow_mut(|engine| engine.let_go = true);
}

/// Returns `true` if a handle is about to be written.
pub(crate) fn is_connecting() -> bool {
    ENGINE.with_borrow(|engine| engine.connecting > 0 && engine.peer != Peer::Slow)
}

/// Returns the numbers of open connections and of calls in progress.
pub(crate) fn open_and_active() -> (usize, usize) {
    ENGINE.with_borrow(|engine| (engine.open.len(), engine.active_calls))
}

pub(crate) fn library() -> &'static sys::Library {
    static LIBRARY: OnceLock<sys::Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let symbols = sys::Symbols {
            dcgmInit: Some(init),
            dcgmVersionInfo: Some(version),
            dcgmConnect_v2: Some(connect),
            dcgmDisconnect: Some(disconnect),
            dcgmHostengineVersionInfo: Some(engine_version),
            dcgmUpdateAllFields: Some(update),
            ..sys::Symbols::none()
        };
        // SAFETY: each function writes only to the memory of its parameters.
        unsafe { sys::Library::from_symbols(symbols) }
    })
}

/// Simulates a call over a connection, which may yield, or hang until the connection is closed.
fn call(handle: usize, may_hang: bool) -> sys::dcgmReturn_t {
    ENGINE.with_borrow_mut(|engine| engine.active_calls += 1);
    yield_now();
    let mut hangs = may_hang && shuttle::rand::thread_rng().gen_bool(0.5);
    let code = loop {
        let (open, stubborn, let_go) = ENGINE.with_borrow(|engine| {
            (
                engine.open.contains(&handle),
                engine.peer == Peer::Holds,
                engine.let_go,
            )
        });
        hangs &= !let_go && (open || stubborn);
        if !hangs {
            break if open {
                sys::DCGM_ST_OK
            } else {
                sys::DCGM_ST_CONNECTION_NOT_VALID
            };
        }
        yield_now();
    };
    ENGINE.with_borrow_mut(|engine| engine.active_calls -= 1);
    code
}

unsafe extern "C" fn init() -> sys::dcgmReturn_t {
    sys::DCGM_ST_OK
}

unsafe extern "C" fn version(_: *mut sys::dcgmVersionInfo_v2) -> sys::dcgmReturn_t {
    sys::DCGM_ST_OK
}

/// Writes the handle before it waits, and not at once.
unsafe extern "C" fn connect(
    _: *const c_char,
    _: *mut sys::dcgmConnectV2Params_v2,
    handle: *mut sys::dcgmHandle_t,
) -> sys::dcgmReturn_t {
    ENGINE.with_borrow_mut(|engine| engine.connecting += 1);
    yield_now();
    while ENGINE.with_borrow(|engine| engine.peer == Peer::Slow)
        && shuttle::rand::thread_rng().gen_bool(0.98)
    {
        yield_now();
    }
    let made = ENGINE.with_borrow_mut(|engine| {
        engine.connecting -= 1;
        engine.made += 1;
        engine.open.insert(engine.made);
        engine.made
    });
    // SAFETY: the cell of the caller outlives the call.
    let cell = unsafe { AtomicUsize::from_ptr(handle) };
    cell.store(made, Ordering::Release);
    call(made, ENGINE.with_borrow(|engine| engine.peer != Peer::Slow))
}

unsafe extern "C" fn disconnect(handle: sys::dcgmHandle_t) -> sys::dcgmReturn_t {
    yield_now();
    if ENGINE.with_borrow_mut(|engine| engine.open.remove(&handle)) {
        sys::DCGM_ST_OK
    } else {
        sys::DCGM_ST_BADPARAM
    }
}

unsafe extern "C" fn engine_version(
    handle: sys::dcgmHandle_t,
    _: *mut sys::dcgmVersionInfo_v2,
) -> sys::dcgmReturn_t {
    call(handle, true)
}

unsafe extern "C" fn update(handle: sys::dcgmHandle_t, _: c_int) -> sys::dcgmReturn_t {
    call(handle, true)
}
