//! The notifier: who has to be told of what happened to a ticket, and the mails that tell them.
//!
//! - [`settings`]: what the process reads from its environment;
//! - [`app`]: what handlers share;
//! - `domain`: whom an event concerns, without I/O;
//! - [`mail`]: how a delivery becomes a mail and gets out;
//! - `events`: what is heard and what it changes;
//! - `store`: the SQL;
//! - [`dead_mails`]: what operators do with mails that were given up;
//! - `program`: how it starts;
//! - `command`: its command line;
//! - `routes`: the paths, one file each.

pub mod app;
mod command;
pub mod dead_mails;
mod domain;
pub mod events;
pub mod mail;
mod program;
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

pub use crate::{app::App, command::run, mail::Mailing, program::Notifier};

/// The notifier's own tables.
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
    vec![bus.consume(app.db.clone(), notifier(app), stop)]
}

/// Sends what is due, and forgets what was sent long ago, until told to stop.
pub fn start_mail(app: &App, mailing: &Mailing, stop: CancellationToken) -> Vec<JoinHandle<()>> {
    let postman = mail::Postman::new(app.clone(), mailing.clone());
    vec![
        postman.start(stop.clone()),
        mail::sweep::start(app.clone(), stop),
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
) -> anyhow::Result<Reconciler<events::Notifier>> {
    Reconciler::new(bus, &app.db, notifier(app), owners)
}

fn notifier(app: &App) -> events::Notifier {
    events::Notifier {
        clock: app.clock.clone(),
        bell: app.bell.clone(),
        ticket: app.ticket.clone(),
    }
}
