//! The gateway's process.

use std::{sync::Arc, time::Duration};

use clap::{Parser, Subcommand};
use desk_http::server::{Identity, Process};
use gateway::{App, Settings};

/// How long the start waits for auth's keys and revocations.
const FIRST_NEWS: Duration = Duration::from_secs(5);

/// The one origin in front of all services.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until told to stop (also without any subcommand).
    Serve(Box<Settings>),
}

/// The settings alone, for a start without a subcommand.
#[derive(Parser)]
struct FromEnvironment {
    #[command(flatten)]
    settings: Settings,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let settings = match Cli::parse().command {
        Some(Command::Serve(settings)) => *settings,
        None => FromEnvironment::parse().settings,
    };
    serve(&settings).await
}

async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let process = Process::start(
        Identity {
            name: "gateway",
            port: 8080,
        },
        &settings.server,
    )?;
    let app = Arc::new(App::new(
        &settings.edge,
        process.issuer.clone(),
        process.clock.clone(),
    )?);
    let background = gateway::start_background(&app, &process.stop);
    app.informed(FIRST_NEWS).await;
    process.serve(gateway::router(app)).await?;
    background.join_all().await;
    Ok(())
}
