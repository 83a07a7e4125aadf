//! `GET /internal/projects`: what a service compares its copies with.

use axum::{Json, extract::State};
use desk_bus::reconcile::After;
use desk_events::{ProjectState, STATES, StatePage, StateRecord};
use desk_http::{Query, Result, ServiceCaller, openapi::ErrorBody};

use crate::{App, domain::project::Project, events::said, store::projects};

/// Tells every project's state by id, also a deleted one's, a page at a time.
#[utoipa::path(
    get, path = "/internal/projects", tag = "internal",
    operation_id = "internal_project_states",
    params(After),
    responses(
        (status = 200, description = "A page: `states` of `id`, `state` and `sequence`, and `next`",
         content_type = "application/json"),
        (status = 401, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
)]
pub async fn projects(
    State(app): State<App>,
    _who: ServiceCaller,
    Query(wanted): Query<After>,
) -> Result<Json<StatePage<ProjectState>>> {
    let projects = projects::after(&app.db, wanted.id(), STATES.into()).await?;
    let record = |project: &Project| StateRecord {
        id: project.id,
        state: said::project_state(project),
        sequence: project.sequence,
    };
    Ok(Json(StatePage::new(projects.iter().map(record).collect())))
}
