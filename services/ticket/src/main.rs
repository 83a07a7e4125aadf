//! The `ticket` process: `serve` (also without a subcommand), `migrate` and `events`.

use clap::{Parser, Subcommand};
use desk_bus::Bus;
use desk_http::{
    database::MigrateSettings,
    server::{Identity, Process},
};
use ticket::{
    App,
    settings::{EventsSettings, Settings},
};

/// Tickets, messages and their configuration.
#[derive(Parser)]
#[command(name = "ticket", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop; what happens without a command, too.
    Serve(Box<Settings>),
    /// Bring the database's schema up to date, as its owner.
    Migrate(MigrateSettings),
    /// Print the stream of events.
    Events(EventsSettings),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut words: Vec<_> = std::env::args_os().collect();
    if words.len() == 1 {
        words.push("serve".into());
    }
    match Cli::parse_from(words).command {
        Command::Serve(settings) => serve(&settings).await,
        Command::Migrate(settings) => settings.run(&ticket::migrators()).await,
        Command::Events(wanted) => {
            let bus = Bus::connect(&wanted.bus, "ticket-events").await?;
            desk_bus::print::events(&bus, wanted.follow, wanted.subject).await
        }
    }
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let identity = Identity {
        name: "ticket",
        port: 8084,
    };
    let process = Process::start(identity, &settings.server)?;
    let app = App::open(settings, &process).await?;
    let stop = process.stop.clone();
    let background = ticket::start_consumers(&app, &stop);
    let served = process.serve(ticket::router(app)).await;
    stop.cancel();
    for task in background {
        task.await?;
    }
    served
}
