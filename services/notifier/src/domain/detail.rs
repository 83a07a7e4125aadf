//! What a delivery tells beside the words of a message.

use desk_events::Metric;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// By kind of delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Detail {
    /// Who was assigned.
    Assigned {
        /// User id.
        to: i64,
    },
    /// The status before, where it is known, and after.
    Status {
        /// Before.
        from: Option<String>,
        /// After.
        to: String,
    },
    /// Deadlines that come near or were missed.
    Deadlines {
        /// Which.
        due: Vec<Deadline>,
        /// Of which generation they are.
        generation: i32,
    },
    /// The link by which an account acts: as secret as a password.
    Account {
        /// One-time link.
        link: String,
    },
}

/// A deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deadline {
    /// Which clock.
    pub(crate) metric: Metric,
    /// When it is, or was, due.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub(crate) due_at: Option<OffsetDateTime>,
}
