//! The HTTP paths, as files: `admin/agents/assign.rs` is `POST /admin/projects/{id}/agents`.

mod admin;
mod internal;
mod projects;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// Every route, and their document.
pub fn documented() -> (Router<App>, OpenApi) {
    let routes = OpenApiRouter::new()
        .merge(admin::routes())
        .merge(projects::routes())
        .merge(internal::routes());
    desk_http::openapi::documented(routes)
}
