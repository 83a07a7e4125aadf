//! `PATCH /tickets/{id}/assign`.

use axum::extract::State;
use desk_events::{Role, UserState};
use desk_http::{Allowed, Error, Patch, Path, Result, Valid, openapi::ErrorBody};
use desk_identity::can::AssignTickets;
use garde::Validate;
use serde::Deserialize;
use sqlx::{Postgres, Transaction};
use utoipa::ToSchema;

use super::answer::Whole;
use crate::{
    App,
    domain::{Scope, Ticket, assign},
    routes::precondition::IfMatch,
    store::people,
};

/// Who is to work on it.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct Assign {
    /// An active agent of the project or an admin; null for nobody.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    #[schema(value_type = Option<i64>, required, minimum = 1)]
    user_id: Patch<i64>,
}

/// Gives a ticket to an agent, or to nobody; an open one becomes in progress.
#[utoipa::path(
    method(patch, put), path = "/tickets/{id}/assign", tag = "Tickets",
    operation_id = "assign_ticket",
    params(
        ("id" = i64, Path, description = "Ticket id"),
        ("If-Match" = Option<String>, Header, description = "The version it is meant for"),
    ),
    request_body = Assign,
    responses(
        (status = 200, description = "The ticket", body = Whole,
         headers(("ETag" = String, description = "The ticket's version, for `If-Match`"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Staff only", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 409, description = "Changed meanwhile", body = ErrorBody),
        (status = 422, description = "Nobody who could work on it", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("assign_tickets")))
)]
pub async fn assign(
    State(app): State<App>,
    who: Allowed<AssignTickets>,
    Path(id): Path<i64>,
    if_match: IfMatch,
    Valid(body): Valid<Assign>,
) -> Result<Whole> {
    let user_id = body.user_id.into_option().ok_or_else(|| {
        Error::field("user_id", "The user id field is required; null for nobody.")
    })?;
    let scope = app.scope(&who.user).await?;
    let (tx, ticket) = lock_for(&app, id, &scope, user_id).await?;
    if_match.check(ticket.version)?;
    let write = assign::assign(
        &ticket,
        user_id,
        who.user.actor(),
        ticket.moment(app.clock.now()),
    );
    super::finish(&app, tx, write, &scope).await
}

/// Locks the ticket once its assignee is known to be one. Owners are asked for what has not
/// arrived yet, between two transactions: nobody waits for another service with a row locked.
async fn lock_for(
    app: &App,
    id: i64,
    scope: &Scope,
    user_id: Option<i64>,
) -> Result<(Transaction<'static, Postgres>, Ticket)> {
    let mut asked = false;
    loop {
        let mut tx = app.db.begin().await?;
        let ticket = super::lock(&mut tx, id, scope).await?;
        let Some(user_id) = user_id.filter(|user_id| ticket.assigned_to != Some(*user_id)) else {
            return Ok((tx, ticket));
        };
        if people::is_assignable(&mut tx, ticket.project_id, user_id).await? {
            return Ok((tx, ticket));
        }
        tx.rollback().await?;
        if asked || !ask(app, ticket.project_id, user_id).await? {
            return Err(Error::field("user_id", "is no active agent of the project"));
        }
        asked = true;
    }
}

/// Asks the owners; false when the user can be no assignee whatever they say.
async fn ask(app: &App, project_id: i64, user_id: i64) -> Result<bool> {
    let can_work = |user: &UserState| user.role.is_staff() && user.is_active && !user.deleted;
    Ok(match app.replica.fitting_user(user_id, can_work).await? {
        None => false,
        Some(user) if user.role == Role::Agent => {
            let membership = app.replica.membership(project_id, user_id);
            membership.await?.is_some()
        }
        Some(_) => true,
    })
}
