//! Giving a ticket to somebody, or to nobody.

use desk_events::{Actor, Status};
use time::OffsetDateTime;

use super::{EntryKind, Ticket, Write, status::shift, write::changed};

/// Assigns the ticket. An `open` one becomes `in_progress`; the same assignee again, and nobody
/// after nobody, change nothing. Assignment moves no clock.
pub fn assign(ticket: &Ticket, to: Option<i64>, actor: Actor, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    if ticket.assigned_to == to {
        return write;
    }
    write.ticket.assigned_to = to;
    write.say(
        EntryKind::Assigned,
        actor,
        vec![changed("assigned_to", ticket.assigned_to, to)],
    );
    if to.is_some() && ticket.status == Status::Open {
        shift(&mut write, Status::InProgress, actor);
    }
    write
}

#[cfg(test)]
mod tests {
    use desk_events::Status::{InProgress, Open, PendingCustomer};
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, policy, ticket};

    #[test]
    fn assignment_moves_only_open_tickets() {
        for (status, before, to, after, entries) in [
            (Open, None, Some(3), InProgress, 2),
            (Open, Some(2), Some(3), InProgress, 2),
            (Open, Some(3), Some(3), Open, 0),
            (Open, Some(3), None, Open, 1),
            (Open, None, None, Open, 0),
            (InProgress, Some(2), Some(3), InProgress, 1),
            (InProgress, Some(3), None, InProgress, 1),
            (PendingCustomer, None, Some(3), PendingCustomer, 1),
        ] {
            let mut start = ticket(Some(policy(true)));
            start.status = status;
            start.assigned_to = before;
            let write = assign(&start, to, Actor::user(1), FILED + Duration::MINUTE);
            assert_eq!(write.ticket.status, after, "{status:?} {before:?} {to:?}");
            assert_eq!(write.ticket.assigned_to, to);
            assert_eq!(write.entries.len(), entries, "{status:?} {before:?} {to:?}");
            assert_eq!(
                write.ticket.clocks, start.clocks,
                "case 33: assignment is no answer"
            );
        }
    }
}
