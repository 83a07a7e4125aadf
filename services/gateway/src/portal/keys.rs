//! Auth's public keys, and the tokens already checked against them.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use desk_http::{Error, Result, client::Peer};
use desk_identity::{
    PortalClaims, PortalKeys,
    portal::{BadToken, Jwks},
};
use moka::sync::Cache;
use tokio::{sync::Mutex, time::Instant};

use crate::domain::route::JWKS;

/// How often the keys are fetched anew.
const REFRESH: Duration = Duration::from_mins(5);
/// How soon it is tried again while there are none.
const RETRY: Duration = Duration::from_millis(100);
/// How often, at most, a token of an unknown key causes a fetch.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(5);
/// Bound of the tokens kept, and how long each is kept unused.
const KEPT: u64 = 50_000;
const KEPT_FOR: Duration = Duration::from_mins(10);
/// A longer text is no token of ours.
const LONGEST_TOKEN: usize = 4096;

/// The keys, fetched from auth.
pub(super) struct Keys {
    auth: Peer,
    known: RwLock<Arc<KeySet>>,
    last: Mutex<Option<Attempt>>,
}

/// One key set with what was verified by it: another set starts from nothing, so that a token
/// of a key that was taken back is not remembered.
struct KeySet {
    jwks: Jwks,
    keys: PortalKeys,
    verified: Cache<String, Arc<PortalClaims>>,
}

#[derive(Clone, Copy)]
struct Attempt {
    at: Instant,
    worked: bool,
}

impl Keys {
    pub(super) fn new(auth: Peer) -> Self {
        let none = KeySet::new(Jwks { keys: Vec::new() });
        Self {
            auth,
            known: RwLock::new(Arc::new(none)),
            last: Mutex::new(None),
        }
    }

    /// The claims of a token that auth signed, expired or not.
    pub(super) async fn verify(&self, token: &str) -> Result<Arc<PortalClaims>> {
        match self.known().verify(token) {
            Err(BadToken::UnknownKey) => {
                self.look_again().await?;
                self.known().verify(token)
            }
            verdict => verdict,
        }
        .map_err(|_| Error::UNAUTHENTICATED)
    }

    /// Whether there is a key at all.
    pub(super) fn is_informed(&self) -> bool {
        !self.known().keys.is_empty()
    }

    /// Fetches the keys, soon again while there are none, then now and then.
    pub(super) async fn keep_fresh(&self) {
        loop {
            let worked = self.attempt(&mut *self.last.lock().await).await;
            let pause = if worked { REFRESH } else { RETRY };
            tokio::time::sleep(pause).await;
        }
    }

    /// One fetch for all who wait, and none soon after another.
    async fn look_again(&self) -> Result<()> {
        let mut last = self.last.lock().await;
        let worked = match *last {
            Some(attempt) if attempt.at.elapsed() < UNKNOWN_KEY_PAUSE => attempt.worked,
            _ => self.attempt(&mut last).await,
        };
        if worked { Ok(()) } else { Err(Error::DOWN) }
    }

    async fn attempt(&self, last: &mut Option<Attempt>) -> bool {
        let worked = match self.fetch().await {
            Ok(jwks) => {
                self.learn(jwks);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "auth's keys could not be fetched");
                false
            }
        };
        *last = Some(Attempt {
            at: Instant::now(),
            worked,
        });
        worked
    }

    async fn fetch(&self) -> Result<Jwks> {
        let jwks: Option<Jwks> = self.auth.get(JWKS).await?;
        jwks.filter(|jwks| !PortalKeys::from_jwks(jwks).is_empty())
            .ok_or(Error::DOWN)
    }

    fn learn(&self, jwks: Jwks) {
        if self.known().jwks != jwks {
            tracing::info!(keys = jwks.keys.len(), "auth's keys learnt");
            *self.known.write().unwrap_or_else(PoisonError::into_inner) =
                Arc::new(KeySet::new(jwks));
        }
    }

    fn known(&self) -> Arc<KeySet> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl KeySet {
    fn new(jwks: Jwks) -> Self {
        let verified = Cache::builder()
            .max_capacity(KEPT)
            .time_to_idle(KEPT_FOR)
            .build();
        Self {
            keys: PortalKeys::from_jwks(&jwks),
            jwks,
            verified,
        }
    }

    fn verify(&self, token: &str) -> Result<Arc<PortalClaims>, BadToken> {
        if token.len() > LONGEST_TOKEN {
            return Err(BadToken::Invalid);
        }
        if let Some(claims) = self.verified.get(token) {
            metrics::counter!("portal_token_cache_total", "outcome" => "hit").increment(1);
            return Ok(claims);
        }
        metrics::counter!("portal_token_cache_total", "outcome" => "miss").increment(1);
        let claims = Arc::new(self.keys.verify(token)?);
        self.verified.insert(token.to_owned(), Arc::clone(&claims));
        Ok(claims)
    }
}
