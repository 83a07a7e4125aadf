//! The SQL, one module per table family. What changes something writes its event and its audit row
//! in the same transaction.

pub mod audit;
pub mod copies;
pub mod keys;
pub mod memberships;
pub mod projects;

use desk_bus::outbox;
use desk_events::NewEvent;
use sqlx::PgConnection;

/// Puts an event into the outbox.
async fn say(conn: &mut PgConnection, event: NewEvent) -> sqlx::Result<()> {
    Ok(outbox::append(conn, &[event]).await?)
}
