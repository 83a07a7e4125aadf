//! What ticket and auth might say.

use desk_events::{
    Actor, Aggregate, AggregateKind, Change, Fact, MembershipState, MessageExcerpt, MessageKind,
    Metric, NewEvent, Role, SlaClaim, Status, TicketEvent, TicketState, UserState,
};
pub use desk_testkit::facts::{FILED, filed, heard};
use serde_json::json;
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

fn changed(by: Actor, ticket: TicketState, fields: &[(&str, &str)]) -> Box<TicketEvent> {
    let change = |(field, to): &(&str, &str)| Change {
        field: (*field).to_owned(),
        from: json!(null),
        to: if *to == "true" {
            json!(true)
        } else {
            json!(to)
        },
    };
    Box::new(TicketEvent {
        ticket,
        actor: by,
        changes: fields.iter().map(change).collect(),
        message: None,
    })
}

/// Somebody assigned the agent.
pub fn assigned(ticket_id: i64, sequence: i64, by: i64) -> NewEvent {
    let event = changed(Actor::user(by), ticket(ticket_id), &[]);
    about(ticket_id, sequence, Fact::TicketAssigned(event))
}

/// Somebody took the ticket.
pub fn taken(ticket_id: i64, sequence: i64, by: i64) -> NewEvent {
    let ticket = TicketState {
        assigned_to: Some(by),
        ..ticket(ticket_id)
    };
    let event = changed(Actor::user(by), ticket, &[]);
    about(ticket_id, sequence, Fact::TicketAssigned(event))
}

/// The status was set.
pub fn status(ticket_id: i64, sequence: i64, by: i64) -> NewEvent {
    let fields = [("status", "in_progress")];
    let event = changed(Actor::user(by), ticket(ticket_id), &fields);
    about(ticket_id, sequence, Fact::StatusChanged(event))
}

/// A resolution was missed.
pub fn breached(ticket_id: i64, sequence: i64) -> NewEvent {
    let fields = [("resolution_breached", "true")];
    let event = changed(Actor::SYSTEM, ticket(ticket_id), &fields);
    about(ticket_id, sequence, Fact::TicketBreached(event))
}

/// Others follow the ticket now; nobody is told of that.
pub fn watched(ticket_id: i64, sequence: i64, watchers: &[i64]) -> NewEvent {
    let ticket = TicketState {
        watchers: watchers.to_vec(),
        ..ticket(ticket_id)
    };
    let event = changed(Actor::SYSTEM, ticket, &[]);
    about(ticket_id, sequence, Fact::TicketUpdated(event))
}

/// The SLA worker's word that a resolution is due soon.
pub fn due_soon(ticket_id: i64, sequence: i64) -> NewEvent {
    let claim = SlaClaim {
        ticket_id,
        project_id: 3,
        metric: Metric::Resolution,
        due_at: FILED + Duration::hours(24),
        generation: 1,
    };
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Deadline,
            id: ticket_id,
        },
        ..about(ticket_id, sequence, Fact::SlaDueSoon(Box::new(claim)))
    }
}

/// An agent's place in the tickets' project.
pub fn member(user_id: i64, sequence: i64, is_member: bool) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Membership,
            id: user_id,
        },
        sequence,
        occurred_at: FILED,
        fact: Fact::ProjectMembership(Box::new(MembershipState {
            project_id: 3,
            user_id,
            is_lead: false,
            is_member,
        })),
    }
}

/// An agent's account, by its address.
pub fn account(id: i64, email: &str) -> NewEvent {
    person(id, email, Role::Agent, 1, true)
}

/// An account.
pub fn person(id: i64, email: &str, role: Role, sequence: i64, is_active: bool) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::User,
            id,
        },
        sequence,
        occurred_at: FILED,
        fact: Fact::UserCreated(Box::new(UserState {
            id,
            name: "Grace".to_owned(),
            email: email.to_owned(),
            role,
            is_active,
            email_verified_at: None,
            deleted: false,
        })),
    }
}
