//! The command line of `external-gateway`: `serve`, also without a subcommand.

use std::{convert::Infallible, ffi::OsString};

use crate::ExternalGateway;

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<ExternalGateway, Infallible>(words, async |command| match command {})
}
