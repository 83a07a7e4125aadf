//! The `ticket` process: `serve` (also without a subcommand), `migrate`, `reconcile` and
//! `events`.

use clap::{Parser, Subcommand};
use desk_bus::{Bus, reconcile::Owners};
use desk_http::{
    database::MigrateSettings,
    server::{Identity, Process},
};
use ticket::{
    App,
    settings::{EventsSettings, Settings},
};

const IDENTITY: Identity = Identity {
    name: "ticket",
    port: 8084,
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
    /// Compare what is kept here with what its owners said, and have said again what is missing.
    Reconcile(Box<Settings>),
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
        Command::Reconcile(settings) => reconcile(&settings).await,
        Command::Events(wanted) => {
            let bus = Bus::connect(&wanted.bus, "ticket-events").await?;
            desk_bus::print::events(&bus, wanted.follow, wanted.subject).await
        }
    }
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let app = App::open(settings, &process).await?;
    let stop = process.stop.clone();
    let mut background = ticket::start_consumers(&app, &stop);
    let reconciler = ticket::reconciler(&app, &owners(settings, &process))?;
    background.push(reconciler.start(stop.clone()));
    let served = process.serve(ticket::router(app)).await;
    stop.cancel();
    for task in background {
        task.await?;
    }
    served
}

async fn reconcile(settings: &Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let app = App::open(settings, &process).await?;
    let reconciler = ticket::reconciler(&app, &owners(settings, &process))?;
    reconciler.command().await
}

fn owners(settings: &Settings, process: &Process) -> Owners {
    Owners::new(&settings.owners, &process.issuer, &process.clock)
}
