//! Files that no row names: what requests that died half-way left in the store.

use futures::TryStreamExt;
use time::Duration;

use crate::{App, store::attachments};

/// A younger one may get its row yet.
const AGE: Duration = Duration::HOUR;
/// Objects that the database is asked about at once.
const BATCH: usize = 500;

/// Removes them.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let before = app.clock.now() - AGE;
    let mut swept = app.files.remove_leftovers(before).await?;
    let mut listed = app.files.list().try_chunks(BATCH);
    while let Some(batch) = listed.try_next().await? {
        let old = batch
            .into_iter()
            .filter(|object| object.written_at < before);
        let objects: Vec<String> = old.map(|object| object.object).collect();
        if objects.is_empty() {
            continue;
        }
        let unnamed = attachments::unnamed(&mut *app.db.acquire().await?, &objects).await?;
        app.files.remove(&unnamed).await?;
        swept += unnamed.len() as u64;
    }
    if swept > 0 {
        tracing::info!(swept, "files without a row are gone");
        metrics::counter!("files_swept_total").increment(swept);
    }
    Ok(())
}
