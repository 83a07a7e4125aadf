//! `POST /auth/forgot-password`

use axum::{Json, extract::State};
use desk_http::{
    Error, Result, Valid, Visitor,
    openapi::{ErrorBody, Message},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{self, Purpose},
    routes::required,
    store::{
        account_mails,
        attempts::{self, Hourly},
    },
};

/// One answer, whether or not the address has an account.
const ASKED: Message = Message {
    message: "If the address has an account, a link to reset its password is on its way.",
};

/// Whose password is forgotten.
#[derive(Deserialize, Validate, ToSchema)]
pub struct ForgotPassword {
    /// The account's e-mail address.
    #[garde(required, inner(custom(desk_http::fields::email)))]
    #[schema(required, nullable = false, example = "customer@support.local")]
    email: Option<String>,
}

/// Mails a one-time link, good for an hour, if the address has an account. Also the way in for
/// accounts that tickets made, which have no password yet.
#[utoipa::path(
    post,
    path = "/auth/forgot-password",
    tag = "Auth",
    request_body = ForgotPassword,
    responses(
        (status = 200, description = "Noted, whether or not the address has an account", body = Message),
        (status = 422, description = "A field is missing or malformed", body = ErrorBody),
        (status = 429, description = "Too many requests from this address", body = ErrorBody),
    ),
    security(()),
)]
pub async fn forgot_password(
    State(app): State<App>,
    visitor: Visitor,
    Valid(body): Valid<ForgotPassword>,
) -> Result<Json<Message>> {
    let email = required(body.email)?.to_lowercase();
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let place = visitor.address.into();
    let until = attempts::take(&mut tx, Hourly::Forgot, place, &app.limits, now).await?;
    if let Some(seconds) = until.and_then(|until| domain::wait(until, now)) {
        return Err(Error::TooMany(seconds));
    }
    account_mails::request(&mut tx, Purpose::Reset, &email, now).await?;
    tx.commit().await?;
    app.bell.ring();
    Ok(Json(ASKED))
}
