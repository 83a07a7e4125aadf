//! Portal tokens: issuing them for a session, reading one back, and how long they live.

use anyhow::Context;
use desk_http::{Error, Result};
use desk_identity::{
    PortalClaims, PortalKeys, PortalSigner,
    portal::{Jwks, PortalSession},
};
use secrecy::{ExposeSecret, SecretString};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::settings::Lifetimes;

/// Revocations outlive the tokens that they concern by this much, for gateways whose clock is
/// behind.
const LEEWAY: Duration = Duration::MINUTE;

/// Signs and reads portal tokens.
pub struct Tokens {
    signer: PortalSigner,
    keys: PortalKeys,
    lifetimes: Lifetimes,
}

/// A token's place in its session, decided before the session's row is written.
#[derive(Debug, Clone, Copy)]
pub struct NextToken {
    /// The token's id.
    pub jti: Uuid,
    /// When it is issued.
    pub issued_at: OffsetDateTime,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

/// A token of ours, as it was presented.
#[derive(Debug, Clone, Copy)]
pub struct Presented {
    /// The token's id.
    pub jti: Uuid,
    /// Its session.
    pub session: i64,
    /// Whose.
    pub user_id: i64,
    /// When it expires, or did.
    pub expires_at: OffsetDateTime,
}

impl Tokens {
    /// From the keys' setting.
    ///
    /// # Errors
    /// A setting that is none.
    pub fn new(keys: &SecretString, lifetimes: Lifetimes) -> anyhow::Result<Self> {
        let signer: PortalSigner = keys
            .expose_secret()
            .parse()
            .context("SUPPORTDESK_PORTAL_KEYS")?;
        let keys = PortalKeys::from_jwks(&signer.jwks());
        Ok(Self {
            signer,
            keys,
            lifetimes,
        })
    }

    /// The public keys.
    pub fn jwks(&self) -> Jwks {
        self.signer.jwks()
    }

    /// How long a token is good for.
    pub const fn lifetime(&self) -> Duration {
        Duration::minutes(self.lifetimes.token_minutes)
    }

    /// Sessions that started before this can be refreshed no more.
    pub fn refreshable_since(&self, now: OffsetDateTime) -> OffsetDateTime {
        now - Duration::minutes(self.lifetimes.refresh_minutes)
    }

    /// A new token's place.
    pub fn next(&self, now: OffsetDateTime) -> NextToken {
        NextToken {
            jti: Uuid::now_v7(),
            issued_at: now,
            expires_at: now + self.lifetime(),
        }
    }

    /// Signs the token for its session.
    ///
    /// # Errors
    /// When the claims cannot be written, which these can.
    pub fn sign(&self, session: &PortalSession, next: &NextToken) -> Result<String> {
        let jti = next.jti.simple().to_string();
        let claims = PortalClaims::new(session, jti, next.issued_at, self.lifetime());
        self.signer
            .sign(&claims)
            .map_err(|error| Error::Internal(error.into()))
    }

    /// Reads a token that one of our keys signed, expired or not.
    pub fn read(&self, token: &str) -> Option<Presented> {
        let claims = self.keys.verify(token).ok()?;
        Some(Presented {
            jti: claims.jti.parse().ok()?,
            session: claims.sid,
            user_id: claims.user_id()?,
            expires_at: OffsetDateTime::from_unix_timestamp(claims.exp).ok()?,
        })
    }
}

/// Until when a token that expires then has to be refused.
pub fn revoked_until(expires_at: OffsetDateTime) -> OffsetDateTime {
    expires_at + LEEWAY
}
