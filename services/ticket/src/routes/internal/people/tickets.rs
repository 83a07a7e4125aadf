//! `GET /internal/people/{id}/tickets`

use axum::{Json, extract::State};
use desk_http::{Path, Query, Result, ServiceCaller, openapi::ErrorBody};

use super::{PAGE, Page, Wanted, person};
use crate::{
    App,
    store::persons::{self, OwnTicket},
};

/// The tickets filed by or for the person of an account, deleted ones too, by id. For services.
#[utoipa::path(
    get, path = "/internal/people/{id}/tickets", tag = "internal",
    operation_id = "internal_tickets_of_person",
    params(("id" = i64, Path, description = "User id"), Wanted),
    responses(
        (status = 200, description = "A page: `rows`, and `next`", content_type = "application/json"),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "A dependency is out of reach", body = ErrorBody),
    ),
)]
pub async fn tickets_of_person(
    State(app): State<App>,
    _: ServiceCaller,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<OwnTicket>>> {
    let person = person(&app, id).await?;
    let after = wanted.after.unwrap_or_default();
    let mut conn = app.db.acquire().await?;
    let ids = persons::tickets(&mut conn, &person, after, PAGE).await?;
    let tickets = persons::own_tickets(&mut conn, &ids).await?;
    Ok(Json(Page::of(tickets, |ticket| ticket.id)))
}
