//! The `sla-worker` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use desk_bus::program::Chore;
use sla_worker::SlaWorker;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<SlaWorker, _>(Chore::run::<SlaWorker>).await
}
