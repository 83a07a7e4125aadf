//! `PATCH /tickets/{id}/status`.

use axum::extract::State;
use desk_events::Status;
use desk_http::{
    Allowed, Path, Result, Valid,
    openapi::{ErrorBody, StatusWord},
};
use desk_identity::can::ChangeStatus;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::Whole;
use crate::{App, domain::status, routes::precondition::IfMatch};

/// The wanted status.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct SetStatus {
    /// `open`, `in_progress`, `pending_customer`, `resolved` or `closed`.
    #[garde(required)]
    #[schema(value_type = StatusWord)]
    status: Option<Status>,
}

/// Sets a ticket's status; the same again changes nothing.
#[utoipa::path(
    method(patch, put), path = "/tickets/{id}/status", tag = "Tickets",
    operation_id = "set_ticket_status",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    request_body = SetStatus,
    responses(
        (status = 200, description = "The ticket", body = Whole,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 409, description = "Changed meanwhile", body = ErrorBody),
        (status = 422, description = "No such status", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("change_status")))
)]
pub async fn set_status(
    State(app): State<App>,
    who: Allowed<ChangeStatus>,
    Path(id): Path<i64>,
    if_match: IfMatch,
    Valid(body): Valid<SetStatus>,
) -> Result<Whole> {
    let scope = app.scope(&who.user).await?;
    let mut tx = app.db.begin().await?;
    let ticket = super::lock(&mut tx, id, &scope).await?;
    if_match.check(ticket.version)?;
    let to = body.status.unwrap_or(ticket.status);
    let write = status::set(
        &ticket,
        to,
        who.user.actor(),
        ticket.moment(app.clock.now()),
    );
    super::finish(&app, tx, write, &scope).await
}
