//! The external gateway's process.

use std::sync::Arc;

use clap::{Parser, Subcommand};
use desk_bus::Bus;
use desk_http::server::{Identity, Process};
use external_gateway::{App, Settings};

/// The door of external projects.
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
    let identity = Identity {
        name: "external-gateway",
        port: 8081,
    };
    let process = Process::start(identity, &settings.server)?;
    let bus = Bus::connect(&settings.bus, identity.name).await?;
    let app = Arc::new(App::new(
        &settings.keys,
        process.issuer.clone(),
        process.gatekeeper.clone(),
    )?);
    let background = external_gateway::start_background(&app, bus, &process.stop);
    process
        .serve(external_gateway::router(Arc::clone(&app)))
        .await?;
    background.join_all().await;
    app.report_last_use().await;
    Ok(())
}
