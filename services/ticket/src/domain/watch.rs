//! Following a ticket.

use desk_events::Actor;
use time::OffsetDateTime;

use super::{EntryKind, Refused, Ticket, Write, write::changed};

/// So many may follow a ticket: every event names them.
pub const MOST_WATCHERS: usize = 100;

/// Has the user follow the ticket, or no longer. It is no activity that the customer sees.
pub fn toggle(ticket: &Ticket, user_id: i64, now: OffsetDateTime) -> Result<Write, Refused> {
    let mut write = Write::of(ticket, now);
    let watchers = &mut write.ticket.watchers;
    let was_watching = watchers.contains(&user_id);
    if was_watching {
        watchers.retain(|watcher| *watcher != user_id);
    } else if watchers.len() < MOST_WATCHERS {
        watchers.push(user_id);
    } else {
        return Err(Refused::TooManyWatchers);
    }
    write.say(
        EntryKind::Watched,
        Actor::user(user_id),
        vec![changed("watching", was_watching, !was_watching)],
    );
    Ok(write)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, ticket};

    #[test]
    fn the_second_time_takes_the_first_back() {
        let mut seen = ticket(None);
        for (user, watchers) in [(3, vec![3]), (5, vec![3, 5]), (3, vec![5]), (5, vec![])] {
            let write = toggle(&seen, user, FILED + Duration::HOUR).unwrap();
            assert_eq!(write.ticket.watchers, watchers);
            assert_eq!(write.ticket.state().watchers, watchers);
            assert_eq!(write.ticket.last_activity_at, FILED);
            seen = write.ticket;
        }
    }

    #[test]
    fn a_hundred_may_watch() {
        let mut full = ticket(None);
        full.watchers = (1..=100).collect();
        assert_eq!(toggle(&full, 101, FILED), Err(Refused::TooManyWatchers));
        assert!(toggle(&full, 100, FILED).is_ok());
    }
}
