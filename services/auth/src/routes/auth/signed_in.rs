//! What a login, a registration and a refresh answer.

use desk_events::Role;
use desk_http::{Result, openapi::RoleWord};
use desk_identity::portal::PortalSession;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, tokens::NextToken};

/// A token.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenAnswer {
    /// The portal token: `Authorization: Bearer …`.
    access_token: String,
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds until it expires.
    #[schema(example = 3600)]
    expires_in: i64,
}

impl TokenAnswer {
    /// Signs a session's token.
    pub fn sign(app: &App, session: &PortalSession, next: &NextToken) -> Result<Self> {
        Ok(Self {
            access_token: app.tokens.sign(session, next)?,
            token_type: "bearer",
            expires_in: app.tokens.lifetime().whole_seconds(),
        })
    }
}

/// Who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserSummary {
    /// User id.
    pub id: i64,
    /// Name.
    #[schema(example = "Support Admin")]
    pub name: String,
    /// E-mail address.
    #[schema(example = "admin@support.local")]
    pub email: String,
    /// What the account may do.
    #[schema(value_type = RoleWord, example = "admin")]
    pub role: Role,
}

/// A token and whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedInAnswer {
    #[serde(flatten)]
    pub token: TokenAnswer,
    /// Whose it is.
    pub user: UserSummary,
}
