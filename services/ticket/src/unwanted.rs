//! The bytes of files go right after the commit that took their rows. What the store does not let
//! go of, since it is away or the process ends, is tried again until it is gone.

use crate::{App, store::unwanted};

/// Objects between two notes of what is gone.
const BATCH: i64 = 200;

/// Removes what is unwanted by now.
///
/// # Errors
/// The database's, or the store's.
pub async fn remove(app: &App) -> anyhow::Result<()> {
    loop {
        let objects = unwanted::some(&mut *app.db.acquire().await?, BATCH).await?;
        if objects.is_empty() {
            return Ok(());
        }
        app.files
            .remove(&objects)
            .await
            .map_err(|_| anyhow::anyhow!("the store keeps files that are unwanted"))?;
        unwanted::gone(&mut *app.db.acquire().await?, &objects).await?;
    }
}
