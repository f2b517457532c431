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
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::env;
    use std::path::PathBuf;

    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=include/dcgm.h");
    println!("cargo::rerun-if-env-changed=DCGM_INCLUDE_DIR");
    let installed = env::var_os("DCGM_INCLUDE_DIR").map(PathBuf::from);
    if let Some(folder) = &installed {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let ours = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("include/dcgm.h");
    let types = generate::types(&ours, installed.as_deref())?;
    std::fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("bindings.rs"),
        types,
    )?;
    Ok(())
}
