//! The `project` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use anyhow::Context;
use clap::{Parser, Subcommand};
use desk_bus::{Bus, reconcile::Owners};
use desk_http::{
    client::Peer,
    database::MigrateSettings,
    server::{Identity, Process},
};
use desk_replica::Replica;
use project::{App, MIGRATOR, Settings};
use secrecy::ExposeSecret;
use sqlx::migrate::Migrator;

const IDENTITY: Identity = Identity {
    name: "project",
    port: 8083,
};
const MIGRATORS: [&Migrator; 3] = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];

/// Projects, their agents and API keys.
#[derive(Parser)]
#[command(name = "project", version)]
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
    let stop = process.stop.clone();
    let mut background = project::start_consumers(&app, &stop);
    let reconciler = project::reconciler(&app, &owners(&settings, &process))?;
    background.push(reconciler.start(stop.clone()));
    let served = process.serve(project::router(app)).await;
    stop.cancel();
    for task in background {
        task.await?;
    }
    served
}

async fn reconcile(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let app = open(&settings, &process).await?;
    let reconciler = project::reconciler(&app, &owners(&settings, &process))?;
    reconciler.command().await
}

async fn open(settings: &Settings, process: &Process) -> anyhow::Result<App> {
    let peppers = settings
        .key_peppers
        .expose_secret()
        .parse()
        .context("SUPPORTDESK_KEY_PEPPERS")?;
    let db = settings.database.open(4, &MIGRATORS).await?;
    let bus = Bus::connect(&settings.bus, IDENTITY.name).await?;
    let peer = |name, url| Peer::new(name, url, process.issuer.clone(), process.clock.clone());
    let auth = peer("auth", &settings.owners.auth_url)?;
    let itself = peer(IDENTITY.name, &settings.owners.project_url)?;
    Ok(App {
        replica: Replica::new(db.clone(), auth, itself),
        clock: process.clock.clone(),
        gatekeeper: process.gatekeeper.clone(),
        peppers,
        db,
        bus,
    })
}

fn owners(settings: &Settings, process: &Process) -> Owners {
    Owners::new(&settings.owners, &process.issuer, &process.clock)
}
