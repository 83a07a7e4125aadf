//! The customer's verdict on a solution.

use desk_events::{Actor, Status};
use serde_json::Value;
use time::OffsetDateTime;

use super::{EntryKind, Refused, Ticket, Write, write::changed};

/// Rates the ticket: while it is resolved, or closed after it was, and once. The comment is no
/// part of the history: it is what the customer says to the desk, not a change of the ticket.
pub fn rate(
    ticket: &Ticket,
    is_rated: bool,
    score: i16,
    actor: Actor,
    now: OffsetDateTime,
) -> Result<Write, Refused> {
    if is_rated {
        return Err(Refused::Rated);
    }
    let is_solved = match ticket.status {
        Status::Resolved => true,
        Status::Closed => ticket.ever_resolved,
        Status::Open | Status::InProgress | Status::PendingCustomer => false,
    };
    if !is_solved {
        return Err(Refused::NotResolved);
    }
    let mut write = Write::of(ticket, now);
    let change = changed("rating", Value::Null, score);
    write.say(EntryKind::Rated, actor, vec![change]);
    Ok(write)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, ticket};

    #[test]
    fn only_what_was_solved_is_rated_and_once() {
        use Status::{Closed, InProgress, Open, PendingCustomer, Resolved};
        for (status, ever_resolved, is_rated, refused) in [
            (Resolved, true, false, None),
            (Closed, true, false, None),
            (Closed, false, false, Some(Refused::NotResolved)),
            (Open, true, false, Some(Refused::NotResolved)),
            (InProgress, true, false, Some(Refused::NotResolved)),
            (PendingCustomer, true, false, Some(Refused::NotResolved)),
            (Resolved, true, true, Some(Refused::Rated)),
            (Open, true, true, Some(Refused::Rated)),
        ] {
            let mut ticket = ticket(None);
            (ticket.status, ticket.ever_resolved) = (status, ever_resolved);
            let now = FILED + Duration::HOUR;
            let rated = rate(&ticket, is_rated, 4, Actor::user(5), now);
            assert_eq!(
                rated.as_ref().err().copied(),
                refused,
                "{status:?} {is_rated}"
            );
            let Ok(write) = rated else { continue };
            assert_eq!(
                write.entries[0].changes,
                [changed("rating", Value::Null, 4)]
            );
            assert_eq!(write.ticket.last_activity_at, now);
        }
    }
}
