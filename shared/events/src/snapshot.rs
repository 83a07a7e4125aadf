//! An owner's whole state, a page at a time: what is left when events are gone.

use serde::{Deserialize, Serialize};

use crate::TicketState;

/// A ticket as its last event told of it, or would have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRecord {
    /// The whole state.
    pub ticket: TicketState,
    /// The sequence of the ticket's last event.
    pub sequence: i64,
}

/// Ticket's answer to `GET /internal/snapshot`: tickets by id, the soft-deleted ones, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketPage {
    /// The tickets.
    pub tickets: Vec<TicketRecord>,
    /// Where the next page starts; null on the last.
    pub next: Option<String>,
    /// All tickets there are, roughly; told on the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}
