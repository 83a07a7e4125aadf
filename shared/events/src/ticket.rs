//! Tickets, as ticket tells of them: every event carries the whole reportable state.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::Actor;

/// A word that is none of an enumeration's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All there are, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(UnknownWord) }
            }
        }
    };
}

words! {
    /// Where a ticket stands (reference, Tickets).
    Status {
        /// Filed, nobody works on it yet.
        Open = "open",
        /// Somebody works on it.
        InProgress = "in_progress",
        /// Waits for the customer.
        PendingCustomer = "pending_customer",
        /// Solved, as staff see it.
        Resolved = "resolved",
        /// Over; takes no more messages.
        Closed = "closed",
    }
}

words! {
    /// How urgent a ticket is; ordered low to critical.
    Priority {
        /// Low.
        Low = "low",
        /// Medium, the default.
        Medium = "medium",
        /// High.
        High = "high",
        /// Critical.
        Critical = "critical",
    }
}

words! {
    /// Which door a ticket came through.
    Source {
        /// The portal, with a JWT.
        Portal = "portal",
        /// An external project, with a key.
        Api = "api",
    }
}

words! {
    /// What kind of message.
    MessageKind {
        /// Seen by the customer.
        Reply = "reply",
        /// Seen by staff only.
        Note = "note",
    }
}

/// A ticket's whole reportable state after the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    /// Ticket id.
    pub id: i64,
    /// `NAIJ-2024-00043`.
    pub number: String,
    /// Its project.
    pub project_id: i64,
    /// At most 255 characters (personal: people write what they like).
    pub subject: String,
    /// Status.
    pub status: Status,
    /// Priority.
    pub priority: Priority,
    /// Door.
    pub source: Source,
    /// Category.
    pub category_id: Option<i64>,
    /// Assignee's user id.
    pub assigned_to: Option<i64>,
    /// The account that filed it, or that its requester is linked to.
    pub creator_id: Option<i64>,
    /// The customer's name (personal).
    pub customer_name: String,
    /// The customer's e-mail, lower case (personal).
    pub customer_email: String,
    /// First staff reply.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub first_response_at: Option<OffsetDateTime>,
    /// When the first staff reply is due; none without a policy.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub first_response_due_at: Option<OffsetDateTime>,
    /// When the resolution is due; none without a policy.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub resolution_due_at: Option<OffsetDateTime>,
    /// When 80 % of the time to the first staff reply is over; told while that clock runs.
    #[serde(
        with = "time::serde::rfc3339::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub first_response_soon_at: Option<OffsetDateTime>,
    /// When 80 % of the time to the resolution is over; told while that clock runs.
    #[serde(
        with = "time::serde::rfc3339::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub resolution_soon_at: Option<OffsetDateTime>,
    /// The first-response clock still runs: not answered, not stopped, not paused.
    pub first_response_open: bool,
    /// The resolution clock still runs: not resolved, not closed, not paused.
    pub resolution_open: bool,
    /// Raised whenever a due time moves or a clock resumes; claims of older ones are void.
    pub deadline_generation: i32,
    /// First response came too late, or is overdue.
    pub first_response_breached: bool,
    /// Resolution came too late, or is overdue.
    pub resolution_breached: bool,
    /// Set while resolved (and kept when closed afterwards).
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub resolved_at: Option<OffsetDateTime>,
    /// Set while closed.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub closed_at: Option<OffsetDateTime>,
    /// Set while soft-deleted.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub deleted_at: Option<OffsetDateTime>,
    /// When it was filed.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Replies of both sides, no notes.
    pub reply_count: i32,
    /// Who watches it, as user ids, a hundred at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<i64>,
}

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name as in the API.
    pub field: String,
    /// Value before.
    pub from: Value,
    /// Value after.
    pub to: Value,
}

/// How much of a text a change tells, in characters.
const EXCERPT: usize = 255;

impl Change {
    /// A change of one field; of long texts the beginning is told.
    pub fn of(field: &str, from: impl Into<Value>, to: impl Into<Value>) -> Self {
        Self {
            field: field.to_owned(),
            from: shortened(from.into()),
            to: shortened(to.into()),
        }
    }
}

fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(excerpt(text)),
        other => other,
    }
}

fn excerpt(text: String) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// Enough of a message to tell people of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageExcerpt {
    /// Message id.
    pub id: i64,
    /// Reply or note.
    pub kind: MessageKind,
    /// Written by staff (and not by the requester).
    pub is_agent: bool,
    /// It stopped the first-response clock.
    pub is_first_response: bool,
    /// The first 2,000 characters of the body (personal).
    pub excerpt: String,
}

/// What every event about a ticket carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketEvent {
    /// The whole state after the change.
    pub ticket: TicketState,
    /// Who did it.
    pub actor: Actor,
    /// What changed; empty for `ticket.created` and `message.added`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// The message, in `message.added`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageExcerpt>,
}

/// A person or mailbox that tickets are filed for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequesterState {
    /// Requester id.
    pub id: i64,
    /// Name on the first ticket (personal).
    pub name: String,
    /// E-mail, lower case (personal).
    pub email: String,
    /// Phone (personal).
    pub phone: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_tells_the_beginning_of_a_long_text() {
        let long = "ä".repeat(300);
        let change = Change::of("description", "short", long);
        assert_eq!(change.from, "short");
        let told = change.to.as_str().unwrap();
        assert_eq!(
            (told.chars().count(), told.chars().last()),
            (256, Some('…'))
        );
        assert_eq!(
            Change::of("tags", vec![1], Value::Null).from,
            serde_json::json!([1])
        );
    }
}
