//! The service's settings, from the environment alone.

use desk_bus::BusSettings;
use desk_http::{database::DatabaseSettings, server::ServerSettings};

/// What `ticket serve` needs.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Addresses, logs and keys.
    #[command(flatten)]
    pub server: ServerSettings,
    /// The ticket database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// NATS.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Where auth answers for unknown users.
    #[arg(long, env = "SUPPORTDESK_AUTH_URL")]
    pub auth_url: String,
    /// Where project answers for unknown projects and members.
    #[arg(long, env = "SUPPORTDESK_PROJECT_URL")]
    pub project_url: String,
}

/// What `ticket events` needs.
#[derive(Debug, Clone, clap::Args)]
pub struct EventsSettings {
    /// NATS.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Go on with what comes.
    #[arg(long)]
    pub follow: bool,
    /// Only these, e.g. `ticket.*`.
    #[arg(long)]
    pub subject: Option<String>,
}
