//! `POST /admin/users`

use axum::{Json, extract::State, http::StatusCode};
use desk_http::{Allowed, ClientAddress, Result, Valid, openapi::ErrorBody};
use desk_identity::can::ManageUsers;
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::rules::GivenRole;
use crate::{
    app::App,
    domain::Password,
    events,
    routes::{required, user::UserAnswer},
    store::{
        audit::{self, Author},
        users::{self, NewUser},
    },
};

/// An account to be made.
#[derive(Deserialize, Validate, ToSchema)]
pub struct CreateUser {
    /// Name.
    #[garde(required, inner(length(chars, max = 255)))]
    #[schema(required, nullable = false, max_length = 255)]
    name: Option<String>,
    /// E-mail address, unique whatever its case; counts as verified.
    #[garde(required, inner(custom(desk_http::fields::email)))]
    #[schema(required, nullable = false)]
    email: Option<String>,
    /// At least 8 characters.
    #[garde(required, inner(custom(Password::check_new)))]
    #[schema(required, nullable = false, value_type = String, format = Password, min_length = 8, max_length = 1000)]
    password: Option<Password>,
    /// What the account may do.
    #[garde(required)]
    #[schema(required, nullable = false)]
    role: Option<GivenRole>,
    /// Department.
    #[garde(inner(length(chars, max = 255)))]
    #[schema(max_length = 255)]
    department: Option<String>,
    /// Phone number.
    #[garde(inner(length(chars, max = 50)))]
    #[schema(max_length = 50)]
    phone: Option<String>,
}

/// Makes an account of any role but super admin. Its e-mail counts as verified.
#[utoipa::path(
    post,
    path = "/admin/users",
    tag = "Users",
    request_body = CreateUser,
    responses(
        (status = 201, description = "The account", body = UserAnswer),
        (status = 401, description = "Not signed in", body = ErrorBody),
        (status = 403, description = "Not an admin", body = ErrorBody),
        (status = 422, description = "A field is missing or malformed, or the address is taken", body = ErrorBody),
        (status = 503, description = "Too many passwords at once", body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("manage_users"))),
)]
pub async fn create_user(
    State(app): State<App>,
    who: Allowed<ManageUsers>,
    address: ClientAddress,
    Valid(body): Valid<CreateUser>,
) -> Result<(StatusCode, Json<UserAnswer>)> {
    let hash = app.passwords.hash(&required(body.password)?).await?;
    let now = app.clock.now();
    let new = NewUser {
        name: &required(body.name)?,
        email: &required(body.email)?.to_lowercase(),
        password_hash: &hash,
        role: required(body.role)?.into(),
        phone: body.phone.as_deref(),
        department: body.department.as_deref(),
        email_verified_at: Some(now),
    };

    let mut tx = app.db.begin().await?;
    let user = users::insert(&mut tx, &new, now).await?;
    events::created(&mut tx, &user).await?;
    let details = audit::appeared(&user.email, user.role);
    audit::user(
        &mut tx,
        Author::of(&who.user, address),
        "user.created",
        user.id,
        &details,
        now,
    )
    .await?;
    app.commit(tx).await?;
    Ok((
        StatusCode::CREATED,
        Json(UserAnswer::of(&app.db, user).await?),
    ))
}
