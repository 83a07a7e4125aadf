//! `POST /admin/projects/{id}/api-keys`.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CACHE_CONTROL},
    response::IntoResponse,
};
use desk_http::{
    Allowed, ClientAddress, Error, Path, Result, Valid, fields::DayOrMoment, openapi::ErrorBody,
};
use desk_identity::can::GenerateApiKeys;
use garde::Validate;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset};
use utoipa::ToSchema;

use crate::{
    App,
    domain::{allowed_ips, key::KeyPair},
    store::{
        keys::{self, NewKey},
        projects,
    },
};

/// A new key.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct CreateApiKey {
    /// What the key is called.
    #[garde(required, inner(length(chars, min = 1, max = 255)))]
    #[schema(
        required,
        nullable = false,
        example = "Production Key",
        min_length = 1,
        max_length = 255
    )]
    name: Option<String>,
    /// Addresses and networks it may be used from; empty: from anywhere.
    #[garde(inner(custom(allowed_ips::check)))]
    #[schema(example = json!(["203.0.113.7", "10.0.0.0/8", "2001:db8::/32"]))]
    allowed_ips: Option<Vec<String>>,
    /// A date (until the end of that UTC day) or a moment to come.
    #[garde(skip)]
    #[schema(value_type = Option<String>, example = "2027-04-21")]
    expires_at: Option<DayOrMoment>,
}

impl CreateApiKey {
    fn into_new(self, now: OffsetDateTime) -> Result<NewKey> {
        let expires_at = self
            .expires_at
            .map(|expires_at| to_come(expires_at, now))
            .transpose()?;
        let allowed_ips = allowed_ips::parse_all(&self.allowed_ips.unwrap_or_default());
        Ok(NewKey {
            name: self.name.unwrap_or_default(),
            allowed_ips: allowed_ips
                .ok_or_else(|| Error::field("allowed_ips", "Must hold addresses and networks."))?,
            expires_at,
        })
    }
}

fn to_come(expires_at: DayOrMoment, now: OffsetDateTime) -> Result<OffsetDateTime> {
    expires_at
        .end()
        .checked_to_offset(UtcOffset::UTC)
        .filter(|expires_at| *expires_at > now)
        .ok_or_else(|| Error::field("expires_at", "The expires_at must be in the future."))
}

/// The pair, not to be printed. The secret is shown this once.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiKey {
    /// The public half, `sk_…`.
    #[schema(example = "sk_Abc123xyzAbc123xyzAbc123xyzAbc12")]
    api_key: String,
    /// The secret half, `ss_…`; shown this once.
    #[schema(example = "ss_XyzLongSecretValue")]
    api_secret: String,
    /// Key id.
    key_id: i64,
    /// A sentence for people.
    #[schema(example = "Store the api_secret securely.")]
    message: &'static str,
}

/// Makes a key pair for the project. The secret is shown once and never stored in readable form.
#[utoipa::path(
    post, path = "/admin/projects/{id}/api-keys", tag = "Projects",
    operation_id = "admin_create_api_key",
    params(("id" = i64, Path, description = "Project id")),
    request_body = CreateApiKey,
    responses(
        (status = 201, description = "The key pair; the secret is shown this once", body = CreatedApiKey),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 415, body = ErrorBody),
        (status = 422, body = ErrorBody),
    ),
    security(("portal" = [])),
    extensions(("x-capability" = json!("generate_api_keys"))),
)]
pub async fn create(
    State(app): State<App>,
    who: Allowed<GenerateApiKeys>,
    address: ClientAddress,
    Path(id): Path<i64>,
    Valid(body): Valid<CreateApiKey>,
) -> Result<impl IntoResponse> {
    let by = app.by(who.user, address);
    let new = body.into_new(by.at)?;
    let pair = KeyPair::generate()?;
    let mut tx = app.db.begin().await?;
    let project = projects::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let key = keys::create(&mut tx, project.id, &new, &pair, &app.peppers, &by).await?;
    tx.commit().await?;
    app.bus.wake();
    let created = CreatedApiKey {
        api_key: pair.api_key,
        api_secret: pair.api_secret.expose_secret().to_owned(),
        key_id: key.id,
        message: "Store the api_secret securely.",
    };
    Ok((
        StatusCode::CREATED,
        [(CACHE_CONTROL, "no-store")],
        Json(created),
    ))
}
