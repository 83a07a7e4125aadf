//! The process's settings, all from the environment and checked at start.

use desk_bus::BusSettings;
use desk_http::{database::DatabaseSettings, server::ServerSettings};

/// What `reporting serve` reads.
#[derive(Debug, Clone, clap::Parser)]
pub struct Settings {
    /// Addresses, logs and keys.
    #[command(flatten)]
    pub server: ServerSettings,
    /// Reporting's own database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Where events come from.
    #[command(flatten)]
    pub bus: BusSettings,
}
