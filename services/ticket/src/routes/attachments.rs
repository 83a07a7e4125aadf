//! `GET /attachments/{id}`.

use axum::{extract::State, http::HeaderMap, response::Response};
use desk_http::{Allowed, Path, Result, openapi::ErrorBody};
use desk_identity::can::ViewOwnTickets;

use super::download;
use crate::App;

/// A file's bytes, for whoever sees its ticket and message. Always as an attachment.
#[utoipa::path(
    get, path = "/attachments/{id}", tag = "Tickets", operation_id = "download_attachment",
    params(
        ("id" = i64, Path, description = "Attachment id"),
        ("Range" = Option<String>, Header, description = "One range of bytes"),
    ),
    responses(
        (status = 200, description = "The bytes", content(("application/octet-stream"), ("*/*")),
         headers(
             ("Content-Disposition" = String, description = "Always an attachment, with its name"),
             ("ETag" = String, description = "For `If-Range`; a file never changes"),
         )),
        (status = 206, description = "Those that were asked for", content(("application/octet-stream"), ("*/*")),
         headers(("Content-Range" = String, description = "Which of how many"))),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 404, description = "Not there, or out of scope", body = ErrorBody),
        (status = 416, description = "It has no such bytes", body = ErrorBody),
        (status = 503, description = "The store of the files is out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("view_own_tickets")))
)]
pub async fn show(
    State(app): State<App>,
    who: Allowed<ViewOwnTickets>,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response> {
    let scope = app.scope(&who.user).await?;
    download::send(&app, id, &scope, &headers).await
}
