//! Erasing people, by as many replicas as there are: some tickets in a transaction, so that a person
//! with many of them holds up nothing, and a replica that is killed loses one part's work at most.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{App, events::erasing, unwanted};

/// How often is looked for something to do.
const LOOK: Duration = Duration::from_millis(500);
/// The wait after a failure.
const PATIENCE: Duration = Duration::from_secs(5);

/// What there is to erase.
#[derive(Debug, Clone, Copy)]
enum Remains {
    /// People, of whom tickets tell.
    People,
    /// Files without a row.
    Files,
}

/// Runs until told to stop.
pub async fn run(app: App, stop: CancellationToken) {
    tokio::join!(
        rounds(&app, &stop, Remains::People),
        rounds(&app, &stop, Remains::Files),
    );
}

async fn rounds(app: &App, stop: &CancellationToken, remains: Remains) {
    let mut wait = LOOK;
    while stop
        .run_until_cancelled(tokio::time::sleep(wait))
        .await
        .is_some()
    {
        wait = LOOK;
        if let Err(error) = erase(app, stop, remains).await {
            let error = format!("{error:#}");
            tracing::warn!(?remains, error, "erased later");
            metrics::counter!("erasure_failures_total").increment(1);
            wait = PATIENCE;
        }
    }
}

/// Erases what there is. A stop is obeyed between two parts.
async fn erase(app: &App, stop: &CancellationToken, remains: Remains) -> anyhow::Result<()> {
    match remains {
        Remains::People => {
            while !stop.is_cancelled() && erasing::part(app).await? {}
            Ok(())
        }
        Remains::Files => unwanted::remove(app).await,
    }
}
