//! The portal's door: who holds a token, is it ours, is it alive.

mod keys;
mod watch;

use desk_http::{Error, Result, client::Peer};
use desk_identity::{Caller, Clock};
use http::{HeaderMap, header::AUTHORIZATION};
use time::Duration;

use keys::Keys;
use watch::{Standing, Watch};

/// Checks portal tokens in memory.
pub struct Portal {
    keys: Keys,
    watch: Watch,
    clock: Clock,
}

impl Portal {
    /// A portal that asks `auth` for keys and revocations, and trusts what it knows for `stale`
    /// while auth is out of reach.
    pub fn new(auth: Peer, clock: Clock, stale: Duration) -> Self {
        Self {
            keys: Keys::new(auth.clone()),
            watch: Watch::new(auth, clock.clone(), stale),
            clock,
        }
    }

    /// The user that a request's token names.
    ///
    /// # Errors
    /// 401 without a live token; 503 while it cannot be known whether it is alive.
    pub async fn admit(&self, headers: &HeaderMap) -> Result<Caller> {
        let token = bearer(headers).ok_or(Error::UNAUTHENTICATED)?;
        let claims = self.keys.verify(token).await?;
        let id = claims.user_id().ok_or(Error::UNAUTHENTICATED)?;
        let now = self.clock.now();
        if claims.is_expired(now) {
            return Err(Error::UNAUTHENTICATED);
        }
        match self.watch.standing(&claims, now) {
            Standing::Alive => Ok(Caller::User {
                id,
                role: claims.role,
                session: claims.sid,
            }),
            Standing::Revoked => Err(Error::UNAUTHENTICATED),
            Standing::Unknown => Err(Error::DOWN),
        }
    }

    /// Waits until auth's keys and revocations are known, so that a desk that starts as a whole
    /// refuses nobody; gives up after `patience`, since external projects need neither.
    pub async fn informed(&self, patience: std::time::Duration) {
        let informed = async {
            while !(self.keys.is_informed() && self.watch.is_informed()) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(patience, informed).await.is_err() {
            tracing::warn!("listening although auth is out of reach");
        }
    }

    /// Keeps auth's keys fresh, for ever.
    pub(crate) async fn keep_keys(&self) {
        self.keys.keep_fresh().await;
    }

    /// Follows auth's revocations, for ever.
    pub(crate) async fn follow_revocations(&self) {
        self.watch.follow().await;
    }
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bearer_token_is_read() {
        for (value, token) in [
            ("Bearer a.b.c", Some("a.b.c")),
            ("bearer  a.b.c ", Some("a.b.c")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic a.b.c", None),
        ] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(bearer(&headers), token, "{value}");
        }
        assert_eq!(bearer(&HeaderMap::new()), None);
    }

    proptest! {
        #[test]
        fn a_token_is_what_follows_the_scheme(scheme in "[Bb][Ee][Aa][Rr][Ee][Rr]", token in "[!-~]{1,60}", text in "[ -~]{0,40}") {
            let headers = |value: &str| HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            let told = headers(&format!("{scheme} {token}"));
            prop_assert_eq!(bearer(&told), Some(token.as_str()));
            let any = headers(&text);
            prop_assert!(bearer(&any).is_none_or(|token| !token.is_empty() && text.contains(token)));
        }
    }
}
