//! What ticket might say: single events, and whole random lives of tickets.

use desk_events::{
    Actor, Aggregate, AggregateKind, Event, Fact, NewEvent, Priority, Source, Status, TicketEvent,
    TicketState,
};
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
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

/// A random life of one ticket, in order; now and then it ends in a purge.
pub fn life(id: i64, rng: &mut StdRng) -> Vec<NewEvent> {
    let mut ticket = filed(id);
    let mut events = vec![said(Fact::TicketCreated, ticket.clone(), 1)];
    let last = rng.random_range(2..=12);
    for sequence in 2..=last {
        let at = FILED + Duration::minutes(sequence);
        let fact = change(&mut ticket, at, rng);
        events.push(said(fact, ticket.clone(), sequence));
    }
    if rng.random_ratio(1, 8) {
        ticket.deleted_at = Some(FILED);
        events.push(said(Fact::TicketPurged, ticket, last + 1));
    }
    events
}

fn change(
    ticket: &mut TicketState,
    at: OffsetDateTime,
    rng: &mut StdRng,
) -> fn(Box<TicketEvent>) -> Fact {
    match rng.random_range(0..7) {
        0 => {
            ticket.status = *Status::ALL.choose(rng).unwrap();
            ticket.resolution_open = !matches!(ticket.status, Status::Resolved | Status::Closed);
            ticket.deadline_generation += 1;
            Fact::StatusChanged
        }
        1 => {
            ticket.assigned_to = [None, Some(5), Some(6)].choose(rng).copied().flatten();
            Fact::TicketAssigned
        }
        2 => {
            ticket.priority = *Priority::ALL.choose(rng).unwrap();
            ticket.first_response_due_at = Some(at + Duration::hours(1));
            ticket.resolution_due_at = [None, Some(at + Duration::hours(8))]
                .choose(rng)
                .copied()
                .flatten();
            ticket.deadline_generation += 1;
            Fact::TicketUpdated
        }
        3 => {
            ticket.resolution_breached = true;
            Fact::TicketBreached
        }
        4 => {
            ticket.deleted_at = Some(at);
            Fact::TicketDeleted
        }
        5 => {
            ticket.deleted_at = None;
            Fact::TicketRestored
        }
        _ => {
            ticket.first_response_open = false;
            ticket.reply_count += 1;
            Fact::MessageAdded
        }
    }
}
