//! `GET /admin/reports/rebuild`.

use axum::{Json, extract::State};
use desk_http::{Allowed, Result, openapi::ErrorBody};
use desk_identity::can::ManageProjects;

use crate::{
    App,
    store::rebuild::{self, Progress},
};

/// How far the rebuild of the read models is, or how the last one ended.
#[utoipa::path(
    get, path = "/admin/reports/rebuild", tag = "Reports", operation_id = "rebuild_progress",
    responses(
        (status = 200, description = "The progress", body = Progress),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects")))
)]
pub(super) async fn show(
    State(app): State<App>,
    _who: Allowed<ManageProjects>,
) -> Result<Json<Progress>> {
    Ok(Json(rebuild::progress(&app.db).await?))
}
