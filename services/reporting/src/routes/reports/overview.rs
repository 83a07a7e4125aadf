//! `GET /reports/overview`.

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
    store::reports::overview::{self, Overview},
};

/// Totals by status, what is unassigned or late, and how long replies and resolutions take.
#[utoipa::path(
    get, path = "/reports/overview", tag = "Reports", operation_id = "report_overview",
    params(Filter),
    responses(
        (status = 200, description = "The report",
         content((Overview = "application/json"), (String = "text/csv")),
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
pub(super) async fn overview(
    State(app): State<App>,
    who: Allowed<ViewReports>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Answer<Overview>> {
    let view = View::open(&app, &who, &filter, &headers).await?;
    let overview = overview::read(&app.db, &view.slice).await?;
    Ok(view.answer(overview))
}

impl Sheet for Overview {
    const NAME: &'static str = "overview";
    const COLUMNS: &'static [&'static str] = &[
        "total_tickets",
        "open",
        "inProgress",
        "pending",
        "resolved",
        "closed",
        "unassigned",
        "sla_breached",
        "avg_first_response_mins",
        "avg_resolution_minutes",
    ];

    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
        let status = self.by_status;
        std::iter::once(vec![
            self.total_tickets.into(),
            status.open.into(),
            status.in_progress.into(),
            status.pending.into(),
            status.resolved.into(),
            status.closed.into(),
            self.unassigned.into(),
            self.sla_breached.into(),
            self.avg_first_response_mins.into(),
            self.avg_resolution_minutes.into(),
        ])
    }
}
