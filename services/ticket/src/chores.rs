//! What is done now and then, by one replica: files that no row names are swept away, tickets that
//! were deleted long ago are removed for good.
//!
//! A chore holds its lock in a transaction of its own and notes there that it was done, so that
//! one that failed or was killed is done by whoever looks next.

pub mod purge;
mod sweep;

use std::time::Duration as Pause;

use time::Duration;
use tokio_util::sync::CancellationToken;

use crate::{App, store::chores};

/// How often is looked for chores that are due.
const LOOK: Pause = Pause::from_mins(1);
/// How often files are swept.
const SWEEP: Duration = Duration::HOUR;

/// Runs until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        let round = async {
            chore(&app, "sweep", SWEEP, sweep::run).await;
            let purge = async |app: &App| purge::run(app).await.map(drop);
            chore(&app, "purge", app.purge.every(), purge).await;
            tokio::time::sleep(LOOK).await;
        };
        if stop.run_until_cancelled(round).await.is_none() {
            return;
        }
    }
}

/// Does a chore if it is due and nobody else is at it.
async fn chore(
    app: &App,
    name: &'static str,
    every: Duration,
    work: impl AsyncFn(&App) -> anyhow::Result<()>,
) {
    if let Err(error) = attempt(app, name, every, work).await {
        tracing::warn!(chore = name, error = format!("{error:#}"), "done later");
    }
}

async fn attempt(
    app: &App,
    name: &str,
    every: Duration,
    work: impl AsyncFn(&App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !chores::try_lock(&mut tx, name).await?
        || chores::was_done(&mut tx, name, now - every).await?
    {
        tx.rollback().await?;
        return Ok(());
    }
    work(app).await?;
    chores::done(&mut tx, name, now).await?;
    tx.commit().await?;
    Ok(())
}
