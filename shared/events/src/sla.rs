//! The SLA worker's claims about deadlines.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Which of a ticket's two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Filed to first staff reply.
    FirstResponse,
    /// Filed to resolved.
    Resolution,
}

impl Metric {
    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstResponse => "first_response",
            Self::Resolution => "resolution",
        }
    }
}

/// The worker's claim that a due time has passed (or soon will). Ticket judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaClaim {
    /// Ticket id.
    pub ticket_id: i64,
    /// Project id.
    pub project_id: i64,
    /// Which clock.
    pub metric: Metric,
    /// The due time that passed.
    #[serde(with = "time::serde::rfc3339")]
    pub due_at: OffsetDateTime,
    /// The ticket's deadline generation that the due time belongs to.
    pub generation: i32,
}
