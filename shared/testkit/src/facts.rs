//! What ticket might say: a ticket as it was filed, and events about it.

use desk_events::{
    Actor, Aggregate, AggregateKind, Event, Fact, NewEvent, Priority, Source, Status, TicketEvent,
    TicketState,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

/// When every ticket here was filed.
pub const FILED: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);

/// A ticket as it was filed.
pub fn filed(id: i64) -> TicketState {
    TicketState {
        id,
        number: format!("NAIJ-2026-{id:05}"),
        project_id: 3,
        subject: "Printer on fire".to_owned(),
        status: Status::Open,
        priority: Priority::Medium,
        source: Source::Api,
        category_id: Some(2),
        assigned_to: None,
        creator_id: Some(9),
        customer_name: "Ada Obi".to_owned(),
        customer_email: "ada@example.com".to_owned(),
        first_response_at: None,
        first_response_due_at: Some(FILED + Duration::hours(4)),
        resolution_due_at: Some(FILED + Duration::hours(24)),
        first_response_soon_at: Some(FILED + Duration::minutes(192)),
        resolution_soon_at: Some(FILED + Duration::minutes(1_152)),
        first_response_open: true,
        resolution_open: true,
        deadline_generation: 1,
        first_response_breached: false,
        resolution_breached: false,
        resolved_at: None,
        closed_at: None,
        deleted_at: None,
        created_at: FILED,
        reply_count: 0,
        watchers: Vec::new(),
    }
}

/// What ticket says of a state, as it writes it to its outbox.
pub fn said(fact: fn(Box<TicketEvent>) -> Fact, ticket: TicketState, sequence: i64) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Ticket,
            id: ticket.id,
        },
        sequence,
        occurred_at: FILED + Duration::minutes(sequence),
        fact: fact(Box::new(TicketEvent {
            ticket,
            actor: Actor::SYSTEM,
            changes: Vec::new(),
            message: None,
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
