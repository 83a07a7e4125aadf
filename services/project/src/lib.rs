//! The project service: which external projects there are, who answers their tickets, and the API
//! keys they call with.
//!
//! - `routes`: the HTTP paths as files; [`router`] puts them together;
//! - `domain`: slugs and prefixes, address lists, key pairs and their keyed hashes;
//! - `store`: the SQL; a change, its event and its audit row are one transaction;
//! - `events`: what project says (`project.*`) and hears (accounts, ticket counts, SLA policies).
//!
//! The ticket count and the SLA policies shown with a project are copies of ticket's facts; names
//! and roles of agents are copies of auth's.

mod app;
mod command;
mod domain;
mod events;
mod program;
mod routes;
mod settings;
mod store;

use axum::Router;
use desk_bus::{
    Consumer,
    reconcile::{Owners, Reconciler},
};
use desk_http::openapi::documented;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

pub use app::App;
pub use command::run;
pub use domain::peppers::{BadPeppers, Peppers};
pub use program::Project;
pub use settings::Settings;

/// The service's own tables; run after those of the bus and the replica.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The service's routes, undressed.
pub fn router(app: App) -> Router {
    documented(routes::all()).0.with_state(app)
}

/// The service's part of the OpenAPI document.
pub fn openapi() -> OpenApi {
    documented(routes::all()).1
}

/// Starts what runs beside the requests, until told to stop: the relay and the consumer.
pub fn start_consumers(app: &App, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    vec![
        app.bus.relay(app.db.clone(), stop.clone()),
        app.bus
            .consume(app.db.clone(), events::heard::Copies, stop.clone()),
    ]
}

/// Compares what is kept here with what its owners said.
///
/// # Errors
/// When no HTTP client can be made.
pub fn reconciler(app: &App, owners: &Owners) -> anyhow::Result<Reconciler<impl Consumer + use<>>> {
    Reconciler::new(&app.bus, &app.db, events::heard::Copies, owners)
}
