//! `POST /auth/reset-password`

use axum::{Json, extract::State};
use desk_http::{
    Result, Valid, Visitor,
    openapi::{ErrorBody, Message},
};
use garde::Validate;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::spent;
use crate::{
    app::App,
    domain::{OneTimeToken, Password, Purpose, matches},
    events,
    routes::required,
    store::{
        account_mails,
        audit::{self, Author},
        revocations, sessions, users,
    },
};

/// A mailed token, and the password to set.
#[derive(Deserialize, Validate, ToSchema)]
pub struct ResetPassword {
    /// From the mailed link.
    #[garde(required, inner(custom(OneTimeToken::check)))]
    #[schema(required, nullable = false, value_type = String, max_length = 255)]
    token: Option<OneTimeToken>,
    /// The new password, at least 8 characters.
    #[garde(required, inner(custom(Password::check_new)))]
    #[schema(required, nullable = false, value_type = String, format = Password, min_length = 8, max_length = 1000)]
    password: Option<Password>,
    /// The same again.
    #[garde(custom(matches(self.password.as_ref())))]
    #[schema(required, nullable = false, value_type = String, format = Password)]
    password_confirmation: Option<Password>,
}

/// Sets a new password by a mailed token, once. It proves the address too, and ends all sessions.
#[utoipa::path(
    post,
    path = "/auth/reset-password",
    tag = "Auth",
    request_body = ResetPassword,
    responses(
        (status = 200, description = "The password is set", body = Message),
        (status = 422, description = "A field is missing or malformed, or the token is not, or no longer, good", body = ErrorBody),
        (status = 503, description = "Too many passwords at once", body = ErrorBody),
    ),
    security(()),
)]
pub async fn reset_password(
    State(app): State<App>,
    visitor: Visitor,
    Valid(body): Valid<ResetPassword>,
) -> Result<Json<Message>> {
    let (token, password) = (required(body.token)?, required(body.password)?);
    let now = app.clock.now();
    let holder = account_mails::holder(&app.db, Purpose::Reset, &token, now).await?;
    let user_id = holder.ok_or_else(spent)?;
    let hash = app.passwords.hash(&password).await?;

    let mut tx = app.db.begin().await?;
    let before = users::lock(&mut tx, user_id).await?;
    let before = before.filter(|user| user.is_active).ok_or_else(spent)?;
    let account = (before.id, before.email.as_str());
    if !account_mails::spend(&mut tx, Purpose::Reset, &token, account, now).await? {
        return Err(spent());
    }
    account_mails::void(&mut tx, user_id, now).await?;
    let mut user = before.clone();
    user.updated_at = before.next_change_at(now);
    user.generation += 1;
    let proved = user.prove_email();
    users::save(&mut tx, &user).await?;
    users::set_password(&mut tx, user_id, &hash).await?;
    revocations::user(&mut tx, &user, None, now, now + app.tokens.lifetime()).await?;
    sessions::end_all(&mut tx, user_id, None, now).await?;
    if proved {
        events::verified(&mut tx, &user).await?;
    }
    let author = Author {
        actor_id: Some(user_id),
        address: Some(visitor.address),
    };
    let action = "user.password_reset";
    let no_details = json!({});
    audit::user(
        &mut tx,
        author,
        action,
        user_id,
        &no_details,
        user.updated_at,
    )
    .await?;
    app.commit(tx).await?;
    Ok(Json(Message {
        message: "Password reset",
    }))
}
