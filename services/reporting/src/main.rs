//! The `reporting` process: `serve` (also without a subcommand), `migrate`, `reconcile`,
//! `verify` and `rebuild`.

use reporting::{Command, Reporting};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Reporting, _>(Command::run).await
}
