//! Claims about a process that gets no thread any more. A test of its own, in a process of its own:
//! the limit is the process's.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(unsafe_code, reason = "a limit of the process is set by the C library")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::ffi::c_int;
use std::time::Duration;
use std::{fs, thread};

use dcgm::{Client as _, Engine, EngineOptions, Error};
use dcgm_otel::{DcgmMeter, ErrorKind, InstallError, MeterState};
use dcgm_simulator::{Control, Flavour};
use opentelemetry_sdk::metrics::SdkMeterProvider;

#[repr(C)]
struct Limit {
    soft: u64,
    hard: u64,
}

unsafe extern "C" {
    fn setrlimit(resource: c_int, limit: *const Limit) -> c_int;
    fn getrlimit(resource: c_int, limit: *mut Limit) -> c_int;
}

const RLIMIT_AS: c_int = 9;

/// Does something while there is room for data in this process, and for no stack of a thread.
fn without_threads<T>(act: impl FnOnce() -> T) -> T {
    let mut limit = Limit { soft: 0, hard: 0 };
    // SAFETY: it writes the two numbers.
    let got = unsafe { getrlimit(RLIMIT_AS, &raw mut limit) };
    assert_eq!(got, 0);
    let set = |soft: u64| {
        let limit = Limit {
            soft,
            hard: limit.hard,
        };
        // SAFETY: it reads the two numbers.
        let set = unsafe { setrlimit(RLIMIT_AS, &raw const limit) };
        assert_eq!(set, 0);
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmSize:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    let used = number.parse::<u64>().unwrap() * 1024;
    set(used + (1 << 20));
    let refused = thread::Builder::new().spawn(|| {}).is_err();
    let done = act();
    set(limit.soft);
    assert!(refused, "there are threads all the same: nothing is shown");
    done
}

/// Waits until a thread of that name has begun: before it has its name it still asks for memory of
/// its own, and the process ends if there is none.
fn await_thread(name: &str) {
    let has_begun = || {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        tasks.flatten().any(|task| {
            let comm = fs::read_to_string(task.path().join("comm"));
            comm.is_ok_and(|comm| comm.trim_end() == name)
        })
    };
    while !has_begun() {
        thread::yield_now();
    }
}

#[test]
fn without_a_thread_a_meter_is_refused_or_degraded_and_works_when_there_are_some_again() {
    let library = dcgm_simulator::library_4_6().unwrap();
    let control = Control::of(&library).unwrap();
    assert!(control.set_host("1xl4"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).unwrap();
    let endpoint = format!("127.0.0.1:{}", served.port);
    let engine = || {
        let options = EngineOptions::standalone(endpoint.parse().unwrap());
        Engine::new(options.with_library(&library))
    };
    let provider = SdkMeterProvider::builder().build();
    let install = || {
        let builder = DcgmMeter::builder().with_client(engine());
        let builder = builder.with_initial_delay(Duration::from_secs(600));
        builder.install(&provider)
    };

    let refused = without_threads(install);
    assert!(
        matches!(refused, Err(InstallError::Thread(_))),
        "{refused:?}"
    );
    let refused = without_threads(|| engine().connect());
    assert!(matches!(refused, Err(Error::Thread { .. })), "{refused:?}");

    // The refusal has left nothing behind.
    let meter = install().unwrap();
    await_thread("dcgm-meter");
    let failure = without_threads(|| meter.sample_now().unwrap_err());
    assert_eq!(failure.kind, ErrorKind::Connect, "{failure}");
    assert_eq!(meter.health().state, MeterState::Degraded);
    meter.sample_now().unwrap();
    assert!(meter.health().is_ready());
    drop(meter);
    control.kill(served);
}
