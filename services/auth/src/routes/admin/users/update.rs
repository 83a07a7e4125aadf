//! `PUT` and `PATCH /admin/users/{id}`

use axum::{Json, extract::State};
use desk_http::{
    Allowed, ClientAddress, Error, Patch, Path, Result, Valid, fields::not_null, openapi::ErrorBody,
};
use desk_identity::can::ManageUsers;
use garde::Validate;
use serde::Deserialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::rules::{GivenRole, keep_a_super_admin};
use crate::{
    app::App,
    domain::{Changed, Purpose, Update, User, may_change},
    events,
    routes::user::UserAnswer,
    store::{
        account_mails,
        audit::{self, Author},
        revocations, sessions, users,
    },
};

/// What changes on an account; what is left out stays. Never a password.
#[derive(Deserialize, Validate, ToSchema)]
pub struct UpdateUser {
    /// Name.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(inner(length(chars, max = 255)))]
    #[schema(nullable = false, max_length = 255)]
    name: Option<String>,
    /// Another address is not verified; a link to do so is mailed there.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(inner(custom(desk_http::fields::email)))]
    #[schema(nullable = false)]
    email: Option<String>,
    /// What the account may do.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    role: Option<GivenRole>,
    /// Whether it may sign in.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    is_active: Option<bool>,
    /// Another word for `is_active`.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(skip)]
    #[schema(nullable = false)]
    active: Option<bool>,
    /// Department.
    #[serde(default)]
    #[garde(inner(length(chars, max = 255)))]
    #[schema(value_type = Option<String>, max_length = 255)]
    department: Patch<String>,
    /// Phone number.
    #[serde(default)]
    #[garde(inner(length(chars, max = 50)))]
    #[schema(value_type = Option<String>, max_length = 50)]
    phone: Patch<String>,
}

impl From<UpdateUser> for Update {
    fn from(body: UpdateUser) -> Self {
        Self {
            name: body.name,
            email: body.email,
            role: body.role.map(Into::into),
            is_active: body.is_active.or(body.active),
            department: body.department,
            phone: body.phone,
        }
    }
}

/// Changes an account. Disabling ends its sessions; another role takes effect at once.
#[utoipa::path(
    method(put, patch),
    path = "/admin/users/{id}",
    tag = "Users",
    params(("id" = i64, Path, description = "User id")),
    request_body = UpdateUser,
    responses(
        (status = 200, description = "The account", body = UserAnswer),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin, or a super admin's account", body = ErrorBody),
        (status = 404, description = "No such account", body = ErrorBody),
        (status = 422, description = "A field does not fit, the address is taken, one's own role or activity, or the last super admin", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn update_user(
    State(app): State<App>,
    who: Allowed<ManageUsers>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<UpdateUser>,
) -> Result<Json<UserAnswer>> {
    let mut tx = app.db.begin().await?;
    let before = users::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let changed = Changed::new(&before, body.into());
    may_change(who.user.id, who.user.role, &before, &changed)?;
    if changed.revokes_tokens() {
        let field = if changed.has("role") {
            "role"
        } else {
            "is_active"
        };
        keep_a_super_admin(&mut tx, &before, field).await?;
    }
    if changed.is_empty() {
        tx.rollback().await?;
        return UserAnswer::of(&app.db, before).await.map(Json);
    }
    let user = apply(&app, &mut tx, &before, &changed).await?;
    let author = Author::of(&who.user, address);
    audit::changed(&mut tx, author, &changed, user.updated_at).await?;
    let is_mailed = changed.has("email");
    if is_mailed {
        account_mails::request(&mut tx, Purpose::Verify, &user.email, user.updated_at).await?;
    }
    app.commit(tx).await?;
    if is_mailed {
        app.bell.ring();
    }
    UserAnswer::of(&app.db, user).await.map(Json)
}

/// Stores the change with all that follows from it: tokens, sessions, event.
async fn apply(
    app: &App,
    conn: &mut PgConnection,
    before: &User,
    changed: &Changed,
) -> Result<User> {
    let now = app.clock.now();
    let mut user = changed.user.clone();
    user.updated_at = before.next_change_at(now);
    user.sequence += i64::from(changed.is_shared());
    user.generation += i64::from(changed.revokes_tokens());
    users::save(&mut *conn, &user).await?;
    if changed.revokes_tokens() {
        revocations::user(&mut *conn, &user, None, now, now + app.tokens.lifetime()).await?;
    }
    if changed.disables() {
        sessions::end_all(&mut *conn, user.id, None, now).await?;
    }
    if changed.is_shared() {
        events::updated(conn, &user).await?;
    }
    Ok(user)
}
