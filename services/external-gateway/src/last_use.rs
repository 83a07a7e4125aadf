//! When each key was last used, told to project in batches.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use desk_http::client::Peer;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Between two reports; a use is told within a minute even if several in a row fail.
pub(crate) const REPORT: Duration = Duration::from_secs(5);
/// Entries of one report, at most.
const BATCH: usize = 10_000;
/// Keys remembered while project is out of reach, at most.
const KEPT: usize = 100_000;

/// The uses not yet told.
pub(crate) struct LastUse {
    project: Peer,
    untold: Mutex<HashMap<i64, OffsetDateTime>>,
}

#[derive(Serialize)]
struct Report {
    uses: Vec<Use>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Use {
    key_id: i64,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

#[derive(Deserialize)]
struct Noted {}

impl LastUse {
    pub(crate) fn new(project: Peer) -> Self {
        Self {
            project,
            untold: Mutex::default(),
        }
    }

    /// Notes a use.
    pub(crate) fn note(&self, key_id: i64, at: OffsetDateTime) {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        if untold.len() < KEPT || untold.contains_key(&key_id) {
            untold
                .entry(key_id)
                .and_modify(|last| *last = at.max(*last))
                .or_insert(at);
        }
    }

    /// Tells project what was not told yet; what cannot be told is kept for the next time.
    pub(crate) async fn report(&self) {
        for batch in self.take().chunks(BATCH) {
            let report = Report {
                uses: batch.to_vec(),
            };
            let noted = self
                .project
                .post::<_, Noted>("/internal/keys/used", &report)
                .await;
            if let Err(error) = noted {
                tracing::warn!(%error, keys = batch.len(), "last use could not be told");
                for used in batch {
                    self.note(used.key_id, used.at);
                }
            }
        }
    }

    fn take(&self) -> Vec<Use> {
        let untold =
            std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        untold
            .into_iter()
            .map(|(key_id, at)| Use { key_id, at })
            .collect()
    }
}
