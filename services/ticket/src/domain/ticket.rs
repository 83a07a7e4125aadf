//! A ticket as the rules see it, and as events tell of it.

use desk_events::{Priority, Source, Status, TicketState};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::Clocks;

/// A ticket with all that the rules read or change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Ticket id.
    pub id: i64,
    /// `NAIJ-2024-00043`.
    pub number: String,
    /// Its project.
    pub project_id: i64,
    /// At most 255 characters.
    pub subject: String,
    /// What it is about.
    pub description: String,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// The door it came through.
    pub source: Source,
    /// The customer's name.
    pub customer_name: String,
    /// The customer's e-mail, lower case.
    pub customer_email: String,
    /// The portal account that filed it.
    pub creator_user_id: Option<i64>,
    /// The account that its requester is linked to.
    pub requester_user_id: Option<i64>,
    /// The agent who works on it.
    pub assigned_to: Option<i64>,
    /// Its category.
    pub category_id: Option<i64>,
    /// Its tags, ascending.
    pub tags: Vec<i64>,
    /// Who follows it, as user ids, in the order in which they began.
    pub watchers: Vec<i64>,
    /// Free-form data of the external project.
    pub metadata: Value,
    /// The SLA clocks.
    pub clocks: Clocks,
    /// Set while resolved, and kept when closed afterwards.
    pub resolved_at: Option<OffsetDateTime>,
    /// Set while closed.
    pub closed_at: Option<OffsetDateTime>,
    /// It was resolved at least once.
    pub ever_resolved: bool,
    /// Last change that the customer may see.
    pub last_activity_at: OffsetDateTime,
    /// Replies of both sides, no notes.
    pub reply_count: i32,
    /// Sequence of its last event; the `ETag`.
    pub version: i64,
    /// When it was filed.
    pub created_at: OffsetDateTime,
    /// Time of its last event.
    pub updated_at: OffsetDateTime,
    /// Set while soft-deleted.
    pub deleted_at: Option<OffsetDateTime>,
}

impl Ticket {
    /// The time of the ticket's next event: the clock's, but always after the last one.
    pub fn moment(&self, clock: OffsetDateTime) -> OffsetDateTime {
        clock.max(self.updated_at + Duration::MICROSECOND)
    }

    /// The account that counts as the ticket's creator: whoever filed it, else its requester.
    pub fn creator_id(&self) -> Option<i64> {
        self.creator_user_id.or(self.requester_user_id)
    }

    /// Is this the person that the ticket is about, rather than somebody who helps?
    pub fn is_requester(&self, user_id: i64, email: &str) -> bool {
        self.requester_user_id == Some(user_id) || self.customer_email == email.to_lowercase()
    }

    /// The whole reportable state, as every event carries it.
    pub fn state(&self) -> TicketState {
        let clocks = &self.clocks;
        let live = self.deleted_at.is_none();
        TicketState {
            id: self.id,
            number: self.number.clone(),
            project_id: self.project_id,
            subject: self.subject.clone(),
            status: self.status,
            priority: self.priority,
            source: self.source,
            category_id: self.category_id,
            assigned_to: self.assigned_to,
            creator_id: self.creator_id(),
            customer_name: self.customer_name.clone(),
            customer_email: self.customer_email.clone(),
            first_response_at: clocks.first_response_at,
            first_response_due_at: clocks.first_response_due_at,
            resolution_due_at: clocks.resolution_due_at,
            first_response_soon_at: clocks.first_response_soon_at().filter(|_| live),
            resolution_soon_at: clocks.resolution_soon_at().filter(|_| live),
            first_response_open: live && clocks.first_response_open(),
            resolution_open: live && clocks.resolution_open(),
            deadline_generation: clocks.generation,
            first_response_breached: clocks.first_response_breached,
            resolution_breached: clocks.resolution_breached,
            resolved_at: self.resolved_at,
            closed_at: self.closed_at,
            deleted_at: self.deleted_at,
            created_at: self.created_at,
            reply_count: self.reply_count,
            watchers: self.watchers.clone(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;
    use crate::domain::Policy;

    /// When the tickets of the table tests were filed.
    pub(crate) const FILED: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);

    /// One hour to the first reply, eight to the resolution.
    pub(crate) fn policy(pause_while_pending: bool) -> Policy {
        Policy {
            id: 1,
            name: "High".into(),
            priority: Priority::High,
            first_response_minutes: 60,
            resolution_minutes: 480,
            pause_while_pending,
            calendar: None,
        }
    }

    /// An open, unassigned ticket of [`FILED`].
    pub(crate) fn ticket(policy: Option<Policy>) -> Ticket {
        Ticket {
            id: 7,
            number: "NAIJ-2026-00007".into(),
            project_id: 1,
            subject: "Cannot upload photos".into(),
            description: "It does nothing.".into(),
            status: Status::Open,
            priority: Priority::High,
            source: Source::Api,
            customer_name: "Tunde".into(),
            customer_email: "tunde@example.com".into(),
            creator_user_id: None,
            requester_user_id: Some(5),
            assigned_to: None,
            category_id: None,
            tags: Vec::new(),
            watchers: Vec::new(),
            metadata: json!({}),
            clocks: Clocks::start(policy, FILED),
            resolved_at: None,
            closed_at: None,
            ever_resolved: false,
            last_activity_at: FILED,
            reply_count: 0,
            version: 1,
            created_at: FILED,
            updated_at: FILED,
            deleted_at: None,
        }
    }

    #[test]
    fn time_never_stands_still_between_two_events() {
        let ticket = ticket(None);
        for (clock, moment) in [
            (FILED - Duration::HOUR, FILED + Duration::MICROSECOND),
            (FILED, FILED + Duration::MICROSECOND),
            (FILED + Duration::HOUR, FILED + Duration::HOUR),
        ] {
            assert_eq!(ticket.moment(clock), moment);
        }
    }

    #[test]
    fn the_requester_is_known_by_account_or_address() {
        let ticket = ticket(None);
        for (user, email, is) in [
            (5, "other@example.com", true),
            (9, "Tunde@Example.com", true),
            (9, "alice@support.local", false),
        ] {
            assert_eq!(ticket.is_requester(user, email), is, "{user} {email}");
        }
    }
}
