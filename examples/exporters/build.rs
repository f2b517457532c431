//! Looks for the programs that the tests run; see `tests/build/tools.rs`.

#![expect(
    unreachable_pub,
    reason = "a build script talks to cargo on its standard output, and shares a file with another"
)]

#[path = "../../tests/build/tools.rs"]
mod tools;

fn main() {
    tools::watch_path(std::path::Path::new("../../tests/build/tools.rs"));
    tools::find_programs(&[
        "curl",
        "kubernetes-validate",
        "openssl",
        "prometheus",
        "promtool",
    ]);
}
