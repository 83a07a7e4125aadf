//! The `reporting` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use desk_bus::program::Chore;
use reporting::Reporting;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Reporting, _>(Chore::run::<Reporting>).await
}
