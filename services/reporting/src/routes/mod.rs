//! The path tree.

mod admin;
mod internal;
mod reports;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The document's head: name and version of this service, and what its tags mean.
#[derive(OpenApi)]
#[openapi(tags(
    (name = "Reports", description = "Figures over tickets, as JSON or CSV."),
))]
struct Document;

/// Every route of reporting.
pub(crate) fn all() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(admin::routes())
        .merge(internal::routes())
        .merge(reports::routes())
}
