//! What reporting hears: tickets for its read models, users and projects for their names.

use desk_bus::Consumer;
use desk_events::Event;
use sqlx::PgConnection;

use crate::{domain::latest, store};

/// Keeps the last state of each ticket, and the copies of users and projects.
#[derive(Debug, Clone, Copy)]
pub struct Reporting;

impl Consumer for Reporting {
    const NAME: &'static str = "reporting";

    fn subjects(&self) -> &'static [&'static str] {
        &["ticket.*", "message.*", "status.*", "user.*", "project.*"]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        desk_replica::apply(conn, events).await?;
        store::tickets::keep(conn, &latest(events)).await?;
        Ok(())
    }
}
