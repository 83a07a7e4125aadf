//! What we say: one event for each entry of a ticket's history, each with the whole state.

use desk_events::{
    Actor, Aggregate, AggregateKind, Fact, MessageExcerpt, NewEvent, TicketEvent, TicketState,
};
use time::OffsetDateTime;

use crate::domain::{Entry, EntryKind, NewMessage, Ticket, Write};

/// How much of a message its event carries, in characters.
const EXCERPT: usize = 2_000;

/// The events of a change, all with the state that the whole change leads to.
pub fn events(write: &Write, message_id: Option<i64>) -> Vec<NewEvent> {
    let ticket = &write.ticket;
    let state = ticket.state();
    let last = ticket.version;
    let sequences = (1..=last)
        .rev()
        .take(write.entries.len())
        .collect::<Vec<_>>();
    (write.entries.iter().zip(sequences.into_iter().rev()))
        .map(|(entry, sequence)| NewEvent {
            aggregate: Aggregate {
                kind: AggregateKind::Ticket,
                id: ticket.id,
            },
            sequence,
            occurred_at: ticket.updated_at,
            fact: fact(
                entry.kind,
                TicketEvent {
                    ticket: state.clone(),
                    actor: entry.actor,
                    changes: entry.changes.clone(),
                    message: excerpt(entry, write.message.as_ref(), message_id),
                },
            ),
        })
        .collect()
}

/// The last word about a ticket: it is gone for good. The state without words and people.
pub fn purged(ticket: &Ticket, now: OffsetDateTime) -> NewEvent {
    let state = TicketState {
        subject: String::new(),
        customer_name: String::new(),
        customer_email: String::new(),
        watchers: Vec::new(),
        ..ticket.state()
    };
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Ticket,
            id: ticket.id,
        },
        sequence: ticket.version + 1,
        occurred_at: now,
        fact: Fact::TicketPurged(Box::new(TicketEvent {
            ticket: state,
            actor: Actor::SYSTEM,
            changes: Vec::new(),
            message: None,
        })),
    }
}

fn fact(kind: EntryKind, event: TicketEvent) -> Fact {
    let event = Box::new(event);
    match kind {
        EntryKind::Updated | EntryKind::Watched => Fact::TicketUpdated(event),
        EntryKind::Assigned => Fact::TicketAssigned(event),
        EntryKind::StatusChanged => Fact::StatusChanged(event),
        EntryKind::ReplyAdded | EntryKind::NoteAdded => Fact::MessageAdded(event),
        EntryKind::Rated => Fact::TicketRated(event),
        EntryKind::Breached => Fact::TicketBreached(event),
        EntryKind::Deleted => Fact::TicketDeleted(event),
        EntryKind::Restored => Fact::TicketRestored(event),
        EntryKind::Erased => Fact::TicketErased(event),
    }
}

fn excerpt(entry: &Entry, message: Option<&NewMessage>, id: Option<i64>) -> Option<MessageExcerpt> {
    let message =
        message.filter(|_| matches!(entry.kind, EntryKind::ReplyAdded | EntryKind::NoteAdded))?;
    Some(MessageExcerpt {
        id: id?,
        kind: message.kind,
        is_agent: message.is_agent,
        is_first_response: message.is_first_response,
        excerpt: message.body.chars().take(EXCERPT).collect(),
    })
}

#[cfg(test)]
mod tests {
    use desk_events::Status;
    use time::Duration;

    use super::*;
    use crate::domain::{
        assign, status,
        ticket::tests::{FILED, policy, ticket},
    };

    #[test]
    fn sequences_go_up_to_the_version() {
        let write = assign::assign(&ticket(None), Some(3), Actor::user(1), FILED);
        let said: Vec<_> = events(&write, None)
            .iter()
            .map(|e| (e.sequence, e.fact.subject()))
            .collect();
        assert_eq!(said, [(2, "ticket.assigned"), (3, "status.changed")]);
        assert_eq!(write.ticket.version, 3);
    }

    #[test]
    fn every_event_carries_the_final_state() {
        let late = FILED + Duration::hours(9);
        let write = status::set(
            &ticket(Some(policy(true))),
            Status::Resolved,
            Actor::user(1),
            late,
        );
        for event in events(&write, None) {
            let state = event.fact.ticket().unwrap().clone();
            assert_eq!(state.status, Status::Resolved);
            assert!(state.first_response_breached && state.resolution_breached);
            assert!(!state.first_response_open && !state.resolution_open);
        }
    }
}
