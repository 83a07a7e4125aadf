//! The `auth` process: `serve` (also without a subcommand) and `migrate`.

use std::sync::Arc;

use auth::{App, MIGRATOR, Passwords, Tokens, settings::Settings};
use clap::{Parser, Subcommand};
use desk_bus::Bus;
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
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let app = App {
        db: settings.database.open(4, &MIGRATORS).await?,
        bus: Bus::connect(&settings.bus, IDENTITY.name).await?,
        clock: process.clock.clone(),
        gatekeeper: process.gatekeeper.clone(),
        tokens: Arc::new(Tokens::new(&settings.portal_keys, settings.lifetimes)?),
        passwords: Passwords::recommended()?,
        limits: settings.limits,
    };
    auth::bootstrap::first_super_admin(&app, &settings.bootstrap).await?;
    let stop = process.stop.clone();
    let [relay, consumer] = auth::start_consumers(&app, &stop);
    let sweeper = auth::sweep::start(app.clone(), stop.clone());
    let served = process.serve(auth::router(app)).await;
    stop.cancel();
    for task in [relay, consumer, sweeper] {
        task.await?;
    }
    served
}
