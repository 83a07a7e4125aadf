//! Filing tickets: everything about them in one statement.
//!
//! The statement takes any number of tickets, one array a column, so that creates that arrive
//! together share it. Ids are drawn first, so that every part knows them. It leaves out
//!
//! - a ticket that was decided by another version of the configuration,
//! - one whose project is not known or not active,
//! - one whose requester another transaction added at the same moment (the row is there, but not
//!   yet to be seen),
//! - one whose idempotency key was used before.
//!
//! It fails as a whole when another call takes one of its keys at the same moment.

use desk_events::{Actor, AggregateKind, TicketEvent};
use desk_telemetry::TraceContext;
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::idempotency::OwnedCallKey;
use crate::domain::{Policy, Ticket};

/// Stands for the number in [`KeyedAnswer::answer`].
pub const NUMBER_BLANK: &str = "{number}";
/// Stands for the id in [`KeyedAnswer::answer`].
pub const ID_BLANK: i64 = i64::MIN;

/// A ticket about to be filed. Its id, number and requester are the database's to give.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// The ticket as it will be, with a blank number and no id.
    pub ticket: Ticket,
    /// The customer's phone.
    pub customer_phone: Option<String>,
    /// The external project's own id of the customer.
    pub external_customer_id: Option<String>,
    /// Who files it.
    pub actor: Actor,
    /// The version of the configuration that it was decided by.
    pub configuration: i64,
    /// The trace that its events belong to.
    pub context: TraceContext,
    /// What to keep for its idempotency key.
    pub keyed: Option<KeyedAnswer>,
}

/// The answer to keep for an idempotency key, with blanks for what the database gives.
#[derive(Debug, Clone)]
pub struct KeyedAnswer {
    /// Whose key, for which call.
    pub call: OwnedCallKey,
    /// The body of the 201, with [`NUMBER_BLANK`] and [`ID_BLANK`].
    pub answer: String,
}

/// What the database gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Which of the tickets it is, from 1.
    pub place: i64,
    /// Ticket id.
    pub id: i64,
    /// Ticket number.
    pub number: String,
}

/// One array per column.
#[derive(Default)]
struct Columns<'a> {
    project_ids: Vec<i64>,
    subjects: Vec<&'a str>,
    descriptions: Vec<&'a str>,
    priorities: Vec<&'static str>,
    sources: Vec<&'static str>,
    customer_names: Vec<&'a str>,
    customer_emails: Vec<&'a str>,
    customer_phones: Vec<Option<&'a str>>,
    external_customer_ids: Vec<Option<&'a str>>,
    metadata: Vec<&'a Value>,
    creators: Vec<Option<i64>>,
    categories: Vec<Option<i64>>,
    tags: Vec<String>,
    policies: Vec<Option<Json<&'a Policy>>>,
    first_response_due: Vec<Option<OffsetDateTime>>,
    resolution_due: Vec<Option<OffsetDateTime>>,
    times: Vec<OffsetDateTime>,
    actor_kinds: Vec<&'static str>,
    actor_ids: Vec<Option<i64>>,
    events: Vec<Json<TicketEvent>>,
    event_ids: Vec<Uuid>,
    requester_event_ids: Vec<Uuid>,
    configurations: Vec<i64>,
    traceparents: Vec<Option<&'a str>>,
    request_ids: Vec<Option<&'a str>>,
    callers: Vec<Option<&'a str>>,
    calls: Vec<Option<&'a str>>,
    keys: Vec<Option<&'a str>>,
    digests: Vec<Option<&'a [u8]>>,
    answers: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, new: &'a NewTicket) {
        let ticket = &new.ticket;
        self.project_ids.push(ticket.project_id);
        self.subjects.push(&ticket.subject);
        self.descriptions.push(&ticket.description);
        self.priorities.push(ticket.priority.as_str());
        self.sources.push(ticket.source.as_str());
        self.customer_names.push(&ticket.customer_name);
        self.customer_emails.push(&ticket.customer_email);
        self.customer_phones.push(new.customer_phone.as_deref());
        self.external_customer_ids
            .push(new.external_customer_id.as_deref());
        self.metadata.push(&ticket.metadata);
        self.creators.push(ticket.creator_user_id);
        self.categories.push(ticket.category_id);
        self.tags.push(array_literal(&ticket.tags));
        self.policies.push(ticket.clocks.policy.as_ref().map(Json));
        self.first_response_due
            .push(ticket.clocks.first_response_due_at);
        self.resolution_due.push(ticket.clocks.resolution_due_at);
        self.times.push(ticket.created_at);
        self.actor_kinds.push(new.actor.kind.as_str());
        self.actor_ids.push(new.actor.id);
        self.events.push(Json(TicketEvent {
            ticket: ticket.state(),
            actor: new.actor,
            changes: Vec::new(),
            message: None,
        }));
        self.event_ids.push(Uuid::now_v7());
        self.requester_event_ids.push(Uuid::now_v7());
        self.configurations.push(new.configuration);
        self.traceparents.push(new.context.traceparent.as_deref());
        self.request_ids.push(new.context.request_id.as_deref());
        self.key(new.keyed.as_ref());
    }

    fn key(&mut self, keyed: Option<&'a KeyedAnswer>) {
        let call = keyed.map(|keyed| keyed.call.borrow());
        self.callers.push(call.map(|call| call.caller));
        self.calls.push(call.map(|call| call.call));
        self.keys.push(call.map(|call| call.key));
        self.digests.push(call.map(|call| call.digest));
        self.answers.push(keyed.map(|keyed| keyed.answer.as_str()));
    }
}

/// Arrays of arrays must be of one length in PostgreSQL, hence the text form.
fn array_literal(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    format!("{{{}}}", ids.join(","))
}

/// Files tickets; answers those that were filed, in order.
pub async fn create(conn: &mut PgConnection, tickets: &[NewTicket]) -> sqlx::Result<Vec<Filed>> {
    let mut c = Columns::default();
    for ticket in tickets {
        c.push(ticket);
    }
    sqlx::query_file_as!(
        Filed,
        "src/store/create.sql",
        &c.project_ids,
        &c.subjects as _,
        &c.descriptions as _,
        &c.priorities as _,
        &c.sources as _,
        &c.customer_names as _,
        &c.customer_emails as &[&str],
        &c.customer_phones as _,
        &c.external_customer_ids as _,
        &c.metadata as _,
        &c.creators as _,
        &c.categories as _,
        &c.tags as _,
        &c.policies as _,
        &c.first_response_due as _,
        &c.resolution_due as _,
        &c.times,
        &c.actor_kinds as _,
        &c.actor_ids as _,
        &c.events as _,
        &c.event_ids,
        &c.requester_event_ids,
        &c.configurations,
        &c.traceparents as _,
        &c.request_ids as _,
        &c.callers as _,
        &c.calls as _,
        &c.keys as _,
        &c.digests as _,
        &c.answers as _,
        AggregateKind::Requester.as_str(),
        REQUESTER_ADDED,
        AggregateKind::Ticket.as_str(),
        TICKET_CREATED,
        NUMBER_BLANK,
        ID_BLANK.to_string(),
    )
    .fetch_all(conn)
    .await
}

/// The subject of [`desk_events::Fact::RequesterAdded`], whose payload the statement builds.
const REQUESTER_ADDED: &str = "requester.added";
/// The subject of [`desk_events::Fact::TicketCreated`], whose payload the statement completes.
const TICKET_CREATED: &str = "ticket.created";

#[cfg(test)]
mod tests {
    use desk_events::Fact;

    use super::*;

    #[test]
    fn the_statement_says_facts_that_exist() {
        for subject in [REQUESTER_ADDED, TICKET_CREATED] {
            assert!(Fact::SUBJECTS.contains(&subject));
        }
    }

    #[test]
    fn arrays_in_arrays_travel_as_text() {
        assert_eq!(array_literal(&[]), "{}");
        assert_eq!(array_literal(&[1, 22]), "{1,22}");
    }
}
