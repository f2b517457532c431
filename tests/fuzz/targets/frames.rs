//! Bytes as what a hostile worker or a hostile parent sends. What must hold of them stands in
//! `dcgm/src/isolated/hostile.rs`. The command is that of `answers.rs`, with `--bin frames`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dcgm::fuzz_frames(bytes));
