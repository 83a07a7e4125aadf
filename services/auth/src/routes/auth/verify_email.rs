//! `POST /auth/verify-email`

use axum::{Json, extract::State};
use desk_http::{
    Error, Result, SignedIn, Valid,
    openapi::{ErrorBody, Message},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::spent;
use crate::{
    app::App,
    domain::{OneTimeToken, Purpose},
    events,
    routes::required,
    store::{account_mails, users},
};

/// A mailed token.
#[derive(Deserialize, Validate, ToSchema)]
pub struct VerifyEmail {
    /// From the mailed link.
    #[garde(required, inner(custom(OneTimeToken::check)))]
    #[schema(required, nullable = false, value_type = String, max_length = 255)]
    token: Option<OneTimeToken>,
}

/// Proves the signed-in account's address by a token mailed there. The link alone proves nothing,
/// or whoever registered a stranger's address would gain by the stranger's click.
#[utoipa::path(
    post,
    path = "/auth/verify-email",
    tag = "Auth",
    request_body = VerifyEmail,
    responses(
        (status = 200, description = "The address is verified", body = Message),
        (status = 401, description = "Not, or no longer, signed in", body = ErrorBody),
        (status = 422, description = "The token is missing, another account's, or not, or no longer, good", body = ErrorBody),
    ),
    security(("portal" = [])),
)]
pub async fn verify_email(
    State(app): State<App>,
    who: SignedIn,
    Valid(body): Valid<VerifyEmail>,
) -> Result<Json<Message>> {
    let token = required(body.token)?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let before = users::lock(&mut tx, who.id).await?;
    let before = before.filter(|user| user.is_active);
    let before = before.ok_or(Error::UNAUTHENTICATED)?;
    let account = (before.id, before.email.as_str());
    if !account_mails::spend(&mut tx, Purpose::Verify, &token, account, now).await? {
        return Err(spent());
    }
    let mut user = before.clone();
    user.updated_at = before.next_change_at(now);
    if user.prove_email() {
        users::save(&mut tx, &user).await?;
        events::verified(&mut tx, &user).await?;
    }
    app.commit(tx).await?;
    Ok(Json(Message {
        message: "E-mail verified",
    }))
}
