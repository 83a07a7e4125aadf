//! The `notifier` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use desk_bus::program::Chore;
use notifier::Notifier;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Notifier, _>(Chore::run::<Notifier>).await
}
