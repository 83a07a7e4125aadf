//! `GET /internal/people/{id}/messages`

use axum::{Json, extract::State};
use desk_http::{Path, Query, Result, ServiceCaller, openapi::ErrorBody};

use super::{PAGE, Page, Wanted, person};
use crate::{
    App,
    store::persons::{self, OwnMessage},
};

/// What the person of an account wrote, notes too, by id. For services.
#[utoipa::path(
    get, path = "/internal/people/{id}/messages", tag = "internal",
    operation_id = "internal_messages_of_person",
    params(("id" = i64, Path, description = "User id"), Wanted),
    responses(
        (status = 200, description = "A page: `rows`, and `next`", content_type = "application/json"),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "A dependency is out of reach", body = ErrorBody),
    ),
)]
pub async fn messages_of_person(
    State(app): State<App>,
    _: ServiceCaller,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page<OwnMessage>>> {
    let person = person(&app, id).await?;
    let after = wanted.after.unwrap_or_default();
    let mut conn = app.db.acquire().await?;
    let messages = persons::own_messages(&mut conn, &person, after, PAGE).await?;
    Ok(Json(Page::of(messages, |message| message.id)))
}
