//! `GET /internal/tickets/{id}`: one ticket's state, for a consumer that never heard of it.

use axum::{Json, extract::State};
use desk_events::TicketRecord;
use desk_http::{Error, Path, Result, ServiceCaller, openapi::ErrorBody};

use crate::{App, store::tickets};

/// A ticket as events tell of it, also a soft-deleted one, with the sequence of its last event. For
/// services.
#[utoipa::path(
    get, path = "/internal/tickets/{id}", tag = "internal", operation_id = "internal_ticket",
    params(("id" = i64, Path, description = "Ticket id")),
    responses(
        (status = 200, description = "`ticket` and `sequence`", content_type = "application/json"),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 404, description = "There is no such ticket, or no longer", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
)]
pub async fn ticket(
    State(app): State<App>,
    _: ServiceCaller,
    Path(id): Path<i64>,
) -> Result<Json<TicketRecord>> {
    let mut conn = app.db.acquire().await?;
    let next = tickets::after(&mut conn, id.saturating_sub(1), 1).await?;
    let ticket = next.first().filter(|ticket| ticket.id == id);
    let ticket = ticket.ok_or(Error::NotFound)?;
    Ok(Json(TicketRecord {
        ticket: ticket.state(),
        sequence: ticket.version,
    }))
}
