//! `GET /admin/users/{id}/export`

use axum::{
    body::Body,
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use desk_http::{Allowed, ClientAddress, Error, Path, Result, openapi::ErrorBody};
use desk_identity::can::ManageUsers;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::{
    app::App,
    export,
    routes::user::UserDetail,
    store::{
        audit::{self, Author},
        users,
    },
};

/// Everything that the desk has of a person, also of a deleted account: the account, its sessions,
/// the tickets filed by or for the person with their ratings and files' names, the person's own
/// messages, and the audit by the person and about the account. It is written as it is read; an
/// answer that breaks off is no whole JSON.
#[utoipa::path(
    get,
    path = "/admin/users/{id}/export",
    tag = "Users",
    params(("id" = i64, Path, description = "User id")),
    responses(
        (status = 200, description = "`user`, `sessions`, `login_addresses`, `tickets`, `messages`, `audit`",
         content_type = "application/json", body = serde_json::Value,
         example = json!({
             "user": {"id": 43, "name": "Tunde Adeyemi", "email": "tunde@example.com"},
             "sessions": [], "login_addresses": [], "tickets": [], "messages": [], "audit": [],
         })),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
        (status = 503, description = "Tickets are out of reach", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn export_user(
    State(app): State<App>,
    who: Allowed<ManageUsers>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Response> {
    let user = users::with_deleted(&app.db, id)
        .await?
        .ok_or(Error::NotFound)?;
    let detail = UserDetail::of(&app.db, user.clone()).await?;
    let mut parts = Box::pin(export::export(&app, &user, &detail).await?);
    // Whether ticket answers shows here, while a status can still say so.
    let first = parts.try_next().await?;
    let mut tx = app.db.begin().await?;
    let (author, now) = (Author::of(&who.user, address), app.clock.now());
    audit::user(&mut tx, author, "user.exported", id, &json!({}), now).await?;
    app.commit(tx).await?;
    let body = Body::from_stream(stream::iter(first.map(Ok)).chain(parts));
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"user-{id}.json\""),
        ),
    ];
    Ok((headers, body).into_response())
}
