//! `GET /internal/users/{id}`

use axum::{Json, extract::State};
use desk_http::{Error, Path, Result, ServiceCaller, openapi::ErrorBody};
use desk_replica::UserRecord;

use crate::{app::App, store::users};

/// An account, also a deleted one, for a service whose copy lacks it yet.
#[utoipa::path(
    get,
    path = "/internal/users/{id}",
    tag = "Internal",
    params(("id" = i64, Path, description = "User id")),
    responses(
        (status = 200, description = "The account and its sequence", body = serde_json::Value),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 404, description = "There never was such an account", body = ErrorBody),
    ),
)]
pub async fn internal_user(
    State(app): State<App>,
    _who: ServiceCaller,
    Path(id): Path<i64>,
) -> Result<Json<UserRecord>> {
    let user = users::with_deleted(&app.db, id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Json(UserRecord {
        user: user.state(),
        sequence: user.sequence,
    }))
}
