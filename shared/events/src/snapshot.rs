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

/// What an owner keeps, as its last event told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord<T> {
    /// The aggregate's id.
    pub id: i64,
    /// The whole state; of a copy, what is copied of it.
    pub state: T,
    /// The sequence of its last event.
    pub sequence: i64,
}

/// An owner's answer about all aggregates of a kind, by id; the soft-deleted ones, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatePage<T> {
    /// The states.
    pub states: Vec<StateRecord<T>>,
    /// The ids of the next page are higher than this; null on the last.
    pub next: Option<i64>,
}

/// States a page.
pub const STATES: u16 = 1_000;

impl<T> StatePage<T> {
    /// A page of [`STATES`] states, or of fewer: the last one.
    pub fn new(states: Vec<StateRecord<T>>) -> Self {
        let next = states
            .last()
            .filter(|_| states.len() >= usize::from(STATES));
        Self {
            next: next.map(|last| last.id),
            states,
        }
    }
}
