//! Runs reporting, or migrates its database.

use clap::{Parser, Subcommand};
use desk_bus::Bus;
use desk_http::{
    database::MigrateSettings,
    server::{Identity, Process},
};
use reporting::{App, MIGRATORS, settings::Settings};

const IDENTITY: Identity = Identity {
    name: "reporting",
    port: 8085,
};
const CONNECTIONS: u32 = 4;

/// Keeps the read models behind the reports.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until told to stop; the default.
    Serve(Box<Settings>),
    /// Brings the database up to date, as the role that owns it.
    Migrate(MigrateSettings),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Some(Command::Migrate(settings)) => settings.run(&MIGRATORS).await,
        Some(Command::Serve(settings)) => serve(*settings).await,
        None => serve(Settings::parse()).await,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let db = settings.database.open(CONNECTIONS, &MIGRATORS).await?;
    let bus = Bus::connect(&settings.bus, IDENTITY.name).await?;
    let app = App {
        db,
        gatekeeper: process.gatekeeper.clone(),
    };
    let consumers = reporting::start_consumers(&app, &bus, process.stop.clone());
    process.serve(reporting::router(app)).await?;
    for consumer in consumers {
        consumer.await?;
    }
    Ok(())
}
