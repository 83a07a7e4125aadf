//! `/projects`: for everybody who is signed in.

mod agents;
mod list;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::App;

/// The routes under `/projects`.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(agents::agents))
}
