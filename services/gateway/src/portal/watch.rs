//! Follows auth's revocations by polling: they bite within a second whether the bus is up or not.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use desk_http::{Error, Result, client::Peer};
use desk_identity::{Clock, PortalClaims};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::domain::revocations::{Revocation, Revocations, Target};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Between two looks before the first that worked.
const EAGER: Duration = Duration::from_millis(100);
/// A look that takes longer is given up, so that one lost packet does not delay a log-out.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// How often everything is read anew; heals whatever went wrong.
const WHOLE: Duration = Duration::from_mins(5);

/// Whether a token is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing speaks against it.
    Alive,
    /// It was ended before its time.
    Revoked,
    /// Auth was not heard of for too long to tell.
    Unknown,
}

/// The last known state, and when it was the state.
pub(super) struct Watch {
    auth: Peer,
    clock: Clock,
    stale: time::Duration,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    revocations: Revocations,
    last_id: i64,
    /// When auth was last asked with success; nothing is known before the first time.
    confirmed_at: Option<OffsetDateTime>,
}

#[derive(Deserialize)]
struct News {
    revocations: Vec<Revocation>,
    last_id: i64,
}

impl Watch {
    pub(super) fn new(auth: Peer, clock: Clock, stale: time::Duration) -> Self {
        Self {
            auth,
            clock,
            stale,
            state: RwLock::default(),
        }
    }

    /// Whether the token of these claims is alive.
    pub(super) fn standing(&self, claims: &PortalClaims, now: OffsetDateTime) -> Standing {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        match state.confirmed_at {
            _ if state.revocations.hit(claims) => Standing::Revoked,
            Some(confirmed_at) if now - confirmed_at <= self.stale => Standing::Alive,
            _ => Standing::Unknown,
        }
    }

    /// Whether auth was heard of at all.
    pub(super) fn is_informed(&self) -> bool {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.confirmed_at.is_some()
    }

    /// Looks twice a second, for ever.
    pub(super) async fn follow(&self) {
        metrics::counter!("revocation_poll_failures_total").increment(0);
        let mut whole_at = Instant::now();
        loop {
            let whole = whole_at <= Instant::now();
            match self.look(whole).await {
                Ok(()) if whole => whole_at = Instant::now() + WHOLE,
                Ok(()) => {}
                Err(error) => {
                    metrics::counter!("revocation_poll_failures_total").increment(1);
                    tracing::warn!(%error, "revocations could not be read");
                }
            }
            let pause = if self.is_informed() { PAUSE } else { EAGER };
            tokio::time::sleep(pause).await;
        }
    }

    async fn look(&self, whole: bool) -> Result<()> {
        let asked_at = self.clock.now();
        let after = self
            .state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .last_id;
        let path = if whole {
            "/internal/revocations".to_owned()
        } else {
            format!("/internal/revocations?after={after}")
        };
        let news: News = tokio::time::timeout(LONGEST_LOOK, self.auth.get(&path))
            .await
            .map_err(|_| Error::DOWN)??
            .ok_or(Error::DOWN)?;
        self.learn(news, whole, asked_at);
        Ok(())
    }

    fn learn(&self, news: News, whole: bool, asked_at: OffsetDateTime) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if whole {
            state.revocations = Revocations::default();
        }
        for revocation in news.revocations {
            if revocation.target == Target::Unknown && revocation.id > state.last_id {
                metrics::counter!("revocations_unknown_total").increment(1);
            }
            state.revocations.add(revocation);
        }
        state.revocations.forget(asked_at);
        state.last_id = news.last_id;
        state.confirmed_at = Some(asked_at);
        #[expect(clippy::cast_precision_loss, reason = "a gauge for people")]
        metrics::gauge!("revocations_live").set(state.revocations.len() as f64);
    }
}
