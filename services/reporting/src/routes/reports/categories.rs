//! `GET /reports/categories`.

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
    store::reports::categories::{self, CategoryRow},
};

/// The tickets of each category, the busiest first.
#[utoipa::path(
    get, path = "/reports/categories", tag = "Reports", operation_id = "report_categories",
    params(Filter),
    responses(
        (status = 200, description = "The report",
         content((Vec<CategoryRow> = "application/json"), (String = "text/csv")),
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
pub(super) async fn categories(
    State(app): State<App>,
    who: Allowed<ViewReports>,
    headers: HeaderMap,
    Query(filter): Query<Filter>,
) -> Result<Answer<Vec<CategoryRow>>> {
    let view = View::open(&app, &who, &filter, &headers).await?;
    let rows = categories::read(&app.db, &view.slice).await?;
    Ok(view.answer(rows))
}

impl Sheet for Vec<CategoryRow> {
    const NAME: &'static str = "categories";
    const COLUMNS: &'static [&'static str] = &["category", "color", "total", "category_id"];

    fn lines(self) -> impl Iterator<Item = Vec<Cell>> + Send + 'static {
        self.into_iter().map(|row| {
            vec![
                row.category.into(),
                row.color.into(),
                row.total.into(),
                row.category_id.into(),
            ]
        })
    }
}
