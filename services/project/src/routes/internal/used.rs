//! `POST /internal/keys/used`: when keys were used, in batches.

use axum::{Json, extract::State};
use desk_http::{Result, ServiceCaller, Timestamp, Valid, openapi::ErrorBody};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{App, store::keys};

/// A batch of uses.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub struct KeysUsed {
    #[garde(required, inner(length(min = 1, max = 10_000)))]
    #[schema(required)]
    uses: Option<Vec<KeyUse>>,
}

/// One use.
#[derive(Debug, Deserialize, ToSchema)]
pub struct KeyUse {
    key_id: i64,
    at: Timestamp,
}

/// How many keys were used later than was known.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeysRaised {
    updated: u64,
}

/// Notes when keys were used: the latest time wins, and none in the future.
#[utoipa::path(
    post, path = "/internal/keys/used", tag = "internal", operation_id = "internal_keys_used",
    request_body = KeysUsed,
    responses(
        (status = 200, body = KeysRaised),
        (status = 401, body = ErrorBody), (status = 422, body = ErrorBody),
    ),
)]
pub async fn used(
    State(app): State<App>,
    _who: ServiceCaller,
    Valid(body): Valid<KeysUsed>,
) -> Result<Json<KeysRaised>> {
    let now = app.clock.now();
    let uses = body.uses.unwrap_or_default();
    let (ids, times): (Vec<_>, Vec<_>) = uses
        .iter()
        .map(|used| (used.key_id, used.at.0.min(now)))
        .unzip();
    Ok(Json(KeysRaised {
        updated: keys::used(&app.db, &ids, &times).await?,
    }))
}
