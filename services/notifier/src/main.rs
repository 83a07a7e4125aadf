//! The `notifier` process: `serve` (also without a subcommand), `migrate`, `reconcile` and
//! `dead-letters`.

use clap::Subcommand;
use desk_bus::program::Chore;
use notifier::{Notifier, dead_letters, settings::Settings};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// List mails that were given up, or have them sent again.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Notifier, Command>(async |command| match command {
        Command::Chore(chore) => chore.run::<Notifier>().await,
        Command::DeadLetters(command) => command.run().await,
    })
    .await
}
