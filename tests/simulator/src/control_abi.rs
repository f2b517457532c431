//! The simulator's own C functions, `dcgmsim_*`: what [`Control`](crate::Control) calls through
//! dlopen.

use core::ffi::{c_char, c_int};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Flavour;
use crate::abi::{PANICS, Ptr};
use crate::engine::{Accounted, GPU, Wiring, st};
use crate::faults::{self, Fault, Garbage};
use crate::net::Address;
use crate::process::PROCESS;
use crate::wire::Payload;

/// Exports the control functions; for the flavours' crates.
#[macro_export]
macro_rules! control_exports {
    () => { $crate::control_rows! {
        dcgmsim_set_host(host: Ptr<c_char>) -> c_int = set_host;
        dcgmsim_fault(name: Ptr<c_char>, kind: u32, argument: i64, calls: u32) -> c_int = fault;
        dcgmsim_garbage(name: Ptr<c_char>, kind: u32) -> c_int = garbage;
        dcgmsim_clear() -> c_int = clear;
        dcgmsim_release() -> c_int = release;
        dcgmsim_hanging() -> u64 = hanging;
        dcgmsim_calls(name: Ptr<c_char>) -> u64 = calls;
        dcgmsim_reset_calls() -> c_int = reset_calls;
        dcgmsim_open(counts: Ptr<u64>) -> c_int = open;
        dcgmsim_crashes() -> u64 = crashes;
        dcgmsim_panics() -> u64 = panics;
        dcgmsim_clock_now() -> i64 = clock_now;
        dcgmsim_clock_stop(at: i64) -> c_int = clock_stop;
        dcgmsim_clock_advance(by: i64) -> c_int = clock_advance;
        dcgmsim_clock_run() -> c_int = clock_run;
        dcgmsim_pause(paused: c_int) -> c_int = pause;
        dcgmsim_empty_cache() -> c_int = empty_cache;
        dcgmsim_fake_gpu() -> i64 = fake_gpu;
        dcgmsim_inject(kind: u32, id: u32, field: u32, at: i64, value: Ptr<c_char>) -> c_int = inject_text;
        dcgmsim_freeze(frozen: c_int) -> c_int = freeze;
        dcgmsim_diagnostics(mode: u32, failing: i64) -> c_int = diagnostics;
        dcgmsim_heartbeats() -> u64 = heartbeats;
        dcgmsim_root(root: c_int) -> c_int = root;
        dcgmsim_harm(counts: Ptr<u64>) -> c_int = harm;
        dcgmsim_reset_harm() -> c_int = reset_harm;
        dcgmsim_set_status(gpu: u32, status: u32) -> c_int = set_status;
        dcgmsim_set_blank(field: u32, blank: c_int) -> c_int = set_blank;
        dcgmsim_remove_profiler(gpu: u32) -> c_int = remove_profiler;
        dcgmsim_set_incidents(gpu: u32, count: u32) -> c_int = set_incidents;
        dcgmsim_account(gpu: u32, pid: u32, start: i64, end: i64, memory: i64) -> c_int = account;
        dcgmsim_put_int(gpu: u32, field: u32, at: i64, value: i64) -> c_int = put_int;
        dcgmsim_put_double(gpu: u32, field: u32, at: i64, value: f64) -> c_int = put_double;
        dcgmsim_limits(call_ms: u64, connect_ms: u64) -> c_int = limits;
        dcgmsim_hurry(times: u64) -> c_int = hurry;
        dcgmsim_work(works: c_int) -> c_int = work;
        dcgmsim_charged() -> u64 = charged;
        dcgmsim_serve(address: Ptr<c_char>, flavour: Ptr<c_char>, port: Ptr<u16>) -> u64 = serve;
        dcgmsim_kill_server(server: u64) -> c_int = kill_server;
        dcgmsim_stick_server(server: u64, stuck: c_int) -> c_int = stick_server;
        dcgmsim_set_wiring(wiring: u32) -> c_int = set_wiring;
        dcgmsim_set_environment(name: Ptr<c_char>, value: Ptr<c_char>) -> c_int = set_environment;
        dcgmsim_add_fake(kind: u32) -> c_int = add_fake;
        dcgmsim_inject_number(gpu: u32, field: u32, value: i64) -> c_int = inject_number;
        dcgmsim_check_all_gpus(systems: u32) -> c_int = check_all_gpus;
        dcgmsim_log_severity(logger: i64) -> i64 = log_severity;
        dcgmsim_set_profiling_module(there: c_int) -> c_int = set_profiling_module;
        dcgmsim_profiling_is_paused() -> c_int = profiling_is_paused;
        dcgmsim_log(buffer: Ptr<u8>, room: usize) -> usize = log;
    } };
}

/// A row a control function.
#[doc(hidden)]
#[macro_export]
macro_rules! control_rows {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty = $function:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "`, of the simulator alone.")]
            ///
            /// # Safety
            ///
            /// The same as in C: pointers are null, or to what `dcgm_simulator::Control` passes.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> $result {
                $crate::control_abi::$function($($argument),*)
            }
        )*
    };
}

fn done(done: bool) -> c_int {
    if done { st::OK } else { st::BADPARAM }
}

/// The host of engines that start from now on; those that run get its GPUs at once.
pub fn set_host(host: Ptr<c_char>) -> c_int {
    let name = host.text().unwrap_or_else(|| "8xh100".to_owned());
    if crate::source::by_name(&name, 0).is_none() {
        return st::BADPARAM;
    }
    PROCESS.change_host(&name);
    st::OK
}

pub fn fault(name: Ptr<c_char>, kind: u32, argument: i64, calls: u32) -> c_int {
    let Some(name) = name.text() else {
        return st::BADPARAM;
    };
    let fault = match kind {
        0 => i32::try_from(argument).ok().map(Fault::Code),
        1 => u64::try_from(argument)
            .ok()
            .map(|micros| Fault::Delay(Duration::from_micros(micros))),
        2 => Some(Fault::HangUntilDisconnected),
        3 => Some(Fault::Hang),
        _ => None,
    };
    done(fault.is_some_and(|fault| {
        faults::set(&name, fault, calls);
        true
    }))
}

pub fn garbage(name: Ptr<c_char>, kind: u32) -> c_int {
    let chosen = name.text().zip(Garbage::from_raw(kind));
    done(chosen.is_some_and(|(name, garbage)| {
        faults::set_garbage(&name, garbage);
        true
    }))
}

pub fn clear() -> c_int {
    faults::clear();
    st::OK
}

pub fn release() -> c_int {
    faults::release();
    st::OK
}

pub fn hanging() -> u64 {
    faults::hanging()
}

pub fn calls(name: Ptr<c_char>) -> u64 {
    faults::calls(&name.text().unwrap_or_default())
}

pub fn reset_calls() -> c_int {
    faults::reset_calls();
    PROCESS.charged.store(0, Ordering::Relaxed);
    st::OK
}

/// Groups, field groups, watches, handles, connections of served engines, watches that nothing ends.
pub fn open(counts: Ptr<u64>) -> c_int {
    let mut sums = [0_u64; 4];
    PROCESS.for_each_host(|host| {
        let counts = host.with(|engine| engine.open());
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    });
    let (links, connections) = PROCESS.open_links();
    let [groups, field_groups, watches, endless] = sums;
    let links = [links as u64, connections as u64];
    let all = [groups, field_groups, watches]
        .into_iter()
        .chain(links)
        .chain([endless]);
    all.enumerate()
        .for_each(|(index, count)| counts.at(index).write(count));
    st::OK
}

/// Samples kept, values read, requests refused, lines logged, and what the watches ask for.
pub fn harm(counts: Ptr<u64>) -> c_int {
    let mut sums = [0_u64; 6];
    PROCESS.for_each_host(|host| {
        let harm = host.with(|engine| engine.harm());
        let counts = [
            harm.kept,
            harm.reads,
            harm.refused,
            harm.log_lines,
            harm.asked_a_day,
            harm.asked_to_keep,
        ];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
    });
    for (index, count) in sums.into_iter().enumerate() {
        counts.at(index).write(count);
    }
    st::OK
}

pub fn reset_harm() -> c_int {
    PROCESS.for_each_host(|host| host.with(crate::engine::Engine::reset_harm));
    st::OK
}

pub fn set_status(gpu: u32, status: u32) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.set_status(gpu, status)));
    st::OK
}

pub fn set_blank(field: u32, blank: c_int) -> c_int {
    let Ok(field) = u16::try_from(field) else {
        return st::BADPARAM;
    };
    PROCESS.for_each_host(|host| host.with(|engine| engine.set_blank(field, blank != 0)));
    st::OK
}

pub fn remove_profiler(gpu: u32) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.remove_profiler(gpu)));
    st::OK
}

pub fn set_incidents(gpu: u32, count: u32) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.set_incidents(gpu, count)));
    st::OK
}

pub fn account(gpu: u32, pid: u32, start: i64, end: i64, memory: i64) -> c_int {
    let process = Accounted {
        gpu,
        pid,
        start,
        end,
        memory,
    };
    PROCESS.for_each_host(|host| host.with(|engine| engine.account(process)));
    st::OK
}

pub fn put_int(gpu: u32, field: u32, at: i64, value: i64) -> c_int {
    put((gpu, field), at, b'i', &Payload::Int(value))
}

pub fn put_double(gpu: u32, field: u32, at: i64, value: f64) -> c_int {
    put((gpu, field), at, b'd', &Payload::Double(value))
}

/// A sample that an engine holds as if it had taken it.
fn put((gpu, field): (u32, u32), at: i64, kind: u8, payload: &Payload) -> c_int {
    let Ok(field) = u16::try_from(field) else {
        return st::BADPARAM;
    };
    let now = PROCESS.clock.now();
    let mut code = st::OK;
    PROCESS.for_each_host(|host| {
        let pair = (GPU, gpu);
        let put = host.with(|engine| engine.inject(pair, field, kind, at, payload.clone(), now));
        code = code.min(put);
    });
    code
}

pub fn crashes() -> u64 {
    PROCESS.crashes()
}

pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

pub fn clock_now() -> i64 {
    PROCESS.clock.now()
}

pub fn clock_stop(at: i64) -> c_int {
    let at = if at == 0 { PROCESS.clock.now() } else { at };
    PROCESS.clock.stop_at(at);
    st::OK
}

/// Every engine samples what falls due on the way.
pub fn clock_advance(by: i64) -> c_int {
    let mut hosts = Vec::new();
    PROCESS.for_each_host(|host| hosts.push(std::sync::Arc::clone(host)));
    crate::host::Host::advance(&hosts, &PROCESS.clock, by);
    st::OK
}

pub fn clock_run() -> c_int {
    PROCESS.clock.run();
    st::OK
}

/// Telemetry is paused, or resumed.
pub fn pause(paused: c_int) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.pause(paused != 0)));
    st::OK
}

/// The number of a new fake GPU in the engine that was started last; -1 if there is no room.
pub fn fake_gpu() -> i64 {
    let mut made = -1;
    let now = PROCESS.clock.now();
    PROCESS.for_each_host(|host| {
        let fake = host.with(|engine| engine.fake(GPU, (0, 0), now));
        made = fake.map_or(made, i64::from);
    });
    made
}

/// Injects a sample into all engines. The text is the value, of the field's own type.
pub fn inject_text(kind: u32, id: u32, field: u32, at: i64, value: Ptr<c_char>) -> c_int {
    let Ok(field) = u16::try_from(field) else {
        return st::BADPARAM;
    };
    let text = value.text().unwrap_or_default();
    let mut code = st::BADPARAM;
    PROCESS.for_each_host(|host| code = host.inject((kind, id), field, at, &text));
    code
}

pub fn empty_cache() -> c_int {
    PROCESS.for_each_host(|host| host.with(crate::engine::Engine::empty_cache));
    st::OK
}

pub fn freeze(frozen: c_int) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.frozen = frozen != 0));
    st::OK
}

/// The module of diagnostics in all engines that run; the GPU on which the last test fails, or -1.
pub fn diagnostics(mode: u32, failing: i64) -> c_int {
    let failing = u32::try_from(failing).ok();
    PROCESS.for_each_host(|host| host.with(|engine| engine.set_diagnostics(mode, failing)));
    st::OK
}

/// Whether the engines that run are root's.
pub fn root(root: c_int) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.set_root(root != 0)));
    st::OK
}

pub fn heartbeats() -> u64 {
    let mut sum = 0;
    PROCESS.for_each_host(|host| sum += host.with(|engine| engine.heartbeats()));
    sum
}

pub fn limits(call_ms: u64, connect_ms: u64) -> c_int {
    for (limit, value) in PROCESS.limits.iter().zip([call_ms, connect_ms]) {
        limit.store(value, Ordering::Relaxed);
    }
    st::OK
}

pub fn hurry(times: u64) -> c_int {
    PROCESS.hurry.store(times, Ordering::Relaxed);
    st::OK
}

pub fn work(works: c_int) -> c_int {
    PROCESS.works.store(works != 0, Ordering::Relaxed);
    st::OK
}

pub fn charged() -> u64 {
    PROCESS.charged.load(Ordering::Relaxed)
}

/// 0: it could not listen, or there is no such host or flavour.
pub fn serve(address: Ptr<c_char>, flavour: Ptr<c_char>, port: Ptr<u16>) -> u64 {
    let flavour = flavour
        .text()
        .map_or(Some(PROCESS.flavour()), |name| Flavour::by_name(&name));
    let address = address
        .text()
        .and_then(|text| Address::parse_uri_any_port(&text));
    let served = address
        .zip(flavour)
        .and_then(|(address, flavour)| PROCESS.serve(&address, flavour));
    let (id, got) = served.unwrap_or((0, 0));
    port.write(got);
    id
}

pub fn kill_server(server: u64) -> c_int {
    done(PROCESS.kill_server(server))
}

pub fn stick_server(server: u64, stuck: c_int) -> c_int {
    done(PROCESS.stick_server(server, stuck != 0))
}

/// The length of the path of the log file; 0: no embedded engine was started.
pub fn log(buffer: Ptr<u8>, room: usize) -> usize {
    let path = PROCESS.log().unwrap_or_default();
    if room > 0 {
        buffer.write_text(path.as_bytes(), room);
    }
    path.len()
}

/// 0 as the host says, 1 with a pair that NVML does not know, 2 with a few links, 3 and 4 with all levels,
/// without and with links.
pub fn set_wiring(wiring: u32) -> c_int {
    let wiring = match wiring {
        0 => Wiring::Usual,
        1 => Wiring::UnknownPair,
        2 => Wiring::FewLinks,
        3 => Wiring::Levels,
        4 => Wiring::LinkedLevels,
        _ => return st::BADPARAM,
    };
    PROCESS.for_each_host(|host| host.with(|engine| engine.wiring = wiring));
    st::OK
}

pub fn set_environment(name: Ptr<c_char>, value: Ptr<c_char>) -> c_int {
    let (name, value) = (name.text(), value.text());
    done(name.zip(value).is_some_and(|(name, value)| {
        PROCESS.for_each_host(|host| host.with(|engine| engine.set_environment(&name, &value)));
        true
    }))
}

/// -1: nothing was set.
pub fn log_severity(logger: i64) -> i64 {
    let mut found = -1;
    PROCESS.for_each_host(|host| {
        found = host
            .with(|engine| engine.log_severity(logger))
            .unwrap_or(found);
    });
    found
}

pub fn set_profiling_module(there: c_int) -> c_int {
    PROCESS.for_each_host(|host| host.with(|engine| engine.set_profiling_module(there != 0)));
    st::OK
}

pub fn profiling_is_paused() -> c_int {
    let mut paused = false;
    PROCESS.for_each_host(|host| paused |= host.with(|engine| engine.profiling_is_paused()));
    paused.into()
}

/// A fake GPU or switch in every engine, as `dcgmCreateFakeEntities` makes.
pub fn add_fake(kind: u32) -> c_int {
    let now = PROCESS.clock.now();
    let mut made = false;
    PROCESS.for_each_host(|host| {
        made |= host.with(|engine| engine.fake(kind, (0, 0), now)).is_ok();
    });
    done(made)
}

/// A sample of a GPU, as `dcgmInjectFieldValue` puts in.
pub fn inject_number(gpu: u32, field: u32, value: i64) -> c_int {
    let Ok(field) = u16::try_from(field) else {
        return st::BADPARAM;
    };
    let now = PROCESS.clock.now();
    PROCESS.for_each_host(|host| {
        host.with(|engine| engine.inject((1, gpu), field, b'i', now, Payload::Int(value), now));
    });
    st::OK
}

/// Health checks on the built-in group of all GPUs, as `dcgmHealthSet` enables.
pub fn check_all_gpus(systems: u32) -> c_int {
    let now = PROCESS.clock.now();
    PROCESS.for_each_host(|host| {
        host.with(|engine| engine.set_health(0, 0, systems, (30_000_000, 600_000_000), now));
    });
    st::OK
}
