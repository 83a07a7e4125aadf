//! The command line of `project`: `serve` (also without a subcommand), `migrate`, `reconcile` and
//! `dead-letters`.

use std::ffi::OsString;

use desk_bus::program::Chore;

use crate::Project;

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<Project, _>(words, Chore::run::<Project>)
}
