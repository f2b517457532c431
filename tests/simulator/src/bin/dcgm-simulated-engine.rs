//! A simulated DCGM host engine, as a process of its own: `dcgm-simulated-engine --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    dcgm_simulator::run_engine(std::env::args().skip(1))
}
