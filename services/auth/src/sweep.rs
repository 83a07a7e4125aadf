//! Forgets what has had its time: sessions, revocations, counted attempts, mailed tokens.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    store::{account_mails, attempts, revocations, sessions},
};

/// How often.
const EVERY: Duration = Duration::from_mins(1);

/// Sweeps now and then until told to stop. Every replica may.
pub fn start(app: App, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(EVERY);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            if let Err(error) = once(&app).await {
                tracing::warn!(%error, "sweeping");
            }
        }
    })
}

/// Sweeps once; answers how many rows went.
///
/// # Errors
/// The database's.
pub async fn once(app: &App) -> sqlx::Result<u64> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let sessions = sessions::sweep(&mut *conn, app.tokens.refreshable_since(now)).await?;
    let revocations = revocations::sweep(&mut *conn, now).await?;
    let tokens = account_mails::sweep(&mut *conn, now).await?;
    Ok(sessions + revocations + tokens + attempts::sweep(&mut conn, now).await?)
}
