//! Judging the SLA worker's claim that a deadline has passed.

use desk_events::SlaClaim;
use time::OffsetDateTime;

use super::{Ticket, Write};

/// Records the breach, unless the claim is void: the ticket was answered in time, the deadline
/// moved since (another generation), it was recorded already, or the ticket is deleted.
pub fn judge(ticket: &Ticket, claim: &SlaClaim, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    let current = ticket.deleted_at.is_none() && ticket.clocks.generation == claim.generation;
    if current && write.ticket.clocks.concede(claim.metric) {
        write.say_missed(&[claim.metric]);
    }
    write
}
