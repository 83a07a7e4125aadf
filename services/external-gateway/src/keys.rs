//! Which key pairs are good, as project tells and as the caches remember.
//!
//! Pairs are looked up under a keyed hash (the key is drawn when the process starts), so no
//! secret stays in memory and no comparison tells how much of a guess was right. Refused pairs
//! are kept like good ones, for a second: a missing, a wrong, a revoked and a forbidden pair all
//! take the same way.

use std::{sync::Arc, time::Duration};

use desk_http::{Error, Result, client::Peer};
use desk_identity::Clock;
use hmac::{Hmac, KeyInit, Mac};
use moka::future::Cache;
use sha2::Sha256;
use time::OffsetDateTime;

use crate::domain::{api_key::ApiKey, credentials::Credentials};

/// How long an answer of project counts.
const FRESH: Duration = Duration::from_secs(1);
/// How much longer a good one counts while project is out of reach.
const WITHOUT_PROJECT: time::Duration = time::Duration::seconds(61);
/// How long a good pair is remembered as one that is worth asking for.
const REMEMBERED: Duration = Duration::from_hours(1);
/// How long project may take; then it is out of reach.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bound of each cache, in pairs.
const KEPT: u64 = 50_000;

/// A pair's keyed hash.
pub(crate) type Digest = [u8; 32];

/// The verified keys.
pub(crate) struct Keys {
    project: Peer,
    clock: Clock,
    hasher: Hmac<Sha256>,
    /// Project's answers of the last second, refusals too.
    fresh: Cache<Digest, Option<Arc<ApiKey>>>,
    /// The last good answers, for when project is out of reach.
    good: Cache<Digest, Good>,
}

#[derive(Clone)]
struct Good {
    key: Arc<ApiKey>,
    verified_at: OffsetDateTime,
}

/// What an event says is no longer to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// One key.
    Key(i64),
    /// All keys of a project.
    Project(i64),
}

impl Dropped {
    fn hits(self, key: &ApiKey) -> bool {
        match self {
            Self::Key(id) => key.id == id,
            Self::Project(id) => key.project.id == id,
        }
    }
}

impl Keys {
    /// Nothing is known yet.
    pub(crate) fn new(project: Peer, clock: Clock) -> Self {
        let secret: [u8; 64] = rand::random();
        Self {
            project,
            clock,
            hasher: Hmac::new(&secret.into()),
            fresh: Cache::builder()
                .max_capacity(KEPT)
                .time_to_live(FRESH)
                .support_invalidation_closures()
                .build(),
            good: Cache::builder()
                .max_capacity(KEPT)
                .time_to_live(REMEMBERED)
                .support_invalidation_closures()
                .build(),
        }
    }

    /// The hash that a pair is looked up by.
    pub(crate) fn digest(&self, pair: &Credentials) -> Digest {
        let mut hasher = self.hasher.clone();
        // The length keeps key and secret apart: "ab" + "c" is not "a" + "bc".
        hasher.update(&pair.api_key.len().to_be_bytes());
        hasher.update(pair.api_key.as_bytes());
        hasher.update(pair.api_secret.as_bytes());
        hasher.finalize().into_bytes().into()
    }

    /// Whether the pair was good at its last use, not long ago.
    pub(crate) fn remembers(&self, digest: &Digest) -> bool {
        self.good.contains_key(digest)
    }

    /// The key of a pair; `None` when it is none.
    ///
    /// # Errors
    /// 503 when project is out of reach and the pair was not good within the last minute.
    pub(crate) async fn verify(
        &self,
        digest: Digest,
        pair: &Credentials,
    ) -> Result<Option<Arc<ApiKey>>> {
        if let Some(answer) = self.fresh.get(&digest).await {
            metrics::counter!("api_key_cache_total", "outcome" => "hit").increment(1);
            return Ok(answer);
        }
        metrics::counter!("api_key_cache_total", "outcome" => "miss").increment(1);
        self.fresh
            .try_get_with(digest, self.ask(digest, pair))
            .await
            .map_err(|_| Error::DOWN)
    }

    /// Asks project, or the last good answer where project cannot be asked. Either counts for a
    /// second, so that a silent project is waited for once a second and pair, not per request.
    async fn ask(&self, digest: Digest, pair: &Credentials) -> Result<Option<Arc<ApiKey>>> {
        let now = self.clock.now();
        let asked =
            tokio::time::timeout(PATIENCE, self.project.post("/internal/keys/verify", pair));
        match asked.await.unwrap_or(Err(Error::DOWN)) {
            Ok(Some(key)) => {
                let key: Arc<ApiKey> = Arc::new(key);
                self.good
                    .insert(
                        digest,
                        Good {
                            key: Arc::clone(&key),
                            verified_at: now,
                        },
                    )
                    .await;
                Ok(Some(key))
            }
            Ok(None) => {
                self.good.invalidate(&digest).await;
                Ok(None)
            }
            Err(error) => {
                metrics::counter!("api_key_verification_failures_total").increment(1);
                tracing::warn!(%error, "key could not be verified");
                let good = self.good.get(&digest).await;
                let known = good.filter(|good| now - good.verified_at <= WITHOUT_PROJECT);
                known.map(|good| Some(good.key)).ok_or(error)
            }
        }
    }

    /// Forgets what an event says is no longer to be trusted.
    pub(crate) fn forget(&self, dropped: Dropped) -> Result<(), moka::PredicateError> {
        self.fresh.invalidate_entries_if(move |_, key| {
            key.as_ref().is_some_and(|key| dropped.hits(key))
        })?;
        self.good
            .invalidate_entries_if(move |_, good| dropped.hits(&good.key))?;
        Ok(())
    }
}
