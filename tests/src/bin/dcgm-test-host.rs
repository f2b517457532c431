//! A host program for the tests of isolated engines: its own worker, a worker that misbehaves, or a program
//! that has a worker and is killed.
//!
//! A worker gets no arguments, so that the name under which the program is started says how it misbehaves.

#![expect(unsafe_code, reason = "to fork and to reap, as programs do")]

#[cfg(target_os = "linux")]
mod linux {
    use core::ffi::c_int;
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::process::ExitCode;
    use std::thread;
    use std::time::Duration;

    use dcgm::isolated::{IsolatedEngine, WorkerProgram, run_if_worker};
    use dcgm::{Client as _, Deadlines, EmbeddedMode, EngineOptions, EntityKind};

    const GREETING: &[u8] = b"dcgmwork";

    /// Appends the header and the content of a frame.
    fn frame(content: &[u8]) -> Vec<u8> {
        let len = u32::try_from(content.len()).unwrap_or(u32::MAX);
        [&len.to_le_bytes(), content].concat()
    }

    fn greeting(release: &str) -> Vec<u8> {
        let len = u32::try_from(release.len()).unwrap_or(u32::MAX);
        frame(&[GREETING, &len.to_le_bytes(), release.as_bytes()].concat())
    }

    /// Misbehaves as `name` says. Returns `None` for a name that says nothing.
    fn misbehave(name: &str) -> Option<ExitCode> {
        let kind = name.strip_prefix("fake-")?;
        let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().ok()?);
        let own = greeting(concat!("dcgm ", env!("CARGO_PKG_VERSION")));
        let mut answer = |bytes: &[u8]| socket.write_all(bytes).is_ok();
        match kind {
            "exits" => return Some(ExitCode::from(7)),
            "silent" => {}
            "release" => drop(answer(&greeting("dcgm 0.0.1"))),
            "magic" => drop(answer(&frame(b"SSH-2.0-OpenSSH"))),
            "long" => drop(answer(&[0xff; 64])),
            "endless" => while answer(&[0; 4096]) {},
            // These greet, and answer the first request.
            _ => {
                answer(&own);
                // The greeting, and the request.
                for _ in 0..2 {
                    let mut header = [0; 4];
                    socket.read_exact(&mut header).ok()?;
                    let len = usize::try_from(u32::from_le_bytes(header)).ok()?;
                    socket.read_exact(&mut vec![0; len]).ok()?;
                }
                let mut answer = |bytes: &[u8]| socket.write_all(bytes).is_ok();
                match kind {
                    "reply-cut" => {
                        answer(&frame(&[0; 100])[..50]);
                        return Some(ExitCode::SUCCESS);
                    }
                    "reply-long" => drop(answer(&u32::MAX.to_le_bytes())),
                    "reply-other" => drop(answer(&frame(&[0xee; 32]))),
                    // The right number, and no result.
                    "reply-garbage" => {
                        let number = 1_u64.to_le_bytes();
                        answer(&frame(&[&number[..], &[0xee; 32]].concat()));
                    }
                    "reply-endless" => while answer(&frame(&[0; 4096])) {},
                    // One byte at a time does not extend the deadline.
                    "reply-slow" => {
                        answer(&1000_u32.to_le_bytes());
                        while answer(&[1]) {
                            thread::sleep(Duration::from_millis(20));
                        }
                    }
                    _ => {}
                }
            }
        }
        thread::sleep(Duration::from_secs(60));
        Some(ExitCode::SUCCESS)
    }

    unsafe extern "C" {
        safe fn fork() -> c_int;
        safe fn _exit(code: c_int) -> !;
        safe fn signal(number: c_int, handler: usize) -> usize;
        fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
    }

    /// Waits for a process, or for any with -1. Returns its status; `None` if there is none.
    fn wait_for(process: c_int) -> Option<c_int> {
        let mut status = -1;
        // SAFETY: it writes one integer.
        let waited = unsafe { waitpid(process, &raw mut status, 0) };
        (waited > 0).then_some(status)
    }

    /// Has a worker of itself, prints its id, does what the lines of standard input say, and waits to be
    /// killed.
    fn be_host(library: &str, habit: &str) -> dcgm::Result<()> {
        const SIGCHLD: c_int = 17;
        const IGNORE: usize = 1;
        if habit == "ignores" {
            signal(SIGCHLD, IGNORE);
        }
        if habit == "reaps" {
            thread::spawn(|| {
                loop {
                    if wait_for(-1).is_none() {
                        thread::sleep(Duration::from_millis(1));
                    }
                }
            });
        }
        let deadlines = Deadlines::default().with_connect(Duration::from_secs(30));
        let options = EngineOptions::embedded(EmbeddedMode::Auto)
            .with_library(library)
            .with_deadlines(deadlines);
        let engine = IsolatedEngine::new(options, WorkerProgram::This);
        let say = |text: &str| {
            // A test that no longer reads sees the end of the program.
            let _ = writeln!(std::io::stdout(), "{text}");
        };
        let connect = || -> dcgm::Result<()> {
            engine.connect()?;
            let gpus = engine.entity_ids(EntityKind::GPU)?.len();
            say(&format!("{} {gpus}", engine.worker_id().unwrap_or(0)));
            Ok(())
        };
        connect()?;
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match line.as_str() {
                "connect" => connect()?,
                "fork" => {
                    let child = fork();
                    if child == 0 {
                        let is_refused = matches!(engine.build_info(), Err(dcgm::Error::Forked));
                        let has_none = engine.worker_id().is_none();
                        engine.close();
                        _exit(c_int::from(!(is_refused && has_none)));
                    }
                    say(&format!("child {:?}", wait_for(child)));
                }
                _ => match engine.build_info() {
                    Ok(_) => say("ok"),
                    Err(error) => say(&error.to_string()),
                },
            }
        }
        thread::sleep(Duration::from_secs(120));
        Ok(())
    }

    pub(super) fn main() -> ExitCode {
        let mut arguments = std::env::args();
        let program = arguments.next().unwrap_or_default();
        let name = Path::new(&program).file_name().unwrap_or_default();
        if let Some(code) = misbehave(&name.to_string_lossy()) {
            return code;
        }
        run_if_worker();
        match arguments.next() {
            Some(library) => match be_host(&library, &arguments.next().unwrap_or_default()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    let _ = writeln!(std::io::stderr(), "{error}");
                    ExitCode::FAILURE
                }
            },
            None => ExitCode::FAILURE,
        }
    }
}

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    return linux::main();
    #[cfg(not(target_os = "linux"))]
    std::process::ExitCode::FAILURE
}
