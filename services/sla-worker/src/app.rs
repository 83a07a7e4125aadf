//! What handlers share.

use axum::extract::FromRef;
use desk_http::Gatekeeper;
use sqlx::PgPool;

/// The SLA worker's state; cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The SLA worker's own database.
    pub db: PgPool,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
}

impl FromRef<App> for Gatekeeper {
    fn from_ref(app: &App) -> Self {
        app.gatekeeper.clone()
    }
}
