//! `GET /internal/snapshot`: every ticket's state, for consumers that begin anew.

use axum::{Json, extract::State};
use desk_events::{TicketPage, TicketRecord};
use desk_http::{
    Query, Result, ServiceCaller,
    openapi::ErrorBody,
    page::{decode_cursor, encode_cursor},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{App, domain::Ticket, store::tickets};

/// Tickets a page, unless asked for fewer.
const PAGE: u32 = 1_000;

/// Which tickets.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// Where the page starts: `next` of the page before.
    #[garde(skip)]
    after: Option<String>,
    /// Tickets a page.
    #[garde(inner(range(min = 1, max = PAGE)))]
    limit: Option<u32>,
}

/// Every ticket as events tell of it, with the sequence of its last event, by id; the soft-deleted
/// ones, too. What changes meanwhile may be told as it was before or after. For services.
#[utoipa::path(
    get, path = "/internal/snapshot", tag = "internal", operation_id = "internal_snapshot",
    params(Wanted),
    responses(
        (status = 200, description = "A page: `tickets` of `ticket` and `sequence`, `next`, and on the first `total`",
         content_type = "application/json"),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    ),
)]
pub async fn snapshot(
    State(app): State<App>,
    _: ServiceCaller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<TicketPage>> {
    let after = match &wanted.after {
        Some(cursor) => decode_cursor(cursor)?,
        None => i64::MIN,
    };
    let limit = i64::from(wanted.limit.unwrap_or(PAGE));
    let mut conn = app.db.acquire().await?;
    let tickets = tickets::after(&mut conn, after, limit).await?;
    let full = i64::try_from(tickets.len()).is_ok_and(|found| found == limit);
    let next = match tickets.last() {
        Some(last) if full => Some(encode_cursor(&last.id)?),
        _ => None,
    };
    let record = |ticket: &Ticket| TicketRecord {
        ticket: ticket.state(),
        sequence: ticket.version,
    };
    let total = match wanted.after {
        Some(_) => None,
        None => Some(tickets::count(&mut conn).await?),
    };
    Ok(Json(TicketPage {
        total,
        tickets: tickets.iter().map(record).collect(),
        next,
    }))
}
