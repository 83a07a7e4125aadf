//! Runs the SLA worker, migrates its database, or compares it with its owners' outboxes.

use clap::{Parser, Subcommand};
use desk_bus::{Bus, reconcile::Owners};
use desk_http::{
    database::MigrateSettings,
    server::{Identity, Process},
};
use sla_worker::{App, MIGRATORS, settings::Settings};

const IDENTITY: Identity = Identity {
    name: "sla-worker",
    port: 8086,
};
const CONNECTIONS: u32 = 4;

/// Watches the deadlines of tickets.
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
    /// Compare what is kept here with what its owners said, and have said again what is missing.
    Reconcile(Box<Settings>),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Some(Command::Migrate(settings)) => settings.run(&MIGRATORS).await,
        Some(Command::Reconcile(settings)) => reconcile(*settings).await,
        Some(Command::Serve(settings)) => serve(*settings).await,
        None => serve(Settings::parse()).await,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let (app, bus) = open(&settings, &process).await?;
    let mut background = sla_worker::start_consumers(&app, &bus, process.stop.clone());
    let reconciler = sla_worker::reconciler(&app, &bus, &owners(&settings, &process))?;
    background.push(reconciler.start(process.stop.clone()));
    process.serve(sla_worker::router(app)).await?;
    for task in background {
        task.await?;
    }
    Ok(())
}

async fn reconcile(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let (app, bus) = open(&settings, &process).await?;
    let reconciler = sla_worker::reconciler(&app, &bus, &owners(&settings, &process))?;
    reconciler.command().await
}

async fn open(settings: &Settings, process: &Process) -> anyhow::Result<(App, Bus)> {
    let app = App {
        db: settings.database.open(CONNECTIONS, &MIGRATORS).await?,
        gatekeeper: process.gatekeeper.clone(),
    };
    Ok((app, Bus::connect(&settings.bus, IDENTITY.name).await?))
}

fn owners(settings: &Settings, process: &Process) -> Owners {
    Owners::new(&settings.owners, &process.issuer, &process.clock)
}
