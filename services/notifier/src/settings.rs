//! The process's settings, all from the environment and checked at start.

use desk_bus::{BusSettings, reconcile::OwnerSettings};
use desk_http::{database::DatabaseSettings, server::ServerSettings};

use crate::mail::MailSettings;

/// What `notifier serve` reads.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Addresses, logs and keys.
    #[command(flatten)]
    pub server: ServerSettings,
    /// The notifier's own database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// Where events come from.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Who owns what is kept here, for what events have not told.
    #[command(flatten)]
    pub owners: OwnerSettings,
    /// Where mails go.
    #[command(flatten)]
    pub mail: MailSettings,
}
