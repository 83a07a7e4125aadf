//! What we hear: users, projects and memberships (kept as copies), and the SLA worker's claims.

use anyhow::Context;
use desk_bus::{
    Consumer,
    reconcile::{Kept, Known},
};
use desk_events::{Actor, AggregateKind, Event, Fact, SlaClaim};
use sqlx::PgConnection;

use crate::{
    App,
    domain::{Scope, Ticket, Write, assign, breach},
    store::{
        people, requesters,
        tickets::{self, Existence},
    },
};

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
            | Fact::UserDeleted(user) => {
                link_requester(conn, user.id).await?;
                self.release_tickets(conn, user.id).await
            }
            Fact::ProjectMembership(place) => self.release_tickets(conn, place.user_id).await,
            Fact::SlaBreached(claim) => self.judge(conn, claim).await,
            _ => Ok(()),
        }
    }

    /// Takes open tickets from somebody who may no longer work on them.
    async fn release_tickets(&self, conn: &mut PgConnection, user_id: i64) -> anyhow::Result<()> {
        for id in tickets::orphaned(conn, user_id).await? {
            self.change(conn, id, |ticket, now| {
                assign::assign(ticket, None, Actor::SYSTEM, now)
            })
            .await?;
        }
        Ok(())
    }

    async fn judge(&self, conn: &mut PgConnection, claim: &SlaClaim) -> anyhow::Result<()> {
        self.change(conn, claim.ticket_id, |ticket, now| {
            breach::judge(ticket, claim, now)
        })
        .await
    }

    async fn change(
        &self,
        conn: &mut PgConnection,
        id: i64,
        rule: impl FnOnce(&Ticket, time::OffsetDateTime) -> Write,
    ) -> anyhow::Result<()> {
        let Some(ticket) = tickets::lock(conn, id, &Scope::All, Existence::Live).await? else {
            return Ok(());
        };
        let write = rule(&ticket, ticket.moment(self.app.clock.now()));
        if !write.is_empty() {
            tickets::apply(conn, &write)
                .await
                .context("storing the change")?;
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
        desk_replica::apply(conn, events).await?;
        for event in events {
            desk_telemetry::scope(desk_bus::trace(event), self.follow_up(conn, event)).await?;
        }
        Ok(())
    }

    /// Accounts and memberships set things off beyond their copies, which the owner's answer on a
    /// miss does not: they are kept by event.
    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_event(AggregateKind::User),
                Kept::by_event(AggregateKind::Membership),
                Kept::by_state(AggregateKind::Project),
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

/// What the copies need, and the claims.
const SUBJECTS: &[&str] = &[
    "user.*",
    "project.created",
    "project.updated",
    "project.deleted",
    "project.membership",
    "sla.breached",
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
