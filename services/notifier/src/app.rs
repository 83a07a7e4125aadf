//! What handlers share.

use axum::extract::FromRef;
use desk_http::{Clock, Gatekeeper, client::Peer};
use sqlx::PgPool;

use crate::mail::Bell;

/// The notifier's state; cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The notifier's own database.
    pub db: PgPool,
    /// Tells what is too old to be told.
    pub clock: Clock,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
    /// Tells the postman that something is due.
    pub bell: Bell,
    /// Asked of tickets whose last event is older than what is kept here.
    pub ticket: Peer,
}

impl FromRef<App> for Gatekeeper {
    fn from_ref(app: &App) -> Self {
        app.gatekeeper.clone()
    }
}
