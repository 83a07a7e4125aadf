//! The HTTP paths, as files: `admin/agents/assign.rs` is `POST /admin/projects/{id}/agents`.

mod admin;
mod internal;
mod projects;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The document's head: name and version of this service, and what its tags mean.
#[derive(OpenApi)]
#[openapi(tags(
    (name = "Projects", description = "Projects, their agents and their API keys."),
))]
struct Document;

/// Every route of the service.
pub fn all() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(admin::routes())
        .merge(projects::routes())
        .merge(internal::routes())
}
