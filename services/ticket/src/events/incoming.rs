//! What we hear: users, projects and memberships (kept as copies), and the SLA worker's claims.

use std::collections::BTreeMap;

use anyhow::Context;
use desk_bus::{
    Consumer,
    reconcile::{Kept, Known},
};
use desk_events::{Actor, AggregateKind, Event, Fact, SlaClaim};
use sqlx::PgConnection;

use super::erasing;
use crate::{
    App,
    domain::{Write, assign, breach},
    store::{breaches, people, releases, requesters, tickets},
};

/// Tickets released by one statement, at most.
const RELEASED: usize = 500;

/// The service's consumer.
pub struct Hearing {
    app: App,
}

impl Hearing {
    /// A consumer that changes the app's database.
    pub const fn new(app: App) -> Self {
        Self { app }
    }

    /// What an event changes beyond the copies.
    async fn follow_up(&self, conn: &mut PgConnection, event: &Event) -> anyhow::Result<()> {
        match &event.fact {
            Fact::UserCreated(user)
            | Fact::UserUpdated(user)
            | Fact::UserVerified(user)
            | Fact::UserDeleted(user)
            | Fact::UserErased(user) => {
                link_requester(conn, user.id).await?;
                self.release_tickets(conn, user.id).await
            }
            Fact::ProjectMembership(place) => self.release_tickets(conn, place.user_id).await,
            _ => Ok(()),
        }
    }

    /// Begins to erase people: before the copies of their accounts are erased, which tell whose an
    /// address was, and after what else came to these.
    async fn erase(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        let is_erasure = |event: &&Event| matches!(event.fact, Fact::UserErased(_));
        if !events.iter().any(|event| is_erasure(&event)) {
            return Ok(());
        }
        let others: Vec<Event> = events.iter().filter(|e| !is_erasure(e)).cloned().collect();
        desk_replica::apply(conn, &others).await?;
        for event in events.iter().filter(is_erasure) {
            let cause = desk_bus::trace(event);
            erasing::begin(&self.app, conn, event.aggregate.id, &cause).await?;
        }
        Ok(())
    }

    /// Takes open tickets from somebody who may no longer work on them; there may be thousands.
    async fn release_tickets(&self, conn: &mut PgConnection, user_id: i64) -> anyhow::Result<()> {
        let now = self.app.clock.now();
        for ids in tickets::orphaned(conn, user_id).await?.chunks(RELEASED) {
            let locked = tickets::lock_all(conn, ids).await?;
            let writes: Vec<Write> = locked
                .iter()
                // Somebody else may have got it before it was locked.
                .filter(|ticket| ticket.assigned_to == Some(user_id))
                .map(|ticket| assign::assign(ticket, None, Actor::SYSTEM, ticket.moment(now)))
                .collect();
            releases::apply(conn, &writes)
                .await
                .context("releasing tickets")?;
        }
        Ok(())
    }

    /// Judges claims under their tickets' row locks, all at once: a thousand deadlines may fall due
    /// in one second.
    async fn judge(&self, conn: &mut PgConnection, claims: &[Claim<'_>]) -> anyhow::Result<()> {
        let mut by_ticket: BTreeMap<i64, Vec<&SlaClaim>> = BTreeMap::new();
        for (_, claim) in claims {
            by_ticket.entry(claim.ticket_id).or_default().push(claim);
        }
        let ids: Vec<i64> = by_ticket.keys().copied().collect();
        let now = self.app.clock.now();
        let mut writes = Vec::new();
        for ticket in tickets::lock_all(conn, &ids).await? {
            let claims = by_ticket.get(&ticket.id).into_iter().flatten();
            let claims: Vec<&SlaClaim> = claims.copied().collect();
            writes.push(breach::judge(&ticket, &claims, now));
        }
        writes.retain(|write| !write.is_empty());
        if !writes.is_empty() {
            breaches::apply(conn, &writes)
                .await
                .context("storing breaches")?;
        }
        Ok(())
    }
}

impl Consumer for Hearing {
    const NAME: &'static str = "ticket";

    fn subjects(&self) -> &'static [&'static str] {
        SUBJECTS
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        self.erase(conn, events).await?;
        desk_replica::apply(conn, events).await?;
        for event in events {
            desk_telemetry::scope(desk_bus::trace(event), self.follow_up(conn, event)).await?;
        }
        for claims in claims(events).chunk_by(|(one, _), (other, _)| same_cause(one, other)) {
            let Some((event, _)) = claims.first() else {
                continue;
            };
            desk_telemetry::scope(desk_bus::trace(event), self.judge(conn, claims)).await?;
        }
        Ok(())
    }

    /// Accounts and memberships set things off beyond their copies, which the owner's answer on a
    /// miss does not, and each claim is judged: they are kept by event.
    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_event(AggregateKind::User),
                Kept::by_event(AggregateKind::Membership),
                Kept::by_state(AggregateKind::Project),
                Kept::by_event(AggregateKind::Deadline),
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
        self.app.bus.wake();
    }
}

/// A claim with the event that makes it.
type Claim<'a> = (&'a Event, &'a SlaClaim);

/// The claims of missed deadlines in a batch.
fn claims(events: &[Event]) -> Vec<Claim<'_>> {
    let mut claims: Vec<Claim<'_>> = Vec::new();
    for event in events {
        if let Fact::SlaBreached(claim) = &event.fact {
            claims.push((event, claim));
        }
    }
    claims
}

fn same_cause(one: &Event, other: &Event) -> bool {
    (&one.request_id, &one.traceparent) == (&other.request_id, &other.traceparent)
}

/// What the copies need, and what the SLA worker says of deadlines.
const SUBJECTS: &[&str] = &[
    "user.*",
    "project.created",
    "project.updated",
    "project.deleted",
    "project.membership",
    "sla.*",
];

/// Links a customer to the requester of its address, by what is known of the account now: the
/// event may be an old one.
async fn link_requester(conn: &mut PgConnection, user_id: i64) -> anyhow::Result<()> {
    match people::customer_email(conn, user_id).await? {
        Some(email) => requesters::link(conn, &email.to_lowercase(), user_id).await?,
        None => requesters::unlink(conn, user_id, None).await?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_copies_need_is_heard() {
        for subject in desk_replica::SUBJECTS {
            assert!(SUBJECTS.contains(subject), "{subject}");
        }
    }
}
