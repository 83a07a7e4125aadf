//! What every service's OpenAPI document shares: the error envelope and the ways to sign in.

mod words;

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

pub use words::{MessageKindWord, PriorityWord, RoleWord, SourceWord, StatusWord};

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
    #[schema(nullable = false)]
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
                    .description(Some(
                        "The `access_token` of a login, a registration or a refresh.",
                    ))
                    .build(),
            ),
        );
        for (name, header, about) in [
            (
                "api_key",
                "X-Api-Key",
                "The public half of a project's key, `sk_…`; only together with the secret half.",
            ),
            (
                "api_secret",
                "X-Api-Secret",
                "The secret half of a project's key, `ss_…`, shown once when it is made.",
            ),
        ] {
            let value = ApiKeyValue::with_description(header, about);
            components.add_security_scheme(name, SecurityScheme::ApiKey(ApiKey::Header(value)));
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
