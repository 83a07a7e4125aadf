//! What a rule decides: the ticket afterwards, and what is said about it.

use desk_events::{Actor, Change, MessageKind, Metric};
use serde_json::Value;
use time::OffsetDateTime;

use super::Ticket;

/// The ticket's state forbids what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Closed tickets take no messages.
    Closed,
    /// A customer may edit a ticket only until somebody works on it.
    NotOpen,
    /// Only a solution can be rated.
    NotResolved,
    /// A ticket is rated once.
    Rated,
    /// As many watch the ticket as may.
    TooManyWatchers,
}

impl Refused {
    /// A sentence for people.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Closed => "The ticket is closed.",
            Self::NotOpen => "The ticket is no longer open.",
            Self::NotResolved => "The ticket is not resolved.",
            Self::Rated => "The ticket has been rated already.",
            Self::TooManyWatchers => "Too many people watch the ticket.",
        }
    }
}

/// What an entry in the ticket's history tells of. Each is one activity and one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// Subject, description, category, priority or tags changed.
    Updated,
    /// The assignee changed, or went.
    Assigned,
    /// The status changed.
    StatusChanged,
    /// A reply was written.
    ReplyAdded,
    /// A note was written.
    NoteAdded,
    /// The solution was rated.
    Rated,
    /// Somebody watches the ticket, or no longer.
    Watched,
    /// A deadline was missed.
    Breached,
    /// Soft-deleted.
    Deleted,
    /// Back from soft deletion.
    Restored,
    /// A person's data was taken out.
    Erased,
}

impl EntryKind {
    /// The activity's type, in the database and in answers.
    pub const fn activity(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Assigned => "assigned",
            Self::StatusChanged => "status_changed",
            Self::ReplyAdded => "reply_added",
            Self::NoteAdded => "note_added",
            Self::Rated => "rated",
            Self::Watched => "watched",
            Self::Breached => "breached",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Erased => "erased",
        }
    }

    /// Does it count as activity that the customer sees on the ticket?
    const fn shows(self) -> bool {
        !matches!(
            self,
            Self::NoteAdded
                | Self::Watched
                | Self::Breached
                | Self::Deleted
                | Self::Restored
                | Self::Erased
        )
    }
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What happened.
    pub kind: EntryKind,
    /// Who did it.
    pub actor: Actor,
    /// Which fields changed.
    pub changes: Vec<Change>,
}

/// A message about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Reply or note.
    pub kind: MessageKind,
    /// The text.
    pub body: String,
    /// The portal account that wrote it; none for a reply by an API key.
    pub author_user_id: Option<i64>,
    /// Written by staff who is not the requester.
    pub is_agent: bool,
    /// It stopped the first-response clock.
    pub is_first_response: bool,
}

/// A change of one ticket, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The ticket afterwards, its version raised by the number of entries.
    pub ticket: Ticket,
    /// What is said about it, in order.
    pub entries: Vec<Entry>,
    /// A message that goes with it.
    pub message: Option<NewMessage>,
    /// The tags changed.
    pub retags: bool,
}

impl Write {
    /// A change that starts from this ticket at this time.
    pub(super) fn of(ticket: &Ticket, now: OffsetDateTime) -> Self {
        let mut ticket = ticket.clone();
        ticket.updated_at = now;
        Self {
            ticket,
            entries: Vec::new(),
            message: None,
            retags: false,
        }
    }

    /// Nothing to store: all is as asked for already.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds an entry.
    pub(super) fn say(&mut self, kind: EntryKind, actor: Actor, changes: Vec<Change>) {
        self.ticket.version += 1;
        if kind.shows() {
            self.ticket.last_activity_at = self.ticket.updated_at;
        }
        self.entries.push(Entry {
            kind,
            actor,
            changes,
        });
    }

    /// Adds an entry for deadlines that turned out to be missed.
    pub(super) fn say_missed(&mut self, missed: &[Metric]) {
        if missed.is_empty() {
            return;
        }
        let changes = missed
            .iter()
            .map(|metric| changed(&format!("{}_breached", metric.as_str()), false, true))
            .collect();
        self.say(EntryKind::Breached, Actor::SYSTEM, changes);
    }
}

/// One changed field.
pub(super) fn changed(field: &str, from: impl Into<Value>, to: impl Into<Value>) -> Change {
    Change::of(field, from, to)
}
