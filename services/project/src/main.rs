//! The `project` process: `serve` (also without a subcommand) and `migrate`.

use anyhow::Context;
use clap::{Parser, Subcommand};
use desk_bus::Bus;
use desk_http::{
    client::Peer,
    database::MigrateSettings,
    server::{Identity, Process},
};
use desk_replica::Replica;
use project::{App, MIGRATOR, Settings};
use secrecy::ExposeSecret;

const IDENTITY: Identity = Identity {
    name: "project",
    port: 8083,
};

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
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.len() == 1 {
        arguments.push("serve".into());
    }
    match Cli::parse_from(arguments).command {
        Command::Serve(settings) => serve(*settings).await,
        Command::Migrate(settings) => {
            settings
                .run(&[&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR])
                .await
        }
    }
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let process = Process::start(IDENTITY, &settings.server)?;
    let peppers = settings
        .key_peppers
        .expose_secret()
        .parse()
        .context("SUPPORTDESK_KEY_PEPPERS")?;
    let migrators = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];
    let db = settings.database.open(4, &migrators).await?;
    let bus = Bus::connect(&settings.bus, IDENTITY.name).await?;
    let peer = |name, url| Peer::new(name, url, process.issuer.clone(), process.clock.clone());
    let auth = peer("auth", &settings.auth_url)?;
    let app = App {
        replica: Replica::new(
            db.clone(),
            auth,
            peer(IDENTITY.name, &settings.project_url)?,
        ),
        clock: process.clock.clone(),
        gatekeeper: process.gatekeeper.clone(),
        peppers,
        db,
        bus,
    };
    let stop = process.stop.clone();
    let background = project::start_consumers(&app, &stop);
    let served = process.serve(project::router(app)).await;
    stop.cancel();
    for task in background {
        task.await?;
    }
    served
}
