//! The SLA worker: which clocks of which tickets run, and when each is due. It owns the clock: when
//! a due time passes it says so, once, and ticket judges that claim.
//!
//! - [`settings`]: what the process reads from its environment;
//! - [`app`]: what handlers share;
//! - `domain`: which clocks a ticket's state leaves running, without I/O;
//! - `events`: what is heard and what it changes;
//! - `worker`: sleeps until the next due time and says what is due;
//! - [`alarm`]: wakes the worker for an earlier one;
//! - `store`: the SQL;
//! - `audit`: comparing the clocks with ticket's states, and healing them;
//! - `program`: how it starts;
//! - `command`: its command line;
//! - `routes`: the paths, one file each.

pub mod alarm;
pub mod app;
mod audit;
mod command;
mod domain;
pub mod events;
mod program;
mod routes;
pub mod settings;
mod store;
mod worker;

use desk_bus::reconcile::{Owners, Reconciler};
use sqlx::migrate::Migrator;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

pub use crate::{app::App, command::run, program::SlaWorker};

/// The SLA worker's own tables.
pub static MIGRATOR: Migrator = sqlx::migrate!();

/// Everything in this database, in the order it is migrated.
pub static MIGRATORS: [&Migrator; 2] = [&desk_bus::MIGRATOR, &MIGRATOR];

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

/// Hears ticket until told to stop.
pub fn start_consumer(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    let consumer = events::SlaWorker::new(app.alarm.clone(), app.clock.clone());
    app.bus.consume(app.db.clone(), consumer, stop.clone())
}

/// Says what is due until told to stop.
pub fn start_worker(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    tokio::spawn(worker::run(app.clone(), stop.clone()))
}

/// Publishes what was said until told to stop.
pub fn start_relay(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    app.bus.relay(app.db.clone(), stop.clone())
}

/// Compares what is kept here with what its owners said.
///
/// # Errors
/// When no HTTP client can be made.
pub fn reconciler(app: &App, owners: &Owners) -> anyhow::Result<Reconciler<events::SlaWorker>> {
    let consumer = events::SlaWorker::new(app.alarm.clone(), app.clock.clone());
    Reconciler::new(&app.bus, &app.db, consumer, owners)
}
