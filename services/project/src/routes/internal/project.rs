//! `GET /internal/projects/{id}`: what a copy asks for when no event has told it yet.

use axum::{Json, extract::State};
use desk_http::{Error, Path, Result, ServiceCaller, openapi::ErrorBody};
use desk_replica::ProjectRecord;

use crate::{
    App,
    events::said,
    store::{memberships, projects},
};

/// Tells a project's state, also a deleted one's, with everyone who is or was its agent.
#[utoipa::path(
    get, path = "/internal/projects/{id}", tag = "internal",
    operation_id = "internal_project_record",
    params(("id" = i64, Path, description = "Project id")),
    responses(
        (status = 200, description = "The states and their sequences", body = serde_json::Value),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
pub async fn project(
    State(app): State<App>,
    _who: ServiceCaller,
    Path(id): Path<i64>,
) -> Result<Json<ProjectRecord>> {
    let project = projects::find_ever(&app.db, id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(ProjectRecord {
        project: said::project_state(&project),
        sequence: project.sequence,
        members: memberships::records(&app.db, id).await?,
    }))
}
