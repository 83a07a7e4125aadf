//! Taking a person out of a ticket. Numbers, times, status and counts stay: no report changes.

use desk_events::{Actor, ERASED_NAME, ERASED_WORDS, erased_requester};
use serde_json::json;
use time::OffsetDateTime;

use super::{EntryKind, Ticket, Write};

/// What is erased of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The person is its customer: all that tells of the customer, by the requester's id.
    Customer(i64),
    /// The person wrote on somebody else's ticket: these words alone, which are elsewhere.
    Words,
}

/// Erases a person from the ticket.
pub fn erase(ticket: &Ticket, extent: Extent, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    if let Extent::Customer(requester) = extent {
        let after = &mut write.ticket;
        ERASED_WORDS.clone_into(&mut after.subject);
        ERASED_WORDS.clone_into(&mut after.description);
        ERASED_NAME.clone_into(&mut after.customer_name);
        after.customer_email = erased_requester(requester);
        after.metadata = json!({});
    }
    write.say(EntryKind::Erased, Actor::SYSTEM, Vec::new());
    write
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, policy, ticket};

    #[test]
    fn the_customer_goes_and_the_figures_stay() {
        let before = ticket(Some(policy(true)));
        let later = FILED + Duration::HOUR;
        let write = erase(&before, Extent::Customer(9), later);
        let said = serde_json::to_string(&write.ticket.state()).unwrap();
        for personal in ["Tunde", "tunde@example.com", "photos"] {
            assert!(!said.contains(personal), "{personal} in {said}");
        }
        let expected = Ticket {
            subject: "Erased".into(),
            description: "Erased".into(),
            customer_name: "Erased person".into(),
            customer_email: "erased-r9@erased.invalid".into(),
            version: before.version + 1,
            updated_at: later,
            ..before
        };
        assert_eq!(write.ticket, expected);
    }

    #[test]
    fn words_on_anothers_ticket_leave_that_customer_alone() {
        let before = ticket(None);
        let write = erase(&before, Extent::Words, FILED + Duration::HOUR);
        assert_eq!(write.ticket.customer_email, before.customer_email);
        assert_eq!(write.ticket.subject, before.subject);
        assert_eq!(write.entries[0].kind, EntryKind::Erased);
    }
}
