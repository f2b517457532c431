//! Where `dcgm-sys` finds libdcgm, and what it makes of files that are none: through the real
//! dynamic linker, with libraries compiled here.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]
#![expect(unsafe_code, reason = "what a library answers is learnt by calling it")]

use std::env;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::ptr;
use std::thread;

use dcgm_sys::{Library, LoadError, SONAMES, Symbols};
use tempfile::TempDir;

/// Compiles a library with the functions, which answer 0.
fn compile(path: &Path, functions: &[&str], more: &str) {
    let source = functions.iter().fold(more.to_owned(), |source, name| {
        source + "int " + name + "(void) { return 0; }\n"
    });
    let mut cc = Command::new("cc")
        .args(["-shared", "-fPIC", "-x", "c", "-", "-o"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a C compiler, cc, is installed");
    cc.stdin
        .take()
        .unwrap()
        .write_all(source.as_bytes())
        .unwrap();
    assert!(cc.wait().unwrap().success());
}

/// Creates a folder with libraries in it.
fn folder_with(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        compile(&folder.path().join(name), Library::REQUIRED, "");
    }
    folder
}

/// Runs one test of this file in a process of its own, which looks for libraries in `folder` first.
///
/// Returns the folder in that process, and `None` in this one, when the other has passed.
fn apart(test: &str, folder: &TempDir) -> Option<PathBuf> {
    const FOLDER: &str = "DCGM_TESTS_LOADER_FOLDER";

    if let Some(folder) = env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env("LD_LIBRARY_PATH", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&child.stderr)
    );
    None
}

/// Returns `true` if the file is mapped into this process.
fn is_mapped(path: &Path) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .any(|line| line.ends_with(path.to_str().unwrap()))
}

#[test]
fn a_path_without_a_file_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libdcgm.so.4");
    let error = Library::open_at(&path).unwrap_err();
    let LoadError::NotFound { tried } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(tried.len(), 1);
    assert_eq!(tried[0].name, path.to_str().unwrap());
    assert_eq!(tried[0].reason, "No such file or directory (os error 2)");
    assert_eq!(
        error.to_string(),
        format!(
            "no libdcgm found (tried {}); install NVIDIA's package datacenter-gpu-manager-4-core, \
             or give the library's path",
            path.display()
        )
    );
}

#[test]
fn a_relative_path_is_refused() {
    for path in ["libdcgm.so.4", "./libdcgm.so.4", ""] {
        let error = Library::open_at(path).unwrap_err();
        assert_eq!(error, LoadError::RelativePath { path: path.into() });
    }
    assert_eq!(
        Library::open_at("lib/libdcgm.so.4")
            .unwrap_err()
            .to_string(),
        "the library's path lib/libdcgm.so.4 is relative; give an absolute one"
    );
}

#[test]
fn a_file_that_is_no_library_is_refused_with_the_linkers_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("libdcgm.so.4");
    fs::write(
        &file,
        "not a library, but long enough to have a header of 64 bytes, were it one",
    )
    .unwrap();
    let file = file.canonicalize().unwrap();
    let error = Library::open_at(&file).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{0} cannot be loaded: {0}: invalid ELF header",
            file.display()
        )
    );
    assert!(matches!(error, LoadError::NotALibrary { path, .. } if path == file));
}

#[test]
fn a_folder_is_no_library() {
    let folder = tempfile::tempdir().unwrap();
    let error = Library::open_at(folder.path()).unwrap_err();
    assert!(matches!(error, LoadError::NotALibrary { .. }), "{error:?}");
}

#[test]
fn a_path_through_a_file_is_no_library() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Library::open_at(file.join("libdcgm.so.4")).unwrap_err();
    let LoadError::NotALibrary { reason, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(reason, "Not a directory (os error 20)");
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn a_library_that_lacks_what_it_needs_is_refused_when_it_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libdcgm.so.4");
    let more = "int absent(void); int present(void) { return absent(); }";
    compile(&path, Library::REQUIRED, more);
    let error = Library::open_at(&path).unwrap_err();
    let LoadError::NotALibrary { reason, .. } = error else {
        panic!("{error:?}")
    };
    assert!(reason.ends_with("undefined symbol: absent"), "{reason}");
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn a_library_without_a_required_function_is_not_libdcgm_and_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    for (index, missing) in Library::REQUIRED.iter().enumerate() {
        let path = folder.path().join(format!("libother{index}.so"));
        let rest: Vec<_> = Library::REQUIRED
            .iter()
            .copied()
            .filter(|name| name != missing)
            .collect();
        compile(&path, &rest, "");
        let path = path.canonicalize().unwrap();
        let error = Library::open_at(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{} is not libdcgm: it has no function {missing}",
                path.display()
            )
        );
        assert!(matches!(error, LoadError::NotDcgm { .. }));
        assert!(!is_mapped(&path));
    }
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn a_library_with_only_the_required_functions_loads_and_names_what_it_lacks() {
    let folder = folder_with(&["libdcgm.so.4"]);
    let path = folder.path().canonicalize().unwrap().join("libdcgm.so.4");
    let library = Library::open_at(&path).unwrap();
    assert_eq!(library.path(), path);
    assert!(is_mapped(&path));

    for (row, found) in library.symbols().presence() {
        assert_eq!(found, Library::REQUIRED.contains(&row.name), "{}", row.name);
    }
    // SAFETY: the function compiled above takes nothing.
    assert_eq!(unsafe { library.symbols().dcgmInit() }, Ok(0));
    // SAFETY: the library has no such function, so none is called.
    let missing = unsafe {
        library
            .symbols()
            .dcgmConnect_v3(ptr::null(), ptr::null_mut(), ptr::null_mut())
    };
    let missing = missing.unwrap_err();
    assert_eq!(
        (missing.function, missing.since),
        ("dcgmConnect_v3", "4.5.0")
    );
    // SAFETY: as above.
    let missing = unsafe { library.symbols().dcgmPolicyRegister(0, 0, 0, None, None) };
    assert_eq!(missing.unwrap_err().until, Some("4.0.0"));
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn each_row_finds_the_function_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libdcgm.so.4");
    let all: Vec<_> = Symbols::ROWS.iter().map(|row| row.name).collect();
    compile(&path, &all, "");
    let library = Library::open_at(&path).unwrap();
    assert!(library.symbols().presence().all(|(_, found)| found));
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn one_file_is_one_library_by_whatever_path() {
    let folder = folder_with(&["libdcgm.so.4.6.0"]);
    let file = folder.path().join("libdcgm.so.4.6.0");
    let link = folder.path().join("libdcgm.so.4");
    symlink("libdcgm.so.4.6.0", &link).unwrap();
    let roundabout = folder
        .path()
        .join(".")
        .join("..")
        .join(folder.path().file_name().unwrap());

    let library = Library::open_at(&file).unwrap();
    assert!(ptr::eq(library, Library::open_at(&link).unwrap()));
    assert!(ptr::eq(
        library,
        Library::open_at(roundabout.join("libdcgm.so.4")).unwrap()
    ));
    assert_eq!(library.path(), file.canonicalize().unwrap());
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn one_file_is_one_library_by_whatever_hard_link() {
    let folder = folder_with(&["first.so"]);
    let [first, second] = ["first.so", "second.so"].map(|name| folder.path().join(name));
    fs::hard_link(&first, &second).unwrap();
    let library = Library::open_at(&first).unwrap();
    assert!(ptr::eq(library, Library::open_at(&second).unwrap()));
    assert!(ptr::eq(library, Library::open_at(&second).unwrap()));
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn two_files_are_two_libraries() {
    let folder = folder_with(&["libdcgm.so.4", "libdcgm.so.3"]);
    let [four, three] = ["libdcgm.so.4", "libdcgm.so.3"]
        .map(|name| Library::open_at(folder.path().join(name)).unwrap());
    assert!(!ptr::eq(four, three));
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn a_failure_is_not_remembered_for_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libdcgm.so.4");
    assert!(matches!(
        Library::open_at(&path),
        Err(LoadError::NotFound { .. })
    ));
    compile(&path, &["other"], "");
    assert!(matches!(
        Library::open_at(&path),
        Err(LoadError::NotDcgm { .. })
    ));
    fs::remove_file(&path).unwrap();
    compile(&path, Library::REQUIRED, "");
    Library::open_at(&path).unwrap();
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn a_failure_is_not_remembered_for_a_name() {
    let Some(folder) = apart(
        "a_failure_is_not_remembered_for_a_name",
        &folder_with(&["libother.so"]),
    ) else {
        return;
    };
    // No release that a machine could have.
    assert!(matches!(
        Library::open_major(4711),
        Err(LoadError::NotFound { .. })
    ));
    compile(&folder.join("libdcgm.so.4711"), Library::REQUIRED, "");
    let library = Library::open_major(4711).unwrap();
    assert!(ptr::eq(library, Library::open_major(4711).unwrap()));
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn the_newest_major_is_found_first_and_each_is_found_by_itself() {
    let name = "the_newest_major_is_found_first_and_each_is_found_by_itself";
    let libraries = folder_with(&["libdcgm.so", "libdcgm.so.3", "libdcgm.so.4"]);
    let Some(folder) = apart(name, &libraries) else {
        return;
    };
    let folder = folder.canonicalize().unwrap();
    let four = Library::open().unwrap();
    assert_eq!(four.path(), folder.join("libdcgm.so.4"));
    assert!(ptr::eq(four, Library::open_major(4).unwrap()));
    let three = Library::open_major(3).unwrap();
    assert_eq!(three.path(), folder.join("libdcgm.so.3"));
    // A name and a path are one file, in either order.
    assert!(ptr::eq(
        four,
        Library::open_at(folder.join("libdcgm.so.4")).unwrap()
    ));
    assert!(ptr::eq(
        three,
        Library::open_at(folder.join("libdcgm.so.3")).unwrap()
    ));
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
#[cfg_attr(
    libdcgm_is_installed,
    ignore = "a libdcgm is installed, which would be found"
)]
fn where_there_is_no_newer_major_an_older_one_is_found() {
    let name = "where_there_is_no_newer_major_an_older_one_is_found";
    let Some(folder) = apart(name, &folder_with(&["libdcgm.so", "libdcgm.so.3"])) else {
        return;
    };
    let library = Library::open().unwrap();
    assert_eq!(
        library.path(),
        folder.canonicalize().unwrap().join("libdcgm.so.3")
    );
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn a_broken_library_is_not_passed_over_for_an_older_one() {
    let name = "a_broken_library_is_not_passed_over_for_an_older_one";
    let Some(folder) = apart(name, &folder_with(&["libdcgm.so.3"])) else {
        return;
    };
    fs::write(folder.join("libdcgm.so.4"), "not a library").unwrap();
    let error = Library::open().unwrap_err();
    let LoadError::NotALibrary { path, reason } = error else {
        panic!("{error:?}")
    };
    assert_eq!(path, Path::new("libdcgm.so.4"));
    assert_eq!(
        reason,
        format!("{}: file too short", folder.join("libdcgm.so.4").display())
    );
}

#[test]
#[cfg_attr(
    libdcgm_is_installed,
    ignore = "a libdcgm is installed, which would be found"
)]
fn without_any_library_each_name_is_reported_with_its_reason() {
    let name = "without_any_library_each_name_is_reported_with_its_reason";
    let Some(_) = apart(name, &tempfile::tempdir().unwrap()) else {
        return;
    };
    let error = Library::open().unwrap_err();
    assert_eq!(
        error.to_string(),
        "no libdcgm found (tried libdcgm.so.4, libdcgm.so.3, libdcgm.so); install NVIDIA's package \
         datacenter-gpu-manager-4-core, or give the library's path"
    );
    let LoadError::NotFound { tried } = error else {
        panic!("{error:?}")
    };
    assert!(
        tried
            .iter()
            .map(|attempt| attempt.name.as_str())
            .eq(SONAMES.iter().copied())
    );
    for attempt in tried {
        assert_eq!(
            attempt.reason,
            "cannot open shared object file: No such file or directory"
        );
    }
}

#[test]
#[cfg_attr(no_cc, ignore = "cc is not installed")]
fn threads_that_ask_at_once_by_different_names_get_one_library() {
    let name = "threads_that_ask_at_once_by_different_names_get_one_library";
    let Some(folder) = apart(name, &folder_with(&["libdcgm.so.4"])) else {
        return;
    };
    let link = folder.join("link.so");
    symlink(folder.join("libdcgm.so.4"), &link).unwrap();
    let hard = folder.join("hard.so");
    fs::hard_link(folder.join("libdcgm.so.4"), &hard).unwrap();
    let found: Vec<usize> = thread::scope(|scope| {
        let asking: Vec<_> = (0..16)
            .map(|index| {
                let (link, hard) = (&link, &hard);
                scope.spawn(move || match index % 4 {
                    0 => ptr::from_ref(Library::open().unwrap()).addr(),
                    1 => ptr::from_ref(Library::open_at(link).unwrap()).addr(),
                    2 => ptr::from_ref(Library::open_at(hard).unwrap()).addr(),
                    _ => ptr::from_ref(Library::open_major(4).unwrap()).addr(),
                })
            })
            .collect();
        asking
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(
        found.iter().all(|address| *address == found[0]),
        "{found:x?}"
    );
}
