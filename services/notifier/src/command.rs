//! The command line of `notifier`: `serve` (also without a subcommand), `migrate`, `reconcile`,
//! `dead-letters` and `dead-mails`.

use std::ffi::OsString;

use clap::Subcommand;
use desk_bus::program::Chore;

use crate::{Notifier, dead_mails, settings::Settings};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// List mails that were given up, or have them sent again.
    #[command(subcommand)]
    DeadMails(dead_mails::Command),
}

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<Notifier, Command>(words, async |command| match command {
        Command::Chore(chore) => chore.run::<Notifier>().await,
        Command::DeadMails(command) => command.run().await,
    })
}
