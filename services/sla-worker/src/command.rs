//! The command line of `sla-worker`: `serve` (also without a subcommand), `migrate`, `reconcile` and
//! `verify`.

use std::ffi::OsString;

use clap::Subcommand;
use desk_bus::program::{Audit, Chore};

use crate::{SlaWorker, settings::Settings};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    #[command(flatten)]
    Audit(Audit<Settings>),
}

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<SlaWorker, Command>(words, async |command| match command {
        Command::Chore(chore) => chore.run::<SlaWorker>().await,
        Command::Audit(audit) => audit.run::<SlaWorker>().await,
    })
}
