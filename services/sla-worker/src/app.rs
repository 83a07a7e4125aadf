//! What handlers share.

use axum::extract::FromRef;
use desk_bus::{Bus, reconcile::Owner};
use desk_http::{Clock, Gatekeeper};
use sqlx::PgPool;

use crate::alarm::Alarm;

/// The SLA worker's state; cheap to clone.
#[derive(Debug, Clone)]
pub struct App {
    /// The SLA worker's own database.
    pub db: PgPool,
    /// Events out and in.
    pub bus: Bus,
    /// The clock that deadlines pass by.
    pub clock: Clock,
    /// Lets internal callers in.
    pub gatekeeper: Gatekeeper,
    /// Wakes this process's worker.
    pub alarm: Alarm,
}

impl FromRef<App> for Gatekeeper {
    fn from_ref(app: &App) -> Self {
        app.gatekeeper.clone()
    }
}

impl FromRef<App> for Owner {
    fn from_ref(app: &App) -> Self {
        Self {
            pool: app.db.clone(),
            bus: app.bus.clone(),
        }
    }
}
