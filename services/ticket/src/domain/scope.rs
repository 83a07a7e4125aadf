//! Which tickets a caller may know of; the store turns it into SQL.

/// A caller's view of the tickets (contract, Tickets). What lies outside is not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Admins: every ticket.
    All {
        /// The admin's user id.
        user_id: i64,
    },
    /// An agent: assigned projects, and what the agent filed.
    Agent {
        /// The agent's user id.
        user_id: i64,
    },
    /// A customer: what the account filed, and what was filed for its verified e-mail.
    Customer {
        /// The customer's user id.
        user_id: i64,
        /// The account's e-mail, once it was verified.
        verified_email: Option<String>,
    },
    /// An API key: its project.
    Project {
        /// The key's project.
        project_id: i64,
    },
}

impl Scope {
    /// Does the caller see what only staff see: notes and activities that tell of them?
    pub const fn sees_notes(&self) -> bool {
        matches!(self, Self::All { .. } | Self::Agent { .. })
    }

    /// The caller's account; none behind an API key.
    pub const fn user_id(&self) -> Option<i64> {
        match self {
            Self::All { user_id } | Self::Agent { user_id } | Self::Customer { user_id, .. } => {
                Some(*user_id)
            }
            Self::Project { .. } => None,
        }
    }
}
