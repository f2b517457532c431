//! The resources that a process has used.

#![expect(unsafe_code, reason = "the system tells a process's time in C only")]

use std::fs;
use std::time::Duration;

/// The time that all threads of this process have run.
#[must_use]
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: it writes one struct.
    let outcome = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(outcome, 0, "every process has this clock");
    let part = |part: i64| u64::try_from(part).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

/// The resident memory of a process, in KiB.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Resident {
    /// All of it.
    pub all: u64,
    /// Anonymous memory: heap and stacks.
    pub anonymous: u64,
    /// Memory that is not shared with another process.
    pub private: u64,
    /// The pages of the program's file.
    pub program: u64,
    /// The pages of libdcgm's file.
    pub libdcgm: u64,
    /// Stacks of threads, as far as the system tells them apart, and the heap.
    pub heap: u64,
}

/// All resident memory of this process, in KiB; 0 where the system does not tell.
#[must_use]
pub fn resident_kib() -> u64 {
    let text = fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    text.lines()
        .find_map(|line| number(line, "Rss:"))
        .unwrap_or(0)
}

fn number(line: &str, name: &str) -> Option<u64> {
    let rest = line.strip_prefix(name)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The resident memory of this process, by what it is.
#[must_use]
pub fn resident() -> Resident {
    let text = fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.to_string_lossy();
    let mut resident = Resident::default();
    let (mut path, mut rss) = ("", 0);
    for line in text.lines() {
        // `7f12…-7f13… r-xp 00001000 fe:00 1234  /the/file`; all others begin with a name.
        let is_head = line
            .split_once('-')
            .is_some_and(|(from, _)| u64::from_str_radix(from, 16).is_ok());
        if is_head {
            path = line.split_whitespace().nth(5).unwrap_or_default();
        } else if let Some(kib) = number(line, "Rss:") {
            rss = kib;
            resident.all += kib;
        } else if let Some(kib) = number(line, "Private_Clean:").or(number(line, "Private_Dirty:"))
        {
            resident.private += kib;
        } else if let Some(kib) = number(line, "Anonymous:") {
            resident.anonymous += kib;
            let of_file = rss.saturating_sub(kib);
            if path == program {
                resident.program += of_file;
            } else if path.contains("libdcgm") {
                resident.libdcgm += of_file;
            } else if path == "[heap]" {
                resident.heap += kib;
            }
        }
    }
    resident
}
