//! What a mail tells.

use serde::Serialize;

/// What a delivery tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A public reply.
    Reply,
    /// Somebody was assigned.
    Assignment,
    /// The status changed.
    StatusChange,
    /// Most of the time to a deadline is over.
    DueSoon,
    /// A deadline passed unmet.
    Breach,
    /// An account's address is to be confirmed.
    Verify,
    /// An account's password may be set anew.
    Reset,
}

impl Kind {
    /// All there are.
    pub(crate) const ALL: [Self; 7] = [
        Self::Reply,
        Self::Assignment,
        Self::StatusChange,
        Self::DueSoon,
        Self::Breach,
        Self::Verify,
        Self::Reset,
    ];

    /// The word in the database and in template names.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Assignment => "assignment",
            Self::StatusChange => "status_change",
            Self::DueSoon => "due_soon",
            Self::Breach => "breach",
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }

    /// About an account, not about a ticket.
    pub(crate) const fn is_account(self) -> bool {
        matches!(self, Self::Verify | Self::Reset)
    }

    /// Deadlines are the desk's own affair; customers hear of the rest.
    pub(crate) const fn is_for_customers(self) -> bool {
        !matches!(self, Self::DueSoon | Self::Breach)
    }
}
