//! What the notifier knows of a ticket.

use desk_events::{Metric, TicketState};
use serde::Serialize;

/// A ticket by its newest event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Ticket {
    /// Ticket id.
    pub(crate) id: i64,
    /// Of the event that told it.
    pub(crate) sequence: i64,
    /// Its project.
    pub(crate) project_id: i64,
    /// `NAIJ-2024-00043`.
    pub(crate) number: String,
    /// Subject.
    pub(crate) subject: String,
    /// The customer's name.
    pub(crate) customer_name: String,
    /// The customer's address; empty once erased.
    pub(crate) customer_email: String,
    /// Assignee.
    pub(crate) assigned_to: Option<i64>,
    /// The account that filed it, or that its requester is linked to.
    pub(crate) creator_id: Option<i64>,
    /// Who follows it.
    pub(crate) watchers: Vec<i64>,
    /// Soft-deleted.
    pub(crate) deleted: bool,
    /// Of which generation the deadlines are.
    pub(crate) deadline_generation: i32,
    /// The first-response clock runs.
    pub(crate) first_response_open: bool,
    /// The resolution clock runs.
    pub(crate) resolution_open: bool,
}

impl Ticket {
    /// As an event of this sequence tells it.
    pub(crate) fn told(state: &TicketState, sequence: i64) -> Self {
        Self {
            id: state.id,
            sequence,
            project_id: state.project_id,
            number: state.number.clone(),
            subject: state.subject.clone(),
            customer_name: state.customer_name.clone(),
            customer_email: state.customer_email.clone(),
            assigned_to: state.assigned_to,
            creator_id: state.creator_id,
            watchers: state.watchers.clone(),
            deleted: state.deleted_at.is_some(),
            deadline_generation: state.deadline_generation,
            first_response_open: state.first_response_open,
            resolution_open: state.resolution_open,
        }
    }

    /// The assignee, or somebody who follows it.
    pub(crate) fn concerns(&self, user_id: i64) -> bool {
        self.assigned_to == Some(user_id) || self.watchers.contains(&user_id)
    }

    /// A deadline of this generation is still ahead.
    pub(crate) fn awaits(&self, metric: Metric, generation: i32) -> bool {
        let open = match metric {
            Metric::FirstResponse => self.first_response_open,
            Metric::Resolution => self.resolution_open,
        };
        open && self.deadline_generation == generation
    }
}
