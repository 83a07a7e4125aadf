//! `POST /external/tickets/{ticket_number}/close`.

use axum::{extract::State, http::StatusCode};
use desk_events::Status;
use desk_http::{KeyHolder, Path, Result, Valid, fields, openapi::ErrorBody};
use garde::Validate;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;

use crate::{
    App,
    domain::status,
    routes::once::{Answer, Begun, IdempotencyKey},
    store::tickets,
};

/// Who closes it.
#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
pub struct ExternalClose {
    /// Must be the ticket's customer's.
    #[garde(required, inner(custom(fields::email)))]
    #[schema(required, nullable = false)]
    customer_email: Option<String>,
}

/// The ticket is closed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closed {
    /// Always `Ticket closed`.
    message: &'static str,
    /// Ticket number.
    ticket: String,
}

/// Closes a ticket for its customer; again, the same.
#[utoipa::path(
    post, path = "/external/tickets/{ticket_number}/close", tag = "External",
    operation_id = "close_external_ticket",
    params(
        ("ticket_number" = String, Path, description = "e.g. NAIJ-2024-00043"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key, the same answer"),
    ),
    request_body = ExternalClose,
    responses(
        (status = 200, description = "Closed", body = Closed),
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
        (status = 403, description = "Another customer's e-mail", body = ErrorBody),
        (status = 404, description = "Not there, or another project's", body = ErrorBody),
        (status = 409, description = "The same call is still running", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn close(
    State(app): State<App>,
    who: KeyHolder,
    Path(number): Path<String>,
    key: IdempotencyKey,
    Valid(body): Valid<ExternalClose>,
) -> Result<Answer> {
    let caller = format!("project:{}", who.project_id);
    let call = key.of(
        caller,
        format!("POST /external/tickets/{number}/close"),
        &body,
    )?;
    let mut turn = match call.begin(&app).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::Open(turn) => turn,
    };
    let email = body.customer_email.unwrap_or_default();
    let outcome = finish(&app, &mut turn.tx, who, &number, &email).await;
    turn.end(&app, outcome).await
}

async fn finish(
    app: &App,
    conn: &mut PgConnection,
    who: KeyHolder,
    number: &str,
    email: &str,
) -> Result<Answer> {
    let ticket = super::lock(conn, who, number, email).await?;
    let now = ticket.moment(app.clock.now());
    let write = status::set(&ticket, Status::Closed, who.actor(), now);
    if !write.is_empty() {
        tickets::apply(conn, &write).await?;
    }
    let closed = Closed {
        message: "Ticket closed",
        ticket: write.ticket.number,
    };
    Answer::new(StatusCode::OK, &closed)
}
