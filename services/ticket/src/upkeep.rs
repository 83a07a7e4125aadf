//! What happens by itself: totals are summed up and told, answers kept long enough are dropped.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{
    App,
    store::{counts, idempotency, totals},
};

/// How often changed counts are looked for; a project's is told once a second at most.
const COUNT_EVERY: Duration = Duration::from_millis(500);
/// So many rounds of counting between two sweeps of kept answers.
const SWEEP_EVERY: u32 = 1_200;

/// Runs until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    let mut round: u32 = 0;
    while stop
        .run_until_cancelled(tokio::time::sleep(COUNT_EVERY))
        .await
        .is_some()
    {
        if let Err(error) = count(&app).await {
            tracing::warn!(%error, "tickets are counted later");
        }
        if round.is_multiple_of(SWEEP_EVERY)
            && let Err(error) = sweep(&app).await
        {
            tracing::warn!(%error, "kept answers are dropped later");
        }
        round = round.wrapping_add(1);
    }
}

async fn count(app: &App) -> sqlx::Result<()> {
    while !totals::was_all(sum_up(app).await?) {}
    let mut tx = app.db.begin().await?;
    let told = counts::tell(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    if told > 0 {
        app.bus.wake();
    }
    Ok(())
}

async fn sum_up(app: &App) -> sqlx::Result<i64> {
    let mut tx = app.db.begin().await?;
    let summed = totals::sum_up(&mut tx).await?;
    tx.commit().await?;
    Ok(summed)
}

async fn sweep(app: &App) -> sqlx::Result<()> {
    let mut conn = app.db.acquire().await?;
    idempotency::sweep(&mut conn, app.clock.now()).await?;
    Ok(())
}
