//! `GET /reports/agents`.

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
    store::reports::agents::{self, AgentRow},
};

/// The tickets of each agent, the busiest first; an agent sees the own row alone.
#[utoipa::path(
    get, path = "/reports/agents", tag = "Reports", operation_id = "report_agents",
    params(Filter),
    responses(
        (status = 200, description = "The report",
         content((Vec<AgentRow> = "application/json"), (String = "text/csv")),
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
pub(super) async fn agents(
    State(app): State<App>,
    who: Allowed<ViewReports>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Answer<Vec<AgentRow>>> {
    let view = View::open(&app, &who, &filter, &headers).await?;
    let rows = agents::read(&app.db, &view.slice, view.only_agent).await?;
    Ok(view.answer(rows))
}

impl Sheet for Vec<AgentRow> {
    const NAME: &'static str = "agents";
    const COLUMNS: &'static [&'static str] = &[
        "agent",
        "total_assigned",
        "total_resolved",
        "resolve_rate",
        "avg_resolution_minutes",
        "agent_id",
    ];

    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
        self.into_iter().map(|row| {
            vec![
                row.agent.into(),
                row.total_assigned.into(),
                row.total_resolved.into(),
                row.resolve_rate.into(),
                row.avg_resolution_minutes.into(),
                row.agent_id.into(),
            ]
        })
    }
}
