//! Tickets: filing, answering, moving and listing them, and the configuration they share.
//!
//! A request goes through `routes` (who, what), a rule of `domain` (pure) and `store` (SQL);
//! what changed is said through the outbox (`events::outgoing`) and what others say is heard in
//! `events::incoming`. `filing` is the way in for new tickets from both doors, `files` the
//! bytes of attachments, `upkeep`, `chores` and `erasing` what happens by itself. Users, projects and memberships are copies kept by `desk-replica`.

mod app;
mod chores;
mod command;
mod domain;
mod erasing;
mod events;
mod files;
mod filing;
mod program;
mod routes;
pub mod settings;
mod store;
mod unwanted;
mod upkeep;

use axum::Router;
use desk_bus::{
    Consumer,
    reconcile::{Owners, Reconciler},
};
use desk_http::openapi::documented;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

pub use app::{App, KnownConfiguration};
pub use chores::purge::{PurgeSettings, Purged};
pub use command::run;
pub use files::{Files, settings::FileSettings};
pub use filing::Batches;
pub use program::Ticket;
pub use store::list::FrequentSearches;

/// The service's own tables; run after those of `desk-bus` and `desk-replica`.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// All that the ticket database holds, in order.
pub static MIGRATORS: [&sqlx::migrate::Migrator; 3] =
    [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];

/// The service's HTTP.
pub fn router(app: App) -> Router {
    documented(routes::routes()).0.with_state(app)
}

/// The OpenAPI document of [`router`].
pub fn openapi() -> OpenApi {
    documented(routes::routes()).1
}

/// Starts the relay, the consumer, the upkeep, the chores and the erasing; they end when told to
/// stop.
pub fn start_consumers(app: &App, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let consumer = events::incoming::Hearing::new(app.clone());
    vec![
        app.bus.relay(app.db.clone(), stop.clone()),
        app.bus.consume(app.db.clone(), consumer, stop.clone()),
        tokio::spawn(upkeep::run(app.clone(), stop.clone())),
        tokio::spawn(chores::run(app.clone(), stop.clone())),
        tokio::spawn(erasing::run(app.clone(), stop.clone())),
    ]
}

/// Removes tickets that were deleted long enough ago, or only tells what would be removed.
///
/// # Errors
/// The database's.
pub async fn purge(app: &App, dry_run: bool) -> anyhow::Result<Purged> {
    if dry_run {
        chores::purge::look(app).await
    } else {
        chores::purge::run(app).await
    }
}

/// Compares what is kept here with what its owners said.
///
/// # Errors
/// When no HTTP client can be made.
pub fn reconciler(app: &App, owners: &Owners) -> anyhow::Result<Reconciler<impl Consumer + use<>>> {
    let consumer = events::incoming::Hearing::new(app.clone());
    Reconciler::new(&app.bus, &app.db, consumer, owners)
}
