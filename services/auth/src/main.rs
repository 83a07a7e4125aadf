//! The `auth` process: `serve` (also without a subcommand), `migrate` and `reconcile`.

use auth::Auth;
use desk_bus::program::Chore;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Auth, _>(Chore::run::<Auth>).await
}
