//! What the notifier hears: news to tell of, and whom they concern.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use desk_bus::{
    Consumer, Unavailable,
    reconcile::{Kept, Known},
};
use desk_events::{AggregateKind, Event, Fact, TicketRecord, is_erased};
use desk_http::{Clock, Error, client::Peer};
use sqlx::PgConnection;

use crate::{
    domain::{Delivery, Ticket, deliveries},
    mail::Bell,
    store,
};

/// Queues what has to be told, and keeps the newest of tickets, users and projects.
#[derive(Debug, Clone)]
pub struct Notifier {
    /// Tells what is too old to be told.
    pub clock: Clock,
    /// Rung when something was queued.
    pub bell: Bell,
    /// Asked of tickets that nothing was heard of yet.
    pub ticket: Peer,
}

/// Nobody is told of what is older: events that were lost with the bus come again, and may be days
/// late by then.
const NEWS_FOR: Duration = Duration::from_hours(24);

impl Consumer for Notifier {
    const NAME: &'static str = "notifier";

    fn subjects(&self) -> &'static [&'static str] {
        &[
            "ticket.*",
            "message.*",
            "status.*",
            "user.*",
            "project.*",
            "sla.*",
        ]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        let now = self.clock.now();
        store::erasing::former_addresses(conn, events, now).await?;
        desk_replica::apply(conn, events).await?;
        store::purged_tickets::add(conn, &purged(events)).await?;
        let tickets = tickets(events);
        store::tickets::keep(conn, &tickets).await?;
        let claimed = self.claimed(conn, events).await?;
        let told: Vec<i64> = tickets.iter().map(|ticket| ticket.id).collect();
        let erased = store::erasing::tickets(conn, &told).await?;
        let deliveries = events
            .iter()
            .filter(|event| !is_of_before(event, &erased))
            .flat_map(|event| deliveries(event, &claimed));
        store::deliveries::queue(conn, &self.news(deliveries), now).await?;
        store::erasing::words(conn, events).await?;
        store::erasing::customers(conn, events, now).await?;
        Ok(())
    }

    /// A mail is about one event and no later one makes up for it: tickets are kept by event.
    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_event(AggregateKind::Ticket).forgotten_after(NEWS_FOR),
                Kept::by_event(AggregateKind::Deadline).forgotten_after(NEWS_FOR),
                Kept::by_state(AggregateKind::User),
                Kept::by_state(AggregateKind::Project),
                Kept::by_state(AggregateKind::Membership),
            ]
        }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        Ok(desk_replica::known(conn, kind, ids).await?)
    }

    async fn committed(&self, _: &[Event]) {
        self.bell.ring();
    }
}

impl Notifier {
    /// Tickets whose deadlines come near: the claim itself does not tell whom they concern. Ticket
    /// is asked of those whose last event came before tickets were kept here.
    async fn claimed(
        &self,
        conn: &mut PgConnection,
        events: &[Event],
    ) -> anyhow::Result<HashMap<i64, Ticket>> {
        let oldest = self.clock.now() - NEWS_FOR;
        let claims = events.iter().filter(|event| event.occurred_at >= oldest);
        let ids: Vec<i64> = claims
            .filter_map(|event| match &event.fact {
                Fact::SlaDueSoon(claim) => Some(claim.ticket_id),
                _ => None,
            })
            .collect();
        let known = store::tickets::find_all(conn, &ids).await?;
        let unknown: BTreeSet<i64> = ids
            .iter()
            .copied()
            .filter(|id| !known.contains_key(id))
            .collect();
        if unknown.is_empty() {
            return Ok(known);
        }
        let mut told = Vec::with_capacity(unknown.len());
        for id in unknown {
            let record = self.ticket.get(&format!("/internal/tickets/{id}")).await;
            let record: Option<TicketRecord> = record.map_err(asked_in_vain)?;
            told.extend(record.map(|record| Ticket::told(&record.ticket, record.sequence)));
        }
        store::tickets::keep(conn, &told).await?;
        Ok(store::tickets::find_all(conn, &ids).await?)
    }

    /// Drops, and counts, what is too old.
    fn news<'a>(&self, deliveries: impl Iterator<Item = Delivery<'a>>) -> Vec<Delivery<'a>> {
        let oldest = self.clock.now() - NEWS_FOR;
        let (news, stale): (Vec<_>, Vec<_>) =
            deliveries.partition(|delivery| delivery.occurred_at >= oldest);
        metrics::counter!("notifier_too_old_total").increment(stale.len() as u64);
        news
    }
}

/// Every ticket's state as these events tell it; none of those that are gone.
fn tickets(events: &[Event]) -> Vec<Ticket> {
    events
        .iter()
        .filter(|event| !matches!(event.fact, Fact::TicketPurged(_)))
        .filter_map(|event| Some(Ticket::told(event.fact.ticket()?, event.sequence)))
        .collect()
}

/// Whether an event is about an erased customer's ticket as it was before: nobody is told of it
/// any more.
fn is_of_before(event: &Event, erased: &[i64]) -> bool {
    let ticket = event.fact.ticket();
    ticket.is_some_and(|ticket| erased.contains(&ticket.id) && !is_erased(&ticket.customer_email))
}

/// Ticket is away: the events wait for it. What it cannot answer concerns one event alone.
fn asked_in_vain(error: Error) -> anyhow::Error {
    match error {
        Error::Internal(error) => error,
        other => Unavailable(anyhow::anyhow!("asking ticket: {other}")).into(),
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
