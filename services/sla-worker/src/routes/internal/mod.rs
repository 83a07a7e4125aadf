//! `/internal`: for other services alone.

mod deadlines;

use utoipa_axum::router::OpenApiRouter;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    deadlines::routes()
}
