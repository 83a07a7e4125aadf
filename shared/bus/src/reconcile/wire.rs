//! What consumers and owners say to each other; one kind of aggregate at a time.

use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Heads a page, unless asked for fewer.
pub(crate) const PAGE: u32 = 1_000;
/// Spans a request, and events in them, at most.
pub(crate) const SPANS: usize = 500;
pub(crate) const EVENTS: i64 = 5_000;

/// How far an aggregate was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Head {
    /// The aggregate's id.
    pub(crate) id: i64,
    /// The sequence of its last published event.
    pub(crate) sequence: i64,
    /// When that happened.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) occurred_at: OffsetDateTime,
}

/// A page of heads of one kind, by id.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Heads {
    /// The heads.
    pub(crate) heads: Vec<Head>,
    /// Where the next page starts; null on the last.
    pub(crate) next: Option<String>,
}

/// A stretch of an aggregate's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Span {
    /// The aggregate's id.
    pub(crate) id: i64,
    /// The first sequence, from 1.
    pub(crate) first: i64,
    /// The last sequence.
    pub(crate) last: i64,
}

impl Span {
    /// Whether it is a stretch at all.
    const fn is_one(&self) -> bool {
        self.first >= 1 && self.last >= self.first
    }

    /// Events in it, if all are there.
    pub(crate) const fn events(&self) -> i64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

/// What to publish again.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
pub(crate) struct Republish {
    /// The kind of the aggregates.
    #[garde(required, inner(length(chars, min = 1, max = 50)))]
    #[schema(required, example = "ticket")]
    pub(crate) kind: Option<String>,
    /// The types of events that are asked for; others are passed over.
    #[garde(required, inner(length(min = 1, max = 100)))]
    #[schema(required)]
    pub(crate) types: Option<Vec<String>>,
    /// Which events: 500 spans at most, of 5,000 events together.
    #[garde(required, inner(length(min = 1, max = SPANS), custom(bounded)))]
    #[schema(required)]
    pub(crate) spans: Option<Vec<Span>>,
}

/// Each span is one, and all together stay small.
fn bounded<C>(spans: &[Span], _: &C) -> garde::Result {
    if !spans.iter().all(Span::is_one) {
        return Err(garde::Error::new("Not a stretch of events."));
    }
    let add = |sum: i64, span: &Span| sum.saturating_add(span.events());
    if spans.iter().fold(0, add) > EVENTS {
        let message = format!("At most {EVENTS} events in all spans together.");
        return Err(garde::Error::new(message));
    }
    Ok(())
}

/// What became of it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Republished {
    /// Events queued for publishing; those that were queued already are not counted.
    pub(crate) events: i64,
    /// Aggregates of which there was an event of these types to publish.
    pub(crate) aggregates: i64,
    /// Spans whose last event is not in the outbox any more.
    pub(crate) gone: Vec<Span>,
}
