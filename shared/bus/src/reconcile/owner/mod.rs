//! The owner's side: what this database's outbox has said, told and said again to consumers.

mod heads;
mod republish;

use axum::extract::FromRef;
use desk_http::Gatekeeper;
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Bus;

/// What the routes need of an app: the database with the outbox, and the relay to wake.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The database.
    pub pool: PgPool,
    /// The bus.
    pub bus: Bus,
}

/// The routes that every service with an outbox serves to other services.
pub fn routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Gatekeeper: FromRef<S>,
    Owner: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(heads::heads))
        .routes(routes!(republish::republish))
}
