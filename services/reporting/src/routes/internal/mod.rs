//! `/internal`: for other services alone.

mod tickets;

use utoipa_axum::router::OpenApiRouter;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    tickets::routes()
}
