//! What every service's OpenAPI document shares: the error envelope and the ways to sign in.

use std::collections::BTreeMap;

use axum::{Json, Router};
use serde::Serialize;
use utoipa::{
    Modify, ToSchema,
    openapi::{
        OpenApi,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

/// Where each service serves its own document, for the gateway to merge.
pub const PATH: &str = "/openapi.json";

/// The error envelope (contract, Errors).
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A sentence for people.
    #[schema(example = "Validation failed.")]
    pub error: String,
    /// With a 422: messages by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<BTreeMap<String, Vec<String>>>,
}

/// What a deletion answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// A sentence for people.
    #[schema(example = "Ticket deleted")]
    pub message: &'static str,
}

/// Names the ways to sign in: `portal` (a JWT) and `api_key` with `api_secret` (a project's key).
pub struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "portal",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .build(),
            ),
        );
        for (name, header) in [("api_key", "X-Api-Key"), ("api_secret", "X-Api-Secret")] {
            components.add_security_scheme(
                name,
                SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(header))),
            );
        }
    }
}

/// Splits documented routes into a router that also serves their document at [`PATH`].
pub fn documented<S>(routes: OpenApiRouter<S>) -> (Router<S>, OpenApi)
where
    S: Clone + Send + Sync + 'static,
{
    let (router, mut document) = routes.split_for_parts();
    SecuritySchemes.modify(&mut document);
    let served = document.clone();
    let router = router.route(
        PATH,
        axum::routing::get(move || async move { Json(served) }),
    );
    (router, document)
}
