//! `GET /categories`.

use axum::{Json, extract::State};
use desk_http::{Result, SignedIn, openapi::ErrorBody};
use serde::Serialize;
use utoipa::ToSchema;

use super::category::CategoryNode;
use crate::{App, store::configuration};

/// The category tree.
#[derive(Debug, Serialize, ToSchema)]
pub struct Categories {
    /// The roots.
    categories: Vec<CategoryNode>,
}

/// All categories as a tree.
#[utoipa::path(
    get, path = "/categories", tag = "Configuration", operation_id = "list_categories",
    responses(
        (status = 200, description = "The tree", body = Categories),
        (status = 401, description = "Not signed in", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn list(State(app): State<App>, _: SignedIn) -> Result<Json<Categories>> {
    let mut conn = app.db.acquire().await?;
    let categories = configuration::categories(&mut conn).await?;
    Ok(Json(Categories {
        categories: CategoryNode::below(None, &categories),
    }))
}
