//! `GET /internal/deadlines/{ticket_id}`.

use axum::{Json, extract::State};
use desk_http::{Error, Path, Result, ServiceCaller, openapi::ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App,
    store::{self, deadlines::OpenDeadline},
};

/// A ticket's running clocks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TicketDeadlines {
    /// Ticket id.
    ticket_id: i64,
    /// Of the last event that was applied.
    sequence: i64,
    /// The clocks that run, the next one first; none once met, stopped, breached or deleted.
    deadlines: Vec<OpenDeadline>,
}

/// The clocks of a ticket that run now. For services.
#[utoipa::path(
    get,
    path = "/internal/deadlines/{ticket_id}",
    tag = "internal",
    params(("ticket_id" = i64, Path, description = "Ticket id")),
    responses(
        (status = 200, description = "The running clocks", body = TicketDeadlines),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 404, description = "Never heard of", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    )
)]
pub(super) async fn show(
    State(app): State<App>,
    _: ServiceCaller,
    Path(ticket_id): Path<i64>,
) -> Result<Json<TicketDeadlines>> {
    let sequence = store::tickets::sequence(&app.db, ticket_id)
        .await?
        .ok_or(Error::NotFound)?;
    let deadlines = store::deadlines::of_ticket(&app.db, ticket_id).await?;
    Ok(Json(TicketDeadlines {
        ticket_id,
        sequence,
        deadlines,
    }))
}
