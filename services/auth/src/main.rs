//! The `auth` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use std::sync::Arc;

use auth::{App, MIGRATOR, Passwords, Tokens, settings::Settings};
use clap::{Parser, Subcommand};
use desk_bus::{Bus, reconcile::Owners};
use desk_http::{
    database::MigrateSettings,
    server::{Identity, Process},
};
use sqlx::migrate::Migrator;

const IDENTITY: Identity = Identity {
    name: "auth",
    port: 8082,
};
const MIGRATORS: [&Migrator; 3] = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];

/// Accounts, passwords, portal sessions.
#[derive(Parser)]
#[command(name = "auth", version)]
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
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.len() == 1 {
        arguments.push("serve".into());
    }
    match Cli::parse_from(arguments).command {
        Command::Serve(settings) => serve(*settings).await,
        Command::Migrate(settings) => settings.run(&MIGRATORS).await,
        Command::Reconcile(settings) => reconcile(*settings).await,
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let app = open(&settings, &process).await?;
    auth::bootstrap::first_super_admin(&app, &settings.bootstrap).await?;
    let stop = process.stop.clone();
    let [relay, consumer] = auth::start_consumers(&app, &stop);
    let reconciler = auth::reconciler(&app, &owners(&settings, &process))?.start(stop.clone());
    let sweeper = auth::sweep::start(app.clone(), stop.clone());
    let served = process.serve(auth::router(app)).await;
    stop.cancel();
    for task in [relay, consumer, reconciler, sweeper] {
        task.await?;
    }
    served
}

async fn reconcile(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let app = open(&settings, &process).await?;
    let reconciler = auth::reconciler(&app, &owners(&settings, &process))?;
    reconciler.command().await
}

async fn open(settings: &Settings, process: &Process) -> anyhow::Result<App> {
    Ok(App {
        db: settings.database.open(4, &MIGRATORS).await?,
        bus: Bus::connect(&settings.bus, IDENTITY.name).await?,
        clock: process.clock.clone(),
        gatekeeper: process.gatekeeper.clone(),
        tokens: Arc::new(Tokens::new(&settings.portal_keys, settings.lifetimes)?),
        passwords: Passwords::recommended()?,
        limits: settings.limits,
    })
}

fn owners(settings: &Settings, process: &Process) -> Owners {
    Owners::new(&settings.owners, &process.issuer, &process.clock)
}
