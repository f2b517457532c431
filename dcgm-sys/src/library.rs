//! [`Library`]: finds and loads libdcgm.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use once_cell::sync::OnceCell;
use parking_lot::Mutex;

use crate::symbols::Symbols;
use crate::text::sanitize;

/// The names under which libdcgm is searched for, in this order.
pub const SONAMES: &[&str] = &["libdcgm.so.4", "libdcgm.so.3", "libdcgm.so"];

/// A loaded libdcgm. Each file is loaded once, and never unloaded, because libdcgm starts its own
/// threads.
pub struct Library {
    symbols: Symbols,
    path: PathBuf,
}

impl Library {
    /// The functions that a file must have to be accepted as libdcgm: every release has them, and
    /// nothing works without them.
    pub const REQUIRED: &'static [&'static str] = &[
        "dcgmInit",
        "dcgmShutdown",
        "dcgmVersionInfo",
        "dcgmConnect_v2",
        "dcgmDisconnect",
        "errorString",
    ];

    /// Opens the first of [`SONAMES`] that the dynamic linker finds.
    ///
    /// The search order is that of the linker: `DT_RPATH` of the program if it has no `DT_RUNPATH`,
    /// `LD_LIBRARY_PATH`, `DT_RUNPATH`, `/etc/ld.so.cache`, the folders of the system. glibc ignores
    /// `LD_LIBRARY_PATH` in a program with more rights than its user (`AT_SECURE`). No other
    /// environment variable has an effect. The working directory has no effect either, because the
    /// names contain no slash. A failure is not cached: the next call tries again.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotFound`] if the linker finds none of the names. If the linker finds a file that
    /// it cannot load or that is not libdcgm, the error of that file is returned, and no further name
    /// is tried. [`LoadError::Platform`] on a platform without DCGM.
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

    /// Opens the libdcgm of the major release `major`: `libdcgm.so.4` for 4, for example.
    ///
    /// # Errors
    ///
    /// The same as for [`Self::open`].
    pub fn open_major(major: u32) -> Result<&'static Self, LoadError> {
        Self::open_soname(&format!("libdcgm.so.{major}"))
    }

    /// Opens the libdcgm at the absolute path `path`.
    ///
    /// # Errors
    ///
    /// [`LoadError::RelativePath`] if `path` is relative; [`LoadError::NotFound`] if there is no
    /// file; [`LoadError::NotALibrary`] if the file cannot be read, or the dynamic linker refuses it;
    /// [`LoadError::NotDcgm`] if the file lacks one of [`Self::REQUIRED`]; [`LoadError::Platform`] on
    /// a platform without DCGM.
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
        Self::load_cached(&resolved)
    }

    /// Creates a library from a table of functions instead of a file, for tests.
    ///
    /// # Safety
    ///
    /// Each function in the table must be sound under the contract of DCGM's function of that name.
    #[must_use]
    pub unsafe fn from_symbols(symbols: Symbols) -> Self {
        Self {
            symbols,
            path: PathBuf::from("(a table of functions)"),
        }
    }

    /// Returns the functions.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// Returns the path of the loaded file, with symbolic links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open_soname(soname: &str) -> Result<&'static Self, LoadError> {
        if !platform::HAS_DCGM {
            return Err(LoadError::Platform);
        }
        Self::load_cached(Path::new(soname))
    }

    /// Returns the library that is cached under `name`, or loads it.
    ///
    /// The mutex is held only to find the cell of the name. While the linker works, callers with the
    /// same name wait for that cell; all others proceed.
    fn load_cached(name: &Path) -> Result<&'static Self, LoadError> {
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
            let loaded = platform::load_library(name)?;
            if loaded.path == name {
                return Ok(&*Box::leak(Box::new(loaded)));
            }
            // Two names may lead to one file, which gets one `Library`. Threads cannot deadlock here: a
            // file keeps the path under which the linker first knew it, so that the cell of that path
            // never waits for another cell.
            let file_cell = cell(&loaded.path);
            Ok(*file_cell.get_or_init(|| Box::leak(Box::new(loaded))))
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

/// A failed attempt to load libdcgm under a name.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Attempt {
    /// The soname or path.
    pub name: String,
    /// The error text of the dynamic linker or the operating system.
    pub reason: String,
}

impl Attempt {
    /// Creates an attempt, for programs that pass on the errors of another process.
    #[must_use]
    pub const fn new(name: String, reason: String) -> Self {
        Self { name, reason }
    }
}

/// An error of loading libdcgm.
///
/// The members hold the original texts. `Display` cuts each name and each error text at 256 bytes and
/// removes control characters, because an error text of the linker may contain bytes
/// of the file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No file was found under any of the names that were tried.
    #[error(
        "no libdcgm found ({}); install NVIDIA's package datacenter-gpu-manager-4-core, or give the library's path",
        DisplayAttempts(tried)
    )]
    NotFound {
        /// The names that were tried, each with its error.
        tried: Vec<Attempt>,
    },
    /// The file cannot be read, or the dynamic linker refused it.
    #[error("{} cannot be loaded: {}", DisplayPath(path), sanitize(reason))]
    NotALibrary {
        /// The file, or the name under which the linker found it.
        path: PathBuf,
        /// The error text of the linker or the operating system.
        reason: String,
    },
    /// The file lacks a function that every libdcgm has.
    #[error("{} is not libdcgm: it has no function {missing}", DisplayPath(path))]
    NotDcgm {
        /// The file, or the name under which the linker found it.
        path: PathBuf,
        /// The first function of [`Library::REQUIRED`] that the file lacks.
        missing: &'static str,
    },
    /// The path is relative: it would depend on the working directory.
    #[error(
        "the library's path {} is relative; give an absolute one",
        DisplayPath(path)
    )]
    RelativePath {
        /// The given path.
        path: PathBuf,
    },
    /// This program cannot load libdcgm, which exists only for Linux with glibc and needs a
    /// dynamically linked program.
    #[error(
        "DCGM does not exist for this platform; it is there for dynamically linked programs on Linux with \
         glibc, on x86_64 and aarch64"
    )]
    Platform,
}

/// Displays the names that were tried.
struct DisplayAttempts<'a>(&'a [Attempt]);

impl fmt::Display for DisplayAttempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attempt) in self.0.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "tried " };
            write!(f, "{comma}{}", sanitize(&attempt.name))?;
        }
        Ok(())
    }
}

/// Displays a path without control characters.
struct DisplayPath<'a>(&'a Path);

impl fmt::Display for DisplayPath<'_> {
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

    /// Set on platforms for which DCGM exists.
    pub(super) const HAS_DCGM: bool = true;

    pub(super) fn load_library(name: &Path) -> Result<Library, LoadError> {
        // NOW: a library with unresolved symbols must fail here, and not in a call.
        // LOCAL: DCGM's symbols are not visible to the host program.
        let flags = libc::RTLD_NOW | libc::RTLD_LOCAL;
        // SAFETY: the initialisers are those of libdcgm, or of a file whose owner can make this
        // process load it anyway.
        let image = unsafe { Image::open(Some(name), flags) }
            .map_err(|error| classify_error(name, &error))?;
        let look_up = |symbol: &CStr| {
            // SAFETY: only the address is used; `Symbols` assigns its type.
            let found = unsafe { image.get::<*mut c_void>(symbol.to_bytes_with_nul()) };
            found.ok().map(Symbol::into_raw)
        };
        for required in Library::REQUIRED {
            if look_up(&to_cstring(required)).is_none_or(<*mut c_void>::is_null) {
                return Err(LoadError::NotDcgm {
                    path: name.to_owned(),
                    missing: required,
                });
            }
        }
        // SAFETY: a file that has all of `REQUIRED` is a libdcgm, and the table's rows are the
        // prototypes of its functions: they have not changed since 3.3.5, except for new struct
        // versions.
        let symbols = unsafe { Symbols::load_all(look_up) };
        let path = symbols
            .dcgmInit
            .and_then(|function| find_file_of(function as *const c_void))
            .unwrap_or_else(|| name.to_owned());
        // Never unloaded: libdcgm has its own threads. A file that was refused above is unloaded, so
        // that another one may take its place.
        let _handle = image.into_raw();
        Ok(Library { symbols, path })
    }

    fn to_cstring(name: &str) -> std::ffi::CString {
        std::ffi::CString::new(name).unwrap_or_default()
    }

    /// Returns the file that contains the code at an address.
    fn find_file_of(address: *const c_void) -> Option<PathBuf> {
        let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
        // SAFETY: `info` may be written to; every address is valid as an argument.
        let found = unsafe { libc::dladdr(address, info.as_mut_ptr()) };
        // SAFETY: all zeros are a valid `Dl_info`, too.
        let info = unsafe { info.assume_init() };
        if found == 0 || info.dli_fname.is_null() {
            return None;
        }
        // SAFETY: the string belongs to the linker and lives as long as the library, which is never
        // unloaded.
        let name = unsafe { CStr::from_ptr(info.dli_fname) };
        let path = PathBuf::from(OsStr::from_bytes(name.to_bytes()));
        Some(path.canonicalize().unwrap_or(path))
    }

    /// Distinguishes a missing file from an unusable one.
    ///
    /// The linker reports only a text, in the language of the program. But the text begins with the
    /// requested name if the file was not found, and with the path of the file otherwise.
    fn classify_error(name: &Path, error: &libloading::Error) -> LoadError {
        let reason = error.to_string();
        let prefix = format!("{}: ", name.display());
        if !name.is_absolute() && reason.starts_with(&prefix) {
            return LoadError::NotFound {
                tried: vec![Attempt {
                    name: name.display().to_string(),
                    reason: reason[prefix.len()..].to_owned(),
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

    /// Set on platforms for which DCGM exists.
    pub(super) const HAS_DCGM: bool = false;

    pub(super) fn load_library(_: &Path) -> Result<Library, LoadError> {
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
    fn without_dcgm_every_function_returns_platform() {
        assert_eq!(Library::open().unwrap_err(), LoadError::Platform);
        assert_eq!(Library::open_major(4).unwrap_err(), LoadError::Platform);
        assert_eq!(
            Library::open_at("/lib/libdcgm.so.4").unwrap_err(),
            LoadError::Platform
        );
    }
}
