//! The `project` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use desk_bus::program::Chore;
use project::Project;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Project, _>(Chore::run::<Project>).await
}
