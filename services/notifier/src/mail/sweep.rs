//! Forgets what was told long ago, and what was not told in time.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{App, store::sending};

/// How often.
const EVERY: Duration = Duration::from_mins(1);
/// How long it is remembered who was told of what. An event that comes again is older than this by
/// far before it counts as news (see the consumer).
const REMEMBERED: time::Duration = time::Duration::days(30);

/// Sweeps now and then until told to stop. Every replica may.
pub(crate) fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    let _ = metrics::histogram!("notifier_mail_lateness_seconds");
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = once(&app).await {
                tracing::warn!(%error, "sweeping");
            }
        }
    })
}

/// Sweeps once, and shows how much is left.
#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floats; counts stay below 2^52"
)]
async fn once(app: &App) -> sqlx::Result<()> {
    let now = app.clock.now();
    sending::sweep(&app.db, now, now - REMEMBERED).await?;
    let (queued, dead) = sending::backlog(&app.db).await?;
    metrics::gauge!("notifier_mails_queued").set(queued as f64);
    metrics::gauge!("notifier_mails_dead").set(dead as f64);
    Ok(())
}
