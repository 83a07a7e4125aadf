//! What a batch of events tells in the end about each ticket in it.

use std::collections::BTreeMap;

use desk_events::{Event, Fact, TicketRecord, TicketState};

/// A ticket's state as one event told it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    /// The whole state.
    pub(crate) ticket: &'a TicketState,
    /// The event's place among the ticket's events.
    pub(crate) sequence: i64,
    /// The event said that the ticket is gone for good.
    pub(crate) purged: bool,
}

impl<'a> Heard<'a> {
    /// As ticket tells it when it is asked.
    pub(crate) const fn told(record: &'a TicketRecord) -> Self {
        Self {
            ticket: &record.ticket,
            sequence: record.sequence,
            purged: false,
        }
    }

    fn of(event: &'a Event) -> Option<Self> {
        Some(Self {
            ticket: event.fact.ticket()?,
            sequence: event.sequence,
            purged: matches!(event.fact, Fact::TicketPurged(_)),
        })
    }
}

/// The state of the highest sequence for each ticket, by ticket id: replicas that write the same
/// tickets lock them in the same order.
pub(crate) fn latest(events: &[Event]) -> Vec<Heard<'_>> {
    let mut tickets: BTreeMap<i64, Heard<'_>> = BTreeMap::new();
    for heard in events.iter().filter_map(Heard::of) {
        let known = tickets.entry(heard.ticket.id).or_insert(heard);
        if known.sequence < heard.sequence {
            *known = heard;
        }
    }
    tickets.into_values().collect()
}
