//! Bytes as the answers of a libdcgm. What must hold of them stands in `dcgm/src/ffi/hostile.rs`.
//!
//! From this folder, with the compiler that the workspace is built with:
//!
//! ```sh
//! ASAN_OPTIONS=detect_leaks=0 RUSTC_BOOTSTRAP=1 \
//!   RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module \
//!   -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
//!   -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares" \
//!   cargo run --release --target x86_64-unknown-linux-gnu -- -max_len=2048 -max_total_time=300
//! ```
//!
//! The scripted library never frees the metadata of a field, which a real one has for good.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dcgm::fuzz(bytes));
