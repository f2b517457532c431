//! Claims about a fork of a process with a meter: there it shows nothing, calls nothing and costs
//! nothing, and another can be installed.
//!
//! One test in a program of its own: it forks, and no other thread of a test may hold a lock then.

#![cfg(unix)]
#![expect(unsafe_code, reason = "it forks, and waits for the child")]
#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

use std::ffi::{c_int, c_uint};
use std::fs;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use dcgm::mock::Mock;
use dcgm::monitor::Monitor;
use dcgm::{Engine, EngineOptions, FieldId};
use dcgm_otel::{DcgmMeter, MeterState};
use dcgm_simulator::{Control, Flavour};
use futures_core::Stream;
use opentelemetry::metrics::{
    AsyncInstrument, AsyncInstrumentBuilder, Callback, InstrumentProvider, Meter, MeterProvider,
    ObservableCounter, ObservableGauge, ObservableUpDownCounter,
};
use opentelemetry::{InstrumentationScope, KeyValue};

unsafe extern "C" {
    safe fn fork() -> c_int;
    safe fn alarm(seconds: c_uint) -> c_uint;
    safe fn _exit(code: c_int) -> !;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
}

/// A provider that runs callbacks on the thread that asks: the SDK's reader has a thread of its
/// own, which a child has not.
#[derive(Clone, Default)]
struct Callbacks(Arc<Kept>);

#[derive(Default)]
struct Kept {
    f64: Mutex<Vec<Callback<f64>>>,
    i64: Mutex<Vec<Callback<i64>>>,
    u64: Mutex<Vec<Callback<u64>>>,
}

macro_rules! keeps {
    ($($method:ident $number:ident $instrument:ident;)*) => {
        impl InstrumentProvider for Kept {
            $(fn $method(
                &self,
                builder: AsyncInstrumentBuilder<'_, $instrument<$number>, $number>,
            ) -> $instrument<$number> {
                self.$number.lock().unwrap().extend(builder.callbacks);
                $instrument::new()
            })*
        }
    };
}

keeps! {
    f64_observable_gauge f64 ObservableGauge;
    i64_observable_gauge i64 ObservableGauge;
    f64_observable_counter f64 ObservableCounter;
    u64_observable_counter u64 ObservableCounter;
    i64_observable_up_down_counter i64 ObservableUpDownCounter;
}

impl MeterProvider for Callbacks {
    fn meter_with_scope(&self, _: InstrumentationScope) -> Meter {
        Meter::new(Arc::<Kept>::clone(&self.0))
    }
}

/// Counts what is observed.
#[derive(Default)]
struct Count(Mutex<usize>);

impl<T> AsyncInstrument<T> for Count {
    fn observe(&self, _: T, _: &[KeyValue]) {
        *self.0.lock().unwrap() += 1;
    }
}

impl Callbacks {
    /// Returns the number of points of all callbacks.
    fn collect(&self) -> usize {
        let count = Count::default();
        let Kept { f64, i64, u64 } = &*self.0;
        f64.lock().unwrap().iter().for_each(|call| call(&count));
        i64.lock().unwrap().iter().for_each(|call| call(&count));
        u64.lock().unwrap().iter().for_each(|call| call(&count));
        count.0.into_inner().unwrap()
    }
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Runs the checks of a child, in the order in which it looks; it ends with the number of the first
/// that is not so.
fn checked(checks: &[&dyn Fn() -> bool]) -> c_int {
    let wrong = checks.iter().position(|check| !check());
    wrong.map_or(0, |at| c_int::try_from(at + 1).unwrap_or(99))
}

/// Forks, and has the child look. The child prints nothing, and a hang ends it.
fn in_a_child(look: impl FnOnce() -> c_int) -> c_int {
    let child = fork();
    if child == 0 {
        alarm(30);
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(look));
        _exit(found.unwrap_or(100));
    }
    assert!(child > 0, "no process");
    let mut status = -1;
    // SAFETY: it writes one integer.
    let waited = unsafe { waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    status
}

#[test]
fn a_meter_lives_in_its_own_process_only_and_a_child_can_have_another() {
    let library = dcgm_simulator::library_4_6().expect("cargo builds it with this test");
    let control = Control::of(&library).expect("the simulator");
    assert!(control.set_host("1xl4"));
    let served = control.serve("127.0.0.1:0", Flavour::V4_6).expect("served");
    let engine = || {
        let endpoint = format!("127.0.0.1:{}", served.port).parse().unwrap();
        Engine::new(EngineOptions::standalone(endpoint).with_library(&library))
    };
    let provider = Callbacks::default();
    let quiet = || DcgmMeter::builder().with_initial_delay(Duration::from_secs(3600));
    let meter = quiet().with_client(engine()).install(&provider).unwrap();
    meter.sample_now().unwrap();
    let whole = provider.collect();
    assert!(whole > 50, "{whole}");

    // Dropped, and another installed, on the same provider.
    let calls = control.calls("");
    let held = Mutex::new(Some(meter));
    let status = in_a_child(|| {
        let meter = held.lock().unwrap().take().unwrap();
        let asked = meter.sample_now();
        let health = meter.health();
        let waited = Instant::now();
        let ready = meter.wait_ready(Duration::from_secs(3600));
        let wait = waited.elapsed();
        let before = (threads(), provider.collect());
        let (mut page, mut openmetrics) = (String::new(), String::new());
        meter.prometheus_text(&mut page);
        meter.openmetrics_text(&mut openmetrics);
        let began = Instant::now();
        drop(meter);
        let drop_took = began.elapsed();
        let native = quiet().with_client(engine()).install(&provider).unwrap();
        let refused = native.sample_now();
        let own = provider.collect();
        drop(native);
        let mock = Mock::named("8xh100").unwrap();
        let again = quiet().with_client(mock).install(&provider).unwrap();
        let sampled = again.sample_now();
        let shown = provider.collect();
        drop(again);
        checked(&[
            &|| asked.is_err(),
            &|| health.state == MeterState::Stopped,
            &|| !ready && wait < Duration::from_secs(10),
            &|| before == (1, 0),
            &|| page.is_empty() && openmetrics == "# EOF\n",
            // Not even the patience that a thread is given which hangs.
            &|| drop_took < Duration::from_millis(200),
            &|| {
                refused
                    .as_ref()
                    .is_err_and(|failure| failure.message.contains("fork"))
            },
            // What the meter says of itself, with why there is nothing else.
            &|| own > 0 && own < 50,
            &|| sampled.is_ok() && shown > whole,
            &|| provider.collect() == 0,
            &|| control.calls("") == calls,
            &|| threads() == 1,
        ])
    });
    assert_eq!(status, 0, "the child's check number {}", status >> 8);

    // And where the inherited one is still there.
    let status = in_a_child(|| {
        let again = quiet()
            .with_client(Mock::named("8xh100").unwrap())
            .install(&provider);
        let installed = again.is_ok();
        let sampled = again.as_ref().is_ok_and(|meter| meter.sample_now().is_ok());
        let shown = provider.collect();
        let inherited = held.lock().unwrap().take();
        drop(inherited);
        let after = provider.collect();
        drop(again);
        checked(&[
            &|| installed,
            &|| sampled,
            &|| shown > whole,
            &|| after == shown,
            &|| provider.collect() == 0,
            &|| control.calls("") == calls,
        ])
    });
    assert_eq!(status, 0, "the child's check number {}", status >> 8);

    // The parent has noticed nothing.
    let meter = held.lock().unwrap().take().unwrap();
    meter.sample_now().unwrap();
    assert!(meter.health().is_ready());
    assert!(provider.collect() >= whole);
    drop(meter);
    assert_eq!(provider.collect(), 0);
    control.kill(served);
}

/// The thread of a monitor may hold the lock of its queue at any moment.
#[test]
fn the_events_of_a_monitor_end_in_a_child() {
    for number in 0..20 {
        let mock = Mock::named("8xh100").unwrap();
        let monitor = || {
            let monitor = Monitor::new(Arc::new(mock.clone()));
            monitor
                .with_fields([FieldId::GPU_TEMP])
                .with_interval(Duration::from_millis(1))
        };
        let events = Mutex::new(Some(monitor().start(10).unwrap()));
        let tasks = Mutex::new(Some(monitor().start(10).unwrap().into_async()));
        let status = in_a_child(|| {
            let mut events = events.lock().unwrap().take().unwrap();
            let mut tasks = tasks.lock().unwrap().take().unwrap();
            let began = Instant::now();
            let waited = events.next_timeout(Duration::from_secs(3600));
            let next = events.next();
            let mut context = Context::from_waker(Waker::noop());
            let polled = Pin::new(&mut tasks).poll_next(&mut context);
            let _counts = (events.dropped(), tasks.dropped());
            drop((events, tasks));
            checked(&[
                &|| waited.is_none() && next.is_none(),
                &|| matches!(polled, Poll::Ready(None)),
                &|| began.elapsed() < Duration::from_secs(10),
            ])
        });
        assert_eq!(status, 0, "fork {number}: check number {}", status >> 8);
        // The parent has noticed nothing.
        let events = events.lock().unwrap().take().unwrap();
        assert!(events.next_timeout(Duration::from_secs(30)).is_some());
    }
}

/// While the meter's thread is at work as hard as it can: whatever lock it holds stays held in the
/// child.
#[test]
fn a_fork_at_any_moment_leaves_a_child_that_ends() {
    let long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    let forks = if long { 1000 } else { 20 };
    let provider = Callbacks::default();
    let meter = DcgmMeter::builder()
        .with_client(Mock::named("8xh100").unwrap())
        .install(&provider)
        .unwrap();
    meter.sample_now().unwrap();
    let held = Mutex::new(Some(meter));
    for number in 0..forks {
        let guard = held.lock().unwrap();
        let meter = guard.as_ref().unwrap();
        let status = std::thread::scope(|scope| {
            let busy = scope.spawn(|| {
                for _ in 0..3 {
                    meter.sample_now().unwrap();
                }
            });
            let status = in_a_child(|| {
                checked(&[
                    &|| provider.collect() == 0,
                    &|| meter.sample_now().is_err(),
                    &|| meter.health().state == MeterState::Stopped,
                ])
            });
            busy.join().unwrap();
            status
        });
        drop(guard);
        assert_eq!(status, 0, "fork {number}");
        let status = in_a_child(|| {
            drop(held.lock().unwrap().take());
            0
        });
        assert_eq!(status, 0, "fork {number}");
    }
}

/// While others install as hard as they can, each on a provider of its own: whatever lock they hold
/// stays held in the child.
#[test]
fn a_fork_while_others_install_leaves_a_child_in_which_a_meter_can_be_installed() {
    let long = std::env::var_os("DCGM_TEST_LONG").is_some_and(|value| value == "1");
    let forks = if long { 2000 } else { 50 };
    let quiet = || {
        let mock = Mock::named("1xl4").unwrap();
        let builder = DcgmMeter::builder().with_client(mock);
        builder.with_initial_delay(Duration::from_secs(3600))
    };
    let shared = Callbacks::default();
    let ends = AtomicBool::new(false);
    let installed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let own = Callbacks::default();
                while !ends.load(Ordering::Relaxed) {
                    drop(quiet().install(&own).unwrap());
                    installed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let outcomes: Vec<_> = (0..forks)
            .map(|_| {
                in_a_child(|| {
                    let meter = quiet().install(&shared);
                    let sampled = meter.as_ref().is_ok_and(|meter| meter.sample_now().is_ok());
                    checked(&[&|| meter.is_ok(), &|| sampled, &|| shared.collect() > 10])
                })
            })
            .collect();
        ends.store(true, Ordering::Relaxed);
        assert_eq!(outcomes, vec![0; forks]);
    });
    println!(
        "{forks} forks during {} installs",
        installed.load(Ordering::Relaxed)
    );
}
