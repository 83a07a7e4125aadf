//! Making consumers whole again, without anybody's hand, after the bus lost events: every consumer
//! compares what it has with what the owners' outboxes said, and has said again what is missing.
//! Nobody reads another's database.
//!
//! - the owner's side is [`routes`]: `GET /internal/heads` tells how far each aggregate was
//!   published, `POST /internal/republish` queues events for the relay once more;
//! - the consumer's side is [`Reconciler`]: at start, after the stream or NATS was gone, on a slow
//!   schedule, and by command. What a consumer has is told by its own rows ([`Consumer::known`]) or
//!   noted in `heard` (see [`KeptBy`]).
//!
//! An event counts as missing only when all that the stream held after the head was read has been
//! acknowledged, and the consumer still does not have it: what is merely under way is left alone.
//! Saying something again is always harmless, since consumers are idempotent. What the outbox's
//! A row that is wrong although its sequence is right is found by an [`audit`], which comes with a
//! command and, every six hours, with the schedule. What the outbox's
//! retention has taken is counted; bringing it back is a rebuild from the owner's [`Snapshot`].

mod audit;
mod copies;
mod gaps;
mod kept;
mod lacking;
mod owner;
mod peers;
mod position;
mod report;
mod run;
mod schedule;
mod snapshot;
mod watch;
mod wire;

use std::{
    io::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, ensure};
use desk_events::{AggregateKind, Fact};
use desk_http::Clock;
use sqlx::PgPool;
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{Bus, consumer::Consumer, dead_letters};

pub use audit::{Difference, Stretch, Suspect};
pub use copies::{After, Copied};
pub use kept::{Kept, KeptBy, Known};
pub use owner::{Owner, routes};
pub use peers::{OwnerSettings, Owners};
pub use report::{Findings, Reason, Report};
pub use snapshot::Snapshot;

use peers::Peers;
pub(crate) use wire::Span;

/// How long a command may take.
const COMMAND_PATIENCE: Duration = Duration::from_mins(10);

/// Compares one consumer with the owners of what it keeps. Cheap to clone.
pub struct Reconciler<C> {
    parts: Arc<Parts<C>>,
}

impl<C> Clone for Reconciler<C> {
    fn clone(&self) -> Self {
        Self {
            parts: Arc::clone(&self.parts),
        }
    }
}

struct Parts<C> {
    bus: Bus,
    pool: PgPool,
    consumer: C,
    peers: Peers,
    snapshot: Snapshot,
    clock: Clock,
}

impl<C: Consumer> Reconciler<C> {
    /// For a consumer whose rows are in `pool`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(bus: &Bus, pool: &PgPool, consumer: C, owners: &Owners) -> anyhow::Result<Self> {
        let kinds = consumer.keeps().iter().map(|kept| kept.kind);
        let parts = Parts {
            peers: Peers::of(kinds, owners)?,
            snapshot: Snapshot::of(owners)?,
            bus: bus.clone(),
            pool: pool.clone(),
            consumer,
            clock: owners.clock().clone(),
        };
        Ok(Self {
            parts: Arc::new(parts),
        })
    }

    /// Compares now; none when another process is at it. What keeps it from comparing with an
    /// owner is in the report.
    ///
    /// # Errors
    /// The consumer's database is out of reach.
    pub async fn once(&self) -> anyhow::Result<Option<Report>> {
        run::run(&self.parts, Reason::Command, C::AUDITED).await
    }

    /// Compares by command: waits for NATS and for another process to be done, and prints the
    /// report.
    ///
    /// # Errors
    /// As [`Reconciler::once`]; nobody to wait for any longer; an owner could not be compared with.
    pub async fn command(&self) -> anyhow::Result<()> {
        let report = timeout(COMMAND_PATIENCE, async {
            self.parts.bus.connected().await;
            loop {
                if let Some(report) = Box::pin(self.once()).await? {
                    return anyhow::Ok(report);
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        });
        let report = report
            .await
            .context("NATS is away, or another process does not end")??;
        writeln!(io::stdout(), "{report}")?;
        ensure!(
            report.failed.is_empty(),
            "not every owner was compared with"
        );
        Ok(())
    }

    /// Compares every row that is kept of tickets, every figure, and every copy of another owner's
    /// state with the owners' own, and heals what differs if told to; `tell` hears of each difference. Answers how many there are.
    ///
    /// # Errors
    /// NATS, an owner or the database is out of reach.
    pub async fn audit(
        &self,
        heal: bool,
        tell: impl FnMut(&Difference) + Send,
    ) -> anyhow::Result<u64> {
        run::audit(&self.parts, heal, tell, |_, _| {}).await
    }

    /// The same by command: waits for NATS, prints what differs, and tells the standard error how
    /// far it is if told to.
    ///
    /// # Errors
    /// As [`Reconciler::audit`]; something differs and was not to be healed.
    pub async fn verify(&self, heal: bool, progress: bool) -> anyhow::Result<()> {
        let connected = timeout(COMMAND_PATIENCE, self.parts.bus.connected());
        connected.await.context("NATS is away")?;
        let mut out = io::stdout();
        let tell = |difference: &Difference| drop(writeln!(out, "{difference}"));
        let reach = |done: u64, total: u64| {
            if progress {
                let line = serde_json::json!({ "done": done, "total": total });
                drop(writeln!(io::stderr(), "{line}"));
            }
        };
        let count = run::audit(&self.parts, heal, tell, reach).await?;
        ensure!(heal || count == 0, "{count} differences");
        let healed = if count > 0 { ", healed" } else { "" };
        writeln!(io::stdout(), "{count} differences{healed}")?;
        Ok(())
    }

    /// Gives a dead letter of this consumer to it once more, as [`dead_letters::replay`].
    ///
    /// # Errors
    /// What the consumer says, or the database's.
    pub(crate) async fn replay(&self, id: i64) -> anyhow::Result<bool> {
        dead_letters::replay(&self.parts.pool, &self.parts.consumer, id).await
    }

    /// Where the consumer's rows are.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.parts.pool
    }

    /// Compares whenever there is reason to, until told to stop.
    pub fn start(&self, stop: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(schedule::run(Arc::clone(&self.parts), stop))
    }
}

impl<C: Consumer> Parts<C> {
    fn every(&self) -> Duration {
        Duration::from_mins(u64::from(self.bus.settings().reconcile_minutes))
    }
}

/// The types of events that a consumer hears and this build knows.
fn types(subjects: &[&str]) -> Vec<&'static str> {
    let heard = |kind: &str| {
        subjects
            .iter()
            .any(|subject| match subject.strip_suffix('*') {
                Some(family) => kind.starts_with(family),
                None => kind == *subject,
            })
    };
    Fact::SUBJECTS
        .iter()
        .copied()
        .filter(|kind| heard(kind))
        .collect()
}

/// The service whose outbox tells of a kind.
const fn owner_of(kind: AggregateKind) -> &'static str {
    match kind {
        AggregateKind::User => "auth",
        AggregateKind::Project
        | AggregateKind::Membership
        | AggregateKind::ApiKey
        | AggregateKind::ProjectAudit => "project",
        AggregateKind::Ticket
        | AggregateKind::Requester
        | AggregateKind::ProjectCount
        | AggregateKind::Category
        | AggregateKind::Tag
        | AggregateKind::SlaPolicy
        | AggregateKind::TicketAudit => "ticket",
        AggregateKind::Deadline => "sla-worker",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_name_the_types_they_cover() {
        assert_eq!(
            types(&["user.*", "project.created"]),
            [
                "user.created",
                "user.updated",
                "user.verified",
                "user.deleted",
                "user.erased",
                "project.created"
            ]
        );
        assert_eq!(types(&["ticket.flew"]), [""; 0]);
    }
}
