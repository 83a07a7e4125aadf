//! `DELETE /tickets/{id}` and `POST /admin/tickets/{id}/restore`.

use axum::{Json, extract::State};
use desk_http::{
    Allowed, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::DeleteTickets;

use super::answer::Whole;
use crate::{
    App,
    domain::delete as rule,
    routes::precondition::IfMatch,
    store::tickets::{self, Existence},
};

/// Soft-deletes a ticket: from then on nobody finds it.
#[utoipa::path(
    delete, path = "/tickets/{id}", tag = "Tickets", operation_id = "delete_ticket",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    responses(
        (status = 200, description = "Done", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "Not there", body = ErrorBody),
        (status = 409, description = "Changed meanwhile", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("delete_tickets")))
)]
pub async fn delete(
    State(app): State<App>,
    who: Allowed<DeleteTickets>,
    Path(id): Path<i64>,
    if_match: IfMatch,
) -> Result<Json<Message>> {
    let scope = app.scope(&who.user).await?;
    let mut tx = app.db.begin().await?;
    let ticket = super::lock(&mut tx, id, &scope).await?;
    if_match.check(ticket.version)?;
    let write = rule::delete(&ticket, who.user.actor(), ticket.moment(app.clock.now()));
    tickets::apply(&mut tx, &write).await?;
    tx.commit().await?;
    app.bus.wake();
    Ok(Json(Message {
        message: "Ticket deleted",
    }))
}

/// Brings a soft-deleted ticket back.
#[utoipa::path(
    post, path = "/admin/tickets/{id}/restore", tag = "Tickets", operation_id = "restore_ticket",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    responses(
        (status = 200, description = "The ticket", body = Whole,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Admins only", body = ErrorBody),
        (status = 404, description = "No such deleted ticket", body = ErrorBody),
        (status = 409, description = "Changed meanwhile", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("delete_tickets")))
)]
pub async fn restore(
    State(app): State<App>,
    who: Allowed<DeleteTickets>,
    Path(id): Path<i64>,
    if_match: IfMatch,
) -> Result<Whole> {
    let scope = app.scope(&who.user).await?;
    let mut tx = app.db.begin().await?;
    let ticket = tickets::lock(&mut tx, id, &scope, Existence::Deleted).await?;
    let ticket = ticket.ok_or(Error::NotFound)?;
    if_match.check(ticket.version)?;
    let write = rule::restore(&ticket, who.user.actor(), ticket.moment(app.clock.now()));
    super::finish(&app, tx, write, &scope).await
}
