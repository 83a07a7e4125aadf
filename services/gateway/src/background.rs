//! What runs beside the requests.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::App;

/// How often addresses that were not heard of are forgotten.
const SWEEP: Duration = Duration::from_mins(1);

/// Starts to fetch keys, to follow revocations and to sweep, until told to stop.
pub fn start(app: &Arc<App>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    vec![
        spawn(app, stop, |app| async move { app.portal.keep_keys().await }),
        spawn(app, stop, |app| async move {
            app.portal.follow_revocations().await;
        }),
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

async fn sweep(app: Arc<App>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        app.limit.sweep();
    }
}
