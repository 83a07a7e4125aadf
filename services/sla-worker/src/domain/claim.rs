//! What the worker says about a clock: that it is due soon, or that its due time has passed.

use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, SlaClaim};
use time::OffsetDateTime;

/// What is said about a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// 80 % of the time is over.
    DueSoon,
    /// The due time has passed.
    Overdue,
}

impl Word {
    /// As a metric's label.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::DueSoon => "due_soon",
            Self::Overdue => "breached",
        }
    }

    const fn fact(self, claim: Box<SlaClaim>) -> Fact {
        match self {
            Self::DueSoon => Fact::SlaDueSoon(claim),
            Self::Overdue => Fact::SlaBreached(claim),
        }
    }
}

/// A claim with its place among all that was said about the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// What is claimed.
    pub(crate) claim: SlaClaim,
    /// Of the ticket's deadlines as an aggregate.
    pub(crate) sequence: i64,
}

impl Claim {
    /// The event to say.
    pub(crate) fn event(self, word: Word, now: OffsetDateTime) -> NewEvent {
        NewEvent {
            aggregate: Aggregate {
                kind: AggregateKind::Deadline,
                id: self.claim.ticket_id,
            },
            sequence: self.sequence,
            occurred_at: now,
            fact: word.fact(Box::new(self.claim)),
        }
    }
}
