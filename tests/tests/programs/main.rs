//! Small programs as a new user of `dcgm` writes them. Each file is one program, and below it the
//! test that runs it on the mock.

mod async_reader;
mod gpu_picker;
mod health_agent;
mod json;
mod mock_tests;
mod own_client;
mod scheduler;
