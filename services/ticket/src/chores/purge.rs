//! Tickets that were deleted long ago are removed for good, with their files, and every consumer
//! hears of it.

use desk_bus::{
    erasure::{self, Past},
    outbox,
};
use desk_events::{AggregateKind, NewEvent};
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use crate::{
    App,
    domain::Ticket,
    events::outgoing,
    store::{purge, tickets},
    unwanted,
};

/// Tickets a transaction.
const BATCH: i64 = 100;

/// When tickets are removed for good.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct PurgeSettings {
    /// Days between a ticket's deletion and its end.
    #[arg(
        long,
        env = "SUPPORTDESK_PURGE_AFTER_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=3_650)
    )]
    pub purge_after_days: u16,
    /// Days between two purges.
    #[arg(
        long,
        env = "SUPPORTDESK_PURGE_EVERY_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(1..=366)
    )]
    pub purge_every_days: u16,
}

impl Default for PurgeSettings {
    fn default() -> Self {
        Self {
            purge_after_days: 30,
            purge_every_days: 30,
        }
    }
}

impl PurgeSettings {
    /// The time between two purges.
    pub fn every(self) -> Duration {
        Duration::days(self.purge_every_days.into())
    }

    /// What was deleted before then is over.
    fn before(self, now: OffsetDateTime) -> OffsetDateTime {
        now - Duration::days(self.purge_after_days.into())
    }
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Purged {
    /// Tickets.
    pub tickets: i64,
    /// Their files.
    pub files: i64,
}

/// Removes what is over.
pub async fn run(app: &App) -> anyhow::Result<Purged> {
    let mut sum = Purged::default();
    loop {
        let batch = batch(app).await?;
        sum.tickets += batch.tickets;
        sum.files += batch.files;
        if batch.tickets < BATCH {
            break;
        }
    }
    if sum.tickets > 0 {
        let Purged { tickets, files } = sum;
        tracing::info!(tickets, files, "deleted tickets are gone for good");
    }
    Ok(sum)
}

/// What [`run`] would remove.
pub async fn look(app: &App) -> anyhow::Result<Purged> {
    let before = app.purge.before(app.clock.now());
    let due = purge::due(&mut *app.db.acquire().await?, before).await?;
    Ok(Purged {
        tickets: due.tickets,
        files: due.files,
    })
}

async fn batch(app: &App) -> anyhow::Result<Purged> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let over = tickets::lock_deleted(&mut tx, app.purge.before(now), BATCH).await?;
    let ids: Vec<i64> = over.iter().map(|ticket| ticket.id).collect();
    purge::unsay(&mut tx, &ids).await?;
    let past = |ticket: &Ticket| Past {
        kind: AggregateKind::Ticket,
        id: ticket.id,
        through: ticket.version,
    };
    let pasts: Vec<Past> = over.iter().map(past).collect();
    erasure::request(&mut tx, &pasts).await?;
    let files = purge::remove(&mut tx, &ids).await?;
    let said = |ticket: &Ticket| outgoing::purged(ticket, ticket.moment(now));
    let events: Vec<NewEvent> = over.iter().map(said).collect();
    outbox::append(&mut tx, &events).await?;
    tx.commit().await?;
    app.bus.wake();
    if let Err(error) = unwanted::remove(app).await {
        let error = format!("{error:#}");
        tracing::warn!(error, "files of purged tickets are removed later");
    }
    Ok(Purged {
        tickets: i64::try_from(ids.len())?,
        files: i64::try_from(files)?,
    })
}
