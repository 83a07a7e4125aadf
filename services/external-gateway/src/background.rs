//! What runs beside the requests.

use std::{sync::Arc, time::Duration};

use desk_bus::Bus;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{App, events, last_use::REPORT};

/// How often keys and addresses that were not heard of are forgotten.
const SWEEP: Duration = Duration::from_secs(30);
/// How soon the bus is listened to again after it could not be.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Starts to listen, to report and to sweep, until told to stop.
pub fn start(app: &Arc<App>, bus: Bus, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    vec![
        spawn(app, stop, |app| listen(app, bus)),
        tokio::spawn(report(Arc::clone(app), stop.clone())),
        spawn(app, stop, sweep),
    ]
}

fn spawn<F>(
    app: &Arc<App>,
    stop: &CancellationToken,
    task: impl FnOnce(Arc<App>) -> F,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let (task, stop) = (task(Arc::clone(app)), stop.clone());
    tokio::spawn(async move {
        stop.run_until_cancelled(task).await;
    })
}

async fn listen(app: Arc<App>, bus: Bus) {
    loop {
        if let Err(error) = events::listen(&app, &bus).await {
            tracing::warn!(%error, "project's events cannot be heard");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// Ends between two reports: one that is under way would lose what it took.
async fn report(app: Arc<App>, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(REPORT))
        .await
        .is_some()
    {
        app.report_last_use().await;
    }
}

async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        app.key_limit.sweep();
        app.failures.sweep(Instant::now());
    }
}
