//! Soft deletion and its undoing.

use desk_events::{Actor, Change};
use time::OffsetDateTime;

use super::{EntryKind, Ticket, Write, write::changed};

/// Hides the ticket. Deadlines that passed before count; later ones do not.
pub fn delete(ticket: &Ticket, actor: Actor, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    let missed = write
        .ticket
        .clocks
        .pass(ticket.status, now, |_| ticket.status);
    write.say_missed(&missed);
    write.ticket.deleted_at = Some(now);
    write.say(EntryKind::Deleted, actor, deleted(false, true));
    write
}

/// Brings the ticket back with its original due times: what passed meanwhile is missed.
pub fn restore(ticket: &Ticket, actor: Actor, now: OffsetDateTime) -> Write {
    let mut write = Write::of(ticket, now);
    write.ticket.deleted_at = None;
    write.say(EntryKind::Restored, actor, deleted(true, false));
    let missed = write.ticket.clocks.pass(ticket.status, now, |clocks| {
        clocks.generation += 1;
        ticket.status
    });
    write.say_missed(&missed);
    write
}

fn deleted(from: bool, to: bool) -> Vec<Change> {
    vec![changed("deleted", from, to)]
}
