//! `GET /canned-responses`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, Page, Query, Result,
    openapi::ErrorBody,
    page::{MAX_PAGE, MAX_PER_PAGE, Place, Slice},
};
use desk_identity::can::CannedResponses;
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{reader, response::ResponseBody};
use crate::{
    App,
    store::canned_responses::{self, CannedResponse, Filter},
};

/// Which canned responses, and which page of them.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct List {
    /// Only this project's own; without it all that the caller may see.
    #[garde(inner(range(min = 1)))]
    #[param(minimum = 1)]
    project_id: Option<i64>,
    /// With this in title, shortcut or text, whatever its case.
    #[garde(inner(length(chars, max = 200)))]
    #[param(max_length = 200)]
    search: Option<String>,
    /// Page number, from 1.
    #[garde(inner(range(min = 1, max = MAX_PAGE)))]
    #[param(minimum = 1, maximum = 1_000_000)]
    page: Option<u32>,
    /// Rows a page.
    #[garde(inner(range(min = 1, max = MAX_PER_PAGE)))]
    #[param(minimum = 1, maximum = 100)]
    per_page: Option<u32>,
    /// `next_cursor` of the page before; goes before `page`.
    #[garde(inner(length(bytes, max = 200)))]
    cursor: Option<String>,
}

/// One's own canned responses and the shared ones, newest first.
#[utoipa::path(
    get, path = "/canned-responses", tag = "Configuration", operation_id = "list_canned_responses",
    params(List),
    responses(
        (status = 200, description = "A page of canned responses", body = Page<ResponseBody>),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 422, description = "A bad filter, or no such page", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("canned_responses")))
)]
pub async fn list(
    State(app): State<App>,
    who: Allowed<CannedResponses>,
    Query(list): Query<List>,
) -> Result<Json<Page<ResponseBody>>> {
    let slice = Slice::new(list.page, list.per_page, list.cursor.as_deref())?;
    let filter = Filter {
        project_id: list.project_id,
        search: list.search,
    };
    let reader = reader(&who.user);
    let mut conn = app.db.acquire().await?;
    let (total, capped) = canned_responses::total(&mut conn, reader, &filter).await?;
    let found = canned_responses::page(&mut conn, reader, &filter, &slice).await?;
    let place = |found: &CannedResponse| Place::after(found.created_at, found.id);
    let mut page = slice.page(found, total, place)?;
    page.total_capped = capped;
    Ok(Json(page.map(ResponseBody::from)))
}
