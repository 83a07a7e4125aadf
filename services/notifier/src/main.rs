//! The `notifier` process: `serve` (also without a subcommand), `migrate`, `reconcile`,
//! `dead-letters` and `dead-mails`.

use clap::Subcommand;
use desk_bus::program::Chore;
use notifier::{Notifier, dead_mails, settings::Settings};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// List mails that were given up, or have them sent again.
    #[command(subcommand)]
    DeadMails(dead_mails::Command),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Notifier, Command>(async |command| match command {
        Command::Chore(chore) => chore.run::<Notifier>().await,
        Command::DeadMails(command) => command.run().await,
    })
    .await
}
