//! Where a ticket stands, and what moving it entails.

use desk_events::{Actor, Status};
use time::OffsetDateTime;

use super::{EntryKind, Ticket, Write, write::changed};

/// On which side of the desk somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Staff who is not the requester.
    Staff,
    /// The customer, whoever files as one, and an API key on behalf of one.
    Customer,
}

/// The status after a reply (contract, messages): only a customer's reply moves it.
pub fn after_reply(by: Side, status: Status, assigned: bool) -> Status {
    match (by, status) {
        (Side::Customer, Status::PendingCustomer | Status::Resolved) if assigned => {
            Status::InProgress
        }
        (Side::Customer, Status::PendingCustomer | Status::Resolved) => Status::Open,
        _ => status,
    }
}

/// Sets the status; the same again changes nothing.
pub fn set(ticket: &Ticket, to: Status, actor: Actor, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    if ticket.status != to {
        let missed = write.ticket.clocks.pass(ticket.status, now, |_| to);
        shift(&mut write, to, actor);
        write.say_missed(&missed);
    }
    write
}

/// Moves the ticket to a status with its times, and says so. The clocks are the caller's part.
pub(super) fn shift(write: &mut Write, to: Status, actor: Actor) {
    let ticket = &mut write.ticket;
    let from = ticket.status;
    if from == to {
        return;
    }
    let now = ticket.updated_at;
    ticket.status = to;
    ticket.closed_at = (to == Status::Closed).then_some(now);
    ticket.resolved_at = match to {
        Status::Resolved => ticket.resolved_at.or(Some(now)),
        Status::Closed => ticket.resolved_at,
        Status::Open | Status::InProgress | Status::PendingCustomer => None,
    };
    ticket.ever_resolved |= to == Status::Resolved;
    write.say(
        EntryKind::StatusChanged,
        actor,
        vec![changed("status", from.as_str(), to.as_str())],
    );
}

#[cfg(test)]
mod tests {
    use desk_events::Status::{Closed, InProgress, Open, PendingCustomer, Resolved};
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, ticket};

    #[test]
    fn only_a_customers_reply_moves_the_status() {
        for (by, before, assigned, after) in [
            (Side::Customer, PendingCustomer, true, InProgress),
            (Side::Customer, PendingCustomer, false, Open),
            (Side::Customer, Resolved, true, InProgress),
            (Side::Customer, Resolved, false, Open),
            (Side::Customer, Open, true, Open),
            (Side::Customer, InProgress, false, InProgress),
            (Side::Staff, Open, true, Open),
            (Side::Staff, PendingCustomer, true, PendingCustomer),
            (Side::Staff, Resolved, false, Resolved),
        ] {
            assert_eq!(
                after_reply(by, before, assigned),
                after,
                "{by:?} {before:?} {assigned}"
            );
        }
    }

    #[test]
    fn every_move_sets_and_clears_its_times() {
        // After the moves: resolved_at set? closed_at set? resolved at least once?
        for (moves, resolved, closed, ever) in [
            (&[Resolved][..], true, false, true),
            (&[Resolved, Closed], true, true, true),
            (&[Resolved, Open], false, false, true),
            (&[Closed], false, true, false),
            (&[Closed, InProgress], false, false, false),
            (&[Resolved, Closed, Open], false, false, true),
            (&[Resolved, Closed, Resolved], true, false, true),
            (&[Closed, Resolved], true, false, true),
            (&[PendingCustomer], false, false, false),
        ] {
            let mut now = FILED;
            let mut seen = ticket(None);
            for to in moves {
                now += Duration::MINUTE;
                seen = set(&seen, *to, Actor::user(1), now).ticket;
            }
            assert_eq!(seen.resolved_at.is_some(), resolved, "{moves:?}");
            assert_eq!(seen.closed_at.is_some(), closed, "{moves:?}");
            assert_eq!(seen.ever_resolved, ever, "{moves:?}");
            assert_eq!(seen.version, 1 + i64::try_from(moves.len()).unwrap());
        }
    }

    #[test]
    fn any_status_follows_any_and_the_same_again_is_nothing() {
        for from in Status::ALL {
            for to in Status::ALL {
                let start = set(&ticket(None), *from, Actor::user(1), FILED).ticket;
                let write = set(&start, *to, Actor::user(1), FILED + Duration::HOUR);
                assert_eq!(write.ticket.status, *to);
                assert_eq!(write.is_empty(), from == to);
                assert_eq!(write.ticket.version > start.version, from != to);
            }
        }
    }

    #[test]
    fn closing_a_resolved_ticket_keeps_when_it_was_resolved() {
        let resolved = set(
            &ticket(None),
            Resolved,
            Actor::user(1),
            FILED + Duration::HOUR,
        )
        .ticket;
        let closed = set(&resolved, Closed, Actor::user(1), FILED + Duration::DAY).ticket;
        assert_eq!(closed.resolved_at, Some(FILED + Duration::HOUR));
        assert_eq!(closed.closed_at, Some(FILED + Duration::DAY));
    }
}
