//! The command line of `ticket`: `serve` (also without a subcommand), `migrate`, `reconcile`,
//! `events` and `purge`.

use std::ffi::OsString;

use clap::Subcommand;
use desk_bus::{Bus, print, program::Chore};

use crate::{
    Ticket,
    settings::{EventsSettings, PurgeCommand, Settings},
};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// Print the stream of events.
    Events(EventsSettings),
    /// Remove tickets that were deleted long enough ago for good, with their files.
    Purge(Box<PurgeCommand>),
}

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<Ticket, Command>(words, async |command| match command {
        Command::Chore(chore) => chore.run::<Ticket>().await,
        Command::Events(wanted) => {
            let bus = Bus::connect(&wanted.bus, "ticket-events").await?;
            print::events(&bus, wanted.follow, wanted.subject).await
        }
        Command::Purge(command) => Ticket::purge(&command).await,
    })
}
