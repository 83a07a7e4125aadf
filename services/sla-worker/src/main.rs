//! The `sla-worker` process: `serve` (also without a subcommand), `migrate`, `reconcile` and
//! `verify`.

use clap::Subcommand;
use desk_bus::program::{Audit, Chore};
use sla_worker::{SlaWorker, settings::Settings};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    #[command(flatten)]
    Audit(Audit<Settings>),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<SlaWorker, Command>(async |command| match command {
        Command::Chore(chore) => chore.run::<SlaWorker>().await,
        Command::Audit(audit) => audit.run::<SlaWorker>().await,
    })
    .await
}
