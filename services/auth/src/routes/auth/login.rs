//! `POST /auth/login`

use axum::{Json, extract::State};
use desk_http::{Error, Result, Valid, Visitor, openapi::ErrorBody};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::signed_in::{SignedInAnswer, TokenAnswer, UserSummary};
use crate::{
    app::App,
    domain::{self, Account, Password},
    routes::required,
    store::{
        attempts::{self, Login as Attempt},
        sessions,
        users::{self, Credentials},
    },
};

/// One answer whether or not the account exists.
const INVALID: Error = Error::Unauthenticated("Invalid credentials");

/// An account's address and password.
#[derive(Deserialize, Validate, ToSchema)]
pub struct Login {
    /// The account's e-mail address, whatever its case.
    #[garde(required, inner(custom(desk_http::fields::email)))]
    #[schema(required, nullable = false, example = "admin@support.local")]
    email: Option<String>,
    /// The account's password.
    #[garde(required, inner(custom(Password::check_given)))]
    #[schema(required, nullable = false, value_type = String, format = Password, max_length = 1000)]
    password: Option<Password>,
}

/// Signs in. Takes as long for an unknown account as for a wrong password; while a limit is
/// reached the right password is refused too.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "Auth",
    request_body = Login,
    responses(
        (status = 200, description = "Signed in", body = SignedInAnswer),
        (status = 401, description = "No such account, or another password", body = ErrorBody),
        (status = 403, description = "The account is disabled", body = ErrorBody),
        (status = 422, description = "A field is missing or malformed", body = ErrorBody),
        (status = 429, description = "Too many failed logins", body = ErrorBody),
        (status = 503, description = "Too many logins at once", body = ErrorBody),
    ),
    security(()),
)]
pub async fn login(
    State(app): State<App>,
    visitor: Visitor,
    Valid(body): Valid<Login>,
) -> Result<Json<SignedInAnswer>> {
    let (email, password) = (required(body.email)?, required(body.password)?);
    let credentials = users::credentials(&app.db, &email).await?;
    let attempt = Attempt {
        place: visitor.address.into(),
        account: Account::of(&email),
        user_id: credentials.as_ref().map(|found| found.user_id),
    };
    check_limits(&app, &attempt).await?;
    let hash = credentials
        .as_ref()
        .and_then(|found| found.password_hash.clone());
    let right = app.passwords.verify(&password, hash).await?;
    match credentials.filter(|_| right) {
        None => fail(&app, &attempt).await,
        Some(found) => {
            // Others may have failed while this one was verified.
            check_limits(&app, &attempt).await?;
            succeed(&app, &attempt, found).await
        }
    }
}

async fn check_limits(app: &App, attempt: &Attempt) -> Result<()> {
    let now = app.clock.now();
    let until = attempts::login_refused_until(&app.db, attempt, &app.limits, now).await?;
    match until.and_then(|until| domain::wait(until, now)) {
        Some(seconds) => Err(Error::TooMany(seconds)),
        None => Ok(()),
    }
}

async fn fail(app: &App, attempt: &Attempt) -> Result<Json<SignedInAnswer>> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let until = attempts::fail_login(&mut tx, attempt, &app.limits, now).await?;
    tx.commit().await?;
    let refused = until
        .and_then(|until| domain::wait(until, now))
        .map(Error::TooMany);
    Err(refused.unwrap_or(INVALID))
}

async fn succeed(app: &App, attempt: &Attempt, found: Credentials) -> Result<Json<SignedInAnswer>> {
    if !found.is_active {
        return Err(Error::Forbidden("This account is disabled."));
    }
    let next = app.tokens.next(app.clock.now());
    let mut tx = app.db.begin().await?;
    let hash = found.password_hash.unwrap_or_default();
    let session = sessions::start(&mut tx, found.user_id, &hash, &next)
        .await?
        .ok_or(INVALID)?;
    attempts::remember(&mut tx, found.user_id, attempt.place, next.issued_at).await?;
    tx.commit().await?;
    let user = UserSummary {
        id: found.user_id,
        name: found.name,
        email: found.email,
        role: session.role,
    };
    Ok(Json(SignedInAnswer {
        token: TokenAnswer::sign(app, &session, &next)?,
        user,
    }))
}
