//! The command line of `gateway`: `serve`, also without a subcommand.

use std::{convert::Infallible, ffi::OsString};

use crate::Gateway;

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<Gateway, Infallible>(words, async |command| match command {})
}
