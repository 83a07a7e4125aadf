//! Revocations as `GET /internal/revocations` tells them to the gateways.

use serde::Serialize;
use utoipa::ToSchema;

/// What gateways refuse although its signature is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Revocations {
    /// Those asked for.
    pub revocations: Vec<Revocation>,
    /// What to ask for next, as `after`.
    pub last_id: i64,
}

/// One revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Revocation {
    /// Id; not in the order of commits.
    pub id: i64,
    /// What is refused.
    #[serde(flatten)]
    pub revoked: Revoked,
    /// Unix seconds after which nothing it concerns is alive.
    pub expires_at: i64,
}

/// What a revocation refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Revoked {
    /// One token.
    Token {
        /// Its id, as in its claims.
        jti: String,
    },
    /// A session's tokens.
    Session {
        /// The session.
        sid: i64,
    },
    /// A user's tokens of an older generation.
    User {
        /// The user.
        user_id: i64,
        /// Tokens whose `gen` is smaller are refused …
        generation: i64,
        /// … but for this session's.
        #[serde(skip_serializing_if = "Option::is_none")]
        exempt_sid: Option<i64>,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn gateways_read_this_json() {
        let revocations = [
            Revoked::Token { jti: "ab".into() },
            Revoked::Session { sid: 42 },
            Revoked::User {
                user_id: 7,
                generation: 3,
                exempt_sid: Some(42),
            },
            Revoked::User {
                user_id: 8,
                generation: 1,
                exempt_sid: None,
            },
        ]
        .map(|revoked| Revocation {
            id: 1,
            revoked,
            expires_at: 9,
        });
        assert_eq!(
            serde_json::to_value(revocations).unwrap(),
            json!([
                {"id": 1, "kind": "token", "jti": "ab", "expires_at": 9},
                {"id": 1, "kind": "session", "sid": 42, "expires_at": 9},
                {"id": 1, "kind": "user", "user_id": 7, "generation": 3, "exempt_sid": 42, "expires_at": 9},
                {"id": 1, "kind": "user", "user_id": 8, "generation": 1, "expires_at": 9},
            ])
        );
    }
}
