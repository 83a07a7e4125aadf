//! The one origin: everything under `/api` comes through here.
//!
//! A request is routed by its path ([`domain::route`]), counted against its address, let in by
//! its door ([`doors`]: public, portal token, or key), stripped of what it claims about itself,
//! vouched for with an internal token, and streamed on. [`portal`] checks tokens by auth's keys
//! and by the revocations that are polled twice a second; [`openapi`] merges the services'
//! documents. There is no database: what is in memory can be fetched again.

mod app;
mod background;
mod command;
pub mod domain;
mod doors;
pub mod openapi;
pub mod portal;
mod program;
mod settings;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    middleware::map_response,
    routing::{any, get},
};
use desk_http::edge::private;
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;

pub use app::App;
pub use background::start as start_background;
pub use command::run;
pub use program::Gateway;
pub use settings::{Address, Addresses, EdgeSettings, Settings};

/// How long a browser may remember a preflight's answer.
const PREFLIGHT: Duration = Duration::from_mins(10);

/// The gateway's routes, undressed.
pub fn router(app: Arc<App>) -> Router {
    let cors = cors(&app.cors_origins);
    let router = Router::new()
        .route(openapi::PATH, get(openapi::show))
        .route(openapi::page::PATH, get(openapi::page::page))
        .route(openapi::page::FILES, get(openapi::page::file))
        .route("/.well-known/jwks.json", any(doors::pass))
        .route("/api/{*path}", any(doors::pass))
        .with_state(app)
        .layer(map_response(private));
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// Lets browser pages of the configured origins call; without any there is nothing to allow.
fn cors(origins: &[HeaderValue]) -> Option<CorsLayer> {
    let named = |names: &[&'static str]| {
        names
            .iter()
            .copied()
            .map(HeaderName::from_static)
            .collect::<Vec<_>>()
    };
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins.to_vec())
            .allow_methods([
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers(named(&[
                "accept",
                "authorization",
                "content-type",
                "if-match",
                "range",
                "idempotency-key",
                "x-request-id",
            ]))
            .expose_headers(named(&[
                "accept-ranges",
                "content-disposition",
                "content-range",
                "etag",
                "retry-after",
                "x-data-as-of",
                "x-request-id",
            ]))
            .max_age(PREFLIGHT)
    })
}
