//! What auth hears: projects and their agents, which it copies for `me`, requesters, for whom it
//! makes customer accounts, and the other services' audits.

use std::collections::HashMap;

use desk_bus::{
    Bus, Consumer,
    reconcile::{Kept, Known},
};
use desk_events::{AggregateKind, Event, Fact, RequesterState};
use desk_http::Clock;
use sqlx::PgConnection;

use super::outgoing;
use crate::store::{
    audit,
    users::{self, Customers},
};

/// Auth's consumer. It owns the accounts, so that it copies none.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Dates the accounts made.
    pub clock: Clock,
    /// Woken when accounts were made.
    pub bus: Bus,
}

impl Consumer for Heard {
    const NAME: &'static str = "auth";

    fn subjects(&self) -> &'static [&'static str] {
        &[
            "requester.added",
            "project.created",
            "project.updated",
            "project.deleted",
            "project.membership",
            "audit.recorded",
        ]
    }

    async fn apply(&self, conn: &mut PgConnection, events: &[Event]) -> anyhow::Result<()> {
        desk_replica::apply(&mut *conn, events).await?;
        audit::keep(&mut *conn, events).await?;
        self.make_customers(conn, events).await
    }

    fn keeps(&self) -> &'static [Kept] {
        const {
            &[
                Kept::by_state(AggregateKind::Requester),
                Kept::by_state(AggregateKind::Project),
                Kept::by_state(AggregateKind::Membership),
                Kept::by_state(AggregateKind::TicketAudit),
                Kept::by_state(AggregateKind::ProjectAudit),
            ]
        }
    }

    async fn known(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        ids: &[i64],
    ) -> anyhow::Result<Vec<Known>> {
        let known = match kind {
            AggregateKind::Requester => users::heard_requesters(conn, ids).await,
            AggregateKind::TicketAudit | AggregateKind::ProjectAudit => {
                audit::known(conn, kind, ids).await
            }
            copied => desk_replica::known(conn, copied, ids).await,
        };
        Ok(known?)
    }

    async fn committed(&self, events: &[Event]) {
        if events.iter().any(|event| requester(event).is_some()) {
            self.bus.wake();
        }
    }
}

impl Heard {
    /// One account for each new requester's address; each told of in the trace of the ticket that caused it.
    async fn make_customers(
        &self,
        conn: &mut PgConnection,
        events: &[Event],
    ) -> anyhow::Result<()> {
        let mut causes: HashMap<String, &Event> = HashMap::new();
        let mut customers = Customers::default();
        for event in events {
            let Some(requester) = requester(event) else {
                continue;
            };
            let email = requester.email.to_lowercase();
            customers.requesters.push(requester.id);
            customers.names.push(requester.name.clone());
            customers.emails.push(email.clone());
            customers.phones.push(requester.phone.clone());
            causes.entry(email).or_insert(event);
        }
        if causes.is_empty() {
            return Ok(());
        }
        for user in users::insert_customers(conn, &customers, self.clock.now()).await? {
            let said = outgoing::created(&mut *conn, &user);
            match causes.get(&user.email) {
                Some(cause) => desk_telemetry::scope(desk_bus::trace(cause), said).await?,
                None => said.await?,
            }
        }
        Ok(())
    }
}

fn requester(event: &Event) -> Option<&RequesterState> {
    match &event.fact {
        Fact::RequesterAdded(requester) => Some(requester),
        _ => None,
    }
}
