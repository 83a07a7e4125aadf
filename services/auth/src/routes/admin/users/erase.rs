//! `POST /admin/users/{id}/erase`

use axum::{Json, extract::State};
use desk_events::Change;
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageUsers;
use serde_json::json;
use sqlx::PgConnection;

use super::rules::keep_a_super_admin;
use crate::{
    app::App,
    domain::{User, may_delete},
    events,
    store::{
        audit::{self, Author},
        erasing, revocations, sessions, users,
    },
};

/// Erases a person for good: name, addresses and phone everywhere, what the person wrote with its
/// files, and the tickets filed by or for the person but for their figures. The account is deleted
/// with it; a deleted one can be erased, too. Other services and the event stream follow within
/// seconds. Erasing again changes nothing.
#[utoipa::path(
    post,
    path = "/admin/users/{id}/erase",
    tag = "Users",
    params(("id" = i64, Path, description = "User id")),
    responses(
        (status = 200, description = "Erased", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin, or a super admin's account", body = ErrorBody),
        (status = 404, description = "There never was such an account", body = ErrorBody),
        (status = 422, description = "One's own account, or the last super admin's", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn erase_user(
    State(app): State<App>,
    who: Allowed<ManageUsers>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let mut tx = app.db.begin().await?;
    let user = users::lock_with_deleted(&mut tx, id)
        .await?
        .ok_or(Error::NotFound)?;
    may_delete(who.user.id, who.user.role, &user)?;
    if user.deleted_at.is_none() {
        keep_a_super_admin(&mut tx, &user, "id").await?;
    }
    if !user.is_erased() {
        erase(&app, &mut tx, &user, Author::of(&who.user, address)).await?;
    }
    app.commit(tx).await?;
    Ok(Json(Message {
        message: "User erased",
    }))
}

async fn erase(app: &App, conn: &mut PgConnection, before: &User, author: Author) -> Result<()> {
    let now = app.clock.now();
    let user = before.erased(now);
    erasing::forget(&mut *conn, before).await?;
    erasing::unsay(&mut *conn, before, &user).await?;
    users::save(&mut *conn, &user).await?;
    revocations::user(&mut *conn, &user, None, now, now + app.tokens.lifetime()).await?;
    sessions::end_all(&mut *conn, user.id, None, now).await?;
    events::erased(&mut *conn, &user).await?;
    let details = json!({"changes": [Change::of("erased", false, true)]});
    let at = user.updated_at;
    audit::user(conn, author, "user.erased", user.id, &details, at).await?;
    Ok(())
}
