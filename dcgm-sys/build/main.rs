//! Generates the bindings with the feature `bindgen`; does nothing otherwise.
#![expect(
    clippy::print_stdout,
    reason = "a build script writes instructions for cargo to its standard output"
)]

#[cfg(feature = "bindgen")]
mod generate;

#[cfg(not(feature = "bindgen"))]
fn main() {
    println!("cargo::rerun-if-changed=build");
}

#[cfg(feature = "bindgen")]
fn main() {
    if let Err(error) = write_bindings() {
        // One line: cargo shows each of these as an error of this package.
        println!("cargo::error={}", error.replace('\n', "; "));
        std::process::exit(1);
    }
}

#[cfg(feature = "bindgen")]
fn write_bindings() -> Result<(), String> {
    use std::env;
    use std::path::PathBuf;

    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=include/dcgm.h");
    println!("cargo::rerun-if-env-changed=DCGM_INCLUDE_DIR");
    println!("cargo::rerun-if-env-changed=LIBCLANG_PATH");
    let folder = |name: &str| env::var_os(name).map(PathBuf::from);
    let installed = folder("DCGM_INCLUDE_DIR");
    if let Some(folder) = &installed {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let manifest = folder("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?;
    let out = folder("OUT_DIR").ok_or("OUT_DIR is not set")?;
    let ours = manifest.join("include/dcgm.h");
    let types = catch_panic(move || generate::types(&ours, installed.as_deref()))?;
    let bindings = out.join("bindings.rs");
    std::fs::write(&bindings, types).map_err(|error| format!("{}: {error}", bindings.display()))
}

/// Returns a panic as an error: bindgen panics if libclang cannot be loaded.
#[cfg(feature = "bindgen")]
fn catch_panic(
    generate: impl FnOnce() -> Result<String, String> + std::panic::UnwindSafe,
) -> Result<String, String> {
    // The error is printed once, by `main`, and without a backtrace.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(generate);
    drop(std::panic::take_hook());
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("unknown panic");
        Err(if text.contains("libclang") {
            format!(
                "the feature `bindgen` needs libclang, which could not be loaded; install it \
                 (Debian, Ubuntu: libclang-dev) or set LIBCLANG_PATH, or build without the \
                 feature, which uses the committed bindings: {text}"
            )
        } else {
            format!("bindgen failed: {text}")
        })
    })
}
