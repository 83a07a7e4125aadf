//! Reporting: read models built from what the other services say, and nothing else.
//!
//! - [`settings`]: what the process reads from its environment;
//! - [`app`]: what handlers share;
//! - `domain`: which of a batch's events tell something new, which days a report is over;
//!   without I/O;
//! - `events`: what is heard and what it changes;
//! - `store`: the SQL;
//! - `rebuild`: building the read models anew;
//! - `audit`: comparing what is kept with ticket's states, and healing it;
//! - `program`: how it starts;
//! - `command`: its command line;
//! - `routes`: the paths, one file each.

pub mod app;
mod audit;
mod command;
mod domain;
pub mod events;
mod program;
mod rebuild;
mod routes;
pub mod settings;
mod store;

use desk_bus::{
    Bus,
    reconcile::{Owners, Reconciler},
};
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

pub use crate::{app::App, command::run, program::Reporting, rebuild::Rebuilder};

/// Reporting's own tables.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Everything in this database, in the order it is migrated.
pub static MIGRATORS: [&Migrator; 3] = [&desk_bus::MIGRATOR, &desk_replica::MIGRATOR, &MIGRATOR];

/// Every route, and the document of them all.
pub fn router(app: App) -> axum::Router {
    desk_http::openapi::documented(routes::all())
        .0
        .with_state(app)
}

/// The OpenAPI document of every route.
pub fn openapi() -> OpenApi {
    desk_http::openapi::documented(routes::all()).1
}

/// Hears the other services until told to stop.
pub fn start_consumers(app: &App, bus: &Bus, stop: CancellationToken) -> Vec<JoinHandle<()>> {
    let (freshness, clock) = (app.freshness.clone(), app.gatekeeper.clock.clone());
    vec![
        bus.consume(app.db.clone(), events::Reporting, stop.clone()),
        bus.follow::<events::Reporting>(freshness, clock, stop),
    ]
}

/// Compares what is kept here with what its owners said.
///
/// # Errors
/// When no HTTP client can be made.
pub fn reconciler(
    app: &App,
    bus: &Bus,
    owners: &Owners,
) -> anyhow::Result<Reconciler<events::Reporting>> {
    Reconciler::new(bus, &app.db, events::Reporting, owners)
}
