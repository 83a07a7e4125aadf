//! What project reads from its environment.

use desk_bus::BusSettings;
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
    /// Where auth is, for accounts that no event has told of yet.
    #[arg(
        long,
        env = "SUPPORTDESK_AUTH_URL",
        default_value = "http://127.0.0.1:8082"
    )]
    pub auth_url: String,
    /// Where project itself is.
    #[arg(
        long,
        env = "SUPPORTDESK_PROJECT_URL",
        default_value = "http://127.0.0.1:8083"
    )]
    pub project_url: String,
    /// Peppers of API secrets, `id:secret,id:secret`: the first hashes new ones, all verify.
    #[arg(long, env = "SUPPORTDESK_KEY_PEPPERS", hide_env_values = true)]
    pub key_peppers: SecretString,
}
