//! What the notifier hears: replies to tell of, and whose they are.

use desk_bus::Consumer;
use desk_events::{Event, Fact};
use sqlx::PgConnection;

use crate::{
    domain::{Delivery, delivery},
    store,
};

/// Queues what has to be told, and keeps the copies of users and projects.
#[derive(Debug, Clone, Copy)]
pub struct Notifier;

impl Consumer for Notifier {
    const NAME: &'static str = "notifier";

    fn subjects(&self) -> &'static [&'static str] {
        &["ticket.*", "message.*", "status.*", "user.*", "project.*"]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        desk_replica::apply(conn, events).await?;
        store::purged_tickets::add(conn, &purged(events)).await?;
        let deliveries: Vec<Delivery<'_>> = events.iter().filter_map(delivery).collect();
        store::deliveries::queue(conn, &deliveries).await?;
        Ok(())
    }
}

fn purged(events: &[Event]) -> Vec<i64> {
    events
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::TicketPurged(purged) => Some(purged.ticket.id),
            _ => None,
        })
        .collect()
}
