//! The command line of `auth`: `serve` (also without a subcommand), `migrate`, `reconcile`, `dead-letters`
//! and `create-super-admin`.

use std::ffi::OsString;

use clap::Subcommand;
use desk_bus::program::Chore;

use crate::{Auth, bootstrap::CreateSuperAdmin, settings::Settings};

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// Make a super admin: the first one, or another. The password is read from the standard input.
    CreateSuperAdmin(Box<CreateSuperAdmin>),
}

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<Auth, Command>(words, async |command| match command {
        Command::Chore(chore) => chore.run::<Auth>().await,
        Command::CreateSuperAdmin(wish) => wish.run().await,
    })
}
