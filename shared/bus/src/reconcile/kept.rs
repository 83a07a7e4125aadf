//! What a consumer keeps, and how it is known what it has of it.

use std::time::Duration;

use desk_events::AggregateKind;

/// How it is known what a consumer has of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptBy {
    /// By the sequence on its own row: the last state makes up for all before it. Only for what is
    /// nothing but a copy: a row that came another way, from the owner itself, counts as well.
    State,
    /// By each event: what one tells or sets off is told by no later one. The bus notes every
    /// sequence in `heard`, in the batch's transaction.
    Event,
}

/// A kind that a consumer keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The kind.
    pub kind: AggregateKind,
    /// How it is known what is there.
    pub by: KeptBy,
    /// Aggregates without an event for this long are not asked for.
    pub forgotten_after: Option<Duration>,
}

impl Kept {
    /// Kept by [`KeptBy::State`].
    pub const fn by_state(kind: AggregateKind) -> Self {
        Self {
            kind,
            by: KeptBy::State,
            forgotten_after: None,
        }
    }

    /// Kept by [`KeptBy::Event`].
    pub const fn by_event(kind: AggregateKind) -> Self {
        Self {
            kind,
            by: KeptBy::Event,
            forgotten_after: None,
        }
    }

    /// The same, where events that are older change nothing any more.
    #[must_use]
    pub const fn forgotten_after(self, age: Duration) -> Self {
        Self {
            forgotten_after: Some(age),
            ..self
        }
    }
}

/// How far a consumer is with an aggregate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The aggregate's id.
    pub id: i64,
    /// The sequence of the last event that counted.
    pub sequence: i64,
}
