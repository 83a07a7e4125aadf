//! What ticket and auth might say.

use desk_events::{
    Actor, Aggregate, AggregateKind, Event, Fact, MessageExcerpt, MessageKind, NewEvent, Priority,
    Role, Source, Status, TicketEvent, TicketState, UserState,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

/// When every ticket here was filed.
pub const FILED: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
/// Who staff replies and notes are by, and who is assigned.
pub const AGENT: i64 = 5;
/// Who the customer's replies are by.
pub const CUSTOMER: i64 = 9;
/// Whom every ticket is filed for.
pub const ADDRESS: &str = "ada@example.com";

/// A ticket that an agent works on.
pub fn ticket(id: i64) -> TicketState {
    TicketState {
        id,
        number: format!("NAIJ-2026-{id:05}"),
        project_id: 3,
        subject: "Printer on fire".to_owned(),
        status: Status::InProgress,
        priority: Priority::Medium,
        source: Source::Api,
        category_id: None,
        assigned_to: Some(AGENT),
        creator_id: Some(CUSTOMER),
        customer_name: "Ada Obi".to_owned(),
        customer_email: ADDRESS.to_owned(),
        first_response_at: None,
        first_response_due_at: None,
        resolution_due_at: None,
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
    }
}

fn about(ticket_id: i64, sequence: i64, fact: Fact) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Ticket,
            id: ticket_id,
        },
        sequence,
        occurred_at: FILED + Duration::minutes(sequence),
        fact,
    }
}

fn written(ticket_id: i64, sequence: i64, kind: MessageKind, by: i64) -> NewEvent {
    let added = TicketEvent {
        ticket: ticket(ticket_id),
        actor: Actor::user(by),
        changes: Vec::new(),
        message: Some(MessageExcerpt {
            id: ticket_id * 100 + sequence,
            kind,
            is_agent: by != CUSTOMER,
            is_first_response: false,
            excerpt: format!("words of message {sequence}"),
        }),
    };
    about(ticket_id, sequence, Fact::MessageAdded(Box::new(added)))
}

/// A public reply.
pub fn reply(ticket_id: i64, sequence: i64, by: i64) -> NewEvent {
    written(ticket_id, sequence, MessageKind::Reply, by)
}

/// A note of staff for staff.
pub fn note(ticket_id: i64, sequence: i64) -> NewEvent {
    written(ticket_id, sequence, MessageKind::Note, AGENT)
}

/// The ticket is gone for good.
pub fn purged(ticket_id: i64, sequence: i64) -> NewEvent {
    let event = TicketEvent {
        ticket: ticket(ticket_id),
        actor: Actor::SYSTEM,
        changes: Vec::new(),
        message: None,
    };
    about(ticket_id, sequence, Fact::TicketPurged(Box::new(event)))
}

/// An account, by its address.
pub fn account(id: i64, email: &str) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::User,
            id,
        },
        sequence: 1,
        occurred_at: FILED,
        fact: Fact::UserCreated(Box::new(UserState {
            id,
            name: "Grace".to_owned(),
            email: email.to_owned(),
            role: Role::Agent,
            is_active: true,
            email_verified_at: None,
            deleted: false,
        })),
    }
}

/// The same as a consumer hears it.
pub fn heard(new: NewEvent) -> Event {
    Event {
        id: Uuid::now_v7(),
        aggregate: new.aggregate,
        sequence: new.sequence,
        occurred_at: new.occurred_at,
        traceparent: None,
        request_id: None,
        fact: new.fact,
    }
}
