//! What ticket and auth might say.

use desk_events::{
    Actor, Aggregate, AggregateKind, Fact, MessageExcerpt, MessageKind, NewEvent, Role, Status,
    TicketEvent, TicketState, UserState,
};
pub use desk_testkit::facts::{FILED, filed, heard};
use time::Duration;

/// Who staff replies and notes are by, and who is assigned.
pub const AGENT: i64 = 5;
/// Who the customer's replies are by.
pub const CUSTOMER: i64 = 9;
/// Whom every ticket is filed for.
pub const ADDRESS: &str = "ada@example.com";

/// A ticket that an agent works on.
pub fn ticket(id: i64) -> TicketState {
    TicketState {
        status: Status::InProgress,
        assigned_to: Some(AGENT),
        creator_id: Some(CUSTOMER),
        customer_email: ADDRESS.to_owned(),
        reply_count: 1,
        ..filed(id)
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
