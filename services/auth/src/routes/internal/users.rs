//! `GET /internal/users` and `GET /internal/users/{id}`

use axum::{Json, extract::State};
use desk_bus::reconcile::After;
use desk_events::{STATES, StatePage, StateRecord, UserState};
use desk_http::{Error, Path, Query, Result, ServiceCaller, openapi::ErrorBody};
use desk_replica::UserRecord;

use crate::{app::App, domain::User, store::users};

/// An account, also a deleted one, for a service whose copy lacks it yet.
#[utoipa::path(
    get,
    path = "/internal/users/{id}",
    tag = "internal",
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

/// Every account by id, also the deleted ones, a page at a time, for a service that compares its
/// copies.
#[utoipa::path(
    get,
    path = "/internal/users",
    tag = "internal",
    params(After),
    responses(
        (status = 200, description = "A page: `states` of `id`, `state` and `sequence`, and `next`",
         content_type = "application/json"),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 422, description = "Not an id", body = ErrorBody),
    ),
)]
pub async fn internal_users(
    State(app): State<App>,
    _who: ServiceCaller,
    Query(wanted): Query<After>,
) -> Result<Json<StatePage<UserState>>> {
    let users = users::after(&app.db, wanted.id(), STATES.into()).await?;
    let record = |user: &User| StateRecord {
        id: user.id,
        state: user.state(),
        sequence: user.sequence,
    };
    Ok(Json(StatePage::new(users.iter().map(record).collect())))
}
