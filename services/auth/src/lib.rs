//! Auth: accounts, passwords, portal sessions.
//!
//! It alone signs portal tokens; the gateway checks them with the public keys and asks twice a
//! second for [`revocation`]s. Each change of an account is told by a `user.*` event; customers
//! of the external API get their account when ticket says `requester.added`.
//!
//! [`router`] is the HTTP side, [`start_consumers`] the bus side, [`sweep`] the
//! housekeeping, [`account_mails`] what is handed to the notifier,
//! [`bootstrap`] the super admins, whom no request makes.

pub mod account_mails;
mod app;
pub mod bootstrap;
mod command;
mod domain;
mod events;
mod export;
mod passwords;
mod program;
pub mod revocation;
mod routes;
pub mod settings;
mod store;
pub mod sweep;
mod tokens;

use axum::Router;
use desk_bus::{
    Consumer,
    reconcile::{Owners, Reconciler},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

pub use app::App;
pub use command::run;
pub use passwords::Passwords;
pub use program::Auth;
pub use tokens::Tokens;

/// The service's own tables; run after the bus's and the replica's.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// Every route, with its document at `/openapi.json`.
pub fn router(app: App) -> Router {
    desk_http::openapi::documented(routes::all())
        .0
        .with_state(app)
}

/// The service's OpenAPI document.
pub fn openapi() -> OpenApi {
    desk_http::openapi::documented(routes::all()).1
}

/// Publishes what auth says and takes what it hears, until told to stop.
pub fn start_consumers(app: &App, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    vec![
        app.bus.relay(app.db.clone(), stop.clone()),
        app.bus.consume(app.db.clone(), heard(app), stop.clone()),
    ]
}

/// Compares what is kept here with what its owners said.
///
/// # Errors
/// When no HTTP client can be made.
pub fn reconciler(app: &App, owners: &Owners) -> anyhow::Result<Reconciler<impl Consumer + use<>>> {
    Reconciler::new(&app.bus, &app.db, heard(app), owners)
}

fn heard(app: &App) -> events::Heard {
    events::Heard {
        clock: app.clock.clone(),
        bus: app.bus.clone(),
    }
}
