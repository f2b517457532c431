//! A libdcgm that harms the process that has loaded it, as a test asks from another process: by a file
//! beside a copy of the library.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

/// What the library does in the middle of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Harmful {
    /// Writes to an address that it does not have.
    Segfault,
    /// Calls `abort`.
    Abort,
    /// Overwrites what the allocator keeps beside a block, and frees the block.
    CorruptHeap,
    /// Is killed, as by the kernel that is out of memory.
    Kill,
    /// Is stopped.
    Stop,
    /// Ends the process.
    Exit,
    /// Does not return.
    Hang,
    /// Closes all descriptors.
    CloseAll,
    /// Takes 256 MiB, and goes on.
    TakeMemory,
    /// Writes to standard output and error, and goes on.
    Print,
    /// Changes the working directory, and goes on.
    ChangeDirectory,
    /// Ignores the signals that end a process, and goes on.
    TakeSignals,
}

impl Harmful {
    /// Each of them.
    pub const ALL: [Self; 12] = [
        Self::Segfault,
        Self::Abort,
        Self::CorruptHeap,
        Self::Kill,
        Self::Stop,
        Self::Exit,
        Self::Hang,
        Self::CloseAll,
        Self::TakeMemory,
        Self::Print,
        Self::ChangeDirectory,
        Self::TakeSignals,
    ];

    /// Prepares a copy of a library, before it is loaded.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn prepare(library: &Path) -> std::io::Result<()> {
        fs::write(orders_of(library), "")
    }

    /// Has the library that was loaded from the copy do this in the next call of `function`, once.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn order(self, library: &Path, function: &str) -> std::io::Result<()> {
        // In one step, so that half a file is never read.
        let orders = orders_of(library);
        let draft = orders.with_extension("draft");
        fs::write(&draft, format!("{function} {self:?}"))?;
        fs::rename(draft, orders)
    }

    /// Returns `true` if what was ordered was done, or begun.
    #[must_use]
    pub fn is_done(library: &Path) -> bool {
        fs::read_to_string(orders_of(library)).is_ok_and(|text| text.is_empty())
    }

    fn act(self) {
        let own = std::process::id().to_string();
        let signal = |name: &str| drop(Command::new("kill").args([name, &own]).status());
        match self {
            Self::Segfault => {
                let nowhere = core::ptr::without_provenance_mut::<u8>(64);
                // SAFETY: none: the process is to end here.
                unsafe { nowhere.write_volatile(1) };
            }
            Self::Abort => std::process::abort(),
            Self::CorruptHeap => {
                let mut block = vec![0_u64; 64];
                // SAFETY: none: the process is to end when the block is freed.
                let before = unsafe { block.as_mut_ptr().sub(1) };
                // SAFETY: as above.
                unsafe { before.write_volatile(0xffff_fff8) };
                drop(block);
            }
            Self::Kill => signal("-KILL"),
            Self::Stop => signal("-STOP"),
            Self::Exit => std::process::exit(0),
            Self::Hang => loop {
                thread::sleep(Duration::from_secs(3600));
            },
            Self::CloseAll => {
                for descriptor in 0..64 {
                    // SAFETY: none: what uses a descriptor is to fail.
                    unsafe { close(descriptor) };
                }
            }
            Self::TakeMemory => drop(vec![1_u8; 256 << 20].leak()),
            Self::Print => {
                for _ in 0..10_000 {
                    drop(writeln!(std::io::stdout(), "libdcgm prints"));
                    drop(writeln!(std::io::stderr(), "libdcgm prints"));
                }
            }
            Self::ChangeDirectory => drop(std::env::set_current_dir("/proc")),
            Self::TakeSignals => {
                const IGNORE: usize = 1;
                for number in [1, 2, 3, 6, 10, 11, 13, 15, 17] {
                    // SAFETY: to ignore a signal is allowed at any time.
                    unsafe { signal_c(number, IGNORE) };
                }
            }
        }
    }
}

unsafe extern "C" {
    fn close(descriptor: i32) -> i32;
    #[link_name = "signal"]
    fn signal_c(number: i32, handler: usize) -> usize;
}

fn orders_of(library: &Path) -> PathBuf {
    let mut name = library.as_os_str().to_owned();
    name.push(".harm");
    name.into()
}

/// The file of orders of the loaded library, if it was prepared.
static ORDERS: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let own = orders_of as *const () as usize;
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let library = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        let path = rest.get(rest.find('/')?..)?;
        (start..end).contains(&own).then(|| PathBuf::from(path))
    })?;
    Some(orders_of(&library)).filter(|orders| orders.exists())
});

/// Does what was ordered for a function.
pub(crate) fn act(function: &str) {
    let Some(orders) = &*ORDERS else { return };
    let text = fs::read_to_string(orders).unwrap_or_default();
    let Some((name, what)) = text.split_once(' ') else {
        return;
    };
    let mut all = Harmful::ALL.into_iter();
    let Some(harmful) = all.find(|one| format!("{one:?}") == what) else {
        return;
    };
    if name == function && fs::write(orders, "").is_ok() {
        harmful.act();
    }
}
