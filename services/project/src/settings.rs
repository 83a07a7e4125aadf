//! What project reads from its environment.

use desk_bus::{BusSettings, reconcile::OwnerSettings};
use desk_http::{database::DatabaseSettings, server::ServerSettings};
use secrecy::SecretString;

/// Settings of `project serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Addresses, logs, keys.
    #[command(flatten)]
    pub server: ServerSettings,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The bus.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Who owns what is kept here, for what events have not told.
    #[command(flatten)]
    pub owners: OwnerSettings,
    /// Peppers of API secrets, `id:secret,id:secret`: the first hashes new ones, all verify.
    #[arg(long, env = "SUPPORTDESK_KEY_PEPPERS", hide_env_values = true)]
    pub key_peppers: SecretString,
}
