//! `GET /external/ping`.

use axum::{Json, extract::State};
use desk_http::{KeyHolder, Result, Timestamp, openapi::ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{App, routes::tickets::answer::ProjectBrief};

/// The key works, and for this project.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pong {
    /// Always `ok`.
    status: &'static str,
    /// The key's project.
    project: ProjectBrief,
    /// The server's time.
    timestamp: Timestamp,
}

/// Tells whether a key works, and for which project.
#[utoipa::path(
    get, path = "/external/ping", tag = "External",
    responses(
        (status = 200, description = "It works", body = Pong),
        (status = 401, description = "Invalid API credentials", body = ErrorBody),
    ),
    security(("api_key" = [], "api_secret" = []))
)]
pub async fn ping(State(app): State<App>, who: KeyHolder) -> Result<Json<Pong>> {
    let project = super::project(&app, who).await?;
    Ok(Json(Pong {
        status: "ok",
        project: ProjectBrief {
            id: project.id,
            name: project.name,
            slug: project.slug,
        },
        timestamp: Timestamp(app.clock.now()),
    }))
}
