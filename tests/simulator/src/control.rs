//! Steering a loaded simulator from a test.

use core::ffi::c_int;
use std::ffi::{CString, OsStr};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};

use crate::Flavour;
use crate::faults::{Fault, Garbage};

/// The simulated libdcgm 4.6.0 beside the running test or example. `None`: it was not built.
#[must_use]
pub fn library_4_6() -> Option<PathBuf> {
    beside("libdcgm_simulator_4_6.so")
}

/// The simulated libdcgm 3.3.9, likewise.
#[must_use]
pub fn library_3_3() -> Option<PathBuf> {
    beside("libdcgm_simulator_3_3.so")
}

fn beside(name: &str) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = program.ancestors().skip(1).take(3);
    folders
        .flat_map(|folder| [folder.join(name), folder.join("deps").join(name)])
        .find(|path| path.is_file())
}

/// The open objects in the engines and in the library of a process.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Open {
    /// Groups of clients.
    pub groups: u64,
    /// Field groups of clients.
    pub field_groups: u64,
    /// Watches of clients: one each for an entity, a field and a connection.
    pub watches: u64,
    /// Handles that were not disconnected.
    pub handles: u64,
    /// Connections that engines served from this process see.
    pub connections: u64,
    /// Watches for health and policies, which nothing ends: one each for an entity, a field and a
    /// connection.
    pub endless_watches: u64,
}

/// The cost of clients for the engines of a process: what an engine keeps, reads, refuses and logs
/// because of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Harm {
    /// Samples that are kept now.
    pub kept: u64,
    /// Values that were read from the driver.
    pub reads: u64,
    /// Requests that were answered with an error.
    pub refused: u64,
    /// Lines written into the log.
    pub log_lines: u64,
    /// Values a day that the watches ask the engine to read.
    pub asked_a_day: u64,
    /// Samples that the watches ask it to keep, at the most.
    pub asked_to_keep: u64,
}

/// An engine served from this process, by the loaded library.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Served {
    /// Its number.
    pub id: u64,
    /// The TCP port that it got; 0 with a unix socket.
    pub port: u16,
}

/// What the module of diagnostics does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
#[repr(u32)]
pub enum DiagnosticsMode {
    /// It is not installed, as in a fresh engine.
    Missing = 0,
    /// Each test ends at once.
    Finishes = 1,
    /// The second test does not end before it is stopped.
    Holds = 2,
}

/// Why there is no control.
#[derive(Debug)]
pub struct NoControl(String);

impl fmt::Display for NoControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoControl {}

/// A hand on a loaded simulator: the same library as the one that a client under test loads from
/// the same file.
///
/// Faults, the clock and the rest are the library's, so they are shared by all tests of a process.
#[derive(Debug)]
pub struct Control {
    library: Library,
}

impl Control {
    /// The control of the library in a file.
    ///
    /// # Errors
    ///
    /// It cannot be loaded, or it is not the simulator.
    pub fn of(path: &Path) -> Result<Self, NoControl> {
        let path: &OsStr = path.as_ref();
        // SAFETY: the simulator's libraries have no initialisers; loading any other file is what
        // the client under test does too.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|error| NoControl(error.to_string()))?;
        let control = Self { library };
        if control
            .symbol::<extern "C" fn() -> i64>("dcgmsim_clock_now")
            .is_none()
        {
            return Err(NoControl("this library is not the simulator".to_owned()));
        }
        Ok(control)
    }

    fn symbol<T>(&self, name: &str) -> Option<Symbol<T>> {
        // SAFETY: the callers give the types of control_abi.rs, which are the library's own.
        unsafe { self.library.get(name.as_bytes()) }.ok()
    }

    fn run(&self, name: &str) -> bool {
        self.symbol::<extern "C" fn() -> c_int>(name)
            .is_some_and(|call| call() == 0)
    }

    fn run_for_flag(&self, name: &str) -> bool {
        self.symbol::<extern "C" fn() -> c_int>(name)
            .is_some_and(|call| call() != 0)
    }

    fn run_with(&self, name: &str, argument: i64) -> bool {
        self.symbol::<extern "C" fn(i64) -> c_int>(name)
            .is_some_and(|call| call(argument) == 0)
    }

    fn count(&self, name: &str) -> u64 {
        self.symbol::<extern "C" fn() -> u64>(name)
            .map_or(0, |call| call())
    }

    /// The host: `8xh100`, `8xh100,thermal`, `none` (no driver), `recorded:2`. Engines that run get
    /// its GPUs at once; whether they have a driver is theirs from the start.
    #[must_use]
    pub fn set_host(&self, host: &str) -> bool {
        let Ok(host) = CString::new(host) else {
            return false;
        };
        let call =
            self.symbol::<extern "C" fn(*const core::ffi::c_char) -> c_int>("dcgmsim_set_host");
        call.is_some_and(|call| call(host.as_ptr()) == 0)
    }

    /// A fault of a C function, for its next calls.
    #[must_use]
    pub fn fault(&self, function: &str, fault: Fault, calls: u32) -> bool {
        let Ok(function) = CString::new(function) else {
            return false;
        };
        let (kind, argument) = match fault {
            Fault::Code(code) => (0, i64::from(code)),
            Fault::Delay(delay) => (1, i64::try_from(delay.as_micros()).unwrap_or(i64::MAX)),
            Fault::HangUntilDisconnected => (2, 0),
            Fault::Hang => (3, 0),
        };
        let call = self.symbol::<extern "C" fn(*const core::ffi::c_char, u32, i64, u32) -> c_int>(
            "dcgmsim_fault",
        );
        call.is_some_and(|call| call(function.as_ptr(), kind, argument, calls) == 0)
    }

    /// Garbage in what a C function answers, until [`Self::clear`].
    #[must_use]
    pub fn garbage(&self, function: &str, garbage: Garbage) -> bool {
        let Ok(function) = CString::new(function) else {
            return false;
        };
        let call =
            self.symbol::<extern "C" fn(*const core::ffi::c_char, u32) -> c_int>("dcgmsim_garbage");
        call.is_some_and(|call| call(function.as_ptr(), garbage as u32) == 0)
    }

    /// No faults, no garbage; what hangs goes on.
    pub fn clear(&self) {
        self.run("dcgmsim_clear");
    }

    /// Lets hanging calls continue; faults stay.
    pub fn release(&self) {
        self.run("dcgmsim_release");
    }

    /// Calls that hang now.
    #[must_use]
    pub fn hanging(&self) -> u64 {
        self.count("dcgmsim_hanging")
    }

    /// Calls of a C function since the start or [`Self::reset_calls`]; of all functions for `""`.
    #[must_use]
    pub fn calls(&self, function: &str) -> u64 {
        let Ok(function) = CString::new(function) else {
            return 0;
        };
        let call = self.symbol::<extern "C" fn(*const core::ffi::c_char) -> u64>("dcgmsim_calls");
        call.map_or(0, |call| call(function.as_ptr()))
    }

    /// Counts from 0 again, calls and [what they would have taken](Self::charged).
    pub fn reset_calls(&self) {
        self.run("dcgmsim_reset_calls");
    }

    /// Returns the open objects.
    #[must_use]
    pub fn open(&self) -> Open {
        let mut counts = [0_u64; 6];
        if let Some(call) = self.symbol::<extern "C" fn(*mut u64) -> c_int>("dcgmsim_open") {
            call(counts.as_mut_ptr());
        }
        let [
            groups,
            field_groups,
            watches,
            handles,
            connections,
            endless_watches,
        ] = counts;
        Open {
            groups,
            field_groups,
            watches,
            handles,
            connections,
            endless_watches,
        }
    }

    /// Requests of which the real engine would have died.
    #[must_use]
    pub fn crashes(&self) -> u64 {
        self.count("dcgmsim_crashes")
    }

    /// Panics of the simulator, kept from C. Not 0: a bug of the simulator.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.count("dcgmsim_panics")
    }

    /// The engines' time, in microseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.symbol::<extern "C" fn() -> i64>("dcgmsim_clock_now")
            .map_or(0, |call| call())
    }

    /// Stops the engines' clock, at a time, or (0) where it is.
    pub fn stop_clock(&self, at: i64) {
        self.run_with("dcgmsim_clock_stop", at);
    }

    /// Moves the engines' clock; what falls due on the way is sampled before this returns.
    pub fn advance(&self, by: Duration) {
        self.run_with(
            "dcgmsim_clock_advance",
            i64::try_from(by.as_micros()).unwrap_or(i64::MAX),
        );
    }

    /// Lets the engines' clock run, on wall time.
    pub fn run_clock(&self) {
        self.run("dcgmsim_clock_run");
    }

    /// Telemetry is paused, as by a diagnostic, or resumed.
    pub fn pause(&self, paused: bool) {
        if let Some(call) = self.symbol::<extern "C" fn(c_int) -> c_int>("dcgmsim_pause") {
            call(paused.into());
        }
    }

    /// Ends all watches of all clients and of the engine, and forgets all samples, as a client can ask
    /// for.
    pub fn empty_cache(&self) {
        self.run("dcgmsim_empty_cache");
    }

    /// Creates a fake GPU, which has no samples but those that are injected. `None`: there is no room.
    #[must_use]
    pub fn fake_gpu(&self) -> Option<u32> {
        let id = self.symbol::<extern "C" fn() -> i64>("dcgmsim_fake_gpu")?();
        u32::try_from(id).ok()
    }

    /// Injects a sample of an entity (kind and number), taken at a time by the engines' clock. `value` is
    /// a text of the field's own type. Returns `false` if the engine refuses it.
    #[must_use]
    pub fn inject(&self, (kind, id): (u32, u32), field: u16, at: i64, value: &str) -> bool {
        let Ok(value) = CString::new(value) else {
            return false;
        };
        let call = self
            .symbol::<extern "C" fn(u32, u32, u32, i64, *const core::ffi::c_char) -> c_int>(
                "dcgmsim_inject",
            );
        call.is_some_and(|call| call(kind, id, field.into(), at, value.as_ptr()) == 0)
    }

    /// Sampling stands still, as with a hung driver, or goes on.
    pub fn freeze(&self, frozen: bool) {
        if let Some(call) = self.symbol::<extern "C" fn(c_int) -> c_int>("dcgmsim_freeze") {
            call(frozen.into());
        }
    }

    /// Sets what the module of diagnostics does in all engines that run, and the GPU on which the last test
    /// fails.
    pub fn diagnostics(&self, mode: DiagnosticsMode, failing: Option<u32>) {
        if let Some(call) = self.symbol::<extern "C" fn(u32, i64) -> c_int>("dcgmsim_diagnostics") {
            call(mode as u32, failing.map_or(-1, i64::from));
        }
    }

    /// Sets whether the engines that run are root's; they are from the start.
    pub fn set_root(&self, root: bool) {
        if let Some(call) = self.symbol::<extern "C" fn(c_int) -> c_int>("dcgmsim_root") {
            call(root.into());
        }
    }

    /// Heartbeats of clients of diagnostics.
    #[must_use]
    pub fn heartbeats(&self) -> u64 {
        self.count("dcgmsim_heartbeats")
    }

    /// Returns what clients cost the engines since the start or [`Self::reset_harm`].
    #[must_use]
    pub fn harm(&self) -> Harm {
        let mut counts = [0_u64; 6];
        if let Some(call) = self.symbol::<extern "C" fn(*mut u64) -> c_int>("dcgmsim_harm") {
            call(counts.as_mut_ptr());
        }
        let [kept, reads, refused, log_lines, asked_a_day, asked_to_keep] = counts;
        Harm {
            kept,
            reads,
            refused,
            log_lines,
            asked_a_day,
            asked_to_keep,
        }
    }

    /// Counts reads, refused requests and log lines from 0 again.
    pub fn reset_harm(&self) {
        self.run("dcgmsim_reset_harm");
    }

    /// Sets the status of a GPU in all engines that run: 1 OK, 4 lost, 6 paused, 7 detached.
    pub fn set_status(&self, gpu: u32, status: u32) {
        if let Some(call) = self.symbol::<extern "C" fn(u32, u32) -> c_int>("dcgmsim_set_status") {
            call(gpu, status);
        }
    }

    /// Makes a profiling field permanently blank in all engines that run, as a driver does that
    /// lacks it; or real again.
    pub fn set_blank(&self, field: u16, blank: bool) {
        if let Some(call) = self.symbol::<extern "C" fn(u32, c_int) -> c_int>("dcgmsim_set_blank") {
            call(field.into(), blank.into());
        }
    }

    /// Takes the profiler of a GPU away, in all engines that run.
    pub fn remove_profiler(&self, gpu: u32) {
        if let Some(call) = self.symbol::<extern "C" fn(u32) -> c_int>("dcgmsim_remove_profiler") {
            call(gpu);
        }
    }

    /// Sets how many health incidents a GPU has, in all engines that run, as if another client had set health
    /// watches on each group.
    pub fn set_incidents(&self, gpu: u32, count: u32) {
        if let Some(call) = self.symbol::<extern "C" fn(u32, u32) -> c_int>("dcgmsim_set_incidents")
        {
            call(gpu, count);
        }
    }

    /// Puts a process into the accounting of a GPU, in all engines that run: its start and its end (0: it runs) by the
    /// engines' clock, and the memory that it used.
    pub fn account(&self, gpu: u32, pid: u32, (start, end): (i64, i64), memory: i64) {
        if let Some(call) =
            self.symbol::<extern "C" fn(u32, u32, i64, i64, i64) -> c_int>("dcgmsim_account")
        {
            call(gpu, pid, start, end, memory);
        }
    }

    /// Puts a sample of an integer field of a GPU into all engines that run.
    #[must_use]
    pub fn put_int(&self, gpu: u32, field: u16, at: i64, value: i64) -> bool {
        let call = self.symbol::<extern "C" fn(u32, u32, i64, i64) -> c_int>("dcgmsim_put_int");
        call.is_some_and(|call| call(gpu, field.into(), at, value) == 0)
    }

    /// Puts a sample of a floating-point field of a GPU into all engines that run.
    #[must_use]
    pub fn put_double(&self, gpu: u32, field: u16, at: i64, value: f64) -> bool {
        let call = self.symbol::<extern "C" fn(u32, u32, i64, f64) -> c_int>("dcgmsim_put_double");
        call.is_some_and(|call| call(gpu, field.into(), at, value) == 0)
    }

    /// Connects the GPUs of all engines that run in another way: 0 as the host says, 1 with a pair whose
    /// path NVML does not know, 2 with a few direct links, 3 and 4 with all levels, without and with links.
    pub fn set_wiring(&self, wiring: u32) {
        if let Some(call) = self.symbol::<extern "C" fn(u32) -> c_int>("dcgmsim_set_wiring") {
            call(wiring);
        }
    }

    /// Sets a variable of the environment of all engines that run.
    pub fn set_environment(&self, name: &str, value: &str) {
        let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) else {
            return;
        };
        let set = self
            .symbol::<extern "C" fn(*const core::ffi::c_char, *const core::ffi::c_char) -> c_int>(
                "dcgmsim_set_environment",
            );
        if let Some(set) = set {
            set(name.as_ptr(), value.as_ptr());
        }
    }

    /// Adds a fake GPU (1) or NVSwitch (3) to all engines that run.
    #[must_use]
    pub fn add_fake(&self, kind: u32) -> bool {
        self.symbol::<extern "C" fn(u32) -> c_int>("dcgmsim_add_fake")
            .is_some_and(|call| call(kind) == 0)
    }

    /// Puts a sample of a GPU into all engines that run.
    pub fn inject_number(&self, gpu: u32, field: u16, value: i64) {
        let inject = self.symbol::<extern "C" fn(u32, u32, i64) -> c_int>("dcgmsim_inject_number");
        if let Some(inject) = inject {
            inject(gpu, field.into(), value);
        }
    }

    /// Enables health checks on the built-in group of all GPUs, in all engines that run.
    pub fn check_all_gpus(&self, systems: u32) {
        if let Some(call) = self.symbol::<extern "C" fn(u32) -> c_int>("dcgmsim_check_all_gpus") {
            call(systems);
        }
    }

    /// Returns the severity that a client has set for a logger; -1: none.
    #[must_use]
    pub fn log_severity(&self, logger: i64) -> i64 {
        self.symbol::<extern "C" fn(i64) -> i64>("dcgmsim_log_severity")
            .map_or(-1, |call| call(logger))
    }

    /// Gives all engines that run the profiling module, which can be paused, or takes it away.
    pub fn set_profiling_module(&self, is_there: bool) {
        let name = "dcgmsim_set_profiling_module";
        if let Some(call) = self.symbol::<extern "C" fn(c_int) -> c_int>(name) {
            call(is_there.into());
        }
    }

    /// Returns `true` if an engine's profiling is paused.
    #[must_use]
    pub fn profiling_is_paused(&self) -> bool {
        self.run_for_flag("dcgmsim_profiling_is_paused")
    }

    /// Sets the timeouts of a request (60 s) and of the greeting of a connection (120 s).
    pub fn limits(&self, call: Duration, connect: Duration) {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        if let Some(set) = self.symbol::<extern "C" fn(u64, u64) -> c_int>("dcgmsim_limits") {
            set(millis(call), millis(connect));
        }
    }

    /// Makes failing connects give up this many times earlier than their timeouts say; 1: when they
    /// say.
    pub fn hurry(&self, times: u64) {
        if let Some(call) = self.symbol::<extern "C" fn(u64) -> c_int>("dcgmsim_hurry") {
            call(times);
        }
    }

    /// Sets whether this process works as much as the real library for each request for values, as a
    /// client and as an engine: it fills 4 MiB with zeros. Otherwise a request costs next to nothing.
    pub fn work(&self, works: bool) {
        if let Some(call) = self.symbol::<extern "C" fn(c_int) -> c_int>("dcgmsim_work") {
            call(works.into());
        }
    }

    /// Returns the time that the real library would have taken for the requests to engines since
    /// the start or [`Self::reset_calls`]: 0.2 ms each, 0.2 ms for each field of each entity where
    /// new samples are asked for, and on TCP 40 ms more for a reply above 16 KiB.
    #[must_use]
    pub fn charged(&self) -> Duration {
        Duration::from_micros(self.count("dcgmsim_charged"))
    }

    /// Serves an engine of the current host: `127.0.0.1:0`, `unix:///path`.
    #[must_use]
    pub fn serve(&self, address: &str, flavour: Flavour) -> Option<Served> {
        let (address, flavour) = (
            CString::new(address).ok()?,
            CString::new(flavour.version()).ok()?,
        );
        let mut port = 0_u16;
        let call = self.symbol::<extern "C" fn(
            *const core::ffi::c_char,
            *const core::ffi::c_char,
            *mut u16,
        ) -> u64>("dcgmsim_serve")?;
        let id = call(address.as_ptr(), flavour.as_ptr(), &raw mut port);
        (id != 0).then_some(Served { id, port })
    }

    /// Ends a served engine as `kill -9` does.
    pub fn kill(&self, served: Served) {
        if let Some(call) = self.symbol::<extern "C" fn(u64) -> c_int>("dcgmsim_kill_server") {
            call(served.id);
        }
    }

    /// A served engine takes requests and answers none, as with SIGSTOP; or goes on.
    pub fn stick(&self, served: Served, stuck: bool) {
        if let Some(call) =
            self.symbol::<extern "C" fn(u64, c_int) -> c_int>("dcgmsim_stick_server")
        {
            call(served.id, stuck.into());
        }
    }

    /// The log file of the embedded engine: the one that was given, or where the real library would
    /// write.
    #[must_use]
    pub fn log(&self) -> Option<String> {
        let call = self.symbol::<extern "C" fn(*mut u8, usize) -> usize>("dcgmsim_log")?;
        let mut buffer = vec![0; 4096];
        let length = call(buffer.as_mut_ptr(), buffer.len()).min(buffer.len());
        buffer.truncate(length);
        String::from_utf8(buffer)
            .ok()
            .filter(|path| !path.is_empty())
    }
}
