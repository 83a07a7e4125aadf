//! `GET /external/tickets/{ticket_number}`.

use std::collections::HashMap;

use axum::{Json, extract::State};
use desk_http::{Error, KeyHolder, Path, Result, openapi::ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::ExternalTicket;
use crate::{
    App,
    store::{attachments, cards, messages, tickets},
};

/// So many replies are shown, the last ones.
const LAST: i64 = 500;

/// A ticket, wrapped.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrappedExternalTicket {
    /// The ticket.
    ticket: ExternalTicket,
}

/// A ticket of the project with its replies.
#[utoipa::path(
    get, path = "/external/tickets/{ticket_number}", tag = "External",
    operation_id = "show_external_ticket",
    params(("ticket_number" = String, Path, description = "e.g. NAIJ-2024-00043")),
    responses(
        (status = 200, description = "The ticket", body = WrappedExternalTicket),
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
        (status = 404, description = "Not there, or another project's", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn show(
    State(app): State<App>,
    who: KeyHolder,
    Path(number): Path<String>,
) -> Result<Json<WrappedExternalTicket>> {
    let mut conn = app.db.acquire().await?;
    let id = tickets::by_number(&mut conn, &number, who.project_id).await?;
    let id = id.ok_or(Error::NotFound)?;
    let card = cards::cards(&mut conn, &[id], None)
        .await?
        .pop()
        .ok_or(Error::NotFound)?;
    let content = cards::content(&mut conn, id)
        .await?
        .ok_or(Error::NotFound)?;
    let replies = messages::last(&mut conn, id, false, LAST).await?;
    let files = if content.has_files {
        let ids: Vec<i64> = replies.iter().map(|reply| reply.id).collect();
        attachments::of_messages(&mut conn, &ids).await?
    } else {
        HashMap::new()
    };
    Ok(Json(WrappedExternalTicket {
        ticket: ExternalTicket::new(card, content, replies, files),
    }))
}
