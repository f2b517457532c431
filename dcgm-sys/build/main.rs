//! Does nothing, unless the feature `bindgen` asks for fresh bindings.

#[cfg(feature = "bindgen")]
mod generate;

fn main() {
    println!("cargo::rerun-if-changed=build");
    #[cfg(feature = "bindgen")]
    regenerate();
}

#[cfg(feature = "bindgen")]
fn regenerate() {
    use std::path::PathBuf;

    println!("cargo::rerun-if-changed=include/dcgm.h");
    println!("cargo::rerun-if-env-changed=DCGM_INCLUDE_DIR");
    let installed = std::env::var_os("DCGM_INCLUDE_DIR").map(PathBuf::from);
    let ours = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"))
        .join("include/dcgm.h");
    let types = generate::types(&ours, installed.as_deref()).unwrap_or_else(|why| {
        println!("cargo::error={why}");
        String::new()
    });
    let into = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    std::fs::write(into.join("bindings.rs"), types).expect("OUT_DIR can be written to");
}
