//! The `auth` process: `serve` (also without a subcommand), `migrate`, `reconcile`, `dead-letters`
//! and `create-super-admin`.

use auth::{Auth, bootstrap::CreateSuperAdmin, settings::Settings};
use clap::Subcommand;
use desk_bus::program::Chore;

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// Make a super admin: the first one, or another. The password is read from the standard input.
    CreateSuperAdmin(Box<CreateSuperAdmin>),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    desk_http::program::run::<Auth, Command>(async |command| match command {
        Command::Chore(chore) => chore.run::<Auth>().await,
        Command::CreateSuperAdmin(wish) => wish.run().await,
    })
    .await
}
