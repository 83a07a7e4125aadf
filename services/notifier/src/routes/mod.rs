//! The path tree.

mod internal;
mod notifications;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// The document's head: name and version of this service, and what its tags mean.
#[derive(OpenApi)]
#[openapi(tags(
    (name = "Notifications", description = "What one is mailed about."),
))]
struct Document;

/// Every route of the notifier.
pub(crate) fn all() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(internal::routes())
        .merge(notifications::routes())
}
