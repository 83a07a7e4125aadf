//! The programs that `cargo xtask test` brings for some tests. Such a test is `#[ignore]`d, and
//! its path holds the tool's word (`with_checkers`, `with_promtool`, `with_php`, `with_s3`), by
//! which the run leaves it out, and counts it as skipped, where the tool cannot be had.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::address;

/// A program of the checkers (`xtask/checkers/`): `hadolint`, `kubectl`, `python`, `node`, …
/// Those that it starts itself are found, too.
///
/// # Panics
/// When the run has no checkers.
pub fn checker(program: &str) -> Command {
    let folder = checkers();
    let programs = [folder.join("bin"), folder.join("node_modules/.bin")];
    let found = programs.iter().map(|programs| programs.join(program));
    let path = found
        .into_iter()
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{program} is none of the checkers"));
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = programs.into_iter().chain(std::env::split_paths(&others));
    let mut command = Command::new(path);
    command.env("PATH", std::env::join_paths(all).expect("folders in PATH"));
    command
}

/// Where the checkers' Node modules are.
///
/// # Panics
/// When the run has no checkers.
pub fn node_modules() -> PathBuf {
    checkers().join("node_modules")
}

/// Prometheus' checker of rules and metrics.
///
/// # Panics
/// When the run has none.
pub fn promtool() -> Command {
    Command::new(address("SUPPORTDESK_TEST_PROMTOOL"))
}

/// The PHP interpreter.
///
/// # Panics
/// When the run has none.
pub fn php() -> Command {
    Command::new(address("SUPPORTDESK_TEST_PHP"))
}

/// The program of an S3-compatible server.
///
/// # Panics
/// When the run has none.
pub fn s3_program() -> PathBuf {
    address("SUPPORTDESK_TEST_S3_PROGRAM").into()
}

/// A service's program, beside the test's own.
///
/// # Panics
/// When nobody built it; `cargo xtask test` does.
pub fn service(name: &str) -> Command {
    let test = std::env::current_exe().expect("where the test's program is");
    let folder = test.parent().and_then(Path::parent).expect("a folder");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "`cargo xtask test --only build` makes {}",
        program.display()
    );
    Command::new(program)
}

fn checkers() -> PathBuf {
    Path::new(&address("SUPPORTDESK_TEST_CHECKERS")).to_owned()
}
