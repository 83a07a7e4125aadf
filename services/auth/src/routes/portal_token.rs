//! The portal token of a refresh or a logout, which the gateway passes on unchecked.

use axum::{extract::FromRequestParts, http::request::Parts};
use desk_http::{Error, Visitor, edge::PORTAL_TOKEN};

use crate::{app::App, tokens::Presented};

/// A token that one of our keys signed, expired or not; 401 without one. Whether its session
/// still takes it is for the handler to find out.
#[derive(Debug, Clone, Copy)]
pub struct PortalToken(pub Presented);

impl FromRequestParts<App> for PortalToken {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Visitor::from_request_parts(parts, app).await?;
        parts
            .headers
            .get(PORTAL_TOKEN)
            .and_then(|value| value.to_str().ok())
            .and_then(|token| app.tokens.read(token))
            .map(Self)
            .ok_or(Error::UNAUTHENTICATED)
    }
}
