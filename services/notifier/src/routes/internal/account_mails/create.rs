//! `POST /internal/account-mails`.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use desk_http::{Error, Result, ServiceCaller, Timestamp, Valid, openapi::ErrorBody};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    App,
    domain::Kind,
    store::account_mails::{self, AccountMail},
};

/// The only service that may ask.
const AUTH: &str = "auth";

/// A mail about an account.
#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct NewAccountMail {
    /// Auth's id of it: the same again is sent once.
    #[garde(required)]
    #[schema(required, value_type = Option<String>, format = "uuid")]
    id: Option<Uuid>,
    /// Which mail.
    #[garde(required)]
    #[schema(required)]
    kind: Option<AccountMailKind>,
    /// To whom.
    #[garde(required, dive)]
    #[schema(required)]
    to: Option<To>,
    /// The one-time link, which is in no log and goes as soon as it is sent.
    #[garde(required, inner(url, length(chars, max = 2_000)))]
    #[schema(required, max_length = 2000, format = "uri")]
    link: Option<String>,
    /// When the link ends; the mail is not sent after this.
    #[garde(required)]
    #[schema(required)]
    expires_at: Option<Timestamp>,
}

/// Which mail about an account.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccountMailKind {
    /// Confirm the address.
    Verify,
    /// Set a new password.
    Reset,
}

impl From<AccountMailKind> for Kind {
    fn from(kind: AccountMailKind) -> Self {
        match kind {
            AccountMailKind::Verify => Self::Verify,
            AccountMailKind::Reset => Self::Reset,
        }
    }
}

/// Whose account.
#[derive(Deserialize, Validate, ToSchema)]
pub(super) struct To {
    /// Name.
    #[garde(required, inner(length(chars, max = 255)))]
    #[schema(required, max_length = 255)]
    name: Option<String>,
    /// Address.
    #[garde(required, inner(custom(desk_http::fields::email)))]
    #[schema(required, format = "email")]
    email: Option<String>,
}

/// The mail is queued.
#[derive(Serialize, ToSchema)]
pub(super) struct Taken {
    message: &'static str,
}

/// Takes a mail about an account, for auth alone. It is sent as soon as can be, tried again until
/// its link ends, and forgotten.
#[utoipa::path(
    post,
    path = "/internal/account-mails",
    tag = "internal",
    operation_id = "internal_account_mail",
    request_body = NewAccountMail,
    responses(
        (status = 202, description = "Taken, now or before", body = Taken),
        (status = 401, description = "Not a service", body = ErrorBody),
        (status = 403, description = "Another service than auth", body = ErrorBody),
        (status = 422, description = "A bad field", body = ErrorBody),
        (status = 503, description = "The database is out of reach", body = ErrorBody),
    )
)]
pub(super) async fn create(
    State(app): State<App>,
    _: Auth,
    Valid(body): Valid<NewAccountMail>,
) -> Result<(StatusCode, Json<Taken>)> {
    let to = required(body.to)?;
    let (name, email) = (required(to.name)?, required(to.email)?);
    let mail = AccountMail {
        id: required(body.id)?,
        kind: required(body.kind)?.into(),
        name: &name,
        email: &email.to_lowercase(),
        link: required(body.link)?,
        expires_at: required(body.expires_at)?.0,
    };
    account_mails::queue(&app.db, mail, app.clock.now()).await?;
    app.bell.ring();
    Ok((StatusCode::ACCEPTED, Json(Taken { message: "Taken" })))
}

/// Auth itself.
pub(super) struct Auth;

impl FromRequestParts<App> for Auth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        match ServiceCaller::from_request_parts(parts, app).await? {
            ServiceCaller(name) if name == AUTH => Ok(Self),
            _ => Err(Error::Forbidden("Only auth has mails about accounts.")),
        }
    }
}

/// What the check has seen to be there.
fn required<T>(field: Option<T>) -> Result<T> {
    field.ok_or_else(|| Error::Internal(anyhow::anyhow!("a required field is not set")))
}
