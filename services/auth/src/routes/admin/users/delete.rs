//! `DELETE /admin/users/{id}`

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result,
    openapi::{ErrorBody, Message},
};
use desk_identity::can::ManageUsers;

use super::rules::keep_a_super_admin;
use crate::{
    app::App,
    domain::may_delete,
    events,
    store::{
        audit::{self, Author},
        revocations, sessions, users,
    },
};

/// Deletes an account, softly: its sessions end, its address is free again.
#[utoipa::path(
    delete,
    path = "/admin/users/{id}",
    tag = "Users",
    params(("id" = i64, Path, description = "User id")),
    responses(
        (status = 200, description = "Deleted", body = Message),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin, or a super admin's account", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
        (status = 422, description = "One's own account, or the last super admin's", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn delete_user(
    State(app): State<App>,
    who: Allowed<ManageUsers>,
    address: ClientAddress,
    Path(id): Path<i64>,
) -> Result<Json<Message>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut user = users::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    may_delete(who.user.id, who.user.role, &user)?;
    keep_a_super_admin(&mut tx, &user, "id").await?;
    user.updated_at = user.next_change_at(now);
    user.deleted_at = Some(user.updated_at);
    user.sequence += 1;
    user.generation += 1;
    users::save(&mut tx, &user).await?;
    revocations::user(&mut tx, &user, None, now, now + app.tokens.lifetime()).await?;
    sessions::end_all(&mut tx, user.id, None, now).await?;
    events::deleted(&mut tx, &user).await?;
    let details = audit::gone(&user.email, user.role);
    let author = Author::of(&who.user, address);
    audit::user(
        &mut tx,
        author,
        "user.deleted",
        user.id,
        &details,
        user.updated_at,
    )
    .await?;
    app.commit(tx).await?;
    Ok(Json(Message {
        message: "User deleted",
    }))
}
