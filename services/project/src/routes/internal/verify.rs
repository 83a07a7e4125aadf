//! `POST /internal/keys/verify`: whether a key pair is good, and for which project.

use axum::{Json, extract::State};
use desk_http::{Error, Result, ServiceCaller, Valid, openapi::ErrorBody};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{
    App,
    domain::allowed_ips::AllowedIp,
    store::keys::{self, Candidate},
};

/// A pair as an external project sent it. Not to be printed.
#[derive(Deserialize, Validate, ToSchema)]
pub struct VerifyKey {
    #[garde(skip)]
    api_key: Option<String>,
    #[garde(skip)]
    api_secret: Option<String>,
}

/// A good key. Addresses are checked by whoever asked, on every request.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedKey {
    key_id: i64,
    project: VerifiedProject,
    /// In CIDR notation; empty: from anywhere.
    allowed_ips: Vec<String>,
    /// From when on the key is dead.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<OffsetDateTime>,
}

/// The key's project.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedProject {
    id: i64,
    name: String,
    slug: String,
    prefix: String,
}

impl From<Candidate> for VerifiedKey {
    fn from(key: Candidate) -> Self {
        Self {
            key_id: key.id,
            project: VerifiedProject {
                id: key.project_id,
                name: key.project_name,
                slug: key.project_slug,
                prefix: key.project_prefix,
            },
            allowed_ips: key.allowed_ips.iter().map(AllowedIp::cidr).collect(),
            expires_at: key.standing.expires_at,
        }
    }
}

/// Verifies a key pair. Whatever is wrong with it, the answer is 404, in equal time.
#[utoipa::path(
    post, path = "/internal/keys/verify", tag = "internal", operation_id = "internal_verify_key",
    request_body = VerifyKey,
    responses(
        (status = 200, body = VerifiedKey),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
    ),
)]
pub async fn verify(
    State(app): State<App>,
    _who: ServiceCaller,
    Valid(body): Valid<VerifyKey>,
) -> Result<Json<VerifiedKey>> {
    let key = keys::candidate(&app.db, body.api_key.as_deref().unwrap_or_default()).await?;
    let stored = key.as_ref().map(|key| &key.secret);
    let secret = body.api_secret.unwrap_or_default();
    let right = app.peppers.verify(stored, &secret);
    let good = key.filter(|key| right && key.standing.is_good(app.clock.now()));
    let outcome = if good.is_some() { "good" } else { "refused" };
    metrics::counter!("key_verifications_total", "outcome" => outcome).increment(1);
    good.map(|key| Json(key.into())).ok_or(Error::NotFound)
}
