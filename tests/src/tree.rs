//! Files of the repository, for tests that check their text.

use std::fs;
use std::path::{Path, PathBuf};

/// A text of the repository.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "private to the workspace")]
pub struct Document {
    /// Path from the root of the repository.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Returns the root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns a path from the root of the repository.
#[must_use]
pub fn from_root(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.display().to_string()
}

/// Returns the text of a file.
///
/// # Panics
///
/// If the file cannot be read.
#[must_use]
#[expect(clippy::panic, reason = "for tests, which fail by panicking")]
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns every file under `folder` whose name ends in one of `endings`, in order of their paths.
/// Results of builds and hidden folders are left out.
///
/// # Panics
///
/// If a folder or a file cannot be read.
#[must_use]
#[expect(clippy::panic, reason = "for tests, which fail by panicking")]
pub fn documents(folder: &str, endings: &[&str]) -> Vec<Document> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder);
        let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(Document {
                    path: from_root(&path),
                    text: read(&path),
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}
