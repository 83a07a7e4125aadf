//! Whole random lives of tickets.

pub use desk_testkit::facts::{FILED, filed, heard, said};

use desk_events::{Fact, NewEvent, Priority, Status, TicketEvent, TicketState};
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use time::{Duration, OffsetDateTime};

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
            ticket.resolved_at = (ticket.status == Status::Resolved).then_some(at);
            ticket.closed_at = (ticket.status == Status::Closed).then_some(at);
            Fact::StatusChanged
        }
        1 => {
            ticket.assigned_to = [None, Some(5), Some(6)].choose(rng).copied().flatten();
            Fact::TicketAssigned
        }
        2 => {
            ticket.priority = *Priority::ALL.choose(rng).unwrap();
            ticket.category_id = [None, Some(2), Some(4)].choose(rng).copied().flatten();
            ticket.resolution_due_at = Some(at + Duration::hours(8));
            Fact::TicketUpdated
        }
        3 => {
            ticket.first_response_breached = true;
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
            ticket.reply_count += 1;
            ticket.first_response_at.get_or_insert(at);
            Fact::MessageAdded
        }
    }
}
