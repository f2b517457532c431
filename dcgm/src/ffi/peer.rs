//! A libdcgm for models of concurrency: connections, and calls that hang on them until these end.
//!
//! A model runs all its threads on one of the system's, so the state is that thread's.

use core::cell::RefCell;
use core::ffi::{c_char, c_int};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dcgm_sys as sys;
use shuttle::rand::Rng as _;
use shuttle::thread::yield_now;

use super::Dcgm;

/// How calls hang.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Peer {
    /// Until their connection ends.
    #[default]
    Frees,
    /// Likewise. A handle is written late, and only then does anything hang.
    Slow,
    /// Until all is let go.
    Holds,
}

#[derive(Debug, Default)]
struct Engine {
    made: usize,
    open: BTreeSet<usize>,
    peer: Peer,
    /// Every call returns.
    let_go: bool,
    /// Connects that have no handle yet.
    dialling: usize,
    /// Calls under way.
    inside: usize,
}

thread_local! {
    static ENGINE: RefCell<Engine> = RefCell::default();
}

/// Forgets all, for the next run.
pub(crate) fn begin(kind: Peer) {
    ENGINE.take();
    ENGINE.with_borrow_mut(|engine| engine.peer = kind);
}

/// Lets everything go that hangs.
pub(crate) fn let_go() {
    ENGINE.with_borrow_mut(|engine| engine.let_go = true);
}

/// Whether a handle is about to be written, and will be within any time.
pub(crate) fn is_dialling() -> bool {
    ENGINE.with_borrow(|engine| engine.dialling > 0 && engine.peer != Peer::Slow)
}

/// How many connections are open, and how many calls are under way.
pub(crate) fn open_and_inside() -> (usize, usize) {
    ENGINE.with_borrow(|engine| (engine.open.len(), engine.inside))
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
        // SAFETY: each writes where its caller lets it, and nothing else.
        unsafe { sys::Library::from_symbols(symbols) }
    })
}

/// The same, without pointers.
pub(crate) fn dcgm() -> Dcgm {
    Dcgm::new(library())
}

/// A call over a connection: it may take a while, or hang until the connection ends.
fn call(handle: usize, may_hang: bool) -> sys::dcgmReturn_t {
    ENGINE.with_borrow_mut(|engine| engine.inside += 1);
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
    ENGINE.with_borrow_mut(|engine| engine.inside -= 1);
    code
}

unsafe extern "C" fn init() -> sys::dcgmReturn_t {
    sys::DCGM_ST_OK
}

unsafe extern "C" fn version(_: *mut sys::dcgmVersionInfo_v2) -> sys::dcgmReturn_t {
    sys::DCGM_ST_OK
}

/// The handle is written before the wait, and not at once.
unsafe extern "C" fn connect(
    _: *const c_char,
    _: *mut sys::dcgmConnectV2Params_v2,
    handle: *mut sys::dcgmHandle_t,
) -> sys::dcgmReturn_t {
    ENGINE.with_borrow_mut(|engine| engine.dialling += 1);
    yield_now();
    while ENGINE.with_borrow(|engine| engine.peer == Peer::Slow)
        && shuttle::rand::thread_rng().gen_bool(0.98)
    {
        yield_now();
    }
    let made = ENGINE.with_borrow_mut(|engine| {
        engine.dialling -= 1;
        engine.made += 1;
        engine.open.insert(engine.made);
        engine.made
    });
    // SAFETY: the caller's cell, which outlives the call.
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
