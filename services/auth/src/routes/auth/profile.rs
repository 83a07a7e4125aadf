//! `PUT` and `PATCH /auth/profile`

use axum::{Json, extract::State};
use desk_http::{
    ClientAddress, Error, Patch, Result, SignedIn, Valid, fields::not_null, openapi::ErrorBody,
};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{Changed, Password, Update, matches},
    events,
    routes::user::UserAnswer,
    store::{
        account_mails,
        audit::{self, Author},
        revocations, sessions, users,
    },
};

/// What one changes on one's own account; what is left out stays.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Profile {
    /// Name.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(inner(length(chars, max = 255)))]
    #[schema(nullable = false, max_length = 255)]
    name: Option<String>,
    /// Phone number.
    #[serde(default)]
    #[garde(inner(length(chars, max = 50)))]
    #[schema(value_type = Option<String>, max_length = 50)]
    phone: Patch<String>,
    /// A new password, at least 8 characters.
    #[serde(default, deserialize_with = "not_null")]
    #[garde(inner(custom(Password::check_new)))]
    #[schema(nullable = false, value_type = Option<String>, format = Password, min_length = 8, max_length = 1000)]
    password: Option<Password>,
    /// Needed with a new password.
    #[garde(custom(matches(self.password.as_ref())))]
    #[schema(value_type = Option<String>, format = Password)]
    password_confirmation: Option<Password>,
}

/// Changes one's own account. A new password ends one's other sessions, not this one.
#[utoipa::path(
    method(put, patch),
    path = "/auth/profile",
    tag = "Auth",
    request_body = Profile,
    responses(
        (status = 200, description = "The account", body = UserAnswer),
        (status = 401, description = "Not, or no longer, signed in", body = ErrorBody),
        (status = 422, description = "A field does not fit", body = ErrorBody),
        (status = 503, description = "Too many passwords at once", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn update_profile(
    State(app): State<App>,
    who: SignedIn,
    address: ClientAddress,
    Valid(body): Valid<Profile>,
) -> Result<Json<UserAnswer>> {
    let hash = match &body.password {
        Some(password) => Some(app.passwords.hash(password).await?),
        None => None,
    };
    let update = Update {
        name: body.name,
        phone: body.phone,
        ..Update::default()
    };

    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let before = users::lock(&mut tx, who.id)
        .await?
        .filter(|user| user.is_active);
    let before = before.ok_or(Error::UNAUTHENTICATED)?;
    let changed = Changed::new(&before, update);
    if changed.is_empty() && hash.is_none() {
        tx.rollback().await?;
        return UserAnswer::of(&app.db, before).await.map(Json);
    }
    let author = Author::of(&who, address);
    let mut user = changed.user.clone();
    user.updated_at = before.next_change_at(now);
    user.sequence += i64::from(changed.is_shared());
    user.generation += i64::from(hash.is_some());
    users::save(&mut tx, &user).await?;
    if let Some(hash) = hash {
        users::set_password(&mut tx, user.id, &hash).await?;
        account_mails::void(&mut tx, user.id, now).await?;
        let newest = now + app.tokens.lifetime();
        revocations::user(&mut tx, &user, Some(who.session), now, newest).await?;
        sessions::end_all(&mut tx, user.id, Some(who.session), now).await?;
        let action = "user.password_changed";
        audit::user(
            &mut tx,
            author,
            action,
            user.id,
            &json!({}),
            user.updated_at,
        )
        .await?;
    }
    audit::changed(&mut tx, author, &changed, user.updated_at).await?;
    if changed.is_shared() {
        events::updated(&mut tx, &user).await?;
    }
    app.commit(tx).await?;
    UserAnswer::of(&app.db, user).await.map(Json)
}
