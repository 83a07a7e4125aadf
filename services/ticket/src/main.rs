//! The `ticket` process: `serve` (also without a subcommand), `migrate`, `reconcile` and
//! `events`.

use clap::Subcommand;
use desk_bus::{Bus, print, program::Chore};
use ticket::{
    Ticket,
    settings::{EventsSettings, Settings},
};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// Print the stream of events.
    Events(EventsSettings),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Ticket, Command>(async |command| match command {
        Command::Chore(chore) => chore.run::<Ticket>().await,
        Command::Events(wanted) => {
            let bus = Bus::connect(&wanted.bus, "ticket-events").await?;
            print::events(&bus, wanted.follow, wanted.subject).await
        }
    })
    .await
}
