//! `/admin/reports`: for those who run the desk.

mod rebuild;

use utoipa_axum::router::OpenApiRouter;

use crate::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    rebuild::routes()
}
