//! `POST /external/tickets/{ticket_number}/reply`.

use axum::{extract::State, http::StatusCode};
use desk_events::{MessageKind, Status};
use desk_http::{
    Error, KeyHolder, Path, Result, Valid, fields,
    openapi::{ErrorBody, StatusWord},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    App,
    domain::{
        reply::{self as rule, Draft},
        status::Side,
    },
    routes::{
        once::{Answer, Begun, IdempotencyKey},
        refuse,
    },
    store::tickets,
};

/// A customer's reply.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub struct ExternalReply {
    /// At most 65,535 characters.
    #[garde(required, inner(length(chars, min = 1, max = 65_535)))]
    #[schema(required, nullable = false, min_length = 1, max_length = 65_535)]
    body: Option<String>,
    /// Must be the ticket's customer's.
    #[garde(required, inner(custom(fields::email)))]
    #[schema(required, nullable = false)]
    customer_email: Option<String>,
}

/// The reply as it was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replied {
    /// Message id.
    message_id: i64,
    /// Ticket number.
    ticket: String,
    /// The ticket's status by now.
    #[schema(value_type = StatusWord)]
    status: Status,
}

/// Adds a customer's reply.
#[utoipa::path(
    post, path = "/external/tickets/{ticket_number}/reply", tag = "External",
    operation_id = "reply_to_external_ticket",
    params(
        ("ticket_number" = String, Path, description = "e.g. NAIJ-2024-00043"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key, the same answer"),
    ),
    request_body = ExternalReply,
    responses(
        (status = 201, description = "Taken", body = Replied),
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
        (status = 403, description = "Another customer's e-mail", body = ErrorBody),
        (status = 404, description = "Not there, or another project's", body = ErrorBody),
        (status = 409, description = "Closed, or still running", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn reply(
    State(app): State<App>,
    who: KeyHolder,
    Path(number): Path<String>,
    key: IdempotencyKey,
    Valid(body): Valid<ExternalReply>,
) -> Result<Answer> {
    let caller = format!("project:{}", who.project_id);
    let call = key.of(
        caller,
        format!("POST /external/tickets/{number}/reply"),
        &body,
    )?;
    let mut turn = match call.begin(&app).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Open(turn) => turn,
    };
    let outcome = add(&app, &mut turn.tx, who, &number, body).await;
    turn.end(&app, outcome).await
}

async fn add(
    app: &App,
    conn: &mut PgConnection,
    who: KeyHolder,
    number: &str,
    body: ExternalReply,
) -> Result<Answer> {
    let email = body.customer_email.unwrap_or_default();
    let ticket = super::lock(conn, who, number, &email).await?;
    let draft = Draft {
        kind: MessageKind::Reply,
        body: body.body.unwrap_or_default(),
        side: Side::Customer,
        author_user_id: None,
    };
    let now = ticket.moment(app.clock.now());
    let write = rule::add(&ticket, draft, who.actor(), now).map_err(refuse)?;
    let message_id = tickets::apply(conn, &write).await?.ok_or(Error::NotFound)?;
    let replied = Replied {
        message_id,
        ticket: write.ticket.number,
        status: write.ticket.status,
    };
    Answer::new(StatusCode::CREATED, &replied)
}
