//! Which portal tokens are dead before their time (`design.md`, Identity).

use std::collections::HashMap;

use desk_identity::{PortalClaims, SessionId};
use serde::Deserialize;
use time::OffsetDateTime;

/// One revocation as auth tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Revocation {
    /// Auth's id; the same row is told more than once.
    pub id: i64,
    /// Unix seconds after which no token that it concerns is alive.
    pub expires_at: i64,
    /// Whom it hits.
    #[serde(flatten)]
    pub target: Target,
}

/// Whom a revocation hits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Target {
    /// One token.
    Token {
        /// Its id.
        jti: String,
    },
    /// All tokens of a session.
    Session {
        /// The session.
        sid: SessionId,
    },
    /// A user's tokens of earlier generations.
    User {
        /// The user.
        user_id: i64,
        /// The first generation that is not hit.
        generation: i64,
        /// The one session that is not hit either.
        exempt_sid: Option<SessionId>,
    },
    /// Of a kind that this build does not know.
    #[serde(other)]
    Unknown,
}

/// Every live revocation, for a look-up with each request.
#[derive(Debug, Default)]
pub struct Revocations {
    /// Token ids, with the time each may be forgotten.
    tokens: HashMap<String, i64>,
    /// Sessions, likewise.
    sessions: HashMap<SessionId, i64>,
    /// All rows of a user: a later one does not always hit all that an earlier one hits.
    users: HashMap<i64, Vec<Generation>>,
}

#[derive(Debug)]
struct Generation {
    id: i64,
    below: i64,
    exempt: Option<SessionId>,
    expires_at: i64,
}

impl Revocations {
    /// Adds a revocation; the same one again changes nothing.
    pub fn add(&mut self, revocation: Revocation) {
        let Revocation {
            id,
            expires_at,
            target,
        } = revocation;
        match target {
            Target::Token { jti } => {
                self.tokens.insert(jti, expires_at);
            }
            Target::Session { sid } => {
                self.sessions.insert(sid, expires_at);
            }
            Target::User {
                user_id,
                generation,
                exempt_sid,
            } => {
                let rows = self.users.entry(user_id).or_default();
                if rows.iter().all(|row| row.id != id) {
                    rows.push(Generation {
                        id,
                        below: generation,
                        exempt: exempt_sid,
                        expires_at,
                    });
                }
            }
            Target::Unknown => {}
        }
    }

    /// Whether the token of these claims is dead.
    pub fn hit(&self, claims: &PortalClaims) -> bool {
        self.tokens.contains_key(&claims.jti)
            || self.sessions.contains_key(&claims.sid)
            || claims
                .user_id()
                .and_then(|user| self.users.get(&user))
                .is_some_and(|rows| rows.iter().any(|row| row.hits(claims)))
    }

    /// Forgets what no living token can be concerned by any more.
    pub fn forget(&mut self, now: OffsetDateTime) {
        let now = now.unix_timestamp();
        self.tokens.retain(|_, expires_at| *expires_at > now);
        self.sessions.retain(|_, expires_at| *expires_at > now);
        self.users.retain(|_, rows| {
            rows.retain(|row| row.expires_at > now);
            !rows.is_empty()
        });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tokens.len() + self.sessions.len() + self.users.values().map(Vec::len).sum::<usize>()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Generation {
    fn hits(&self, claims: &PortalClaims) -> bool {
        claims.generation < self.below && self.exempt != Some(claims.sid)
    }
}

#[cfg(test)]
mod tests {
    use desk_identity::{Role, portal::PortalSession};
    use serde_json::json;
    use time::{Duration, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn token(user_id: i64, sid: i64, generation: i64, jti: &str) -> PortalClaims {
        let session = PortalSession {
            id: sid,
            user_id,
            role: Role::Agent,
            generation,
            started_at: NOW,
        };
        PortalClaims::new(&session, jti.to_owned(), NOW, Duration::minutes(60))
    }

    fn told(rows: serde_json::Value) -> Revocations {
        let rows: Vec<Revocation> = serde_json::from_value(rows).unwrap();
        let mut revocations = Revocations::default();
        for row in rows {
            revocations.add(row.clone());
            revocations.add(row);
        }
        revocations
    }

    #[test]
    fn a_token_is_dead_when_any_revocation_hits_it() {
        let end = NOW.unix_timestamp() + 60;
        let revocations = told(json!([
            {"id": 1, "kind": "token", "jti": "gone", "expires_at": end},
            {"id": 2, "kind": "session", "sid": 42, "expires_at": end},
            {"id": 3, "kind": "user", "user_id": 7, "generation": 3, "expires_at": end},
            {"id": 4, "kind": "user", "user_id": 8, "generation": 2, "exempt_sid": 5, "expires_at": end},
            {"id": 5, "kind": "user", "user_id": 9, "generation": 3, "expires_at": end},
            {"id": 6, "kind": "user", "user_id": 9, "generation": 4, "exempt_sid": 5, "expires_at": end},
            {"id": 7, "kind": "planet", "name": "Mars", "expires_at": end},
        ]));
        assert_eq!(revocations.len(), 6);
        for (user, sid, generation, jti, dead) in [
            (1, 1, 1, "gone", true),
            (1, 1, 1, "kept", false),
            (1, 42, 1, "kept", true),
            (7, 1, 2, "kept", true),
            (7, 1, 3, "kept", false),
            (6, 1, 2, "kept", false),
            (8, 6, 1, "kept", true),
            (8, 5, 1, "kept", false),
            (8, 6, 2, "kept", false),
            (9, 5, 2, "kept", true),
            (9, 5, 3, "kept", false),
            (9, 6, 3, "kept", true),
            (9, 6, 4, "kept", false),
        ] {
            let claims = token(user, sid, generation, jti);
            assert_eq!(
                revocations.hit(&claims),
                dead,
                "user {user} session {sid} gen {generation} {jti}"
            );
        }
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let end = NOW.unix_timestamp();
        let mut revocations = told(json!([
            {"id": 1, "kind": "token", "jti": "old", "expires_at": end},
            {"id": 2, "kind": "session", "sid": 1, "expires_at": end},
            {"id": 3, "kind": "user", "user_id": 7, "generation": 3, "expires_at": end},
            {"id": 4, "kind": "user", "user_id": 7, "generation": 4, "expires_at": end + 1},
        ]));
        revocations.forget(NOW);
        assert_eq!(revocations.len(), 1);
        revocations.forget(NOW + Duration::seconds(1));
        assert!(revocations.is_empty());
    }
}
