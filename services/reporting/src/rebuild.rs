//! Building the read models anew from ticket's states, while the old ones serve.
//!
//! From the moment a rebuild is noted as running, every batch of events is applied to the live
//! tables and to a shadow of them, in one transaction. Whatever was heard before that moment is in
//! ticket's snapshot, which is read after it. So once the last page is in, the shadow has all that
//! the live tables have, and the two change places in one transaction. The stream is not read:
//! a rebuild works when it was trimmed or wiped.
//!
//! A rebuild that is interrupted goes on where it stopped, since the shadow went on hearing.

use std::time::Duration;

use anyhow::Context as _;
use desk_bus::reconcile::Snapshot;
use desk_events::TicketPage;
use desk_http::{Clock, reach::is_locked};
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::Heard,
    store::{
        keep::take_turn,
        rebuild::{self, Page, Progress},
    },
};

/// How often the places are tried to be changed, and the rest between: a long report is waited out.
const TRIES: u32 = 60;
const REST: Duration = Duration::from_secs(1);

/// Rebuilds, one at a time in the whole deployment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rebuilder {
    db: PgPool,
    snapshot: Snapshot,
    clock: Clock,
    stop: CancellationToken,
}

/// How a rebuild ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The new read models serve.
    Done,
    /// Told to stop; it may go on later.
    Interrupted,
}

impl Rebuilder {
    /// Rebuilds what is in `db` until told to stop.
    pub const fn new(
        db: PgPool,
        snapshot: Snapshot,
        clock: Clock,
        stop: CancellationToken,
    ) -> Self {
        Self {
            db,
            snapshot,
            clock,
            stop,
        }
    }

    /// Begins, or goes on with an interrupted one; none while another runs.
    pub(crate) async fn begin(&self) -> anyhow::Result<Option<Rebuild<'_>>> {
        let Some(mut rebuild) = self.lock().await? else {
            return Ok(None);
        };
        if !rebuild::is_running(&mut rebuild.conn).await? {
            let mut tx = rebuild.conn.begin().await?;
            take_turn(&mut tx).await?;
            rebuild::begin(&mut tx, self.clock.now()).await?;
            tx.commit().await?;
        }
        Ok(Some(rebuild))
    }

    /// On a connection beside the pool: the right to rebuild ends with it.
    async fn lock(&self) -> anyhow::Result<Option<Rebuild<'_>>> {
        let options = PgConnectOptions::clone(&self.db.connect_options())
            .application_name("reporting rebuild");
        let mut conn = PgConnection::connect_with(&options).await?;
        let held = rebuild::lock(&mut conn).await?;
        Ok(held.then_some(Rebuild {
            rebuilder: self,
            conn,
        }))
    }

    /// Begins in the background; false while another runs.
    pub(crate) async fn start(&self) -> anyhow::Result<bool> {
        let (started, begun) = tokio::sync::oneshot::channel();
        let rebuilder = self.clone();
        tokio::spawn(async move {
            match rebuilder.begin().await {
                Ok(Some(rebuild)) => {
                    drop(started.send(Ok(true)));
                    report(rebuild.run(|_, _| {}).await);
                }
                Ok(None) => drop(started.send(Ok(false))),
                Err(error) => drop(started.send(Err(error))),
            }
        });
        begun.await.context("the rebuild did not begin")?
    }

    /// Goes on with a rebuild that a process left half-way, if there is one.
    pub(crate) async fn resume(self) {
        let outcome = async {
            if rebuild::progress(&self.db).await?.is_interrupted() {
                self.start().await?;
            }
            anyhow::Ok(())
        };
        if let Err(error) = outcome.await {
            tracing::warn!(error = format!("{error:#}"), "rebuild not gone on with");
        }
    }
}

/// A rebuild under way.
pub(crate) struct Rebuild<'a> {
    rebuilder: &'a Rebuilder,
    conn: PgConnection,
}

impl Rebuild<'_> {
    /// Reads to the end and changes places; `tell` hears what is done of how many.
    pub(crate) async fn run(mut self, tell: impl FnMut(i64, i64) + Send) -> anyhow::Result<Ended> {
        let outcome = self.work(tell).await;
        if let Err(error) = &outcome {
            let (error, now) = (format!("{error:#}"), self.rebuilder.clock.now());
            rebuild::fail(&mut self.conn, &error, now).await?;
        }
        rebuild::unlock(&mut self.conn).await?;
        outcome
    }

    async fn work(&mut self, mut tell: impl FnMut(i64, i64) + Send) -> anyhow::Result<Ended> {
        let mut next = Some(rebuild::next_page(&mut self.conn).await?);
        while let Some(after) = next {
            if self.rebuilder.stop.is_cancelled() {
                return Ok(Ended::Interrupted);
            }
            let page = self.rebuilder.snapshot.page(&after).await?;
            self.add(&page).await.context("keeping a page")?;
            let Progress { done, total, .. } = rebuild::progress(&mut self.conn).await?;
            tell(done, total);
            next = page.next;
        }
        rebuild::analyze(&mut self.conn)
            .await
            .context("analyzing")?;
        self.change_places().await?;
        Ok(Ended::Done)
    }

    /// A page in a transaction of its own: no batch of events waits for long.
    async fn add(&mut self, page: &TicketPage) -> sqlx::Result<()> {
        let mut tx = self.conn.begin().await?;
        take_turn(&mut tx).await?;
        let states = page.tickets.iter().map(Heard::told).collect();
        let (next, total) = (page.next.as_deref(), page.total);
        let page = Page {
            states,
            next,
            total,
        };
        rebuild::add(&mut tx, &page).await?;
        tx.commit().await
    }

    async fn change_places(&mut self) -> anyhow::Result<()> {
        let mut left = TRIES;
        loop {
            left -= 1;
            let now = self.rebuilder.clock.now();
            let mut tx = self.conn.begin().await?;
            take_turn(&mut tx).await?;
            match rebuild::serve(&mut tx, now).await {
                Ok(()) => return Ok(tx.commit().await?),
                // Somebody reads for longer than was waited for.
                Err(error) if left > 0 && is_locked(&error) => tx.rollback().await?,
                Err(error) => return Err(error).context("changing places"),
            }
            tokio::time::sleep(REST).await;
        }
    }
}

fn report(outcome: anyhow::Result<Ended>) {
    match outcome {
        Ok(Ended::Done) => tracing::info!("read models rebuilt"),
        Ok(Ended::Interrupted) => tracing::info!("rebuild interrupted, goes on at the next start"),
        Err(error) => tracing::error!(error = format!("{error:#}"), "rebuild failed"),
    }
}
