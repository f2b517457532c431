//! Small programs as a new user of `dcgm` writes them. Each file is one program, and below it the
//! test that runs it on the mock.

#![expect(
    clippy::unwrap_used,
    reason = "a test may fail by panicking, in its helpers too"
)]

mod async_reader;
mod json;
mod mock_tests;
mod own_client;
mod scheduler;
