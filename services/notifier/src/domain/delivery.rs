//! Whom an event concerns, and what they are told.

use desk_events::{Actor, Event, Fact, MessageExcerpt, MessageKind, TicketEvent, TicketState};
use time::OffsetDateTime;
use uuid::Uuid;

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipient<'a> {
    /// The customer, by the ticket's address.
    Customer(&'a str),
    /// A colleague, by user id.
    Staff(i64),
}

/// One mail to one recipient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    /// The event it tells of.
    pub(crate) event_id: Uuid,
    /// When that happened.
    pub(crate) occurred_at: OffsetDateTime,
    /// Who did it.
    pub(crate) actor: Actor,
    /// Who is told.
    pub(crate) recipient: Recipient<'a>,
    /// The ticket after it.
    pub(crate) ticket: &'a TicketState,
    /// The message that was written.
    pub(crate) message: &'a MessageExcerpt,
}

/// The mail that an event asks for: a public reply is told to the other side. A note never
/// leaves the desk.
pub(crate) fn delivery(event: &Event) -> Option<Delivery<'_>> {
    let Fact::MessageAdded(added) = &event.fact else {
        return None;
    };
    let message = added
        .message
        .as_ref()
        .filter(|message| message.kind == MessageKind::Reply)?;
    Some(Delivery {
        event_id: event.id,
        occurred_at: event.occurred_at,
        actor: added.actor,
        recipient: recipient(added, message)?,
        ticket: &added.ticket,
        message,
    })
}

/// The customer of a staff reply, the assignee of any other; never the one who wrote it.
fn recipient<'a>(added: &'a TicketEvent, message: &MessageExcerpt) -> Option<Recipient<'a>> {
    let ticket = &added.ticket;
    if message.is_agent {
        // An erased customer has no address left.
        return Some(ticket.customer_email.as_str())
            .filter(|address| !address.is_empty())
            .map(Recipient::Customer);
    }
    ticket
        .assigned_to
        .filter(|assignee| added.actor != Actor::user(*assignee))
        .map(Recipient::Staff)
}

#[cfg(test)]
mod tests {
    use desk_events::{Aggregate, AggregateKind, Priority, Source, Status};
    use time::macros::datetime;

    use super::*;

    const FILED: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
    const AGENT: Actor = Actor::user(5);
    const CUSTOMER: Actor = Actor::user(9);

    fn ticket() -> TicketState {
        TicketState {
            id: 7,
            number: "NAIJ-2026-00007".to_owned(),
            project_id: 3,
            subject: "Printer".to_owned(),
            status: Status::Open,
            priority: Priority::High,
            source: Source::Api,
            category_id: None,
            assigned_to: None,
            creator_id: None,
            customer_name: "Ada".to_owned(),
            customer_email: "ada@example.com".to_owned(),
            first_response_at: None,
            first_response_due_at: None,
            resolution_due_at: None,
            first_response_soon_at: None,
            resolution_soon_at: None,
            first_response_open: true,
            resolution_open: true,
            deadline_generation: 1,
            first_response_breached: false,
            resolution_breached: false,
            resolved_at: None,
            closed_at: None,
            deleted_at: None,
            created_at: FILED,
            reply_count: 1,
            watchers: Vec::new(),
        }
    }

    fn added(
        kind: MessageKind,
        is_agent: bool,
        actor: Actor,
        assigned_to: Option<i64>,
    ) -> TicketEvent {
        TicketEvent {
            ticket: TicketState {
                assigned_to,
                ..ticket()
            },
            actor,
            changes: Vec::new(),
            message: Some(MessageExcerpt {
                id: 70,
                kind,
                is_agent,
                is_first_response: false,
                excerpt: "Try turning it off".to_owned(),
            }),
        }
    }

    fn event(fact: Fact) -> Event {
        Event {
            id: Uuid::from_u128(1),
            aggregate: Aggregate {
                kind: AggregateKind::Ticket,
                id: 7,
            },
            sequence: 2,
            occurred_at: FILED,
            traceparent: None,
            request_id: None,
            fact,
        }
    }

    fn told(added: TicketEvent) -> Option<String> {
        let event = event(Fact::MessageAdded(Box::new(added)));
        delivery(&event).map(|delivery| match delivery.recipient {
            Recipient::Customer(address) => address.to_owned(),
            Recipient::Staff(id) => id.to_string(),
        })
    }

    #[test]
    fn a_public_reply_is_told_to_the_other_side() {
        use MessageKind::{Note, Reply};
        for (case, kind, is_agent, actor, assignee, expected) in [
            (
                "staff reply",
                Reply,
                true,
                AGENT,
                Some(5),
                Some("ada@example.com"),
            ),
            (
                "reply of another colleague",
                Reply,
                true,
                AGENT,
                Some(6),
                Some("ada@example.com"),
            ),
            (
                "customer's reply",
                Reply,
                false,
                CUSTOMER,
                Some(5),
                Some("5"),
            ),
            (
                "customer's reply by key",
                Reply,
                false,
                Actor::key(5),
                Some(5),
                Some("5"),
            ),
            (
                "customer's reply, nobody assigned",
                Reply,
                false,
                CUSTOMER,
                None,
                None,
            ),
            (
                "assignee replies to an own ticket",
                Reply,
                false,
                AGENT,
                Some(5),
                None,
            ),
            ("note", Note, true, AGENT, Some(6), None),
            ("note by the requester", Note, false, AGENT, Some(6), None),
        ] {
            let told = told(added(kind, is_agent, actor, assignee));
            assert_eq!(told.as_deref(), expected, "{case}");
        }
    }

    #[test]
    fn an_erased_customer_is_told_nothing() {
        let mut erased = added(MessageKind::Reply, true, AGENT, None);
        erased.ticket.customer_email.clear();
        assert_eq!(told(erased), None);
    }

    #[test]
    fn other_events_tell_nobody() {
        let reply = added(MessageKind::Reply, true, AGENT, None);
        for fact in [
            Fact::StatusChanged(Box::new(reply.clone())),
            Fact::TicketUpdated(Box::new(reply)),
        ] {
            assert!(delivery(&event(fact)).is_none());
        }
    }
}
