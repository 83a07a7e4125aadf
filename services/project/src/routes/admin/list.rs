//! `GET /admin/projects`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, Flag, Page, Query, Result,
    openapi::ErrorBody,
    page::{MAX_PAGE, MAX_PER_PAGE, Place, Slice},
};
use desk_identity::can::ManageProjects;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    App,
    store::projects::{self, Filter, ListedProject},
};

/// A search is counted up to here (contract, Lists).
const SEARCH_TOTAL: i64 = 10_000;

/// Which projects.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListProjects {
    /// In name or slug, whatever the case.
    #[garde(inner(length(chars, min = 1, max = 200)))]
    #[param(min_length = 1, max_length = 200)]
    search: Option<String>,
    /// true: enabled ones only; false: disabled ones only.
    #[garde(skip)]
    #[param(value_type = Option<bool>)]
    active: Option<Flag>,
    /// From 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// 20 unless given.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(inner(length(max = 200)))]
    cursor: Option<String>,
}

/// Lists the projects, newest first.
#[utoipa::path(
    get, path = "/admin/projects", tag = "Projects", operation_id = "admin_list_projects",
    params(ListProjects),
    responses(
        (status = 200, description = "A page of projects", body = Page<ListedProject>),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 422, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_projects"))),
)]
pub async fn list(
    State(app): State<App>,
    _who: Allowed<ManageProjects>,
    Query(query): Query<ListProjects>,
) -> Result<Json<Page<ListedProject>>> {
    let slice = Slice::new(query.page, query.per_page, query.cursor.as_deref())?;
    let filter = Filter {
        search: query.search.map(|search| search.to_lowercase()),
        active: query.active.map(|flag| flag.0),
    };
    let most = filter.search.as_ref().map(|_| SEARCH_TOTAL + 1);
    let rows = projects::list(&app.db, &filter, &slice).await?;
    let found = projects::count(&app.db, &filter, most).await?;
    let total = if most.is_some() {
        found.min(SEARCH_TOTAL)
    } else {
        found
    };
    let place = |project: &ListedProject| Place::after(project.created_at.0, project.id);
    let mut page = slice.page(rows, total, place)?;
    page.total_capped = total < found;
    Ok(Json(page))
}
