//! `GET /reports/projects`.

use axum::{extract::State, http::HeaderMap};
use desk_http::{Allowed, Query, Result, openapi::ErrorBody};
use desk_identity::can::ViewReports;

use super::{
    answer::Answer,
    query::Filter,
    sheet::{Cell, Sheet},
    view::View,
};
use crate::{
    App,
    store::reports::projects::{self, ProjectRow},
};

/// The tickets of each project, the busiest first.
#[utoipa::path(
    get, path = "/reports/projects", tag = "Reports", operation_id = "report_projects",
    params(Filter),
    responses(
        (status = 200, description = "The report",
         content((Vec<ProjectRow> = "application/json"), (String = "text/csv")),
         headers(("X-Data-As-Of" = String, description = "All that was published up to then is in"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Reports are for staff", body = ErrorBody),
        (status = 404, description = "No such project, or not the caller's", body = ErrorBody),
        (status = 422, description = "A bad filter", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_reports")))
)]
pub(super) async fn projects(
    State(app): State<App>,
    who: Allowed<ViewReports>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Answer<Vec<ProjectRow>>> {
    let view = View::open(&app, &who, &filter, &headers).await?;
    let rows = projects::read(&app.db, &view.slice).await?;
    Ok(view.answer(rows))
}

impl Sheet for Vec<ProjectRow> {
    const NAME: &'static str = "projects";
    const COLUMNS: &'static [&'static str] = &[
        "project",
        "total",
        "resolved",
        "breached",
        "resolve_rate",
        "project_id",
    ];

    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
        self.into_iter().map(|row| {
            vec![
                row.project.into(),
                row.total.into(),
                row.resolved.into(),
                row.breached.into(),
                row.resolve_rate.into(),
                row.project_id.into(),
            ]
        })
    }
}
