//! `GET /external/attachments/{id}`.

use axum::{extract::State, http::HeaderMap, response::Response};
use desk_http::{KeyHolder, Path, Result, openapi::ErrorBody};

use crate::{App, domain::Scope, routes::download};

/// A file's bytes: of the project's tickets and their replies, never of a note.
#[utoipa::path(
    get, path = "/external/attachments/{id}", tag = "External",
    operation_id = "download_external_attachment",
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
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
        (status = 404, description = "Not there, or another project's", body = ErrorBody),
        (status = 416, description = "It has no such bytes", body = ErrorBody),
        (status = 503, description = "The store of the files is out of reach", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn show(
    State(app): State<App>,
    who: KeyHolder,
    Path(id): Path<i64>,
    headers: HeaderMap,
) -> Result<Response> {
    let scope = Scope::Project {
        project_id: who.project_id,
    };
    download::send(&app, id, &scope, &headers).await
}
