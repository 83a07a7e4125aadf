//! `POST /tickets/{id}/watch`.

use axum::{Json, extract::State};
use desk_http::{Allowed, Path, Result, openapi::ErrorBody};
use desk_identity::can::ViewOwnTickets;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App,
    domain::watch as rule,
    routes::{precondition::IfMatch, refuse},
    store::tickets,
};

/// Whether the caller follows the ticket now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Watching {
    /// True when the caller did not before.
    watching: bool,
}

/// Follows a ticket, or no longer: whoever sees it may.
#[utoipa::path(
    post, path = "/tickets/{id}/watch", tag = "Tickets", operation_id = "watch_ticket",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    responses(
        (status = 200, description = "Whether the caller follows it now", body = Watching),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 409, description = "Watched by too many, or changed meanwhile", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_own_tickets")))
)]
pub async fn watch(
    State(app): State<App>,
    who: Allowed<ViewOwnTickets>,
    Path(id): Path<i64>,
    if_match: IfMatch,
) -> Result<Json<Watching>> {
    let scope = app.scope(&who.user).await?;
    let mut tx = app.db.begin().await?;
    let ticket = super::lock(&mut tx, id, &scope).await?;
    if_match.check(ticket.version)?;
    let now = ticket.moment(app.clock.now());
    let write = rule::toggle(&ticket, who.user.id, now).map_err(refuse)?;
    tickets::apply(&mut tx, &write).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Watching {
        watching: write.ticket.watchers.contains(&who.user.id),
    }))
}
