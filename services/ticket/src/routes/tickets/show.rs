//! `GET /tickets/{id}`.

use axum::extract::State;
use desk_http::{Allowed, Error, Path, Result, openapi::ErrorBody};
use desk_identity::can::ViewOwnTickets;

use super::answer::{self, Whole};
use crate::{App, store::tickets};

/// A ticket with its last messages and activities.
#[utoipa::path(
    get, path = "/tickets/{id}", tag = "Tickets", operation_id = "show_ticket",
    params(("id" = i64, Path, description = "Ticket id")),
    responses(
        (status = 200, description = "The ticket", body = Whole,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_own_tickets")))
)]
pub async fn show(
    State(app): State<App>,
    who: Allowed<ViewOwnTickets>,
    Path(id): Path<i64>,
) -> Result<Whole> {
    let scope = app.scope(&who.user).await?;
    let mut conn = app.db.acquire().await?;
    if !tickets::visible(&mut conn, id, &scope).await? {
        return Err(Error::NotFound);
    }
    answer::whole(&mut conn, id, &scope).await
}
