//! Which of a ticket's clocks run, and when they are due.

use desk_events::{Metric, TicketState};
use time::OffsetDateTime;

/// A clock that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deadline {
    /// Ticket id.
    pub(crate) ticket_id: i64,
    /// The ticket's project.
    pub(crate) project_id: i64,
    /// Which clock.
    pub(crate) metric: Metric,
    /// When it is due.
    pub(crate) due_at: OffsetDateTime,
    /// When 80 % of the time is over; none when ticket does not tell.
    pub(crate) soon_at: Option<OffsetDateTime>,
    /// The ticket's deadline generation that the due time belongs to.
    pub(crate) generation: i32,
}

impl Deadline {
    /// The first moment at which something has to be said about it.
    pub(crate) fn first_word_at(&self) -> OffsetDateTime {
        self.soon_at.unwrap_or(self.due_at)
    }
}

/// The clocks that still have to be watched: running, with a due time, not breached already, of a
/// ticket that is not deleted. Ticket has worked out the rest.
pub(crate) fn open_deadlines(ticket: &TicketState) -> Vec<Deadline> {
    let clocks = [
        (
            Metric::FirstResponse,
            ticket.first_response_open && !ticket.first_response_breached,
            ticket.first_response_due_at,
            ticket.first_response_soon_at,
        ),
        (
            Metric::Resolution,
            ticket.resolution_open && !ticket.resolution_breached,
            ticket.resolution_due_at,
            ticket.resolution_soon_at,
        ),
    ];
    clocks
        .into_iter()
        .filter(|(_, watched, ..)| *watched && ticket.deleted_at.is_none())
        .filter_map(|(metric, _, due_at, soon_at)| {
            Some(Deadline {
                ticket_id: ticket.id,
                project_id: ticket.project_id,
                metric,
                due_at: due_at?,
                soon_at,
                generation: ticket.deadline_generation,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use desk_events::{
        Metric::{FirstResponse, Resolution},
        Priority, Source, Status,
    };
    use time::macros::datetime;

    use super::*;

    const FILED: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
    const RESPONSE_DUE: OffsetDateTime = datetime!(2026-03-02 10:00 UTC);
    const RESPONSE_SOON: OffsetDateTime = datetime!(2026-03-02 09:48 UTC);
    const RESOLUTION_DUE: OffsetDateTime = datetime!(2026-03-02 17:00 UTC);

    fn fresh() -> TicketState {
        TicketState {
            id: 7,
            number: "NAIJ-2026-00007".to_owned(),
            project_id: 3,
            subject: "Printer".to_owned(),
            status: Status::Open,
            priority: Priority::High,
            source: Source::Api,
            category_id: None,
            assigned_to: None,
            creator_id: None,
            customer_name: "Ada".to_owned(),
            customer_email: "ada@example.com".to_owned(),
            first_response_at: None,
            first_response_due_at: Some(RESPONSE_DUE),
            resolution_due_at: Some(RESOLUTION_DUE),
            first_response_soon_at: Some(RESPONSE_SOON),
            resolution_soon_at: None,
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

    type Edit = fn(&mut TicketState);

    #[test]
    fn only_clocks_that_can_still_be_missed_are_watched() {
        let table: &[(&str, Edit, &[Metric])] = &[
            ("filed", |_| {}, &[FirstResponse, Resolution]),
            ("answered", |t| t.first_response_open = false, &[Resolution]),
            ("paused", |t| t.resolution_open = false, &[FirstResponse]),
            (
                "resolved",
                |t| (t.first_response_open, t.resolution_open) = (false, false),
                &[],
            ),
            (
                "no policy",
                |t| (t.first_response_due_at, t.resolution_due_at) = (None, None),
                &[],
            ),
            (
                "first response breached",
                |t| t.first_response_breached = true,
                &[Resolution],
            ),
            (
                "reopened after the breach",
                |t| (t.first_response_open, t.resolution_breached) = (false, true),
                &[],
            ),
            ("deleted", |t| t.deleted_at = Some(RESPONSE_DUE), &[]),
        ];
        for (case, edit, expected) in table {
            let mut ticket = fresh();
            edit(&mut ticket);
            let watched: Vec<Metric> = open_deadlines(&ticket)
                .iter()
                .map(|deadline| deadline.metric)
                .collect();
            assert_eq!(&watched, expected, "{case}");
        }
    }

    #[test]
    fn a_deadline_carries_the_tickets_own_times() {
        let ticket = TicketState {
            deadline_generation: 4,
            ..fresh()
        };
        let deadline = |metric, due_at, soon_at| Deadline {
            ticket_id: 7,
            project_id: 3,
            metric,
            due_at,
            soon_at,
            generation: 4,
        };
        assert_eq!(
            open_deadlines(&ticket),
            [
                deadline(FirstResponse, RESPONSE_DUE, Some(RESPONSE_SOON)),
                deadline(Resolution, RESOLUTION_DUE, None)
            ]
        );
    }
}
