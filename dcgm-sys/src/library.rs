//! Where libdcgm is, and how it is loaded.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;

use crate::symbols::Symbols;
use crate::text::sanitize;

/// The names under which libdcgm is looked for, in this order.
pub const SONAMES: &[&str] = &["libdcgm.so.4", "libdcgm.so.3", "libdcgm.so"];

/// A libdcgm. Loaded once per file, and never unloaded: it has threads of its own.
pub struct Library {
    symbols: Symbols,
    path: PathBuf,
}

impl Library {
    /// Functions without which a file is no libdcgm: those that every release has had, and that
    /// nothing can be done without.
    pub const REQUIRED: &'static [&'static str] = &[
        "dcgmInit",
        "dcgmShutdown",
        "dcgmVersionInfo",
        "dcgmConnect_v2",
        "dcgmDisconnect",
        "errorString",
    ];

    /// The first of [`SONAMES`] that the dynamic linker finds.
    ///
    /// The linker's own search order holds: `DT_RPATH` of the program if it has no `DT_RUNPATH`,
    /// `LD_LIBRARY_PATH`, `DT_RUNPATH`, `/etc/ld.so.cache`, the system's folders. That
    /// `LD_LIBRARY_PATH` does not count in a program with more rights than its user (`AT_SECURE`)
    /// is a rule of glibc's, which forgets it when such a program starts. No other environment
    /// variable has a say, and the names have no slash, so that the working directory has none. A
    /// failure is not remembered: the next call tries again.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotFound`] if there is none; the first other error if there was a file, but not
    /// a libdcgm; [`LoadError::Platform`] where there can be none.
    pub fn open() -> Result<&'static Self, LoadError> {
        let mut tried = Vec::new();
        for soname in SONAMES {
            match Self::open_soname(soname) {
                Err(LoadError::NotFound { tried: reasons }) => tried.extend(reasons),
                outcome => return outcome,
            }
        }
        Err(LoadError::NotFound { tried })
    }

    /// The libdcgm of one major release: `libdcgm.so.4` for 4, for example.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_major(major: u32) -> Result<&'static Self, LoadError> {
        Self::open_soname(&format!("libdcgm.so.{major}"))
    }

    /// The libdcgm at an absolute path.
    ///
    /// # Errors
    ///
    /// [`LoadError::RelativePath`]; [`LoadError::NotFound`] if there is no file;
    /// [`LoadError::NotALibrary`] if it cannot be read, or the dynamic linker refuses it;
    /// [`LoadError::NotDcgm`] if it lacks one of [`Self::REQUIRED`]; [`LoadError::Platform`] where
    /// there can be no libdcgm.
    pub fn open_at(path: impl AsRef<Path>) -> Result<&'static Self, LoadError> {
        if !platform::HAS_DCGM {
            return Err(LoadError::Platform);
        }
        let path = path.as_ref();
        if !path.is_absolute() {
            return Err(LoadError::RelativePath {
                path: path.to_owned(),
            });
        }
        let resolved = path.canonicalize().map_err(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                return LoadError::NotALibrary {
                    path: path.to_owned(),
                    reason: error.to_string(),
                };
            }
            LoadError::NotFound {
                tried: vec![Attempt {
                    name: path.display().to_string(),
                    reason: error.to_string(),
                }],
            }
        })?;
        Self::cached(&resolved)
    }

    /// A table of functions in place of a file, for tests of what is built on this crate.
    ///
    /// # Safety
    ///
    /// Each function in the table behaves as DCGM's of that name: what callers uphold is enough for
    /// it.
    #[must_use]
    pub unsafe fn from_symbols(symbols: Symbols) -> Self {
        Self {
            symbols,
            path: PathBuf::from("(a table of functions)"),
        }
    }

    /// The functions.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The file that was loaded, with links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open_soname(soname: &str) -> Result<&'static Self, LoadError> {
        if !platform::HAS_DCGM {
            return Err(LoadError::Platform);
        }
        Self::cached(Path::new(soname))
    }

    /// What was loaded under `name`, or what is loaded now.
    ///
    /// The mutex is held only to find the name's cell. While the linker works, those who ask for
    /// the same name wait for that cell, and nobody else does.
    fn cached(name: &Path) -> Result<&'static Self, LoadError> {
        type Cell = Arc<OnceCell<&'static Library>>;
        static CACHE: Mutex<Vec<(PathBuf, Cell)>> = Mutex::new(Vec::new());

        let cell = |name: &Path| {
            let mut cache = CACHE.lock();
            if let Some((_, cell)) = cache.iter().find(|(known, _)| known == name) {
                return Arc::clone(cell);
            }
            let cell = Cell::default();
            cache.push((name.to_owned(), Arc::clone(&cell)));
            cell
        };
        let load = || {
            let loaded = platform::load(name)?;
            if loaded.path == name {
                return Ok(&*Box::leak(Box::new(loaded)));
            }
            // Two names may be one file; it gets one `Library`. No two threads wait for each other
            // here: a file keeps the path under which the linker first knew it, so the cell of that
            // path is never the one that asks for another.
            let of_file = cell(&loaded.path);
            Ok(*of_file.get_or_init(|| Box::leak(Box::new(loaded))))
        };
        cell(name).get_or_try_init(load).copied()
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A name that was tried, and why it did not do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Attempt {
    /// The soname or path.
    pub name: String,
    /// The dynamic linker's or the system's words.
    pub reason: String,
}

/// Why there is no libdcgm.
///
/// The members are as they came. Displayed, names and the linker's words, which may quote the file,
/// are cut at 256 bytes each and free of control characters.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No file of the name, or of any of the names.
    #[error(
        "no libdcgm found ({}); install NVIDIA's package datacenter-gpu-manager-4-core, or give the library's path",
        Tried(tried)
    )]
    NotFound {
        /// Each name, with the linker's reason.
        tried: Vec<Attempt>,
    },
    /// There is a file, and the dynamic linker refuses it.
    #[error("{} cannot be loaded: {}", Named(path), sanitize(reason))]
    NotALibrary {
        /// The file, or the name under which the linker found it.
        path: PathBuf,
        /// The linker's words.
        reason: String,
    },
    /// A library, but not DCGM's.
    #[error("{} is not libdcgm: it has no function {missing}", Named(path))]
    NotDcgm {
        /// The file.
        path: PathBuf,
        /// The first of [`Library::REQUIRED`] that it lacks.
        missing: &'static str,
    },
    /// A path that depends on the working directory is not followed.
    #[error("the library's path {} is relative; give an absolute one", Named(path))]
    RelativePath {
        /// What was given.
        path: PathBuf,
    },
    /// DCGM exists for Linux with glibc only, and a statically linked program cannot load it.
    #[error(
        "DCGM does not exist for this platform; it is there for dynamically linked programs on Linux with \
         glibc, on x86_64 and aarch64"
    )]
    Platform,
}

struct Tried<'a>(&'a [Attempt]);

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attempt) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "tried " };
            write!(f, "{comma}{}", sanitize(&attempt.name))?;
        }
        Ok(())
    }
}

/// A file's name can hold anything, too.
struct Named<'a>(&'a Path);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sanitize(&self.0.to_string_lossy()))
    }
}

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    not(target_feature = "crt-static")
))]
mod platform {
    use std::ffi::{CStr, OsStr, c_void};
    use std::mem::MaybeUninit;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};

    use libloading::os::unix::{Library as Image, Symbol};

    use super::{Attempt, Library, LoadError};
    use crate::symbols::Symbols;

    /// Whether a libdcgm could be loaded here at all.
    pub(super) const HAS_DCGM: bool = true;

    pub(super) fn load(name: &Path) -> Result<Library, LoadError> {
        // NOW: a library that lacks something of its own must fail here, and not in a call.
        // LOCAL: DCGM's names stay out of the host program's.
        let flags = libc::RTLD_NOW | libc::RTLD_LOCAL;
        // SAFETY: its initialisers are those of a libdcgm, or of a file that whoever can put it
        // there can make this process load anyway.
        let image =
            unsafe { Image::open(Some(name), flags) }.map_err(|error| refused(name, &error))?;
        let look_up = |symbol: &CStr| {
            // SAFETY: only the address is taken; `Symbols` gives it its type.
            let found = unsafe { image.get::<*mut c_void>(symbol.to_bytes_with_nul()) };
            found.ok().map(Symbol::into_raw)
        };
        for required in Library::REQUIRED {
            if look_up(&cstring(required)).is_none_or(<*mut c_void>::is_null) {
                return Err(LoadError::NotDcgm {
                    path: name.to_owned(),
                    missing: required,
                });
            }
        }
        // SAFETY: a file that has all of `REQUIRED` is a libdcgm, and the table's rows are the
        // prototypes of its functions: they have not changed since 3.3.5, save by new struct
        // versions.
        let symbols = unsafe { Symbols::load(look_up) };
        let path = symbols
            .dcgmInit
            .and_then(|function| file_of(function as *const c_void))
            .unwrap_or_else(|| name.to_owned());
        // Never unloaded: libdcgm has threads of its own. (A file that was refused above is, so
        // that another one may take its place.)
        let _handle = image.into_raw();
        Ok(Library { symbols, path })
    }

    fn cstring(name: &str) -> std::ffi::CString {
        std::ffi::CString::new(name).unwrap_or_default()
    }

    /// The file that the code at this address came from.
    fn file_of(address: *const c_void) -> Option<PathBuf> {
        let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
        // SAFETY: `info` may be written to; any address may be asked for.
        let found = unsafe { libc::dladdr(address, info.as_mut_ptr()) };
        // SAFETY: all zeros are a valid `Dl_info`, too.
        let info = unsafe { info.assume_init() };
        if found == 0 || info.dli_fname.is_null() {
            return None;
        }
        // SAFETY: the linker's own string, which lives as long as the library: for ever.
        let name = unsafe { CStr::from_ptr(info.dli_fname) };
        let path = PathBuf::from(OsStr::from_bytes(name.to_bytes()));
        Some(path.canonicalize().unwrap_or(path))
    }

    /// Tells a file that is not there from one that does not do.
    ///
    /// The linker only has words for it, and in the language of the program. But it names what it
    /// could not find as it was asked for it, and what it found by its path.
    fn refused(name: &Path, error: &libloading::Error) -> LoadError {
        let reason = error.to_string();
        let asked = format!("{}: ", name.display());
        if !name.is_absolute() && reason.starts_with(&asked) {
            return LoadError::NotFound {
                tried: vec![Attempt {
                    name: name.display().to_string(),
                    reason: reason[asked.len()..].to_owned(),
                }],
            };
        }
        LoadError::NotALibrary {
            path: name.to_owned(),
            reason,
        }
    }
}

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    not(target_feature = "crt-static")
)))]
mod platform {
    use std::path::Path;

    use super::{Library, LoadError};

    /// Whether a libdcgm could be loaded here at all.
    pub(super) const HAS_DCGM: bool = false;

    pub(super) fn load(_: &Path) -> Result<Library, LoadError> {
        Err(LoadError::Platform)
    }
}

#[cfg(all(
    test,
    not(all(
        target_os = "linux",
        target_env = "gnu",
        not(target_feature = "crt-static")
    ))
))]
mod tests {
    use super::{Library, LoadError};

    #[test]
    fn where_dcgm_does_not_exist_every_way_in_says_so() {
        assert_eq!(Library::open().unwrap_err(), LoadError::Platform);
        assert_eq!(Library::open_major(4).unwrap_err(), LoadError::Platform);
        assert_eq!(
            Library::open_at("/lib/libdcgm.so.4").unwrap_err(),
            LoadError::Platform
        );
    }
}
