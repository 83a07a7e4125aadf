//! The service's settings, from the environment alone.

use desk_bus::{BusSettings, reconcile::OwnerSettings};
use desk_http::{database::DatabaseSettings, server::ServerSettings};

use crate::{chores::purge::PurgeSettings, files::settings::FileSettings};

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
    /// Who owns what is kept here, for what events have not told.
    #[command(flatten)]
    pub owners: OwnerSettings,
    /// Where the files lie.
    #[command(flatten)]
    pub files: FileSettings,
    /// When tickets are removed for good.
    #[command(flatten)]
    pub purge: PurgeSettings,
}

/// What `ticket purge` needs.
#[derive(Debug, Clone, clap::Args)]
pub struct PurgeCommand {
    /// As for `serve`.
    #[command(flatten)]
    pub settings: Settings,
    /// Only tell what would be removed.
    #[arg(long)]
    pub dry_run: bool,
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
