//! `GET /tags`.

use axum::{Json, extract::State};
use desk_http::{Result, SignedIn, openapi::ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use crate::routes::tickets::answer::Label;
use crate::{App, store::configuration};

/// All tags.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tags {
    /// By name.
    tags: Vec<Label>,
}

/// All tags, by name.
#[utoipa::path(
    get, path = "/tags", tag = "Configuration", operation_id = "list_tags",
    responses(
        (status = 200, description = "The tags", body = Tags),
        (status = 401, description = "Not signed in", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn list(State(app): State<App>, _: SignedIn) -> Result<Json<Tags>> {
    let mut conn = app.db.acquire().await?;
    let tags = configuration::tags(&mut conn).await?;
    Ok(Json(Tags {
        tags: tags.into_iter().map(Label::from).collect(),
    }))
}
