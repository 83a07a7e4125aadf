//! `POST /auth/register`

use axum::{Json, extract::State, http::StatusCode};
use desk_events::Role;
use desk_http::{Error, Result, Valid, Visitor, openapi::ErrorBody};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed_in::{SignedInAnswer, TokenAnswer, UserSummary};
use crate::{
    app::App,
    domain::{self, Password, Purpose, matches},
    events,
    routes::required,
    store::{
        account_mails,
        attempts::{self, Hourly, Place},
        sessions,
        users::{self, NewUser},
    },
};

/// A customer who makes an account.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Register {
    /// Name.
    #[garde(required, inner(length(chars, max = 255)))]
    #[schema(required, nullable = false, max_length = 255)]
    name: Option<String>,
    /// E-mail address, unique whatever its case.
    #[garde(required, inner(custom(desk_http::fields::email)))]
    #[schema(required, nullable = false)]
    email: Option<String>,
    /// At least 8 characters.
    #[garde(required, inner(custom(Password::check_new)))]
    #[schema(required, nullable = false, value_type = String, format = Password, min_length = 8, max_length = 1000)]
    password: Option<Password>,
    /// The same again.
    #[garde(custom(matches(self.password.as_ref())))]
    #[schema(required, nullable = false, value_type = String, format = Password)]
    password_confirmation: Option<Password>,
    /// Phone number.
    #[garde(inner(length(chars, max = 50)))]
    #[schema(max_length = 50)]
    phone: Option<String>,
}

/// Makes a customer account and signs it in. Its e-mail is verified by a link that is mailed there.
#[utoipa::path(
    post,
    path = "/auth/register",
    tag = "Auth",
    request_body = Register,
    responses(
        (status = 201, description = "Registered and signed in", body = SignedInAnswer),
        (status = 422, description = "A field is missing or malformed, or the address is taken", body = ErrorBody),
        (status = 429, description = "Too many registrations from this address", body = ErrorBody),
        (status = 503, description = "Too many registrations at once", body = ErrorBody),
    ),
    security(()),
)]
pub async fn register(
    State(app): State<App>,
    visitor: Visitor,
    Valid(body): Valid<Register>,
) -> Result<(StatusCode, Json<SignedInAnswer>)> {
    let place = Place::from(visitor.address);
    take(&app, place).await?;
    let hash = app.passwords.hash(&required(body.password)?).await?;
    let next = app.tokens.next(app.clock.now());
    let new = NewUser {
        name: &required(body.name)?,
        email: &required(body.email)?.to_lowercase(),
        password_hash: &hash,
        role: Role::Customer,
        phone: body.phone.as_deref(),
        department: None,
        email_verified_at: None,
    };

    let mut tx = app.db.begin().await?;
    let user = users::insert(&mut tx, &new, next.issued_at).await?;
    events::created(&mut tx, &user).await?;
    let session = sessions::start(&mut tx, user.id, &hash, &next)
        .await?
        .ok_or_else(|| anyhow::anyhow!("a new account takes no session"))?;
    attempts::remember(&mut tx, user.id, place, next.issued_at).await?;
    account_mails::request(&mut tx, Purpose::Verify, &user.email, next.issued_at).await?;
    app.commit(tx).await?;
    app.bell.ring();

    let token = TokenAnswer::sign(&app, &session, &next)?;
    let user = UserSummary {
        id: user.id,
        name: user.name,
        email: user.email,
        role: user.role,
    };
    Ok((StatusCode::CREATED, Json(SignedInAnswer { token, user })))
}

/// Counted whether or not an account comes of it: the answer tells which addresses are taken.
async fn take(app: &App, place: Place) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let until = attempts::take(&mut tx, Hourly::Register, place, &app.limits, now).await?;
    tx.commit().await?;
    match until.and_then(|until| domain::wait(until, now)) {
        Some(seconds) => Err(Error::TooMany(seconds)),
        None => Ok(()),
    }
}
