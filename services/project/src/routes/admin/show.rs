//! `GET /admin/projects/{id}`.

use axum::{Json, extract::State};
use desk_http::{Allowed, Error, Path, Result, openapi::ErrorBody};
use desk_identity::can::ManageProjects;

use super::detail::{ProjectAnswer, whole};
use crate::{App, store::projects};

/// Shows a project with its agents, SLA policies and keys.
#[utoipa::path(
    get, path = "/admin/projects/{id}", tag = "Projects", operation_id = "admin_show_project",
    params(("id" = i64, Path, description = "Project id")),
    responses(
        (status = 200, description = "The project", body = ProjectAnswer),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects"))),
)]
pub async fn show(
    State(app): State<App>,
    _who: Allowed<ManageProjects>,
    Path(id): Path<i64>,
) -> Result<Json<ProjectAnswer>> {
    let project = projects::find(&app.db, id).await?.ok_or(Error::NotFound)?;
    whole(&app, project).await.map(Json)
}
