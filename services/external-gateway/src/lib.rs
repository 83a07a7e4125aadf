//! The door of external projects: `/external/*`, by API key and secret.
//!
//! [`doors`] reads the key pair, [`keys`] asks project whether it is one (answers live a second,
//! good ones a minute more while project is down), [`limits`] counts, [`last_use`] remembers who
//! called, [`events`] drops what a revoked key left in the caches; then bytes stream to ticket,
//! which owns every endpoint below `/external`. There is no database.

mod app;
mod background;
mod command;
pub mod domain;
mod doors;
mod events;
mod keys;
mod last_use;
mod limits;
mod program;
mod settings;

use std::sync::Arc;

use axum::{Router, middleware::map_response, routing::any};
use desk_http::edge::private;

pub use app::App;
pub use background::start as start_background;
pub use command::run;
pub use program::ExternalGateway;
pub use settings::{KeySettings, Settings};

/// The routes, undressed: as the gateway passes them on, and as an Ingress may send them.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/external/{*path}", any(doors::pass))
        .route("/api/external/{*path}", any(doors::pass))
        .with_state(app)
        .layer(map_response(private))
}
