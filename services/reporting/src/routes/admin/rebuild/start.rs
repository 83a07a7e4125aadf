//! `POST /admin/reports/rebuild`.

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{Allowed, Error, Result, openapi::ErrorBody};
use desk_identity::can::ManageProjects;

use crate::{
    App,
    store::rebuild::{self, Progress},
};

/// Builds the read models anew from ticket's states, in the background; the old ones serve until
/// then. Goes on with one that was interrupted.
#[utoipa::path(
    post, path = "/admin/reports/rebuild", tag = "Reports", operation_id = "rebuild_reports",
    responses(
        (status = 202, description = "It runs", body = Progress),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 409, description = "One runs already", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects")))
)]
pub(super) async fn start(
    State(app): State<App>,
    _who: Allowed<ManageProjects>,
) -> Result<(StatusCode, Json<Progress>)> {
    if !app.rebuilder.start().await? {
        return Err(Error::Conflict("A rebuild is running already."));
    }
    let progress = rebuild::progress(&app.db).await?;
    Ok((StatusCode::ACCEPTED, Json(progress)))
}
