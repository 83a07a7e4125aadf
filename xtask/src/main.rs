//! `cargo xtask`: everything is in the library, which the end-to-end test uses too.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cli::run()
}
