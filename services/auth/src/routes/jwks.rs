//! `GET /.well-known/jwks.json`

use axum::{Json, extract::State};
use desk_identity::portal::Jwks;

use crate::app::App;

/// The public keys of portal tokens (RFC 7517). While keys rotate there are several.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "Auth",
    responses((
        status = 200, description = "The keys", body = serde_json::Value,
        example = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "kqZ4yB0m",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }]}),
    )),
    security(()),
)]
pub async fn jwks(State(app): State<App>) -> Json<Jwks> {
    Json(app.tokens.jwks())
}
