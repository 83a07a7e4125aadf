//! What handlers share.

use axum::extract::FromRef;
use desk_bus::Freshness;
use desk_http::Gatekeeper;
use sqlx::PgPool;

use crate::Rebuilder;

/// Reporting's state; cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// Reporting's own database.
    pub db: PgPool,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
    /// Up to when everything that was said is in the reports.
    pub freshness: Freshness,
    /// Builds the read models anew.
    pub rebuilder: Rebuilder,
}

impl FromRef<App> for Gatekeeper {
    fn from_ref(app: &App) -> Self {
        app.gatekeeper.clone()
    }
}
