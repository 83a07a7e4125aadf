//! Writing a message: a reply that both sides see, or a note for staff.

use desk_events::{Actor, MessageKind, Status};
use time::OffsetDateTime;

use super::{
    EntryKind, NewMessage, Refused, Ticket, Write,
    status::{Side, after_reply, shift},
};

/// A message as its author gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Reply or note.
    pub kind: MessageKind,
    /// The text.
    pub body: String,
    /// The author's side of the desk.
    pub side: Side,
    /// The author's portal account; none behind an API key.
    pub author_user_id: Option<i64>,
}

/// Adds the message. A staff reply answers; a customer's reply may move the status; a note does
/// neither, and leaves the ticket's last activity alone.
pub fn add(
    ticket: &Ticket,
    draft: Draft,
    actor: Actor,
    now: OffsetDateTime,
) -> Result<Write, Refused> {
    if ticket.status == Status::Closed {
        return Err(Refused::Closed);
    }
    let mut write = Write::of(ticket, now);
    let is_reply = draft.kind == MessageKind::Reply;
    let to = if is_reply {
        after_reply(draft.side, ticket.status, ticket.assigned_to.is_some())
    } else {
        ticket.status
    };
    let mut is_first_response = false;
    let missed = write.ticket.clocks.pass(ticket.status, now, |clocks| {
        is_first_response = is_reply && draft.side == Side::Staff && clocks.answer(now);
        to
    });
    write.ticket.reply_count += i32::from(is_reply);
    write.say(
        if is_reply {
            EntryKind::ReplyAdded
        } else {
            EntryKind::NoteAdded
        },
        actor,
        Vec::new(),
    );
    shift(&mut write, to, actor);
    write.say_missed(&missed);
    write.message = Some(NewMessage {
        kind: draft.kind,
        body: draft.body,
        author_user_id: draft.author_user_id,
        is_agent: draft.side == Side::Staff,
        is_first_response,
    });
    Ok(write)
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::ticket::tests::{FILED, ticket};

    fn draft(kind: MessageKind, side: Side) -> Draft {
        Draft {
            kind,
            body: "Hello".into(),
            side,
            author_user_id: Some(3),
        }
    }

    #[test]
    fn a_closed_ticket_takes_no_message() {
        let mut closed = ticket(None);
        closed.status = Status::Closed;
        for kind in [MessageKind::Reply, MessageKind::Note] {
            let refused = add(&closed, draft(kind, Side::Staff), Actor::user(3), FILED);
            assert_eq!(refused, Err(Refused::Closed));
        }
    }

    #[test]
    fn only_the_first_staff_reply_is_the_first_response() {
        let mut seen = ticket(None);
        let mut now = FILED;
        for (kind, side, first, replies) in [
            (MessageKind::Note, Side::Staff, false, 0),
            (MessageKind::Reply, Side::Customer, false, 1),
            (MessageKind::Reply, Side::Staff, true, 2),
            (MessageKind::Reply, Side::Staff, false, 3),
        ] {
            now += Duration::MINUTE;
            let write = add(&seen, draft(kind, side), Actor::user(3), now).unwrap();
            let message = write.message.as_ref().unwrap();
            assert_eq!(message.is_first_response, first, "{kind:?} {side:?}");
            assert_eq!(message.is_agent, side == Side::Staff);
            assert_eq!(write.ticket.reply_count, replies);
            assert_eq!(
                write.ticket.last_activity_at == now,
                kind == MessageKind::Reply
            );
            seen = write.ticket;
        }
        assert_eq!(
            seen.clocks.first_response_at,
            Some(FILED + 3 * Duration::MINUTE)
        );
    }

    #[test]
    fn a_customers_reply_reopens_and_says_so() {
        let mut resolved = ticket(None);
        resolved.status = Status::Resolved;
        resolved.resolved_at = Some(FILED);
        let draft = draft(MessageKind::Reply, Side::Customer);
        let write = add(&resolved, draft, Actor::key(2), FILED + Duration::HOUR).unwrap();
        assert_eq!(write.ticket.status, Status::Open);
        assert_eq!(write.ticket.resolved_at, None);
        let kinds: Vec<_> = write.entries.iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, [EntryKind::ReplyAdded, EntryKind::StatusChanged]);
        assert_eq!(write.ticket.version, 3);
    }
}
